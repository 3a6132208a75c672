import Booting
import Changing
import Documents
import Programs
import Synchronization

/// The guest's programs run by its own kernel in a virtual machine, for one request: the guest is mounted for edits and started for
/// commands in turn, since a disk cannot be both.
struct GuestMachine {
    let builder: String
    let work: WorkFolder
    /// Where it is kept how machines are started here.
    let folder: String
    let report: @Sendable (String) -> Void

    /// Passes of edits, each after commands that had to run first.
    private static let passes = 32

    /// - Returns: what is left to people.
    /// - Throws: `Failure` of the command that failed, or of a guest that cannot be started; `CancellationError`.
    func carryOut(_ request: ChangeRequest, _ facts: ImageFacts) async throws -> [String] {
        guard let kind = MachineKind(rawValue: request.architecture) else {
            throw Failure(.refused, "no virtual machine of \(Printable.line(request.architecture)) can be started here")
        }
        guard let entry = facts.boot?.defaultEntries.first(where: { $0.hasKernel && $0.missingInitramfs.isEmpty })
        else {
            throw Failure(
                .refused, "which kernel the guest starts by itself can't be told", place: request.image,
                hint: "see: eulerpublisher image inspect")
        }
        var request = request
        request.machine = MachineStart(kernel: entry.kernel, initramfs: entry.initramfs, folder: work.path)
        // Edits are made again in each pass, and told once.
        let (told, report) = (Told(), report)
        for _ in 0..<Self.passes {
            let reply = try await BuilderProcess.carryOut(request, executable: builder) { step in
                if told.isNew(step) { report(step) }
            }
            guard !reply.commands.isEmpty else { return reply.byHand }
            for command in reply.commands {
                report("in a virtual machine: \(Self.words(command).joined(separator: " "))")
            }
            let run = GuestRun(
                machine: kind, disk: request.image, kernel: work.file("kernel"), initramfs: work.file("initramfs"),
                seed: work.file("seed"), arguments: entry.arguments, program: MachineStart.program,
                hasNetwork: Self.needsNetwork(request, reply.commands))
            try Self.judge(try await run.run(work: work, folder: folder), reply.commands, request)
            request.machine?.done += reply.commands
            // Done in the first pass.
            request.growsTable = false
        }
        throw Failure(.internal, "the guest's programs are asked for without end")
    }

    private static func words(_ command: [String]) -> [String] {
        ([command.first?.split(separator: "/").last.map(String.init) ?? ""] + command.dropFirst()).map(Printable.line)
    }

    /// Packages that come from elsewhere than this machine's folders.
    private static func needsNetwork(_ request: ChangeRequest, _ commands: [[String]]) -> Bool {
        let managers = ["dnf", "yum", "microdnf", "apt-get"]
        let hasPackages = commands.contains { managers.contains(String($0.first?.split(separator: "/").last ?? "")) }
        return hasPackages && (request.repositories.isEmpty || request.repositories.contains { !$0.isFolder })
    }

    private static func judge(
        _ answer: GuestRun.Answer, _ commands: [[String]], _ request: ChangeRequest
    ) throws(Failure) {
        guard case .failed(let number, let status, let words) = answer else { return }
        let command = commands.indices.contains(number - 1) ? Self.words(commands[number - 1]) : ["mount"]
        var failed = FailedProgram(command, status: status, lines: words)
        failed.hide(request.repositories)
        throw failed.failure
    }
}

/// Steps that were told.
private final class Told: Sendable {
    private let steps = Mutex<Set<String>>([])
    func isNew(_ step: String) -> Bool { steps.withLock { $0.insert(step).inserted } }
}
