public import Documents

/// How a check came out.
public enum Outcome: Sendable, Equatable {
    /// - Parameters:
    ///   - what: what was seen, in one sentence.
    ///   - places: where, if one place decides it.
    case pass(_ what: String, [Evidence] = [])
    /// - Parameters:
    ///   - what: what is wrong, in one sentence.
    ///   - places: each place where it is.
    ///   - remediations: what a build does about it.
    case fail(_ what: String, [Evidence] = [], [Remediation] = [])
    /// - Parameter why: what could not be read, and what would be needed.
    case unknown(_ why: String)
}

/// What a check reads: the facts, the guest's files for what they don't hold, and what the request says of the image.
public struct CheckSubject: Sendable {
    public var facts: ImageFacts
    /// Nil if the host gave no tree: checks that need one are unknown.
    public var files: (any GuestFiles)?
    /// What the artifact is said to be for; nil if nothing says it.
    public var declaredArchitecture: Architecture?
    /// `2026-11-28`, for what ends at a date; nil if there is no clock.
    public var today: String?

    public init(
        facts: ImageFacts, files: (any GuestFiles)? = nil, declaredArchitecture: Architecture? = nil,
        today: String? = nil
    ) {
        self.facts = facts
        self.files = files
        self.declaredArchitecture = declaredArchitecture
        self.today = today
    }
}

/// The guest's files by absolute path. Symlinks are not followed at a path's end.
public protocol GuestFiles: Sendable {
    /// Nil if nothing is there.
    func stat(_ path: String) throws -> Tree.Stat?
    /// At most `limit` bytes of a file, or a symlink's target; nil if nothing is there.
    func read(_ path: String, limit: Int) throws -> [UInt8]?
    /// The names in a directory; nil if nothing is there.
    func list(_ path: String) throws -> [String]?
}

extension Tree: GuestFiles {}
