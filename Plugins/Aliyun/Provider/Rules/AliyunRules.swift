import ProviderKit

/// What the vendor demands of a disk image, topic by topic: `Disk.swift`, `Boot.swift`, `Initialisation.swift`, `Network.swift`,
/// `Access.swift`, `System.swift`. Its marketplace asks for the same, more of it as a must: `marketplace:` says where.
///
/// What only the service or an account can tell (names, keys of objects, regions, tests on instances) is not among them, nor is
/// what the vendor's older pages asked for and its own images of today do not keep (no `64bit` in ext4, no NetworkManager).
enum AliyunRules {
    static let all = RuleTable(disk + boot + initialisation + network + access + system)

    /// The vendor's pages. The repository is the vendor's own, with an older state of its documentation.
    enum Page {
        private static let help = "https://www.alibabacloud.com/help/en/ecs/"
        static let importCall = help + "api-importimage"
        static let copyCall = help + "api-copyimage"
        static let detection = help + "user-guide/detect-custom-images-and-repair"
        static let inGuestCheck = help + "user-guide/check-whether-an-image-meets-the-import-requirements"
        static let credentials = help + "user-guide/avoid-using-default-login-credentials-in-images"
        static let nvmeTimeout =
            help
            + "linux-system-of-ecs-instance-nvme-disk-io-timeout-parameter-to-misconfiguration-lead-to-nvme-disk-not-with-how-to-deal-with"
        static let specification =
            "https://help.aliyun.com/zh/ecs/user-guide/cloud-marketplace-mirror-specification"
        static let review = "https://www.alibabacloud.com/help/en/compute-nest/review-criteria-of-compute-nest"
        private static let documents =
            "https://github.com/AlibabaCloudDocs/ecs/blob/master/intl.en-US/Images/Custom%20image/Import%20images/"
        static let instructions = documents + "Instructions%20for%20importing%20images.md"
        static let compliance = documents + "Image%20compliance%20tool.md"
        static let virtio = documents + "Install%20a%20virtio%20driver.md"
    }
}
