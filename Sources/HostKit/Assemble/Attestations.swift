import Digest
import Documents
import FoundationEssentials
public import OCI
public import Prepare

/// A document about an assembled image, as a manifest whose subject is the image's index (image-spec 1.1, manifest.md,
/// "Guidelines for Artifact Usage").
public struct Attestation: Sendable, Equatable {
    public var manifest: Descriptor
    /// The manifest's configuration and its one layer, the document.
    public var blobs: [Descriptor]
}

/// Says what the image was made of: its provenance and its bill of materials, written to the image's layout.
///
/// Equal inputs give equal documents: there is no time in them but the image's own, and nothing of this machine. The image
/// itself does not change by them.
/// - Parameters:
///   - options: those that the image was assembled with.
///   - tool: our version.
/// - Throws: `Failure` when the layout cannot be read or written; `CancellationError`.
public func attest(
    _ image: AssembledImage, of release: PreparedRelease, options: AssemblyOptions, tool: String
) throws -> [Attestation] {
    let layout = try Layout(opening: image.layoutPath)
    let subject = Descriptor(mediaType: MediaType.index, digest: image.indexDigest, size: image.indexSize)
    let index = try layout.index(subject)
    let provenance = Provenance(image: image, release: release, options: options, tool: tool, index: index)
    let bill = try BillOfMaterials(image, release.version, index, in: layout, tool: tool)
    let created = index.annotations?[Annotation.created]
    return [
        try store(provenance.document, Provenance.mediaType, ["in-toto.io/predicate-type": Provenance.predicate]),
        try store(bill.document, BillOfMaterials.mediaType, [:]),
    ]

    func store(_ document: JSON, _ type: String, _ annotations: [String: String]) throws -> Attestation {
        let empty = Encoded(
            bytes: Array("{}".utf8),
            descriptor: Descriptor(mediaType: MediaType.empty, digest: sha256(Array("{}".utf8)), size: 2))
        let content = try Encoded(document, mediaType: type)
        var manifest = Manifest(
            config: empty.descriptor, layers: [content.descriptor],
            annotations: annotations.merging(created.map { [Annotation.created: $0] } ?? [:]) { $1 })
        manifest.artifactType = type
        manifest.subject = subject
        let encoded = try Encoded(manifest, mediaType: MediaType.manifest)
        for part in [empty, content, encoded] { try layout.add(part) }
        var entry = encoded.descriptor
        entry.artifactType = type
        try layout.change { index in
            if !index.manifests.contains(where: { $0.digest == entry.digest }) { index.manifests.append(entry) }
        }
        return Attestation(manifest: encoded.descriptor, blobs: [empty.descriptor, content.descriptor])
    }
}

/// How an image came to be, as in-toto's statement (github.com/in-toto/attestation, spec/v1/statement.md) with the predicate of
/// SLSA (slsa.dev/spec/v1.0/provenance).
struct Provenance {
    static let mediaType = "application/vnd.in-toto+json"
    static let predicate = "https://slsa.dev/provenance/v1"
    /// Who makes such images, and the way that it is done in.
    static let builder = "https://gitee.com/openeuler/eulerpublisher"

    let image: AssembledImage
    let release: PreparedRelease
    let options: AssemblyOptions
    let tool: String
    let index: Index

    var document: JSON {
        let manifests: [JSON] = index.manifests.map { entry in
            subject("\(image.tag) (\(entry.platform.map { "\($0)" } ?? "any"))", entry.digest)
        }
        return [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": .array([subject(image.tag, image.indexDigest)] + manifests),
            "predicateType": .string(Self.predicate),
            "predicate": [
                "buildDefinition": [
                    "buildType": .string("\(Self.builder)/base-image/v1"),
                    "externalParameters": [
                        "release": .string(release.version), "index": .string(release.index),
                        "architectures": .array(release.sources.map { .string($0.architecture.name) }),
                    ],
                    "internalParameters": .object(parameters),
                    "resolvedDependencies": .array(release.sources.map(material)),
                ],
                "runDetails": [
                    "builder": [
                        "id": .string(Self.builder),
                        "version": ["eulerpublisher": .string(tool), "zlib": .string(image.zlibVersion)],
                    ]
                ],
            ],
        ]
    }

    private func subject(_ name: String, _ digest: Digest) -> JSON {
        ["name": .string(name), "digest": ["sha256": .string(digest.hex)]]
    }

    private var parameters: [String: JSON] {
        var parameters: [String: JSON] = ["compressionLevel": .integer(Int64(options.compressionLevel))]
        if let epoch = options.sourceDateEpoch { parameters["sourceDateEpoch"] = .integer(epoch) }
        return parameters
    }

    /// A source's address is told when it is one for others than this machine.
    private func material(_ source: PreparedSource) -> JSON {
        let path = source.url.prefix { $0 != "?" && $0 != "#" }
        var members: [String: JSON] = [
            "name": .string(String(path.split(separator: "/").last ?? "")),
            "digest": ["sha256": .string(source.digest.hex)],
        ]
        let authority =
            path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true).dropFirst().first ?? ""
        if path.hasPrefix("http://") || path.hasPrefix("https://"), !authority.contains("@") {
            members["uri"] = .string(String(path))
        }
        return .object(members)
    }
}
