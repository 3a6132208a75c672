/// One member of a tar, in the terms of POSIX.1-2001 (pax).
public struct TarEntry: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case file, directory, symbolicLink, hardLink, characterDevice, blockDevice, fifo, other
    }

    public var name: String
    public var kind: Kind
    /// The permission bits, with set-id and sticky.
    public var mode: UInt32
    public var uid: UInt64
    public var gid: UInt64
    /// Of the content in bytes: 0 for anything but a file.
    public var size: Int64
    /// Seconds since 1970.
    public var mtime: Int64
    public var link: String
    /// pax records that are not said by the members above, for example SCHILY.xattr.
    public var pax: [String: String]
    /// Where the content begins in the tar.
    public var offset: Int64

    public init(
        name: String, kind: Kind = .file, mode: UInt32 = 0o644, uid: UInt64 = 0, gid: UInt64 = 0, size: Int64 = 0,
        mtime: Int64 = 0, link: String = "", pax: [String: String] = [:], offset: Int64 = 0
    ) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.mtime = mtime
        self.link = link
        self.pax = pax
        self.offset = offset
    }

    /// Whether the content is stored with its holes left out, so that it is not the file's bytes as they stand.
    public var isSparse: Bool { pax.keys.contains { $0.hasPrefix("GNU.sparse.") } }

    /// The name without a leading `./` or `/` and without a final `/`: what two tars of the same tree agree on.
    public var plainName: String {
        var name = Substring(self.name)
        while true {
            if name.hasPrefix("./") {
                name = name.dropFirst(2)
            } else if name.hasPrefix("/") {
                name = name.dropFirst()
            } else {
                break
            }
        }
        while name.hasSuffix("/") { name = name.dropLast() }
        return name == "." ? "" : String(name)
    }
}
