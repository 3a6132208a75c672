public import Documents
import Schema

/// What a run publishes (schemas/plan.schema.json): every command, old or new, becomes one of these.
public struct Plan: Sendable, Equatable, Codable {
    public struct Artifact: Sendable, Equatable, Codable {
        /// `container` or `disk`.
        public var kind: String
        public var release: String?
        public var index: String?
        public var architectures: [String]?
        public var mirror: String?
        public var lock: String?
        /// Whether documents about its making and its content are attached to the image.
        public var attest: Bool?
        /// Images that exist, in place of a release; several are joined.
        public var images: [String]?
        /// Of images in a registry: its provider's options.
        public var options: [String: JSON]?
        public var file: String?
        public var format: String?
        public var version: String?
        public var platform: String?
        /// Whether the image has to come up in a virtual machine first.
        public var bootTest: Bool?
        public var annotations: [String: String]?

        enum CodingKeys: String, CodingKey {
            case kind, release, index, architectures, mirror, lock, attest, images, options, file, format, version
            case platform, annotations
            case bootTest = "boot_test"
        }

        /// A base image from a release mirror.
        public init(
            release: String, index: String? = nil, architectures: [String]? = nil, mirror: String? = nil,
            lock: String? = nil, attest: Bool? = nil
        ) {
            kind = "container"
            self.release = release
            self.index = index
            self.architectures = architectures
            self.mirror = mirror
            self.lock = lock
            self.attest = attest
        }

        /// An image that exists; several are joined to one of several platforms.
        /// - Parameter platform: only this of each image's platforms: linux/arm64.
        public init(images: [String], platform: String? = nil, options: [String: JSON]? = nil) {
            kind = "container"
            self.images = images
            self.platform = platform
            self.options = options
        }
    }

    public struct Target: Sendable, Equatable, Codable {
        public var name: String?
        public var artifact: String
        public var to: String
        public var tags: [String]?
        public var options: [String: JSON]?

        public init(
            name: String? = nil, artifact: String, to: String, tags: [String]? = nil, options: [String: JSON]? = nil
        ) {
            self.name = name
            self.artifact = artifact
            self.to = to
            self.tags = tags
            self.options = options
        }

        /// What people call it.
        public var title: String { name ?? to }
        /// Before the first colon of `to`.
        public var scheme: String { String(to.prefix { $0 != ":" }) }
        /// After it.
        public var address: String { String(to.drop { $0 != ":" }.dropFirst()) }
    }

    public enum TagWhen: String, Sendable, Codable, CaseIterable {
        /// A target's tags move as soon as its own checks passed.
        case each
        /// No tag moves before every target's checks passed.
        case all
    }

    public struct Options: Sendable, Equatable, Codable {
        public var tagWhen: TagWhen?
        public var parallel: Int?
        enum CodingKeys: String, CodingKey {
            case tagWhen = "tag_when"
            case parallel
        }
        public init(tagWhen: TagWhen? = nil, parallel: Int? = nil) {
            self.tagWhen = tagWhen
            self.parallel = parallel
        }
    }

    public var format: Int
    public var name: String?
    public var artifacts: [String: Artifact]
    public var targets: [Target]
    public var options: Options?

    public init(name: String? = nil, artifacts: [String: Artifact], targets: [Target], options: Options? = nil) {
        format = 1
        self.name = name
        self.artifacts = artifacts
        self.targets = targets
        self.options = options
    }

    /// As people write one.
    public func yaml() throws -> String { try YAML.text(JSON(encoding: self)) }
}
