import Documents
import State
import Workers

/// What all targets of a run share.
struct RunContext: Sendable {
    var run: RunDirectory?
    var runID: String
    var journal: Journal?
    var workers: Workers
    var cache: String
    /// The host's own, whole.
    var environment: [String: String]
    var redactor: Redactor
    var memory: RunMemory
    var log: RunLog
    var observer: any RunObserver
    var interruption: Interruption
    var turnstile: Turnstile
    /// One provider checks one artifact for one target at a time: for the next it knows what it found.
    var checks = Turns()
    var options: RunOptions
    /// What every wait that a provider asks for is multiplied by: for those who test providers.
    var waitScale: Double

    func append(_ event: JournalEvent) {
        do { try journal?.append(event) } catch {
            log.write("error", "journal", "\((error as? Failure)?.message ?? "\(error)")")
        }
    }
}

/// How a run goes about its plan.
public struct RunOptions: Sendable, Equatable, Codable {
    /// Stop before anything is released; `resume` releases it.
    public var stage = false
    /// Tags of each target when it is ready, or of none before all are.
    public var tagAll = false
    /// End with exit status 8 instead of waiting for a vendor.
    public var noWait = false
    /// Ask again what the vendor refused for this very content.
    public var retryRefused = false
    /// Only these targets of the plan.
    public var only: [String] = []
    public init() {}
}
