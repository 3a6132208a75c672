import ArgumentParser
import Execution
import State

struct TagRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Puts back the tags that a run moved, those that nobody has moved since.")

    @Argument(help: "The run's id, or latest.") var run: String
    @Flag(help: "Says what would be put back.") var dryRun = false
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        let session = try Session(places)
        let state = try session.state()
        let items = try await session.executor(report).restoreTags(
            of: try state.find(run: run), dryRun: dryRun, in: state)
        try items.report(
            json: report.json, nothing: "The run moved no tags that could be put back.", done: "put back",
            would: "would be put back")
    }
}
