import Documents
import Glibc
import Schema

/// What settings and policy have in common: a YAML file that need not be there, with a format number.
enum ConfigurationFile {
    static let format: Int64 = 1

    /// - Returns: nil when no such file is there.
    /// - Throws: As `Node.read`.
    static func read(_ path: String) throws -> Node? {
        var status = stat()
        if lstat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR) { return nil }
        return try Node.read(path: path)
    }

    /// - Throws: `Failure` that names both formats when a newer host wrote the file; else as `Schema.validate`.
    static func validate(_ node: Node, _ schema: Schema) throws -> JSON {
        if let written = node["format"], let number = written.json.integer, number > format {
            throw Failure(
                .usage, "the file has format \(number), and this version reads format \(format)", place: written.place,
                hint: "install the version that it was written for")
        }
        return try schema.validate(node)
    }
}
