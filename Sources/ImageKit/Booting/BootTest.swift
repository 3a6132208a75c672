public import Documents
import Glibc
public import Programs

/// A boot of a disk image that changes nothing of it: what to boot, and what to ask of it.
///
/// The machine's writes go to a copy-on-write file in a private folder; its network leads nowhere but from one port of loopback to
/// its SSH server. Nothing is left when it ends, fails, or is killed.
public struct BootTest: Sendable {
    public var image: QemuImage
    public var machine: MachineKind
    public var firmware: Firmware
    /// Seconds until a guest that neither came up nor failed is given up; nil: 600 of an emulated one, 120 with KVM.
    public var timeout: Double?
    /// Why the guest can't be logged in to; nil: cloud-init is there and reads a seed disc.
    public var unasked: String?
    /// The partition that the root is in, and whether cloud-init will grow it; nil: that is not known.
    public var rootSize: UInt64?
    public var grows: Bool?
    /// Whether a kernel is told to speak on a serial line; nil: that is not known.
    public var speaks: Bool?

    /// From what a reader found in the image.
    /// - Parameter path: of the image's file.
    /// - Throws: `Failure`: refused if the image is for a machine that can't be booted here, or its format is unknown.
    public init(_ path: String, facts: ImageFacts, firmware: Firmware) throws(Failure) {
        image = try QemuImage(path, facts.disk)
        machine = try Self.machine(facts, path)
        self.firmware = firmware
        guard firmware == .uefi || machine == .x86 else {
            throw Failure(
                .usage, "a machine of \(machine.rawValue) has no BIOS", place: path, hint: "use --firmware uefi")
        }
        let cloudInit = facts.cloudInit
        if cloudInit?.program.value == nil {
            unasked = "no cloud-init is in the image"
        } else if let how = cloudInit?.disabled.value {
            unasked = "cloud-init is switched off: \(how)"
        } else if let sources = cloudInit?.datasources.value, !sources.contains(where: { $0.hasPrefix("NoCloud") }) {
            unasked = "cloud-init's datasource_list has no NoCloud, so that no seed disc is read"
        }
        let root = facts.mounts?.mounts.value?.first { $0.point == "/" }
        rootSize = facts.partitions?.partitions.value?.first { $0.number == root?.partition }?.size
        if let cloudInit, let modules = cloudInit.modules.value {
            grows =
                modules.contains("growpart") && modules.contains("resizefs")
                && !["off", "false"].contains(cloudInit.growMode.value ?? "auto")
        }
        if let entries = facts.boot?.defaultEntries, !entries.isEmpty {
            let serial = machine.serial
            speaks = entries.contains { $0.values(of: "console").contains { $0.hasPrefix(serial) } }
        }
    }

    private static func machine(_ facts: ImageFacts, _ path: String) throws(Failure) -> MachineKind {
        let names = [
            facts.system?.architecture.value, facts.kernels?.kernels.value?.first?.architecture.value,
            facts.boot?.efi.value?.first { $0.isFallback }?.architecture,
        ].compactMap(\.self)
        if let kind = names.lazy.compactMap(MachineKind.init).first { return kind }
        if let name = names.first {
            throw Failure(.refused, "images for \(name) can't be booted here", place: path)
        }
        // A disk that nothing is known of boots by BIOS or not at all.
        return .x86
    }

    /// The firmwares that an image says it starts by; BIOS of one that says nothing.
    public static func firmwares(of facts: ImageFacts) -> [Firmware] {
        var found: [Firmware] = []
        if facts.boot?.bios.value.map({ $0.core.value != false }) == true { found.append(.bios) }
        if facts.boot?.efi.value?.contains(where: \.isFallback) == true { found.append(.uefi) }
        return found.isEmpty ? [.bios] : found
    }

    /// How long it may take.
    func limit(_ accelerator: Machine.Accelerator) -> Double { timeout ?? (accelerator == .kvm ? 120 : 600) }

    /// Larger than the image, by more than a file system of that size keeps for itself.
    var grownSize: UInt64 {
        let gibibyte: UInt64 = 1 << 30
        let more = max(gibibyte, image.virtualSize / 10)
        return (image.virtualSize + more + gibibyte - 1) / gibibyte * gibibyte
    }

    /// The programs that it needs.
    struct Programs: Sendable {
        let emulator, image, ssh, keys: Program

        /// - Throws: `Failure` (usage) naming the package of the first that is not here.
        init(_ machine: MachineKind, search: String) throws(Failure) {
            let wanted = machine.emulator
            emulator = try Program(
                wanted.name, apt: wanted.apt, dnf: wanted.dnf, search: search,
                or: machine == MachineKind.host ? wanted.others : [])
            image = try Program.qemuImage(search: search)
            ssh = try Program("ssh", apt: "openssh-client", dnf: "openssh-clients", search: search)
            keys = try Program("ssh-keygen", apt: "openssh-client", dnf: "openssh-clients", search: search)
        }
    }

    /// Boots the image, asks what can be asked, and switches it off.
    /// - Parameters:
    ///   - folder: on a file system with room for what the guest writes; a private folder is made in it and removed.
    ///   - heard: each mark, when it comes.
    /// - Returns: also of a boot that failed.
    /// - Throws: `CancellationError`; `Failure` if the machine can't be made: a program is missing (usage), no room.
    public func run(
        in folder: String, heard: @escaping @Sendable (Timeline.Event) -> Void
    ) async throws -> BootReport {
        let programs = try Programs(machine, search: Program.search)
        let files = firmware == .uefi ? try FirmwareFiles.find(machine) : nil
        let accelerator = try await Acceleration.chosen(for: machine, emulator: programs.emulator, folder: folder)
        var attempts = 3
        while true {
            attempts -= 1
            let work = try WorkFolder(in: folder, named: "boot")
            var run = try await BootRun(self, programs, files, accelerator, work, heard)
            do { return try await run.report() } catch let failure as Failure where failure.retryable == true {
                // Somebody took the port between the question for a free one and its use.
                guard attempts > 0 else { throw failure }
            }
        }
    }
}
