import CSystem
import Files
import Glibc
import Programs

/// Two images that must be of the same disk, compared by qemu-img: in two parts at once, each with half of the data, where it can
/// be seen how that lies. Sizes may differ by zeros at the end, which a format asks for.
struct Comparison {
    /// Bytes of data that are not worth two processes.
    private static let little: UInt64 = 64 << 20
    private static let mebibyte: UInt64 = 1 << 20

    let one: QemuImage
    let other: QemuImage

    init(_ one: QemuImage, _ other: QemuImage) { (self.one, self.other) = (one, other) }

    /// - Throws: `CancellationError`; `Failure` if they differ.
    func run(_ program: Program) async throws {
        guard
            let middle = try [one, other].first(where: { $0.driver == "raw" && !$0.isBlockDevice }).flatMap(
                Self.middle),
            middle > 0, middle < min(one.virtualSize, other.virtualSize)
        else { return try await program.succeed(["compare", "-q", try one.word(), try other.word()]) }
        async let beginning: Void = program.succeed(
            ["compare", "-q", try one.word(offset: 0, size: middle), try other.word(offset: 0, size: middle)])
        try await program.succeed(
            [
                "compare", "-q", try one.word(offset: middle, size: one.virtualSize - middle),
                try other.word(offset: middle, size: other.virtualSize - middle),
            ])
        try await beginning
    }

    /// The whole MiB of a file before which half of its data lies; nil if there is little.
    private static func middle(_ image: QemuImage) throws -> UInt64? {
        let file = try File(image.path, O_RDONLY)
        var extents: [(offset: UInt64, length: UInt64)] = []
        var (offset, length): (UInt64, UInt64) = (0, 0)
        while true {
            let kind = eps_extent(file.descriptor, offset, &length)
            if kind == 1 { extents.append((offset, length)) }
            guard kind > 0 else { break }
            offset += length
        }
        let sum = extents.reduce(0) { $0 + $1.length }
        guard sum >= little else { return nil }
        var before: UInt64 = 0
        for extent in extents {
            if before + extent.length >= sum / 2 {
                return (extent.offset + sum / 2 - before) / mebibyte * mebibyte
            }
            before += extent.length
        }
        return nil
    }
}
