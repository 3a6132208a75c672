public import Blocks
public import Documents

/// A partition with what lies in it, opened if it can be read.
public struct Volume: Sendable {
    /// Counted from 1, as in the partition table; nil for a whole disk without a table.
    public let partition: Int?
    /// As blkid's PARTUUID.
    public let partitionUUID: String?
    /// As blkid's PARTLABEL.
    public let partitionLabel: String?
    /// What was recognised; nil if nothing was, or the bytes can't be read.
    public let signature: Signature?
    /// nil if it is not read.
    public let fileSystem: (any FileSystem)?
    /// Why it is not read; nil if it is, or if nothing is there.
    public let refusal: Failure?

    public init(
        partition: Int?, partitionUUID: String? = nil, partitionLabel: String? = nil, _ source: any ByteSource
    ) {
        self.partition = partition
        self.partitionUUID = partitionUUID
        self.partitionLabel = partitionLabel
        var signature: Signature?
        var fileSystem: (any FileSystem)?
        var refusal: Failure?
        do throws(Failure) {
            signature = try Signature(of: source)
            fileSystem = try FileSystems.open(source)
        } catch {
            refusal = error
        }
        (self.signature, self.fileSystem, self.refusal) = (signature, fileSystem, refusal)
    }

    /// A file system that was opened already.
    public init(
        partition: Int?, partitionUUID: String? = nil, partitionLabel: String? = nil, fileSystem: any FileSystem
    ) {
        self.partition = partition
        self.partitionUUID = partitionUUID
        self.partitionLabel = partitionLabel
        signature = Signature(fileSystem.kind, label: fileSystem.label, uuid: fileSystem.uuid)
        self.fileSystem = fileSystem
        refusal = nil
    }

    /// The same in one line, with what to do.
    var whyUnread: String? {
        refusal.map { [$0.message, $0.hint].compactMap(\.self).joined(separator: "; ") }
    }

    /// `partition 2`.
    public var name: String { volumeName(partition) }
    var label: String? { fileSystem?.label ?? signature?.label }
    var uuid: String? { fileSystem?.uuid ?? signature?.uuid }
    var kind: String? { fileSystem?.kind ?? signature?.kind }

    public var facts: VolumeFacts {
        if let fileSystem { return fileSystem.facts(partition: partition) }
        let evidence = [Evidence(name)]
        guard let signature else {
            let why = refusal.map(\.message) ?? "nothing that is known lies there"
            var facts = VolumeFacts(
                partition: partition, kind: refusal == nil ? .absent(evidence) : .unknown(why), unknown: why)
            if refusal == nil { facts.readable = .absent(evidence) }
            return facts
        }
        let why = whyUnread ?? "\(signature.kind) is not read"
        var facts = VolumeFacts(partition: partition, kind: .known(signature.kind, evidence), unknown: why)
        let tells = ["xfs", "btrfs", "swap", "crypto_LUKS", "LVM2_member", "ext2", "ext3", "ext4"]
        if tells.contains(signature.kind) {
            facts.label = signature.label.map { .known($0, evidence) } ?? .absent(evidence)
            facts.uuid = signature.uuid.map { .known($0, evidence) } ?? .absent(evidence)
        }
        if let size = signature.size { facts.size = .known(size, evidence) }
        if let blockSize = signature.blockSize { facts.blockSize = .known(blockSize, evidence) }
        facts.readable = .unknown(why)
        if let refusal, ExtSuperblock.isDamage(refusal) {
            facts.hasErrors = .known(true, [Evidence("\(name): \(refusal.place ?? "")", text: refusal.message)])
        }
        return facts
    }
}
