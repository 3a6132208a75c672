import Documents

/// The server's configuration: one file that is read first, since sshd takes the first value that it meets (sshd_config(5)).
extension GuestChange {
    private static let main = "/etc/ssh/sshd_config"
    private static let folder = "/etc/ssh/sshd_config.d"
    private static let name = "00-eulerpublisher.conf"

    func setSSHD(_ key: String, _ value: String) throws(Failure) {
        guard let main = try root.lines(Self.main) else {
            throw Failure(.notFound, "the guest has no SSH server", place: Self.main, hint: "install openssh-server")
        }
        let path = "\(Self.folder)/\(Self.name)"
        if let first = try root.names(Self.folder).first(where: { $0.hasSuffix(".conf") && $0 < Self.name }) {
            throw Failure(
                .conflict, "\(first) is read before \(Self.name), and would win", place: Self.folder,
                hint: "rename it so that it sorts later")
        }
        let wanted = key.asciiLowercased
        var lines = (try root.lines(path) ?? ["# What clouds ask for; written by eulerpublisher."]).filter {
            $0.split(separator: " ").first?.asciiLowercased != wanted
        }
        lines.append("\(key) \(value)")
        try root.write(path, lines: lines, mode: 0o600)
        if try !isRead(main) {
            try root.write(Self.main, lines: ["Include \(Self.folder)/*.conf"] + main)
        }
        needsSSHDTest = true
    }

    /// Whether the folder's files are included before anything else is set.
    private func isRead(_ main: [String]) throws(Failure) -> Bool {
        for line in main {
            let words = line.replacingEquals.split { $0 == " " || $0 == "\t" }
            guard let keyword = words.first, !keyword.hasPrefix("#") else { continue }
            guard keyword.asciiLowercased == "include" else { return false }
            if words.dropFirst().contains(where: { $0 == "\(Self.folder)/*.conf" || $0 == "sshd_config.d/*.conf" }) {
                return true
            }
        }
        return false
    }

    /// What the server itself says of its configuration. It wants a host key, which an image has none of: one for the test alone.
    func testSSHD() throws(Failure) {
        guard needsSSHDTest else { return }
        if case .never = programs { return report("sshd -t is left out: nothing of the guest is run") }
        let key = "/run/eulerpublisher-test-key"
        try run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
        try run(["mkdir", "-p", "/run/sshd"])
        do { try run(["sshd", "-t", "-h", key]) } catch {
            let settings = request.changes.compactMap { change -> (key: String, origin: String)? in
                guard case .sshdSet(let key, _) = change else { return nil }
                return request.origins[change.inWords].map { (key, $0) }
            }
            var failure = error
            let named = settings.first { failure.message.asciiLowercased.contains($0.key.asciiLowercased) }
            if let setting = named ?? settings.first { failure.place = setting.origin }
            throw failure
        }
    }
}

extension StringProtocol {
    fileprivate var asciiLowercased: String {
        String(decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

extension String {
    fileprivate var replacingEquals: String { String(map { $0 == "=" ? " " : $0 }) }
}
