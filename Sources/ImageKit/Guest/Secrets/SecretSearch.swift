import Documents
import FileSystems

/// One look at all files of a guest for keys, credentials and histories, and for what everybody may write to.
struct SecretSearch {
    /// How much of a file is looked at, from its begin: a key may stand behind certificates, or in the middle of a script.
    static let sizeLimit = 1 << 20
    /// How many files are read, and how many bytes of them together.
    static let readLimit = 200_000
    static let byteLimit = 256 << 20
    static let listLimit = 200

    let tree: GuestTree
    let homes: [String]
    let hostKeys: Set<String>
    /// What stands before a path: the partition of a file system that is not the guest's.
    private var place = ""
    private var keys: [PrivateKeyFile] = []
    private var credentials: [CredentialFile] = []
    private var histories = Gathering()
    private var writable = Gathering()
    private var cut: String?
    private var lastFolder: (path: String, isSkipped: Bool) = ("", false)
    private var reads = 0
    private var bytes = 0

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

    var writableFact: Fact<Leftovers> {
        var writable = writable
        return writable.fact(["/"])
    }

    /// - Parameter others: file systems beside the tree.
    mutating func run(besides others: [BootReader.Unmounted]) {
        look(tree)
        for other in others {
            place = other.partition.map { "partition \($0):" } ?? "another volume:"
            look(GuestTree(root: other.fileSystem))
        }
    }

    /// A million files take a core some two seconds; the walk itself is bounded.
    private mutating func look(_ tree: GuestTree) {
        do throws(Failure) {
            let report = try tree.walk { (found) throws(Failure) in
                if SecretPlaces.isHidden(found.path) { return .skip }
                if place.isEmpty, SecretPlaces.isWritable(found) { writable.add(found) }
                if found.status.kind == .file, !isSkipped(found.path) { read(found, of: tree) }
                return .goOn
            }
            if !report.isComplete {
                cut = report.problems.first?.inWords ?? "too many files"
                if place.isEmpty { writable.cut = cut }
            }
        } catch {
            cut = error.inWords
            if place.isEmpty { writable.cut = cut }
        }
    }

    /// Of the folder that the file lies in, asked once for all files of it: they come one after the other.
    private mutating func isSkipped(_ path: String) -> Bool {
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        if folder == lastFolder.path { return lastFolder.isSkipped }
        lastFolder = (String(folder), SecretPlaces.skips(below: folder))
        return lastFolder.isSkipped
    }

    private func home(of path: String) -> Substring? {
        for home in homes where path.hasPrefix(home + "/") { return path.dropFirst(home.utf8.count + 1) }
        guard path.hasPrefix("/home/") else { return nil }
        let rest = path.dropFirst(6)
        return rest.firstIndex(of: "/").map { rest[rest.index(after: $0)...] }
    }

    private mutating func read(_ found: GuestTree.Found, of tree: GuestTree) {
        let path = found.path
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        guard found.status.size > 0, SecretPlaces.opens(found, name) else { return }
        let inHome = place.isEmpty ? home(of: path) : nil
        if inHome != nil, Self.historyNames.contains(name) { histories.add(found) }
        if let kind = byName(path, name), credentials.count < Self.listLimit {
            credentials.append(CredentialFile(kind: kind, evidence: Evidence(place + path)))
            return
        }
        guard !name.hasSuffix(".pub") else { return }
        guard reads < Self.readLimit, bytes < Self.byteLimit else {
            cut = "more than \(Self.readLimit) files or \(Self.byteLimit >> 20) MiB would have to be read"
            return
        }
        do throws(Failure) {
            let content = try tree.beginning(of: found, limit: Self.sizeLimit)
            reads += 1
            bytes += content.count
            examine(content, path, name, inHome)
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
        if name == ".vault-token" { return .token }
        if path.hasSuffix("/.config/gcloud/credentials.db") { return .cloud }
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
                    path: place + path, kind: key.kind, isEncrypted: key.isEncrypted,
                    evidence: Evidence(place + path, line: key.line, text: key.kind)))
            return
        }
        guard credentials.count < Self.listLimit, !content.prefix(512).contains(0) else { return }
        if let line = CredentialScan.accessKey(content) {
            add(.cloud, path, line, "an access key's id")
            return
        }
        if inHome != nil || SecretPlaces.isPersonal(path), let line = TokenForm.first(in: content) {
            add(.token, path, line, "a token")
            return
        }
        let isOwn = inHome.map { $0.hasPrefix(".") } ?? false || SecretPlaces.isTool(path)
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
            if var found {
                found.evidence.path = place + path
                credentials.append(found)
            }
            return
        }
        for line in lines {
            let text = line.trimmed
            let key = text.prefix { $0 != "=" }.trimmingBlanks.asciiLowercased
            if isNetwork,
                ["psk", "password", "privatekey", "presharedkey", "wep-key0", "passphrase", "private-key"]
                    .contains(key), text.contains("=")
            {
                add(.network, path, line.number, "\(key)=...")
                return
            }
            if isInstaller, CredentialScan.installer(text) {
                let word = text.blankSeparated.first ?? ""
                add(.installer, path, line.number, "\(word) ...")
                return
            }
            if isDial, !text.isEmpty, !text.hasPrefix("#") {
                add(.login, path, line.number, "...")
                return
            }
        }
    }

    private mutating func add(_ kind: CredentialFile.Kind, _ path: String, _ line: Int, _ text: String) {
        credentials.append(CredentialFile(kind: kind, evidence: Evidence(place + path, line: line, text: text)))
    }

    private func isHostKey(_ path: String) -> Bool {
        path.hasPrefix("/etc/ssh/ssh_host_") && path.hasSuffix("_key")
    }
}
