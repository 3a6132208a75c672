import Assemble
import Digest
import Discovery
import Documents
import Files
import Import
import OCI
import Plans
import ProviderAPI

/// Makes an artifact of images that exist: from layouts and archives as they are, from registries by their provider.
struct ImageImport: Sendable {
    let plan: LocatedPlan
    let cache: String
    /// Fetches `repository` under a tag or digest into the layout at a path.
    let fetch:
        @Sendable (_ repository: String, _ name: String, _ options: [String: JSON], _ into: String) async throws
            -> Descriptor

    /// - Parameter pinned: what an earlier attempt of the run began with.
    func make(_ name: String, _ artifact: Plan.Artifact, pinned: ReadyArtifact.Provenance?) async throws
        -> ReadyArtifact
    {
        let layout = try Layout(creating: "\(cache)/layouts/imported")
        var images: [ExistingImage] = []
        var sources: [ReadyArtifact.Provenance.Source] = []
        for (number, text) in (artifact.images ?? []).enumerated() {
            let place = plan.place(["artifacts", name, "images", "\(number)"])
            do {
                let image = try await read(try ImageReference(text), artifact.options ?? [:], layout)
                images.append(image)
                sources.append(
                    .init(
                        location: "\(try ImageReference(text))", digest: "\(image.root.digest)",
                        size: image.blobs.reduce(0) { $0 + $1.descriptor.size }))
            } catch var failure as Failure {
                failure.place = failure.place ?? place ?? text
                throw failure
            }
        }
        if let pinned, pinned.sources.map(\.digest) != sources.map(\.digest) {
            throw Failure(
                .usage, "the images are not those that this run began with", place: plan.place(["artifacts", name]),
                hint: "publish the plan anew for the new images")
        }
        let image = images.count == 1 ? images[0] : try ExistingImage(joining: images, in: layout)
        try await VerifiedDigests(cache: cache).verify(image.blobs)
        return ready(name, artifact, image, sources)
    }

    private func read(_ reference: ImageReference, _ options: [String: JSON], _ imported: Layout) async throws
        -> ExistingImage
    {
        switch reference {
        case .layout(let directory, let tag):
            let layout = try Layout(opening: plan.absolute(directory))
            return try ExistingImage(try layout.image(tag: tag), in: layout)
        case .archive(let file):
            return try ExistingImage(try await importArchive(plan.absolute(file), into: imported), in: imported)
        case .registry(let repository, let name):
            return try ExistingImage(try await fetch(repository, name, options, imported.path), in: imported)
        }
    }

    private func ready(
        _ name: String, _ artifact: Plan.Artifact, _ image: ExistingImage, _ sources: [ReadyArtifact.Provenance.Source]
    ) -> ReadyArtifact {
        let files = image.blobs.map {
            OperationRequest.File(
                name: "\($0.descriptor.digest)", size: $0.descriptor.size, digest: "\($0.descriptor.digest)",
                mediaType: $0.descriptor.mediaType, verified: true)
        }
        let paths = Dictionary(image.blobs.map { ("\($0.descriptor.digest)", $0.path) }) { one, _ in one }
        return ReadyArtifact(
            name: name,
            document: .init(
                kind: "container", name: name, version: image.annotations[Annotation.version] ?? "",
                digest: "\(image.root.digest)", size: files.reduce(0) { $0 + $1.size },
                platforms: image.platforms.map { "\($0)" }, annotations: artifact.annotations ?? [:], files: files),
            paths: paths, blocksPath: nil, provenance: .init(sources: sources))
    }
}

extension Executor {
    /// Lets the provider of registries bring an image into a layout.
    func fetch(
        _ repository: String, _ name: String, _ options: [String: JSON], _ into: String, _ context: RunContext
    ) async throws -> Descriptor {
        let target = OperationRequest.Target(
            name: "registry:\(repository):\(name)", scheme: "registry", address: repository, tags: [name],
            options: options)
        let result = try await ask(EP_OP_FETCH, of: target, into: into, context)
        guard let item = result.items?.first, let descriptor = try? item.decoded(Descriptor.self) else {
            throw Failure(.crashed, "the provider did not say what it fetched", place: target.name)
        }
        return descriptor
    }
}
