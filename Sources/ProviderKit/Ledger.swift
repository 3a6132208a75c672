public import Documents
import ProviderAPI

/// Something that is about to be made at the target, recorded durably before the request that makes it.
public struct Intent: Sendable {
    /// Its number in the run's ledger.
    public let number: UInt64
    let host: Host

    /// Records what was made. It belongs to the run, and `cleanup` removes it, until it is settled.
    public func created(_ document: LedgerCreated) throws {
        guard let created = host.table.created else { throw refusal(EP_UNSUPPORTED, "created") }
        let status = try withDocument(document) { created(host.context, number, $0, $1) }
        guard status == EP_OK else { throw refusal(status, "created") }
    }

    /// What was made is wanted, or nothing was made: `cleanup` never touches it.
    public func settled() throws {
        guard let settled = host.table.settled else { throw refusal(EP_UNSUPPORTED, "settled") }
        let status = settled(host.context, number)
        guard status == EP_OK else { throw refusal(status, "settled") }
    }
}

/// What `creating` made: keep it until it is known whether it is wanted.
public struct Creation: Sendable {
    public let intent: Intent
    public let document: LedgerCreated
    public var id: String { document.id }

    /// It is wanted.
    public func settled() throws { try intent.settled() }
}

/// Thrown inside `creating` by an author who knows that nothing was made: the vendor refused before it did anything. The
/// intent is settled and `reason` thrown on. Any other error leaves the intent open, since the request may have been
/// carried out; `cleanup` then looks for the resource by `find`.
public struct NotMade: Error {
    public let reason: any Error
    public init(_ reason: any Error) { self.reason = reason }
}

extension Host {
    /// Records durably what is about to be made. `creating` is the safer way.
    /// - Parameter find: all by which it can be found without an id; not empty.
    public func intend(kind: String, region: String? = nil, find: [String: JSON]) throws -> Intent {
        guard let intend = table.intend else { throw refusal(EP_UNSUPPORTED, "intend") }
        var number: UInt64 = 0
        let document = LedgerIntent(kind: kind, region: region, find: find)
        let status = try withDocument(document) { intend(context, $0, $1, &number) }
        guard status == EP_OK else { throw refusal(status, "intend") }
        return Intent(number: number, host: self)
    }

    /// Makes something at the target between its intent and its record, so that it is never an orphan.
    ///
    ///     let snapshot = try await host.creating(kind: "snapshot", region: region, find: ["name": .string(name)]) {
    ///         LedgerCreated(id: try await api.createSnapshot(name, token: request.publication).id)
    ///     }
    ///     ...
    ///     try snapshot.settled()
    ///
    /// - Throws: what `make` throws; `NotMade` is unwrapped.
    public func creating(
        kind: String, region: String? = nil, find: [String: JSON], isolation: isolated (any Actor)? = #isolation,
        _ make: () async throws -> LedgerCreated
    ) async throws -> Creation {
        let intent = try intend(kind: kind, region: region, find: find)
        let document: LedgerCreated
        do { document = try await make() } catch let notMade as NotMade {
            try intent.settled()
            throw notMade.reason
        }
        try intent.created(document)
        return Creation(intent: intent, document: document)
    }
}
