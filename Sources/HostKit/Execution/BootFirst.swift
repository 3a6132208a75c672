import Documents
import State

/// Images that a plan wants to see come up before anybody gets them (`boot_test: true`).
extension Executor {
    /// Starts each once, one after the other: two virtual machines at once would take longer. What came up in an earlier attempt of
    /// the run is not started again, nor what no target needs any more.
    /// - Returns: by an image's digest, why it did not come up.
    func bootFirst(
        _ targets: [TargetRun], _ earlier: [JournalEvent], _ context: RunContext
    ) async -> [String: Failure] {
        var failures: [String: Failure] = [:]
        var done = Set(earlier.filter { $0.kind == .booted }.compactMap(\.digest))
        for target in targets {
            let artifact = target.artifact
            guard artifact.bootsFirst, await !target.isNothingToDo,
                done.insert(artifact.document.digest).inserted
            else { continue }
            do {
                try await interruption.withTask("the image was booted") { try await start(artifact, context) }
                context.append(
                    JournalEvent(.booted, artifact: artifact.name, digest: artifact.document.digest))
            } catch {
                failures[artifact.document.digest] = asFailure(error)
            }
        }
        return failures
    }

    private func start(_ artifact: ReadyArtifact, _ context: RunContext) async throws {
        guard let boot, let image = artifact.image, let path = artifact.paths.values.first else {
            throw Failure(.usage, "this image cannot be started here", place: artifact.name)
        }
        let observer = context.observer
        try await boot(path, try await image.opened().facts) { line in
            var event = RunEvent(.boot)
            event.artifact = artifact.name
            event.message = line
            observer.observe(event)
        }
    }
}
