import CSystem
public import Documents
import Glibc
import Programs

/// Programs of another architecture than this machine's, run by qemu in this process's own user namespace: the machine's table of
/// formats stays as it is. A user namespace has a table of its own from Linux 6.7 on (Documentation/admin-guide/binfmt-misc.rst).
public enum ForeignPrograms {
    /// What an ELF file begins with, and which bits of it count: e_ident, then e_type without its lowest bit, then e_machine
    /// (System V ABI, chapter 4).
    private static let head = #"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00"#
    private static let mask = #"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"#
    private static let machines = [
        "x86_64": #"\x3e\x00"#, "aarch64": #"\xb7\x00"#, "riscv64": #"\xf3\x00"#, "loongarch64": #"\x02\x01"#,
    ]

    /// This machine's architecture, as `uname -m` has it.
    static var own: String {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// Why programs of that architecture can't be run on this machine, as far as can be told without trying; nil if they can.
    public static func refusal(_ architecture: String) -> Failure? {
        guard architecture != own else { return nil }
        guard machines[architecture] != nil else {
            return Failure(.refused, "programs of \(Printable.line(architecture)) cannot be run on \(own)")
        }
        do { _ = try Command.path("qemu-\(architecture)-static") } catch { return error }
        var name = utsname()
        uname(&name)
        let release = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        if numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 7) { return nil }
        if access("/proc/sys/fs/binfmt_misc/qemu-\(architecture)", F_OK) == 0 { return nil }
        return Failure(
            .refused, "Linux \(Printable.line(release)) has no table of formats of a build's own",
            hint: "use Linux 6.7 or later, or install qemu-user-static and register it (binfmt-support)")
    }

    /// Has the kernel run that architecture's programs through qemu, in this user namespace and no other.
    /// - Parameters:
    ///   - architecture: the guest's; this machine's own needs nothing.
    ///   - folder: an empty one, where the table is mounted.
    /// - Throws: `Failure` if there is no qemu for it, or the kernel has no such tables.
    static func register(_ architecture: String, in folder: String) throws(Failure) {
        guard architecture != own else { return }
        guard let machine = machines[architecture] else {
            throw Failure(.refused, "programs of \(Printable.line(architecture)) cannot be run on \(own)")
        }
        let emulator = try Command.path("qemu-\(architecture)-static")
        mkdir(folder, 0o700)
        let mounted = eps_mount("binfmt_misc", folder, "binfmt_misc", 0, nil)
        guard mounted == 0 else {
            // An older kernel, on which root has registered it for the whole machine.
            if access("/proc/sys/fs/binfmt_misc/qemu-\(architecture)", F_OK) == 0 { return }
            throw Failure(
                .refused,
                "this kernel has no table of formats of this build's own: \(String(cString: strerror(-mounted)))",
                hint: "use Linux 6.7 or later, or install qemu-user-static and register it (binfmt-support)")
        }
        // F: the emulator is opened now, since the guest has none.
        let line = Array(":eulerpublisher:M::\(head)\(machine):\(mask):\(emulator):F".utf8)
        let file = open("\(folder)/register", O_WRONLY | O_CLOEXEC)
        defer { close(file) }
        guard file >= 0, write(file, line, line.count) == line.count else {
            throw .guest("qemu cannot be registered", emulator, errno)
        }
    }
}
