import ArgumentParser
import Building
import Changing
import Documents
import Execution
import Images
import Reports

/// A disk image made into one that clouds take.
struct Build: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a disk image into one that providers take, and checks it again.",
        discussion: """
            What the rules of the named providers ask for is changed in a copy: by an ordinary user, without virtual machine or \
            kernel mount. Two rules that contradict each other are named before anything is done. Traces of machines and of \
            the building are taken out. The output appears when all rules of severity error pass, and not before.
            """)

    @Argument(help: ArgumentHelp("A disk image: qcow2, raw, VHD, VHDX, VMDK.", valueName: "image"))
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
            "A package to install by the guest's own package manager; may be repeated.", valueName: "package"))
    var install: [String] = []
    @Option(
        help: ArgumentHelp(
            "Where packages come from, instead of the guest's own repositories: a URL, a folder, or for apt a line "
                + "deb URL SUITE COMPONENT; may be repeated.", valueName: "repository"))
    var repository: [String] = []
    @Option(
        help: ArgumentHelp(
            "The public key of those repositories, or none: unsigned packages are taken. Default: the guest's keys.",
            valueName: "file"))
    var repositoryKey: String?
    @Flag(name: .shortAndLong, help: "What passed is listed as well.") var verbose = false
    @Flag(help: "The findings on the new image as a JSON document.") var json = false
    @OptionGroup var places: PlaceOptions

    func validate() throws {
        if repositoryKey != nil && repository.isEmpty { throw ValidationError("--repository-key: of which --repository?") }
    }

    func run() async throws {
        let session = try Session(places)
        var ids: [String] = []
        for id in providers.isEmpty ? ["local"] : providers where !ids.contains(id) { ids.append(id) }
        let isQuiet = json
        let reader = ImageReader.executable(beside: session.workerExecutable)
        let build = ImageBuild(
            image: image, output: output, providers: ids, packages: install,
            repositories: try repository.map { try GuestRepository($0, key: repositoryKey) },
            builder: session.builderExecutable,
            read: { try ImageReader($0, executable: reader).facts().disk },
            report: { if !isQuiet { Output.error("  \($0)") } })
        let executor = try session.executor(QuietReport())
        let outcome = try await executor.interruption.withTask("the image was built") { try await build.run(executor) }
        if json {
            try Output.document(of: CheckJSON(outcome.after))
        } else {
            Output.result(CheckText.text(outcome.after, verbose: verbose, width: Output.width))
            for text in outcome.byHand { Output.result("  by hand  \(text)") }
            if outcome.isTaken {
                Output.result("  \(output): \(outcome.changes.count) changes, for \(ids.joined(separator: ", "))")
            }
        }
        if let lost = Output.undelivered { throw lost }
        if !outcome.isTaken { throw ExitCode(Failure.Code.checkFailed.exitStatus) }
    }
}
