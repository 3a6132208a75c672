/// How a stream is packed, told by its first bytes as the kernel tells it (lib/decompress.c).
public enum Compression: String, Sendable {
    case none, gzip, xz, lzma, zstd, lz4, bzip2, lzo

    /// - Parameter bytes: the first six at least; nil if nothing that a kernel unpacks begins so.
    init?(magic bytes: [UInt8]) {
        let found = Self.magics.first { bytes.starts(with: $0.bytes) }
        guard let found else { return nil }
        self = found.compression
    }

    private static let magics: [(bytes: [UInt8], compression: Compression)] = [
        ([0x1f, 0x8b], .gzip), ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], .xz),
        ([0x5d, 0, 0], .lzma), ([0x28, 0xb5, 0x2f, 0xfd], .zstd), ([0x02, 0x21, 0x4c, 0x18], .lz4),
        ([0x42, 0x5a, 0x68], .bzip2), ([0x89, 0x4c, 0x5a, 0x4f, 0, 0x0d, 0x0a, 0x1a, 0x0a], .lzo),
    ]
}
