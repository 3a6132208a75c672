public import Digest
import Documents
import FoundationEssentials

/// `manifest.json` of the archives that `docker save` writes and `docker load` reads: one image of one platform, its configuration
/// and layers as files of a tar (github.com/moby/docker-image-spec, "Combined Image JSON + Filesystem Changeset Format").
public struct ArchiveList: Sendable, Equatable {
    /// The file's name in the archive.
    public static let name = "manifest.json"

    private struct Image: Codable {
        var config: String
        var repoTags: [String]?
        var layers: [String]
        enum CodingKeys: String, CodingKey {
            case config = "Config"
            case repoTags = "RepoTags"
            case layers = "Layers"
        }
    }

    public let config: Digest
    /// `REPOSITORY:TAG`; none: the image is loaded without a name.
    public let names: [String]
    /// Of the unpacked layers, the lowest first: what the configuration calls its diff_ids.
    public let layers: [Digest]

    public init(config: Digest, names: [String], layers: [Digest]) {
        self.config = config
        self.names = names
        self.layers = layers
    }

    public var configName: String { "\(config.hex).json" }
    public static func name(ofLayer digest: Digest) -> String { "\(digest.hex).tar" }

    /// The document: equal lists are equal bytes.
    public func bytes() throws -> [UInt8] {
        let image = Image(
            config: configName, repoTags: names.isEmpty ? nil : names, layers: layers.map(Self.name(ofLayer:)))
        return [UInt8](try DocumentCoding.encode([image]))
    }

    /// Of an archive that is there, whoever wrote it.
    /// - Throws: `Failure` when the source is no tar, or none with such a document among its first members.
    public static func document(of source: some TarSource) throws -> [UInt8] {
        var reader = try TarReader(source)
        for _ in 0..<memberLimit {
            guard let entry = try reader.next() else { break }
            guard entry.kind == .file, entry.plainName == name, entry.size <= documentLimit else { continue }
            return try source.read(count: Int(entry.size), at: entry.offset)
        }
        throw Failure(.usage, "this is no archive of an image: it has no \(name)", place: source.path)
    }

    private static let memberLimit = 10_000
    private static let documentLimit: Int64 = 4 << 20
}
