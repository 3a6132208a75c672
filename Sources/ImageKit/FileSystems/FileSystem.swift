public import Documents

/// A file system that is read and never written, by what it calls its files: the one thing that ext4 and FAT have in common.
///
/// Nothing in it is trusted: numbers are held against the size of what they count before they are used, and each answer
/// costs bounded time and memory. Safe to use from any thread.
public protocol FileSystem: Sendable {
    /// As /etc/fstab names it: `ext4`, `vfat`.
    var kind: String { get }
    /// The name that was given to it; nil if none was.
    var label: String? { get }
    /// As blkid prints it; nil if there is none.
    var uuid: String? { get }
    var root: FileNumber { get }

    func status(of file: FileNumber) throws(Failure) -> FileStatus
    /// The names in a directory, without `.` and `..`, in the order that they are found in.
    /// - Throws: `Failure` if there are more than `DirectoryEntry.limit`: `visit` has no limit.
    func entries(of directory: FileNumber) throws(Failure) -> [DirectoryEntry]
    /// The same, one by one, until the body returns false: for directories of any length in bounded memory.
    func visit(_ directory: FileNumber, _ body: (DirectoryEntry) throws(Failure) -> Bool) throws(Failure)
    /// The file of that name; nil if there is none.
    func entry(_ name: [UInt8], in directory: FileNumber) throws(Failure) -> FileNumber?
    /// Reads from `offset` on and tells how many bytes; 0 at the end. Holes read as zeros.
    func read(_ file: FileNumber, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    /// What a symbolic link says.
    func target(of link: FileNumber) throws(Failure) -> [UInt8]
    /// Extended attributes by full name (`security.selinux`, `security.capability`).
    func attributes(of file: FileNumber) throws(Failure) -> [String: [UInt8]]
    /// Whether `BOOT` and `boot` are the same name.
    var ignoresCase: Bool { get }
    /// What it tells of itself; members that it does not know stay unknown.
    func facts(of place: VolumePlace) -> VolumeFacts
}

extension FileSystem {
    public func visit(_ directory: FileNumber, _ body: (DirectoryEntry) throws(Failure) -> Bool) throws(Failure) {
        for entry in try entries(of: directory) where try !body(entry) { return }
    }

    public func attributes(of file: FileNumber) throws(Failure) -> [String: [UInt8]] { [:] }

    public var ignoresCase: Bool { false }

    public func facts(partition: Int?) -> VolumeFacts { facts(of: VolumePlace(partition: partition)) }

    public func facts(of place: VolumePlace) -> VolumeFacts {
        var facts = VolumeFacts(at: place, kind: .known(kind), unknown: "\(kind) does not tell")
        facts.label = label.map { .known($0) } ?? .absent()
        facts.uuid = uuid.map { .known($0) } ?? .absent()
        facts.readable = .known(true)
        return facts
    }
}

/// A file's number in its file system: an inode of ext4, the place of a directory entry of FAT.
public struct FileNumber: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
}

public struct DirectoryEntry: Sendable, Equatable {
    /// As it is on disk: any bytes but zero and the slash.
    public var name: [UInt8]
    public var file: FileNumber
    /// What the directory says that it is, where it says so: a hint, `status` decides.
    public var kind: FileStatus.Kind?

    /// How many names of one directory `entries` gives.
    public static let limit = 1 << 18
    static var tooMany: Failure {
        Failure(.refused, "more than \(limit) names in one directory", hint: "remove what fills it from the image")
    }

    public init(name: [UInt8], file: FileNumber, kind: FileStatus.Kind? = nil) {
        (self.name, self.file, self.kind) = (name, file, kind)
    }
}

/// What stat(2) tells of a file.
public struct FileStatus: Sendable, Equatable {
    public enum Kind: Sendable { case file, directory, symlink, fifo, socket, characterDevice, blockDevice }

    public var kind: Kind
    /// The twelve bits of permissions, set-id and sticky.
    public var permissions: UInt16
    public var user: UInt32
    public var group: UInt32
    /// In bytes; of a symlink, the length of what it says.
    public var size: UInt64
    /// Seconds since 1970.
    public var modified: Int64
    public var links: UInt32
    /// Made unchangeable by `chattr +i`; nil where the file system does not tell.
    public var isImmutable: Bool?

    public init(
        kind: Kind, permissions: UInt16, user: UInt32 = 0, group: UInt32 = 0, size: UInt64 = 0, modified: Int64 = 0,
        links: UInt32 = 1
    ) {
        self.kind = kind
        self.permissions = permissions
        self.user = user
        self.group = group
        self.size = size
        self.modified = modified
        self.links = links
    }
}

extension FileStatus {
    /// As stat(2) has it: kind and permissions in one number.
    public var mode: UInt32 {
        let kind: UInt32 =
            switch kind {
            case .file: 0o100000
            case .directory: 0o040000
            case .symlink: 0o120000
            case .fifo: 0o010000
            case .socket: 0o140000
            case .characterDevice: 0o020000
            case .blockDevice: 0o060000
            }
        return kind | UInt32(permissions)
    }
}
