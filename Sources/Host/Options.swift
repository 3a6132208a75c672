import ArgumentParser
import CSystem
import Execution
import FoundationEssentials
import Glibc
import Reports

/// Where this command finds and keeps things.
struct PlaceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keeps runs, journals and ledgers.", valueName: "dir")) var stateDir: String?
    @Option(help: ArgumentHelp("Keeps downloads and assembled images; runs share it.", valueName: "dir"))
    var cacheDir: String?
    @Option(help: ArgumentHelp("A further directory of providers, searched first.", valueName: "dir"))
    var providerPath: [String] = []
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Overrides a setting for this command; see: config show.", valueName: "key=value"))
    var overrides: [String] = []

    func validate() throws {
        for text in overrides where !text.contains("=") { throw ValidationError("--set \(text): write KEY=VALUE") }
    }

    /// As settings: what was given.
    var flags: [String: [String]] {
        var flags: [String: [String]] = [:]
        if let stateDir { flags["state_dir"] = [stateDir] }
        if let cacheDir { flags["cache_dir"] = [cacheDir] }
        if !providerPath.isEmpty { flags["provider_path"] = providerPath }
        for text in overrides {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            flags[parts[0], default: []] += parts.dropFirst()
        }
        return flags
    }
}

/// How an image is read.
struct ReadingOptions: ParsableArguments {
    @Flag(
        name: .customLong("no-libguestfs"),
        help: "Leaves XFS and btrfs unread; else guestfish reads them, if it is installed (slow without KVM).")
    var withoutLibguestfs = false

    /// On a terminal, what takes long is told.
    static func tell(_ text: String) {
        if eps_terminal_width(STDERR_FILENO) > 0 { Output.error(text) }
    }
}

/// How this command tells what happens.
struct ReportOptions: ParsableArguments {
    @Flag(help: "One JSON event a line.") var json = false
    @Flag(name: .shortAndLong, help: "Only the end.") var quiet = false
    @Flag(help: "Every step.") var verbose = false

    /// On a terminal, lines that are redrawn; in a pipe, lines that stay.
    func observer(_ texts: Texts) -> any RunObserver {
        if json { return Exit.events }
        if quiet { return QuietReport() }
        let environment = ProcessInfo.processInfo.environment
        if eps_terminal_width(STDOUT_FILENO) > 0, environment["TERM"] != "dumb" {
            return LiveReport(
                texts: texts, colour: (environment["NO_COLOR"] ?? "").isEmpty,
                width: { Int(eps_terminal_width(STDOUT_FILENO)) }, write: { Output.raw($0) })
        }
        return LineReport(texts: texts, verbose: verbose) { Output.result($0) }
    }

    /// The end of a run, unless it was told as events.
    func finish(_ outcome: RunOutcome, expected: Int, _ texts: Texts, localOnly: Bool = false) throws {
        if !json { Output.result(Summary.text(outcome, expected: expected, texts: texts, localOnly: localOnly)) }
        if outcome.exit != 0 { throw ExitCode(outcome.exit) }
    }
}
