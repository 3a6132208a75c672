import ArgumentParser
import Execution
import Files
import State

/// A run's log.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints a run's full log, without secrets, or bundles all about the run for a report.")

    @Argument(help: "A run's id, the beginning of one, or latest.") var run: String
    @Option(help: ArgumentHelp("Writes log, journal, plan, record and ledger to this new tar.gz.", valueName: "file"))
    var bundle: String?
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let directory = try Session(places).readState().find(run: run)
        if let bundle {
            try await RunBundle.write(directory, to: bundle)
            Output.result("run \(directory.id) is in \(bundle)")
        } else {
            let log = String(decoding: try File.contents(directory.logPath, limit: 1 << 30), as: UTF8.self)
            Output.result(log.hasSuffix("\n") ? String(log.dropLast()) : log)
        }
    }
}
