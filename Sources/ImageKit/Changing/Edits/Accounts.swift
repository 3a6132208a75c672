import Documents

/// /etc/shadow and the programs of the guest that know accounts.
extension GuestChange {
    /// The account's password is gone, whatever it was: what was published once must not lie in an image, not even behind a mark.
    func lock(_ account: String) throws(Failure) {
        let path = "/etc/shadow"
        guard var lines = try root.lines(path) else { throw Failure(.notFound, "there are no passwords", place: path) }
        guard let index = lines.firstIndex(where: { $0.hasPrefix(account + ":") }) else {
            throw Failure(.notFound, "there is no account \(Printable.line(account))", place: path)
        }
        var fields = lines[index].split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count >= 2 else { throw Failure(.refused, "line \(index + 1) has no password", place: path) }
        guard fields[1] != "!" && fields[1] != "*" else { return }
        fields[1] = "!"
        lines[index] = fields.joined(separator: ":")
        try root.write(path, lines: lines)
        // The copy that useradd and passwd keep has the old one.
        if root.exists("/etc/shadow-") { try root.write("/etc/shadow-", lines: lines) }
    }

    func removeAccount(_ account: String) throws(Failure) {
        guard try root.lines("/etc/passwd")?.contains(where: { $0.hasPrefix(account + ":") }) == true else { return }
        try run(["userdel", "--remove", "--force", account])
    }
}
