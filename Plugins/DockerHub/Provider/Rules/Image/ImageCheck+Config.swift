import Digest
import Documents
import OCI

/// R10 to R12 and R18 to R20: what the configuration and annotations say.
extension ImageCheck {
    private static let prefix = "org.opencontainers.image."
    private static let demanded = [
        "title", "description", "version", "created", "source", "revision", "licenses", "vendor", "url",
        "documentation",
    ]

    func shellCommand(_ image: InspectedImage) -> Finding {
        let rule = Rule.shellCommand
        guard image.isSystem else { return rule.pass("this is no base image of a system: any command will do") }
        var wrong: [String] = []
        var blind = image.blind
        for entry in image.graph.images {
            guard let config = entry.config else { continue }
            let command = config.config?.cmd ?? []
            if let entrypoint = config.config?.entrypoint, !entrypoint.isEmpty {
                wrong.append("\(entry.name) has the entrypoint \(entrypoint)")
            }
            let shell = command.first.map { LayerPath.last($0) } ?? ""
            if !ProgramPaths.shells.contains(shell) { wrong.append("\(entry.name) has the command \(command)") }
            switch Programs(image.facts(entry).map(\.members)).find("bash") {
            case .present: break
            case .absent: if image.blind == nil { wrong.append("\(entry.name) has no bash") }
            case .unclear(let why): blind = blind ?? "\(entry.name): \(why)"
            }
        }
        return rule.decide(
            wrong, failing: "a base image does not start as users expect", blind: blind,
            passing: "a shell is the command, and bash is there")
    }

    func entrypoint(_ image: InspectedImage) -> Finding {
        var wrong: [String] = []
        var blind: String?
        for entry in image.graph.images {
            guard let config = entry.config else {
                blind = blind ?? image.blind
                continue
            }
            if config.config?.entrypoint?.isEmpty == false { continue }
            switch Programs(image.facts(entry).map(\.members)).find("sh") {
            case .present: break
            case .absent:
                if let why = image.blind {
                    blind = blind ?? why
                } else {
                    wrong.append("\(entry.name) has neither /bin/sh nor an entrypoint")
                }
            case .unclear(let why): blind = blind ?? "\(entry.name): \(why)"
            }
        }
        if image.graph.images.isEmpty { blind = blind ?? image.blind ?? "the index has no image" }
        return Rule.entrypoint.decide(
            wrong, failing: "an image without a shell has no entrypoint", blind: blind,
            passing: "every image has a shell or an entrypoint")
    }

    func user(_ image: InspectedImage) -> Finding {
        let rule = Rule.user
        var roots: [String] = []
        for entry in image.graph.images {
            guard let config = entry.config else { continue }
            let user = (config.config?.user ?? "").prefix { $0 != ":" }
            if user.isEmpty || user == "root" || number(user) == 0 { roots.append("\(entry.name): \"\(user)\"") }
        }
        if roots.isEmpty {
            if let trouble = image.graph.firstTrouble { return rule.unknown(trouble) }
            return rule.pass("the default user is not root")
        }
        return rule.fail("the default user is root", roots, severity: image.isSystem ? .info : nil)
    }

    func annotations(_ graph: ImageGraph) -> Finding {
        var wrong: [String] = []
        func examine(_ place: String, _ found: [String: String]) {
            let missing = Self.demanded.filter { found[Self.prefix + $0]?.isEmpty != false }
            if !missing.isEmpty { wrong.append("\(place) lacks \(missing.joined(separator: ", "))") }
            if let licences = found[Annotation.licenses], !licences.isEmpty, !SPDXLicence.isExpression(licences) {
                wrong.append("licenses of \(place) is no SPDX expression: \(licences.prefix(80))")
            }
        }
        if let index = graph.index, graph.root?.mediaType != MediaType.dockerManifestList {
            examine("the index", index.annotations ?? [:])
        }
        for entry in graph.images {
            // Docker's manifests have no annotations, and their labels must do.
            if let manifest = entry.manifest, entry.descriptor.mediaType != MediaType.dockerManifest {
                examine("the manifest of \(entry.name)", manifest.annotations ?? [:])
            }
            if let config = entry.config { examine("the labels of \(entry.name)", config.config?.labels ?? [:]) }
        }
        return Rule.annotations.decide(
            wrong, failing: "annotations are missing or wrong", blind: graph.firstTrouble,
            passing: "all annotations are there")
    }

    /// The base that the image states: on the index, else on the first manifest or in its labels.
    static func base(_ graph: ImageGraph) -> (name: String?, digest: String?) {
        let places =
            [graph.index?.annotations].compactMap { $0 }
            + graph.images.flatMap { [$0.manifest?.annotations, $0.config?.config?.labels].compactMap { $0 } }
        func first(_ key: String) -> String? { places.lazy.compactMap { $0[prefix + key] }.first { !$0.isEmpty } }
        return (first("base.name"), first("base.digest"))
    }

    func baseAnnotations(_ graph: ImageGraph) -> Finding {
        let rule = Rule.baseAnnotations
        let (name, digest) = Self.base(graph)
        switch (name, digest) {
        case (let name?, let digest?):
            let isDigest = (try? Digest(parsing: digest)) != nil
            let isName = (try? Reference(name)) != nil
            if isDigest && isName { return rule.pass("the base is \(name)") }
            return rule.fail("the base's name or digest is not written as such", [name, digest])
        case (let name?, nil): return rule.fail("base.name is there without base.digest", [name])
        case (nil, let digest?): return rule.fail("base.digest is there without base.name", [digest])
        case (nil, nil):
            if let trouble = graph.firstTrouble { return rule.unknown(trouble) }
            if isSystem { return rule.pass("a system's base image is built on nothing") }
            return rule.unknown("no base is stated, and an image does not show whether it was built on one")
        }
    }

    func created(_ graph: ImageGraph) -> Finding {
        var wrong: [String] = []
        var missing: [String] = []
        func examine(_ place: String, _ text: String?) {
            guard let text else { return missing.append(place) }
            guard let seconds = Timestamp.seconds(text), text.utf8.count >= 20 else {
                return wrong.append("\(place) is not RFC 3339: \(text.prefix(60))")
            }
            if seconds > options.now { wrong.append("\(place) is in the future: \(text.prefix(60))") }
            if let epoch = options.build.sourceDateEpoch, seconds != epoch {
                wrong.append("\(place) is \(text.prefix(60)), and SOURCE_DATE_EPOCH is \(Timestamp.text(epoch))")
            }
        }
        if let stated = graph.index?.annotations?[Annotation.created] { examine("created of the index", stated) }
        for entry in graph.images {
            guard let config = entry.config else { continue }
            examine("created of \(entry.name)", config.created)
            if let stated = entry.manifest?.annotations?[Annotation.created] {
                examine("created of the manifest of \(entry.name)", stated)
            }
            for step in config.history ?? [] where step.created != nil {
                // Steps of a base come from its own sources.
                guard let text = step.created, Timestamp.seconds(text).map({ $0 <= options.now }) != true else {
                    continue
                }
                examine("a step of \(entry.name)", text)
            }
        }
        wrong += missing.map { "\($0) is missing" }
        return Rule.created.decide(
            wrong, failing: "creation times are wrong", blind: graph.firstTrouble,
            passing: options.build.sourceDateEpoch == nil
                ? "the creation times are well written and not in the future"
                : "the creation times are those of the sources")
    }
}
