import ArgumentParser
import Conversion

/// A disk image made into one that clouds take.
struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a disk image into one that providers take, and checks it again.",
        discussion: """
            What the rules of the named providers ask for is changed in a copy: by an ordinary user, without virtual machine or \
            kernel mount, unless --way says another. Where the rules of two providers contradict each other, both are named, and each side gets an image of \
            its own. Traces of machines and of the building are taken out. The output appears when all rules of severity error \
            pass, and not before.
            """)

    @Argument(
        help: ArgumentHelp(
            "A disk image: qcow2, raw, VHD, VHDX, VMDK. That of a release: see image prepare.", valueName: "image"))
    var image: String
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Whose rules it must pass; may be repeated. Default: local.", valueName: "id"))
    var providers: [String] = []
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The new image; its ending selects the format: .qcow2, .raw, .vhd, .vmdk.", valueName: "file"))
    var output: String
    @Option(
        help: ArgumentHelp(
            "qcow2 (zlib), qcow2-zstd, raw (sparse), vhd (fixed), vmdk (streamOptimized). Default: what the output's ending "
                + "says. Who does not take it gets a file of its own.", valueName: "format"))
    var format: TargetFormat?
    @Option(
        help: ArgumentHelp(
            "A package to install by the guest's own package manager; may be repeated.", valueName: "package"))
    var install: [String] = []
    @Flag(help: "Starts it in a virtual machine before it appears; it must come up and answer.") var bootTest = false
    @OptionGroup var recipes: RecipeOptions
    @OptionGroup var sources: PackageSourceOptions
    @OptionGroup var ways: WayOption
    @Flag(name: .shortAndLong, help: "What passed is listed as well.") var verbose = false
    @Flag(help: "The findings on the new image as a JSON document.") var json = false
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        var ids: [String] = []
        for id in providers.isEmpty ? ["local"] : providers where !ids.contains(id) { ids.append(id) }
        try await BuildRun(
            image: image, output: output, format: format, providers: ids, packages: install,
            repositories: try sources.repositories(), way: ways.way, recipe: try recipes.made(),
            isVerbose: verbose, isJSON: json, isBooted: bootTest
        ).run(Session(places))
    }
}
