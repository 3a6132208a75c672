import Digest
import Documents
import FoundationEssentials
import OCI

/// An image as its documents tell it: the index, and for every entry the manifest and configuration, as far as they can be read.
struct ImageGraph: Sendable {
    struct Entry: Sendable {
        var descriptor: Descriptor
        var manifest: Manifest?
        var config: ImageConfig?
        /// Why either is missing.
        var trouble: String?

        var isAttestation: Bool {
            descriptor.platform.map { $0.os == "unknown" && $0.architecture == "unknown" } == true
                || descriptor.annotations?["vnd.docker.reference.type"] != nil
        }
        /// Something else than an image in an image's manifest (image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"), or
        /// of a type that is not known here, which is no error (image-index.md).
        var isArtifact: Bool {
            guard let manifest else { return !MediaType.isManifest(descriptor.mediaType) }
            let config = manifest.config.mediaType
            if config == MediaType.config || config == MediaType.dockerConfig { return false }
            return config == MediaType.empty || manifest.artifactType != nil
                || !manifest.layers.contains { LayerType.packing($0.mediaType) != nil }
        }
        /// For messages: the platform, or the digest of what has none.
        var name: String { descriptor.platform.map { "\($0)" } ?? "\(descriptor.digest)" }
        var layers: [Descriptor] { manifest?.layers ?? [] }
    }

    /// More of either are no honest image's; engines stop at 127 layers.
    static let entryLimit = 1024
    static let layerLimit = 512

    private(set) var root: Descriptor?
    private(set) var index: Index?
    private(set) var entries: [Entry] = []
    /// Every descriptor that is reached, each digest and size once.
    private(set) var reached: [Descriptor] = []
    /// Digests that are found wrong while reading.
    private(set) var faults: [String] = []
    /// What could not be read and is not known to be wrong.
    private(set) var blind: [String] = []
    /// Documents that are not what their media type says.
    private(set) var malformed: [String] = []
    /// Those whose digest has been seen to be right.
    private(set) var hashed: Set<Digest> = []

    var images: [Entry] { entries.filter { !$0.isAttestation && !$0.isArtifact } }
    /// Why entries of the index are not among them.
    private(set) var cut: String?
    var attestations: [Entry] { entries.filter(\.isAttestation) }
    /// Why some of the image is not known: what other rules say when they cannot see everything.
    var firstTrouble: String? { faults.first ?? blind.first ?? malformed.first }

    init(_ artifact: OperationRequest.Artifact, _ blobs: ArtifactBlobs) throws {
        guard let file = blobs.files[artifact.digest] else {
            faults = ["the index \(artifact.digest) is not among the artifact's files"]
            return
        }
        guard let digest = try? Digest(parsing: artifact.digest) else {
            blind = ["\(artifact.digest) is no SHA-256, the one kind of digest that is known here"]
            return
        }
        let root = Descriptor(mediaType: file.mediaType ?? MediaType.index, digest: digest, size: file.size)
        self.root = root
        reach(root)
        if MediaType.isManifest(root.mediaType) {
            entries = [try entry(root, blobs)]
            return
        }
        guard let index = try decode(Index.self, root, blobs) else { return }
        self.index = index
        if let subject = index.subject { reach(subject, needed: false, blobs) }
        if index.manifests.count > Self.entryLimit {
            cut = "the index has \(index.manifests.count) entries, and only \(Self.entryLimit) were read"
            blind.append(cut ?? "")
        }
        for descriptor in index.manifests.prefix(Self.entryLimit) {
            reach(descriptor)
            entries.append(try entry(descriptor, blobs))
        }
    }

    private mutating func entry(_ descriptor: Descriptor, _ blobs: ArtifactBlobs) throws -> Entry {
        var entry = Entry(descriptor: descriptor)
        // An index in an index is looked into by nobody here, and what is of another type is nobody's matter.
        guard MediaType.isManifest(descriptor.mediaType) || MediaType.isIndex(descriptor.mediaType) else {
            return entry
        }
        let before = faults.count + blind.count + malformed.count
        if let manifest = try decode(Manifest.self, descriptor, blobs) {
            entry.manifest = manifest
            reach(manifest.config)
            if manifest.layers.count > Self.layerLimit {
                blind.append("\(entry.name) has \(manifest.layers.count) layers, and only \(Self.layerLimit) were read")
                entry.manifest?.layers = Array(manifest.layers.prefix(Self.layerLimit))
            }
            for layer in entry.layers { reach(layer) }
            if let subject = manifest.subject { reach(subject, needed: false, blobs) }
            if !entry.isAttestation, !entry.isArtifact {
                entry.config = try decode(ImageConfig.self, manifest.config, blobs)
            }
        }
        if faults.count + blind.count + malformed.count > before {
            entry.trouble = faults.last ?? blind.last ?? malformed.last
        }
        return entry
    }

    /// - Parameter needed: a subject may lie at the registry alone.
    private mutating func reach(_ descriptor: Descriptor, needed: Bool = true, _ blobs: ArtifactBlobs? = nil) {
        if !needed && blobs?.files["\(descriptor.digest)"] == nil { return }
        // The same digest with two sizes is a lie in one of the places.
        let plain = Descriptor(mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size)
        if reachedKeys.insert(plain.key).inserted { reached.append(plain) }
    }
    private var reachedKeys: Set<String> = []

    private mutating func decode<Value: Decodable>(
        _ type: Value.Type, _ descriptor: Descriptor, _ blobs: ArtifactBlobs
    ) throws -> Value? {
        let bytes: [UInt8]
        do { bytes = try blobs.document(descriptor) } catch let trouble as ArtifactBlobs.Trouble {
            if case .fault(let text) = trouble { faults.append(text) } else { blind.append(trouble.text) }
            return nil
        }
        hashed.insert(descriptor.digest)
        do { return try DocumentCoding.decode(type, from: Data(bytes)) } catch {
            malformed.append("\(descriptor.digest) cannot be read as \(descriptor.mediaType.prefix(100))")
            return nil
        }
    }
}

extension Descriptor {
    fileprivate var key: String { "\(digest) \(size)" }
}

/// Types of layers, and what they are packed with.
enum LayerType {
    static let dockerPlain = "application/vnd.docker.image.rootfs.diff.tar"
    static let foreign = [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
    ]
    private static let nondistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar"

    enum Packing: String {
        case none = "tar"
        case gzip
        case zstd
    }

    /// Nil of a type that is no layer of a root file system.
    static func packing(_ type: String) -> Packing? {
        switch type {
        case MediaType.layerTar, dockerPlain, foreign[1], nondistributable: .some(.none)
        case MediaType.layerGzip, MediaType.dockerLayer, foreign[0], nondistributable + "+gzip": .gzip
        case MediaType.layerZstd, nondistributable + "+zstd": .zstd
        default: nil
        }
    }

    static func isForeign(_ type: String) -> Bool { foreign.contains(type) || type.hasPrefix(nondistributable) }

    /// By its first bytes (RFC 1952, RFC 8878); nil if there are too few to tell. What is neither gzip nor zstd counts as tar.
    static func packing(ofBytes first: [UInt8]) -> Packing? {
        guard first.count >= 4 else { return nil }
        if first[0] == 0x1f && first[1] == 0x8b { return .gzip }
        return first.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) ? .zstd : Packing.none
    }
}
