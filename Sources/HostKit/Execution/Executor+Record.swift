import Discovery
import Documents
import FoundationEssentials
import State
import Workers

extension Executor {
    /// 0 when all went well, the one reason when all failed for it, 8 when only waits are left, else 7.
    static func exitStatus(_ outcomes: [TargetOutcome]) -> Int32 {
        let failures = outcomes.compactMap(\.failure)
        guard let first = failures.first else { return 0 }
        if failures.allSatisfy({ $0.code == .pending }) { return Failure.Code.pending.exitStatus }
        if failures.count < outcomes.count { return Failure.Code.partial.exitStatus }
        let real = failures.first { $0.code != .partial } ?? first
        return real.code.exitStatus
    }

    func record(_ outcome: RunOutcome, _ document: RunDocument, _ run: RunDirectory, _ places: [Place]) throws {
        var created: [JSON] = []
        for place in places {
            guard let digest = document.digests[place.artifact] else { continue }
            let id = Self.publicationID(place.provider.manifest.id, digest, place.target)
            for entry in try Ledger.entries(of: run.state.publicationDirectory(id)) where entry.run == run.id {
                guard case .object(var members) = entry.document else { continue }
                members["target"] = .string(place.target.name)
                members["state"] = .string(entry.isUndone ? "undone" : entry.isSettled ? "settled" : "unsettled")
                created.append(.object(members))
            }
        }
        try run.write(
            RunRecord(
                run: run.id, started: document.started, ended: Timestamp.now(), user: Machine.userName,
                host: Machine.hostName, version: version, plan: document.plan, sources: document.artifacts,
                digests: document.digests, targets: outcome.targets, created: created, notEnforced: Workers.limits(),
                exit: outcome.exit), to: run.recordPath)
    }
}
