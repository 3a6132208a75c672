import ArgumentParser
import Discovery
import Documents
import FoundationEssentials

struct ProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider", abstract: "The providers that are installed.",
        subcommands: [ProviderList.self])
}

/// Reads manifests only: no library is opened.
struct ProviderList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the installed providers.")

    @OptionGroup var places: PlaceOptions
    @Flag(help: "A JSON document.") var json = false

    func run() async throws {
        let providers = try Deployment(places).providers
        if json {
            Output.result(String(decoding: try DocumentCoding.encode(providers.document, pretty: true), as: UTF8.self))
            return
        }
        let rows = providers.entries.map { entry in
            let manifest = entry.provider?.manifest
            return [
                entry.id, manifest?.version ?? "-", manifest?.kind ?? "-",
                manifest?.targets.joined(separator: " ") ?? "-", entry.stateText,
            ]
        }
        Output.result(Table.text([["NAME", "VERSION", "KIND", "TARGETS", "STATE"]] + rows))
        for case (_, .unreadable(let failure)) in providers.directories {
            Output.error("\(failure.place ?? "?"): \(failure.message)")
        }
    }
}
