import Documents
import ProviderAPI

extension Host {
    /// View `file`: a read-only descriptor of one of the artifact's files (a blob by its digest; "" is the only file). The
    /// caller closes it, and reads with pread.
    public func open(_ name: String) throws -> Int32 {
        guard let open = table.artifact_open else { throw refusal(EP_UNSUPPORTED, "artifact_open") }
        var descriptor: Int32 = -1
        let status = withUTF8(name) { open(context, $0, $1, &descriptor) }
        guard status == EP_OK else { throw refusal(status, "artifact_open \(name)") }
        return descriptor
    }

    /// View `blocks`: nil if the host did not give it for this operation.
    public var blocks: Blocks? { Blocks(self) }

    /// View `tree`, in `check` only: nil if the host is too old for it.
    public var tree: Tree? { Tree(self) }
}

/// The artifact as a raw disk, whatever its format, with its holes. Any thread; offsets and lengths in bytes.
public struct Blocks: Sendable {
    public struct Extent: Sendable, Equatable {
        public var offset: UInt64
        public var length: UInt64
        /// Reads as zeros; no bytes are stored.
        public var isHole: Bool
        public var end: UInt64 { offset + length }
    }

    private let host: Host
    public let size: UInt64

    fileprivate init?(_ host: Host) {
        guard host.table.artifact_read != nil, let size = host.table.artifact_size,
            let next = host.table.artifact_next_extent
        else { return nil }
        var extent = Self.emptyExtent
        guard next(host.context, 0, &extent) != EP_UNSUPPORTED else { return nil }
        self.host = host
        self.size = size(host.context)
    }

    private static var emptyExtent: ep_extent {
        var extent = ep_extent()
        extent.header = header(of: ep_extent.self)
        return extent
    }

    /// Fills the buffer from `offset`; the count is short only at the end. Holes read as zeros.
    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let read = host.table.artifact_read else { throw refusal(EP_UNSUPPORTED, "artifact_read") }
        let count = read(host.context, offset, buffer.baseAddress, UInt64(buffer.count))
        guard count >= 0 else { throw Failure(.internal, "the image cannot be read at byte \(offset)") }
        return Int(count)
    }

    /// The piece that begins at `offset`, or nil at the end.
    public func nextExtent(at offset: UInt64) throws -> Extent? {
        guard let next = host.table.artifact_next_extent else { throw refusal(EP_UNSUPPORTED, "artifact_next_extent") }
        var extent = Self.emptyExtent
        let status = next(host.context, offset, &extent)
        if status == EP_NOT_FOUND { return nil }
        guard status == EP_OK else { throw refusal(status, "artifact_next_extent") }
        guard extent.length > 0, extent.offset >= offset else {
            throw Failure(.internal, "the host reported an extent that leads nowhere")
        }
        return Extent(offset: extent.offset, length: extent.length, isHole: extent.flags & EP_EXTENT_HOLE != 0)
    }
}

/// The guest's files by absolute path, for `check`. Symlinks are not followed.
public struct Tree: Sendable {
    public struct Stat: Sendable, Equatable {
        /// Bytes; of a symlink, of its target's name.
        public var size: UInt64
        /// Type and permission bits, as in POSIX st_mode.
        public var mode: UInt32
        public var user: UInt32
        public var group: UInt32
        /// Seconds since 1970 UTC.
        public var modified: Int64
        public var isDirectory: Bool { mode & 0o170000 == 0o040000 }
        public var isSymlink: Bool { mode & 0o170000 == 0o120000 }
        public var isRegular: Bool { mode & 0o170000 == 0o100000 }

        public init(size: UInt64, mode: UInt32, user: UInt32 = 0, group: UInt32 = 0, modified: Int64 = 0) {
            self.size = size
            self.mode = mode
            self.user = user
            self.group = group
            self.modified = modified
        }
    }

    private let host: Host
    fileprivate init?(_ host: Host) {
        guard host.table.image_stat != nil, host.table.image_read != nil, host.table.image_list != nil else {
            return nil
        }
        self.host = host
    }

    /// What is at that path, or nil if nothing is.
    public func stat(_ path: String) throws -> Stat? {
        var found = ep_image_stat()
        found.header = header(of: ep_image_stat.self)
        let status = withUTF8(path) { host.table.image_stat(host.context, $0, $1, &found) }
        if status == EP_NOT_FOUND { return nil }
        guard status == EP_OK else { throw refusal(status, "image_stat \(path)") }
        return Stat(size: found.size, mode: found.mode, user: found.uid, group: found.gid, modified: found.mtime)
    }

    /// At most `limit` bytes of a file, or a symlink's target; nil if nothing is there.
    public func read(_ path: String, limit: Int = 1 << 20) throws -> [UInt8]? {
        let (status, content) = collect(limit: Int(EP_LIMIT_IMAGE)) { sink in
            withUTF8(path) { host.table.image_read(host.context, $0, $1, UInt64(limit), sink) }
        }
        if status == EP_NOT_FOUND { return nil }
        guard status == EP_OK else { throw refusal(status, "image_read \(path)") }
        return content
    }

    /// The names in a directory, as the guest's file system has them; nil if nothing is there.
    public func list(_ path: String) throws -> [String]? {
        let (status, names) = collect(limit: Int(EP_LIMIT_IMAGE)) { sink in
            withUTF8(path) { host.table.image_list(host.context, $0, $1, sink) }
        }
        if status == EP_NOT_FOUND { return nil }
        guard status == EP_OK else { throw refusal(status, "image_list \(path)") }
        return names.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
