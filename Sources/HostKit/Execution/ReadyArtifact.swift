public import Documents

/// An artifact whose bytes are at hand and whose digest is known: what every target of it gets.
public struct ReadyArtifact: Sendable {
    public var name: String
    /// As providers see it.
    public var document: OperationRequest.Artifact
    /// What `artifact_open` finds: a blob's digest or a disk's file name, to the path on this machine.
    var paths: [String: String]
    /// Of a raw disk: what the blocks view reads.
    var blocksPath: String?
    /// Of a disk image: what reads it for checks.
    var image: ExaminedImage?
    /// Whether it has to come up in a virtual machine before a target gets it.
    var bootsFirst = false
    public var provenance: Provenance

    /// Where the artifact's bytes came from, for the record.
    public struct Provenance: Sendable, Codable {
        public struct Source: Sendable, Codable {
            public var architecture: String?
            public var location: String
            public var digest: String
            /// In bytes.
            public var size: Int64
        }
        public var sources: [Source]
        /// The directory below the release, with `current` replaced by its date.
        public var index: String?
        /// The zlib that compressed the layers: with another one the digests differ.
        public var zlib: String?
        /// Of a disk's file when it was hashed: device, inode, size, modification and change time in nanoseconds.
        public var identity: [Int64]?
    }

    /// For operations that are about no artifact, or about facts alone.
    static func nothing(image: ExaminedImage? = nil) -> ReadyArtifact {
        ReadyArtifact(
            name: "",
            document: .init(kind: "container", name: "", version: "", digest: "", size: 0, platforms: [], files: []),
            paths: [:], image: image, provenance: .init(sources: []))
    }

    /// Architectures that the mirror does not have.
    public var missing: [String] = []
    /// That each architecture took; empty when the cache had it all.
    public var seconds: [String: Double] = [:]
}
