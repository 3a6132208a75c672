import Conversion
import Files
import Glibc
import Programs

/// The copies of a source that a build changes: the disk's bytes with holes where nothing is, which programs that know partitions
/// and file systems write as they are. Blocks of a raw source are shared with it, where the file system can.
struct WorkingDisks: Sendable {
    let source: QemuImage
    /// qemu-img.
    let tool: Program
    let work: WorkFolder

    /// - Parameter number: which of them, from 1; one that is there already stays as it is.
    /// - Returns: its path.
    /// - Throws: `CancellationError`; `Failure`: quota if there is no room.
    func make(_ number: Int) async throws -> String {
        let path = work.file("disk\(number)")
        if File.exists(path) { return path }
        let sharing = source.driver == "raw" ? ["-C"] : []
        try await tool.succeed(["convert", "-W", "-O", "raw"] + sharing + [try source.word(), path])
        guard truncate(path, off_t(source.virtualSize)) == 0 else { throw File.failure("write", path) }
        return path
    }

    /// Whatever was done to it: the next is a new copy.
    func discard(_ number: Int) { unlink(work.file("disk\(number)")) }

    /// One of them as qemu-img is told of it, whatever its first bytes look like.
    func image(_ path: String) throws -> QemuImage {
        try QemuImage(path, format: "raw", variant: nil, virtualSize: UInt64(try File(path, O_RDONLY).size()))
    }
}
