import CSystem
import Documents
import Files
import Glibc
public import Programs

/// Whether KVM runs guests here, found by letting it run one.
///
/// That /dev/kvm is there says little: some kinds of it start a guest and interpret its instructions one by one, some end the
/// emulator. So a program of a few bytes counts to 200 million and writes one letter: a processor does that in less than a
/// second, an interpreter in minutes.
public enum Acceleration {
    /// Seconds.
    static let patience = 10.0

    /// For x86, a boot sector: counts ECX down, writes `K` to the serial port at 0x3F8, and to the port that ends the emulator.
    private static let sector: [UInt8] = [
        0xFA, 0x66, 0xB9, 0x00, 0xC2, 0xEB, 0x0B, 0x66, 0x49, 0x75, 0xFC, 0xBA, 0xF8, 0x03, 0xB0, 0x4B, 0xEE, 0xBA,
        0x01, 0x05, 0xEE, 0xF4, 0xEB, 0xFD,
    ]
    /// For arm, a kernel without a header: counts X1 down, writes `K` to the serial port at 0x9000000, and calls PSCI's SYSTEM_OFF.
    private static let program: [UInt8] = [
        0x00, 0x20, 0xA1, 0xD2, 0x01, 0x40, 0x98, 0xD2, 0x61, 0x7D, 0xA1, 0xF2, 0x21, 0x04, 0x00, 0xF1, 0xE1, 0xFF,
        0xFF, 0x54, 0x62, 0x09, 0x80, 0x52, 0x02, 0x00, 0x00, 0x39, 0x00, 0x01, 0x80, 0x52, 0x00, 0x80, 0xB0, 0x72,
        0x02, 0x00, 0x00, 0xD4, 0x00, 0x00, 0x00, 0x14,
    ]

    /// What to boot a guest with: KVM where it proved itself, else emulation.
    /// - Parameters:
    ///   - folder: where the answer is kept until this machine is started anew.
    /// - Throws: `CancellationError`; `Failure` if the folder can't be written.
    public static func chosen(
        for machine: MachineKind, emulator: Program, folder: String
    ) async throws -> Machine.Accelerator {
        guard MachineKind.host == machine, access("/dev/kvm", R_OK | W_OK) == 0 else { return .tcg }
        var identity = eps_identity()
        _ = eps_identity_of(emulator.path, &identity)
        let start = (try? File("/proc/sys/kernel/random/boot_id", O_RDONLY).read(count: 36, at: 0)) ?? []
        let question = "\(String(decoding: start, as: UTF8.self)) \(emulator.path) \(identity.modified)"
        let memory = "\(folder)/accelerator-\(machine.rawValue)"
        if let kept = try? String(decoding: File.contents(memory, limit: 4096), as: UTF8.self),
            kept.hasPrefix(question + " ")
        {
            return kept.hasSuffix(" kvm\n") ? .kvm : .tcg
        }
        let answer: Machine.Accelerator =
            try await works(.kvm, machine: machine, emulator: emulator, folder: folder) ? .kvm : .tcg
        try? File.replace(memory, with: Array("\(question) \(answer.rawValue)\n".utf8), mode: 0o600)
        return answer
    }

    /// Whether the small program comes to its end in time.
    static func works(
        _ accelerator: Machine.Accelerator, machine: MachineKind, emulator: Program, folder: String
    ) async throws -> Bool {
        let work = try WorkFolder(in: folder, named: "probe")
        let console = work.file("console")
        var arguments =
            ["-no-user-config", "-nodefaults", "-display", "none", "-no-reboot", "-m", "128"] + Machine.sandbox
        arguments += ["-accel", accelerator.rawValue, "-cpu", accelerator == .kvm ? "host" : "max"]
        arguments += ["-chardev", "file,id=console,path=\(Machine.escaped(console))", "-serial", "chardev:console"]
        switch machine {
        case .x86:
            try File.replace(work.file("disk"), with: padded(sector), mode: 0o600)
            arguments += ["-machine", "q35", "-device", "isa-debug-exit"]
            arguments += ["-device", "virtio-blk-pci,drive=disk"]
            arguments += [
                "-drive", "if=none,id=disk,format=raw,readonly=on,file=\(Machine.escaped(work.file("disk")))",
            ]
        case .arm:
            try File.replace(work.file("disk"), with: program, mode: 0o600)
            arguments += ["-machine", "virt", "-kernel", work.file("disk")]
        }
        let running = try RunningProgram(
            emulator, arguments, environment: Program.environment(home: work.path),
            limits: RunningProgram.Limits(file: 1 << 20))
        defer { running.kill() }
        _ = try await running.ended(within: patience)
        return try File.contents(console, limit: 1 << 20).contains(UInt8(ascii: "K"))
    }

    /// A boot sector, and a disk large enough for SeaBIOS to call it one.
    private static func padded(_ code: [UInt8]) -> [UInt8] {
        code + [UInt8](repeating: 0, count: 510 - code.count) + [0x55, 0xAA] + [UInt8](repeating: 0, count: 1 << 20)
    }
}
