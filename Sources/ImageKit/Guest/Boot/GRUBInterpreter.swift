import Documents
import FileSystems

/// Runs a grub.cfg as GRUB would at boot, with the image's files and without hardware, up to the menu.
///
/// What only a machine knows (video, keys, devices) is taken as a plain boot has it: nobody presses a key. Commands that change
/// nothing about the menu succeed and do nothing.
struct GRUBInterpreter {
    /// A line of the menu before it is chosen.
    struct Item {
        var title: String
        var id: String?
        var arguments: [String]
        /// Commands of a menuentry or submenu; nil of an entry that is a file of its own.
        var block: [GRUBCommand]?
        var specification: BLSEntry?
        var isSubmenu: Bool
        var children: [Item] = []
        var path: String
    }

    static let stepLimit = 200_000
    static let callLimit = 24
    static let itemLimit = 500
    static let valueLimit = 1 << 16

    let files: GRUBFiles
    var variables: [String: String]
    var functions: [String: (body: [GRUBCommand], path: String)] = [:]
    var items: [Item] = []
    var read: [String] = []
    var passwords: [BootPassword] = []
    /// What stands there for each of `passwords`; stays in the reader.
    var passwordTexts: [String] = []
    /// Where a variable was set last.
    var places: [String: Evidence] = [:]
    /// The file that the menu is of.
    var menuPath: String
    var linux: (words: [String], evidence: Evidence)?
    var initrds: [String] = []
    /// A menu of another file was shown: nothing after that runs.
    var isShown = false
    var steps = 0
    var status = true
    var arguments: [String] = []
    private var calls = 0
    var isReturning = false

    init(files: GRUBFiles, platform: BootMenu.Firmware, root: String, prefix: String, path: String) {
        self.files = files
        menuPath = path
        variables = [
            "root": root, "prefix": prefix, "grub_platform": platform == .uefi ? "efi" : "pc",
            "grub_cpu": platform == .uefi ? "x86_64" : "i386", "config_file": path, "cmdpath": prefix,
            "feature_200_final": "y", "feature_all_video_module": "y", "feature_chainloader_bpb": "y",
            "feature_default_font_path": "y", "feature_menuentry_id": "y", "feature_menuentry_options": "y",
            "feature_nativedisk_cmd": "y", "feature_ntldr": "y", "feature_platform_search_hint": "y",
            "feature_timeout_style": "y",
        ]
    }

    var root: String { variables["root"] ?? "" }

    // MARK: Words

    mutating func set(_ name: String, _ value: String, _ evidence: Evidence? = nil) throws(Failure) {
        guard value.utf8.count <= Self.valueLimit, variables.count < 2000 else {
            throw Failure(.refused, "the script's variables grow beyond all bounds", place: menuPath)
        }
        variables[name] = value
        places[name] = evidence
    }

    func value(_ name: String) -> String {
        switch name {
        case "?": return status ? "0" : "1"
        case "#": return "\(arguments.count)"
        case "*", "@": return arguments.joined(separator: " ")
        default:
            if let index = Int(name) { return index >= 1 && index <= arguments.count ? arguments[index - 1] : "" }
            return variables[name] ?? ""
        }
    }

    /// The words as a command gets them: variables replaced, and split where they stand outside of quotes.
    func expand(_ words: [GRUBWord]) throws(Failure) -> [String] {
        var result: [String] = []
        var size = 0
        for word in words {
            var current = ""
            var hasText = word.isQuoted
            for piece in word.pieces {
                switch piece {
                case .text(let text):
                    current += text
                    hasText = true
                case .variable("@", _):
                    for (index, argument) in arguments.enumerated() {
                        if index > 0 {
                            result.append(current)
                            current = ""
                        }
                        current += argument
                        hasText = true
                    }
                case .variable(let name, isQuoted: true):
                    current += value(name)
                case .variable(let name, isQuoted: false):
                    let text = value(name)
                    let parts = text.blankSeparated
                    if parts.isEmpty { continue }
                    if text.utf8.first == 0x20, hasText {
                        result.append(current)
                        current = ""
                    }
                    for (index, part) in parts.enumerated() {
                        if index > 0 {
                            result.append(current)
                            current = ""
                        }
                        current += part
                    }
                    hasText = true
                }
                size += current.utf8.count
                guard size <= 1 << 22 else {
                    throw Failure(.refused, "the script's words grow beyond all bounds", place: menuPath)
                }
            }
            if hasText { result.append(current) }
        }
        return result
    }

    // MARK: Commands

    mutating func run(_ commands: [GRUBCommand], path: String) throws(Failure) {
        for command in commands {
            guard !isShown, !isReturning else { return }
            try run(command, path: path)
        }
    }

    private mutating func step(_ path: String) throws(Failure) {
        steps += 1
        guard steps <= Self.stepLimit else {
            throw Failure(.refused, "the script runs more than \(Self.stepLimit) commands", place: path)
        }
    }

    mutating func run(_ command: GRUBCommand, path: String) throws(Failure) {
        try step(path)
        switch command {
        case .simple(let words, let block, let line):
            let words = try expand(words)
            guard let name = words.first else { return }
            if let block {
                try add(name, Array(words.dropFirst()), block, path: path)
            } else {
                try call(name, Array(words.dropFirst()), Evidence(path, line: line, text: words.joined(separator: " ")))
            }
        case .condition(let branches, let otherwise):
            for branch in branches {
                try run(branch.test, path: path)
                if isReturning || isShown { return }
                if status {
                    try run(branch.body, path: path)
                    return
                }
            }
            status = true
            try run(otherwise, path: path)
        case .loop(let test, let body, let isUntil):
            while true {
                try run(test, path: path)
                if isReturning || isShown || status == isUntil { break }
                try run(body, path: path)
            }
            status = true
        case .each(let variable, let words, let body):
            for word in try expand(words) {
                try set(variable, word)
                try run(body, path: path)
            }
        case .function(let name, let body):
            guard functions.count < 500 else { throw Failure(.refused, "more than 500 functions", place: path) }
            functions[name] = (body, path)
            status = true
        case .not(let commands):
            try run(commands, path: path)
            status.toggle()
        }
    }

    private mutating func call(_ name: String, _ words: [String], _ evidence: Evidence) throws(Failure) {
        if let function = functions[name] {
            try deeper(evidence.path) { (self) throws(Failure) in
                let outer = self.arguments
                self.arguments = words
                try self.run(function.body, path: function.path)
                self.arguments = outer
                self.isReturning = false
            }
            return
        }
        if words.isEmpty, let equals = name.firstIndex(of: "=") {
            try set(String(name[..<equals]), String(name[name.index(after: equals)...]), evidence)
            status = true
            return
        }
        try command(name, words, evidence)
    }

    private mutating func deeper(_ path: String, _ body: (inout GRUBInterpreter) throws(Failure) -> Void)
        throws(Failure)
    {
        calls += 1
        guard calls <= Self.callLimit else {
            throw Failure(.refused, "files and functions call each other more than \(Self.callLimit) deep", place: path)
        }
        try body(&self)
        calls -= 1
    }

    /// A file in place: `source`, and what is left of `configfile` once its menu is empty.
    mutating func source(_ text: String, evidence: Evidence) throws(Failure) -> Bool {
        guard let (_, file) = try files.text(text, root: root) else { return false }
        if !read.contains(file.path) { read.append(file.path) }
        let commands = try GRUBParser.parse(file.text, path: file.path)
        try deeper(evidence.path) { (self) throws(Failure) in
            try self.run(commands, path: file.path)
            self.isReturning = false
        }
        return true
    }

    /// A menu of its own: shown if it has entries, and then nothing else is.
    mutating func configFile(_ text: String, evidence: Evidence) throws(Failure) -> Bool {
        guard let (_, file) = try files.text(text, root: root) else { return false }
        let (outer, outerPath) = (items, menuPath)
        (items, menuPath) = ([], file.path)
        try set("config_file", text)
        _ = try source(text, evidence: evidence)
        if items.isEmpty {
            (items, menuPath) = (outer, outerPath)
        } else {
            isShown = true
        }
        return true
    }

    // MARK: Entries

    private mutating func add(_ name: String, _ words: [String], _ block: [GRUBCommand], path: String) throws(Failure) {
        guard name == "menuentry" || name == "submenu" else {
            throw Failure(.refused, "\(name) takes no { }", place: path)
        }
        guard items.count < Self.itemLimit else {
            throw Failure(.refused, "more than \(Self.itemLimit) entries", place: path)
        }
        var title: String?
        var id: String?
        var rest = words[...]
        var positional: [String] = []
        while let word = rest.popFirst() {
            switch word {
            case "--class", "--users", "--hotkey", "--source": _ = rest.popFirst()
            case "--id": id = rest.popFirst()
            case "--unrestricted": break
            default:
                if word.hasPrefix("--id=") {
                    id = String(word.dropFirst(5))
                } else if !word.hasPrefix("--") {
                    positional.append(word)
                }
            }
        }
        title = positional.first
        guard let title else { throw Failure(.refused, "an entry without a title", place: path) }
        items.append(
            Item(
                title: title, id: id, arguments: positional, block: block, isSubmenu: name == "submenu", path: path))
        status = true
    }
}
