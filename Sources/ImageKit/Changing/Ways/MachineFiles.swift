import CSystem
public import Documents
import Glibc

/// The files of a machine that runs the guest's programs, taken out of the mounted guest as data.
extension GuestMount {
    /// Bytes of a kernel, and of all that it is given as its first root.
    private static let limit = 1 << 30

    /// - Throws: `Failure` if the guest has none of them, or the host's folder no room.
    public func writeMachine(_ commands: [[String]]) throws(Failure) {
        guard let start = request.machine else { throw Failure(.internal, "no machine is asked for") }
        try copy([start.kernel], to: "\(start.folder)/kernel")
        try copy(start.initramfs, to: "\(start.folder)/initramfs")
        let points = request.volumes.map(\.mountPoint).filter { $0 != "/" }.sorted()
        let script = MachineScript(commands: commands, mountPoints: points)
        try root.write(MachineStart.program, Array(script.text.utf8), mode: 0o755)
        try makeSeed("\(start.folder)/seed")
    }

    /// One after the other, as kernels take more than one initramfs.
    private func copy(_ paths: [String], to target: String) throws(Failure) {
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw .guest("cannot be written", target, errno) }
        defer { close(output) }
        var count = 0
        for path in paths {
            let input = root.open(path)
            guard input >= 0 else { throw .guest("cannot be read", path, -input) }
            defer { close(input) }
            while true {
                var bytes = [UInt8](repeating: 0, count: 1 << 20)
                let got = read(input, &bytes, bytes.count)
                guard got >= 0 else { throw .guest("cannot be read", path, errno) }
                if got == 0 { break }
                count += got
                guard count <= Self.limit else {
                    throw Failure(.refused, "more than \(Self.limit >> 20) MiB to start with", place: path)
                }
                guard Glibc.write(output, bytes, got) == got else { throw .guest("cannot be written", target, errno) }
            }
        }
    }

    /// A disk with what the guest's programs see in this build's folder of /run: repositories, their keys, lists.
    private func makeSeed(_ path: String) throws(Failure) {
        try root.makeFolders(GuestChange.place)
        let tree = root.path + GuestChange.place
        func number(_ options: [String]) throws(Failure) -> UInt64 {
            let ended = try Command.run(["du", "-s"] + options + [tree])
            let word = ended.output.last?.split { $0 == "\t" || $0 == " " }.first
            guard ended.status == 0, let number = word.flatMap({ UInt64($0) }) else {
                throw Failure(.refused, "repositories cannot be measured: \(ended.output.last ?? "")", place: tree)
            }
            return number
        }
        let (files, size) = (try number(["--inodes"]), try number(["-k"]))
        unlink(path)
        try Command.must([
            "mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-N", "\(files + 256)", "-d", tree,
            path,
            "\(size + size / 8 + files + (32 << 10))k",
        ])
    }
}
