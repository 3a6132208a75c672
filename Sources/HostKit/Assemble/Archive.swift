import CArchive
import Documents
import Files
import Glibc
import OCI

/// The members of a tar, plain or compressed, streamed in the order they come. Not for several threads at once.
public final class Archive {
    public enum Kind: Sendable { case file, directory, symbolicLink, hardLink, other }

    public struct Member: Sendable {
        public var name: String
        public var kind: Kind
        /// Where a link points, as written.
        public var link: String?
        public var size: Int64
    }

    private let file: File
    private let reader: OpaquePointer

    /// What a tar may be in.
    public enum Compression: Sendable { case xz, gzip }

    /// By its first bytes (RFC 1952).
    static func compression(of path: String) throws -> Compression {
        try File(path, O_RDONLY).read(count: 2, at: 0) == [0x1f, 0x8b] ? .gzip : .xz
    }

    public init(_ path: String, compression: Compression = .xz) throws {
        file = try File(path, O_RDONLY)
        guard let reader = ep_archive_open(file.descriptor, compression == .gzip ? 1 : 0) else {
            throw Failure(.internal, "out of memory", place: path)
        }
        self.reader = reader
    }

    deinit { ep_archive_close(reader) }

    private func failure() -> Failure {
        Failure(
            .refused,
            "the archive is damaged, or is no tar: \(String(cString: ep_archive_error(reader)))",
            place: file.path)
    }

    public func next() throws -> Member? {
        var entry = ep_archive_entry()
        switch ep_archive_next(reader, &entry) {
        case 0: return nil
        case 1: break
        default: throw failure()
        }
        guard let path = entry.path else {
            throw Failure(.refused, "a member's name in the archive is not text", place: file.path)
        }
        let kind: Kind =
            switch Int(entry.type) {
            case EP_ARCHIVE_FILE: .file
            case EP_ARCHIVE_DIRECTORY: .directory
            case EP_ARCHIVE_SYMLINK: .symbolicLink
            case EP_ARCHIVE_HARDLINK: .hardLink
            default: .other
            }
        return Member(
            name: String(cString: path), kind: kind, link: entry.link.map { String(cString: $0) }, size: entry.size)
    }

    /// The next bytes of the current member's content: fewer than `size` only at its end.
    public func block(_ size: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: size) { buffer, done in
            while done < size {
                let count = ep_archive_read(reader, buffer.baseAddress! + done, size - done)
                guard count >= 0 else { throw failure() }
                if count == 0 { break }
                done += Int(count)
            }
        }
    }
}
