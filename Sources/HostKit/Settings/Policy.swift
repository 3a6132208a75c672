import Documents
public import Glibc
import Schema

/// What the operator forbids. Every file narrows what is allowed, and nothing else is consulted: no setting, variable or flag
/// widens it. Whoever can be asked says no by a `Failure` (policy, exit status 10) whose place is the rule's `file:line`.
public struct Policy: Sendable {
    /// The files in force.
    public var files: [String] { rules.map(\.path) }
    private let rules: [PolicyRules]

    /// Nothing is forbidden: for tests of other things.
    public init() { rules = [] }

    /// Reads the system's policy and the installation's.
    /// - Parameters:
    ///   - prefix: The installation's, as `Search.prefix()` has it. Its policy may also belong to the executable's owner.
    ///   - systemFile: Must belong to root. Not the default only in tests.
    ///   - systemOwners: Not root alone only in tests.
    /// - Throws: `Failure` (policy) when a file is there and cannot be read, is not valid, or could have been written by
    ///   somebody who may not: then nothing is allowed.
    public init(
        prefix: String, systemFile: String = "/etc/eulerpublisher/policy.yaml", systemOwners: Set<uid_t> = [0]
    ) throws {
        var executable = stat()
        let owner = stat("/proc/self/exe", &executable) == 0 ? executable.st_uid : 0
        let own: String = (prefix == "/" ? "" : prefix) + "/etc/eulerpublisher/policy.yaml"
        var rules: [PolicyRules] = []
        let places: [(String, Set<uid_t>)] = [(systemFile, systemOwners), (own, [0, owner])]
        for (path, owners) in places where !rules.contains(where: { $0.path == path }) {
            do {
                if let found = try PolicyRules(path, owners: owners, prefix: prefix) { rules.append(found) }
            } catch var failure as Failure {
                failure.code = .policy
                if failure.place?.hasPrefix(path) != true {
                    failure.message = "\(path) is not in force: \(failure.message)"
                }
                throw failure
            }
        }
        self.rules = rules
    }

    /// Whether the provider may be used.
    /// - Parameters:
    ///   - directory: The provider's own, without links; its parent is the folder that a policy may demand.
    ///   - digest: The SHA-256 of its library, 64 hexadecimal digits, as the manifest names it and as the worker's host checks it.
    /// - Throws: `Failure` (policy).
    public func check(provider id: String, directory: String, digest: String?) throws {
        for rules in rules { try rules.check(provider: id, directory: directory, digest: digest) }
    }

    /// Whether the host may be contacted.
    /// - Parameter endpoint: `HOST`, `HOST:PORT` or a URL; what can't be read as one is refused if any rule restricts endpoints.
    /// - Throws: `Failure` (policy).
    public func check(endpoint: String) throws {
        for rules in rules { try rules.check(endpoint: endpoint) }
    }

    /// Whether the verification of the endpoint's TLS certificate may be turned off.
    /// - Throws: `Failure` (policy).
    public func check(insecureTLS endpoint: String) throws {
        try refuse(
            \.insecureTLS, "policy forbids to turn off the verification of \(Self.hostOnly(endpoint))'s certificate")
    }

    /// Whether a target may be reached in the clear, or without a verified certificate.
    /// - Throws: `Failure` (policy).
    public func check(insecureTarget target: String) throws {
        try refuse(\.insecureTLS, "policy forbids to reach a target without a verified certificate: \(target)")
    }

    /// Whether an image may be made public.
    /// - Throws: `Failure` (policy).
    public func checkPublicSharing(of target: String) throws {
        try refuse(\.publicSharing, "policy forbids to make images public: \(target)")
    }

    /// Whether an image may be submitted to a marketplace.
    /// - Throws: `Failure` (policy).
    public func checkSubmit(_ target: String) throws {
        try refuse(\.submit, "policy forbids to submit images to a marketplace: \(target)")
    }

    private func refuse(_ rule: KeyPath<PolicyRules, PolicyRules.Rule<Bool>?>, _ message: String) throws {
        for rules in rules {
            if let switched = rules[keyPath: rule], !switched.value {
                throw PolicyRules.refusal(message, switched.place)
            }
        }
    }

    /// A URL may hold a password.
    static func hostOnly(_ endpoint: String) -> String {
        Endpoint(endpoint).map { $0.givenPort == nil ? $0.host : "\($0.host):\($0.port)" } ?? "an endpoint"
    }
}
