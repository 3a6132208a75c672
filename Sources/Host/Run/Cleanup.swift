import ArgumentParser
import Documents
import Execution
import Reports
import State

/// Undoes what nobody wants.
struct Cleanup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Removes what runs made and did not need in the end; what was published is never touched.")

    @Argument(help: "Only what this run made: its id, or latest.") var run: String?
    @Flag(help: "Says what would be removed.") var dryRun = false
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        let session = try Session(places)
        let state = try session.state()
        let executor = try session.executor(report)
        let items = try await executor.cleanup(
            run: try run.map { try state.find(run: $0) }, dryRun: dryRun, in: state)
        if run == nil, !dryRun { try state.removeStillborn() }
        try items.report(json: report.json, nothing: "Nothing to clean up.", done: "removed", would: "would be removed")
    }
}

extension [CleanupItem] {
    /// One line each, or one document each, and the exit status that they come to.
    /// - Parameters:
    ///   - done: what happened to one, and `would` what would have.
    func report(json: Bool, nothing: String, done: String, would: String) throws {
        if json {
            for item in self { try Output.json(item) }
        } else if isEmpty {
            Output.result(nothing)
        } else {
            let rows = map { item in
                let words =
                    switch item.action {
                    case .undone: done
                    case .wouldUndo: would
                    case .busy: "in use by a run"
                    case .failed: "failed: \(item.failure?.message ?? "")"
                    }
                return [item.target, item.kind, item.region ?? "", item.id ?? "(perhaps never made)", words]
            }
            Output.result(Columns.text([["TARGET", "KIND", "REGION", "ID", "RESULT"]] + rows))
        }
        if let failure = compactMap(\.failure).first {
            throw ExitCode(contains { $0.failure == nil } ? 7 : failure.code.exitStatus)
        }
    }
}
