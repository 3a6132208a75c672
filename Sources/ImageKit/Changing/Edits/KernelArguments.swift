import Documents

/// The kernels' command lines: in every menu that a loader reads, and where the guest's own tools take them from for new ones.
extension GuestChange {
    /// Added in the place of the same argument; consoles stand beside each other.
    func setKernelArgument(_ argument: String) throws(Failure) {
        let key = Self.key(argument)
        try editCommandLines { words in
            if words.contains(argument) { return }
            if key != "console" { words.removeAll { Self.key($0) == key } }
            words.append(argument)
        }
    }

    func removeKernelArgument(_ argument: String) throws(Failure) {
        try editCommandLines { words in
            words.removeAll { $0 == argument || (!argument.contains("=") && Self.key($0) == argument) }
        }
    }

    /// The root by its file system's UUID, wherever it is named in another way.
    func nameRootByUUID() throws(Failure) {
        guard let uuid = request.volumes.first(where: { $0.mountPoint == "/" })?.uuid else {
            throw Failure(.refused, "the root's file system has no UUID")
        }
        try editCommandLines { words in
            for index in words.indices where words[index].hasPrefix("root=") { words[index] = "root=UUID=\(uuid)" }
        }
    }

    private static func key(_ argument: String) -> String {
        String(argument.prefix { $0 != "=" })
    }

    private func editCommandLines(_ edit: (inout [String]) -> Void) throws(Failure) {
        var found = false
        for path in try menus() {
            guard let lines = try root.lines(path) else { continue }
            let edited = lines.map { line in
                let isEntry = path.hasPrefix("/boot/loader/")
                guard let (head, tail) = Self.commandLine(in: line, isEntry: isEntry) else { return line }
                found = true
                var words = tail.split(separator: " ").map(String.init)
                // An empty line is one's that takes its arguments from a variable.
                edit(&words)
                return ([head] + words).joined(separator: " ")
            }
            if edited != lines { try root.write(path, lines: edited) }
        }
        guard found else {
            throw Failure(.refused, "no menu with a kernel's command line was found", place: "/boot")
        }
        try editDefaults(edit)
    }

    /// A line of a menu up to the kernel's file, and what follows.
    private static func commandLine(in line: String, isEntry: Bool) -> (head: String, tail: Substring)? {
        let start = line.prefix { $0 == " " || $0 == "\t" }
        let rest = line.dropFirst(start.count)
        if isEntry {
            guard rest.hasPrefix("options"), let first = rest.dropFirst(7).first, first == " " || first == "\t" else {
                return nil
            }
            return (start + "options", rest.dropFirst(8).drop { $0 == " " || $0 == "\t" })
        }
        let words = rest.split(maxSplits: 2, omittingEmptySubsequences: true) { $0 == " " || $0 == "\t" }
        guard words.count >= 2, ["linux", "linux16", "linuxefi"].contains(words[0]) else { return nil }
        return ("\(start)\(words[0]) \(words[1])", words.count > 2 ? words[2] : "")
    }

    /// /etc/default/grub and /etc/kernel/cmdline, which the menus of later kernels are made from.
    private func editDefaults(_ edit: (inout [String]) -> Void) throws(Failure) {
        let path = "/etc/default/grub"
        if var lines = try root.lines(path) {
            let keys = ["GRUB_CMDLINE_LINUX=", "GRUB_CMDLINE_LINUX_DEFAULT="]
            // What is removed goes from both; what is set stands in the first.
            for (number, key) in keys.enumerated() {
                guard let index = lines.lastIndex(where: { $0.hasPrefix(key) }) else {
                    if number == 0 { lines.append("\(key)\"\(Self.edited("", edit))\"") }
                    continue
                }
                let value = lines[index].dropFirst(key.count).filter { $0 != "\"" && $0 != "'" }
                let before = value.split(separator: " ").map(String.init)
                var words = before
                edit(&words)
                if number > 0 { words = words.filter(before.contains) }
                lines[index] = "\(key)\"\(words.joined(separator: " "))\""
            }
            try root.write(path, lines: lines)
        }
        let kernel = "/etc/kernel/cmdline"
        if let lines = try root.lines(kernel) {
            try root.write(kernel, lines: [Self.edited(lines.joined(separator: " "), edit)])
        }
    }

    private static func edited(_ text: String, _ edit: (inout [String]) -> Void) -> String {
        var words = text.split(separator: " ").map(String.init)
        edit(&words)
        return words.joined(separator: " ")
    }

    /// Every file that a loader of this guest may read as its menu.
    func menus() throws(Failure) -> [String] {
        var paths = ["/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"]
        for folder in ["/boot/efi/EFI", "/boot/EFI"] {
            for name in try root.names(folder) { paths.append("\(folder)/\(name)/grub.cfg") }
        }
        for name in try root.names("/boot/loader/entries") where name.hasSuffix(".conf") {
            paths.append("/boot/loader/entries/\(name)")
        }
        var found: [String] = []
        for path in paths where root.exists(path) { found.append(path) }
        return found
    }
}
