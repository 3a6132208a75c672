public import Digest
import Documents
import Files
import FoundationEssentials
import Glibc
import OCI

/// The sources of a release, pinned: what a later run compares with, and what it refuses to differ from. Format 1.
public struct SourceLock: Sendable, Equatable, Codable {
    public struct Source: Sendable, Equatable, Codable {
        public var architecture: String
        public var url: String
        public var digest: Digest
        /// In bytes.
        public var size: Int64

        public init(architecture: String, url: String, digest: Digest, size: Int64) {
            self.architecture = architecture
            self.url = url
            self.digest = digest
            self.size = size
        }
    }

    public var format = 1
    public var version: String
    public var index: String
    /// The date directory of an update (2025-06-27), if the index has one.
    public var date: String?
    public var sources: [Source]

    public init(version: String, index: String, date: String?, sources: [Source]) {
        self.version = version
        self.index = index
        self.date = date
        self.sources = sources
    }

    /// The lock in that file, or nil when it is still to be written there.
    /// - Throws: `Failure` when it can be neither read nor written: better now than after all was fetched.
    public static func find(_ path: String) throws -> SourceLock? {
        if File.exists(path) { return try SourceLock(readingFrom: path) }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard access(directory, W_OK) == 0 else { throw File.failure("write the lock file", path) }
        return nil
    }

    public init(readingFrom path: String) throws {
        let data = Data(try File.contents(path, limit: 1 << 20))
        struct Header: Decodable { var format: Int }
        do {
            let format = try DocumentCoding.decode(Header.self, from: data).format
            guard format == 1 else {
                throw Failure(.usage, "the lock file has format \(format); this version reads format 1", place: path)
            }
            self = try DocumentCoding.decode(SourceLock.self, from: data)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(
                .usage, "this is not a lock file of sources", place: path, hint: "remove it to pin the sources anew")
        }
    }

    /// Those that the lock pins, or of them the ones named.
    /// - Throws: `Failure` when it pins another version, or not what was named.
    func architectures(for version: String, of named: [Architecture]?) throws -> [Architecture] {
        let hint = "remove the lock file to pin the sources anew"
        guard self.version.uppercased() == version else {
            throw Failure(.usage, "the lock file pins \(self.version), not \(version)", hint: hint)
        }
        let pinned = try sources.map { try Architecture($0.architecture) }
        if let other = named?.first(where: { !pinned.contains($0) }) {
            throw Failure(.usage, "the lock file pins no root filesystem for \(other)", hint: hint)
        }
        return named ?? pinned
    }

    public func write(to path: String) throws {
        try File.replace(path, with: [UInt8](try DocumentCoding.encode(self, pretty: true)) + [0x0a])
    }
}
