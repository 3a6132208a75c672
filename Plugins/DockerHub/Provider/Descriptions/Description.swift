import Documents
import FoundationEssentials
import ProviderKit

/// What people read about a repository where its registry shows it.
struct Description: Sendable, Equatable {
    /// One sentence.
    var short: String?
    /// A page in Markdown.
    var full: String?

    /// Docker Hub's limits, in bytes of UTF-8: at most so many, and fewer than so many. Its own pages count characters, its
    /// interface counts bytes (docs.docker.com/docker-hub/repos/manage/information; github.com/peter-evans/
    /// dockerhub-description/issues/69). They hold for every registry, so that one text serves all.
    static let shortLimit = 100
    static let fullLimit = 25_000

    init(short: String? = nil, full: String? = nil) {
        self.short = short
        self.full = full
    }

    /// The target's, or nil if it has none.
    /// - Throws: `Failure(.usage)` for a text that no registry would take.
    init?(_ options: Options, _ host: Host) throws {
        guard options.readme != nil || options.description != nil else { return nil }
        short = options.description
        if let short, short.utf8.count > Self.shortLimit {
            throw Failure(
                .usage, "the description has \(short.utf8.count) bytes, and \(Self.shortLimit) are the most",
                place: "description", hint: "shorten it: a letter beyond ASCII is several bytes")
        }
        if let path = options.readme { full = try Self.page(path, host) }
    }

    private static func page(_ path: String, _ host: Host) throws -> String {
        let bytes: [UInt8]
        do { bytes = try host.file("readme") } catch let failure as Failure where failure.code == .notFound {
            throw Failure(
                .usage, "the README is not a file that can be read", place: path,
                hint: "name it relative to the plan; it has fewer than \(fullLimit) bytes")
        }
        guard bytes.count < fullLimit else {
            throw Failure(
                .usage, "the README has \(bytes.count) bytes, and registries take fewer than \(fullLimit)", place: path,
                hint: "shorten it, and link to the rest")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
            throw Failure(.usage, "the README is not UTF-8", place: path, hint: "store it as UTF-8")
        }
        return text
    }

    /// For registries that have one text.
    var only: String? { full ?? short }

    /// Whether a registry that says so has these texts. White space around them is not theirs to keep.
    func isSaid(by other: Description) -> Bool {
        func same(_ wanted: String?, _ found: String?) -> Bool {
            wanted.map { Self.trimmed($0) == Self.trimmed(found ?? "") } ?? true
        }
        return same(short, other.short) && same(full, other.full)
    }

    private static func trimmed(_ text: String) -> [Unicode.Scalar] {
        func trim(_ scalars: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
            Array(scalars.drop { $0.properties.isWhitespace }.reversed())
        }
        return trim(trim(text.unicodeScalars))
    }
}
