public import Blocks
public import Documents

/// A partition with what lies in it, opened if it can be read.
public struct Volume: Sendable {
    public let place: VolumePlace
    /// Counted from 1, as in the partition table; nil for a whole disk without a table, and for a volume of LVM.
    public var partition: Int? { place.partition }
    /// As blkid's PARTUUID.
    public let partitionUUID: String?
    /// As blkid's PARTLABEL.
    public let partitionLabel: String?
    /// What was recognised; nil if nothing was, or the bytes can't be read.
    public private(set) var signature: Signature?
    /// nil if it is not read.
    public private(set) var fileSystem: (any FileSystem)?
    /// Why it is not read; nil if it is, or if nothing is there.
    public private(set) var refusal: Failure?
    /// It belongs to LVM, and the volumes that lie in it stand beside it.
    public private(set) var isTakenApart = false

    public init(
        partition: Int?, partitionUUID: String? = nil, partitionLabel: String? = nil, _ source: any ByteSource
    ) {
        place = VolumePlace(partition: partition)
        self.partitionUUID = partitionUUID
        self.partitionLabel = partitionLabel
        open(source)
    }

    /// A volume of LVM.
    public init(logical name: LogicalName, _ source: any ByteSource) {
        place = .logical(name)
        (partitionUUID, partitionLabel) = (nil, nil)
        open(source)
    }

    /// A volume of LVM whose bytes can't be told.
    public init(logical name: LogicalName, refusal: Failure) {
        place = .logical(name)
        (partitionUUID, partitionLabel, self.refusal) = (nil, nil, refusal)
    }

    private mutating func open(_ source: any ByteSource) {
        do throws(Failure) {
            signature = try Signature(of: source)
            fileSystem = try FileSystems.open(source)
        } catch {
            refusal = error
        }
    }

    /// What lies in it was found, and is a volume of its own.
    public mutating func takeApart() { (isTakenApart, refusal) = (true, nil) }

    /// Why its files can't be had, in place of what was said before.
    public mutating func refuse(_ failure: Failure) { if fileSystem == nil { refusal = failure } }

    /// Its files, from elsewhere.
    public mutating func read(as fileSystem: any FileSystem) { (self.fileSystem, refusal) = (fileSystem, nil) }

    /// A file system that was opened already.
    public init(
        partition: Int?, partitionUUID: String? = nil, partitionLabel: String? = nil, fileSystem: any FileSystem
    ) {
        place = VolumePlace(partition: partition)
        self.partitionUUID = partitionUUID
        self.partitionLabel = partitionLabel
        signature = Signature(fileSystem.kind, label: fileSystem.label, uuid: fileSystem.uuid)
        self.fileSystem = fileSystem
    }

    /// The same in one line, with what to do.
    var whyUnread: String? {
        refusal.map { [$0.message, $0.hint].compactMap(\.self).joined(separator: "; ") }
    }

    /// `partition 2`, `/dev/mapper/system-root`.
    public var name: String { place.name }
    var label: String? { fileSystem?.label ?? signature?.label }
    var uuid: String? { fileSystem?.uuid ?? signature?.uuid }
    var kind: String? { fileSystem?.kind ?? signature?.kind }

    public var facts: VolumeFacts {
        if let fileSystem { return fileSystem.facts(of: place) }
        let evidence = [Evidence(name)]
        guard let signature else {
            let why = refusal.map(\.message) ?? "nothing that is known lies there"
            var facts = VolumeFacts(
                at: place, kind: refusal == nil ? .absent(evidence) : .unknown(why), unknown: why)
            if refusal == nil { facts.readable = .absent(evidence) }
            return facts
        }
        let why = whyUnread ?? "\(signature.kind) holds no files"
        var facts = VolumeFacts(at: place, kind: .known(signature.kind, evidence), unknown: why)
        let tells = ["xfs", "btrfs", "swap", "crypto_LUKS", "LVM2_member", "ext2", "ext3", "ext4"]
        signature.tell(&facts, place)
        if !tells.contains(signature.kind) { (facts.label, facts.uuid) = (.unknown(why), .unknown(why)) }
        facts.readable = isTakenApart ? .known(true) : .unknown(why)
        if let refusal, ExtSuperblock.isDamage(refusal) {
            facts.hasErrors = .known(true, [Evidence("\(name): \(refusal.place ?? "")", text: refusal.message)])
        }
        return facts
    }
}
