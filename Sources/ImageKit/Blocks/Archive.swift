/// What images come in: a compressed file would be taken for a raw disk of noise.
enum Archive {
    private static let magics: [(bytes: [UInt8], offset: Int, what: String, command: String)] = [
        ([0x1F, 0x8B, 0x08], 0, "a gzip file", "gunzip"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], 0, "an xz file", "xz -d"),
        ([0x28, 0xB5, 0x2F, 0xFD], 0, "a zstd file", "zstd -d"),
        (Array("BZh".utf8), 0, "a bzip2 file", "bunzip2"),
        ([0x04, 0x22, 0x4D, 0x18], 0, "an lz4 file", "lz4 -d"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], 0, "a 7z archive", "7z x"),
        (Array("PK\u{3}\u{4}".utf8), 0, "a zip archive", "unzip"),
        (Array("ustar".utf8), 257, "a tar archive (an OVA is one too)", "tar -xf"),
    ]

    /// What it is and what unpacks it; nil if it is none of these.
    static func found(_ beginning: Numbers) -> (what: String, command: String)? {
        // A boot sector may hold any bytes at all; its mark makes a disk of it.
        guard !beginning.matches([0x55, 0xAA], at: 510) else { return nil }
        return magics.first { beginning.matches($0.bytes, at: $0.offset) }.map { ($0.what, $0.command) }
    }
}
