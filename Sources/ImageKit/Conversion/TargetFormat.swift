import Documents

/// What a disk image is made into: what clouds take.
public enum TargetFormat: String, Sendable, CaseIterable {
    /// Packed by zlib, which every reader of qcow2 knows.
    case qcow2
    /// Packed by zstd: qemu 5.1 and later, and few clouds.
    case qcow2Zstd = "qcow2-zstd"
    /// With holes where the disk is empty.
    case raw
    /// Fixed: the disk's bytes and a footer; whole MiB, as clouds that take VHD ask for.
    case vhd
    /// streamOptimized: one file, packed, to be read once from its begin.
    case vmdk

    /// The format that a file's name asks for; nil if its ending says nothing.
    public init?(fileName: String) {
        let endings: [(String, TargetFormat)] = [
            (".qcow2", .qcow2), (".raw", .raw), (".img", .raw), (".vhd", .vhd), (".vpc", .vhd), (".vmdk", .vmdk),
        ]
        let name = fileName.lowercased()
        guard let found = endings.first(where: { name.hasSuffix($0.0) }) else { return nil }
        self = found.1
    }

    /// Of a file's name.
    public var ending: String { self == .qcow2Zstd ? ".qcow2" : ".\(rawValue)" }

    /// In words for people.
    public var name: String {
        switch self {
        case .qcow2: "qcow2 (zlib)"
        case .qcow2Zstd: "qcow2 (zstd)"
        case .raw: "raw"
        case .vhd: "VHD (fixed)"
        case .vmdk: "VMDK (streamOptimized)"
        }
    }

    /// `DiskFacts.format` of what it makes.
    public var format: String { self == .qcow2Zstd ? "qcow2" : rawValue }

    /// qemu's name of it.
    var driver: String { self == .vhd ? "vpc" : format }

    /// Bytes that a disk's size is a multiple of.
    var granularity: UInt64 { self == .vhd ? 1 << 20 : 512 }

    /// `qemu-img convert`'s options.
    var options: [String] {
        switch self {
        case .qcow2: ["-c", "-o", "compat=1.1,compression_type=zlib", "-m", "8", "-W"]
        case .qcow2Zstd: ["-c", "-o", "compat=1.1,compression_type=zstd", "-m", "8", "-W"]
        case .raw: []
        // The target is there already, as large as it must be, and empty.
        case .vhd: ["-n", "--target-is-zero"]
        case .vmdk: ["-o", "subformat=streamOptimized"]
        }
    }

    /// Whether facts are those of what was asked for.
    func isFound(in facts: DiskFacts) -> Bool {
        guard facts.format.value == format else { return false }
        return switch self {
        case .qcow2: facts.compression.value == "zlib"
        case .qcow2Zstd: facts.compression.value == "zstd"
        case .raw: true
        case .vhd: facts.variant.value == "fixed"
        case .vmdk: facts.variant.value == "streamOptimized"
        }
    }
}
