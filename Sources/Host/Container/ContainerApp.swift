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
struct ContainerAppPublish: AsyncParsableCommand, EventTelling {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Joins images of single platforms to one and publishes it.", aliases: ["push"]
    )

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The images, in one word: \"HOST/REPOSITORY:TAG-amd64 HOST/REPOSITORY:TAG-arm64\".", valueName: "images"))
    var source: String?
    @Option(name: .shortAndLong, help: "A tag.") var tag: [String] = []
    @Option(help: ArgumentHelp("Where to: registry:HOST/REPOSITORY, local:DIRECTORY.", valueName: "target")) var to:
        [String] = []
    @OptionGroup var registries: RegistryOptions
    @OptionGroup var change: TagOptions
    @OptionGroup var running: RunningOptions
    @Flag(help: "Prints the plan that this command is, and does nothing.") var printPlan = false
    @OptionGroup var places: PlaceOptions
    @OptionGroup var report: ReportOptions

    func run() async throws {
        guard let source else {
            throw Failure(
                .usage, "container app publish without --source is not in this version: it would build the image",
                hint: "build with buildah, then: eulerpublisher container copy oci:DIRECTORY:TAG HOST/REPOSITORY:TAG")
        }
        let images = try source.split(separator: " ").map { "\(try ImageReference(String($0)))" }
        guard !images.isEmpty else { throw Failure(.usage, "--source names no image", hint: "name at least one") }
        guard !tag.isEmpty else { throw Failure(.usage, "an image of an application needs a tag", hint: "give --tag") }
        let session = try Session(places)
        let targets = try registries.targets(to: to, tags: tag, change: change, session: session)
        guard !targets.isEmpty else {
            throw Failure(.usage, "nothing says where the image goes", hint: "give --repo, --mpublish or --to")
        }
        try await session.publish(
            Plan(artifacts: [RegistryOptions.artifact: Plan.Artifact(images: images)], targets: targets),
            running: running,
            printPlan: printPlan, report: report)
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
