import Digest
import Discovery
public import Documents
import FoundationEssentials
import Images
import ProviderAPI

/// What providers' rules say about an image.
public struct Examination: Sendable {
    public struct Provider: Sendable {
        public var id: String
        public var findings: [OperationResult.Finding]
    }

    /// As the user named it.
    public var image: String
    public var facts: ImageFacts
    /// In the order that was asked for.
    public var providers: [Provider]

    /// What must be mended before a vendor takes the image.
    public var errors: Int {
        providers.flatMap(\.findings).count { $0.outcome == "fail" && $0.severity == "error" }
    }

    /// Rules that stop a publication and could not be answered: an image that nobody could look into is not taken for a good one.
    public var unanswered: [OperationResult.Finding] {
        providers.flatMap(\.findings).filter { $0.outcome == "unknown" && $0.severity == "error" }
    }

    public init(image: String, facts: ImageFacts, providers: [Provider]) {
        (self.image, self.facts, self.providers) = (image, facts, providers)
    }
}

extension Executor {
    /// nil if it is not to be used, or not there.
    var guestfish: Guestfish? {
        guard usesLibguestfs else { return nil }
        return Guestfish(
            environment: environment, isCancelled: { [interruption] in interruption.signal != nil }, tell: tell)
    }

    /// What kind of file an image is, and whether it is whole; no more of it is read.
    /// - Throws: `Failure` if the image can't be read.
    public func disk(of image: String) throws -> DiskFacts {
        try ImageReader(image, executable: readerExecutable).disk()
    }

    /// Reads an image once and has the rules of providers judge it; no network, and nothing is kept.
    /// - Parameters:
    ///   - providers: ids; those without rules for disk images are an error.
    ///   - known: facts of the same disk in another file, which are not read again.
    ///   - market: also what the vendors' marketplaces ask for; a provider that has none says what it says of any image.
    /// - Throws: `Failure` if the image can't be read, or a provider breaks.
    public func examine(
        image: String, known: ImageFacts? = nil, providers ids: [String], market: Bool
    ) async throws -> Examination {
        let providers = try ids.map { try self.providers.provider(id: $0) }
        for (id, provider) in zip(ids, providers) {
            let operations = provider.manifest.operations
            guard provider.manifest.artifacts.contains("disk"), operations.contains(EP_OP_CHECK)
            else {
                throw Failure(.usage, "\(id) has no rules about disk images", hint: "see: provider list")
            }
        }
        let examined = ExaminedImage(image, reader: readerExecutable, guestfish: guestfish, known: known)
        let context = try context(run: nil, options: RunOptions(), parallel: nil)
        return try await interruption.withTask("the image was checked") {
            // While the image is read, the libraries of the providers are verified.
            async let opened = examined.opened()
            let found = try await withThrowingTaskGroup { group in
                for (number, provider) in providers.enumerated() {
                    group.addTask { (number, try await findings(of: provider, examined, market: market, context)) }
                }
                return try await group.reduce(into: [Int: [OperationResult.Finding]]()) { $0[$1.0] = $1.1 }
            }
            return Examination(
                image: image, facts: try await opened.facts,
                providers: providers.enumerated().map {
                    .init(id: $1.manifest.id, findings: found[$0] ?? [])
                })
        }
    }

    private func findings(
        of provider: InstalledProvider, _ image: ExaminedImage, market: Bool, _ context: RunContext
    ) async throws -> [OperationResult.Finding] {
        let run = try bare(provider, image: image, context)
        // The marketplace's rules are those for every publication, and more.
        let hasMarket = provider.manifest.operations.contains(EP_OP_MARKETPLACE_CHECK)
        return try await run.invoke(market && hasMarket ? EP_OP_MARKETPLACE_CHECK : EP_OP_CHECK).findings ?? []
    }

    /// What a provider takes, best first, as its manifest has it; nil if it says nothing.
    public func formats(ofProvider id: String) throws -> [String]? { try providers.provider(id: id).manifest.formats }

    /// A provider's rules as data.
    public func requirements(of id: String) async throws -> [JSON] {
        let provider = try providers.provider(id: id)
        guard provider.manifest.operations.contains(EP_OP_REQUIREMENTS) else {
            throw Failure(.usage, "\(id) tells no rules", hint: "see: provider describe \(id)")
        }
        let context = try context(run: nil, options: RunOptions(), parallel: nil)
        return try await interruption.withTask("the answer came") {
            try await bare(provider, image: nil, context).invoke(EP_OP_REQUIREMENTS).items ?? []
        }
    }

    /// A run of one question, about no target in particular.
    private func bare(
        _ provider: InstalledProvider, image: ExaminedImage?, _ context: RunContext
    ) throws -> TargetRun {
        let id = provider.manifest.id
        return try TargetRun(
            provider: provider,
            target: OperationRequest.Target(
                name: id, scheme: provider.manifest.targets.first ?? id, address: "", tags: []),
            artifact: .nothing(image: image), publicationID: sha256(Array(id.utf8)).hex, publication: nil,
            context: context)
    }
}
