import Documents
import FileSystems

/// A file of configuration that was read, by lines.
struct GuestFile: Sendable {
    /// Where it lies, links resolved.
    let path: String
    let lines: [GuestLine]

    init(path: String, text: String) {
        self.path = path
        var lines: [GuestLine] = []
        var number = 0
        for part in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            lines.append(GuestLine(number: number, text: String(decoding: part, as: UTF8.self)))
        }
        if lines.last?.text.isEmpty == true { lines.removeLast() }
        self.lines = lines
    }

    var text: String { lines.map(\.text).joined(separator: "\n") }

    func evidence(_ line: GuestLine, _ text: String? = nil) -> Evidence {
        Evidence(path, line: line.number, text: text ?? line.trimmed)
    }
}

/// One line of a file, counted from 1, without its end.
struct GuestLine: Sendable {
    let number: Int
    let text: String

    /// Without white space at both ends, a carriage return among it.
    var trimmed: String { text.trimmingBlanks }
}

extension StringProtocol {
    /// Without ASCII white space at both ends.
    var trimmingBlanks: String {
        var rest = Array(utf8)[...]
        while let first = rest.first, first == 0x20 || (0x09...0x0d).contains(first) { rest = rest.dropFirst() }
        while let last = rest.last, last == 0x20 || (0x09...0x0d).contains(last) { rest = rest.dropLast() }
        return String(decoding: rest, as: UTF8.self)
    }

    /// Its words, separated by ASCII white space.
    var blankSeparated: [String] {
        utf8.split { $0 == 0x20 || (0x09...0x0d).contains($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Without one pair of quotes around it.
    var unquoted: String {
        let bytes = Array(utf8)
        guard bytes.count >= 2, let first = bytes.first, first == bytes.last, first == 0x22 || first == 0x27 else {
            return String(self)
        }
        return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
    }

    /// Letters of ASCII made small; others as they are.
    var asciiLowercased: String {
        String(decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}

extension GuestTree {
    /// A file of configuration, by lines; nil if there is none.
    func lines(of path: String) throws(Failure) -> GuestFile? {
        guard let found = try find(path) else { return nil }
        return GuestFile(path: found.path, text: String(decoding: try read(found), as: UTF8.self))
    }

    /// What the files of one folder of configuration may have together, in bytes: each could be as long as one may be.
    static var folderLimit: UInt64 { 2 << 20 }

    /// Paths of the files in a folder whose names end so, sorted by name; folders and other things are left out.
    /// - Throws: `Failure` if there are more than `limit`, or they are longer than `folderLimit` together.
    func paths(in folder: String, ending suffix: String, limit: Int = 500) throws(Failure) -> [String] {
        var paths: [String] = []
        var room = Self.folderLimit
        for name in try list(folder) where name.hasSuffix(suffix) && !name.hasPrefix(".") {
            guard paths.count < limit else {
                throw Failure(.refused, "more than \(limit) files", place: folder)
            }
            let path = folder + "/" + name
            guard let status = try find(path)?.status, status.kind == .file else { continue }
            guard status.size <= room else {
                throw Failure(.refused, "files of more than \(Self.folderLimit) bytes together", place: folder)
            }
            room -= status.size
            paths.append(path)
        }
        return paths
    }

    /// The first of the paths that leads to something, resolved.
    func first(of paths: [String]) throws(Failure) -> Found? {
        for path in paths { if let found = try find(path) { return found } }
        return nil
    }

    /// What the symbolic link at the path says; nil if none is there.
    func linkTarget(_ path: String) throws(Failure) -> String? {
        guard let found = try find(path, following: false), found.status.kind == .symlink else { return nil }
        return String(decoding: try found.fileSystem.target(of: found.number), as: UTF8.self)
    }
}

extension Fact {
    /// What the reading gives; unknown if it fails.
    static func reading(_ body: () throws(Failure) -> Fact<Value>) -> Fact<Value> {
        do throws(Failure) { return try body() } catch { return .unknown(error.inWords) }
    }
}

extension Failure {
    /// What failed and where, in one line.
    var inWords: String { place.map { "\($0): \(message)" } ?? message }
}
