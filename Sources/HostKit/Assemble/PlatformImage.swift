import Digest
import Documents
import Files
import Glibc
import OCI
import Prepare

/// The image of one architecture, its blobs in the layout.
struct PlatformImage: Sendable {
    let architecture: String
    let manifest: Descriptor
    /// Layers, config and manifest.
    let descriptors: [Descriptor]
    /// Seconds since 1970.
    let created: Int64
    let seconds: Double

    init(
        _ source: PreparedSource, version: String, _ layout: Layout, _ directory: String, _ options: AssemblyOptions,
        threads: Int
    ) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let spool = "\(directory)/spool.\(getpid()).\(UInt64.random(in: 0 ... .max))"
        guard mkdir(spool, 0o700) == 0 else { throw File.failure("make the directory", spool) }
        defer { File.removeFlatDirectory(spool) }

        let archive = try await DockerArchive(
            source.path, spool: spool, level: options.compressionLevel, threads: threads)
        guard
            archive.config.architecture == source.platform.architecture
                || archive.config.architecture == source.architecture.name
        else {
            throw Failure(
                .refused, "the archive of \(source.architecture) says that it is \(archive.config.architecture)",
                place: source.url,
                hint: "name another mirror")
        }
        let tree = try BaseTree(archive.layers.map(\.file))
        let created = try options.sourceDateEpoch ?? Self.created(archive.config, tree, source)

        var layers: [Descriptor] = []
        var diffIDs: [Digest] = []
        func add(_ compressed: File, _ digests: Gzip.Result) throws {
            // Two layers may be one: an empty one comes several times.
            if !layout.has(digests.output, size: digests.outputSize) {
                try layout.adopt(compressed, as: digests.output)
            }
            layers.append(
                Descriptor(mediaType: MediaType.layerGzip, digest: digests.output, size: digests.outputSize))
            diffIDs.append(digests.input)
        }
        for layer in archive.layers { try add(layer.compressed, layer.digests) }
        let edits = try File("\(spool)/edits", O_RDWR | O_CREAT | O_EXCL)
        try edits.write(try tree.edits(created: created))
        let compressed = try File("\(spool)/edits.gz", O_WRONLY | O_CREAT | O_EXCL)
        try add(compressed, try await Gzip.compress(edits, to: compressed, level: options.compressionLevel))

        let time = Timestamp.text(created)
        let labels = labels(version, created: created, options)
        var history = archive.layers.map { _ in
            ImageConfig.History(
                created: time, createdBy: "openEuler-docker.\(source.architecture).tar.xz", comment: "\(source.digest)")
        }
        history.append(
            ImageConfig.History(
                created: time, createdBy: "eulerpublisher: /etc/localtime is UTC, /etc/bashrc sets TMOUT=0"))
        let config = try Encoded(
            ImageConfig(
                platform: source.platform, created: time,
                config: ImageConfig.Execution(
                    cmd: ["bash"], env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
                    labels: labels),
                rootfs: ImageConfig.RootFS(diffIDs: diffIDs), history: history),
            mediaType: MediaType.config)
        try layout.add(config)
        let encoded = try Encoded(
            Manifest(config: config.descriptor, layers: layers, annotations: labels), mediaType: MediaType.manifest)
        try layout.add(encoded)

        architecture = source.architecture.name
        var manifest = encoded.descriptor
        manifest.platform = source.platform
        self.manifest = manifest
        descriptors = layers + [config.descriptor, encoded.descriptor]
        self.created = created
        let elapsed = (clock.now - start).components
        seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    }

    /// When the source was made, by its own word: the config's date, else its newest file.
    private static func created(_ config: ImageConfig, _ tree: BaseTree, _ source: PreparedSource) throws -> Int64 {
        if let text = config.created, let seconds = Timestamp.seconds(text), seconds > 0 { return seconds }
        guard tree.newest > 0 else {
            throw Failure(
                .refused, "the archive does not say when it was made", place: source.path, hint: "set SOURCE_DATE_EPOCH"
            )
        }
        return tree.newest
    }
}
