import Documents
import OCI

/// R33 to R35: what is in the layers, and how they are packed.
extension ImageCheck {
    func secrets(_ image: InspectedImage) -> Finding {
        var found: [String] = []
        var unclear = image.blind
        for entry in image.graph.images {
            for secret in entry.config.map(Self.secrets) ?? [] { found.append("\(entry.name): \(secret)") }
            for (key, value) in entry.manifest?.annotations ?? [:] {
                for kind in SecretText.find(variable: "\(key)=\(value)") {
                    found.append("\(entry.name): annotation \(kind)")
                }
            }
        }
        // Layers that several platforms share are named once, and so are files that a later layer removes.
        for (key, facts) in image.layers.sorted(by: { $0.key < $1.key }) {
            let layer = "layer \(key.prefix(19))"
            for secret in facts.members.secrets {
                if let why = secret.unclear {
                    unclear = unclear ?? "/\(secret.path) in \(layer) may hold \(secret.what): \(why)"
                } else {
                    found.append("/\(secret.path) in \(layer) holds \(secret.what)")
                }
            }
        }
        for (key, value) in image.graph.index?.annotations ?? [:] {
            for kind in SecretText.find(variable: "\(key)=\(value)") { found.append("annotation \(kind)") }
        }
        return Rule.secrets.decide(
            Array(Set(found)).sorted(), failing: "secrets are in the image", blind: unclear,
            passing: "no secret was found in configurations and layers")
    }

    private static func secrets(_ config: ImageConfig) -> [String] {
        var found: [String] = []
        for variable in config.config?.env ?? [] {
            found += SecretText.find(variable: variable).map { "environment \($0)" }
        }
        for (key, value) in config.config?.labels ?? [:] {
            found += SecretText.find(variable: "\(key)=\(value)").map { "label \($0)" }
        }
        for word in (config.config?.cmd ?? []) + (config.config?.entrypoint ?? []) {
            found += SecretText.find(in: word).map { "command \($0)" }
        }
        for (position, step) in (config.history ?? []).enumerated() {
            for text in [step.createdBy, step.comment].compactMap({ $0 }) {
                found += SecretText.find(in: text).map { "history step \(position + 1) \($0)" }
            }
        }
        return found
    }

    func leftovers(_ image: InspectedImage) -> Finding {
        var found: Set<String> = []
        var unclear = image.blind
        for entry in image.graph.images {
            let layers = entry.layers.compactMap { layer in
                image.layers[layer.walkKey].map { ("\(layer.digest)".prefix(19), $0.members) }
            }
            for (position, (digest, members)) in layers.enumerated() {
                for (mark, paths) in members.marks {
                    let above = layers[(position + 1)...].map(\.1)
                    let live = paths.filter { path, mode in
                        switch mark {
                        // What costs bytes, or is hostile, is so in whatever layer.
                        case .cache, .outside: true
                        case .setID:
                            position > 0 && !above.contains { $0.covers(path) }
                                && layers[..<position].last { $0.1.covers(path) }?.1.marks[.setID]?[path] != mode
                        default: !above.contains { $0.covers(path) }
                        }
                    }
                    for path in live.keys.sorted().prefix(20) {
                        found.insert("\(mark.rawValue): /\(path) in layer \(digest)")
                    }
                    if live.isEmpty && members.overflowed.contains(mark) {
                        unclear = unclear ?? "layer \(digest) has more of the kind \(mark.rawValue) than were kept"
                    }
                }
            }
        }
        return Rule.leftovers.decide(
            found.sorted(), failing: "the layers hold what does not belong there", blind: unclear,
            passing: "nothing is left over in the layers")
    }

    func compression(_ graph: ImageGraph) -> Finding {
        var wrong: [String] = []
        for layer in graph.images.flatMap(\.layers) {
            if LayerType.isForeign(layer.mediaType) { wrong.append("\(layer.digest) is a foreign layer") }
            switch LayerType.packing(layer.mediaType) {
            case .gzip?: break
            case .zstd? where options.acceptsZstd: break
            case let packing?: wrong.append("\(layer.digest) is \(packing.rawValue)")
            case nil: wrong.append("\(layer.digest) is \(layer.mediaType.prefix(100))")
            }
        }
        return Rule.compression.decide(
            Array(Set(wrong)).sorted(), failing: "layers are not packed for every client", blind: graph.firstTrouble,
            passing: "every client can unpack the layers")
    }
}
