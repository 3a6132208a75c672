import ArgumentParser
import Documents
import Execution
import Plans

/// Runs a plan.
struct Publish: AsyncParsableCommand, EventTelling {
    static let configuration = CommandConfiguration(
        abstract: "Publishes what a plan says.",
        discussion: "A run that ends early continues with: eulerpublisher resume RUN")

    @Argument(help: "The plan, YAML or JSON (docs/operators.md).") var plan: String
    @Option(help: ArgumentHelp("Only this target; may be given several times.", valueName: "target"))
    var only: [String] = []
    @OptionGroup var running: RunningOptions
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        let located = try LocatedPlan(reading: plan)
        let session = try Session(places)
        var options = running.options(of: located)
        options.only = only
        try await session.publish(located, options: options, dryRun: running.dryRun, report: report)
    }
}

/// How a publication goes about its plan.
struct RunningOptions: ParsableArguments {
    @Flag(help: "Says what would be done; nothing is sent.") var dryRun = false
    @Flag(help: "Stops before anything is released; resume releases it.") var stage = false
    @Option(help: "Moves each target's tags when it is ready, or none before all are.") var tagWhen: TagWhen?
    @Flag(help: "Ends with status 8 instead of waiting for a vendor.") var noWait = false
    @Flag(help: "Asks again what a vendor refused for this very content.") var retryRefused = false

    func options(of plan: LocatedPlan) -> RunOptions {
        var options = RunOptions()
        options.stage = stage
        options.tagAll = (tagWhen ?? plan.plan.options?.tagWhen.map(TagWhen.init)) == .all
        options.noWait = noWait
        options.retryRefused = retryRefused
        return options
    }
}

/// `--tag-when`.
enum TagWhen: String, ExpressibleByArgument, CaseIterable {
    case each, all
    init(_ value: Plan.TagWhen) { self = value == .all ? .all : .each }
}
