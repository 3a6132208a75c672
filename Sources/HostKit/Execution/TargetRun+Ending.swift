import Discovery
import Documents
import State

func asFailure(_ error: any Error) -> Failure {
    if let failure = error as? Failure { return failure }
    if error is CancellationError { return Failure(.interrupted, "interrupted") }
    return Failure(.internal, "\(error)")
}

extension TargetRun {
    func outcome(_ ending: RunEvent.Ending, _ failure: Failure?, seconds: Double) -> TargetOutcome {
        TargetOutcome(
            target: title, provider: provider.manifest.id, providerVersion: provider.manifest.version,
            library: provider.manifest.library.sha256 ?? "", artifact: artifact.name, ending: ending,
            digest: artifact.document.digest, sentBytes: ending == .nothingToDo ? 0 : sent,
            skippedBytes: ending == .nothingToDo ? artifact.document.size : skipped, moves: moves, findings: findings,
            seconds: seconds, failure: failure)
    }

    func end(_ ending: RunEvent.Ending, _ failure: Failure?, seconds: Double) -> TargetOutcome {
        let outcome = outcome(ending, failure, seconds: seconds)
        tell(failure, ending: ending, outcome)
        return outcome
    }

    nonisolated func tell(_ failure: Failure?, ending: RunEvent.Ending, _ outcome: TargetOutcome? = nil) {
        var event = RunEvent(failure == nil ? .targetDone : .targetFailed, target: title)
        event.ending = ending
        event.failure = failure
        event.digest = artifact.document.digest
        event.sentBytes = outcome?.sentBytes
        event.skippedBytes = outcome?.skippedBytes
        event.seconds = outcome?.seconds
        event.moves = outcome?.moves
        context.observer.observe(event)
        let kind: JournalEvent.Kind =
            switch ending {
            case .published: .published
            case .nothingToDo: .nothingToDo
            case .staged: .staged
            case .interrupted: .interrupted
            case .failed, .pending: .failed
            }
        context.append(JournalEvent(kind, target: title, failure: failure, digest: artifact.document.digest))
        if let failure { context.log.write("error", title, failure.message) }
    }
}
