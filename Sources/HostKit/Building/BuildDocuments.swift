import Changing
import Digest
import Documents
import Execution
import FoundationEssentials

/// What lies beside a built image: what is in it, and how it came to be. Equal inputs give equal documents, but for the time that
/// the caller states.
struct BuildDocuments {
    /// Who makes such images, and the way that it is done in.
    private static let builder = "https://gitee.com/openeuler/eulerpublisher"
    private static let unknown: JSON = "NOASSERTION"

    let build: ImageBuild
    let outcome: ImageBuild.Outcome
    let product: BuildProduct
    /// Of the image that was read, and of the file that was written.
    let source: Digest
    let digest: Digest

    private var name: String { Self.name(product.path) }

    private static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// SPDX 2.3 (spdx.github.io/spdx-spec/v2.3): the image, and the packages of its databases.
    var bill: JSON {
        let system = outcome.after.facts.system
        let distribution = system?.release["ID"]?.value?.lowercased() ?? "linux"
        let found = outcome.after.facts.packages?.packages.value ?? []
        var packages: [JSON] = [
            [
                "SPDXID": "SPDXRef-image", "name": .string(name), "downloadLocation": Self.unknown,
                "filesAnalyzed": false, "primaryPackagePurpose": "OPERATING-SYSTEM",
                "packageFileName": .string(name),
                "versionInfo": .string(system?.release["VERSION"]?.value ?? "unknown"),
                "checksums": [["algorithm": "SHA256", "checksumValue": .string(digest.hex)]],
            ]
        ]
        var relations: [JSON] = [Self.relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image")]
        for (number, package) in found.enumerated() {
            let id = "SPDXRef-package-\(number + 1)"
            packages.append(Self.package(id, package, distribution))
            relations.append(Self.relation("SPDXRef-image", "CONTAINS", id))
        }
        return [
            "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": .string(name),
            "documentNamespace": .string("\(Self.builder)/spdx/\(digest.hex)"),
            "comment": .string("the \(found.count) packages of the guest's databases"),
            "creationInfo": [
                "created": .string(build.created), "creators": [.string("Tool: eulerpublisher-\(build.tool)")],
            ],
            "packages": .array(packages), "relationships": .array(relations),
        ]
    }

    private static func relation(_ one: String, _ type: String, _ other: String) -> JSON {
        ["spdxElementId": .string(one), "relationshipType": .string(type), "relatedSpdxElement": .string(other)]
    }

    private static func package(_ id: String, _ package: Package, _ distribution: String) -> JSON {
        let type = package.manager == .rpm ? "rpm" : "deb"
        // github.com/package-url/purl-spec, types/rpm and types/deb: the epoch of an rpm is a qualifier.
        let version = package.manager == .rpm ? package.version : package.fullVersion
        let epoch = package.manager == .rpm ? package.epoch.map { "&epoch=\($0)" } ?? "" : ""
        let purl =
            "pkg:\(type)/\(distribution.percentEncoded)/\(package.name.percentEncoded)@\(version.percentEncoded)"
            + "?arch=\(package.architecture.percentEncoded)\(epoch)"
        var members: [String: JSON] = [
            "SPDXID": .string(id), "name": .string(package.name), "versionInfo": .string(package.fullVersion),
            "downloadLocation": unknown, "filesAnalyzed": false, "licenseConcluded": unknown,
            "licenseDeclared": unknown, "copyrightText": unknown,
            "externalRefs": [
                [
                    "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                    "referenceLocator": .string(purl),
                ]
            ],
        ]
        if let vendor = package.vendor, !vendor.isEmpty { members["supplier"] = .string("Organization: \(vendor)") }
        return .object(members)
    }

    /// in-toto's statement (github.com/in-toto/attestation, spec/v1/statement.md) with the predicate of SLSA
    /// (slsa.dev/spec/v1.0/provenance). Places on this machine are not in it, only names.
    var provenance: JSON {
        [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [Self.subject(name, digest)],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": [
                "buildDefinition": [
                    "buildType": .string("\(Self.builder)/disk-image/v1"),
                    "externalParameters": [
                        "recipe": build.recipe.document,
                        "providers": .array(product.providers.map { .string($0) }),
                        "packages": .array(build.packages.map { .string($0) }),
                        "repositories": .array(build.repositories.map(Self.repository)),
                    ],
                    "internalParameters": [
                        "changes": .array(build.recipe.documents(of: outcome.changes))
                    ],
                    "resolvedDependencies": [Self.subject(Self.name(build.image), source)],
                ],
                "runDetails": [
                    "builder": ["id": .string(Self.builder), "version": ["eulerpublisher": .string(build.tool)]],
                    "metadata": ["finishedOn": .string(build.created)],
                ],
            ],
        ]
    }

    /// A folder is known by the digest of its index, as createrepo_c and apt-ftparchive write it.
    private static func repository(_ repository: GuestRepository) -> JSON {
        var members: [String: JSON] = [:]
        if repository.isFolder {
            members["folder"] = .string(name(repository.location))
            let indexes = ["repodata/repomd.xml", "Release", "Packages"].lazy
                .compactMap { name in
                    (try? Digest.sha256(ofFile: "\(repository.location)/\(name)")).map { subject(name, $0) }
                }
            if let index = indexes.first { members["index"] = index }
        } else {
            members["location"] = .string(repository.withoutSecrets)
        }
        switch repository.trust {
        case .guest: members["trust"] = "the guest's keys"
        case .nobody: members["trust"] = "unsigned packages are taken"
        case .key(let text): members["key"] = subject("OpenPGP", sha256(Array(text.utf8)))
        }
        return .object(members)
    }

    private static func subject(_ name: String, _ digest: Digest) -> JSON {
        ["name": .string(name), "digest": ["sha256": .string(digest.hex)]]
    }
}
