import Documents
import FileSystems

/// Makes a menu of what a script left: every entry run as if it was chosen, and the one that starts by itself.
struct MenuReader {
    var interpreter: GRUBInterpreter
    let firmware: BootMenu.Firmware
    private var entries: [BootEntry] = []
    /// Which entry each place of the menu is (`0`, `1>2`); places without a kernel are not in it.
    private var indices: [String: Int] = [:]

    init(_ interpreter: GRUBInterpreter, firmware: BootMenu.Firmware) {
        (self.interpreter, self.firmware) = (interpreter, firmware)
    }

    static func menu(of interpreter: GRUBInterpreter, firmware: BootMenu.Firmware) throws(Failure) -> BootMenu {
        var reader = MenuReader(interpreter, firmware: firmware)
        return try reader.menu()
    }

    private mutating func menu() throws(Failure) -> BootMenu {
        try expandSubmenus()
        let items = interpreter.items
        try collect(items, place: "")
        let timeout = Int(interpreter.value("timeout"))
        let superusers = interpreter.value("superusers").split { " ,;|&".contains($0) }.map(String.init)
        let output = interpreter.variables["*terminal_output"] ?? interpreter.variables["*terminal_input"]
        return BootMenu(
            path: interpreter.menuPath, firmware: firmware, files: interpreter.read, entries: entries,
            defaultIndex: defaultIndex(items),
            timeout: timeout.map { .known($0, evidence("timeout")) } ?? .absent(),
            superusers: superusers.isEmpty ? .absent() : .known(superusers, evidence("superusers")),
            passwords: passwords(),
            serialMenu: .known(
                output?.blankSeparated.contains { $0.hasPrefix("serial") } ?? false, evidence("*terminal_output")))
    }

    /// With what a trial of printed ones says.
    private func passwords() -> [BootPassword] {
        var trial = BootPasswordTrial()
        return zip(interpreter.passwords, interpreter.passwordTexts).map { password, text in
            var password = password
            guard !password.isStock else { return password }
            switch trial.ask(text, isHash: password.kind == "pbkdf2") {
            case .fits: password.isStock = true
            case .fitsNot: break
            case .untried(let why): password.untried = why
            }
            return password
        }
    }

    private func evidence(_ variable: String) -> [Evidence] { interpreter.places[variable].map { [$0] } ?? [] }

    /// Submenus are scripts of their own, run once they are opened.
    private mutating func expandSubmenus(depth: Int = 0) throws(Failure) {
        guard depth < 4 else { return }
        for index in interpreter.items.indices where interpreter.items[index].isSubmenu {
            let item = interpreter.items[index]
            var inner = interpreter
            inner.items = []
            inner.isShown = false
            inner.isReturning = false
            inner.arguments = item.arguments
            try inner.run(item.block ?? [], path: item.path)
            var nested = MenuReader(inner, firmware: firmware)
            try nested.expandSubmenus(depth: depth + 1)
            interpreter.items[index].children = nested.interpreter.items
            interpreter.steps = nested.interpreter.steps
            for path in nested.interpreter.read where !interpreter.read.contains(path) { interpreter.read.append(path) }
        }
    }

    private mutating func collect(_ items: [GRUBInterpreter.Item], place: String) throws(Failure) {
        for (number, item) in items.enumerated() {
            let at = place + "\(number)"
            if item.isSubmenu {
                try collect(item.children, place: at + ">")
            } else if let entry = try entry(item) {
                guard entries.count < GRUBInterpreter.itemLimit else { return }
                indices[at] = entries.count
                entries.append(entry)
            }
        }
    }

    /// What the entry starts; nil if that is no kernel.
    private mutating func entry(_ item: GRUBInterpreter.Item) throws(Failure) -> BootEntry? {
        var run = interpreter
        run.items = []
        run.isShown = false
        run.isReturning = false
        run.linux = nil
        run.initrds = []
        run.arguments = item.arguments
        if let specification = item.specification {
            let boot = run.value("boot").isEmpty ? run.root : run.value("boot")
            try run.set("root", boot)
            let options = try GRUBInterpreter.words(of: specification.options, run)
            run.linux = (
                [specification.linux] + options,
                Evidence(specification.path, line: specification.optionsLine, text: specification.optionsText)
            )
            run.initrds = try GRUBInterpreter.words(of: specification.initrds.joined(separator: " "), run)
        } else {
            try run.run(item.block ?? [], path: item.path)
        }
        interpreter.steps = run.steps
        guard let linux = run.linux, let kernel = linux.words.first else { return nil }
        let shown = try run.files.shown(kernel, root: run.root)
        var initramfs: [String] = []
        var missing: [String] = []
        for path in run.initrds where !path.hasPrefix("--") {
            let file = try run.files.shown(path, root: run.root)
            initramfs.append(file.path)
            if !file.exists { missing.append(file.path) }
        }
        let commandLine = linux.words.dropFirst().map(Self.quoted).joined(separator: " ")
        let root = KernelArguments.values(of: "root", in: commandLine).last
        return BootEntry(
            title: item.title, id: item.id, kernel: shown.path, hasKernel: shown.exists, initramfs: initramfs,
            missingInitramfs: missing, commandLine: commandLine,
            root: root.map { .known(DeviceName($0), [linux.evidence]) } ?? .absent([linux.evidence]),
            evidence: linux.evidence)
    }

    /// As GRUB hands a word with blanks to the kernel.
    private static func quoted(_ word: String) -> String {
        guard word.contains(" ") else { return word }
        return "\"" + word.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }

    // MARK: The default

    private func defaultIndex(_ items: [GRUBInterpreter.Item]) -> Fact<Int> {
        let wanted = interpreter.value("default")
        let evidence = evidence("default")
        guard !items.isEmpty else { return .absent(evidence) }
        var level = items
        var place = ""
        var rest = wanted[...]
        while true {
            // `TITLE>TITLE`: a doubled mark is one of the title itself.
            let (part, after) = Self.firstPart(rest)
            let number =
                level.firstIndex { $0.id == part } ?? level.firstIndex { $0.title == part }
                ?? Self.number(part).flatMap { level.indices.contains($0) ? $0 : nil } ?? 0
            guard level.indices.contains(number) else { return .absent(evidence) }
            place += "\(number)"
            guard level[number].isSubmenu else { break }
            level = level[number].children
            place += ">"
            rest = after
        }
        guard let index = indices[place] else {
            return .unknown("the entry that starts by itself (\(place)) starts no kernel")
        }
        return .known(index, evidence)
    }

    private static func number(_ text: String) -> Int? {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func firstPart(_ text: Substring) -> (String, Substring) {
        var part = ""
        var rest = text
        while let character = rest.popFirst() {
            guard character == ">" else {
                part.append(character)
                continue
            }
            if rest.first == ">" {
                part.append(rest.removeFirst())
            } else {
                return (part, rest)
            }
        }
        return (part, rest)
    }
}

extension GRUBInterpreter {
    /// A text's words with its variables replaced, as if it stood in a script.
    static func words(of text: String, _ interpreter: GRUBInterpreter) throws(Failure) -> [String] {
        var words: [String] = []
        for word in text.blankSeparated {
            guard word.contains("$") else {
                words.append(word)
                continue
            }
            let tokens = try GRUBLexer.tokens(word, path: interpreter.menuPath)
            words += try interpreter.expand(
                tokens.compactMap { if case .word(let word) = $0.token { word } else { nil } })
        }
        return words
    }
}
