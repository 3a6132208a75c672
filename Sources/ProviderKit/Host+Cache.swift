import Documents
import FoundationEssentials
import ProviderAPI

extension Host {
    /// A value of the losable cache, which outlives runs and may lose anything at any time.
    public func cached(_ key: String) throws -> [UInt8]? {
        guard let get = table.cache_get else { return nil }
        let (status, value) = collect(limit: Int(EP_LIMIT_CACHE)) { sink in
            withUTF8(key) { get(context, $0, $1, sink) }
        }
        if status == EP_NOT_FOUND { return nil }
        guard status == EP_OK else { throw refusal(status, "cache_get \(key)") }
        return value
    }

    /// Keeps a value of at most 1 MiB, or not: no error if there is no room. One that holds a secret ends with the run, and is
    /// never written.
    public func cache(_ key: String, _ value: [UInt8]) throws {
        guard let put = table.cache_put else { return }
        let status = withUTF8(key) { name, size in
            value.withUnsafeBytes { put(context, name, size, $0.baseAddress, UInt64($0.count)) }
        }
        guard status == EP_OK else { throw refusal(status, "cache_put \(key)") }
    }

    /// The same with a value read from JSON; nil too if it was written by somebody who meant something else.
    public func cached<Value: Decodable>(_ type: Value.Type, _ key: String) throws -> Value? {
        try cached(key).flatMap { try? DocumentCoding.decode(type, from: Data($0)) }
    }

    public func cache(_ key: String, value: some Encodable) throws {
        try cache(key, [UInt8](try DocumentCoding.encode(value)))
    }
}
