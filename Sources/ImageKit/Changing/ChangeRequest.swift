public import Documents

/// What is to be done to one working image: from the host to the process that does it, as JSON.
public struct ChangeRequest: Sendable, Equatable, Codable {
    /// The disk, which is written: its bytes, with holes where nothing is.
    public var image: String
    /// An empty folder of nobody else's: what is mounted there is seen by the builder alone.
    public var folder: String
    /// The guest's, as `uname -m` has it; its programs are run by qemu where it is not this machine's.
    public var architecture: String
    /// What is mounted, the root among it; in the order of their mount points.
    public var volumes: [Volume]
    /// In this order.
    public var changes: [Remediation]
    /// Packages, as the guest's own manager knows them: they are there before the changes.
    public var packages: [String]
    /// What else is put into it, after the packages and before the changes.
    public var additions = GuestAdditions()
    /// Where people asked for steps, by the words that tell them: `recipe.yaml:12:5`.
    public var origins: [String: String] = [:]
    /// Where packages come from instead of the guest's own repositories, if any are named.
    public var repositories: [GuestRepository]
    /// Whether traces of the building and of machines that ran from the image are taken out at the end.
    public var sanitises: Bool
    /// Whether the disk became larger, and its GPT's copy has to move to the new end.
    public var growsTable: Bool
    public var way = Way.namespaces
    /// For the way `boot`.
    public var machine: MachineStart?

    public struct Volume: Sendable, Equatable, Codable {
        /// Bytes from the disk's beginning.
        public var offset: UInt64
        public var size: UInt64
        /// As blkid says it: ext4, vfat.
        public var type: String
        public var uuid: String?
        public var mountPoint: String

        public init(offset: UInt64, size: UInt64, type: String, uuid: String?, mountPoint: String) {
            (self.offset, self.size, self.type) = (offset, size, type)
            (self.uuid, self.mountPoint) = (uuid, mountPoint)
        }
    }

    public init(
        image: String, folder: String, architecture: String, volumes: [Volume], changes: [Remediation],
        packages: [String],
        repositories: [GuestRepository] = [], sanitises: Bool, growsTable: Bool = false
    ) {
        (self.image, self.folder, self.architecture, self.volumes) = (image, folder, architecture, volumes)
        (self.changes, self.packages, self.repositories) = (changes, packages, repositories)
        self.sanitises = sanitises
        self.growsTable = growsTable
    }
}
