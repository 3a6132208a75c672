/// What an ext file system says that it uses: three words of bits, by the names of mke2fs(8) and dumpe2fs(8).
///
/// Bits and names: kernel documentation, filesystems/ext4/super.rst, and lib/e2p/feature.c of e2fsprogs.
struct ExtFeatures: Sendable, Equatable {
    var compatible: UInt32
    var incompatible: UInt32
    var readOnly: UInt32

    var hasJournal: Bool { compatible & 0x4 != 0 }
    var hasSparseSuper2: Bool { compatible & 0x200 != 0 }

    var hasFileType: Bool { incompatible & 0x2 != 0 }
    var needsRecovery: Bool { incompatible & 0x4 != 0 }
    var isJournalDevice: Bool { incompatible & 0x8 != 0 }
    var hasMetaGroups: Bool { incompatible & 0x10 != 0 }
    var is64Bit: Bool { incompatible & 0x80 != 0 }
    var hasChecksumSeed: Bool { incompatible & 0x2000 != 0 }
    var hasLargeDirectories: Bool { incompatible & 0x4000 != 0 }

    var hasSparseSuper: Bool { readOnly & 0x1 != 0 }
    var hasClusters: Bool { readOnly & 0x200 != 0 }
    var hasChecksums: Bool { readOnly & 0x400 != 0 }

    /// What this reader knows how to read: filetype, needs_recovery, meta_bg, extent, 64bit, mmp, flex_bg, ea_inode,
    /// metadata_csum_seed, large_dir, inline_data, encrypt (each encrypted file is refused), casefold.
    /// Bits of the other two words never stand in the way of reading.
    static let readable: UInt32 =
        0x2 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000

    /// In dumpe2fs's order.
    var names: [String] {
        Self.names(of: compatible, Self.compatibleNames, unknown: "FEATURE_C")
            + Self.names(of: incompatible, Self.incompatibleNames, unknown: "FEATURE_I")
            + Self.names(of: readOnly, Self.readOnlyNames, unknown: "FEATURE_R")
    }

    var unreadableNames: [String] {
        Self.names(of: incompatible & ~Self.readable, Self.incompatibleNames, unknown: "FEATURE_I")
    }

    /// The kind that blkid prints: ext4 uses what ext3's driver did not know, ext3 has a journal.
    var kind: String {
        if readOnly & ~0x7 != 0 || incompatible & ~0x16 != 0 { return "ext4" }
        return hasJournal ? "ext3" : "ext2"
    }

    private static func names(of word: UInt32, _ known: [UInt32: String], unknown: String) -> [String] {
        (0..<32).filter { word >> $0 & 1 == 1 }.map { known[1 << $0] ?? "\(unknown)\($0)" }
    }

    private static let compatibleNames: [UInt32: String] = [
        0x1: "dir_prealloc", 0x2: "imagic_inodes", 0x4: "has_journal", 0x8: "ext_attr", 0x10: "resize_inode",
        0x20: "dir_index", 0x40: "lazy_bg", 0x80: "snapshot_bitmap", 0x200: "sparse_super2", 0x400: "fast_commit",
        0x800: "stable_inodes", 0x1000: "orphan_file",
    ]
    private static let incompatibleNames: [UInt32: String] = [
        0x1: "compression", 0x2: "filetype", 0x4: "needs_recovery", 0x8: "journal_dev", 0x10: "meta_bg",
        0x40: "extent", 0x80: "64bit", 0x100: "mmp", 0x200: "flex_bg", 0x400: "ea_inode", 0x1000: "dirdata",
        0x2000: "metadata_csum_seed", 0x4000: "large_dir", 0x8000: "inline_data", 0x10000: "encrypt",
        0x20000: "casefold",
    ]
    private static let readOnlyNames: [UInt32: String] = [
        0x1: "sparse_super", 0x2: "large_file", 0x8: "huge_file", 0x10: "uninit_bg", 0x20: "dir_nlink",
        0x40: "extra_isize", 0x80: "snapshot", 0x100: "quota", 0x200: "bigalloc", 0x400: "metadata_csum",
        0x800: "replica", 0x1000: "read-only", 0x2000: "project", 0x4000: "shared_blocks", 0x8000: "verity",
        0x10000: "orphan_present",
    ]
}
