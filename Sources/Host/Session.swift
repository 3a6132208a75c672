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
    let texts: Texts
    /// For mirrors by URL.
    var downloader: any Downloader { HTTPDownloader(environment: environment) }

    /// - Throws: `Failure` when a settings file, variable or flag is at fault.
    init(_ places: PlaceOptions) throws {
        self.places = places
        settings = try Settings(
            .init(
                environment: environment, flags: places.flags,
                workingDirectory: FileManager.default.currentDirectoryPath))
        texts = Texts.of(settings.language.value)
    }

    var mirror: String? { settings.mirror?.value }
    var cache: String { settings.cacheDirectory.value }

    /// Where images go when no target was named.
    var catalogue: String {
        let data = environment["XDG_DATA_HOME"] ?? "\(environment["HOME"] ?? "")/.local/share"
        return "\(data)/eulerpublisher/catalogue"
    }

    func state() throws -> StateDirectory { try StateDirectory(settings.stateDirectory.value) }

    func executor(_ report: ReportOptions) throws -> Executor {
        let interruption = Interruption()
        Signals.watch(interruption)
        return Executor(
            version: EulerPublisher.version, providers: Installation(places.providerPath, prefix: prefix),
            workers: Workers(workerExecutable: "\(prefix)/libexec/eulerpublisher/eulerpublisher-worker"), cache: cache,
            mirror: mirror, downloader: downloader, environment: environment, observer: report.observer(texts),
            interruption: interruption)
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

/// The providers of this installation.
struct Installation: ProviderSource {
    private let found: [InstalledProvider]

    init(_ explicit: [String], prefix: String) {
        found = Search(explicit: explicit, prefix: prefix).providers().found
    }

    func provider(forScheme scheme: String) throws -> InstalledProvider {
        guard let provider = found.first(where: { $0.manifest.targets.contains(scheme) }) else {
            throw Failure(.usage, "no provider serves targets of the scheme \(scheme)", hint: "see: eulerpublisher provider list")
        }
        return provider
    }

    func provider(id: String) throws -> InstalledProvider {
        guard let provider = found.first(where: { $0.manifest.id == id }) else {
            throw Failure(.usage, "the provider \(id) is not installed", hint: "install it again")
        }
        return provider
    }

    func check(endpoint: String, provider: String) throws {}
    func validate(_ options: [String: JSON], for provider: InstalledProvider, place: String?) throws {}
}
