import Documents
import OCI

/// `FILE[:REPOSITORY[:TAG]]`: an archive to write and what its image is loaded as, as other programs that write them take it.
public struct ArchiveDestination: Sendable, Equatable {
    public var file: String
    /// Nil: without a name.
    public var name: String?
    public var tag: String?

    /// - Parameters:
    ///   - text: what stands behind `docker-archive:`.
    ///   - source: whose name the image keeps, if none is given: a repository's, or that of a layout's directory.
    ///   - tag: the source's.
    /// - Throws: `Failure(.usage)` saying what is understood.
    public init(_ text: String, from source: ImageReference, tag: String?) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        file = parts[0]
        guard !file.isEmpty else {
            throw Failure(.usage, "docker-archive:\(text.prefix(300)) names no file", hint: Self.hint)
        }
        self.tag = tag
        guard parts.count > 1 else {
            name = Self.name(of: source)
            return
        }
        let last = parts[1].split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        var path = parts[1]
        if let colon = last.lastIndex(of: ":") {
            let stated = String(last[last.index(after: colon)...])
            path = String(path.dropLast(stated.count + 1))
            self.tag = stated
        }
        guard Reference.isPath(path) || (try? Reference(path)) != nil, Reference.isTag(self.tag ?? "latest") else {
            throw Failure(.usage, "\(parts[1].prefix(300)) is not the name of an image", hint: Self.hint)
        }
        name = path
    }

    private static let hint = "write docker-archive:FILE:REPOSITORY:TAG"

    private static func name(of source: ImageReference) -> String? {
        switch source {
        case .registry(let repository, _): repository
        case .layout(let directory, _):
            directory.split(separator: "/").last.map(String.init).flatMap { Reference.isPath($0) ? $0 : nil }
        case .archive(_, let image?) where !image.hasPrefix("@"):
            // Without the tag that it ends with.
            image.lastIndex(of: ":").flatMap { image[$0...].contains("/") ? nil : String(image[..<$0]) } ?? image
        case .archive: nil
        }
    }
}
