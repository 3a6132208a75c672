import CSystem
import Documents
import Glibc

/// An ext file system in a part of a file, mounted by a program of this user's: no kernel parses it.
enum FuseMount {
    /// - Parameters:
    ///   - file: its name in the folder of this process: to some programs a comma in a path is more than a letter.
    ///   - target: a folder.
    /// - Returns: the process that serves it, and ends when it is unmounted.
    /// - Throws: `Failure` if it can't be mounted.
    static func mount(
        _ file: String, _ volume: ChangeRequest.Volume, at target: String
    ) throws(Failure) -> pid_t {
        // One request at a time (-s). Beside each other, the end of one program's file and the removal of its name by another
        // would cross, and the file would stay, as .fuse_hidden, with a link too many: gpg then waits without end for a lock.
        let server = try Command.start([
            "fuse2fs", "-f", "-s", "-o", "rw,fakeroot,offset=\(volume.offset)", file, target,
        ])
        for _ in 0..<4000 {
            if isMounted(target) { return server }
            var status: Int32 = 0
            if eps_collect(server, &status) != 0 {
                throw Failure(
                    .refused, "fuse2fs ended with status \(eps_status_exit(status)) before the image could be seen",
                    hint: "this user must be allowed to open /dev/fuse")
            }
            usleep(5000)
        }
        throw Failure(.refused, "fuse2fs did not show the image within 20 s")
    }

    private static func isMounted(_ path: String) -> Bool {
        var (here, above) = (stat(), stat())
        return stat(path, &here) == 0 && stat(path + "/..", &above) == 0 && here.st_dev != above.st_dev
    }
}
