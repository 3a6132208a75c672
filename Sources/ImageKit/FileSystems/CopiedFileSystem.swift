public import Documents

/// A file system that is not read here, by a copy of its files that another program made on one that is.
///
/// What it tells of itself is the original's; names, owners, modes, links and attributes are the copy's, and the same.
public struct CopiedFileSystem: FileSystem {
    public let kind: String
    public let label: String?
    public let uuid: String?
    public let root: FileNumber
    /// Which of the subvolumes its root is; nil where there are none.
    let subvolume: VolumeCopy.Subvolume?

    private let copy: any FileSystem
    private let original: Signature
    private let about: VolumeCopy
    /// Of the folder that all subvolumes lie in.
    private let top: FileNumber

    /// The number of the subvolume that holds all others (btrfs-subvolume(8)).
    private static let topID: UInt64 = 5
    private static let subvolumeLimit = 1000

    /// - Parameters:
    ///   - original: what its own bytes say.
    ///   - copy: what the files were copied to.
    /// - Throws: `Failure` if the copy has not the folder that it belongs in.
    public init(_ original: Signature, copy: any FileSystem, about: VolumeCopy) throws(Failure) {
        guard let top = try copy.entry(Array(VolumeCopy.folder.utf8), in: copy.root),
            try copy.status(of: top).kind == .directory
        else { throw Failure(.refused, "\(VolumeCopy.program) left no copy of its files") }
        (kind, label, uuid) = (original.kind, original.label, original.uuid)
        (self.copy, self.original, self.about, self.top) = (copy, original, about, top)
        guard let id = about.defaultSubvolume else {
            (root, subvolume) = (top, nil)
            return
        }
        guard let chosen = Self.all(about).first(where: { $0.id == id }) else {
            throw Failure(.refused, "its default subvolume is none that it lists")
        }
        (root, subvolume) = (try Self.root(of: chosen, below: top, in: copy), chosen)
    }

    private init(_ other: CopiedFileSystem, _ subvolume: VolumeCopy.Subvolume) throws(Failure) {
        (kind, label, uuid) = (other.kind, other.label, other.uuid)
        (copy, original, about, top) = (other.copy, other.original, other.about, other.top)
        (root, self.subvolume) = (try Self.root(of: subvolume, below: top, in: copy), subvolume)
    }

    private static func all(_ about: VolumeCopy) -> [VolumeCopy.Subvolume] {
        [VolumeCopy.Subvolume(id: topID, path: "")] + (about.subvolumes ?? []).prefix(subvolumeLimit)
    }

    private static func root(
        of subvolume: VolumeCopy.Subvolume, below top: FileNumber, in copy: any FileSystem
    ) throws(Failure) -> FileNumber {
        var place = top
        for part in subvolume.path.split(separator: "/") {
            guard let next = try copy.entry(Array(part.utf8), in: place), try copy.status(of: next).kind == .directory
            else { throw Failure(.refused, "its subvolume \(subvolume.path) is not in the copy of it") }
            place = next
        }
        return place
    }

    /// All that it has, each as its root; empty where there are none.
    func bySubvolume() throws(Failure) -> [CopiedFileSystem] {
        guard subvolume != nil else { return [] }
        var all: [CopiedFileSystem] = []
        for one in Self.all(about) { all.append(try CopiedFileSystem(self, one)) }
        return all
    }

    /// What a line of fstab mounts of it (btrfs(5): `subvol=`, `subvolid=`); nil if there is no such subvolume.
    func mounted(with options: [String]) throws(Failure) -> CopiedFileSystem? {
        guard subvolume != nil else { return self }
        var wanted: VolumeCopy.Subvolume?? = .none
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0] == "subvol" || parts[0] == "subvolid" else { continue }
            let path = parts[1].split(separator: "/").joined(separator: "/")
            wanted = Self.all(about).first { parts[0] == "subvol" ? $0.path == path : "\($0.id)" == parts[1] }
        }
        switch wanted {
        case .none: return self
        case .some(nil): return nil
        case .some(let found?): return try CopiedFileSystem(self, found)
        }
    }

    // MARK: The copy's files

    public func status(of file: FileNumber) throws(Failure) -> FileStatus {
        var status = try copy.status(of: file)
        // What chattr(1) sets is not copied.
        status.isImmutable = nil
        return status
    }

    public func entries(of directory: FileNumber) throws(Failure) -> [DirectoryEntry] {
        try copy.entries(of: directory)
    }

    public func visit(_ directory: FileNumber, _ body: (DirectoryEntry) throws(Failure) -> Bool) throws(Failure) {
        try copy.visit(directory, body)
    }

    public func entry(_ name: [UInt8], in directory: FileNumber) throws(Failure) -> FileNumber? {
        try copy.entry(name, in: directory)
    }

    public func read(_ file: FileNumber, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure)
        -> Int
    {
        try copy.read(file, at: offset, into: buffer)
    }

    public func target(of link: FileNumber) throws(Failure) -> [UInt8] { try copy.target(of: link) }

    public func attributes(of file: FileNumber) throws(Failure) -> [String: [UInt8]] {
        try copy.attributes(of: file)
    }

    // MARK: The original's facts

    public func facts(of place: VolumePlace) -> VolumeFacts {
        var facts = VolumeFacts(at: place, kind: .known(kind, [Evidence(place.name)]), unknown: "\(kind) does not tell")
        original.tell(&facts, place)
        facts.readable = .known(true)
        facts.through = VolumeCopy.program
        if let isClean = about.isClean {
            facts.clean = .known(isClean, [Evidence(place.name)])
            facts.needsRecovery = .known(!isClean, [Evidence(place.name)])
        }
        return facts
    }
}
