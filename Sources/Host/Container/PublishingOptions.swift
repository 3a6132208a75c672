import ArgumentParser
import Execution

/// What all commands have in common that publish containers, each option declared and told once.
struct PublishingOptions: ParsableArguments {
    @OptionGroup var change: TagOptions
    @OptionGroup var running: RunningOptions
    @Flag(help: "Prints the plan that this command is, and does nothing.") var printPlan = false
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions
}

/// A command that has them.
protocol PublishingCommand: AsyncParsableCommand, EventTelling {
    var publishing: PublishingOptions { get }
}

extension PublishingCommand {
    var report: ReportOptions { publishing.report }
}
