import CSystem
import Documents
import Glibc

/// A file system in a part of a file, mounted by this machine's kernel through a loop device that is free again when the mount is
/// gone, however that goes (loop(4), LO_FLAGS_AUTOCLEAR).
enum LoopMount {
    /// - Parameters:
    ///   - folder: of this process's own; the device's node is made there, since not every machine has one for each.
    ///   - target: a folder.
    /// - Throws: `Failure` if there is no device to be had, or the kernel refuses the file system.
    static func mount(
        _ file: String, _ volume: ChangeRequest.Volume, at target: String, folder: String
    ) throws(Failure) {
        let disk = open(file, O_RDWR | O_CLOEXEC)
        guard disk >= 0 else { throw .guest("cannot be opened", file, errno) }
        defer { close(disk) }
        var number: Int32 = 0
        let device = eps_loop(disk, volume.offset, volume.size, folder, &number)
        guard device >= 0 else {
            throw Failure(
                .refused, "no loop device can be had: \(String(cString: strerror(-device)))",
                place: "/dev/loop-control", hint: "load the module loop, or leave the way out: the default needs none")
        }
        defer { close(device) }
        let status = eps_mount("\(folder)/loop\(number)", target, volume.type, 0, nil)
        guard status == 0 else { throw .guest("the kernel cannot mount it", volume.mountPoint, -status) }
    }
}
