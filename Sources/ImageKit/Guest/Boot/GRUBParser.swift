import Documents

/// A command of a GRUB script.
indirect enum GRUBCommand: Sendable {
    /// A command with its words, and the block that a menuentry or submenu ends with.
    case simple(words: [GRUBWord], block: [GRUBCommand]?, line: Int)
    case condition(branches: [(test: [GRUBCommand], body: [GRUBCommand])], otherwise: [GRUBCommand])
    case loop(test: [GRUBCommand], body: [GRUBCommand], isUntil: Bool)
    case each(variable: String, words: [GRUBWord], body: [GRUBCommand])
    case function(name: String, body: [GRUBCommand])
    case not([GRUBCommand])
}

/// Puts words together: GNU GRUB manual, "Shell-like scripting: Compound commands".
struct GRUBParser {
    static let depthLimit = 50
    static let commandLimit = 50_000

    private let tokens: [(token: GRUBToken, line: Int)]
    private let path: String
    private var at = 0
    private var count = 0

    static func parse(_ text: String, path: String) throws(Failure) -> [GRUBCommand] {
        var parser = GRUBParser(tokens: try GRUBLexer.tokens(text, path: path), path: path)
        var commands: [GRUBCommand] = []
        parser.skipNewlines()
        while parser.at < parser.tokens.count {
            commands.append(try parser.command(depth: 0))
            guard parser.delimiter() || parser.at == parser.tokens.count else {
                throw parser.refusal("a command without its end")
            }
        }
        return commands
    }

    private init(tokens: [(token: GRUBToken, line: Int)], path: String) { (self.tokens, self.path) = (tokens, path) }

    private var line: Int { at < tokens.count ? tokens[at].line : tokens.last?.line ?? 1 }
    private func refusal(_ what: String) -> Failure { Failure(.refused, what, place: "\(path):\(line)") }

    /// The word at hand if it is one without quotes and variables: only such are keywords.
    private var keyword: String? {
        guard at < tokens.count, case .word(let word) = tokens[at].token else { return nil }
        return word.plain
    }

    private mutating func skipNewlines() {
        while at < tokens.count, case .newline = tokens[at].token { at += 1 }
    }

    /// The end of a command: a semicolon or a newline, and more newlines. False if there is none.
    private mutating func delimiter() -> Bool {
        guard at < tokens.count else { return false }
        switch tokens[at].token {
        case .newline, .semicolon: at += 1
        case .word, .open, .close: return false
        }
        skipNewlines()
        return true
    }

    private mutating func expect(_ word: String) throws(Failure) {
        guard keyword == word else { throw refusal("\"\(word)\" is missing here") }
        at += 1
    }

    /// One command or more, each with its end, up to one of the words; the word is not taken.
    private mutating func list(until words: Set<String>, depth: Int) throws(Failure) -> [GRUBCommand] {
        var commands: [GRUBCommand] = []
        skipNewlines()
        repeat {
            commands.append(try command(depth: depth))
            guard delimiter() else { throw refusal("a command without its end") }
        } while !(keyword.map { words.contains($0) } ?? (at >= tokens.count))
        return commands
    }

    /// What stands between braces. Only a function's last command needs an end of its own.
    private mutating func block(depth: Int, isFunction: Bool = false) throws(Failure) -> [GRUBCommand] {
        at += 1
        skipNewlines()
        var commands: [GRUBCommand] = []
        while true {
            commands.append(try command(depth: depth + 1))
            let isEnded = delimiter()
            guard at < tokens.count else { throw refusal("a { without its }") }
            if case .close = tokens[at].token, isEnded || !isFunction { break }
            guard isEnded else { throw refusal("a command without its end") }
        }
        at += 1
        return commands
    }

    private mutating func command(depth: Int) throws(Failure) -> GRUBCommand {
        count += 1
        guard count <= Self.commandLimit else { throw refusal("more than \(Self.commandLimit) commands") }
        guard depth <= Self.depthLimit else { throw refusal("more than \(Self.depthLimit) levels") }
        guard at < tokens.count, case .word = tokens[at].token else { throw refusal("a command is missing here") }
        switch keyword {
        case "if": return try condition(depth: depth)
        case "while", "until": return try loop(depth: depth)
        case "for": return try each(depth: depth)
        case "function": return try function(depth: depth)
        case "!":
            at += 1
            return .not([try command(depth: depth + 1)])
        case "then", "elif", "else", "fi", "do", "done", "in":
            throw refusal("\"\(keyword ?? "")\" where a command belongs")
        default: return try simple(depth: depth)
        }
    }

    private mutating func simple(depth: Int) throws(Failure) -> GRUBCommand {
        let begin = line
        var words: [GRUBWord] = []
        while at < tokens.count {
            switch tokens[at].token {
            case .word(let word):
                words.append(word)
                at += 1
            case .open:
                let block = try block(depth: depth)
                return .simple(words: words, block: block, line: begin)
            case .newline, .semicolon, .close:
                return .simple(words: words, block: nil, line: begin)
            }
        }
        return .simple(words: words, block: nil, line: begin)
    }

    private mutating func condition(depth: Int) throws(Failure) -> GRUBCommand {
        var branches: [(test: [GRUBCommand], body: [GRUBCommand])] = []
        repeat {
            at += 1
            let test = try list(until: ["then"], depth: depth + 1)
            try expect("then")
            branches.append((test, try list(until: ["elif", "else", "fi"], depth: depth + 1)))
        } while keyword == "elif"
        var otherwise: [GRUBCommand] = []
        if keyword == "else" {
            at += 1
            otherwise = try list(until: ["fi"], depth: depth + 1)
        }
        try expect("fi")
        return .condition(branches: branches, otherwise: otherwise)
    }

    private mutating func loop(depth: Int) throws(Failure) -> GRUBCommand {
        let isUntil = keyword == "until"
        at += 1
        let test = try list(until: ["do"], depth: depth + 1)
        try expect("do")
        let body = try list(until: ["done"], depth: depth + 1)
        try expect("done")
        return .loop(test: test, body: body, isUntil: isUntil)
    }

    private mutating func each(depth: Int) throws(Failure) -> GRUBCommand {
        at += 1
        guard let variable = keyword else { throw refusal("for without a name") }
        at += 1
        try expect("in")
        var words: [GRUBWord] = []
        while at < tokens.count, case .word(let word) = tokens[at].token {
            words.append(word)
            at += 1
        }
        guard delimiter() else { throw refusal("a command without its end") }
        try expect("do")
        let body = try list(until: ["done"], depth: depth + 1)
        try expect("done")
        return .each(variable: variable, words: words, body: body)
    }

    private mutating func function(depth: Int) throws(Failure) -> GRUBCommand {
        at += 1
        guard let name = keyword else { throw refusal("function without a name") }
        at += 1
        _ = delimiter()
        guard at < tokens.count, case .open = tokens[at].token else { throw refusal("a function without its {") }
        return .function(name: name, body: try block(depth: depth, isFunction: true))
    }
}
