import COpenSSL

/// A digest of libcrypto under way, freed with its last owner. Belongs to one thread at a time.
final class RunningDigest {
    enum Kind { case sha256, sha512 }

    private let kind: Kind
    private let state: OpaquePointer

    init(_ kind: Kind) {
        self.kind = kind
        state = ep_digest_new(kind == .sha512 ? EP_SHA512 : EP_SHA256)
    }

    private init(copyOf other: RunningDigest) {
        kind = other.kind
        state = ep_digest_copy(other.state)
    }

    deinit { ep_digest_free(state) }

    func copy() -> RunningDigest { RunningDigest(copyOf: self) }

    func update(_ bytes: UnsafeRawBufferPointer) { ep_digest_update(state, bytes.baseAddress, bytes.count) }

    /// The digest's bytes; it takes no more after this.
    func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
            ep_digest_finish(state, buffer.baseAddress)
            count = kind == .sha512 ? 64 : 32
        }
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
