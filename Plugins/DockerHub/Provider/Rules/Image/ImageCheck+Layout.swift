import Digest
import Documents
import OCI

/// R01 to R08: names, blobs and documents.
extension ImageCheck {
    func grammar() -> Finding {
        let address = request.target.address
        var wrong: [String] = []
        do { _ = try Reference(address) } catch {
            // The message repeats the name, which may be long.
            let message = (error as? Failure)?.message ?? "\(error)"
            let why = message.firstRange(of: "is not an image name: ").map { message[$0.upperBound...] } ?? message[...]
            wrong.append("\(address.prefix(100)): \(why)")
        }
        for tag in request.target.tags where !Reference.isTag(tag) {
            wrong.append(
                "\(tag.prefix(140)) is not a tag: it is at most 128 of A-Z a-z 0-9 _ . - and begins with none of . -")
        }
        return Rule.grammar.decide(
            wrong, failing: "a name is against the grammar", passing: "the names follow the grammar")
    }

    func digests(_ graph: ImageGraph, _ layers: [String: LayerFacts]) throws -> Finding {
        var wrong = graph.faults
        var blind = graph.blind
        var done = graph.hashed
        for (key, facts) in layers {
            if facts.isDigestRight != nil, let digest = try? Digest(parsing: String(key.prefix { $0 != " " })) {
                done.insert(digest)
            }
            if facts.isDigestRight == false {
                wrong.append("\(key.prefix { $0 != " " }) has other bytes than its digest says")
            }
        }
        for descriptor in graph.reached {
            do {
                // Also of what was read before: another descriptor may state another size.
                _ = try blobs.open(descriptor)
                guard !blobs.isVerified(descriptor), done.insert(descriptor.digest).inserted else { continue }
                try blobs.hash(descriptor)
            } catch let trouble as ArtifactBlobs.Trouble {
                if case .fault(let text) = trouble { wrong.append(text) } else { blind.append(trouble.text) }
            }
        }
        return Rule.digests.decide(
            Array(Set(wrong)).sorted(), failing: "blobs are missing or wrong",
            blind: blind.first ?? graph.malformed.first,
            passing: "all \(graph.reached.count) blobs are there in their size and with their digest")
    }

    func mediaTypes(_ image: InspectedImage) -> Finding {
        let graph = image.graph
        var wrong = graph.malformed
        var families: Set<String> = []
        func see(_ type: String) {
            if type.hasPrefix("application/vnd.oci.image.") { families.insert("OCI") }
            if type.hasPrefix("application/vnd.docker.") { families.insert("Docker") }
        }
        func compare(_ descriptor: Descriptor, _ inside: String?, required: Bool) {
            see(descriptor.mediaType)
            if let stated = blobs.files["\(descriptor.digest)"]?.mediaType, stated != descriptor.mediaType {
                wrong.append("\(descriptor.digest) is listed as \(stated) and described as \(descriptor.mediaType)")
            }
            if let inside, inside != descriptor.mediaType {
                wrong.append("\(descriptor.digest) is pushed as \(descriptor.mediaType) and says that it is \(inside)")
            }
            if inside == nil && required { wrong.append("\(descriptor.digest) does not say its mediaType") }
        }
        if let root = graph.root, let index = graph.index {
            if !MediaType.isIndex(root.mediaType) {
                wrong.append("the artifact's index is listed as \(root.mediaType)")
            }
            // Docker's formats demand the field, OCI's recommend it.
            compare(root, index.mediaType, required: root.mediaType == MediaType.dockerManifestList)
        }
        for entry in graph.entries {
            guard let manifest = entry.manifest else { continue }
            if !MediaType.isManifest(entry.descriptor.mediaType) {
                wrong.append("\(entry.name) is described as \(entry.descriptor.mediaType), which is no manifest's type")
            }
            compare(
                entry.descriptor, manifest.mediaType, required: entry.descriptor.mediaType == MediaType.dockerManifest)
            // A blob is sent without a type, and two documents may give the same bytes two: an empty configuration often has.
            see(manifest.config.mediaType)
            guard !entry.isAttestation, !entry.isArtifact else { continue }
            if manifest.config.mediaType != MediaType.config && manifest.config.mediaType != MediaType.dockerConfig {
                wrong.append("the configuration of \(entry.name) is \(manifest.config.mediaType)")
            }
            for layer in manifest.layers {
                see(layer.mediaType)
                guard let stated = LayerType.packing(layer.mediaType) else {
                    wrong.append("\(layer.digest) is \(layer.mediaType), which is no layer's type")
                    continue
                }
                if let found = image.layers[layer.walkKey]?.packing, found != stated {
                    wrong.append(
                        "\(layer.digest) is described as \(stated.rawValue) and its bytes are \(found.rawValue)")
                }
            }
        }
        if families.count > 1 {
            // Legal, and some clients fail on it: a warning, unless more is wrong.
            let mixed = "media types of OCI and of Docker are mixed"
            if wrong.isEmpty, graph.faults.isEmpty { return Rule.mediaTypes.fail(mixed, [mixed], severity: .warning) }
            wrong.append(mixed)
        }
        return Rule.mediaTypes.decide(
            wrong, failing: "media types do not fit", blind: graph.faults.first ?? graph.blind.first,
            passing: "the media types fit, and are all of \(families.first ?? "one family")")
    }

    func platforms(_ graph: ImageGraph) -> Finding {
        let rule = Rule.platforms
        if graph.index == nil && graph.images.isEmpty { return rule.unknown(graph.firstTrouble ?? "there is no index") }
        let present = graph.images.compactMap { entry -> String? in
            if let platform = entry.descriptor.platform { return "\(platform)" }
            // A manifest without an index has its platform in the configuration alone.
            return entry.config.map { "\(Platform(os: $0.os, architecture: $0.architecture, variant: $0.variant))" }
        }
        let promised =
            options.platforms ?? (artifact.platforms.isEmpty ? ["linux/amd64", "linux/arm64"] : artifact.platforms)
        if graph.images.isEmpty, !graph.entries.isEmpty, artifact.platforms.isEmpty {
            return rule.pass("there is no image in it, which would be for a platform")
        }
        let missing = promised.filter { wanted in !present.contains { PlatformName.same($0, wanted) } }
        if !missing.isEmpty, let cut = graph.cut { return rule.unknown(cut) }
        return rule.decide(
            missing.map { "\($0) is missing" }, failing: "the index lacks platforms",
            passing: "the index has \(present.sorted().joined(separator: ", "))")
    }

    func platformConfig(_ graph: ImageGraph) -> Finding {
        var wrong: [String] = []
        for entry in graph.images {
            guard let config = entry.config else { continue }
            guard let platform = entry.descriptor.platform else {
                if graph.index != nil { wrong.append("\(entry.name) has no platform in the index") }
                continue
            }
            let inside = Platform(os: config.os, architecture: config.architecture, variant: config.variant)
            let isSameVariant =
                platform.variant == nil || inside.variant == nil || platform.variant == inside.variant
            if platform.os != inside.os || platform.architecture != inside.architecture || !isSameVariant {
                wrong.append("\(platform) in the index is \(inside) in its configuration")
            }
        }
        return Rule.platformConfig.decide(
            wrong, failing: "platforms in the index are not those of the configurations",
            blind: graph.firstTrouble ?? (graph.images.isEmpty ? "the index has no image" : nil),
            passing: "every platform is that of its configuration")
    }

    func diffIDs(_ image: InspectedImage) -> Finding {
        var wrong: [String] = []
        var blind = image.graph.firstTrouble ?? (image.graph.images.isEmpty ? "the index has no image" : nil)
        for entry in image.graph.images {
            guard let config = entry.config else { continue }
            let stated = config.rootfs.diffIDs
            if stated.count != entry.layers.count {
                wrong.append("\(entry.name) has \(entry.layers.count) layers and \(stated.count) diff_ids")
            }
            for (layer, diffID) in zip(entry.layers, stated) {
                guard let facts = image.layers[layer.walkKey] else { continue }
                if let found = facts.diffID {
                    if found != diffID { wrong.append("layer \(layer.digest) unpacks to \(found), not to \(diffID)") }
                } else if facts.isDamaged {
                    wrong.append(facts.problem ?? "layer \(layer.digest) is damaged")
                } else {
                    blind = blind ?? facts.problem
                }
            }
        }
        return Rule.diffIDs.decide(
            wrong, failing: "layers are not those of the configuration", blind: blind,
            passing: "every layer unpacks to its diff_id")
    }

    func manifestSize(_ graph: ImageGraph) -> Finding {
        let documents = [graph.root].compactMap { $0 } + graph.entries.map(\.descriptor)
        let large = documents.filter { $0.size >= ArtifactBlobs.documentLimit }
        return Rule.manifestSize.decide(
            large.map { "\($0.digest) is \($0.size) bytes" }, failing: "documents are 4 MiB and larger",
            blind: graph.firstTrouble, passing: "the largest document is \(documents.map(\.size).max() ?? 0) bytes")
    }

    /// What the registry need not be asked for.
    func releaseTags() -> Finding {
        guard let rules = TagRules(request) else { return Rule.releaseTags.unknown("there is no artifact") }
        return RegistryFacts().releaseTags(rules)
    }
}
