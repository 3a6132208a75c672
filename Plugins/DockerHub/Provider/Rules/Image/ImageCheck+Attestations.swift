import Digest
import Documents
import FoundationEssentials
import OCI

/// R13 to R16, R31, R32 and R36: what is attached to the image, and what the publisher says of its making.
extension ImageCheck {
    private static let spdx = "spdx.dev/Document"
    private static let provenance = "slsa.dev/provenance"
    /// A statement larger than this is not read; those of whole systems have some MiB.
    private static let statementLimit = 16 << 20

    /// Source: https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
    private func statements(_ entry: ImageGraph.Entry, _ graph: ImageGraph, of kind: String) -> [Descriptor] {
        graph.attestations.filter {
            $0.descriptor.annotations?["vnd.docker.reference.digest"] == "\(entry.descriptor.digest)"
        }.flatMap(\.layers).filter { $0.annotations?["in-toto.io/predicate-type"]?.contains(kind) == true }
    }

    private func predicate(_ descriptor: Descriptor) throws -> JSON {
        let bytes = try blobs.document(descriptor, limit: Self.statementLimit)
        do { return try DocumentCoding.decode(JSON.self, from: Data(bytes))["predicate"] ?? .null } catch {
            throw ArtifactBlobs.Trouble.fault("\(descriptor.digest) is no in-toto statement")
        }
    }

    func attestations(_ graph: ImageGraph) throws -> Finding {
        var wrong: [String] = []
        var blind = graph.firstTrouble
        for entry in graph.images {
            if statements(entry, graph, of: Self.spdx).isEmpty { wrong.append("\(entry.name) has no SBOM") }
            let provenances = statements(entry, graph, of: Self.provenance)
            if provenances.isEmpty { wrong.append("\(entry.name) has no provenance") }
            for descriptor in provenances {
                do {
                    let predicate = try predicate(descriptor)
                    // Only mode max tells the build's steps, in version 0.2 and in 1 of the format
                    // (https://docs.docker.com/build/metadata/attestations/slsa-definitions/).
                    let steps =
                        predicate["buildConfig"]
                        ?? predicate["buildDefinition"]?["internalParameters"]?["buildConfig"]
                    if steps == nil { wrong.append("the provenance of \(entry.name) is not of mode max") }
                } catch let trouble as ArtifactBlobs.Trouble {
                    if case .fault(let text) = trouble { wrong.append(text) } else { blind = blind ?? trouble.text }
                }
            }
        }
        return Rule.attestations.decide(
            wrong, failing: "attestations are missing", blind: blind,
            passing: "every platform has an SBOM and a provenance of mode max")
    }

    func fixable() -> Finding {
        Rule.fixable.unknown("an image does not hold the list of known vulnerabilities: scan it with a scanner")
    }

    func exploited() -> Finding {
        Rule.exploited.unknown("an image does not hold the list of exploited vulnerabilities: scan it with a scanner")
    }

    func agpl(_ graph: ImageGraph) throws -> Finding {
        let rule = Rule.agpl
        var found: [String] = []
        var blind = graph.firstTrouble
        for entry in graph.images {
            let documents = statements(entry, graph, of: Self.spdx)
            if documents.isEmpty { blind = blind ?? "\(entry.name) has no SBOM that names the packages' licences" }
            for descriptor in documents {
                do {
                    let packages = try predicate(descriptor)["packages"]?.array ?? []
                    if packages.isEmpty { blind = blind ?? "the SBOM of \(entry.name) lists no package" }
                    for package in packages {
                        let name = package["name"]?.string ?? "a package without name"
                        let licences = ["licenseConcluded", "licenseDeclared"].compactMap { package[$0]?.string }
                            .filter { $0 != "NOASSERTION" && $0 != "NONE" }
                        if licences.contains(where: { $0.contains("AGPL-3.0") }) {
                            found.append("\(name) on \(entry.name)")
                        } else if licences.isEmpty {
                            blind = blind ?? "the SBOM does not state the licence of \(name)"
                        }
                    }
                } catch let trouble as ArtifactBlobs.Trouble { blind = blind ?? trouble.text }
            }
        }
        return rule.decide(
            found, failing: "packages are under the AGPL version 3", blind: blind,
            passing: "no package of the SBOM is under the AGPL version 3")
    }

    func buildInputs() -> Finding {
        let rule = Rule.buildInputs
        guard let inputs = options.build.inputs else {
            return rule.unknown("no record of what the build fetched came with the image")
        }
        let wrong = inputs.filter { !$0.isVerified || !$0.url.lowercased().hasPrefix("https://") }
        return rule.decide(
            // What is behind the question mark may be a signature.
            wrong.map { input in
                "\(input.url.prefix { $0 != "?" })"
                    + (input.isVerified ? " is not fetched over HTTPS" : " is not verified")
            }, failing: "inputs of the build can be replaced on their way",
            passing: "all \(inputs.count) inputs came over HTTPS and were verified")
    }

    func repeatable() -> Finding {
        let rule = Rule.repeatable
        guard let other = options.build.rebuiltDigest else {
            return rule.unknown("the image was not built a second time")
        }
        if other == artifact.digest { return rule.pass("a second build gave the same digest") }
        return rule.fail("a second build gave another digest", ["\(artifact.digest), then \(other)"])
    }

    /// A signature beside the image in the artifact: cosign's bundle names the image as its subject, the older layout by a tag
    /// that only a registry has (https://github.com/sigstore/cosign/blob/main/specs/BUNDLE_SPEC.md).
    func signature(_ graph: ImageGraph) throws -> Finding {
        let rule = Rule.signature
        let reached = Set(graph.reached.map { "\($0.digest)" })
        for file in artifact.files.sorted(by: { $0.digest < $1.digest }).prefix(1000)
        where file.mediaType == MediaType.manifest && !reached.contains(file.digest) {
            guard let digest = try? Digest(parsing: file.digest) else { continue }
            let descriptor = Descriptor(mediaType: MediaType.manifest, digest: digest, size: file.size)
            guard let bytes = try? blobs.document(descriptor),
                let manifest = try? DocumentCoding.decode(Manifest.self, from: Data(bytes)),
                manifest.subject.map({ "\($0.digest)" }) == artifact.digest,
                manifest.artifactType?.hasPrefix("application/vnd.dev.sigstore.bundle") == true
            else { continue }
            return rule.unknown("a signature comes with the image, and it is not verified here")
        }
        return rule.unknown("no signature comes with the image; whether the registry has one was not asked")
    }
}
