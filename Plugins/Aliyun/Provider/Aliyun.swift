public import Documents
public import ProviderKit

/// Publishes disk images to the vendor's compute service. This version tells what it and the marketplace refuse, before a byte
/// is sent: `Rules/` has a file for each topic.
public struct Aliyun: RuleProvider {
    public static let rules = AliyunRules.all

    public let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }
}
