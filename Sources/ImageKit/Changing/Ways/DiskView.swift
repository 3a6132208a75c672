import CSystem
import Documents
import Glibc
import Programs

/// A working image's disk as one file, which programs that know partitions and file systems write. One thread.
final class DiskView {
    /// Of that file.
    let path: String
    /// What shows it, as long as it does.
    private(set) var daemon: pid_t = 0
    /// The image that a copy is written back to.
    private var image: String?

    /// A working image is nothing to anybody until it is whole: it need not be on the disk before (rpm asks for that at every
    /// package).
    private static let options = "discard=unmap,cache.no-flush=on"

    /// Shown by qemu-storage-daemon: what is written goes to the image.
    ///
    /// The whole disk is one file: exports of its partitions would each want to be the only one that may resize it.
    init(showing image: String, as path: String) throws(Failure) {
        self.path = path
        Glibc.close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        daemon = try Command.start([
            "qemu-storage-daemon",
            "--blockdev", "driver=file,node-name=file,\(Self.options),filename=\(image.doublingCommas)",
            "--blockdev", "driver=qcow2,node-name=disk,file=file,\(Self.options)",
            "--export", "type=fuse,id=view,node-name=disk,writable=on,mountpoint=\(path.doublingCommas)",
        ])
        try Self.wait("qemu-storage-daemon", daemon) {
            var found = stat()
            return stat(path, &found) == 0 && found.st_size > 0
        }
    }

    /// A sparse copy beside the image. The kernel's file systems must not wait for a process that is ended with them: a loop
    /// device on a daemon's file could hold up both for ever.
    init(copying image: String, as name: String) throws(Failure) {
        path = image + ".raw"
        self.image = image
        symlink(path, name)
        try Command.must(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", image, path])
    }

    /// The file is gone, and the image has what was written.
    func close() throws(Failure) {
        if let image {
            defer { unlink(path) }
            return try Command.must(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", path, image])
        }
        kill(daemon, SIGTERM)
        var status: Int32 = 0
        while waitpid(daemon, &status, 0) < 0 && errno == EINTR {}
    }

    /// Until it is so, for at most 20 s.
    static func wait(_ name: String, _ child: pid_t, _ isSo: () -> Bool) throws(Failure) {
        for _ in 0..<4000 {
            if isSo() { return }
            var status: Int32 = 0
            if eps_collect(child, &status) != 0 {
                throw Failure(
                    .refused, "\(name) ended with status \(eps_status_exit(status)) before the image could be seen",
                    hint: "this user must be allowed to open /dev/fuse")
            }
            usleep(5000)
        }
        throw Failure(.refused, "\(name) did not show the image within 20 s")
    }
}

extension String {
    /// As qemu's options want it.
    fileprivate var doublingCommas: String { String(flatMap { $0 == "," ? [$0, $0] : [$0] }) }
}
