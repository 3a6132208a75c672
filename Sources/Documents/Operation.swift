/// The request document of every operation (schemas/request.schema.json).
public struct OperationRequest: Sendable, Equatable, Codable {
    /// Where the artifact goes.
    public struct Target: Sendable, Equatable, Codable {
        /// The plan's name for it.
        public var name: String
        /// `local`, `registry`, a provider's id.
        public var scheme: String
        /// What follows the scheme's colon.
        public var address: String
        /// Tags (containers) or names (disk images) to publish under.
        public var tags: [String]
        /// Validated against the manifest's configuration schema.
        public var options: [String: JSON]
        public init(
            name: String, scheme: String, address: String, tags: [String], options: [String: JSON] = [:]
        ) {
            self.name = name
            self.scheme = scheme
            self.address = address
            self.tags = tags
            self.options = options
        }
    }

    /// One file of the artifact, opened through `artifact_open(name)`.
    public struct File: Sendable, Equatable, Codable {
        public var name: String
        public var size: Int64
        /// `sha256:` and 64 hexadecimal digits.
        public var digest: String
        public var mediaType: String?
        /// True when the host verified the digest in this run: nobody needs to hash it again.
        public var verified: Bool
        /// Of a manifest that is attached to the image, such as a signature: the digest of what it is about.
        public var subject: String?
        /// Of one that is found by a name and not by what it is about: that tag.
        public var tag: String?
        enum CodingKeys: String, CodingKey {
            case name, size, digest, verified, subject, tag
            case mediaType = "media_type"
        }
        public init(
            name: String, size: Int64, digest: String, mediaType: String? = nil, verified: Bool, subject: String? = nil,
            tag: String? = nil
        ) {
            self.subject = subject
            self.tag = tag
            self.name = name
            self.size = size
            self.digest = digest
            self.mediaType = mediaType
            self.verified = verified
        }
    }

    public struct Artifact: Sendable, Equatable, Codable {
        /// `container` or `disk`.
        public var kind: String
        public var name: String
        /// The release's version, as written: `24.03-LTS-SP2`.
        public var version: String
        /// Of the image index (container) or of the image's bytes (disk).
        public var digest: String
        /// Bytes of all files together.
        public var size: Int64
        /// Of a disk: `raw`, `qcow2`, ...
        public var format: String?
        /// OCI platforms, `linux/amd64`; of a disk, one.
        public var platforms: [String]
        public var annotations: [String: String]
        /// A container's blobs (index, manifests, configurations, layers); a disk's one file.
        public var files: [File]
        public init(
            kind: String, name: String, version: String, digest: String, size: Int64,
            format: String? = nil,
            platforms: [String], annotations: [String: String] = [:], files: [File]
        ) {
            self.kind = kind
            self.name = name
            self.version = version
            self.digest = digest
            self.size = size
            self.format = format
            self.platforms = platforms
            self.annotations = annotations
            self.files = files
        }
    }

    public var format: Int
    public var operation: String
    public var run: String
    /// The same for the same provider, artifact digest and target, whatever run: 64 hexadecimal digits. The natural
    /// client token, and the mark to find one's own resources by when no journal is left.
    public var publication: String
    public var target: Target
    /// Absent for `ep.requirements/1`, `ep.inventory/1` and `ep.undo/1`.
    public var artifact: Artifact?
    /// Results (`data`) of this job's earlier operations, by operation id.
    public var state: [String: JSON]
    /// `ep.undo/1`: the ledger's entry to undo.
    public var entry: JSON?
    /// `ep.fetch/1`: the directory of an OCI image layout that blobs are to be added to; the provider may write below it.
    public var into: String?
    /// `ep.check/1` and `ep.marketplace.check/1` of a disk image: what the host read of it.
    public var facts: ImageFacts?

    /// The document as providers get it.
    /// - Parameter facts: the image's, as `DocumentCoding` encodes them: once for all providers that are asked. Else `facts`.
    public func encoded(facts: [UInt8]? = nil) throws -> [UInt8] {
        guard let facts else { return [UInt8](try DocumentCoding.encode(self)) }
        var others = self
        others.facts = nil
        // An object, and never an empty one: one more member goes in at its end.
        let bytes = try DocumentCoding.encode(others)
        return bytes.dropLast() + Array(",\"facts\":".utf8) + facts + [UInt8(ascii: "}")]
    }

    /// `entry` of `ep.undo/1`, read. Nil if there is none.
    /// - Throws: `Failure(.usage)` if it is no ledger entry.
    public func ledgerEntry() throws -> LedgerEntry? {
        guard let entry else { return nil }
        do {
            return try DocumentCoding.decode(LedgerEntry.self, from: DocumentCoding.encode(entry))
        } catch {
            throw Failure(.usage, "the entry to undo is not one of the ledger", place: target.name)
        }
    }

    public init(
        operation: String, run: String, publication: String, target: Target, artifact: Artifact? = nil,
        state: [String: JSON] = [:], entry: JSON? = nil, into: String? = nil, facts: ImageFacts? = nil
    ) {
        format = 1
        self.operation = operation
        self.run = run
        self.publication = publication
        self.target = target
        self.artifact = artifact
        self.state = state
        self.entry = entry
        self.into = into
        self.facts = facts
    }
}

/// The result document of every operation (schemas/result.schema.json). Fields that an operation has no use for are absent.
public struct OperationResult: Sendable, Equatable, Codable {
    /// A name that is moved: a tag, an alias, a family.
    public struct Move: Sendable, Equatable, Codable {
        public var name: String
        public var from: String?
        public var to: String?
        public init(name: String, from: String?, to: String?) {
            self.name = name
            self.from = from
            self.to = to
        }
    }

    /// An item of `ep.inventory/1`: one thing at the target that carries our mark. Goes into `items` as `json`.
    public struct Resource: Sendable, Equatable, Codable {
        /// What it is, in the words that the provider's intents use.
        public var kind: String
        /// The target's id of it.
        public var id: String
        public var region: String?
        /// The name that people know it by.
        public var name: String?
        /// Of the artifact that it holds.
        public var digest: String?
        /// The publication that made it, read from its mark.
        public var publication: String?
        /// RFC 3339, UTC.
        public var created: String?
        /// What `ep.undo/1` needs to remove it.
        public var undo: [String: JSON]?
        public init(
            kind: String, id: String, region: String? = nil, name: String? = nil, digest: String? = nil,
            publication: String? = nil, created: String? = nil, undo: [String: JSON]? = nil
        ) {
            self.kind = kind
            self.id = id
            self.region = region
            self.name = name
            self.digest = digest
            self.publication = publication
            self.created = created
            self.undo = undo
        }

        public var json: JSON {
            var members: [String: JSON] = ["kind": .string(kind), "id": .string(id)]
            let texts = [
                ("region", region), ("name", name), ("digest", digest), ("publication", publication),
                ("created", created),
            ]
            for (key, value) in texts { if let value { members[key] = .string(value) } }
            if let undo { members["undo"] = .object(undo) }
            return .object(members)
        }
    }

    public var format: Int = 1
    /// plan: true if the target already has this artifact under all its names.
    public var nothingToDo: Bool?
    /// plan: what would be done, one sentence each. Other operations: what was done.
    public var actions: [String]?
    /// The digest that the target has, or now has.
    public var digest: String?
    public var sentBytes: Int64?
    public var skippedBytes: Int64?
    /// plan and release: names that would move or moved.
    public var moves: [Move]?
    /// check, verify, marketplace.check.
    public var findings: [Finding]?
    /// requirements: the provider's rules as data. inventory: what carries our marks.
    public var items: [JSON]?
    /// undo: true when the resource no longer exists ("already gone" is success).
    public var gone: Bool?
    /// For this provider's later operations; the host stores it and does not look inside.
    public var data: JSON?

    enum CodingKeys: String, CodingKey {
        case format, actions, digest, moves, findings, items, gone, data
        case nothingToDo = "nothing_to_do"
        case sentBytes = "sent_bytes"
        case skippedBytes = "skipped_bytes"
    }

    public init() {}
}

/// Returned with EP_PENDING (schemas/pending.schema.json): the vendor is at work; ask again.
public struct PendingResult: Sendable, Equatable, Codable {
    /// Seconds.
    public var resumeAfter: Double
    public var note: LocalizedText
    /// 0 to 1, if known.
    public var progress: Double?
    enum CodingKeys: String, CodingKey {
        case note, progress
        case resumeAfter = "resume_after_s"
    }
    public init(resumeAfter: Double, note: LocalizedText, progress: Double? = nil) {
        self.resumeAfter = resumeAfter
        self.note = note
        self.progress = progress
    }
}
