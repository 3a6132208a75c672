import Digest
import Documents
import FoundationEssentials

/// What only the layers tell is remembered, so that they are not unpacked again for the same image: for its next target, or in
/// the next run.
extension ImageCheck {
    /// Where findings are kept; it may lose any of them.
    public struct Memory: Sendable {
        public var get: @Sendable (_ key: String) -> [UInt8]?
        public var put: @Sendable (_ key: String, _ value: [UInt8]) -> Void

        public init(
            get: @escaping @Sendable (_ key: String) -> [UInt8]?,
            put: @escaping @Sendable (_ key: String, _ value: [UInt8]) -> Void
        ) {
            self.get = get
            self.put = put
        }
    }

    /// The findings that need the layers' bytes. R02 is not among them: whether blobs are there and right is seen anew.
    struct OfLayers: Codable {
        var mediaTypes: Finding
        var diffIDs: Finding
        var shellCommand: Finding
        var entrypoint: Finding
        var secrets: Finding
        var leftovers: Finding

        var all: [Finding] { [mediaTypes, diffIDs, shellCommand, entrypoint, secrets, leftovers] }
        static let rules: [Rule] = [.mediaTypes, .diffIDs, .shellCommand, .entrypoint, .secrets, .leftovers]

        /// What is not known now may be known next time, and what is no answer of these rules is somebody else's.
        var isDecided: Bool {
            zip(all, Self.rules).allSatisfy { $0.rule == $1.id && ["pass", "fail"].contains($0.outcome) }
        }
    }

    func ofLayers(_ image: InspectedImage) -> OfLayers {
        OfLayers(
            mediaTypes: mediaTypes(image), diffIDs: diffIDs(image), shellCommand: shellCommand(image),
            entrypoint: entrypoint(image), secrets: secrets(image), leftovers: leftovers(image))
    }

    /// All that these findings depend on. Nil where they must be made anew: bytes for which nobody vouches may be others by now.
    private var key: String? {
        guard options.readsLayers, artifact.files.allSatisfy(\.verified) else { return nil }
        let files = artifact.files.map { "\($0.digest) \($0.size) \($0.mediaType ?? "")" }.sorted()
        let limits = "\(options.limits.layer) \(options.limits.image) \(options.limits.members)"
        let all = [artifact.digest, "\(options.revision)", "\(isSystem)", limits] + files
        return "check/\(options.revision)/\(sha256(Array(all.joined(separator: "\n").utf8)).hex)"
    }

    func known(_ graph: ImageGraph) -> OfLayers? {
        guard graph.firstTrouble == nil, let key, let value = memory?.get(key),
            let found = try? DocumentCoding.decode(OfLayers.self, from: Data(value)), found.isDecided
        else { return nil }
        return found
    }

    func remember(_ found: OfLayers, _ image: InspectedImage) {
        // A failure that was found without seeing everything may have more evidence.
        guard image.blind == nil, found.isDecided, let key, let value = try? DocumentCoding.encode(found) else {
            return
        }
        memory?.put(key, [UInt8](value))
    }
}
