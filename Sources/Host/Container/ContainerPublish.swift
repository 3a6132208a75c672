import ArgumentParser
import Documents
import Execution
import Plans
import Settings

struct ContainerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container", abstract: "Base container images of a release.",
        subcommands: [
            ContainerPrepare.self, ContainerPublish.self, ContainerCopy.self, ContainerBase.self, ContainerCheck.self,
            ContainerApp.self, ContainerDistroless.self,
        ])
}

/// Which release, from where.
struct ReleaseOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The release, as the mirror spells it: 24.03-LTS-SP2.") var version: String
    @Option(
        name: .shortAndLong,
        help: "The directory below the release: docker_img, docker_img/update/current or .../update/YYYY-MM-DD.")
    var index = "docker_img"
    @Option(
        name: [.short, .long, .customLong("arch", withSingleDash: true)],
        help: "An architecture that must be there; without, all that the mirror has.")
    var arch: [String] = []
    @Option(help: ArgumentHelp("An http or https URL or a directory.", valueName: "mirror")) var mirror: String?
    @Option(help: ArgumentHelp("Pins the sources: written when absent, obeyed when there.", valueName: "file"))
    var lock: String?

    var artifact: Plan.Artifact {
        Plan.Artifact(
            release: version, index: index == "docker_img" ? nil : index, architectures: arch.isEmpty ? nil : arch,
            mirror: mirror, lock: lock)
    }
}

/// From a release mirror to its targets: a plan of one artifact.
struct ContainerPublish: PublishingCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Assembles a release's base image and publishes it.", aliases: ["push"])

    @OptionGroup var release: ReleaseOptions
    @Option(name: .shortAndLong, help: "A tag; default: the version in lower case, and its aliases by the tags file.")
    var tag: [String] = []
    @Option(help: ArgumentHelp("Which aliases a version has: VERSION: [TAG, TAG].", valueName: "file"))
    var tagsFile: String?
    @Flag(help: "Attaches the image's provenance and a bill of materials to it.") var attest = false
    @OptionGroup var registries: RegistryOptions
    @OptionGroup var publishing: PublishingOptions

    func run() async throws {
        let session = try Session(publishing.places)
        let tags = try self.tags()
        var targets = try registries.targets(tags: tags, change: publishing.change, session: session)
        let localOnly = targets.isEmpty
        if localOnly {
            targets = [
                Plan.Target(
                    artifact: RegistryOptions.artifact, to: "local:\(session.catalogue)",
                    tags: tags.isEmpty ? nil : tags)
            ]
        }
        var artifact = release.artifact
        if attest { artifact.attest = true }
        let plan = Plan(
            name: "openEuler \(release.version.uppercased())", artifacts: [RegistryOptions.artifact: artifact],
            targets: targets)
        try await session.publish(plan, publishing, localOnly: localOnly)
    }

    /// Those that were named, or those of the tags file; none: the version's own.
    private func tags() throws -> [String] {
        guard tag.isEmpty, let path = tagsFile ?? HistoricalFiles.find("tags.yaml") else { return tag }
        return try TagsFile(path: path).tags(of: release.version)
    }
}
