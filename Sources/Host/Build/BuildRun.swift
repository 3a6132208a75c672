import ArgumentParser
import Building
import Changing
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

/// One image made for providers, told as it goes; how each command that builds does it.
struct BuildRun {
    let image: String
    let output: String
    let providers: [String]
    let packages: [String]
    let repositories: [GuestRepository]
    var isVerbose = false
    var isJSON = false

    /// - Throws: `Failure`; `ExitCode` of a failed check, if the image is not taken.
    func run(_ session: Session) async throws {
        let isQuiet = isJSON
        let reader = ImageReader.executable(beside: session.workerExecutable)
        let build = ImageBuild(
            image: image, output: output, providers: providers, packages: packages, repositories: repositories,
            builder: session.builderExecutable,
            read: { try ImageReader($0, executable: reader).facts().disk },
            report: { if !isQuiet { Output.error("  \($0)") } })
        let executor = try session.executor(QuietReport())
        let outcome = try await executor.interruption.withTask("the image was built") { try await build.run(executor) }
        if isJSON {
            try Output.document(of: CheckJSON(outcome.after))
        } else {
            Output.result(CheckText.text(outcome.after, verbose: isVerbose, width: Output.width))
            for text in outcome.byHand { Output.result("  by hand  \(text)") }
            if outcome.isTaken {
                Output.result("  \(output): \(outcome.changes.count) changes, for \(providers.joined(separator: ", "))")
            }
        }
        if let lost = Output.undelivered { throw lost }
        if !outcome.isTaken { throw ExitCode(Failure.Code.checkFailed.exitStatus) }
    }
}
