public import Documents

/// A disk image: the disk that a guest sees in a file, whatever the file's format.
///
/// The format is found by its magic numbers, never by a name or a guess; what is none of ours and no known archive is raw,
/// as it is for a cloud. No file but the given one is ever read: images that need another are refused. Safe to use from any
/// thread.
public struct DiskImage: ByteSource {
    /// Bytes of a disk that are read at most: 64 TiB, the largest volume of any cloud.
    public static let sizeLimit: UInt64 = 64 << 40

    /// All but what is counted by reading the tables: see `surveyed`.
    public let facts: DiskFacts
    private let disk: any ByteSource

    public var size: UInt64 { disk.size }
    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        try disk.read(at: offset, into: buffer)
    }
    public func extent(at offset: UInt64) throws(Failure) -> Extent? { try disk.extent(at: offset) }

    /// - Parameter descriptor: stays the caller's, who keeps it open.
    /// - Throws: `Failure` (refused) if the image can't be read from this file alone, or its numbers can't be true.
    public init(descriptor: Int32) throws(Failure) {
        let file = try FileSource(descriptor)
        guard file.size > 0 else {
            throw Failure(.refused, "the file is empty", hint: "copy it again: it is no disk image")
        }
        let beginning = Numbers(try file.bytes(at: 0, count: Int(min(file.size, 40960))), "the file's begin")
        if let (found, command) = Archive.found(beginning) {
            throw Failure(.refused, "this is \(found), not a disk image", hint: "unpack it first: \(command)")
        }
        let ending = Numbers(
            try file.bytes(at: file.size - min(file.size, 512), count: Int(min(file.size, 512))), "the file's end")
        if beginning.matches(Qcow2.magic, at: 0) {
            let table = try Qcow2(file)
            facts = Self.facts(of: table, file)
            disk = ClusteredDisk(file, table)
        } else if ending.matches(VHD.magic, at: 0) || beginning.matches(VHD.magic, at: 0) {
            let table = try VHD(file, atEnd: ending.matches(VHD.magic, at: 0))
            var facts = DiskFacts(
                format: "vhd", variant: table.kind == .fixed ? "fixed" : "dynamic", fileSize: file.size,
                virtualSize: table.diskSize)
            facts.defects = .known(table.defects)
            self.facts = facts
            disk = table.kind == .fixed ? try Slice(file, offset: 0, size: table.diskSize) : ClusteredDisk(file, table)
        } else if beginning.matches(VHDX.magic, at: 0) {
            let table = try VHDX(file)
            facts = DiskFacts(format: "vhdx", variant: "dynamic", fileSize: file.size, virtualSize: table.diskSize)
            disk = ClusteredDisk(file, table)
        } else if beginning.matches(VMDK.magic, at: 0) {
            let table = try VMDK(file)
            var facts = DiskFacts(
                format: "vmdk", variant: table.isStream ? "streamOptimized" : "monolithicSparse", fileSize: file.size,
                virtualSize: table.diskSize)
            if table.isStream { facts.compression = .known("deflate") }
            facts.clean = .known(!table.isUnclean, [Evidence("the VMDK header", text: "uncleanShutdown")])
            self.facts = facts
            disk = ClusteredDisk(file, table)
        } else {
            try Self.refuseOthers(beginning)
            guard file.size <= Self.sizeLimit else {
                throw .damaged("a disk of \(file.size) bytes is none that can be read")
            }
            var facts = DiskFacts(format: "raw", variant: nil, fileSize: file.size, virtualSize: file.size)
            if file.size % 512 != 0 {
                facts.defects = .known([
                    "\(file.size) bytes are no whole number of sectors: the file was cut, or is no disk"
                ])
            }
            if beginning.matches(Array("LUKS".utf8) + [0xBA, 0xBE], at: 0) {
                facts.encrypted = .known(true, [Evidence("the whole disk", text: "LUKS")])
            }
            self.facts = facts
            disk = file
        }
    }

    private static func facts(of table: Qcow2, _ file: FileSource) -> DiskFacts {
        var facts = DiskFacts(
            format: "qcow2", variant: "v\(table.version)", fileSize: file.size, virtualSize: table.diskSize)
        facts.compression = .known(table.isZstd ? "zstd" : "zlib")
        let header = Evidence("the qcow2 header")
        facts.snapshots = .known(table.snapshots, table.snapshots > 0 ? [header] : [])
        facts.clean = .known(!table.isDirty && !table.isCorrupt, [header])
        if table.isCorrupt { facts.defects = .known(["the image is marked as corrupt: its tables may lie"]) }
        return facts
    }

    /// Formats that are known by their magic and that nobody takes.
    private static func refuseOthers(_ beginning: Numbers) throws(Failure) {
        if VMDK.isDescriptor(beginning.text(0, min(4096, beginning.bytes.count))) {
            throw .unwanted(
                "this is a VMDK's description, and its data lies in other files",
                "make one file of it: qemu-img convert -O vmdk")
        }
        let magics: [(String, Int, [UInt8])] = [
            ("QED", 0, Array("QED\0".utf8)), ("VDI", 64, [0x7F, 0x10, 0xDA, 0xBE]),
            ("Parallels", 0, Array("WithoutFreeSpace".utf8)), ("Parallels", 0, Array("WithouFreSpacExt".utf8)),
            ("COWD", 0, Array("COWD".utf8)), ("qcow version 1", 0, Qcow2.magic + [0, 0, 0, 1]),
        ]
        if let (name, _, _) = magics.first(where: { beginning.matches($0.2, at: $0.1) }) {
            throw .unwanted("\(name) images are not read", "convert it: qemu-img convert -O qcow2")
        }
        // Of a disk that starts from it too, the first sector is a boot sector.
        if beginning.matches("CD001".utf8, at: 32769), !beginning.matches([0x55, 0xAA], at: 510) {
            throw .unwanted("this is a CD image (ISO 9660), not a disk", "name the image of an installed system")
        }
    }

    /// The facts with what must be counted: bytes in use, the map of them, whether the tables stay inside the file.
    ///
    /// Reads tables only, no data, and no more of them than `Survey.limit`.
    public func surveyed() -> DiskFacts {
        var facts = facts
        do throws(Failure) {
            let survey = if let disk = disk as? any Surveyed { try disk.survey() } else { try Survey(of: disk) }
            (facts.usedSize, facts.extents) = (.known(survey.used), .known(survey.extents))
            if let beyond = survey.outside {
                facts.defects = .known(
                    (facts.defects.value ?? []) + [
                        "the disk's byte \(beyond) lies past the file's end: the file was cut"
                    ])
            }
        } catch {
            facts.usedSize = .unknown(error.message)
            facts.extents = .unknown(error.message)
            facts.defects = .known((facts.defects.value ?? []) + [error.message])
        }
        return facts
    }
}
