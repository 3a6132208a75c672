public import ArgumentParser
import Building
public import Changing
import Conversion
import Documents
import Execution
import Images
import Reports

/// Where a build's packages come from.
struct PackageSourceOptions: ParsableArguments {
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

    func validate() throws {
        if repositoryKey != nil && repository.isEmpty {
            throw ValidationError("--repository-key: of which --repository?")
        }
    }

    func repositories() throws -> [GuestRepository] {
        try repository.map { try GuestRepository($0, key: repositoryKey) }
    }
}

extension Way: ExpressibleByArgument {}

/// How a guest is changed, as people choose it.
struct WayOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How the guest is changed: namespaces (its programs by chroot, without root), loop (the same by the kernel's mounts; "
                + "root), files (none of its programs is run), boot (they run in a virtual machine: for images that are not "
                + "trusted). Default: what the changes and this machine allow, which is told.", valueName: "way"))
    var way: Way?
}

/// One image made for providers, told as it goes; how each command that builds does it.
struct BuildRun {
    let image: String
    let output: String
    var format: TargetFormat?
    let providers: [String]
    let packages: [String]
    let repositories: [GuestRepository]
    var way: Way?
    var recipe = Recipe()
    var isVerbose = false
    var isJSON = false
    /// Whether it must come up before it has its name.
    var isBooted = false

    /// - Throws: `Failure`; `ExitCode` of a failed check, if the image is not taken.
    func run(_ session: Session) async throws {
        let isQuiet = isJSON
        let build = ImageBuild(
            image: image, output: output, format: format, providers: providers, packages: packages,
            repositories: repositories, recipe: recipe,
            way: way, machines: "\(session.cache)/boot-test",
            builder: session.builderExecutable, tool: EulerPublisher.version, created: try Self.created(session),
            boot: isBooted ? boot(session) : nil,
            report: { if !isQuiet { Output.error("  \($0)") } })
        let executor = try session.executor(QuietReport())
        let outcomes = try await executor.interruption.withTask("the image was built") { try await build.run(executor) }
        if isJSON {
            let documents = outcomes.map { CheckJSON($0.after) }
            if documents.count == 1 {
                try Output.document(of: documents[0])
            } else {
                try Output.document(of: documents)
            }
        } else {
            outcomes.forEach(tell)
        }
        if let lost = Output.undelivered { throw lost }
        if !outcomes.allSatisfy(\.isTaken) { throw ExitCode(Failure.Code.checkFailed.exitStatus) }
    }

    private func tell(_ outcome: ImageBuild.Outcome) {
        Output.result(CheckText.text(outcome.after, verbose: isVerbose, width: Output.width))
        for text in outcome.byHand { Output.result("  by hand  \(text)") }
        for product in outcome.products {
            let ids = product.providers.joined(separator: ", ")
            Output.result("  \(product.path): \(outcome.changes.count + outcome.additions) changes, for \(ids)")
        }
    }

    private func boot(_ session: Session) -> ImageBuild.Boot {
        let boots = ImageBoots(
            firmware: nil, timeout: nil, folder: "\(session.cache)/boot-test",
            tell: { [isJSON] in if !isJSON { Output.error($0) } })
        let output = output
        return { disk, facts in try ImageBoots.judge(try await boots.run(disk, facts), output) }
    }

    /// The time that documents state: SOURCE_DATE_EPOCH, or now (reproducible-builds.org/specs/source-date-epoch).
    private static func created(_ session: Session) throws -> String {
        guard let text = session.environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return Timestamp.now() }
        guard let seconds = Int64(text), seconds >= 0 else {
            throw Failure(.usage, "SOURCE_DATE_EPOCH is no number of seconds", place: Printable.line(text))
        }
        return Timestamp.text(seconds)
    }
}
