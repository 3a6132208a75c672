public import Documents
public import FileSystems

/// Tells who can log in to a guest: passwd(5), shadow(5), group(5), login.defs(5), sshd(8).
public struct AccountReader: Sendable {
    /// Bounds of ours: no image has so many lines, accounts or groups. One that has is not read by halves.
    static let lineLimit = 50_000
    static let countLimit = 2000
    static let memberLimit = 20_000

    let tree: GuestTree
    let ssh: SSHFacts
    public init(_ tree: GuestTree, ssh: SSHFacts) { (self.tree, self.ssh) = (tree, ssh) }

    public func facts() -> AccountFacts {
        var damaged: [Evidence] = []
        var broken: String?
        let groups = Fact<[Group]>.reading { () throws(Failure) in try readGroups(&damaged) }
        let users = Fact<[User]>.reading { () throws(Failure) in try readUsers(groups.value ?? [], &damaged) }
        if case .unknown(let why) = users { broken = why }
        let shadowFile = Fact<FileMode>.reading { () throws(Failure) in try mode(of: "/etc/shadow") }
        let program = Fact<String>.reading { () throws(Failure) in
            guard let found = try tree.first(of: ["/usr/bin/passwd", "/bin/passwd"]) else {
                return .absent([Evidence("/usr/bin/passwd")])
            }
            return .known(found.path, [Evidence(found.path)])
        }
        var keys = Fact<[AuthorizedKey]>.unknown(broken ?? "there is no /etc/passwd")
        if let known = users.value {
            keys = Fact<[AuthorizedKey]>.reading { () throws(Failure) in
                try AuthorizedKeysReader(tree, ssh: ssh).keys(of: known)
            }
        }
        return AccountFacts(
            users: users, groups: groups, damaged: broken.map { .unknown($0) } ?? .known(Array(damaged.prefix(100))),
            shadowFile: shadowFile, passwdProgram: program, authorizedKeys: keys, policy: PolicyReader(tree).policy())
    }

    private func mode(of path: String) throws(Failure) -> Fact<FileMode> {
        guard let found = try tree.find(path) else { return .absent([Evidence(path)]) }
        return .known(
            FileMode(
                permissions: found.status.permissions, user: found.status.user, group: found.status.group,
                isImmutable: found.status.isImmutable.map { .known($0, [Evidence(found.path)]) }
                    ?? .unknown("\(found.fileSystem.kind) does not tell whether a file may be changed")),
            [Evidence(found.path)])
    }

    private func readGroups(_ damaged: inout [Evidence]) throws(Failure) -> Fact<[Group]> {
        let path = "/etc/group"
        guard let file = try tree.lines(of: path) else { return .absent([Evidence(path)]) }
        var groups: [Group] = []
        var memberCount = 0
        for line in file.lines.prefix(Self.lineLimit) where Self.counts(line) {
            let fields = line.text.utf8.split(separator: 0x3a, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count >= 4, !fields[0].isEmpty, let gid = UInt32(fields[2]) else {
                damaged.append(Evidence(file.path, line: line.number, text: fields.first))
                continue
            }
            guard groups.count < Self.countLimit, memberCount < Self.memberLimit else {
                throw Failure(.refused, "more than \(Self.countLimit) groups", place: file.path)
            }
            let members = fields[3].split(separator: ",").map { $0.trimmingBlanks }.filter { !$0.isEmpty }
            memberCount += members.count
            groups.append(
                Group(
                    name: fields[0], gid: gid, members: Array(members.prefix(1000)),
                    evidence: Evidence(
                        file.path, line: line.number, text: "\(fields[0]):x:\(gid):\(members.joined(separator: ","))")))
        }
        return .known(groups, [Evidence(file.path)])
    }

    private func readUsers(_ groups: [Group], _ damaged: inout [Evidence]) throws(Failure) -> Fact<[User]> {
        let path = "/etc/passwd"
        guard let file = try tree.lines(of: path) else { return .absent([Evidence(path)]) }
        var shadow: ShadowFile?
        var unreadable: String?
        do throws(Failure) { shadow = try ShadowFile(tree, &damaged) } catch { unreadable = error.inWords }
        var names: [UInt32: [String]] = [:]
        for group in groups { names[group.gid, default: []].append(group.name) }
        var memberships: [String: [String]] = [:]
        for group in groups { for member in group.members { memberships[member, default: []].append(group.name) } }
        var shells: [String: Bool] = [:]
        var users: [User] = []
        var hashes: [(user: Int, hash: String)] = []
        for line in file.lines.prefix(Self.lineLimit) where Self.counts(line) {
            let fields = line.text.utf8.split(separator: 0x3a, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count >= 7, !fields[0].isEmpty, let uid = UInt32(fields[2]), let gid = UInt32(fields[3])
            else {
                damaged.append(Evidence(file.path, line: line.number, text: fields.first))
                continue
            }
            guard users.count < Self.countLimit else {
                throw Failure(.refused, "more than \(Self.countLimit) accounts", place: file.path)
            }
            let shell = fields[6].trimmingBlanks
            if shells[shell] == nil { shells[shell] = try LoginShell(tree).isOne(shell) }
            var own = Array((names[gid] ?? []).prefix(1))
            for name in memberships[fields[0]] ?? [] where !own.contains(name) { own.append(name) }
            let evidence = Evidence(
                file.path, line: line.number,
                text: "\(fields[0]):\(Self.masked(fields[1])):" + fields[2...].joined(separator: ":"))
            users.append(
                User(
                    name: fields[0], uid: uid, gid: gid, home: fields[5], shell: shell,
                    hasLoginShell: shells[shell] ?? false, groups: own,
                    password: password(fields[0], fields[1], evidence, shadow, unreadable), evidence: evidence))
            let hash = fields[1] == "x" ? shadow?.entries[fields[0]]?.hash : PasswordField.hash(fields[1])
            if let hash { hashes.append((users.count - 1, hash)) }
        }
        // Root's first: what is tried has a bound, and others may come before it.
        var trial = PasswordTrial()
        for isRoot in [true, false] {
            for (user, hash) in hashes where (users[user].uid == 0) == isRoot {
                guard case .known(let password, let evidence) = users[user].password else { continue }
                users[user].password = .known(password.tried(hash, by: &trial), evidence)
            }
        }
        return .known(users, [Evidence(file.path)])
    }

    private func password(
        _ name: String, _ field: String, _ evidence: Evidence, _ shadow: ShadowFile?, _ unreadable: String?
    ) -> Fact<Password> {
        guard field == "x" else { return .known(PasswordField.password(field), [evidence]) }
        if let unreadable { return .unknown(unreadable) }
        guard let shadow else {
            return .known(Password(state: .missing), [Evidence("/etc/shadow")])
        }
        guard let entry = shadow.entries[name] else {
            return .known(Password(state: .missing), [Evidence(shadow.path)])
        }
        return .known(entry.password, [entry.evidence])
    }

    /// Lines of nss_compat and comments are none of accounts.
    static func counts(_ line: GuestLine) -> Bool {
        guard let first = line.text.utf8.first(where: { $0 != 0x20 && $0 != 0x09 }) else { return false }
        return first != UInt8(ascii: "#") && first != UInt8(ascii: "+") && first != UInt8(ascii: "-")
    }

    /// A field of a password without what would let one try passwords.
    static func masked(_ field: String) -> String {
        let password = PasswordField.password(field)
        guard password.hasHash else { return field == "x" || field.utf8.count <= 2 ? field : "locked" }
        return (password.state == .lockedHash ? "!" : "") + (password.kind ?? "") + "..."
    }
}

/// /etc/shadow by names; of two lines of one name the first counts.
struct ShadowFile {
    struct Entry {
        var password: Password
        /// Stays in the reader.
        var hash: String?
        var evidence: Evidence
    }

    let path: String
    private(set) var entries: [String: Entry] = [:]

    /// - Returns: nil if there is no such file.
    init?(_ tree: GuestTree, _ damaged: inout [Evidence]) throws(Failure) {
        guard let file = try tree.lines(of: "/etc/shadow") else { return nil }
        path = file.path
        for line in file.lines.prefix(AccountReader.lineLimit) where AccountReader.counts(line) {
            let fields = line.text.utf8.split(separator: 0x3a, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            guard fields.count >= 2, !fields[0].isEmpty else {
                // What a damaged line holds may be a hash.
                damaged.append(Evidence(file.path, line: line.number))
                continue
            }
            var password = PasswordField.password(fields[1])
            if fields.count > 2, fields[2] == "0" { password.mustChange = true }
            if fields.count > 7 { password.expires = Int64(fields[7]) }
            guard entries[fields[0]] == nil else { continue }
            entries[fields[0]] = Entry(
                password: password, hash: PasswordField.hash(fields[1]),
                evidence: Evidence(
                    file.path, line: line.number,
                    text: "\(fields[0]):\(AccountReader.masked(fields[1])):" + fields[2...].joined(separator: ":")))
        }
    }
}
