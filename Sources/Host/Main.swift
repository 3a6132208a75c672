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
            TagCommand.self, Check.self, Build.self, Requirements.self, ImageCommand.self,
            ProviderCommand.self, ConfigCommand.self, CloudImage.self, PackageBuild.self,
        ])

    static func main() async {
        Output.start()
        // Not an option of the parser's: it would take --version from every subcommand, where it names a release.
        if CommandLine.arguments.dropFirst() == ["--version"] { return Output.result("eulerpublisher \(version)") }
        Signals.start()
        await Exit.run(EulerPublisher.self)
    }
}
