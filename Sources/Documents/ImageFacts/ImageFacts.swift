/// Everything that was read of a disk image, once for all who ask: what checks, tables and reports are made of.
///
/// A topic that was not read is nil, and every fact of it counts as unknown. Secrets are not in it: of a password's hash
/// its kind, of a key its type and fingerprint.
public struct ImageFacts: Sendable, Equatable, Codable {
    /// The format of this document: 1.
    public static let currentFormat = 1
    /// How large the document may be, in bytes: it goes into a request, which has the same limit with its other members.
    public static let limit = (4 << 20) - (64 << 10)

    public var format: Int
    public var disk: DiskFacts?
    public var partitions: PartitionFacts?
    public var mounts: MountFacts?
    public var kernels: KernelFacts?
    public var packages: PackageFacts?
    public var accounts: AccountFacts?
    public var sudo: SudoFacts?
    public var ssh: SSHFacts?
    public var services: ServiceFacts?
    public var secrets: SecretFacts?
    public var boot: BootFacts?
    public var fstab: FstabFacts?
    public var cloudInit: CloudInitFacts?
    public var network: NetworkFacts?
    public var system: SystemFacts?

    enum CodingKeys: String, CodingKey {
        case format, disk, partitions, mounts, kernels, packages, accounts, sudo, ssh, services, secrets, boot, fstab
        case network, system
        case cloudInit = "cloud_init"
    }

    /// With no topic read yet.
    public init() { format = Self.currentFormat }
}
