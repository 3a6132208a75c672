import Discovery
import Documents
import Execution
import FoundationEssentials
import Glibc
import Plans
import Prepare
import Reports
import Settings
import State
import Workers

/// What every command starts from: settings, providers and the directories of this invocation.
struct Session {
    let environment = ProcessInfo.processInfo.environment
    let prefix = Search.prefix()
    let places: PlaceOptions
    let settings: Settings
    let providers: Providers
    let texts: Texts
    /// For mirrors by URL.
    let downloader: any Downloader

    /// - Throws: `Failure` when a settings file, policy, variable or flag is at fault.
    init(_ places: PlaceOptions) throws {
        self.places = places
        let deployment = try Deployment(places)
        settings = deployment.settings
        providers = deployment.providers
        downloader = MirrorDownloader(deployment)
        texts = Texts.of(settings.language.value)
    }

    var mirror: String? { settings.mirror?.value }
    var cache: String { settings.cacheDirectory.value }

    /// Where images go when no target was named.
    var catalogue: String {
        let data = environment["XDG_DATA_HOME"] ?? "\(settings.home)/.local/share"
        return "\(data)/eulerpublisher/catalogue"
    }

    func state() throws -> StateDirectory { try StateDirectory(settings.stateDirectory.value) }

    /// For commands that change nothing there.
    func readState() throws -> StateDirectory { try StateDirectory(reading: settings.stateDirectory.value) }

    /// The program that runs providers.
    var workerExecutable: String { "\(prefix)/libexec/eulerpublisher/eulerpublisher-worker" }

    /// The program that changes images.
    var builderExecutable: String { "\(prefix)/libexec/eulerpublisher/eulerpublisher-builder" }

    func executor(_ report: ReportOptions) throws -> Executor { try executor(report.observer(texts)) }

    func executor(_ observer: any RunObserver) throws -> Executor {
        let interruption = Interruption()
        Signals.interrupt(interruption)
        var executor = Executor(
            version: EulerPublisher.version, providers: providers,
            workers: Workers(workerExecutable: workerExecutable), cache: cache,
            mirror: mirror, downloader: downloader, environment: environment, observer: observer,
            logLevel: settings.logLevel.value, interruption: interruption)
        executor.boot = { [cache] image, facts, tell in
            let boots = ImageBoots(firmware: nil, timeout: nil, folder: "\(cache)/boot-test") { text in
                for line in text.split(separator: "\n") { tell(String(line)) }
            }
            try ImageBoots.judge(try await boots.run(image, facts), image)
        }
        return executor
    }

    /// Runs the plan that a command is, or prints it.
    func publish(_ plan: Plan, _ publishing: PublishingOptions, localOnly: Bool = false) async throws {
        if publishing.printPlan {
            Output.raw(try plan.withoutCredentials.yaml())
            return
        }
        let located = try LocatedPlan(plan, directory: FileManager.default.currentDirectoryPath)
        try await publish(
            located, options: publishing.running.options(of: located), dryRun: publishing.running.dryRun,
            report: publishing.report, localOnly: localOnly)
    }

    /// Runs a plan and tells its end.
    func publish(
        _ plan: LocatedPlan, options: RunOptions, dryRun: Bool, report: ReportOptions, localOnly: Bool = false
    ) async throws {
        let executor = try executor(report)
        let expected = options.only.isEmpty ? plan.plan.targets.count : options.only.count
        if dryRun {
            let (failed, previews) = try await executor.preview(plan, options: options)
            if failed.exit != 0 { return try report.finish(failed, expected: expected, texts) }
            if !report.json { Output.result(Summary.text(previews, texts: texts)) }
            return
        }
        let outcome = try await executor.publish(plan, options: options, in: state())
        try report.finish(outcome, expected: expected, texts, localOnly: localOnly)
    }
}
