import ArgumentParser
import Documents
import Import
import Plans

/// Images of applications, as far as they are built elsewhere.
struct ContainerApp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app", abstract: "Images of applications that were built elsewhere.",
        subcommands: [ContainerAppPublish.self, ContainerAppBuild.self, ContainerAppCheck.self])
}

/// Several images of one platform each become one image of all of them.
struct ContainerAppPublish: PublishingCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Joins images of single platforms to one and publishes it.", aliases: ["push"]
    )

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The images, in one word: \"HOST/REPOSITORY:TAG-amd64 HOST/REPOSITORY:TAG-arm64\".", valueName: "images"))
    var source: String?
    @Option(name: .shortAndLong, help: "A tag.") var tag: [String] = []
    @OptionGroup var registries: RegistryOptions
    @OptionGroup var publishing: PublishingOptions

    func run() async throws {
        guard let source else {
            throw Failure(
                .usage, "container app publish without --source is not in this version: it would build the image",
                hint: "build with buildah, then: eulerpublisher container copy oci:DIRECTORY:TAG HOST/REPOSITORY:TAG")
        }
        let images = try source.split(separator: " ").map { "\(try ImageReference(String($0)))" }
        guard !images.isEmpty else { throw Failure(.usage, "--source names no image", hint: "name at least one") }
        guard !tag.isEmpty else { throw Failure(.usage, "an image of an application needs a tag", hint: "give --tag") }
        let session = try Session(publishing.places)
        let targets = try registries.targets(tags: tag, change: publishing.change, session: session)
        guard !targets.isEmpty else {
            throw Failure(.usage, "nothing says where the image goes", hint: "give --repo, --mpublish or --to")
        }
        try await session.publish(
            Plan(artifacts: [RegistryOptions.artifact: Plan.Artifact(images: images)], targets: targets),
            publishing)
    }
}

struct ContainerAppBuild: LaterCommand {
    static let spelling = "container app build"
    static let instead = "build with buildah, then: eulerpublisher container copy oci:DIRECTORY:TAG HOST/REPOSITORY:TAG"
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}

struct ContainerAppCheck: LaterCommand {
    static let spelling = "container app check"
    static let instead = "run the image with podman"
    @Argument(parsing: .allUnrecognized) var rest: [String] = []
}
