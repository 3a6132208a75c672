import Synchronization

/// Values of providers that hold secrets, such as a token that was replaced: one operation of a run leaves them to the next, each
/// in a worker of its own. They end with the run, and no disk sees them.
final class RunMemory: Sendable {
    private struct Key: Hashable {
        var provider: String
        var name: String
    }

    private let values = Mutex<[Key: [UInt8]]>([:])
    /// A provider that keeps more keeps no secrets.
    private static let limit = 256

    init() {}

    func get(_ name: String, of provider: String) -> [UInt8]? {
        values.withLock { $0[Key(provider: provider, name: name)] }
    }

    func set(_ name: String, _ value: [UInt8]?, of provider: String) {
        let key = Key(provider: provider, name: name)
        values.withLock { values in
            if values[key] != nil || values.count < Self.limit { values[key] = value }
        }
    }
}
