import Documents

extension CheckSubject {
    func fileMode(_ path: String, atMost mode: UInt32) throws(Unknown) -> Outcome {
        guard let found = try stat(path) else { return .fail("there is no \(path)", [Evidence(path)]) }
        let bits = found.mode & 0o7777
        guard bits & ~mode == 0 else {
            return .fail(
                "the mode of \(path) is \(octal(bits)), which is more than \(octal(mode))",
                [Evidence(path, text: "mode \(octal(bits))")], [.fileChmod(path, mode: mode)])
        }
        guard found.user == 0 else {
            return .fail(
                "\(path) belongs to the user \(found.user)", [Evidence(path, text: "user \(found.user)")],
                [.byHand("chown root \(path)")])
        }
        return .pass("the mode of \(path) is \(octal(bits))", [Evidence(path)])
    }

    func files(anyOf paths: [String]) throws(Unknown) -> Outcome {
        for path in paths where try stat(path) != nil { return .pass("\(path) is there", [Evidence(path)]) }
        return .fail("\(paths.either) is not there", paths.map { Evidence($0) })
    }

    func noFiles(_ paths: [String]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for path in paths where try stat(path) != nil {
            verdict.wrong("\(path) is there", [Evidence(path)], .fileRemove(path))
        }
        return verdict.outcome(pass: "\(paths.listed) \(paths.count == 1 ? "is" : "are") not there")
    }

    /// The last line that sets the word counts, as the readers of these files have it.
    func setting(_ word: String, in path: String, _ expected: Expected) throws(Unknown) -> Outcome {
        var value: String?
        var places = [Evidence(path)]
        let text = try text(path) ?? ""
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fields = line.split(maxSplits: 1) { " \t=".contains($0) }
            guard fields.first.map(String.init) == word else { continue }
            let rest = fields.count > 1 ? fields[1].drop { " \t=".contains($0) } : ""
            value = String(rest.prefix { $0 != "#" }).trimmed.unquoted
            places = [Evidence(path, line: number + 1, text: String(line).trimmed)]
        }
        guard expected.fits(value) else {
            let what = value.map { "is \($0)" } ?? "is not set"
            return .fail(
                "\(word) of \(path) \(what), and has to be \(expected.words)", places,
                expected.example.map { [.fileSet(path, key: word, value: $0)] } ?? [])
        }
        return .pass("\(word) of \(path) is \(value ?? "not set")", places)
    }

    func noAbsoluteLinks(_ paths: [String]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let tree = try tree
        for path in paths {
            guard let found = try stat(path), found.isSymlink else { continue }
            let target: [UInt8]?
            do { target = try tree.read(path, limit: 4096) } catch { throw unreadable(path, error) }
            let text = String(decoding: target ?? [], as: UTF8.self)
            if text.hasPrefix("/") {
                verdict.wrong(
                    "\(path) is a link to \(text), which leads elsewhere where the image is mounted",
                    [Evidence(path, text: "-> \(text)")], .byHand("make \(path) a link to \(text.dropFirst())"))
            }
        }
        return verdict.outcome(pass: "no absolute link is at \(paths.listed)")
    }
}

extension String {
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }

    var unquoted: String {
        guard count >= 2, let mark = first, mark == last, mark == "\"" || mark == "'" else { return self }
        return String(dropFirst().dropLast())
    }
}
