import ProviderKit

/// What the vendor demands of a disk image, topic by topic: `Disk.swift`, `Boot.swift`, `Initialisation.swift`,
/// `System.swift`, and for its marketplace `Marketplace.swift`, `Hardening.swift`.
///
/// What only the service or an account can tell (names in use, regions, quotas, instances that were started) is not among
/// them. Where the vendor's words are advice, a failure is a warning or a note, and never stops a publication.
enum TencentRules {
    static let all = RuleTable(disk + boot + initialisation + system + marketplace + hardening)

    /// The vendor's pages. The repository is the vendor's own, and holds the text of its documentation centre.
    enum Page {
        static let importing = "https://cloud.tencent.com/document/product/213/4945"
        static let making = "https://cloud.tencent.com/document/product/213/17814"
        static let virtio = "https://cloud.tencent.com/document/product/213/9929"
        static let cloudInit = "https://cloud.tencent.com/document/product/213/12587"
        static let forcing = "https://cloud.tencent.com/document/product/213/12849"
        static let importCall = "https://cloud.tencent.com/document/api/213/15717"
        static let security = "https://cloud.tencent.com/document/product/306/14191"
        static let product = "https://cloud.tencent.com/document/product/306/3019"
    }
}
