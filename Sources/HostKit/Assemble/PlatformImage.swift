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

        let archive = try DockerArchive(source.path, spool: spool)
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
        func add(_ file: File) async throws -> Gzip.Result {
            let temporary = try layout.temporary()
            do {
                let result = try await Gzip.compress(
                    file, to: temporary, level: options.compressionLevel, threads: threads)
                try layout.adopt(temporary, as: result.output)
                layers.append(
                    Descriptor(mediaType: MediaType.layerGzip, digest: result.output, size: result.outputSize))
                diffIDs.append(result.input)
                return result
            } catch {
                unlink(temporary.path)
                throw error
            }
        }
        for layer in archive.layers {
            guard try await add(layer.file).input == layer.diffID else {
                throw Failure(.internal, "a layer changed while it was read", place: layer.file.path)
            }
        }
        let edits = try File("\(spool)/edits", O_RDWR | O_CREAT | O_EXCL)
        try edits.write(try tree.edits(created: created))
        _ = try await add(edits)

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

/// What the edits need to know of the unpacked root, read from the layers without unpacking them.
struct BaseTree {
    private static let bashrc = "etc/bashrc"
    private static let localtime = "etc/localtime"
    private var entry: TarEntry?
    private var content: [UInt8] = []
    /// Seconds since 1970.
    private(set) var newest: Int64 = 0

    init(_ layers: [File]) throws {
        for layer in layers {
            var reader = try TarReader(layer)
            while let found = try reader.next() {
                newest = max(newest, found.mtime)
                switch found.plainName {
                case Self.bashrc:
                    guard found.kind == .file, found.size <= 1 << 20 else {
                        throw Failure(.refused, "/etc/bashrc is not a file of at most 1 MiB", place: layer.path)
                    }
                    entry = found
                    content = try layer.read(count: Int(found.size), at: found.offset)
                case "etc/.wh.bashrc", "etc/.wh..wh..opq": entry = nil
                default: break
                }
            }
        }
    }

    /// The tar of the second layer: the same as `ln -sf /usr/share/zoneinfo/UTC /etc/localtime` and
    /// `sed -i s/TMOUT=300/TMOUT=0/g /etc/bashrc` in openEuler's own Dockerfile.
    func edits(created: Int64) throws -> [UInt8] {
        guard let entry else {
            throw Failure(
                .refused, "the root filesystem has no /etc/bashrc, so its idle timeout cannot be set",
                hint: "this is not an openEuler base root filesystem")
        }
        let entries = [
            TarEntry(
                name: Self.bashrc, mode: entry.mode, uid: entry.uid, gid: entry.gid, size: Int64(content.count),
                mtime: created,
                pax: entry.pax),
            TarEntry(
                name: Self.localtime, kind: .symbolicLink, mode: 0o777, mtime: created, link: "/usr/share/zoneinfo/UTC"),
        ]
        return try TarWriter.bytes(
            entries, contents: [Self.bashrc: Self.replacing(content, Array("TMOUT=300".utf8), Array("TMOUT=0".utf8))])
    }

    static func replacing(_ bytes: [UInt8], _ old: [UInt8], _ new: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position...].starts(with: old) {
                output += new
                position += old.count
            } else {
                output.append(bytes[position])
                position += 1
            }
        }
        return output
    }
}
