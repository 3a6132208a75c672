import ArgumentParser
import Discovery
import Documents

struct ProviderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "provider", abstract: "The providers that are installed.", subcommands: [ProviderList.self])
}

/// Reads manifests only: no library is opened.
struct ProviderList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the installed providers.")

    @Option(help: "A further directory of providers, searched first.") var providerPath: [String] = []

    func run() async throws {
        let (found, broken) = Search(explicit: providerPath, prefix: Search.prefix()).providers()
        let rows =
            [["NAME", "VERSION", "KIND", "TARGETS"]]
            + found.map {
                [$0.manifest.id, $0.manifest.version, $0.manifest.kind, $0.manifest.targets.joined(separator: ",")]
            }
        print(Table.text(rows))
        for failure in broken { Output.error("\(failure.place ?? "?"): \(failure.message)") }
    }
}
