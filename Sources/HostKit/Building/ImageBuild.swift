import Changing
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
    /// `eulerpublisher-builder`, an absolute path.
    public var builder: String
    /// Told of each step, in words for people; any thread.
    public var report: @Sendable (String) -> Void

    public init(
        image: String, output: String, providers: [String], packages: [String], builder: String,
        report: @escaping @Sendable (String) -> Void
    ) {
        (self.image, self.output, self.providers) = (image, output, providers)
        (self.packages, self.builder, self.report) = (packages, builder, report)
    }

    public struct Outcome: Sendable {
        public var before, after: Examination
        /// All that was changed, in order.
        public var changes: [Remediation] = []
        /// What people have to do.
        public var byHand: [String] = []
    }

    /// Rules speak of what others brought: of cloud-init's configuration once cloud-init is there.
    private static let rounds = 4

    /// - Throws: `Failure`, with nothing written under the output's name; `checkFailed` is no failure but in the outcome.
    public func run(_ executor: Executor) async throws -> Outcome {
        let format = try Format(of: output)
        if File.exists(output) {
            throw Failure(
                .conflict, "this file is there already", place: output, hint: "name another, or remove it first")
        }
        report("read \(image)")
        let before = try await executor.examine(image: image, providers: providers, market: false)
        var outcome = Outcome(before: before, after: before)
        let folder = output.lastIndex(of: "/").map { String(output[..<$0]) } ?? "."
        let work = try WorkFolder(in: folder.isEmpty ? "/" : folder, named: ".eulerpublisher-build")
        let tools = try Tools(work)
        var disk = work.file("overlay.qcow2")
        var remedies = try Remedies(before)
        try await tools.overlay(try QemuImage(image, before.facts.disk), disk, leastSize: remedies.leastSize)
        for round in 1...Self.rounds {
            let request = ChangeRequest(
                image: disk, folder: work.file("mnt"), volumes: try ChangeRequest.Volume.all(of: before.facts, image),
                changes: remedies.changes, packages: round == 1 ? packages : [], sanitises: true,
                growsTable: before.facts.partitions?.table.value == .gpt && remedies.leastSize > 0)
            mkdir(request.folder, 0o700)
            defer { rmdir(request.folder) }
            let byHand = try await BuilderProcess.carryOut(request, executable: builder, report: report)
            outcome.changes += remedies.changes
            outcome.byHand = remedies.byHand + byHand
            if round == 1 {
                let flat = work.file("flat.qcow2")
                try await tools.flatten(disk, flat)
                unlink(disk)
                disk = flat
            }
            report("check")
            outcome.after = try await executor.examine(image: disk, providers: providers, market: false)
            let more = try Remedies(outcome.after)
            if more.changes.allSatisfy(remedies.changes.contains) { break }
            remedies = more
        }
        guard outcome.after.errors == 0 else { return outcome }
        report("write \(output)")
        let result = work.file("result")
        try await tools.convert(disk, result, format)
        guard rename(result, output) == 0 else { throw File.failure("name", output) }
        return outcome
    }

    /// By the ending of the output's name.
    enum Format: String, CaseIterable {
        case qcow2, raw, vhd, vmdk

        init(of path: String) throws(Failure) {
            let ending = path.split(separator: "/").last?.split(separator: ".").last.map(String.init) ?? ""
            guard let format = ending == "img" ? .raw : Format(rawValue: ending) else {
                throw Failure(
                    .usage, "the ending of this name is no format's", place: path,
                    hint: "one of .qcow2, .raw, .vhd, .vmdk")
            }
            self = format
        }

        var options: [String] {
            switch self {
            case .qcow2: ["-O", "qcow2", "-c", "-o", "compression_type=zlib"]
            case .raw: ["-O", "raw"]
            case .vhd: ["-O", "vpc", "-o", "subformat=fixed,force_size=on"]
            case .vmdk: ["-O", "vmdk", "-o", "subformat=streamOptimized"]
            }
        }
    }
}

/// qemu-img, for a build.
private struct Tools {
    private let program: Program
    private let environment: [String: String]

    init(_ work: WorkFolder) throws {
        program = try Program("qemu-img", apt: "qemu-utils", dnf: "qemu-img", search: Program.search)
        environment = Program.environment(home: work.path)
    }

    /// Seconds for what copies a whole image.
    private static let patience: Double = 4 * 3600

    /// A layer over an image: what is changed goes there.
    func overlay(_ base: QemuImage, _ path: String, leastSize: UInt64) async throws {
        let size = leastSize > base.virtualSize ? ["\(leastSize)"] : []
        try await run(
            ["create", "-q", "-f", "qcow2", "-F", base.driver, "-b", try base.word(), path] + size)
    }

    func flatten(_ path: String, _ flat: String) async throws {
        try await run(["convert", "-f", "qcow2", "-O", "qcow2", path, flat])
    }

    func convert(_ path: String, _ result: String, _ format: ImageBuild.Format) async throws {
        try await run(["convert", "-f", "qcow2"] + format.options + [path, result])
    }

    private func run(_ arguments: [String]) async throws {
        let answer = try await program.run(arguments, environment: environment, within: Self.patience)
        guard answer.end.isSuccess else {
            throw Failure(
                .refused, "qemu-img \(arguments[0]) failed: \(answer.lastWords ?? "no word")",
                place: arguments.last, hint: "is the disk full?")
        }
    }
}
