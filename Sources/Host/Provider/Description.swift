import Documents
import Reports

/// A manifest in words: label and text, one row a line; a row without label goes on with the one above.
struct Description {
    private(set) var rows: [[String]] = []

    init(_ manifest: ProviderManifest) {
        let formats = manifest.formats.map { " (\($0.joined(separator: ", ")))" } ?? ""
        let kinds = manifest.artifacts.map {
            $0 == "disk" ? "disk images\(formats)" : $0 == "container" ? "container images" : $0
        }
        add("publishes", [kinds.joined(separator: " and ")])
        add("targets", manifest.targets.map { "\($0):ADDRESS" })
        add("operations", Self.aligned(manifest.operations.map { ($0, Self.operations[$0] ?? "its own") }))
        add("views", Self.aligned(manifest.views.map { ($0, Self.views[$0] ?? "") }))
        needs(manifest.needs)
        options(manifest.configuration)
        limits(manifest)
        add("library", ["\(manifest.library.file)  sha256 \(manifest.library.sha256 ?? "not named")"])
        add("licence", [manifest.licence])
        add("home page", [manifest.homepage])
        add("report to", [manifest.report])
    }

    private mutating func add(_ label: String, _ texts: [String?]) {
        for (index, text) in texts.compactMap({ $0 }).enumerated() { rows.append([index == 0 ? label : "", text]) }
    }

    /// Two columns in one text.
    private static func aligned(_ pairs: [(String, String)]) -> [String] {
        Columns.text(pairs.map { [$0.0, $0.1] }).split(separator: "\n").map(String.init)
    }

    private mutating func needs(_ needs: ProviderManifest.Needs?) {
        add("environment", needs?.environment ?? [])
        add("files", Self.aligned((needs?.files ?? [:]).sorted { $0.key < $1.key }))
        add(
            "secrets",
            Self.aligned(
                (needs?.secrets ?? [:]).sorted { $0.key < $1.key }.map { name, places in
                    let words = places.map { place in
                        let rest = place.drop { $0 != ":" }.dropFirst()
                        return place.hasPrefix("env:") ? "the variable \(rest) or \(rest)_FILE" : "the file \(rest)"
                    }
                    return (name, "from " + words.joined(separator: ", else "))
                }))
        add("helpers", Self.aligned((needs?.helpers ?? [:]).sorted { $0.key < $1.key }))
        add("tools", Self.aligned((needs?.tools ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, $0.value.program) }))
        add("writes", needs?.directories ?? [])
        let hosts = needs?.hosts ?? []
        let ports = (needs?.ports ?? [443]).map { $0 == 0 ? "any" : "\($0)" }.joined(separator: ", ")
        add("network", hosts.isEmpty ? ["none"] : hosts.map { "\($0)  port \(ports), or the one that it names" })
    }

    private mutating func options(_ schema: JSON?) {
        let required = Set(schema?["required"]?.array?.compactMap(\.string) ?? [])
        let properties = (schema?["properties"]?.object ?? [:]).sorted { $0.key < $1.key }
        let texts = properties.map { name, property in
            let type =
                property["type"]?.string ?? (property["enum"]?.array?.compactMap(\.string).joined(separator: "|"))
                ?? "any"
            let words = property["description"]?.string.map { "  \($0)" } ?? ""
            return (name, "\(type)\(required.contains(name) ? ", required" : "")\(words)")
        }
        add("options", texts.isEmpty ? ["none"] : Self.aligned(texts))
    }

    private mutating func limits(_ manifest: ProviderManifest) {
        add(
            "limits",
            [
                "ABI \(manifest.abi.major).\(manifest.abi.minor) or a later \(manifest.abi.major)",
                "ended after \(Int(manifest.inactivity ?? 120)) s without a sign of life",
                manifest.checkpoints.map { "checkpoints of revision " + $0.map(String.init).joined(separator: ", ") },
            ])
    }

    private static let operations = [
        "ep.requirements/1": "its rules, as data", "ep.check/1": "findings about an image",
        "ep.plan/1": "what would be done, without effect", "ep.upload/1": "sends the bytes",
        "ep.register/1": "makes them an image, private or without a tag",
        "ep.verify/1": "reads back what the target has",
        "ep.distribute/1": "regions and accounts", "ep.release/1": "makes it public: tags, names, permissions",
        "ep.inventory/1": "what carries our marks", "ep.undo/1": "removes what a run made",
        "ep.status/1": "what the target has",
        "ep.fetch/1": "brings an image here",
        "ep.retire/1": "withdraws an image", "ep.marketplace.check/1": "what the marketplace would say",
        "ep.marketplace.submit/1": "submits to the marketplace",
    ]

    private static let views = [
        "file": "the artifact's files, read-only", "blocks": "the image as a raw disk with its holes",
        "tree": "the files in the image, in checks only",
    ]
}
