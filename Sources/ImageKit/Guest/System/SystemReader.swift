public import Documents
public import FileSystems

/// Reads what system a guest is: os-release(5), the machine its programs are for, clock, locale, SELinux, firewalls, repositories.
public struct SystemReader: Sendable {
    let tree: GuestTree

    public init(_ tree: GuestTree) { self.tree = tree }

    public func facts() -> SystemFacts {
        var facts = SystemFacts(unknown: "it was not read")
        facts.release = release()
        facts.issue = .reading { () throws(Failure) -> Fact<String> in
            guard let file = try tree.lines(of: "/etc/issue"),
                let line = file.lines.first(where: { !$0.trimmed.isEmpty })
            else { return .absent([Evidence("/etc/issue")]) }
            return .known(line.trimmed, [file.evidence(line)])
        }
        let program = Fact<ELFProgram>.reading(elf)
        facts.architecture = program.map { $0.architecture }
        facts.wordSize = program.map { $0.wordSize }
        facts.initProgram = .reading { () throws(Failure) -> Fact<String> in
            for path in Self.initPrograms {
                if let found = try tree.find(path), found.status.kind == .file {
                    return .known(found.path, [Evidence(path)])
                }
            }
            return .absent(Self.initPrograms.map { Evidence($0) })
        }
        for folder in ["/bin", "/lib", "/lib64", "/sbin"] {
            let link = Fact<String>.reading { () throws(Failure) -> Fact<String> in
                try tree.linkTarget(folder).map { .known($0, [Evidence(folder)]) } ?? .absent([Evidence(folder)])
            }
            if case .absent = link { continue }
            facts.mergedFolders[folder] = link
        }
        facts.clocks = .reading { () throws(Failure) -> Fact<[ClockProgram]> in
            .known(try ClockReader(tree).programs())
        }
        facts.hardwareClock = .reading(hardwareClock)
        facts.timezone = .reading(timezone)
        facts.locale = .reading { () throws(Failure) -> Fact<String> in
            for path in ["/etc/locale.conf", "/etc/default/locale"] {
                guard let file = try tree.lines(of: path) else { continue }
                let assignments = ShellAssignments(file)
                if let entry = assignments.entry("LANG") { return .known(entry.value, [assignments.evidence(entry)]) }
            }
            return .absent([Evidence("/etc/locale.conf"), Evidence("/etc/default/locale")])
        }
        facts.selinux = selinux()
        facts.firewalls = .reading { () throws(Failure) -> Fact<[Firewall]> in
            .known(try FirewallReader(tree).firewalls())
        }
        facts.repositories = .reading { () throws(Failure) -> Fact<[PackageRepository]> in
            .known(try RepositoryReader(tree).repositories())
        }
        return facts
    }

    /// What the kernel tries if nobody names another (init/main.c).
    static let initPrograms = ["/sbin/init", "/etc/init", "/bin/init", "/usr/sbin/init"]

    /// The file is read from /etc, else from /usr/lib.
    private func release() -> [String: Fact<String>] {
        var fields: [String: Fact<String>] = [:]
        do throws(Failure) {
            for path in ["/etc/os-release", "/usr/lib/os-release"] {
                guard let file = try tree.lines(of: path) else { continue }
                let assignments = ShellAssignments(file)
                for entry in assignments.entries.prefix(100) {
                    fields[entry.key] = .known(entry.value, [assignments.evidence(entry)])
                }
                break
            }
        } catch {
            for key in ["ID", "VERSION_ID", "NAME", "PRETTY_NAME"] { fields[key] = .unknown(error.inWords) }
        }
        return fields
    }

    /// Of the shell, or what else every guest has.
    private func elf() throws(Failure) -> Fact<ELFProgram> {
        let paths = ["/usr/bin/bash", "/bin/bash", "/usr/lib/systemd/systemd", "/sbin/init", "/bin/sh", "/bin/busybox"]
        for path in paths {
            guard let found = try tree.find(path), found.status.kind == .file,
                let program = ELFProgram(try tree.beginning(of: found, limit: 64))
            else { continue }
            return .known(program, [Evidence(found.path)])
        }
        return .absent(paths.map { Evidence($0) })
    }

    /// adjtime_config(5).
    private func hardwareClock() throws(Failure) -> Fact<String> {
        guard let file = try tree.lines(of: "/etc/adjtime") else { return .absent([Evidence("/etc/adjtime")]) }
        guard file.lines.count >= 3 else { return .absent([Evidence(file.path)]) }
        let line = file.lines[2]
        return line.trimmed.isEmpty ? .absent([file.evidence(line)]) : .known(line.trimmed, [file.evidence(line)])
    }

    /// localtime(5): the link's target names the zone; Debian's /etc/timezone does where it is a copy.
    private func timezone() throws(Failure) -> Fact<String> {
        let path = "/etc/localtime"
        if let target = try tree.linkTarget(path), let found = target.firstRange(of: "zoneinfo/") {
            var zone = target[found.upperBound...]
            for prefix in ["posix/", "right/"] where zone.hasPrefix(prefix) { zone = zone.dropFirst(prefix.count) }
            return .known(String(zone), [Evidence(path, text: target)])
        }
        if let file = try tree.lines(of: "/etc/timezone"), let line = file.lines.first(where: { !$0.trimmed.isEmpty }) {
            return .known(line.trimmed, [file.evidence(line)])
        }
        if let found = try tree.find(path), found.status.kind == .file {
            return .unknown("\(path) is a copy, and says no zone's name")
        }
        return .absent([Evidence(path)])
    }

    private func selinux() -> SELinux {
        let path = "/etc/selinux/config"
        let settings = Fact<[String: String]>.reading { () throws(Failure) -> Fact<[String: String]> in
            guard let file = try tree.lines(of: path) else { return .absent([Evidence(path)]) }
            let assignments = ShellAssignments(file)
            return .known(
                Dictionary(assignments.entries.map { ($0.key, $0.value) }) { $1 },
                assignments.entries.map(assignments.evidence))
        }
        func setting(_ key: String) -> Fact<String> {
            switch settings {
            case .known(let values, let evidence):
                let lines = evidence.filter { $0.text?.hasPrefix(key + "=") ?? false }
                guard let value = values[key] else { return .absent([Evidence(path)]) }
                return .known(value.asciiLowercased.trimmingBlanks, lines)
            case .absent(let evidence): return .absent(evidence)
            case .unknown(let why): return .unknown(why)
            }
        }
        let policy = setting("SELINUXTYPE")
        return SELinux(
            mode: setting("SELINUX"), policy: policy,
            hasPolicy: .reading { () throws(Failure) -> Fact<Bool> in
                let folder = "/etc/selinux/\(policy.value ?? "targeted")/policy"
                let found = try tree.list(folder).first { $0.hasPrefix("policy.") }
                return .known(found != nil, [Evidence(found.map { folder + "/" + $0 } ?? folder)])
            })
    }
}

/// What an ELF header tells: System V ABI, "ELF Header"; machines of elf.h.
struct ELFProgram: Sendable, Equatable, Codable {
    let wordSize: Int
    let architecture: String

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 20, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]), bytes[4] == 1 || bytes[4] == 2 else {
            return nil
        }
        wordSize = bytes[4] == 2 ? 64 : 32
        let isBig = bytes[5] == 2
        let machine = isBig ? Int(bytes[18]) << 8 | Int(bytes[19]) : Int(bytes[19]) << 8 | Int(bytes[18])
        switch machine {
        case 3: architecture = "i386"
        case 62: architecture = "x86_64"
        case 183: architecture = "aarch64"
        case 40: architecture = "arm"
        case 243: architecture = wordSize == 64 ? "riscv64" : "riscv32"
        case 258: architecture = wordSize == 64 ? "loongarch64" : "loongarch32"
        case 21: architecture = isBig ? "ppc64" : "ppc64le"
        case 22: architecture = wordSize == 64 ? "s390x" : "s390"
        case 8: architecture = wordSize == 64 ? "mips64" : "mips"
        // Sunway, as openEuler's port has it.
        case 0x9916: architecture = "sw_64"
        default: architecture = "machine \(machine)"
        }
    }
}

extension Fact {
    /// Another value with the same evidence.
    func map<Other>(_ body: (Value) -> Other) -> Fact<Other> {
        switch self {
        case .known(let value, let evidence): .known(body(value), evidence)
        case .absent(let evidence): .absent(evidence)
        case .unknown(let why): .unknown(why)
        }
    }
}
