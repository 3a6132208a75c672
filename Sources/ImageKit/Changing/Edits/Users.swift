import Documents
import Glibc

/// Accounts that log in by key alone.
extension GuestChange {
    private struct Account {
        var user: UInt32
        var group: UInt32
        var home: String
    }

    private func account(_ name: String) throws(Failure) -> Account? {
        for line in try root.lines("/etc/passwd") ?? [] where line.hasPrefix(name + ":") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count > 6, let user = UInt32(fields[2]), let group = UInt32(fields[3]) else { continue }
            return Account(user: user, group: group, home: String(fields[5]))
        }
        return nil
    }

    /// Makes an account, whose password is locked; one that is there gets what it lacks. Files alone say it, so that each way of
    /// changing a guest gives the same, on whatever day.
    func add(_ user: GuestUser) throws(Failure) {
        if let shell = user.shell, !root.exists(shell) {
            throw Failure(
                .refused, "the guest has no \(Printable.line(shell))", place: "/etc/passwd",
                hint: "name a shell that it has, or install the package that brings it")
        }
        if try account(user.name) == nil {
            try make(user.name, user.shell ?? (root.exists("/bin/bash") ? "/bin/bash" : "/bin/sh"))
        } else if let shell = user.shell {
            try edit("/etc/passwd", user.name) { fields in if fields.count > 6 { fields[6] = shell } }
        }
        guard let account = try account(user.name), account.home.hasPrefix("/"), account.home != "/" else {
            throw Failure(.refused, "the account \(user.name) has no home", place: "/etc/passwd")
        }
        for path in ["/etc/shadow", "/etc/shadow-"] {
            try edit(path, user.name) { fields in if fields.count > 1, fields[1] != "*" { fields[1] = "!" } }
        }
        for group in user.groups { try join(group, user.name) }
        try allow(user.keys, account)
    }

    private func edit(_ path: String, _ name: String, _ change: (inout [String]) -> Void) throws(Failure) {
        guard var lines = try root.lines(path), let index = lines.firstIndex(where: { $0.hasPrefix(name + ":") }) else {
            return
        }
        var fields = lines[index].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        change(&fields)
        let line = fields.joined(separator: ":")
        guard line != lines[index] else { return }
        lines[index] = line
        try root.write(path, lines: lines)
    }

    /// What useradd(8) does.
    private func make(_ name: String, _ shell: String) throws(Failure) {
        var taken: Set<UInt32> = []
        for path in ["/etc/passwd", "/etc/group"] {
            for line in try root.lines(path) ?? [] {
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                if fields.count > 2, let number = UInt32(fields[2]) { taken.insert(number) }
            }
        }
        guard let id = (UInt32(1000)...60_000).first(where: { !taken.contains($0) }) else {
            throw Failure(.refused, "no number is left for another account", place: "/etc/passwd")
        }
        let home = "/home/\(name)"
        try append("/etc/passwd", "\(name):x:\(id):\(id)::\(home):\(shell)")
        try append("/etc/group", "\(name):x:\(id):")
        if root.exists("/etc/gshadow") { try append("/etc/gshadow", "\(name):!::") }
        try append("/etc/shadow", "\(name):!::0:99999:7:::")
        guard !root.isDirectory(home) else { return }
        try root.makeFolders(home)
        for file in try root.names("/etc/skel") {
            guard let status = root.status("/etc/skel/\(file)"), status.st_mode & S_IFMT == S_IFREG,
                let bytes = try root.read("/etc/skel/\(file)")
            else { continue }
            try root.write("\(home)/\(file)", bytes)
            try root.setOwner("\(home)/\(file)", id, id)
        }
        try root.setOwner(home, id, id)
        try root.setMode(home, 0o700)
    }

    private func append(_ path: String, _ line: String) throws(Failure) {
        guard let lines = try root.lines(path) else {
            throw Failure(.refused, "the guest has no accounts", place: path)
        }
        try root.write(path, lines: lines + [line])
    }

    private func join(_ group: String, _ user: String) throws(Failure) {
        guard try root.lines("/etc/group")?.contains(where: { $0.hasPrefix(group + ":") }) == true else {
            throw Failure(
                .refused, "the guest has no group \(Printable.line(group))", place: "/etc/group",
                hint: "name one that it has, or install the package that brings it")
        }
        for path in ["/etc/group", "/etc/gshadow"] {
            try edit(path, group) { fields in
                guard fields.count > 3 else { return }
                var members = fields[3].split(separator: ",").map(String.init)
                if !members.contains(user) { members.append(user) }
                fields[3] = members.joined(separator: ",")
            }
        }
    }

    /// Its keys, which sshd takes only from files that nobody else may write (sshd(8), FILES).
    private func allow(_ keys: [String], _ account: Account) throws(Failure) {
        guard !keys.isEmpty else { return }
        let folder = account.home + "/.ssh"
        let path = folder + "/authorized_keys"
        var lines = try root.lines(path) ?? []
        for key in keys where !lines.contains(key) { lines.append(key) }
        try root.makeFolders(folder)
        try root.write(path, lines: lines, mode: 0o600)
        try root.setOwner(path, account.user, account.group)
        try root.setOwner(folder, account.user, account.group)
        try root.setMode(folder, 0o700)
    }
}
