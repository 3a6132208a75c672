public import Documents
public import ProviderKit

/// What the vendor demands of a disk image, before a byte is sent. `Rules/` has a file for each topic.
public struct AWS: RuleProvider {
    /// All of them, in the order that an image goes through: its file, its boot, its first run, who gets in, what is in it.
    public static let rules = RuleTable(
        Disk.rules + Boot.rules + FirstBoot.rules + Access.rules + Contents.rules)

    public let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }
}
