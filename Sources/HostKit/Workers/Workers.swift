import CSystem
import Documents
import Glibc
import ProviderRuntime

/// Runs jobs, each in a worker process of its own.
public struct Workers: Sendable {
    /// `eulerpublisher-worker`, an absolute path beside the host's own executable.
    public let workerExecutable: String
    /// Run the provider inside this process, for a debugger: no sandbox, and a crash is the host's own.
    public var inProcess = false

    /// Makes this process the subreaper of its jobs, so that nothing that they started outlives them.
    public init(workerExecutable: String) {
        self.workerExecutable = workerExecutable
        _ = eps_become_subreaper()
    }

    /// What this kernel cannot enforce, one sentence each.
    public static func limits() -> [String] { Sandbox.limits() }

    /// Does the job and returns when its process, and all that it started, is gone. Services are called on a thread
    /// that
    /// belongs to this job alone, so they may block without holding up other jobs or the cooperative pool.
    public func run(
        _ job: WorkerJob, services: any HostServices, cancellation: Cancellation
    ) async -> WorkerOutcome {
        await withCheckedContinuation { continuation in
            // PDEATHSIG follows the thread that started the worker: this one, which lives until the worker is gone.
            DedicatedThread {
                let outcome: WorkerOutcome
                do {
                    let process =
                        inProcess ? try WorkerProcess(inProcess: ()) : try WorkerProcess(workerExecutable, job)
                    outcome = Session(job, process, services, cancellation).run()
                } catch let failure as Failure {
                    outcome = .crashed(failure)
                } catch {
                    outcome = .crashed(Failure(.crashed, "no worker could be started: \(error)"))
                }
                continuation.resume(returning: outcome)
            }.detach()
        }
    }
}
