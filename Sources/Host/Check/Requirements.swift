import ArgumentParser
import Documents
import Execution
import Reports

/// What a provider demands, as data: for people, for a document, for programs.
struct Requirements: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The rules of a provider: what it demands of an image, why, and what mends it.")

    @Option(name: [.short, .long], help: ArgumentHelp("Whose rules.", valueName: "id")) var provider: String
    @Flag(help: "As a JSON document.") var json = false
    @Flag(help: "As a table in Markdown.") var markdown = false
    @OptionGroup var places: PlaceOptions

    func validate() throws {
        if json && markdown { throw ValidationError("--json or --markdown, not both") }
    }

    func run() async throws {
        let items = try await Session(places).executor(QuietReport()).requirements(of: provider)
        if json {
            try Output.document(
                .object(["format": 1, "provider": .string(provider), "rules": .array(items)]))
        } else {
            Output.result(
                markdown
                    ? RequirementsText.markdown(items, provider: provider)
                    : Columns.fold(RequirementsText.table(items), to: Output.width))
        }
        if let lost = Output.undelivered { throw lost }
    }
}
