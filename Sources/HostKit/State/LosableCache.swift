import Digest
import Files
import Glibc

/// What providers would rather not ask twice: where a blob was last seen, a region's list of systems. One directory a
/// provider, one file a key; any of it may vanish at any time, and a value that cannot be kept is simply not kept.
public struct LosableCache: Sendable {
    private let directory: String

    /// - Parameter cache: the cache directory that all runs share.
    public init(_ cache: String, provider: String) { directory = "\(cache)/providers/\(provider)" }

    private func path(_ key: String) -> String { "\(directory)/\(sha256(Array(key.utf8)).hex)" }

    public func get(_ key: String) -> [UInt8]? { try? File.contents(path(key), limit: 1 << 20) }

    public func put(_ key: String, _ data: [UInt8]) {
        guard data.count <= 1 << 20, (try? File.makeDirectories(directory)) != nil else { return }
        try? File.replace(path(key), with: data, mode: 0o600)
    }
}
