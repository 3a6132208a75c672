public import Changing
public import Conversion
import Digest
public import Documents
public import Execution
import Files
import Glibc
import Programs

/// One disk image made into one that providers take: changed in a copy, judged again by the same rules, and only then given
/// its name. The image that it is made from is read and never written.
public struct ImageBuild: Sendable {
    /// As the user named them.
    public var image: String
    public var output: String
    /// Ids of those whose rules it must pass.
    public var providers: [String]
    /// Installed by the guest's own package manager.
    public var packages: [String]
    /// Where they come from instead of the guest's own repositories, if any are named.
    public var repositories: [GuestRepository]
    /// `eulerpublisher-builder`, an absolute path.
    public var builder: String
    /// Our version, and the time in RFC 3339 that documents about the image state.
    public var tool: String
    public var created: String
    /// Starts the new disk before it has its name, and throws what was wrong with it; nil if it is not to be started.
    public var boot: Boot?
    public typealias Boot = @Sendable (_ disk: String, _ facts: ImageFacts) async throws -> Void
    /// What reads a file that was made.
    public var read: Conversion.Reader
    /// Told of each step, in words for people; any thread.
    public var report: @Sendable (String) -> Void

    public init(
        image: String, output: String, providers: [String], packages: [String], repositories: [GuestRepository] = [],
        builder: String, tool: String, created: String, boot: Boot? = nil, read: @escaping Conversion.Reader,
        report: @escaping @Sendable (String) -> Void
    ) {
        (self.image, self.output, self.providers) = (image, output, providers)
        (self.packages, self.repositories) = (packages, repositories)
        (self.builder, self.tool, self.created, self.boot) = (builder, tool, created, boot)
        (self.read, self.report) = (read, report)
    }

    public struct Outcome: Sendable {
        public var after: Examination
        /// All that was changed, in order.
        public var changes: [Remediation] = []
        /// What people have to do.
        public var byHand: [String] = []

        /// Whether every rule of severity error was answered, and passes.
        public var isTaken: Bool { after.errors == 0 && after.unanswered.isEmpty }
    }

    /// Rules speak of what others brought: of cloud-init's configuration once cloud-init is there.
    private static let rounds = 4

    /// - Throws: `Failure`, with nothing written under the output's name; nor is it if the outcome is not taken.
    public func run(_ executor: Executor) async throws -> Outcome {
        guard let format = TargetFormat(fileName: output) else {
            throw Failure(
                .usage, "the ending of this name is no format's", place: output,
                hint: "one of .qcow2, .raw, .img, .vhd, .vmdk")
        }
        for path in [output, BuildDocuments.billPath(output), BuildDocuments.provenancePath(output)]
        where File.exists(path) {
            throw Failure(
                .conflict, "this file is there already", place: path, hint: "name another, or remove it first")
        }
        report("read \(image)")
        async let origin = Self.digest(image)
        let before = try await executor.examine(image: image, providers: providers, market: false)
        let tool = try Program.qemuImage(search: Program.search)
        let source = try await SoundSource.checked(image, before.facts.disk, qemuImage: tool)
        let volumes = try ChangeRequest.Volume.all(of: before.facts, image)
        guard let architecture = before.facts.system?.architecture.value else {
            throw Failure(.refused, "the architecture of the guest's programs can't be told", place: image)
        }
        let folder = output.lastIndex(of: "/").map { String(output[..<$0]) } ?? "."
        let work = try WorkFolder(in: folder.isEmpty ? "/" : folder, named: ".eulerpublisher-build")
        let (overlay, disk) = (work.file("overlay.qcow2"), work.file("disk.qcow2"))
        var remedies = try Remedies(before)
        let isGrown = remedies.leastSize > source.virtualSize
        try await tool.succeed(
            ["create", "-q", "-f", "qcow2", "-F", source.driver, "-b", try source.word(), overlay]
                + (isGrown ? ["\(remedies.leastSize)"] : []))
        var outcome = Outcome(after: before)
        for round in 1...Self.rounds {
            let isFirst = round == 1
            let request = ChangeRequest(
                image: isFirst ? overlay : disk, folder: work.file("mnt"), architecture: architecture,
                volumes: volumes, changes: remedies.changes,
                packages: isFirst ? packages : [], repositories: repositories, sanitises: true,
                growsTable: isFirst && isGrown && before.facts.partitions?.table.value == .gpt)
            mkdir(request.folder, 0o700)
            defer { rmdir(request.folder) }
            let byHand = try await BuilderProcess.carryOut(request, executable: builder, report: report)
            outcome.changes += remedies.changes.filter { !outcome.changes.contains($0) }
            outcome.byHand = remedies.byHand + byHand
            if isFirst {
                // Whole, since a reader opens no file that names another.
                try await tool.succeed(["convert", "-f", "qcow2", "-O", "qcow2", overlay, disk])
                unlink(overlay)
            }
            report("check")
            outcome.after = try await executor.examine(image: disk, providers: providers, market: false)
            let more = try Remedies(outcome.after)
            if more.changes.allSatisfy(remedies.changes.contains) { break }
            remedies = more
        }
        guard outcome.isTaken else { return outcome }
        if let boot {
            report("start it")
            try await boot(disk, outcome.after.facts)
        }
        report("write \(output)")
        let product = work.file("product")
        _ = try await Conversion(try QemuImage(disk, outcome.after.facts.disk), to: product, format).run(read: read)
        let documents = BuildDocuments(
            build: self, outcome: outcome, source: try await origin, product: try await Self.digest(product))
        try Task.checkCancellation()
        try Self.name([
            (try Self.write(documents.bill, work.file("bill")), BuildDocuments.billPath(output)),
            (try Self.write(documents.provenance, work.file("provenance")), BuildDocuments.provenancePath(output)),
            (product, output),
        ])
        return outcome
    }

    /// Beside all else, since it reads the whole file; ends soon after it is cancelled.
    private static func digest(_ path: String) async throws -> Digest { try Digest.sha256(ofFile: path) }

    private static func write(_ document: JSON, _ path: String) throws -> String {
        let file = try File(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        try file.write([UInt8](try DocumentCoding.encode(document, pretty: true)) + [0x0a])
        return path
    }

    /// Gives finished files their names, the image last: who sees it sees its documents as well.
    /// - Throws: `Failure` if one of the names was taken meanwhile; then none of them is given.
    private static func name(_ files: [(path: String, name: String)]) throws {
        var given: [String] = []
        for (path, name) in files {
            // A file system without links: FAT, and what some machines share with their guests.
            let isNamed = link(path, name) == 0 || errno != EEXIST && !File.exists(name) && rename(path, name) == 0
            guard isNamed else {
                let failure = File.failure("name", name)
                for name in given { unlink(name) }
                throw failure
            }
            given.append(name)
        }
    }
}
