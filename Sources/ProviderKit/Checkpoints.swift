import Documents
import FoundationEssentials
import ProviderAPI

/// The records that earlier attempts at this publication stored, read once. A hint only: the remote is the truth, and
/// everything must end the same with none of them.
public struct Checkpoints: Sendable {
    private var byKey: [String: [[UInt8]]] = [:]
    /// The newest record of each key.
    public var latest: [String: [UInt8]] { byKey.compactMapValues(\.last) }
    public var isEmpty: Bool { byKey.isEmpty }

    /// No records.
    public static let none = Checkpoints()
    init() {}

    mutating func add(_ key: String, _ data: [UInt8]) { byKey[key, default: []].append(data) }

    /// The newest record of that key.
    public subscript(key: String) -> [UInt8]? { byKey[key]?.last }

    /// All records of a key that was appended to, oldest first.
    public func appended(_ key: String) -> [[UInt8]] { byKey[key] ?? [] }

    /// The newest record of that key as a value; nil if it is absent or was written by somebody who meant something else.
    public func value<Value: Decodable>(_ type: Value.Type, for key: String) -> Value? {
        self[key].flatMap { try? DocumentCoding.decode(type, from: Data($0)) }
    }

    /// All records of a key as values; those that are none are left out.
    public func values<Value: Decodable>(_ type: Value.Type, for key: String) -> [Value] {
        appended(key).compactMap { try? DocumentCoding.decode(type, from: Data($0)) }
    }
}

extension Host {
    /// The records of earlier attempts. Read them once, at an operation's beginning.
    public func checkpoints() throws -> Checkpoints {
        guard let replay = table.checkpoint_replay else { return Checkpoints() }
        var found = Checkpoints()
        let status = withUnsafeMutablePointer(to: &found) { pointer in
            replay(context, OpaquePointer(pointer)) { visitor, key, keySize, data, size in
                guard let visitor else { return EP_INVALID }
                let key = String(decoding: bytes(key, keySize), as: UTF8.self)
                UnsafeMutablePointer<Checkpoints>(visitor).pointee.add(key, bytes(data, size))
                return EP_OK
            }
        }
        guard status == EP_OK else { throw refusal(status, "checkpoint_replay") }
        return found
    }

    /// Stores a record of at most 64 KiB, durable within a second.
    /// - Parameters:
    ///   - append: keep the key's older records; else this one replaces them.
    ///   - barrier: return only when it is durable.
    /// - Throws: `Failure` when it is too long, or holds a secret.
    public func checkpoint(_ key: String, _ data: [UInt8], append: Bool = false, barrier: Bool = false) throws {
        guard let checkpoint = table.checkpoint else { throw refusal(EP_UNSUPPORTED, "checkpoint") }
        let flags = (append ? EP_CHECKPOINT_APPEND : EP_CHECKPOINT_PUT) | (barrier ? EP_CHECKPOINT_BARRIER : 0)
        let status = withUTF8(key) { name, size in
            data.withUnsafeBytes { checkpoint(context, name, size, $0.baseAddress, UInt64($0.count), flags) }
        }
        guard status == EP_OK else { throw refusal(status, "checkpoint \(key)") }
    }

    /// The same with a value, written as JSON.
    public func checkpoint(
        _ key: String, value: some Encodable, append: Bool = false, barrier: Bool = false
    ) throws {
        try checkpoint(key, [UInt8](try DocumentCoding.encode(value)), append: append, barrier: barrier)
    }
}
