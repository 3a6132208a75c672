import Digest
public import Documents
import Glibc
import OCI

/// `ep.check/1`: what the artifact's own files tell about the rules, without network. Each blob is read at most once, with the
/// documents (4 MiB each at most) and two buffers a layer in memory, and some words for each member of a layer.
public struct ImageCheck: Sendable {
    /// Bounds of one check, for artifacts that are made to exhaust it.
    public struct Limits: Sendable, Equatable {
        /// Bytes that one layer may unpack to.
        public var layer: Int64 = 16 << 30
        /// Bytes that all layers may unpack to.
        public var image: Int64 = 64 << 30
        /// Members of all layers that are remembered; 16 bytes each.
        public var members = 4_000_000
        public init() {}
    }

    /// What the publisher alone can say about the build.
    public struct Build: Sendable, Equatable {
        /// Something that the build fetched.
        public struct Input: Sendable, Equatable {
            public var url: String
            /// Whether a checksum was pinned or a signature verified.
            public var isVerified: Bool
            public init(url: String, isVerified: Bool) {
                self.url = url
                self.isVerified = isVerified
            }
        }

        /// Everything that was fetched; nil if nobody kept a record.
        public var inputs: [Input]?
        /// The digest that a second build of the same sources gave.
        public var rebuiltDigest: String?
        /// SOURCE_DATE_EPOCH of the build: seconds since 1970.
        public var sourceDateEpoch: Int64?
        public init() {}
    }

    public struct Options: Sendable, Equatable {
        /// What the index must have. Nil: the platforms that the request states for the artifact, and if it states none
        /// linux/amd64 and linux/arm64.
        public var platforms: [String]?
        /// Whether layers are unpacked; without, what only they tell is unknown.
        public var readsLayers = true
        /// Whether all targets are known to take zstd layers.
        public var acceptsZstd = false
        public var build = Build()
        public var limits = Limits()
        /// Findings of another revision are not taken over.
        public var revision = Rule.revision
        /// The present: seconds since 1970.
        public var now: Int64
        public init(now: Int64) { self.now = now }
    }

    let request: OperationRequest
    let artifact: OperationRequest.Artifact
    let options: Options
    let blobs: ArtifactBlobs
    let memory: Memory?

    /// - Parameters:
    ///   - memory: where earlier checks left what they found in layers; nil: there is none.
    ///   - read: opens a file of the artifact by its name, as `Host.open` does; the descriptor is closed here.
    /// - Throws: `Failure(.usage)` if the request has no container image.
    public init(
        _ request: OperationRequest, options: Options, memory: Memory? = nil,
        read: @escaping @Sendable (String) throws -> Int32
    ) throws {
        guard let artifact = request.artifact, artifact.kind == "container" else {
            throw Failure(.usage, "\(request.operation) needs a container image", place: request.target.name)
        }
        self.request = request
        self.artifact = artifact
        self.options = options
        self.memory = memory
        blobs = ArtifactBlobs(artifact, read: read)
    }

    /// One finding for each rule that the stages layout and config decide, and of R08 and R36 what can be said offline.
    /// - Throws: `Failure` when a file that is open cannot be read; `CancellationError`.
    public func findings() async throws -> [OperationResult.Finding] {
        let graph = try ImageGraph(artifact, blobs)
        let known = known(graph)
        let layers = known == nil ? try await walks(graph) : [:]
        let image = InspectedImage(graph: graph, layers: layers, isSystem: isSystem)
        let found = known ?? ofLayers(image)
        if known == nil { remember(found, image) }
        return [
            grammar(), try digests(graph, layers), found.mediaTypes, platforms(graph), platformConfig(graph),
            found.diffIDs, manifestSize(graph), releaseTags(), found.shellCommand, found.entrypoint, user(image),
            try attestations(graph), fixable(), exploited(), try agpl(graph), annotations(graph),
            baseAnnotations(graph),
            created(graph), buildInputs(), repeatable(), found.secrets, found.leftovers, compression(graph),
            try signature(graph),
        ]
    }

    /// What the image says about its base: for R17, which the registry decides.
    public func base() throws -> (name: String?, digest: String?) {
        ImageCheck.base(try ImageGraph(artifact, blobs))
    }

    /// A system's base image: it goes under the tag of a system's version.
    var isSystem: Bool { SystemVersion(artifact.version) != nil }

    /// Walks every layer of the images once, as many at a time as there are processors.
    private func walks(_ graph: ImageGraph) async throws -> [String: LayerFacts] {
        var wanted: [Descriptor] = []
        var seen: Set<String> = []
        for layer in graph.images.flatMap(\.layers) where seen.insert(layer.walkKey).inserted { wanted.append(layer) }
        let budget = WalkBudget(names: options.limits.members, bytes: options.limits.image)
        let width = min(4, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        return try await withThrowingTaskGroup(of: (String, LayerFacts).self) { group in
            var facts: [String: LayerFacts] = [:]
            for (position, layer) in wanted.enumerated() {
                if position >= width, let (key, found) = try await group.next() { facts[key] = found }
                group.addTask { (layer.walkKey, try walk(layer, budget)) }
            }
            for try await (key, found) in group { facts[key] = found }
            return facts
        }
    }

    private func walk(_ layer: Descriptor, _ budget: WalkBudget) throws -> LayerFacts {
        guard options.readsLayers || !blobs.isVerified(layer) else {
            var facts = LayerFacts()
            facts.problem = "layers are taken as they are here; the option check_layers has them read"
            facts.blind = facts.problem
            return facts
        }
        do {
            let walk = LayerWalk(
                descriptor: layer, blob: try blobs.open(layer), isVerified: blobs.isVerified(layer),
                limit: options.limits.layer, budget: budget)
            return try walk.facts()
        } catch let trouble as ArtifactBlobs.Trouble {
            var facts = LayerFacts()
            facts.problem = trouble.text
            facts.blind = trouble.text
            return facts
        }
    }
}

extension Descriptor {
    /// What decides how a layer is read: the same blob under two types is two layers.
    var walkKey: String { "\(digest) \(size) \(mediaType)" }
}

/// Everything that was read of an artifact.
struct InspectedImage: Sendable {
    let graph: ImageGraph
    let layers: [String: LayerFacts]
    let isSystem: Bool

    func facts(_ entry: ImageGraph.Entry) -> [LayerFacts] { entry.layers.compactMap { layers[$0.walkKey] } }

    /// Why not every member of every layer of the images has been seen.
    var blind: String? {
        graph.firstTrouble ?? graph.images.lazy.flatMap(facts).compactMap(\.blind).first
    }
}
