import Assemble
import Digest
import Documents
import Files
import FoundationEssentials
import Glibc
import Images
import OCI
import Plans
import Prepare

/// Makes a plan's artifacts: each once, however many targets it has.
struct ArtifactMaker: Sendable {
    var plan: LocatedPlan
    /// The mirror that is configured, for artifacts that name none.
    var mirror: String?
    var cache: String
    /// Ours, which an attestation names.
    var version: String
    var downloader: any Downloader
    var environment: [String: String]
    /// `eulerpublisher-reader`.
    var reader: String
    var guestfish: Guestfish?
    /// What an earlier attempt of this run found; a resumed run publishes the same or nothing.
    var pinned: [String: ReadyArtifact.Provenance]
    var observer: any RunObserver
    var fetch:
        @Sendable (_ repository: String, _ name: String, _ options: [String: JSON], _ into: String) async throws
            -> ImageImport.Fetched

    func make(_ name: String) async throws -> ReadyArtifact {
        guard let artifact = plan.plan.artifacts[name] else { throw Failure(.internal, "no artifact \(name)") }
        if artifact.images != nil {
            return try await ImageImport(plan: plan, cache: cache, fetch: fetch).make(
                name, artifact, pinned: pinned[name])
        }
        return artifact.kind == "disk" ? try disk(name, artifact) : try await container(name, artifact)
    }

    private func container(_ name: String, _ artifact: Plan.Artifact) async throws -> ReadyArtifact {
        let site = try ReleaseMirror(
            location: plan.mirror(of: artifact), setting: mirror, downloader: downloader)
        let lockPath = artifact.lock.map { plan.absolute($0) }
        var lock = try lockPath.flatMap { try SourceLock.find($0) }
        var index = artifact.index ?? "docker_img"
        if let pin = pinned[name] {
            index = pin.index ?? index
            lock = try SourceLock(
                version: artifact.release ?? "", index: index, date: nil,
                sources: pin.sources.map {
                    .init(
                        architecture: $0.architecture ?? "", url: $0.location, digest: try Digest(parsing: $0.digest),
                        size: $0.size)
                })
        }
        let release = try await site.prepare(
            version: artifact.release ?? "", index: index,
            architectures: try artifact.architectures?.map { try Architecture($0) }, cache: cache, lock: lock,
            telling: { tell($0, of: name) })
        if !release.missing.isEmpty {
            var event = RunEvent(.sourceMissing)
            event.artifact = name
            event.message = release.missing.map(\.name).joined(separator: ", ")
            observer.observe(event)
        }
        var event = RunEvent(.sourcesReady)
        event.artifact = name
        event.total = UInt64(release.sources.count)
        event.skippedBytes = release.sources.reduce(0) { $0 + $1.size - $1.fetched }
        event.sentBytes = release.sources.reduce(0) { $0 + $1.fetched }
        observer.observe(event)
        if let lockPath, !File.exists(lockPath) { try release.lock.write(to: lockPath) }
        var options = AssemblyOptions()
        options.sourceDateEpoch = try AssemblyOptions.sourceDateEpoch(of: environment)
        let image = try await assemble(release, into: "\(cache)/layouts/\(release.version)", options: options)
        var files = image.blobs.map {
            OperationRequest.File(
                name: "\($0.digest)", size: $0.size, digest: "\($0.digest)", mediaType: $0.mediaType, verified: true)
        }
        if artifact.attest == true {
            files += Self.attached(
                try attest(image, of: release, options: options, tool: version), to: "\(image.indexDigest)")
        }
        var paths: [String: String] = [:]
        for file in files {
            paths[file.name] = "\(image.layoutPath)/blobs/sha256/\(try Digest(parsing: file.digest).hex)"
        }
        return ReadyArtifact(
            name: name,
            document: .init(
                kind: "container", name: name, version: release.version, digest: "\(image.indexDigest)",
                size: files.reduce(0) { $0 + $1.size }, platforms: image.platforms.map { "\($0)" },
                annotations: artifact.annotations ?? [:], files: files),
            paths: paths, blocksPath: nil,
            provenance: .init(
                sources: release.sources.map {
                    .init(
                        architecture: $0.architecture.name, location: $0.url, digest: "\($0.digest)", size: $0.size)
                }, index: release.index, zlib: image.zlibVersion),
            missing: release.missing.map(\.name), seconds: image.seconds)
    }

    private static func attached(_ attestations: [Attestation], to subject: String) -> [OperationRequest.File] {
        var files: [OperationRequest.File] = []
        for attestation in attestations {
            for part in attestation.blobs + [attestation.manifest]
            where !files.contains(where: { $0.name == "\(part.digest)" }) {
                var file = OperationRequest.File(
                    name: "\(part.digest)", size: part.size, digest: "\(part.digest)", mediaType: part.mediaType,
                    verified: true)
                if part == attestation.manifest { file.subject = subject }
                files.append(file)
            }
        }
        return files
    }

    private func tell(_ fetching: Fetching, of name: String) {
        var event = RunEvent(.progress)
        event.artifact = name
        event.step = "fetch"
        event.done = UInt64(fetching.bytes)
        event.message = "attempt \(fetching.attempt): \(fetching.url)"
        observer.observe(event)
    }

    private func disk(_ name: String, _ artifact: Plan.Artifact) throws -> ReadyArtifact {
        let (path, status) = try plan.disk(artifact)
        let identity = [
            Int64(bitPattern: UInt64(status.st_dev)), Int64(bitPattern: UInt64(status.st_ino)), Int64(status.st_size),
            Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec),
            Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec),
        ]
        let known = pinned[name].flatMap { $0.identity == identity ? $0.sources.first?.digest : nil }
        let digest = try known ?? "\(Digest.sha256(ofFile: path))"
        if let pin = pinned[name]?.sources.first?.digest, pin != digest {
            throw Failure(
                .usage, "the image is not the one that this run began with: \(digest), not \(pin)", place: path,
                hint: "publish the plan anew for the new image")
        }
        let file = path.split(separator: "/").last.map(String.init) ?? name
        let size = Int64(status.st_size)
        return ReadyArtifact(
            name: name,
            document: .init(
                kind: "disk", name: name, version: artifact.version ?? "", digest: digest, size: size,
                format: artifact.format, platforms: [artifact.platform ?? "linux/amd64"],
                annotations: artifact.annotations ?? [:],
                files: [.init(name: file, size: size, digest: digest, verified: true)]),
            paths: [file: path], blocksPath: artifact.format == "raw" ? path : nil,
            // A CD has no disk to look into.
            image: artifact.format == "iso" ? nil : ExaminedImage(path, reader: reader, guestfish: guestfish),
            bootsFirst: artifact.bootTest == true,
            provenance: .init(
                sources: [.init(location: path, digest: digest, size: size)], identity: identity))
    }
}
