import CCurl
import Documents
import Glibc
import Synchronization

/// What all transfers of a loop share.
struct LoopSettings: Sendable {
    var userAgent: String
    var verifiesTLS: Bool
    var authoritiesFile: String?
    var authoritiesDirectory: String?
    /// In place of `authoritiesFile`, or the failure that every transfer then meets.
    var authorities: Result<Authorities, any Error>?
    var clientCertificate: HTTPClientCertificate?
}

/// The thread that owns libcurl's multi handle: the only one that calls libcurl, apart from waking it. Transfers enter by a
/// queue and leave by their `end`.
final class Loop: @unchecked Sendable {
    private struct Queue {
        var starts: [Transfer] = []
        var cancels: [Transfer] = []
        var isStopping = false
    }

    private let settings: LoopSettings
    private let queue = Mutex(Queue())
    private let multi: UnsafeMutableRawPointer
    // The loop's thread alone uses these.
    private let share: UnsafeMutableRawPointer?
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]

    private static let prepared: CURLcode = ep_curl_prepare()

    init(_ settings: LoopSettings) {
        precondition(Self.prepared == CURLE_OK, "libcurl cannot be initialised")
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl's multi handle") }
        self.settings = settings
        self.multi = multi
        share = ep_curl_share()
    }

    /// Begins the thread, which ends after `stop` with the last transfer.
    func startThread() {
        // A signal for the process is for its other threads; a broken pipe under TLS is an error here and no signal.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Loop>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        precondition(status == 0, "no thread can be started")
        pthread_detach(thread)
    }

    func start(_ transfer: Transfer) {
        queue.withLock { $0.starts.append(transfer) }
        curl_multi_wakeup(multi)
    }

    /// May come before `start`, and after the end.
    func cancel(_ transfer: Transfer) {
        transfer.isCancelled.store(true, ordering: .sequentiallyConsistent)
        queue.withLock { $0.cancels.append(transfer) }
        curl_multi_wakeup(multi)
    }

    func stop() {
        queue.withLock { $0.isStopping = true }
        curl_multi_wakeup(multi)
    }

    private func run() {
        while true {
            let work = queue.withLock { queue in
                let work = queue
                queue.starts = []
                queue.cancels = []
                return work
            }
            for transfer in work.starts { begin(transfer) }
            for transfer in work.cancels { end(transfer) { $0.end(.failure(CancellationError())) } }
            if work.isStopping && running.isEmpty { break }
            var active: Int32 = 0
            let code = curl_multi_perform(multi, &active)
            var easy: UnsafeMutableRawPointer?
            var result = CURLE_OK
            while ep_curl_next(multi, &easy, &result) != 0 {
                if let easy, let transfer = running[easy] { end(transfer) { $0.finish(result) } }
            }
            if code != CURLM_OK { failAll(code) }
            // libcurl shortens the wait to its own next timer.
            curl_multi_poll(multi, nil, 0, 60_000, nil)
        }
        curl_multi_cleanup(multi)
        if let share { curl_share_cleanup(share) }
    }

    private func begin(_ transfer: Transfer) {
        do {
            if transfer.isCancelled.load(ordering: .sequentiallyConsistent) { throw CancellationError() }
            let easy = try EasyHandle.make(transfer, settings, share: share)
            transfer.easy = easy
            running[easy] = transfer
            guard curl_multi_add_handle(multi, easy) == CURLM_OK else {
                return end(transfer) {
                    $0.end(.failure(Failure(.internal, "libcurl refuses a transfer")))
                }
            }
        } catch {
            curl_slist_free_all(transfer.list)
            transfer.list = nil
            transfer.end(.failure(error))
        }
    }

    /// Takes the transfer out of libcurl; then nothing of it is used any more, and its owner hears of it.
    private func end(_ transfer: Transfer, _ report: (Transfer) -> Void) {
        guard let easy = transfer.easy, running.removeValue(forKey: easy) != nil else { return }
        curl_multi_remove_handle(multi, easy)
        report(transfer)
        transfer.easy = nil
        curl_easy_cleanup(easy)
        curl_slist_free_all(transfer.list)
        transfer.list = nil
    }

    private func failAll(_ code: CURLMcode) {
        for transfer in running.values {
            end(transfer) {
                $0.end(.failure(Failure(.internal, "libcurl failed: \(String(cString: curl_multi_strerror(code)))")))
            }
        }
    }
}
