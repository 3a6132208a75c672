/// What a build puts into a guest beside the changes that rules can ask for: files, accounts, parts of its initramfs.
public struct GuestAdditions: Sendable, Equatable, Codable {
    public var files: [CopiedFile] = []
    public var users: [GuestUser] = []
    /// Modules of dracut (dracut.conf(5), add_dracutmodules).
    public var dracutModules: [String] = []

    public init() {}

    /// What asks for one is found by this.
    public static func inWords(dracutModule name: String) -> String { "dracut: \(name)" }

    public var count: Int { files.count + users.count + dracutModules.count }
    public var isEmpty: Bool { files.isEmpty && users.isEmpty && dracutModules.isEmpty }
}

/// A file of the guest's, and where its bytes come from.
public struct CopiedFile: Sendable, Equatable, Codable {
    public enum Content: Sendable, Equatable, Codable {
        case text(String)
        /// A file of this machine's, by its absolute path.
        case file(String)
    }

    /// Absolute, in the guest.
    public var path: String
    public var content: Content
    /// Nine bits; nil: as the file that is replaced, or 0644.
    public var mode: UInt32?
    /// By name or number, as the guest knows them; nil: as the file that is replaced, or root's.
    public var owner: String?
    public var group: String?

    public init(path: String, content: Content, mode: UInt32? = nil, owner: String? = nil, group: String? = nil) {
        (self.path, self.content) = (path, content)
        (self.mode, self.owner, self.group) = (mode, owner, group)
    }
}

/// An account of the guest's that logs in by key: its password is locked.
public struct GuestUser: Sendable, Equatable, Codable {
    public var name: String
    /// Groups that it belongs to beside its own; they must be there.
    public var groups: [String]
    /// Nil: /bin/bash, or /bin/sh where that is missing.
    public var shell: String?
    /// Lines of authorized_keys (sshd(8)).
    public var keys: [String]

    public init(name: String, groups: [String] = [], shell: String? = nil, keys: [String] = []) {
        (self.name, self.groups, self.shell, self.keys) = (name, groups, shell, keys)
    }
}
