import Documents
import OCI

/// Where an image that exists lies, as people who copy images write it.
public enum ImageReference: Sendable, Equatable, CustomStringConvertible {
    /// `oci:DIRECTORY[:TAG]`
    case layout(directory: String, tag: String?)
    /// `docker-archive:FILE`
    case archive(file: String)
    /// `registry:HOST/REPOSITORY[:TAG|@DIGEST]`, also `docker://HOST/...` or without anything before the host.
    case registry(repository: String, name: String)

    /// - Throws: `Failure(.usage)` saying what is understood.
    public init(_ text: String) throws {
        func rest(_ prefix: String) -> String? {
            text.hasPrefix(prefix) ? String(text.dropFirst(prefix.utf8.count)) : nil
        }
        func path(_ path: String) throws -> String {
            guard !path.isEmpty, !path.utf8.contains(0) else {
                throw Failure(.usage, "\(text.prefix(300)) names no path", hint: Self.hint)
            }
            return path
        }
        if let rest = rest("oci:") {
            let last = rest.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
            guard let colon = last.lastIndex(of: ":") else {
                self = .layout(directory: try path(rest), tag: nil)
                return
            }
            let tag = String(last[last.index(after: colon)...])
            guard Reference.isTag(tag) else {
                throw Failure(.usage, "\(tag.prefix(200)) is not a tag in \(text.prefix(300))", hint: Self.hint)
            }
            self = .layout(directory: try path(String(rest.dropLast(tag.count + 1))), tag: tag)
        } else if let rest = rest("docker-archive:") {
            self = .archive(file: try path(rest))
        } else {
            let name = rest("docker://") ?? rest("registry:") ?? text
            do {
                let reference = try Reference(name)
                self = .registry(
                    repository: "\(reference.host)/\(reference.path)",
                    name: reference.digest.map { "\($0)" } ?? reference.tag ?? "latest")
            } catch var failure as Failure {
                failure.hint = Self.hint
                throw failure
            }
        }
    }

    private static let hint =
        "write HOST/REPOSITORY[:TAG|@DIGEST], oci:DIRECTORY[:TAG] or docker-archive:FILE"

    public var description: String {
        switch self {
        case .layout(let directory, let tag): "oci:\(directory)" + (tag.map { ":\($0)" } ?? "")
        case .archive(let file): "docker-archive:\(file)"
        case .registry(let repository, let name):
            "registry:\(repository)" + (name.hasPrefix("sha256:") ? "@" : ":") + name
        }
    }
}
