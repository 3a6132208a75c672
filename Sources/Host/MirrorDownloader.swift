import HTTP
import Prepare
import Settings
import Synchronization

/// Fetches from mirrors by URL, as far as policy allows their hosts and those that they redirect to. Certificates are verified, but for endpoints that a setting names and policy allows; that is
/// said aloud.
final class MirrorDownloader: Downloader {
    private let settings: Settings
    private let policy: Policy
    private let environment: [String: String]
    /// Made when first used: commands that fetch nothing start no thread for it.
    private let clients = Mutex<[Bool: HTTPDownloader]>([:])

    init(_ deployment: Deployment) {
        settings = deployment.settings
        policy = deployment.policy
        environment = deployment.environment
    }

    func download(
        url: String, toDescriptor descriptor: Int32, resumingAt: Int64, limit: Int64,
        attempt: @escaping @Sendable (Int) -> Void
    ) async throws -> DownloadResult {
        let insecure = settings.insecureTLS(url)
        if insecure != nil { try policy.check(insecureTLS: url) }
        let client = clients.withLock { clients in
            if let known = clients[insecure != nil] { return known }
            var configuration = HTTPConfiguration(environment: environment)
            configuration.verifiesTLS = insecure == nil
            configuration.admit = { [policy] in try policy.check(endpoint: $0) }
            if let insecure {
                Output.error("warning: the certificate of \(insecure.value) is not verified (\(insecure.origin))")
            }
            let made = HTTPDownloader(HTTPClient(configuration))
            clients[insecure != nil] = made
            return made
        }
        return try await client.download(
            url: url, toDescriptor: descriptor, resumingAt: resumingAt, limit: limit, attempt: attempt)
    }
}
