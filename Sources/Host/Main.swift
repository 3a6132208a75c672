import ArgumentParser

/// The command line. One folder a noun, one file a verb; what a verb does lives in HostKit.
@main
struct EulerPublisher: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "eulerpublisher",
        abstract: "Builds, checks and publishes an operating system's images to registries and clouds.",
        subcommands: [
            Publish.self, Preview.self, Status.self, Resume.self, Cleanup.self, Logs.self, ContainerCommand.self,
            ProviderCommand.self, CloudImage.self, PackageBuild.self,
        ])

    // Not ArgumentParser's own, which would add --version to every subcommand: there it names a release.
    @Flag(name: .customLong("version"), help: "Prints this program's version.") var showsVersion = false

    func run() async throws {
        guard showsVersion else { throw CleanExit.helpRequest(self) }
        Output.result("eulerpublisher \(Self.version)")
    }

    static func main() async {
        Signals.block()
        await Exit.run(EulerPublisher.self)
    }
}
