import ArgumentParser
import Discovery
import Documents
import Reports
import Settings

/// Reads the manifest only: no library is opened.
struct ProviderDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Says what a provider does, takes and needs, from its manifest.")

    @Argument(help: "The provider's id.") var name: String
    @OptionGroup var places: PlaceOptions
    @Flag(help: "As a JSON document.") var json = false

    func run() async throws {
        let deployment = try Deployment(places)
        let entry = try deployment.providers.entry(id: name)
        if json {
            var document = entry.document.object ?? [:]
            document["format"] = .integer(1)
            document["manifest"] = entry.provider?.document
            return try Output.document(.object(document))
        }
        guard let provider = entry.provider else {
            if case .broken(let failure) = entry.state { throw failure }
            throw Failure(.internal, "the provider has no manifest", place: entry.directory)
        }
        let manifest = provider.manifest
        Output.result(
            "\(manifest.id) \(manifest.version) · \(manifest.title.text(in: deployment.settings.language.value))\n")
        let rows = [["state", entry.stateText], ["directory", provider.directory]] + Description(manifest).rows
        Output.result(Columns.text(rows, indent: "  "))
    }
}
