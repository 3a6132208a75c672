import Documents
import FileSystems

/// What the lines of sshd's files set, in the order that sshd reads them (servconf.c, parse_server_config_depth).
struct SSHConfiguration {
    /// Where a line stands.
    enum Place: Equatable {
        case outside
        /// In a block of `Match all`: it counts for everybody, and before what stands outside.
        case all
        case block(Int)
        /// Behind criteria that can't all be met.
        case never
    }

    struct Setting {
        let keyword: SSHKeyword
        let values: [String]
        let place: Place
        let evidence: Evidence
    }

    struct Block {
        let criteria: String
        let evidence: Evidence
    }

    /// SERVCONF_MAX_DEPTH, and bounds of ours: no real configuration comes near.
    static let depthLimit = 16
    static let fileLimit = 500
    static let lineLimit = 20_000
    static let byteLimit = 1 << 20

    let tree: GuestTree
    private(set) var files: [String] = []
    private(set) var settings: [Setting] = []
    private(set) var blocks: [Block] = []
    private(set) var refused: [Evidence] = []
    private var lines = 0
    private var bytes = 0

    init(_ tree: GuestTree) { self.tree = tree }

    /// Reads a file of the command line's or the default one.
    mutating func read(_ path: String) throws(Failure) {
        guard let found = try tree.find(path) else { return }
        try read(found, .outside, depth: 0)
    }

    private mutating func read(_ found: GuestTree.Found, _ outer: Place, depth: Int) throws(Failure) {
        files.append(found.path)
        guard files.count <= Self.fileLimit else {
            throw Failure(
                .refused, "sshd's configuration includes more than \(Self.fileLimit) files", place: found.path)
        }
        let content = try tree.read(found)
        bytes += content.count
        guard bytes <= Self.byteLimit else {
            throw Failure(.refused, "sshd's configuration is longer than \(Self.byteLimit) bytes", place: found.path)
        }
        let file = GuestFile(path: found.path, text: String(decoding: content, as: UTF8.self))
        var place = outer
        for line in file.lines {
            lines += 1
            guard lines <= Self.lineLimit else {
                throw Failure(.refused, "more than \(Self.lineLimit) lines", place: found.path)
            }
            // sshd reads a line up to its end or a zero byte.
            guard let parts = SSHLine(line.text) else { continue }
            let evidence = file.evidence(line)
            if let refusal = parts.refusal {
                refuse(evidence, refusal)
                continue
            }
            switch parts.keyword.asciiLowercased {
            case "include": try include(parts, place, evidence, depth: depth)
            case "match": place = match(parts, within: outer, evidence)
            default: set(parts, place, evidence)
            }
        }
    }

    /// One line; also what `-o` of the command line says.
    mutating func set(_ line: SSHLine, _ place: Place, _ evidence: Evidence) {
        guard let keyword = SSHKeyword.known(line.keyword.asciiLowercased) else {
            return refuse(evidence, "sshd knows no such keyword")
        }
        guard place == .outside || place == .all || keyword.isMatchable || keyword.isIgnored else {
            return refuse(evidence, "this keyword may not stand in a Match block")
        }
        var words = line.words
        if case .rest = keyword.form { words = [line.rest] }
        if words.count == 1, words[0].isEmpty { return refuse(evidence, "no value follows the keyword") }
        guard let values = keyword.values(words) else { return refuse(evidence, "sshd refuses this value") }
        guard !keyword.isIgnored else { return }
        settings.append(Setting(keyword: keyword, values: values, place: place, evidence: evidence))
    }

    private mutating func refuse(_ evidence: Evidence, _ why: String) {
        guard refused.count < 100 else { return }
        refused.append(Evidence(evidence.path, line: evidence.line, text: "\(evidence.text ?? ""): \(why)"))
    }

    private mutating func include(_ line: SSHLine, _ place: Place, _ evidence: Evidence, depth: Int) throws(Failure) {
        guard depth < Self.depthLimit else { return refuse(evidence, "too many levels of Include") }
        for pattern in line.words {
            let pattern = pattern.hasPrefix("/") || pattern.hasPrefix("~") ? pattern : "/etc/ssh/" + pattern
            for path in try GuestGlob(tree).paths(pattern) {
                guard let found = try tree.find(path), found.status.kind == .file else {
                    refuse(evidence, "\(path) can't be read")
                    continue
                }
                try read(found, place, depth: depth + 1)
            }
        }
    }

    /// - Parameter outer: where the file itself was included: a block in it counts only where that one does.
    private mutating func match(_ line: SSHLine, within outer: Place, _ evidence: Evidence) -> Place {
        var words: [String] = []
        for word in line.words {
            if let equals = word.firstIndex(of: "="), words.count.isMultiple(of: 2) {
                // `User=admin` is one more way to write it.
                words.append(String(word[..<equals]))
                let value = word[word.index(after: equals)...]
                if !value.isEmpty { words.append(String(value)) }
            } else {
                words.append(word)
            }
        }
        guard let first = words.first?.asciiLowercased else { return outer }
        if first == "all" {
            guard words.count == 1 else {
                refuse(evidence, "all stands alone or not at all")
                return .never
            }
            return outer == .outside || outer == .all ? .all : outer
        }
        let known = ["user", "group", "host", "localaddress", "localport", "address", "rdomain", "version"]
        let alone = ["invalid-user"]
        var rest = words[...]
        while let name = rest.popFirst()?.asciiLowercased {
            if alone.contains(name) { continue }
            guard known.contains(name), rest.popFirst()?.isEmpty == false else {
                refuse(evidence, "sshd refuses these criteria")
                return .never
            }
        }
        var criteria = line.words.joined(separator: " ")
        switch outer {
        case .never: return .never
        case .block(let number) where number < blocks.count: criteria = blocks[number].criteria + " and " + criteria
        default: break
        }
        guard blocks.count < 1000 else { return .never }
        blocks.append(Block(criteria: criteria, evidence: evidence))
        return .block(blocks.count - 1)
    }
}

extension SSHKeyword {
    var isIgnored: Bool { if case .ignored = form { true } else { false } }
}
