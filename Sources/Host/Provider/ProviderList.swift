import ArgumentParser
import Discovery
import Documents
import Reports

struct ProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider", abstract: "The providers that are installed.",
        subcommands: [ProviderList.self, ProviderDescribe.self, ProviderVerify.self, ProviderDoctor.self])
}

/// Reads manifests only: no library is opened.
struct ProviderList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the installed providers.")

    @OptionGroup var places: PlaceOptions
    @Flag(help: "As a JSON document.") var json = false

    func run() async throws {
        let providers = try Deployment(places).providers
        if json { return try Output.document(providers.document) }
        let rows = providers.entries.map { entry in
            let manifest = entry.provider?.manifest
            return [
                entry.id, manifest?.version ?? "-", manifest?.kind ?? "-",
                manifest?.targets.joined(separator: " ") ?? "-",
                providers.stateText(of: entry),
            ]
        }
        if rows.isEmpty {
            let paths = providers.directories.map { "\n  \($0.directory.path)" }.joined()
            Output.result("No provider is installed. Searched:\(paths)")
        } else {
            Output.result(Columns.text([["NAME", "VERSION", "KIND", "TARGETS", "STATE"]] + rows))
        }
        for entry in providers.entries {
            if case .broken(let failure) = entry.state { Output.result("\n" + failure.lines(of: entry.directory)) }
        }
        for case (let directory, .unreadable(let failure)) in providers.directories {
            Output.result("\n" + failure.lines(of: directory.path))
        }
    }
}
