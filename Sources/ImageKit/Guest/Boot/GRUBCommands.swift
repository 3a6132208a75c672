import Digest
import Documents
import FileSystems

/// The commands that decide what a menu holds: GNU GRUB manual, "Commands".
extension GRUBInterpreter {
    mutating func command(_ name: String, _ words: [String], _ evidence: Evidence) throws(Failure) {
        switch name {
        case "set": try assign(words, evidence)
        case "unset":
            for word in words { variables[word] = nil }
            status = true
        case "[", "test":
            let words = name == "[" && words.last == "]" ? Array(words.dropLast()) : words
            status = try GRUBTest.evaluate(words, files: files, root: root)
        case "true": status = true
        case "false": status = false
        case "return":
            status = words.first.map { $0 == "0" } ?? status
            isReturning = true
        case "setparams": arguments = words
        case "load_env": try loadEnvironment(words)
        case "search", "search.fs_uuid", "search.fs_label", "search.file", "search.fs_label_and_type":
            try search(name, words)
        case "source", ".":
            status =
                try words.first.map { word throws(Failure) in
                    try source(word, evidence: evidence)
                } ?? false
        case "configfile", "extract_entries_configfile":
            status = try words.first.map { word throws(Failure) in try configFile(word, evidence: evidence) } ?? false
        case "normal", "normal_exit":
            status = try configFile(words.first ?? value("prefix") + "/grub.cfg", evidence: evidence)
        case "linux", "linux16", "linuxefi", "kernel":
            linux = (words, evidence)
            status = true
        case "initrd", "initrd16", "initrdefi":
            initrds = words
            status = true
        case "blscfg":
            try addSpecificationEntries(words)
        case "password", "password_pbkdf2":
            try addPassword(name, words, evidence)
        case "terminal_output", "terminal_input", "serial":
            try set("*" + name, words.joined(separator: " "), evidence)
            status = true
        case "regexp", "probe", "smbios", "cmosget", "keystatus", "sleep":
            // What they would set hangs on the machine; as if nothing was there.
            status = name == "sleep"
        default: status = true
        }
    }

    private mutating func assign(_ words: [String], _ evidence: Evidence) throws(Failure) {
        status = true
        guard let word = words.first, let equals = word.firstIndex(of: "=") else { return }
        try set(String(word[..<equals]), String(word[word.index(after: equals)...]), evidence)
    }

    private mutating func loadEnvironment(_ words: [String]) throws(Failure) {
        var path = value("prefix") + "/grubenv"
        var names: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-f", "--file": path = rest.popFirst() ?? path
            default:
                if word.hasPrefix("--file=") {
                    path = String(word.dropFirst(7))
                } else if !word.hasPrefix("-") {
                    names.append(word)
                }
            }
        }
        guard let (volume, found) = try files.find(path, root: root), found.status.kind == .file else {
            status = false
            return
        }
        let shown = files.volumes[volume].shown(found.path)
        if !read.contains(shown) { read.append(shown) }
        let bytes = try files.volumes[volume].tree.read(found, limit: 1 << 16)
        guard let block = GRUBEnvironment.parse(bytes) else {
            status = false
            return
        }
        status = true
        for (name, value) in block where names.isEmpty || names.contains(name) {
            try set(name, value, Evidence(shown, text: "\(name)=\(value)"))
        }
    }

    /// Sets a variable to the device whose file system has the UUID, label or file.
    private mutating func search(_ name: String, _ words: [String]) throws(Failure) {
        var kind = name == "search.fs_uuid" ? "uuid" : name == "search.fs_label" ? "label" : "file"
        var variable = "root"
        var wanted: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-u", "--fs-uuid": kind = "uuid"
            case "-l", "--label", "--fs-label": kind = "label"
            case "-f", "--file": kind = "file"
            case "-s", "--set": variable = "root"
            case "--hint", "--hint-bios", "--hint-efi", "--hint-baremetal", "--hint-ieee1275", "--hint-arc", "-h":
                _ = rest.popFirst()
            default:
                if word.hasPrefix("--set=") {
                    variable = String(word.dropFirst(6))
                } else if !word.hasPrefix("-") {
                    wanted.append(word)
                }
            }
        }
        // search.fs_uuid VALUE VARIABLE HINT...; `--set VARIABLE VALUE` has the variable in front.
        if name != "search" {
            if wanted.count > 1 { variable = wanted[1] }
        } else if words.contains("--set") || words.contains("-s"), wanted.count > 1 {
            variable = wanted.removeFirst()
        }
        guard let value = wanted.first else {
            status = false
            return
        }
        status = false
        for (index, volume) in files.volumes.enumerated() {
            let matches =
                switch kind {
                case "uuid": volume.fileSystem.uuid?.asciiLowercased == value.asciiLowercased
                case "label": volume.fileSystem.label == value
                default: try volume.find(anyCase: value) != nil
                }
            guard matches else { continue }
            try set(variable, GRUBFiles.device(index))
            status = true
            return
        }
    }

    /// Published images' hashes, by their SHA-256: openEuler's virtual machine images hold the first (openeuler/CreateImage,
    /// hooks/finalise.d/50-bootloader), the earliest of them the second.
    static let stockPasswords: Set<String> = [
        "34df324a4661f3baff74a7df9ad5c3ada9cf7c1ebfb3bab5b8361a1ed932039e",
        "3120ea05475028f06906d35b848b3a25f135feeac70ab1c22b6cda70a05c35aa",
    ]

    private mutating func addPassword(_ name: String, _ words: [String], _ evidence: Evidence) throws(Failure) {
        status = words.count >= 2
        guard words.count >= 2, passwords.count < 100 else { return }
        let isHash = name == "password_pbkdf2"
        let hash = sha256(Array(words[1].utf8)).hex
        passwordTexts.append(words[1])
        passwords.append(
            BootPassword(
                user: words[0], kind: isHash ? "pbkdf2" : "plain",
                isStock: isHash && Self.stockPasswords.contains(hash),
                evidence: Evidence(
                    evidence.path, line: evidence.line,
                    text: "\(name) \(words[0]) " + (isHash ? "grub.pbkdf2..." : "..."))))
    }

    /// Entries of the boot loader specification, newest first: what `blscfg` adds.
    private mutating func addSpecificationEntries(_ words: [String]) throws(Failure) {
        status = true
        let boot = value("boot").isEmpty ? root : value("boot")
        var folders = [value("blsdir")].filter { !$0.isEmpty }
        if folders.isEmpty { folders = ["/loader/entries", "/boot/loader/entries"] }
        for folder in folders {
            guard let (volume, found) = try files.find(folder, root: boot), found.status.kind == .directory else {
                continue
            }
            let entries = try BLSEntry.entries(in: found.path, of: files.volumes[volume])
            for entry in entries {
                guard items.count < Self.itemLimit else {
                    throw Failure(.refused, "more than \(Self.itemLimit) entries", place: folder)
                }
                if !read.contains(entry.path) { read.append(entry.path) }
                items.append(
                    Item(
                        title: entry.title, id: entry.id, arguments: [], block: nil, specification: entry,
                        isSubmenu: false, path: entry.path))
            }
            if !entries.isEmpty { return }
        }
    }
}
