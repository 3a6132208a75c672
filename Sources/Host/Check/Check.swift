import ArgumentParser
import Discovery
import Documents
import Execution
import Reports

/// What vendors would refuse about a disk image, before a byte is sent.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks a disk image by the rules of providers: what a vendor would refuse, and why.",
        discussion: """
            The image is read by a process of its own, without root, network or mounting, and once for all providers. \
            Exit status 3 if a rule of severity error failed, or could not be answered.
            """)

    enum Purpose: String, ExpressibleByArgument, CaseIterable { case publish, marketplace }

    @Argument(help: ArgumentHelp("A disk image: qcow2, raw, VHD, VHDX, VMDK; or a block device.", valueName: "image"))
    var image: String
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Whose rules; may be repeated. Default: all that are enabled.", valueName: "id"))
    var provider: [String] = []
    @Option(
        name: .customLong("for"),
        help: "marketplace: also what the vendors' marketplaces ask for, of those that have one.")
    var purpose = Purpose.publish
    @Flag(help: "Facts and findings as a JSON document.") var json = false
    @Option(help: ArgumentHelp("Writes the findings as SARIF 2.1.0.", valueName: "file")) var sarif: String?
    @Option(help: ArgumentHelp("Writes the findings as JUnit XML.", valueName: "file")) var junit: String?
    @Option(help: ArgumentHelp("Writes the findings as an HTML page.", valueName: "file")) var html: String?
    @Flag(name: .shortAndLong, help: "What passed is listed as well.") var verbose = false
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let session = try Session(places)
        let isMarket = purpose == .marketplace
        var ids: [String] = []
        for id in provider where !ids.contains(id) { ids.append(id) }
        if ids.isEmpty { ids = session.providers.judging }
        guard !ids.isEmpty else {
            throw Failure(
                .usage, "no enabled provider has rules about disk images", hint: "see: eulerpublisher provider list")
        }
        // Before the image is read: what can't be written is told at once, and nothing is lost by it.
        let reports = try reports()
        var executor = try session.executor(QuietReport())
        executor.usesLibguestfs = !reading.withoutLibguestfs
        executor.tell = ReadingOptions.tell
        let examination = try await executor.examine(
            image: image, providers: ids, market: isMarket)
        if json {
            try Output.document(of: CheckJSON(examination))
        } else {
            Output.result(CheckText.text(examination, verbose: verbose, width: Output.width))
        }
        for report in reports { try report.file.write(try report.text(examination)) }
        if let lost = Output.undelivered { throw lost }
        if examination.errors > 0 || !examination.unanswered.isEmpty {
            throw ExitCode(Failure.Code.checkFailed.exitStatus)
        }
    }

    private struct Report {
        var file: ReportFile
        var text: (Examination) throws -> String
    }

    /// - Throws: `Failure(.usage)` if one would be written over the image or another, or can't be at all.
    private func reports() throws -> [Report] {
        var reports: [Report] = []
        if let sarif {
            reports.append(
                Report(file: try ReportFile(sarif)) { examination in
                    let document = SARIF.document(examination, version: EulerPublisher.version)
                    let bytes = try DocumentCoding.encode(document, pretty: true)
                    return Printable.json(String(decoding: bytes, as: UTF8.self))
                })
        }
        if let junit { reports.append(Report(file: try ReportFile(junit), text: JUnit.document)) }
        if let html { reports.append(Report(file: try ReportFile(html), text: CheckHTML.page)) }
        try ReportFile.checkApart(reports.map(\.file), image: image)
        return reports
    }
}
