import Documents
import OCI

/// Where an image that exists lies, as people who copy images write it. What is in front of the first colon behind `oci:` or
/// `docker-archive:` is the path, as skopeo has it (github.com/containers/image, docs/containers-transports.5.md), so that
/// names behind it may hold colons and slashes.
public enum ImageReference: Sendable, Equatable, CustomStringConvertible {
    /// `oci:DIRECTORY[:NAME]`: a name that index.json has.
    case layout(directory: String, tag: String?)
    /// `docker-archive:FILE[:REPOSITORY[:TAG]|:@INDEX]`
    case archive(file: String, image: String?)
    /// `registry:HOST/REPOSITORY[:TAG|@DIGEST]`, also `docker://HOST/...` or without anything before the host.
    case registry(repository: String, name: String)

    /// - Throws: `Failure(.usage)` saying what is understood.
    public init(_ text: String) throws {
        func rest(_ prefix: String) -> String? {
            text.hasPrefix(prefix) ? String(text.dropFirst(prefix.utf8.count)) : nil
        }
        func parts(_ rest: String) throws -> (path: String, name: String?) {
            let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard !parts[0].isEmpty, !parts[0].utf8.contains(0) else {
                throw Failure(.usage, "\(text.prefix(300)) names no path", hint: Self.hint)
            }
            return (parts[0], parts.count > 1 ? parts[1] : nil)
        }
        if let rest = rest("oci:") {
            let (directory, tag) = try parts(rest)
            guard tag.map(Reference.isLayoutName) != false else {
                throw Failure(
                    .usage, "\((tag ?? "").prefix(200)) is not a tag in \(text.prefix(300))",
                    hint:
                        "the directory ends at the first colon: one whose name holds a colon is reached by a symbolic link; "
                        + Self.hint)
            }
            self = .layout(directory: directory, tag: tag)
        } else if let rest = rest("docker-archive:") {
            let (file, image) = try parts(rest)
            guard image?.isEmpty != true else {
                throw Failure(.usage, "\(text.prefix(300)) names no image behind the colon", hint: Self.hint)
            }
            self = .archive(file: file, image: image)
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
        "write HOST/REPOSITORY[:TAG|@DIGEST], oci:DIRECTORY[:TAG] or docker-archive:FILE[:REPOSITORY:TAG]"

    public var description: String {
        switch self {
        case .layout(let directory, let tag): "oci:\(directory)" + (tag.map { ":\($0)" } ?? "")
        case .archive(let file, let image): "docker-archive:\(file)" + (image.map { ":\($0)" } ?? "")
        case .registry(let repository, let name):
            "registry:\(repository)" + (name.hasPrefix("sha256:") ? "@" : ":") + name
        }
    }

    /// What it is known by, if that is a tag: also the one at the end of a layout's or archive's longer name.
    public var tag: String? {
        func last(_ name: String) -> String? {
            if Reference.isTag(name) { return name }
            guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/"), !name.contains("@") else {
                return nil
            }
            let tag = String(name[name.index(after: colon)...])
            return Reference.isTag(tag) ? tag : nil
        }
        return switch self {
        case .layout(_, let tag): tag.flatMap(last)
        case .registry(_, let name): name.hasPrefix("sha256:") ? nil : name
        case .archive(_, let image): image.flatMap { $0.contains(":") ? last($0) : nil }
        }
    }

    /// What stands before the first colon is taken for the directory, also where the directory's own name holds one.
    /// - Parameter isLayout: whether there is an image layout at a path.
    /// - Throws: `Failure(.usage)` if that is so.
    public func checkColon(_ isLayout: (String) -> Bool) throws {
        guard case .layout(let directory, let tag?) = self, !isLayout(directory) else { return }
        let whole = "\(directory):\(tag)"
        let ends = [whole.endIndex] + whole.indices.filter { whole[$0] == ":" }.reversed()
        for end in ends where end > directory.endIndex {
            let path = String(whole[..<end])
            guard path != directory, isLayout(path) else { continue }
            throw Failure(
                .usage, "the directory \(path) has a colon in its name, and oci: takes what is before the first one",
                place: description, hint: "rename the directory, or name a symbolic link to it")
        }
    }
}
