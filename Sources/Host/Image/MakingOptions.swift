public import ArgumentParser
import CSystem
public import Conversion
import Documents
import Execution
import Glibc
import Images
import Programs
import Reports

extension TargetFormat: ExpressibleByArgument {}

/// What verbs share that make one image's file of another's.
struct MakingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "qcow2 (zlib), qcow2-zstd, raw (sparse), vhd (fixed, whole MiB), vmdk (streamOptimized). Default: what the "
                + "output's ending says.", valueName: "format"))
    var format: TargetFormat?
    @Flag(help: "Replaces a file that stands there.") var force = false
    @Flag(help: "What was made as a JSON document.") var json = false

    /// - Throws: `Failure` (usage) if neither says it.
    func format(of output: String) throws -> TargetFormat {
        if let format = format ?? TargetFormat(fileName: output) { return format }
        throw Failure(
            .usage, "the name's ending says no format", place: output,
            hint: "use --format, or end it in .qcow2, .raw, .img, .vhd or .vmdk")
    }

    /// A line that is drawn again and again, on a terminal.
    func progress() -> @Sendable (Double) -> Void {
        guard !json, eps_terminal_width(STDOUT_FILENO) > 0 else { return { _ in } }
        return { Output.raw("\r  \(Int($0 * 100)) %\u{1B}[K") }
    }

    func tell(_ result: Conversion.Result, of image: String) throws {
        if json { return try Output.document(of: result) }
        if eps_terminal_width(STDOUT_FILENO) > 0 { Output.raw("\r\u{1B}[K") }
        Output.result(ConversionText.text(result, of: image))
    }
}

/// An image that is read and found sound, with what reads what is made of it.
struct SoundImage {
    let facts: ImageFacts
    let source: QemuImage
    let read: Conversion.Reader

    /// - Throws: `Failure` if it is damaged, or a program is missing.
    init(_ path: String, _ session: Session) async throws {
        let executable = ImageReader.executable(beside: session.workerExecutable)
        facts = try ImageReader(path, executable: executable).facts()
        source = try await SoundSource.checked(
            path, facts.disk, qemuImage: Program.qemuImage(search: Program.search))
        try SoundSource.refuseCut(facts, path)
        read = { try ImageReader($0, executable: executable).disk() }
    }
}
