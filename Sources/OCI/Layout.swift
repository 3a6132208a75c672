public import Digest
import Documents
public import Files
import FoundationEssentials
import Glibc

/// An OCI image layout directory (image-spec 1.1, image-layout.md). Several processes may write one: blobs appear in one
/// step under their digest, and index.json is read, merged and replaced under a lock on the directory.
public struct Layout: Sendable {
    public let path: String

    /// Opens the layout at `path`, making what is not there.
    /// - Throws: `Failure` when it cannot be written or is of another layout version.
    public init(creating path: String) throws {
        self.path = path
        try File.makeDirectories("\(path)/blobs/sha256")
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        if File.exists("\(path)/oci-layout") {
            try checkVersion()
        } else {
            try File.replace("\(path)/oci-layout", with: Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        }
        if !File.exists("\(path)/index.json") { try write(Index(manifests: [])) }
    }

    /// Opens a layout that is there.
    public init(opening path: String) throws {
        self.path = path
        try checkVersion()
    }

    private func checkVersion() throws {
        let document: JSON
        do {
            document = try DocumentCoding.decode(
                JSON.self, from: Data(try File.contents("\(path)/oci-layout", limit: 4096)))
        } catch {
            throw Failure(.usage, "this is not an OCI image layout: no readable oci-layout file", place: path)
        }
        let version = document["imageLayoutVersion"]?.string ?? "none"
        guard version.hasPrefix("1.") else {
            throw Failure(.usage, "the layout's version is \(version), and 1.0.0 is the one known here", place: path)
        }
    }

    private func lock() throws -> File {
        let directory = try File(path, O_RDONLY | O_DIRECTORY)
        while flock(directory.descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw File.failure("lock", path) }
        }
        return directory
    }

    public func blobPath(_ digest: Digest) -> String { "\(path)/blobs/sha256/\(digest.hex)" }

    public func index() throws -> Index { try Self.index(of: path) }

    /// What index.json of a directory says. One that is not there yet is empty: a layout is made before it.
    /// - Throws: `Failure` when it is none, whatever else the directory holds.
    public static func index(of directory: String) throws -> Index {
        let path = "\(directory)/index.json"
        guard File.exists(path) else { return Index(manifests: []) }
        let bytes = try File.contents(path)
        do { return try DocumentCoding.decode(Index.self, from: Data(bytes)) } catch {
            throw Failure(
                .usage, "this is not the index of an image layout", place: path,
                hint: "move it away, or name another directory")
        }
    }

    /// The bytes of a small blob, checked against its descriptor.
    public func blob(_ descriptor: Descriptor, limit: Int = 4 << 20) throws -> [UInt8] {
        let bytes = try File.contents(blobPath(descriptor.digest), limit: limit)
        guard Int64(bytes.count) == descriptor.size, sha256(bytes) == descriptor.digest else {
            throw Failure(
                .refused, "a blob's bytes are not those of its digest", place: blobPath(descriptor.digest),
                hint: "remove the file and assemble again")
        }
        return bytes
    }

    public func manifest(_ descriptor: Descriptor) throws -> Manifest {
        let bytes = try blob(descriptor)
        try DocumentShape.check(bytes, isIndex: false, "\(descriptor.digest)", place: path)
        return try decode(Manifest.self, from: bytes, "\(descriptor.digest)")
    }

    public func index(_ descriptor: Descriptor) throws -> Index {
        let bytes = try blob(descriptor)
        try DocumentShape.check(bytes, isIndex: true, "\(descriptor.digest)", place: path)
        return try decode(Index.self, from: bytes, "\(descriptor.digest)")
    }

    public func config(_ descriptor: Descriptor) throws -> ImageConfig {
        try decode(ImageConfig.self, from: blob(descriptor), "\(descriptor.digest)")
    }

    private func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], _ name: String) throws -> Value {
        do { return try DocumentCoding.decode(type, from: Data(bytes)) } catch {
            throw Failure(.refused, "\(name) is not a document of the image specification", place: path)
        }
    }

    /// The entry of index.json with that tag.
    public func find(tag: String) throws -> Descriptor? {
        try index().manifests.first { $0.annotations?[Annotation.refName] == tag }
    }

    /// Whether the blob is there in its full size.
    public func has(_ digest: Digest, size: Int64) -> Bool {
        var status = stat()
        return stat(blobPath(digest), &status) == 0 && Int64(status.st_size) == size
    }

    public func add(_ encoded: Encoded) throws {
        guard !has(encoded.descriptor.digest, size: encoded.descriptor.size) else { return }
        try File.replace(blobPath(encoded.descriptor.digest), with: encoded.bytes, mode: 0o444)
    }

    /// A new empty file in the layout's file system, for `adopt`.
    public func temporary() throws -> File {
        try File("\(path)/blobs/.\(getpid()).\(UInt64.random(in: 0 ... .max))", O_RDWR | O_CREAT | O_EXCL)
    }

    /// Gives a finished temporary file its name, read-only since layouts may share it by hard links. The caller vouches for the digest.
    public func adopt(_ file: File, as digest: Digest) throws {
        guard fchmod(file.descriptor, 0o444) == 0, fsync(file.descriptor) == 0, rename(file.path, blobPath(digest)) == 0
        else {
            throw File.failure("keep the blob", blobPath(digest))
        }
    }

    /// Takes blobs from another layout: by a hard link, or a copy across file systems.
    public func take(_ digest: Digest, size: Int64, from other: Layout) throws {
        guard !has(digest, size: size) else { return }
        unlink(blobPath(digest))
        if link(other.blobPath(digest), blobPath(digest)) == 0 || errno == EEXIST { return }
        let source = try File(other.blobPath(digest), O_RDONLY)
        let target = try temporary()
        do {
            var hasher = Hasher()
            var offset: Int64 = 0
            while true {
                let bytes = try source.read(count: 1 << 20, at: offset)
                if bytes.isEmpty { break }
                bytes.withUnsafeBytes { hasher.update($0) }
                try target.write(bytes)
                offset += Int64(bytes.count)
            }
            guard hasher.finalize() == digest else {
                throw Failure(.refused, "a blob's bytes are not those of its digest", place: other.blobPath(digest))
            }
            try adopt(target, as: digest)
        } catch {
            unlink(target.path)
            throw error
        }
    }

    /// Points a tag in index.json at the descriptor; other tags stay.
    public func tag(_ descriptor: Descriptor, as tag: String) throws {
        guard Reference.isLayoutName(tag) else {
            throw Failure(.usage, "\(tag.prefix(200)) is not a tag", place: path)
        }
        try change { $0.point(tag, to: descriptor) }
    }

    /// Lets `body` change index.json, and replaces it if it did. Nobody else changes it meanwhile.
    public func change<Result>(_ body: (inout Index) throws -> Result) throws -> Result {
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let before = try index()
        var index = before
        let result = try body(&index)
        if index != before { try write(index) }
        return result
    }

    private func write(_ index: Index) throws {
        try File.replace("\(path)/index.json", with: Encoded(index, mediaType: MediaType.index).bytes)
    }
}
