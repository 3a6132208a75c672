public import Digest
import Documents

/// The media types of the OCI image specification 1.1, and the docker ones that registries still hold.
public enum MediaType {
    public static let index = "application/vnd.oci.image.index.v1+json"
    public static let manifest = "application/vnd.oci.image.manifest.v1+json"
    public static let config = "application/vnd.oci.image.config.v1+json"
    public static let layerTar = "application/vnd.oci.image.layer.v1.tar"
    public static let layerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    public static let layerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"
    public static let empty = "application/vnd.oci.empty.v1+json"
    public static let dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json"
    public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    public static let dockerConfig = "application/vnd.docker.container.image.v1+json"
    public static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip"

    public static func isIndex(_ type: String) -> Bool { type == index || type == dockerManifestList }
    public static func isManifest(_ type: String) -> Bool { type == manifest || type == dockerManifest }
}

/// Annotation keys of the OCI image specification, annotations.md.
public enum Annotation {
    public static let refName = "org.opencontainers.image.ref.name"
    public static let title = "org.opencontainers.image.title"
    public static let description = "org.opencontainers.image.description"
    public static let version = "org.opencontainers.image.version"
    public static let created = "org.opencontainers.image.created"
    public static let source = "org.opencontainers.image.source"
    public static let licenses = "org.opencontainers.image.licenses"
    public static let vendor = "org.opencontainers.image.vendor"
    public static let url = "org.opencontainers.image.url"
    public static let documentation = "org.opencontainers.image.documentation"
}

/// A platform as an index names it.
public struct Platform: Sendable, Hashable, Codable, CustomStringConvertible {
    public var architecture: String
    public var os: String
    public var variant: String?

    public init(os: String = "linux", architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    public var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }
}

public struct Descriptor: Sendable, Equatable, Codable {
    public var mediaType: String
    public var digest: Digest
    /// In bytes.
    public var size: Int64
    public var annotations: [String: String]?
    public var artifactType: String?
    public var platform: Platform?

    public init(
        mediaType: String, digest: Digest, size: Int64, platform: Platform? = nil, annotations: [String: String]? = nil,
        artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
        self.artifactType = artifactType
    }
}

public struct Manifest: Sendable, Equatable, Codable {
    public var schemaVersion = 2
    public var mediaType: String? = MediaType.manifest
    public var artifactType: String?
    public var config: Descriptor
    public var layers: [Descriptor]
    public var subject: Descriptor?
    public var annotations: [String: String]?

    public init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }
}

public struct Index: Sendable, Equatable, Codable {
    public var schemaVersion = 2
    public var mediaType: String? = MediaType.index
    public var artifactType: String?
    public var manifests: [Descriptor]
    public var subject: Descriptor?
    public var annotations: [String: String]?

    public init(manifests: [Descriptor], annotations: [String: String]? = nil) {
        self.manifests = manifests
        self.annotations = annotations
    }
}

/// The image configuration: what a container of the image starts as, and the digests of its unpacked layers.
public struct ImageConfig: Sendable, Equatable, Codable {
    public struct Execution: Sendable, Equatable, Codable {
        public var cmd: [String]?
        public var entrypoint: [String]?
        public var env: [String]?
        public var labels: [String: String]?
        public var user: String?
        public var workingDir: String?

        enum CodingKeys: String, CodingKey {
            case cmd = "Cmd"
            case entrypoint = "Entrypoint"
            case env = "Env"
            case labels = "Labels"
            case user = "User"
            case workingDir = "WorkingDir"
        }

        public init(cmd: [String]? = nil, env: [String]? = nil, labels: [String: String]? = nil) {
            self.cmd = cmd
            self.env = env
            self.labels = labels
        }
    }

    public struct RootFS: Sendable, Equatable, Codable {
        public var type: String
        public var diffIDs: [Digest]

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        public init(diffIDs: [Digest]) {
            type = "layers"
            self.diffIDs = diffIDs
        }
    }

    public struct History: Sendable, Equatable, Codable {
        public var created: String?
        public var createdBy: String?
        public var comment: String?
        public var emptyLayer: Bool?

        enum CodingKeys: String, CodingKey {
            case created, comment
            case createdBy = "created_by"
            case emptyLayer = "empty_layer"
        }

        public init(created: String?, createdBy: String?, comment: String? = nil) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
        }
    }

    /// RFC 3339.
    public var created: String?
    public var author: String?
    public var architecture: String
    public var os: String
    public var variant: String?
    public var config: Execution?
    public var rootfs: RootFS
    public var history: [History]?

    public init(
        platform: Platform, created: String?, config: Execution?, rootfs: RootFS, history: [History]?
    ) {
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        self.created = created
        self.config = config
        self.rootfs = rootfs
        self.history = history
    }
}

/// The bytes of a value with their descriptor: equal values are equal bytes, since keys are sorted.
public struct Encoded: Sendable {
    public let bytes: [UInt8]
    public let descriptor: Descriptor

    /// Bytes that somebody else encoded; the descriptor is theirs.
    public init(bytes: [UInt8], descriptor: Descriptor) {
        self.bytes = bytes
        self.descriptor = descriptor
    }

    public init(_ value: some Encodable, mediaType: String) throws {
        bytes = [UInt8](try DocumentCoding.encode(value))
        descriptor = Descriptor(mediaType: mediaType, digest: sha256(bytes), size: Int64(bytes.count))
    }
}
