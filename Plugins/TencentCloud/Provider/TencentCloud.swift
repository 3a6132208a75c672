public import Documents
public import ProviderKit

/// Publishes disk images to the vendor's cloud servers. This version tells what they and the marketplace refuse, before a byte
/// is sent: `Rules/` has a file for each topic.
public struct TencentCloud: RuleProvider {
    public static let rules = TencentRules.all

    public let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }
}
