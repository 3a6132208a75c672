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
        if report.json {
            for item in items { Output.result(String(decoding: try DocumentCoding.encode(item), as: UTF8.self)) }
        } else if items.isEmpty {
            Output.result("Nothing to clean up.")
        } else {
            let rows = items.map {
                [$0.target, $0.kind, $0.region ?? "", $0.id ?? "(perhaps never made)", words($0)]
            }
            Output.result(Columns.text([["TARGET", "KIND", "REGION", "ID", "RESULT"]] + rows))
        }
        if let failure = items.compactMap(\.failure).first {
            throw ExitCode(items.contains { $0.failure == nil } ? 7 : failure.code.exitStatus)
        }
    }

    private func words(_ item: CleanupItem) -> String {
        switch item.action {
        case .undone: "removed"
        case .wouldUndo: "would be removed"
        case .busy: "in use by a run"
        case .failed: "failed: \(item.failure?.message ?? "")"
        }
    }
}
