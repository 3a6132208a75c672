import Documents

extension GuestChange {
    /// A word's value in a file of lines, in the way that the file has: `KEY=value`, or `KEY value`.
    func set(_ path: String, _ key: String, _ value: String) throws(Failure) {
        var lines = try root.lines(path) ?? []
        func isIts(_ line: String) -> Bool {
            guard line.hasPrefix(key), let next = line.dropFirst(key.count).first else { return false }
            return next == "=" || next == " " || next == "\t"
        }
        let separator: String
        if let line = lines.first(where: isIts) {
            separator = line.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }.first == "=" ? "=" : " "
        } else {
            separator = lines.contains { !$0.hasPrefix("#") && $0.contains("=") } ? "=" : " "
        }
        let line = "\(key)\(separator)\(value)"
        if let index = lines.lastIndex(where: isIts) { lines[index] = line } else { lines.append(line) }
        try root.write(path, lines: lines)
    }
}
