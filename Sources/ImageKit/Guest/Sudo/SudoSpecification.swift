import Documents

/// One line of sudoers that grants something: `USERS HOSTS = (RUNAS) TAGS: COMMANDS, ... : HOSTS = ...`.
enum SudoSpecification {
    /// - Returns: a rule for each stretch of commands with the same tags and users to become; nil if sudo can't parse it.
    static func rules(_ text: String, _ evidence: Evidence, _ file: SudoersFile) -> [SudoRule]? {
        let parts = SudoText.split(text, at: UInt8(ascii: "="), limit: 1)
        guard parts.count == 2, let (users, hosts) = usersAndHosts(parts[0]) else { return nil }
        var rules: [SudoRule] = []
        var hostList = hosts
        // Behind a colon that is no tag's, other hosts begin.
        for (index, section) in sections(parts[1]).enumerated() {
            var grants = section
            if index > 0 {
                let sides = SudoText.split(section, at: UInt8(ascii: "="), limit: 1)
                guard sides.count == 2 else { return nil }
                hostList = list(sides[0])
                grants = sides[1]
            }
            guard
                let parsed = commands(
                    grants, users: file.spelledOut(users), hosts: file.spelledOut(hostList), evidence, file)
            else { return nil }
            rules += parsed
        }
        return rules.isEmpty ? nil : rules
    }

    static func list(_ text: String) -> [String] {
        SudoText.split(text, at: UInt8(ascii: ",")).map { $0.trimmingBlanks }.filter { !$0.isEmpty }
    }

    /// Two lists with white space between; white space may stand around commas and after `!` too.
    private static func usersAndHosts(_ text: String) -> ([String], [String])? {
        var lists: [[String]] = [[]]
        var joins = true
        var isQuoted = false
        var word: [UInt8] = []
        var previous: UInt8 = 0
        func end() {
            guard !word.isEmpty else { return }
            if !joins { lists.append([]) }
            lists[lists.count - 1].append(String(decoding: word, as: UTF8.self))
            joins = false
            word = []
        }
        for byte in text.utf8 {
            defer { previous = byte }
            if byte == 0x22 { isQuoted.toggle() }
            if !isQuoted, previous != 0x5c, byte == 0x20 || byte == 0x09 {
                if word != [0x21] { end() }
            } else if !isQuoted, previous != 0x5c, byte == 0x2c {
                end()
                joins = true
            } else {
                word.append(byte)
            }
        }
        end()
        return lists.count == 2 && !lists[0].isEmpty ? (lists[0], lists[1]) : nil
    }

    private static let tags: Set<String> = [
        "NOPASSWD", "PASSWD", "NOEXEC", "EXEC", "SETENV", "NOSETENV", "LOG_INPUT", "NOLOG_INPUT", "LOG_OUTPUT",
        "NOLOG_OUTPUT", "FOLLOW", "NOFOLLOW", "MAIL", "NOMAIL", "INTERCEPT", "NOINTERCEPT",
    ]

    /// Split at colons, but for those behind a tag and between users and groups to become.
    private static func sections(_ text: String) -> [String] {
        var sections = [""]
        var depth = 0
        let pieces = SudoText.split(text, at: UInt8(ascii: ":"))
        for (index, piece) in pieces.enumerated() {
            for byte in piece.utf8 { depth += byte == 0x28 ? 1 : byte == 0x29 ? -1 : 0 }
            sections[sections.count - 1] += piece
            guard index < pieces.count - 1 else { break }
            let word = String(
                decoding: piece.utf8.reversed().prefix { $0 == 0x5f || (0x41...0x5a).contains($0) }.reversed(),
                as: UTF8.self)
            let before = piece.trimmingBlanks
            if depth > 0 || tags.contains(word) || tags.contains(String(before.blankSeparated.last ?? ""))
                || before.hasSuffix("sha256") || before.hasSuffix("sha512") || before.hasSuffix("sha224")
                || before.hasSuffix("sha384")
            {
                sections[sections.count - 1] += ":"
            } else {
                sections.append("")
            }
        }
        return sections
    }

    private static func commands(
        _ text: String, users: [String], hosts: [String], _ evidence: Evidence, _ file: SudoersFile
    ) -> [SudoRule]? {
        var rules: [SudoRule] = []
        var runAs = ["root"]
        var asksNothing = false
        for item in pieces(text) {
            var item = item.trimmingBlanks[...]
            guard !item.isEmpty else { return nil }
            var begins = rules.isEmpty
            if item.hasPrefix("(") {
                guard let close = item.firstIndex(of: ")") else { return nil }
                let inside = item[item.index(after: item.startIndex)..<close]
                let names = SudoText.split(String(inside), at: UInt8(ascii: ":"), limit: 1)[0]
                let list = list(names)
                // `(:group)` runs as oneself, `()` too.
                runAs = file.spelledOut(list)
                item = item[item.index(after: close)...].trimmingBlanks[...]
                begins = true
            }
            while let colon = item.firstIndex(of: ":") {
                let tag = item[..<colon].trimmingBlanks
                guard tags.contains(tag) else { break }
                if tag == "NOPASSWD" || tag == "PASSWD" {
                    asksNothing = tag == "NOPASSWD"
                    begins = true
                }
                item = item[item.index(after: colon)...].trimmingBlanks[...]
            }
            // SELinux roles, times and the like stand before the command.
            while let word = item.blankSeparated.first, let equals = word.firstIndex(of: "="),
                [
                    "ROLE", "TYPE", "APPARMOR_PROFILE", "PRIVS", "LIMITPRIVS", "NOTBEFORE", "NOTAFTER", "TIMEOUT",
                    "CWD", "CHROOT",
                ]
                .contains(word[..<equals])
            {
                item = item.dropFirst(word.count).trimmingBlanks[...]
            }
            guard !item.isEmpty else { return nil }
            let commands = file.spelledOut([String(item)])
            if begins {
                rules.append(
                    SudoRule(
                        users: users, hosts: hosts, runAs: runAs, commands: commands, withoutPassword: asksNothing,
                        evidence: evidence))
            } else {
                rules[rules.count - 1].commands += commands
            }
        }
        return rules
    }

    /// Split at commas outside of brackets.
    private static func pieces(_ text: String) -> [String] {
        var pieces = [""]
        var depth = 0
        for part in SudoText.split(text, at: UInt8(ascii: ",")).enumerated() {
            if part.offset > 0 {
                if depth > 0 { pieces[pieces.count - 1] += "," } else { pieces.append("") }
            }
            pieces[pieces.count - 1] += part.element
            for byte in part.element.utf8 { depth += byte == 0x28 ? 1 : byte == 0x29 ? -1 : 0 }
        }
        return pieces
    }
}
