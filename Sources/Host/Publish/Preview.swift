import ArgumentParser
import Execution
import Plans

/// What a plan would do.
struct Preview: AsyncParsableCommand, EventTelling {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Says what publishing a plan would do, without effect.")

    @Argument(help: "The plan, YAML or JSON (docs/operators.md).") var plan: String
    @Option(help: ArgumentHelp("Only this target; may be given several times.", valueName: "target"))
    var only: [String] = []
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        var options = RunOptions()
        options.only = only
        try await Session(places).publish(
            try LocatedPlan(reading: plan), options: options, dryRun: true, report: report)
    }
}
