import Documents
import ProviderKit

/// Which repositories of a registry were seen to hold a blob: from there it is mounted without sending a byte. A hint that may
/// be lost or wrong.
struct BlobLocations: Sendable {
    let host: Host
    let repository: Repository

    private static let limit = 8

    private func key(_ digest: String) -> String { "blobs/\(repository.host)/\(digest)" }

    /// Other repositories, the latest first.
    func sources(of digest: String) -> [String] {
        let known = (try? host.cached([String].self, key(digest))) ?? nil
        return (known ?? []).filter { $0 != repository.path }
    }

    func remember(_ digest: String) {
        let known = ((try? host.cached([String].self, key(digest))) ?? nil) ?? []
        guard known.first != repository.path else { return }
        let paths = [repository.path] + known.filter { $0 != repository.path }.prefix(Self.limit - 1)
        try? host.cache(key(digest), value: paths)
    }
}
