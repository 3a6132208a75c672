import Documents
import FileSystems

/// One look at /etc, homes, /opt, /srv and /var for keys, credentials and histories.
struct SecretSearch {
    /// Keys and credentials are smaller files than this.
    static let sizeLimit: UInt64 = 64 << 10
    /// How many files are read, and how many bytes of them together.
    static let readLimit = 200_000
    static let byteLimit = 256 << 20
    static let listLimit = 200

    let tree: GuestTree
    let homes: [String]
    let hostKeys: Set<String>
    private var keys: [PrivateKeyFile] = []
    private var credentials: [CredentialFile] = []
    private var histories = Gathering()
    private var cut: String?
    private var reads = 0
    private var bytes = 0

    /// Where packages keep what they brought along, and what other facts tell of.
    private static let skipped: Set<String> = [
        "/var/lib/dpkg", "/var/lib/rpm", "/var/lib/apt", "/var/lib/dnf", "/var/lib/yum", "/var/cache",
        "/var/log/journal",
        "/var/lib/selinux", "/var/lib/systemd/coredump", "/var/crash", "/etc/selinux", "/etc/ssl/certs",
        "/etc/pki/ca-trust", "/etc/ca-certificates", "/var/lib/ca-certificates", "/etc/alternatives", "/var/lib/pcp",
        "/var/lib/cloud",
    ]

    private static let historyNames: Set<String> = [
        ".bash_history", ".zsh_history", ".zhistory", ".history", ".sh_history", ".ash_history", ".ksh_history",
        ".csh_history", ".tcsh_history", "fish_history", ".python_history", ".mysql_history", ".psql_history",
        ".sqlite_history", ".rediscli_history", ".node_repl_history", ".lesshst", ".viminfo", ".dbshell",
        ".mongorc_history", ".irb_history",
    ]

    init(_ tree: GuestTree, homes: [String], hostKeys: Set<String>) {
        (self.tree, self.homes, self.hostKeys) = (tree, homes, hostKeys)
    }

    var keysFact: Fact<[PrivateKeyFile]> {
        if keys.isEmpty, let cut { return .unknown(cut) }
        return .known(keys.sorted { $0.path < $1.path })
    }

    var credentialsFact: Fact<[CredentialFile]> {
        if credentials.isEmpty, let cut { return .unknown(cut) }
        return .known(credentials.sorted { $0.evidence.path < $1.evidence.path })
    }

    var historiesFact: Fact<Leftovers> {
        var histories = histories
        histories.cut = cut
        return histories.fact(homes.prefix(5).map { $0 })
    }

    mutating func run() {
        var roots = ["/etc", "/opt", "/srv", "/var", "/home"]
        for home in homes where !roots.contains(where: { home == $0 || home.hasPrefix($0 + "/") }) {
            roots.append(home)
        }
        for root in roots { look(root) }
    }

    private mutating func look(_ root: String) {
        do throws(Failure) {
            guard let start = try tree.find(root), start.status.kind == .directory else { return }
            // A home that is the root of all is looked at by its parts.
            guard start.path != "/" else { return }
            let report = try tree.walk(start.path) { (found) throws(Failure) in
                if found.status.kind == .directory {
                    return Self.skipped.contains(found.path) ? .skip : .goOn
                }
                if found.status.kind == .file { read(found) }
                return .goOn
            }
            if !report.isComplete { cut = report.problems.first?.inWords ?? "too many files in \(root)" }
        } catch {
            cut = error.inWords
        }
    }

    private func home(of path: String) -> Substring? {
        for home in homes where path.hasPrefix(home + "/") { return path.dropFirst(home.utf8.count + 1) }
        guard path.hasPrefix("/home/") else { return nil }
        let rest = path.dropFirst(6)
        return rest.firstIndex(of: "/").map { rest[rest.index(after: $0)...] }
    }

    private mutating func read(_ found: GuestTree.Found) {
        let path = found.path
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let inHome = home(of: path)
        if inHome != nil, Self.historyNames.contains(name), found.status.size > 0 { histories.add(found) }
        if let kind = byName(path, name), found.status.size > 0, credentials.count < Self.listLimit {
            credentials.append(CredentialFile(kind: kind, evidence: Evidence(path)))
            return
        }
        guard found.status.size > 0, found.status.size <= Self.sizeLimit, !name.hasSuffix(".pub") else { return }
        guard reads < Self.readLimit, bytes < Self.byteLimit else {
            cut = "more than \(Self.readLimit) files or \(Self.byteLimit >> 20) MiB would have to be read"
            return
        }
        reads += 1
        bytes += Int(found.status.size)
        do throws(Failure) {
            examine(try tree.beginning(of: found, limit: Int(Self.sizeLimit)), path, name, inHome)
        } catch {
            cut = error.inWords
        }
    }

    /// Files that are secrets by what they are for.
    private func byName(_ path: String, _ name: String) -> CredentialFile.Kind? {
        switch path {
        case "/etc/krb5.keytab": return .login
        case "/etc/sysconfig/rhn/systemid": return .subscription
        case "/var/lib/systemd/credential.secret": return .token
        default: break
        }
        if path.hasPrefix("/etc/pki/consumer/") || path.hasPrefix("/etc/pki/entitlement/"), name.hasSuffix(".pem") {
            return .subscription
        }
        return nil
    }

    private mutating func examine(_ content: [UInt8], _ path: String, _ name: String, _ inHome: Substring?) {
        if !hostKeys.contains(path), !isHostKey(path), keys.count < Self.listLimit,
            let key = PrivateKey.first(in: content)
        {
            keys.append(
                PrivateKeyFile(
                    path: path, kind: key.kind, isEncrypted: key.isEncrypted,
                    evidence: Evidence(path, line: key.line, text: key.kind)))
            return
        }
        guard credentials.count < Self.listLimit, !content.prefix(512).contains(0) else { return }
        if let line = CredentialScan.accessKey(content) {
            credentials.append(
                CredentialFile(kind: .cloud, evidence: Evidence(path, line: line, text: "an access key's id")))
            return
        }
        let isOwn = inHome.map { $0.hasPrefix(".") } ?? false
        let isNetwork =
            path.hasPrefix("/etc/NetworkManager/system-connections/") || path.hasPrefix("/etc/wpa_supplicant/")
            || path.hasPrefix("/etc/wireguard/") || path.hasPrefix("/etc/iwd/") || path.hasPrefix("/var/lib/iwd/")
        let isInstaller =
            name.hasSuffix("-ks.cfg") || path.hasPrefix("/var/log/anaconda/") || path.hasPrefix("/var/log/installer/")
            || name == "preseed.cfg"
        let isRegistry = path == "/etc/containers/auth.json" || path.hasPrefix("/etc/docker/")
        let isDial = path == "/etc/ppp/chap-secrets" || path == "/etc/ppp/pap-secrets"
        guard isOwn || isNetwork || isInstaller || isRegistry || isDial, !Self.historyNames.contains(name) else {
            return
        }
        let lines = GuestFile(path: path, text: String(decoding: content, as: UTF8.self)).lines
        if isOwn || isRegistry {
            let found = CredentialScan.inHome(lines.lazy.map { ($0.number, $0.text) }, path: path)
            if let found { credentials.append(found) }
            return
        }
        for line in lines {
            let text = line.trimmed
            let key = text.prefix { $0 != "=" }.trimmingBlanks.asciiLowercased
            if isNetwork,
                ["psk", "password", "privatekey", "presharedkey", "wep-key0", "passphrase", "private-key"]
                    .contains(key), text.contains("=")
            {
                credentials.append(
                    CredentialFile(kind: .network, evidence: Evidence(path, line: line.number, text: "\(key)=...")))
                return
            }
            if isInstaller, CredentialScan.installer(text) {
                let word = text.blankSeparated.first ?? ""
                credentials.append(
                    CredentialFile(kind: .installer, evidence: Evidence(path, line: line.number, text: "\(word) ...")))
                return
            }
            if isDial, !text.isEmpty, !text.hasPrefix("#") {
                credentials.append(
                    CredentialFile(kind: .login, evidence: Evidence(path, line: line.number, text: "...")))
                return
            }
        }
    }

    private func isHostKey(_ path: String) -> Bool {
        path.hasPrefix("/etc/ssh/ssh_host_") && path.hasSuffix("_key")
    }
}
