/// Where a volume lies on its disk.
public enum VolumePlace: Sendable, Hashable {
    /// The whole disk, which has no table.
    case disk
    /// By its number in the partition table, counted from 1.
    case partition(Int)
    /// In partitions that LVM makes volumes of.
    case logical(LogicalName)

    init(partition: Int?) { self = partition.map { .partition($0) } ?? .disk }

    public var partition: Int? { if case .partition(let number) = self { number } else { nil } }
    public var logical: LogicalName? { if case .logical(let name) = self { name } else { nil } }

    /// `partition 2`, `/dev/mapper/system-root`.
    public var name: String {
        switch self {
        case .disk: "the whole disk"
        case .partition(let number): "partition \(number)"
        case .logical(let name): name.path
        }
    }
}

/// A volume of LVM by its group and its own name, which lvm(8) makes of letters, digits and `+_.-`.
public struct LogicalName: Sendable, Hashable {
    public var group: String
    public var volume: String

    public init(group: String, volume: String) { (self.group, self.volume) = (group, volume) }

    /// As the device mapper has it: a dash of a name is written twice.
    public var path: String { "/dev/mapper/\(Self.doubled(group))-\(Self.doubled(volume))" }
    /// The link that udev makes to it.
    public var link: String { "/dev/\(group)/\(volume)" }

    /// Whether it is what fstab names.
    func answers(to path: String) -> Bool {
        let name = "/dev/disk/by-id/dm-name-"
        if path.hasPrefix(name) { return self.path == "/dev/mapper/" + path.dropFirst(name.count) }
        return path == self.path || path == link
    }

    private static func doubled(_ name: String) -> String { name.replacing("-", with: "--") }
}
