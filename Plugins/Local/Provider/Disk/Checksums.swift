import Documents
import Files
import Glibc

/// A version's SHA256SUMS, as sha256sum writes and checks it: `DIGEST  FILE` by file name.
struct Checksums {
    let path: String
    private(set) var lines: [String: String]

    /// - Throws: `Failure` if the file is there and cannot be read.
    init(in directory: String) throws {
        path = "\(directory)/\(Names.checksums)"
        lines = [:]
        guard File.exists(path) else { return }
        let text = String(decoding: try File.contents(path, limit: 4 << 20), as: UTF8.self)
        for line in text.split(separator: "\n") {
            guard let space = line.firstIndex(of: " ") else { continue }
            // After the space stands a second one, or the * of a binary file.
            let name = line[line.index(after: space)...].dropFirst()
            if !name.isEmpty { lines[String(name)] = String(line[..<space]) }
        }
    }

    subscript(file: String) -> String? { lines[file] }

    /// Replaces the file with one that says that too. Under the catalogue's lock only.
    mutating func set(_ file: String, to hex: String?) throws {
        guard lines[file] != hex else { return }
        lines[file] = hex
        guard !lines.isEmpty else {
            guard unlink(path) == 0 || errno == ENOENT else { throw File.failure("remove", path) }
            return
        }
        let text = lines.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }.joined()
        try File.replace(path, with: Array(text.utf8))
    }
}
