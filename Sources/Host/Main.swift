import ArgumentParser

/// The command line. One folder a noun, one file a verb; what a verb does lives in HostKit.
@main
struct EulerPublisher: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eulerpublisher",
        abstract: "Builds, checks and publishes an operating system's images to registries and clouds.",
        version: "0.1.0",
        subcommands: [ContainerCommand.self, ProviderCommand.self])

    static func main() async { await Exit.run(EulerPublisher.self) }
}
