import ArgumentParser
import Discovery
import Documents
import Reports
import Settings
import Workers

/// Why a provider may not work here. Says which of the declared things are there, never what they hold.
struct ProviderDoctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what this machine enforces and which of the things that providers need are there.")

    @Argument(help: "A provider's id; without, every enabled provider.") var name: String?
    @OptionGroup var places: PlaceOptions
    @Flag(help: "As a JSON document.") var json = false

    func run() async throws {
        let deployment = try Deployment(places)
        let providers = deployment.providers
        let entries = try name.map { [try providers.entry(id: $0)] } ?? providers.entries.filter(\.isEnabled)
        if json { return try Output.document(document(deployment, entries)) }
        var parts = [machine(deployment)]
        for entry in entries {
            guard let provider = entry.provider else {
                if case .broken(let failure) = entry.state { parts.append(failure.lines(of: entry.directory)) }
                continue
            }
            let rows = Presence.all(of: provider.manifest, environment: deployment.environment).map { item in
                [item.isThere.map { $0 ? "there" : "missing" } ?? "later", item.kind.rawValue, item.name, item.place]
            }
            let hosts = (provider.manifest.needs?.hosts ?? []).map { host in
                [Self.allowed(host, deployment.policy) ?? "allowed", "host", host, ""]
            }
            let lines = rows + hosts
            let text = lines.isEmpty ? "  it needs nothing of this machine" : Columns.text(lines, indent: "  ")
            parts.append("\(entry.id) \(provider.manifest.version) · \(entry.stateText)\n\(text)")
        }
        Output.result(parts.joined(separator: "\n\n"))
    }

    /// Nil if policy allows it, or if only the target says what it is.
    private static func allowed(_ host: String, _ policy: Policy) -> String? {
        guard !host.contains("${"), !host.hasPrefix("*") else { return nil }
        do {
            try policy.check(endpoint: host)
            return nil
        } catch { return "off: policy \((error as? Failure)?.place ?? "")" }
    }

    private func machine(_ deployment: Deployment) -> String {
        let limits = Workers.limits()
        var lines = ["this machine"]
        let kernel = limits.isEmpty ? ["the kernel enforces all that is asked of it"] : limits
        let rows = kernel.map { ["kernel", $0] } + deployment.policy.files.map { ["policy", $0] }
        lines.append(Columns.text(rows, indent: "  "))
        lines.append("\ndirectories of providers, in the order of the search")
        let directories = deployment.providers.directories.map {
            [$0.directory.path, $0.condition.text, $0.directory.reason]
        }
        lines.append(Columns.text(directories, indent: "  "))
        let lost = deployment.providers.entries.filter { !$0.isEnabled }
        if !lost.isEmpty {
            lines.append("\nnot in use")
            lines.append(Columns.text(lost.map { [$0.id, $0.directory, $0.stateText] }, indent: "  "))
        }
        return lines.joined(separator: "\n")
    }

    private func document(_ deployment: Deployment, _ entries: [Providers.Entry]) -> JSON {
        let providers = entries.map { entry -> JSON in
            var members = entry.document.object ?? [:]
            let items = entry.provider.map { Presence.all(of: $0.manifest, environment: deployment.environment) } ?? []
            members["needs"] = .array(
                items.map { item in
                    .object([
                        "kind": .string(item.kind.rawValue), "name": .string(item.name), "place": .string(item.place),
                        "there": item.isThere.map { .bool($0) } ?? .null,
                    ])
                })
            return .object(members)
        }
        return .object([
            "format": .integer(1), "limits": .array(Workers.limits().map { .string($0) }),
            "policy": .array(deployment.policy.files.map { .string($0) }),
            "directories": deployment.providers.document["directories"] ?? .array([]), "providers": .array(providers),
        ])
    }
}
