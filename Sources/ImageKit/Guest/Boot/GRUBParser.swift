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
        let commands = try parser.list(until: [], depth: 0)
        guard parser.at == parser.tokens.count else { throw parser.refusal("a } without its {") }
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

    private mutating func skipEnds() {
        while at < tokens.count, case .end = tokens[at].token { at += 1 }
    }

    private mutating func expect(_ word: String) throws(Failure) {
        skipEnds()
        guard keyword == word else { throw refusal("\"\(word)\" is missing here") }
        at += 1
    }

    /// Commands up to one of the words, a closing brace or the end; none of them is taken.
    private mutating func list(until words: Set<String>, depth: Int) throws(Failure) -> [GRUBCommand] {
        guard depth <= Self.depthLimit else { throw refusal("more than \(Self.depthLimit) levels") }
        var commands: [GRUBCommand] = []
        while true {
            skipEnds()
            guard at < tokens.count else { return commands }
            if case .close = tokens[at].token { return commands }
            if let keyword, words.contains(keyword) { return commands }
            commands.append(try command(depth: depth))
        }
    }

    private mutating func command(depth: Int) throws(Failure) -> GRUBCommand {
        count += 1
        guard count <= Self.commandLimit else { throw refusal("more than \(Self.commandLimit) commands") }
        guard case .word = tokens[at].token else { throw refusal("a { where a command belongs") }
        switch keyword {
        case "if": return try condition(depth: depth)
        case "while", "until": return try loop(depth: depth)
        case "for": return try each(depth: depth)
        case "function": return try function(depth: depth)
        case "!":
            at += 1
            guard at < tokens.count else { throw refusal("! without a command") }
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
            case .end, .close:
                return .simple(words: words, block: nil, line: begin)
            }
        }
        return .simple(words: words, block: nil, line: begin)
    }

    private mutating func block(depth: Int) throws(Failure) -> [GRUBCommand] {
        at += 1
        let commands = try list(until: [], depth: depth + 1)
        guard at < tokens.count, case .close = tokens[at].token else { throw refusal("a { without its }") }
        at += 1
        return commands
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
        try expect("do")
        let body = try list(until: ["done"], depth: depth + 1)
        try expect("done")
        return .each(variable: variable, words: words, body: body)
    }

    private mutating func function(depth: Int) throws(Failure) -> GRUBCommand {
        at += 1
        guard let name = keyword else { throw refusal("function without a name") }
        at += 1
        skipEnds()
        guard at < tokens.count, case .open = tokens[at].token else { throw refusal("a function without its {") }
        return .function(name: name, body: try block(depth: depth))
    }
}
