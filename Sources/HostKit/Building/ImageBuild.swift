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
    /// In which it is written; nil for what the output's ending says.
    public var format: TargetFormat?
    /// Ids of those whose rules it must pass.
    public var providers: [String]
    /// Installed by the guest's own package manager.
    public var packages: [String]
    /// Where they come from instead of the guest's own repositories, if any are named.
    public var repositories: [GuestRepository]
    /// How the guest is changed; nil: as it can be.
    public var way: Way?
    /// Where it is kept how virtual machines are started here.
    public var machines: String
    /// What people ask for beside the rules and packages.
    public var recipe: Recipe
    /// `eulerpublisher-builder`, an absolute path.
    public var builder: String
    /// Our version, and the time in RFC 3339 that documents about the image state.
    public var tool: String
    public var created: String
    /// Starts the new disk before it has its name, and throws what was wrong with it; nil if it is not to be started.
    public var boot: Boot?
    public typealias Boot = @Sendable (_ disk: String, _ facts: ImageFacts) async throws -> Void
    /// Told of each step, in words for people; any thread.
    public var report: @Sendable (String) -> Void

    public init(
        image: String, output: String, format: TargetFormat? = nil, providers: [String], packages: [String],
        repositories: [GuestRepository] = [], recipe: Recipe = Recipe(),
        way: Way? = nil, machines: String,
        builder: String, tool: String, created: String, boot: Boot? = nil,
        report: @escaping @Sendable (String) -> Void
    ) {
        (self.image, self.output, self.providers) = (image, output, providers)
        (self.format, self.recipe) = (format, recipe)
        (self.packages, self.repositories, self.way, self.machines) = (packages, repositories, way, machines)
        (self.builder, self.tool, self.created, self.boot) = (builder, tool, created, boot)
        self.report = report
    }

    /// One image that was made, for those providers who agree about it.
    public struct Outcome: Sendable {
        /// What the rules say of it, and of its files once they are written.
        public var after: Examination
        /// All that was changed, in order.
        public var changes: [Remediation] = []
        /// How many files, users and packages were put in beside those.
        public var additions = 0
        /// What people have to do.
        public var byHand: [String] = []
        /// Its files; none if it is not taken.
        public var products: [BuildProduct] = []

        /// Whether every rule of severity error was answered, and passes.
        public var isTaken: Bool { after.errors == 0 && after.unanswered.isEmpty }
    }

    /// One image for all who agree; where two rules contradict each other, one for each side, and the report says why.
    /// - Throws: `Failure`, with nothing written under any output's name; nor is it if an outcome is not taken.
    public func run(_ executor: Executor) async throws -> [Outcome] {
        if let wrong = packages.first(where: { $0.isEmpty || $0.hasPrefix("-") }) {
            throw Failure(
                .usage, "this is no package's name: \(wrong.isEmpty ? "nothing" : Printable.line(wrong))",
                hint: "name packages as the guest's repositories call them")
        }
        let naming = try BuildProduct.Naming(self, executor)
        report("read \(image)")
        let tool = try Program.qemuImage(search: Program.search)
        let source = try await SoundSource.checked(image, try executor.disk(of: image), qemuImage: tool)
        let work = try WorkFolder(in: folder, named: ".eulerpublisher-build")
        do {
            return try await run(executor, naming, tool, source, work)
        } catch let failure as Failure {
            throw failure.lacksRoom(in: work.path, named: folder)
        }
    }

    /// Where the output is written, and all that becomes of it before.
    var folder: String {
        let folder = output.lastIndex(of: "/").map { String(output[..<$0]) } ?? "."
        return folder.isEmpty ? "/" : folder
    }

    private func run(
        _ executor: Executor, _ naming: BuildProduct.Naming, _ tool: Program, _ source: QemuImage, _ work: WorkFolder
    ) async throws -> [Outcome] {
        let working = WorkingDisks(source: source, tool: tool, work: work)
        async let first = working.make(1)
        let before = try await executor.examine(image: image, providers: providers, market: false)
        try SoundSource.refuseCut(before.facts, image)
        _ = try await first
        // While the guest's programs run, which leave a processor free.
        async let origin = Self.digest(image)
        let making = ImageMaking(build: self, executor: executor, before: before, working: working)
        var groups = [providers]
        var made: [(outcome: Outcome, disk: String)] = []
        while made.count < groups.count {
            do {
                made.append(try await making.disk(for: groups[made.count], number: made.count + 1))
            } catch let disagreement as Remedies.Disagreement {
                try split(&groups, at: made.count, disagreement)
                // A later round may have found it, when the rules of those who leave were followed already.
                working.discard(made.count + 1)
            }
        }
        guard made.allSatisfy(\.outcome.isTaken) else { return made.map(\.outcome) }
        if let boot {
            for (outcome, disk) in made {
                report("start it")
                try await boot(disk, outcome.after.facts)
            }
        }
        var names: [(path: String, name: String)] = []
        for (number, group) in groups.enumerated() {
            for product in try naming.products(of: group, isOnly: groups.count == 1, report) {
                let file = work.file("product\(names.count)")
                report("write \(product.path)")
                let digest = try await making.write(product, made[number].disk, &made[number].outcome, to: file)
                guard made[number].outcome.isTaken else {
                    // None of them gets its name.
                    for index in made.indices { made[index].outcome.products = [] }
                    return made.map(\.outcome)
                }
                let documents = BuildDocuments(
                    build: self, outcome: made[number].outcome, product: product, source: try await origin,
                    digest: digest)
                names.append((try Self.write(documents.bill, file + ".bill"), product.billPath))
                names.append((try Self.write(documents.provenance, file + ".provenance"), product.provenancePath))
                names.append((file, product.path))
            }
        }
        try Task.checkCancellation()
        try Self.name(names)
        return made.map(\.outcome)
    }

    /// The provider that came second goes on to the next image.
    /// - Throws: `Failure` naming both rules if one provider contradicts itself.
    private func split(_ groups: inout [[String]], at number: Int, _ disagreement: Remedies.Disagreement)
        throws(Failure)
    {
        let (stays, goes) = (disagreement.one.provider, disagreement.other.provider)
        guard !stays.isEmpty else {
            throw Failure(
                .conflict, disagreement.reason,
                hint: goes.isEmpty
                    ? "leave one of both out" : "leave that out of the recipe, or build without --for \(goes)")
        }
        guard stays != goes else {
            throw Failure(
                .conflict, disagreement.reason, place: image,
                hint: "no image can be both: report it to \(goes)'s authors")
        }
        report("\(disagreement.reason): \(stays) and \(goes) get an image each")
        groups[number].removeAll { $0 == goes }
        if number + 1 == groups.count { groups.append([]) }
        groups[number + 1].append(goes)
    }

    /// Beside all else, since it reads the whole file; ends soon after it is cancelled.
    static func digest(_ path: String) async throws -> Digest { try Digest.sha256(ofFile: path) }

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
