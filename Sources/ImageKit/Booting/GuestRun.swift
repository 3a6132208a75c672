import CSystem
public import Documents
import Files
import Glibc
public import Programs

/// A guest's kernel, started with its own disk to run a program in the place of its first: the disk is written.
///
/// How it went the guest says on a disk without a file system, of which 64 KiB are read. The emulator may start nothing, and its
/// network, if there is one, is the user's own. Nothing is left when it ends, fails or is killed, but what it wrote.
public struct GuestRun: Sendable {
    public var machine: MachineKind
    /// A file of its bytes that this program made: nothing to anybody until it is whole, so it need not be on the disk before.
    public var disk: String
    /// Files of this machine's.
    public var kernel: String
    public var initramfs: String
    /// Seen by the guest under the serial number `ep-seed`.
    public var seed: String
    /// What the image gives its kernel.
    public var arguments: [String]
    /// What the kernel starts, a path of the guest's.
    public var program: String
    public var hasNetwork: Bool

    /// Bytes of an answer.
    private static let answerLimit = 64 << 10
    /// Bytes of a kernel's command line, on the machine that takes the least.
    private static let lineLimit = 2047

    public init(
        machine: MachineKind, disk: String, kernel: String, initramfs: String, seed: String, arguments: [String],
        program: String, hasNetwork: Bool
    ) {
        (self.machine, self.disk, self.kernel, self.initramfs) = (machine, disk, kernel, initramfs)
        (self.seed, self.arguments, self.program, self.hasNetwork) = (seed, arguments, program, hasNetwork)
    }

    /// How the guest's programs ended.
    public enum Answer: Sendable, Equatable {
        case done
        /// The command, from 1 on; 0: before the first.
        case failed(command: Int, status: Int, words: [String])

        /// - Parameter bytes: as the guest wrote them; zeros end them.
        init?(_ bytes: [UInt8]) {
            let lines = bytes.prefix { $0 != 0 }.split { $0 == 0x0a || $0 == 0x0d }.map {
                Printable.line(String(decoding: $0.prefix(1000), as: UTF8.self))
            }
            let words = lines.first?.split(separator: " ") ?? []
            if words == ["done"] {
                self = .done
            } else if words.count == 3, words[0] == "failed", let command = Int(words[1]), let status = Int(words[2]) {
                self = .failed(command: command, status: status, words: Array(lines.dropFirst()))
            } else {
                return nil
            }
        }
    }

    /// - Throws: `Failure` (usage) naming the package if the machine's emulator is not here.
    public static func emulator(_ machine: MachineKind) throws(Failure) -> Program {
        let wanted = machine.emulator
        return try Program(
            wanted.name, apt: wanted.apt, dnf: wanted.dnf, search: Program.search,
            or: machine == MachineKind.host ? wanted.others : [])
    }

    /// Starts it and waits until it has switched itself off.
    /// - Parameters:
    ///   - work: where the machine's console and answer are written.
    ///   - folder: where it is kept how machines are started here; made if it is not there.
    ///   - seconds: it is ended after that long; nil: half an hour of an emulated one, 10 minutes with KVM.
    /// - Throws: `CancellationError`, with the machine ended; `Failure` with the console's last words if it gave no answer.
    public func run(work: WorkFolder, folder: String, within seconds: Double? = nil) async throws -> Answer {
        let emulator = try Self.emulator(machine)
        try File.makeDirectories(folder)
        let accelerator = try await Acceleration.chosen(for: machine, emulator: emulator, folder: folder)
        let (console, answer) = (work.file("console"), work.file("answer"))
        try File.replace(console, with: [], mode: 0o600)
        try File.replace(answer, with: [UInt8](repeating: 0, count: Self.answerLimit), mode: 0o600)
        let running = try RunningProgram(
            emulator, try line(accelerator, console: console, answer: answer),
            environment: Program.environment(home: work.path), limits: RunningProgram.Limits(output: 64 << 10))
        defer { running.kill() }
        let limit = seconds ?? (accelerator == .kvm ? 600 : 1800)
        let begin = eps_monotonic()
        while running.end == nil {
            var status = stat()
            if stat(console, &status) == 0, status.st_size > Timeline.limit {
                throw failure("its console wrote more than \(Timeline.limit >> 20) MiB", console)
            }
            guard Double(eps_monotonic() - begin) / 1e9 < limit else {
                throw failure("it had not ended after \(Int(limit)) s", console)
            }
            _ = try await running.ended(within: 1)
        }
        guard running.end?.isSuccess == true else {
            throw Failure(
                .refused, "the guest's machine failed: \(running.lastWords ?? "without a word")", place: emulator.path)
        }
        guard let said = Answer(try File.contents(answer, limit: Self.answerLimit)) else {
            throw failure("it ended before its programs had", console)
        }
        return said
    }

    private func failure(_ what: String, _ console: String) -> Failure {
        var text = ConsoleText()
        let size = (try? File(console, O_RDONLY).size()) ?? 0
        let tail = (try? File(console, O_RDONLY).read(count: 32 << 10, at: max(0, Int64(size) - (32 << 10)))) ?? []
        _ = text.add(tail)
        let lines = text.lastLines(8).map { "\n  | \($0)" }.joined()
        return Failure(
            .refused, "the guest did not run its programs in a virtual machine: \(what)\(lines)",
            hint: "its initramfs must have virtio_blk, and its kernel must mount its root")
    }

    /// What the kernel is given: the image's own words, but for those that say what is started and where it speaks.
    func commandLine() throws(Failure) -> String {
        let dropped = [
            "quiet", "rhgb", "splash", "console", "init", "panic", "selinux", "enforcing", "BOOT_IMAGE", "initrd",
        ]
        var words = arguments.filter { word in
            let key = String(word.prefix { $0 != "=" })
            return !dropped.contains(key) && !key.hasPrefix("systemd.") && word != "--"
        }
        // A panic ends the machine. Labels are set at the first real start, as after a chroot.
        words += ["console=\(machine.serial)", "panic=-1", "selinux=0", "init=\(program)"]
        let line = words.joined(separator: " ")
        guard line.utf8.count <= Self.lineLimit else {
            throw Failure(.refused, "the kernel's command line has more than \(Self.lineLimit) bytes")
        }
        return line
    }

    /// The emulator's arguments.
    func line(_ accelerator: Machine.Accelerator, console: String, answer: String) throws -> [String] {
        var line = ["-no-user-config", "-nodefaults", "-display", "none", "-no-reboot"] + Machine.sandbox
        line += ["-machine", machine == .x86 ? "q35,graphics=off" : "virt"]
        line += ["-cpu", accelerator == .kvm ? "host" : machine == .arm ? "max,pauth-impdef=on" : "max"]
        line += accelerator == .kvm ? ["-accel", "kvm"] : ["-accel", "tcg,thread=multi"]
        line += ["-smp", "2", "-m", "2048", "-rtc", "base=utc"]
        line += ["-kernel", kernel, "-initrd", initramfs, "-append", try commandLine()]
        line += ["-chardev", "file,id=console,path=\(Machine.escaped(console))", "-serial", "chardev:console"]
        for (name, path) in [("disk", disk), ("seed", seed), ("answer", answer)] {
            let file: JSON = [
                "driver": "file", "node-name": .string("\(name)-file"), "filename": .string(path), "discard": "unmap",
                "cache": ["no-flush": true],
            ]
            let node: JSON = [
                "driver": "raw", "node-name": .string(name), "file": .string("\(name)-file"),
                "discard": "unmap",
            ]
            line += ["-blockdev", try file.text(), "-blockdev", try node.text()]
            let serial = name == "disk" ? "" : ",serial=ep-\(name)"
            line += ["-device", "virtio-blk-pci,drive=\(name)\(serial)"]
        }
        if hasNetwork {
            line += ["-netdev", "user,id=network", "-device", "virtio-net-pci,netdev=network,romfile="]
        }
        return line + ["-object", "rng-builtin,id=random", "-device", "virtio-rng-pci,rng=random"]
    }
}
