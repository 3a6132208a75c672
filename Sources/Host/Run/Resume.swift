import ArgumentParser
import Execution
import State

/// Continues a run.
struct Resume: AsyncParsableCommand, EventTelling {
    static let configuration = CommandConfiguration(
        abstract: "Continues a run where it ended; releases what --stage held back.")

    @Argument(help: "A run's id, the beginning of one, or latest.") var run: String
    @Flag(help: "Ends with status 8 instead of waiting for a vendor.") var noWait = false
    @Flag(help: "Asks again what a vendor refused for this very content.") var retryRefused = false
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        let session = try Session(places)
        let directory = try session.state().find(run: run)
        let executor = try session.executor(report)
        let outcome = try await executor.resume(directory) { options in
            options.noWait = noWait
            options.retryRefused = retryRefused
        }
        try report.finish(outcome, expected: max(outcome.targets.count, 1), session.texts)
    }
}
