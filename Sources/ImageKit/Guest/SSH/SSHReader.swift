public import Documents
public import FileSystems

/// Tells what a guest's sshd does, with sshd's own semantics: the first value counts, an Include counts where it stands, a Match
/// block for those that fit it, `Match all` for everybody and before the rest. sshd_config(5), OpenSSH's servconf.c.
public struct SSHReader: Sendable {
    let tree: GuestTree
    public init(_ tree: GuestTree) { self.tree = tree }

    static let mainFile = "/etc/ssh/sshd_config"

    public func facts() -> SSHFacts {
        let program = Fact<String>.reading { () throws(Failure) in
            guard
                let found = try tree.first(of: [
                    "/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd", "/usr/bin/sshd",
                ])
            else { return .absent([Evidence("/usr/sbin/sshd")]) }
            return .known(found.path, [Evidence(found.path)])
        }
        var version = Fact<String>.absent()
        if let path = program.value {
            version = Fact<String>.reading { () throws(Failure) in try stated(by: path) }
        }
        do throws(Failure) {
            let commandLine = try SSHCommandLine(tree)
            return try facts(program, version, commandLine)
        } catch {
            let why = error.inWords
            let all = SSHKeyword.all.values.filter { !$0.isIgnored }
            return SSHFacts(
                program: program, version: version, files: .unknown(why),
                settings: Dictionary(uniqueKeysWithValues: all.map { ($0.name, .unknown(why)) }),
                matches: .unknown(why), refused: .unknown(why), hostKeys: .unknown(why))
        }
    }

    private func facts(_ program: Fact<String>, _ version: Fact<String>, _ commandLine: SSHCommandLine)
        throws(Failure) -> SSHFacts
    {
        var main = commandLine.file ?? Self.mainFile
        // Where a distribution's own file lies under /usr, it counts until there is one in /etc.
        let vendorFile = "/usr" + Self.mainFile
        if commandLine.file == nil, try tree.find(main) == nil, try tree.find(vendorFile) != nil { main = vendorFile }
        var configuration = SSHConfiguration(tree)
        for line in commandLine.lines {
            guard let parts = SSHLine(line.text), parts.refusal == nil else { continue }
            configuration.set(parts, .outside, line.evidence)
        }
        let isPortGiven = configuration.settings.contains { $0.keyword.name == "port" }
        try configuration.read(main)
        let number = version.value.flatMap(Self.number)
        var settings: [String: Fact<SSHSetting>] = [:]
        for keyword in SSHKeyword.all.values where !keyword.isIgnored {
            var found = configuration.settings.filter { $0.keyword.name == keyword.name }
            if keyword.name == "port", isPortGiven, let first = found.first {
                found = found.filter {
                    $0.evidence.path == first.evidence.path && $0.evidence.line == first.evidence.line
                }
            }
            settings[keyword.name] = Self.setting(keyword, found, main: main, version: number)
        }
        Self.completeListening(&settings)
        let matches = configuration.blocks.indices.map { index in
            let block = configuration.blocks[index]
            return SSHMatch(
                criteria: block.criteria, evidence: block.evidence,
                settings: Self.settings(of: index, configuration.settings))
        }
        var refused = configuration.refused + Self.unsatisfiable(settings) + commandLine.keptOff
        if program.value != nil, try tree.find(main) == nil {
            refused.append(Evidence(main, text: "there is no such file, and sshd does not start without it"))
        }
        return SSHFacts(
            program: program, version: version, files: .known(configuration.files, [Evidence(main)]),
            settings: settings, matches: .known(matches), refused: .known(refused),
            hostKeys: try hostKeys(settings["hostkey"]?.value?.values ?? []))
    }

    /// What is in force outside of the blocks that ask for something.
    static func setting(
        _ keyword: SSHKeyword, _ found: [SSHConfiguration.Setting], main: String, version: (major: Int, minor: Int)?
    ) -> Fact<SSHSetting> {
        // Read a second time for a connection, only what is in Match blocks counts, and before what was read at first.
        let forAll = found.filter { $0.place == .all }
        let taken: [SSHConfiguration.Setting]
        if keyword.isMatchable, !forAll.isEmpty {
            taken = forAll
        } else {
            taken = found.filter { $0.place == .outside || $0.place == .all }
        }
        guard let first = taken.first else {
            return .known(
                SSHSetting(values: keyword.standard(of: version), isDefault: true), [Evidence(main)])
        }
        guard keyword.isCumulative else { return .known(SSHSetting(values: first.values), [first.evidence]) }
        return .known(SSHSetting(values: taken.flatMap(\.values)), taken.prefix(20).map(\.evidence))
    }

    /// sshd does not start where no list of AuthenticationMethods has all its methods enabled (auth2_setup_methods_lists).
    private static func unsatisfiable(_ settings: [String: Fact<SSHSetting>]) -> [Evidence] {
        guard case .known(let lists, let evidence) = settings["authenticationmethods"], lists.values != ["any"] else {
            return []
        }
        let canBeMet = lists.values.contains { list in
            list.split(separator: ",").allSatisfy { method in
                let name = method.split(separator: ":").first.map(String.init) ?? ""
                return SSHKeyword.methods[name].flatMap { settings[$0]?.value?.isYes } == true
            }
        }
        return canBeMet
            ? [] : evidence.map { Evidence($0.path, line: $0.line, text: "no list of methods has them all enabled") }
    }

    static func settings(of block: Int, _ all: [SSHConfiguration.Setting]) -> [String: SSHMatchSetting] {
        var settings: [String: SSHMatchSetting] = [:]
        for setting in all where setting.place == .block(block) {
            if settings[setting.keyword.name] == nil {
                settings[setting.keyword.name] = SSHMatchSetting(values: setting.values, evidence: setting.evidence)
            } else if setting.keyword.isCumulative {
                settings[setting.keyword.name]?.values += setting.values
            }
        }
        return settings
    }

    /// A port in a ListenAddress is one that sshd listens on: `sshd -T` prints both, and rules ask for Port.
    private static func completeListening(_ settings: inout [String: Fact<SSHSetting>]) {
        guard case .known(let addresses, let evidence) = settings["listenaddress"], !addresses.isDefault,
            case .known(var ports, let before) = settings["port"]
        else { return }
        // Words of one line may end in `rdomain NAME`.
        let given = addresses.values.map { portOf($0) }
        let all = given.allSatisfy { $0 != nil }
        let added = given.compactMap { $0 }
        guard !added.isEmpty else { return }
        ports.values = (all ? [] : ports.values) + added
        ports.isDefault = false
        settings["port"] = .known(
            SSHSetting(values: ports.values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }),
            (all ? [] : before) + evidence)
    }

    /// `host:22`, `1.2.3.4:22`, `[::]:22`; nil without a port.
    static func portOf(_ address: String) -> String? {
        guard let colon = address.lastIndex(of: ":") else { return nil }
        let (host, port) = (address[..<colon], address[address.index(after: colon)...])
        guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return host.hasSuffix("]") || !host.contains(":") ? String(port) : nil
    }

    private func hostKeys(_ named: [String]) throws(Failure) -> Fact<[String]> {
        let standard = ["rsa", "ecdsa", "ed25519", "dsa"].map { "/etc/ssh/ssh_host_\($0)_key" }
        var keys: [String] = []
        for path in named.isEmpty ? standard : named where !keys.contains(path) {
            if try tree.find(path) != nil { keys.append(path) }
        }
        return .known(keys, keys.map { Evidence($0) })
    }

    /// `OpenSSH_9.6p1` stands in the program.
    private func stated(by path: String) throws(Failure) -> Fact<String> {
        guard let found = try tree.find(path), found.status.kind == .file else { return .absent([Evidence(path)]) }
        let bytes = try tree.beginning(of: found, limit: 8 << 20)
        let mark = Array("OpenSSH_".utf8)
        var at = 0
        let version = bytes.withUnsafeBufferPointer { bytes -> String? in
            while at + mark.count < bytes.count {
                if bytes[at] == mark[0], bytes[at..<(at + mark.count)].elementsEqual(mark) {
                    let text = bytes[(at + mark.count)...].prefix(16)
                        .prefix { $0 == 0x2e || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "p") }
                    if let first = text.first, (0x30...0x39).contains(first), text.contains(0x2e) {
                        return String(decoding: text, as: UTF8.self)
                    }
                }
                at += 1
            }
            return nil
        }
        guard let version else { return .unknown("\(path) does not say its version") }
        return .known(version, [Evidence(path)])
    }

    /// `9.6p1` as two numbers.
    static func number(_ version: String) -> (major: Int, minor: Int)? {
        let parts = version.split(separator: ".")
        guard parts.count >= 2, let major = Int(parts[0]),
            let minor = Int(parts[1].prefix { $0.isNumber && $0.isASCII })
        else { return nil }
        return (major, minor)
    }
}

extension SSHKeyword {
    var isCumulative: Bool { if case .sum = form { true } else { false } }
}
