import Discovery
import FoundationEssentials
import Settings

/// What is in force on this machine for this command: settings, policy, and the providers that follow from them.
struct Deployment {
    let environment = ProcessInfo.processInfo.environment
    let prefix = Search.prefix()
    let workingDirectory = FileManager.default.currentDirectoryPath
    let settings: Settings
    let policy: Policy
    let providers: Providers

    init(_ places: PlaceOptions) throws {
        let sources = Settings.Sources(
            environment: environment, flags: places.flags, workingDirectory: workingDirectory)
        settings = try Settings(sources)
        policy = try Policy(prefix: prefix)
        providers = Providers(
            Search(settings, prefix: prefix, home: settings.home), settings: settings, policy: policy)
    }
}
