public import Documents
import Glibc

/// What starts a machine's disk.
public enum Firmware: String, Sendable, Codable, CaseIterable {
    case bios, uefi

    public var name: String { rawValue.uppercased() }
}

/// Machines that can be booted here, as `uname -m` names them.
public enum MachineKind: String, Sendable, Codable, CaseIterable {
    case x86 = "x86_64"
    case arm = "aarch64"

    /// The emulator and the packages that bring it.
    var emulator: (name: String, apt: String, dnf: String, others: [String]) {
        switch self {
        case .x86: ("qemu-system-x86_64", "qemu-system-x86", "qemu-system-x86-core", ["qemu-kvm"])
        case .arm: ("qemu-system-aarch64", "qemu-system-arm", "qemu-system-aarch64-core", ["qemu-kvm"])
        }
    }

    /// The serial line that the console is on.
    public var serial: String { self == .x86 ? "ttyS0" : "ttyAMA0" }

    /// The machine that this program runs on; nil of another.
    static var host: MachineKind? {
        var names = utsname()
        guard uname(&names) == 0 else { return nil }
        let name = withUnsafeBytes(of: &names.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return MachineKind(rawValue: name)
    }
}

/// UEFI for a virtual machine: its program, and what its variables are at first.
public struct FirmwareFiles: Sendable, Equatable {
    public var code: String
    /// Never written: each machine has a copy.
    public var variables: String

    public init(code: String, variables: String) { (self.code, self.variables) = (code, variables) }

    /// Where distributions put the builds without Secure Boot, which start a loader that nobody signed: Debian (ovmf, qemu-efi-aarch64),
    /// Fedora and openEuler (edk2-ovmf, edk2-aarch64), SUSE, Arch.
    private static func places(_ machine: MachineKind) -> [FirmwareFiles] {
        let pairs: [(String, String)] =
            switch machine {
            case .x86:
                [
                    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
                    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
                    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
                    ("/usr/share/edk2/ovmf/OVMF_CODE_4M.fd", "/usr/share/edk2/ovmf/OVMF_VARS_4M.fd"),
                    ("/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"),
                    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
                ]
            case .arm:
                [
                    ("/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
                    ("/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"),
                    (
                        "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
                        "/usr/share/edk2/aarch64/vars-template-pflash.raw"
                    ),
                    ("/usr/share/qemu/aavmf-aarch64-code.bin", "/usr/share/qemu/aavmf-aarch64-vars.bin"),
                ]
            }
        return pairs.map { FirmwareFiles(code: $0.0, variables: $0.1) }
    }

    /// - Throws: `Failure` (usage) naming the packages if there is none here.
    public static func find(_ machine: MachineKind) throws(Failure) -> FirmwareFiles {
        if let found = places(machine).first(where: {
            access($0.code, R_OK) == 0 && access($0.variables, R_OK) == 0
        }) {
            return found
        }
        throw Failure(
            .usage, "no UEFI for virtual machines of \(machine.rawValue) is here", place: places(machine)[0].code,
            hint: machine == .x86
                ? "install the package ovmf (apt) or edk2-ovmf (dnf)"
                : "install the package qemu-efi-aarch64 (apt) or edk2-aarch64 (dnf)")
    }
}
