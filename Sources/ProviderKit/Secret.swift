import Documents
import FoundationEssentials
import Glibc

/// A credential. Whatever prints, logs, dumps, reflects on or encodes it shows `***`; only `reveal` and `withBytes` give the
/// value, so that a search for them finds every place that does. Its bytes are wiped when the last copy is gone.
///
/// It decodes from a string, so that a token in a vendor's answer is one from the first moment.
public struct Secret: Sendable {
    private final class Storage: @unchecked Sendable {
        // Unchecked: written once, before anybody else sees it.
        let bytes: UnsafeMutableRawBufferPointer

        init(_ source: UnsafeRawBufferPointer) {
            bytes = .allocate(byteCount: source.count, alignment: 1)
            bytes.copyMemory(from: source)
        }

        deinit {
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            bytes.deallocate()
        }
    }

    private let storage: Storage
    /// Seconds since 1970 UTC after which to ask the host again; nil if it knows no end.
    public let expires: Int64?

    public init(_ bytes: [UInt8], expires: Int64? = nil) {
        storage = bytes.withUnsafeBytes { Storage($0) }
        self.expires = expires
    }

    public init(_ text: String, expires: Int64? = nil) { self.init(Array(text.utf8), expires: expires) }

    /// The value as text.
    public func reveal() -> String { withBytes { String(decoding: $0, as: UTF8.self) } }

    /// The value's bytes, valid until `body` returns.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(storage) { try body(UnsafeRawBufferPointer(storage.bytes)) }
    }

    /// The value read as JSON: what a credential helper prints.
    /// - Throws: `Failure` that holds nothing of it.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do { return try withBytes { try DocumentCoding.decode(type, from: Data($0)) } } catch {
            throw Failure(.authentication, "a credential is not the JSON document that was expected")
        }
    }

    /// Whether it has expired, or will within `margin` seconds.
    public func isExpired(at now: Int64, margin: Int64 = 60) -> Bool {
        expires.map { now / 1_000_000_000 + margin >= $0 } ?? false
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Codable {
    public init(from decoder: any Decoder) throws { self.init(try decoder.singleValueContainer().decode(String.self)) }

    /// Writes `***`: a secret never becomes part of a document.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
