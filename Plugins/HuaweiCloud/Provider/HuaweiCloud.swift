public import Documents
public import ProviderKit

/// What the vendor demands of a disk image, before a byte is sent. `Rules/` has a file for each topic.
public struct HuaweiCloud: RuleProvider {
    /// All of them: those of the image service in the order that an image goes through, then the marketplace's.
    public static let rules = RuleTable(
        Disk.rules + Boot.rules + FirstBoot.rules + Access.rules + KooGallery.rules)

    public let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }
}
