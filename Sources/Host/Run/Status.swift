import ArgumentParser
import Documents
import Execution
import Reports
import State

/// How runs stand.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Says how runs stand, or one of them in detail.")

    @Argument(help: "A run's id, the beginning of one, or latest; without, the newest ten.") var run: String?
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let state = try Session(places).readState()
        let statuses = try run.map { [try RunStatus(of: state.find(run: $0))] } ?? newest(in: state)
        if json {
            for status in statuses { try Output.json(status) }
        } else if statuses.isEmpty {
            Output.result("Nothing was published yet.")
        } else if run == nil {
            let rows = statuses.map { status in
                let done = status.targets.filter { ["published", "nothing-to-do"].contains($0.state) }.count
                return [
                    status.run, status.started, "\(done) of \(status.targets.count) published",
                    status.holder.map { "running (process \($0.pid) on \($0.host))" }
                        ?? status.exit.map { "exit \($0)" } ?? "cut off",
                    status.unsettled > 0 ? "\(status.unsettled) unsettled" : "",
                ]
            }
            Output.result(Columns.text([["RUN", "STARTED", "TARGETS", "STATE", "LEDGER"]] + rows))
        } else {
            print(statuses[0])
        }
    }

    /// The newest ten. One that cannot be read hides none of the others.
    private func newest(in state: StateDirectory) throws -> [RunStatus] {
        let stillborn = try state.stillborn()
        if !stillborn.isEmpty {
            let names = stillborn.joined(separator: ", ")
            Output.error("ended before anything began: \(names); eulerpublisher cleanup removes what is left")
        }
        return try state.runs().suffix(10).compactMap { name in
            do { return try RunStatus(of: state.find(run: name)) } catch let failure as Failure {
                Output.error("run \(name): " + failure.lines(of: failure.place ?? name))
                return nil
            }
        }
    }

    private func print(_ status: RunStatus) {
        let state =
            status.holder.map { "running: process \($0.pid) on \($0.host) since \($0.since)" }
            ?? status.exit.map { "ended, exit \($0)" } ?? "cut off: eulerpublisher resume \(status.run)"
        Output.result("run \(status.run) · started \(status.started) · \(state)")
        let rows = status.targets.map { [$0.target, $0.state, $0.operation ?? "", $0.message ?? ""] }
        Output.result(Columns.text(rows, indent: "  "))
        if status.unsettled > 0 {
            Output.result(
                "  \(status.unsettled) resources are not settled: resume the run, or eulerpublisher cleanup \(status.run)"
            )
        }
    }
}
