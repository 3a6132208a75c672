import Digest
import Documents
import FoundationEssentials
import OCI
import ProviderKit

/// The one image of an artifact that an archive can hold, as far as its documents tell it.
struct ArchiveImage {
    let config: Descriptor
    /// As they are stored; as many as diffIDs.
    let layers: [Descriptor]
    let diffIDs: [Digest]

    private static let documentLimit: Int64 = 4 << 20

    /// - Throws: `Failure(.usage)` when the artifact has several platforms.
    init(_ artifact: OperationRequest.Artifact, _ host: Host) throws {
        guard let root = artifact.files.first(where: { $0.digest == artifact.digest }) else {
            throw Failure(.internal, "the artifact's files do not hold its index \(artifact.digest)")
        }
        let manifest: Manifest
        if MediaType.isIndex(root.mediaType ?? "") {
            // Attestations stand in an index as images of an unknown platform; an archive has no place for them.
            let index = try Self.document(Index.self, root, host)
            let images = index.manifests.filter { $0.platform?.os != "unknown" }
            guard images.count == 1, let image = images.first, MediaType.isManifest(image.mediaType) else {
                throw Failure(
                    .usage,
                    "an archive holds one platform, and the image has \(artifact.platforms.joined(separator: ", "))",
                    hint: "choose one with --platform, or copy all of them to oci:DIRECTORY")
            }
            manifest = try Self.document(Manifest.self, Self.file(image, artifact), host)
        } else {
            manifest = try Self.document(Manifest.self, root, host)
        }
        config = manifest.config
        layers = manifest.layers
        diffIDs = try Self.document(ImageConfig.self, Self.file(config, artifact), host).rootfs.diffIDs
        guard diffIDs.count == layers.count else {
            throw Failure(
                .refused, "the image has \(layers.count) layers, and its configuration says \(diffIDs.count)",
                place: "\(config.digest)", hint: "it is damaged, or no image: copy it anew")
        }
    }

    private static func file(_ descriptor: Descriptor, _ artifact: OperationRequest.Artifact) throws
        -> OperationRequest.File
    {
        guard let file = artifact.files.first(where: { $0.digest == "\(descriptor.digest)" }) else {
            throw Failure(.refused, "the image names \(descriptor.digest), and that is not there")
        }
        return file
    }

    private static func document<Value: Decodable>(_ type: Value.Type, _ file: OperationRequest.File, _ host: Host)
        throws -> Value
    {
        let bytes = try bytes(file, host)
        do { return try DocumentCoding.decode(type, from: Data(bytes)) } catch {
            throw Failure(.refused, "\(file.digest) is not a document of the image specification")
        }
    }

    /// The whole of a small file, hashed unless somebody did.
    static func bytes(_ file: OperationRequest.File, _ host: Host) throws -> [UInt8] {
        guard file.size <= documentLimit else {
            throw Failure(.refused, "\(file.digest) is over \(documentLimit) bytes, and no document")
        }
        let source = try SourceFile(host.open(file.name))
        let bytes = try [UInt8](unsafeUninitializedCapacity: Int(file.size)) { buffer, count in
            count = try source.read(UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
        guard Int64(bytes.count) == file.size, file.verified || "\(sha256(bytes))" == file.digest else {
            throw SourceFile.changed(file)
        }
        return bytes
    }
}
