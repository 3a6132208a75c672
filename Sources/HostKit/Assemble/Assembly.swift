public import Digest
import Documents
import Files
import FoundationEssentials
import Glibc
public import OCI
public import Prepare

/// What an assembled image says about itself, and how it is compressed. All of it decides the digest.
public struct AssemblyOptions: Sendable, Equatable, Codable {
    public var title: String
    public var source: String
    public var licenses: String
    public var vendor: String
    public var url: String
    public var documentation: String
    /// Of zlib, 1 to 9.
    public var compressionLevel: Int32
    /// Seconds since 1970 for `created`; nil takes the time that the source itself states. Never the clock.
    public var sourceDateEpoch: Int64?

    public init(
        title: String = "openEuler", source: String = "https://gitee.com/openeuler/openeuler-docker-images",
        licenses: String = "MulanPSL-2.0", vendor: String = "openEuler", url: String = "https://www.openeuler.org",
        documentation: String = "https://docs.openeuler.org", compressionLevel: Int32 = 6, sourceDateEpoch: Int64? = nil
    ) {
        self.title = title
        self.source = source
        self.licenses = licenses
        self.vendor = vendor
        self.url = url
        self.documentation = documentation
        self.compressionLevel = compressionLevel
        self.sourceDateEpoch = sourceDateEpoch
    }

    /// The SOURCE_DATE_EPOCH of the environment (reproducible-builds.org/specs/source-date-epoch), nil when it is not set.
    /// - Throws: `Failure` when it is not a number of seconds.
    public static func sourceDateEpoch(of environment: [String: String]) throws -> Int64? {
        guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
        // Tar's field for times ends at 8 GiB seconds.
        guard let value = Int64(text), (0..<(1 << 33)).contains(value) else {
            throw Failure(.usage, "SOURCE_DATE_EPOCH is not a number of seconds since 1970", place: "SOURCE_DATE_EPOCH")
        }
        return value
    }
}

public struct AssembledImage: Sendable, Equatable, Codable {
    public struct Blob: Sendable, Equatable, Codable {
        public var digest: Digest
        /// In bytes.
        public var size: Int64
        public var mediaType: String
    }

    public var indexDigest: Digest
    /// In bytes.
    public var indexSize: Int64
    public var layoutPath: String
    /// The tag that index.json names the image by.
    public var tag: String
    public var platforms: [Platform]
    /// Every blob of the image, manifests and the index among them, sorted by digest.
    public var blobs: [Blob]
    /// By the mirror's spelling of the architecture; empty when the cache had the image.
    public var seconds: [String: Double]
    /// The zlib that compressed the layers.
    public var zlibVersion: String
}

/// Makes the base image of a release: for each architecture the official layer unchanged, and a layer with the two edits.
///
/// Equal inputs give equal bytes whatever the folder, user, umask, time zone, locale or clock. The result is kept in the
/// release's cache by its inputs, so that a second call links blobs and does nothing else.
/// - Parameter layoutDirectory: an OCI layout; made when absent, other tags in it stay.
/// - Throws: `Failure` when a source is refused or the layout cannot be written; `CancellationError`.
public func assemble(
    _ release: PreparedRelease, into layoutDirectory: String, options: AssemblyOptions = AssemblyOptions()
) async throws -> AssembledImage {
    guard !release.sources.isEmpty else { throw Failure(.usage, "the release has no architecture to assemble") }
    let tag = release.version.lowercased()
    let kept = "\(release.cache)/assembled/\(try inputsDigest(release, options).hex)"
    let target = try Layout(creating: layoutDirectory)
    var image: AssembledImage
    if let known = knownImage(kept) {
        image = known
        image.seconds = [:]
    } else {
        image = try await assembleAnew(release, tag, kept, options)
    }
    let cached = try Layout(opening: kept)
    for blob in image.blobs { try target.take(blob.digest, size: blob.size, from: cached) }
    let index = Descriptor(mediaType: MediaType.index, digest: image.indexDigest, size: image.indexSize)
    if try target.find(tag: tag)?.digest != image.indexDigest { try target.tag(index, as: tag) }
    image.layoutPath = layoutDirectory
    return image
}

/// Everything that the bytes depend on; `recipe` counts up with every change of what we write.
private func inputsDigest(_ release: PreparedRelease, _ options: AssemblyOptions) throws -> Digest {
    struct Source: Encodable {
        var architecture: String
        var digest: Digest
    }
    struct Inputs: Encodable {
        var recipe = 2
        var zlib = Gzip.zlibVersion
        var version: String
        var options: AssemblyOptions
        var sources: [Source]
    }
    let sources = release.sources.map { Source(architecture: $0.architecture.name, digest: $0.digest) }
    return sha256(
        [UInt8](
            try DocumentCoding.encode(
                Inputs(
                    version: release.version, options: options,
                    sources: sources.sorted { $0.architecture < $1.architecture }))))
}

/// The cached image when its record and all its blobs are there.
private func knownImage(_ directory: String) -> AssembledImage? {
    guard let bytes = try? File.contents("\(directory)/image.json"), let layout = try? Layout(opening: directory),
        let image = try? DocumentCoding.decode(AssembledImage.self, from: Data(bytes)),
        image.blobs.allSatisfy({ layout.has($0.digest, size: $0.size) })
    else { return nil }
    return image
}

private func assembleAnew(
    _ release: PreparedRelease, _ tag: String, _ directory: String, _ options: AssemblyOptions
) async throws -> AssembledImage {
    try File.makeDirectories("\(release.cache)/assembled")
    let lock = try await File.locked("\(directory).lock")
    defer { withExtendedLifetime(lock) { _ = unlink(lock.path) } }
    // Another process may have finished while this one waited; what a dead one left is in nobody's use now.
    if let known = knownImage(directory) { return known }
    do { return try await assembleLocked(release, tag, directory, options) } catch {
        // Its archives stay in the cache: nothing here saves the next attempt anything.
        try? FileManager.default.removeItem(atPath: directory)
        throw error
    }
}

private func assembleLocked(
    _ release: PreparedRelease, _ tag: String, _ directory: String, _ options: AssemblyOptions
) async throws -> AssembledImage {
    let layout = try Layout(creating: directory)
    for name in try File.names(in: directory) where name.hasPrefix("spool.") {
        File.removeFlatDirectory("\(directory)/\(name)")
    }
    for name in try File.names(in: "\(directory)/blobs") where name.hasPrefix(".") {
        unlink("\(directory)/blobs/\(name)")
    }
    // What all architectures have at work together is bounded by the thread pool; memory is by this.
    let threads = min(8, max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let parts = try await withThrowingTaskGroup(of: PlatformImage.self) { group in
        for source in release.sources {
            group.addTask {
                do {
                    return try await PlatformImage(
                        source, version: release.version, layout, directory, options, threads: threads)
                } catch var failure as Failure where failure.code == .refused {
                    failure.place = source.url
                    // Whatever helps with an archive of the user's own: this one is the mirror's.
                    failure.hint = "its checksum is right, so the mirror has it like this: name another mirror"
                    throw failure
                }
            }
        }
        var parts: [PlatformImage] = []
        for try await part in group { parts.append(part) }
        return parts.sorted { $0.manifest.platform!.architecture < $1.manifest.platform!.architecture }
    }
    let newest = parts.map(\.created).max() ?? 0
    let index = try Encoded(
        Index(manifests: parts.map(\.manifest), annotations: labels(release.version, created: newest, options)),
        mediaType: MediaType.index)
    try layout.add(index)
    try layout.tag(index.descriptor, as: tag)
    var blobs: [Digest: AssembledImage.Blob] = [:]
    for descriptor in parts.flatMap(\.descriptors) + [index.descriptor] {
        blobs[descriptor.digest] = AssembledImage.Blob(
            digest: descriptor.digest, size: descriptor.size, mediaType: descriptor.mediaType)
    }
    let image = AssembledImage(
        indexDigest: index.descriptor.digest, indexSize: index.descriptor.size, layoutPath: directory, tag: tag,
        platforms: parts.compactMap(\.manifest.platform), blobs: blobs.values.sorted { $0.digest.hex < $1.digest.hex },
        seconds: Dictionary(uniqueKeysWithValues: parts.map { ($0.architecture, $0.seconds) }),
        zlibVersion: Gzip.zlibVersion)
    try File.replace("\(directory)/image.json", with: [UInt8](try DocumentCoding.encode(image)))
    return image
}

/// The annotations of the image specification, for config, manifest and index alike.
func labels(_ version: String, created: Int64, _ options: AssemblyOptions) -> [String: String] {
    [
        Annotation.title: options.title,
        Annotation.description: "\(options.title) \(version) base image",
        Annotation.version: version,
        Annotation.created: Timestamp.text(created),
        Annotation.source: options.source,
        Annotation.licenses: options.licenses,
        Annotation.vendor: options.vendor,
        Annotation.url: options.url,
        Annotation.documentation: options.documentation,
    ]
}
