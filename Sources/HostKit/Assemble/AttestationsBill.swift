import Digest
import Documents
import FoundationEssentials
import OCI
import PackageDatabases

/// What is in an image, as an SPDX 2.3 document (spdx.github.io/spdx-spec/v2.3): for each platform the layers as files, and the
/// packages of its rpm database where that can be read. A comment says which of the two it was.
struct BillOfMaterials {
    static let mediaType = "application/spdx+json"
    private static let unknown: JSON = "NOASSERTION"

    private(set) var document: JSON = .null

    init(_ image: AssembledImage, _ version: String, _ index: Index, in layout: Layout, tool: String) throws {
        var packages: [JSON] = []
        var relationships: [JSON] = []
        var comments: [String] = []
        func relate(_ one: String, _ type: String, _ other: String) {
            relationships.append([
                "spdxElementId": .string(one), "relationshipType": .string(type), "relatedSpdxElement": .string(other),
            ])
        }
        for entry in index.manifests {
            let platform = entry.platform.map { "\($0)" } ?? "any"
            let name = platform.replacing("/", with: "-")
            let manifest = try layout.manifest(entry)
            let id = "SPDXRef-image-\(name)"
            packages.append(
                Self.package(
                    id, "\(image.tag) \(platform)", version: version, file: nil, digest: entry.digest, "CONTAINER"))
            relate("SPDXRef-DOCUMENT", "DESCRIBES", id)
            for (number, layer) in manifest.layers.enumerated() {
                let part = "\(id)-layer-\(number + 1)"
                packages.append(
                    Self.package(
                        part, "layer \(number + 1) of \(platform)", version: nil,
                        file: "blobs/sha256/\(layer.digest.hex)",
                        digest: layer.digest, "FILE"))
                relate(id, "CONTAINS", part)
            }
            switch try LayerPackages.read(manifest.layers, in: layout) {
            case .packages(let found, let place):
                comments.append("\(platform): the \(found.count) packages of the rpm database \(place)")
                for (number, package) in found.enumerated() {
                    let part = "\(id)-rpm-\(number + 1)"
                    packages.append(Self.package(part, package))
                    relate(id, "CONTAINS", part)
                }
            case .unreadable(let why):
                comments.append("\(platform): the layers as files alone, since \(why)")
            }
        }
        document = [
            "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": .string(image.tag), "comment": .string(comments.joined(separator: "; ")),
            "documentNamespace": .string("\(Provenance.builder)/spdx/\(image.indexDigest.hex)"),
            "creationInfo": [
                "created": .string(index.annotations?[Annotation.created] ?? "1970-01-01T00:00:00Z"),
                "creators": [.string("Tool: eulerpublisher-\(tool)")],
            ],
            "packages": .array(packages), "relationships": .array(relationships),
        ]
    }

    private static func package(
        _ id: String, _ name: String, version: String?, file: String?, digest: Digest, _ purpose: String
    ) -> JSON {
        var members: [String: JSON] = [
            "SPDXID": .string(id), "name": .string(name), "downloadLocation": unknown, "filesAnalyzed": false,
            "primaryPackagePurpose": .string(purpose),
            "checksums": [["algorithm": "SHA256", "checksumValue": .string(digest.hex)]],
        ]
        if let version { members["versionInfo"] = .string(version) }
        if let file { members["packageFileName"] = .string(file) }
        return .object(members)
    }

    private static func package(_ id: String, _ rpm: RPMPackage) -> JSON {
        var members: [String: JSON] = [
            "SPDXID": .string(id), "name": .string(rpm.name), "versionInfo": .string(rpm.fullVersion),
            "downloadLocation": unknown, "filesAnalyzed": false, "licenseConcluded": unknown,
            "licenseDeclared": unknown, "copyrightText": unknown,
            "externalRefs": [
                [
                    "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                    "referenceLocator": .string(rpm.purl),
                ]
            ],
        ]
        // What rpm's field says is not always an expression of SPDX.
        if let licence = rpm.licence { members["licenseComments"] = .string("rpm: \(licence)") }
        if let vendor = rpm.vendor, !vendor.isEmpty { members["supplier"] = .string("Organization: \(vendor)") }
        return .object(members)
    }
}
