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
            -> Fetched

    /// An image that a provider brought, and what is attached to it.
    struct Fetched: Sendable {
        var root: Descriptor
        var attachments: [Attachment]
    }

    /// - Parameter pinned: what an earlier attempt of the run began with.
    func make(_ name: String, _ artifact: Plan.Artifact, pinned: ReadyArtifact.Provenance?) async throws
        -> ReadyArtifact
    {
        let layout = try Layout(creating: "\(cache)/layouts/imported")
        var read: [Source] = []
        var sources: [ReadyArtifact.Provenance.Source] = []
        for (number, text) in (artifact.images ?? []).enumerated() {
            let place = plan.place(["artifacts", name, "images", "\(number)"])
            do {
                var source = try await self.read(try ImageReference(text), artifact.options ?? [:], layout)
                if let platform = artifact.platform {
                    source.image = try source.image.only(platform, in: source.layout)
                }
                read.append(source)
                sources.append(
                    .init(
                        location: "\(try ImageReference(text))", digest: "\(source.image.root.digest)",
                        size: source.image.blobs.reduce(0) { $0 + $1.descriptor.size }))
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
        var image = read.count == 1 ? read[0].image : try ExistingImage(joining: read.map(\.image), in: layout)
        // Of what was about an index that is joined no more, nothing comes along.
        for source in read { try image.attach(source.attachments, in: source.layout) }
        try await VerifiedDigests(cache: cache).verify(image.blobs)
        return ready(name, artifact, image, sources)
    }

    /// An image, and what its place holds about it.
    private struct Source {
        var image: ExistingImage
        var attachments: [Attachment] = []
        var layout: Layout
    }

    private func read(_ reference: ImageReference, _ options: [String: JSON], _ imported: Layout) async throws -> Source
    {
        switch reference {
        case .layout(let directory, let tag):
            try reference.checkColon { File.exists("\(plan.absolute($0))/oci-layout") }
            let layout = try Layout(opening: plan.absolute(directory))
            let image = try ExistingImage(try layout.image(tag: tag), in: layout)
            return Source(image: image, attachments: try layout.attachments(of: image.documents), layout: layout)
        case .archive(let file, let image):
            let root = try await importArchive(plan.absolute(file), image: image, into: imported)
            return Source(image: try ExistingImage(root, in: imported), layout: imported)
        case .registry(let repository, let name):
            do {
                let fetched = try await fetch(repository, name, options, imported.path)
                let image = try ExistingImage(fetched.root, in: imported)
                return Source(image: image, attachments: fetched.attachments, layout: imported)
            } catch var failure as Failure where failure.place == imported.path {
                // What is wrong with a document is so at the registry; the cache is ours.
                failure.place = "\(reference)"
                throw failure
            }
        }
    }

    private func ready(
        _ name: String, _ artifact: Plan.Artifact, _ image: ExistingImage, _ sources: [ReadyArtifact.Provenance.Source]
    ) -> ReadyArtifact {
        let attached = Dictionary(image.attachments.map { ($0.descriptor.digest, $0) }) { one, _ in one }
        let files = image.blobs.map {
            var file = OperationRequest.File(
                name: "\($0.descriptor.digest)", size: $0.descriptor.size, digest: "\($0.descriptor.digest)",
                mediaType: $0.descriptor.mediaType, verified: true)
            file.subject = attached[$0.descriptor.digest].map { "\($0.subject)" }
            file.tag = attached[$0.descriptor.digest]?.tag
            return file
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
    ) async throws -> ImageImport.Fetched {
        let target = OperationRequest.Target(
            name: "registry:\(repository)\(name.hasPrefix("sha256:") ? "@" : ":")\(name)", scheme: "registry",
            address: repository, tags: [name],
            options: options)
        let result = try await ask(EP_OP_FETCH, of: target, into: into, context)
        guard let item = result.items?.first, let descriptor = try? item.decoded(Descriptor.self) else {
            throw Failure(.crashed, "the provider did not say what it fetched", place: target.name)
        }
        do {
            let attachments = try (result.items ?? []).dropFirst().map {
                try $0.decoded(Attachment.Item.self).attachment
            }
            return ImageImport.Fetched(root: descriptor, attachments: attachments)
        } catch {
            throw Failure(.crashed, "the provider did not say what is attached to the image", place: target.name)
        }
    }
}
