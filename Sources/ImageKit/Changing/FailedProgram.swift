public import Documents

/// A program that changed a guest and ended badly: what of its words says why, and what a person can do about it.
public struct FailedProgram {
    /// Its name and arguments.
    public let command: [String]
    public let status: Int
    /// What it said, line by line.
    public let lines: [String]
    /// Whose program it was, if not the guest's own.
    public var owner: String?
    /// What is not to be told.
    private var secrets: [String] = []

    public init(_ command: [String], status: Int, lines: [String]) {
        (self.command, self.status, self.lines) = (command, status, lines)
    }

    /// Passwords of repositories are not told.
    public mutating func hide(_ repositories: [GuestRepository]) {
        secrets += repositories.compactMap(\.login?.password)
    }

    public var failure: Failure {
        let name = command.first ?? ""
        let who = owner.map { "\($0) \(name)" } ?? "\(name) in the guest"
        return Failure(
            cause == .unreachable ? .network : .refused,
            masked("\(who) ended with status \(status)\(reasons.map { ": \($0)" }.joined())"),
            place: masked(command.joined(separator: " ")), hint: hint)
    }

    private enum Cause { case unreachable, signature, other }

    /// The first of its lines that say what went wrong, each once: what follows is what came of it. Else its last.
    private var reasons: [String] {
        var seen: Set<String> = []
        let telling = lines.filter(Self.tells).map { String($0.drop { " -".contains($0) }) }
            .filter { seen.insert($0).inserted }
        return telling.isEmpty ? lines.suffix(3) : Array(telling.prefix(4))
    }

    /// A package's name may have "error" in it.
    private static func tells(_ line: String) -> Bool {
        let words = " " + line
        return marks.contains { words.contains($0) }
    }

    private static let marks =
        [
            " Error", " error", " Curl error", " Failed", " failed", " FAILED", "E: ", " Problem", " No match",
            " nothing provides", " Unable to", " Status code", " No space",
        ] + signatures + silences
    /// dnf's and apt's words for packages and indexes that no known key vouches for.
    private static let signatures = [
        "not signed", "any GPG public keys installed", "is not installed. Failing package", "GPG check", "NO_PUBKEY",
        "signature",
    ]
    /// libcurl's (libcurl-errors(3)) and apt's words for a server that does not answer.
    private static let silences = [
        "Couldn't connect", "Could not connect", "Failed to connect", "Couldn't resolve", "Could not resolve",
        "Temporary failure resolving", "Timeout was reached", "Connection timed out", "Connection refused",
    ]

    private var cause: Cause {
        let told = reasons.joined(separator: "\n")
        if Self.silences.contains(where: told.contains) { return .unreachable }
        return Self.signatures.contains(where: told.contains) ? .signature : .other
    }

    private var hint: String? {
        switch command.first {
        case "dnf", "yum", "microdnf", "apt-get":
            switch cause {
            case .unreachable: "see whether the repository answers, or name another: --repository"
            case .signature: "give the key that the repository's packages are signed with: --repository-key"
            case .other: "see whether the guest's repositories have it, or name others: --repository"
            }
        case "systemctl": "see what the guest has by that name: eulerpublisher image inspect"
        case "sshd": "see the value in the recipe, or in the rule's own words: eulerpublisher requirements"
        default: nil
        }
    }

    private func masked(_ text: String) -> String {
        secrets.filter { !$0.isEmpty }.reduce(text) { $0.replacing($1, with: "***") }
    }
}
