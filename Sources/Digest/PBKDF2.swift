import Crypto

/// PBKDF2 with HMAC-SHA-512 (RFC 8018, 5.2).
/// - Parameters:
///   - iterations: from 1; each takes a few microseconds, so that whoever has the number from somebody else bounds it.
///   - count: bytes of the key.
public func pbkdf2SHA512(_ password: [UInt8], salt: [UInt8], iterations: Int, count: Int) -> [UInt8] {
    let keyed = HMAC<SHA512>(key: SymmetricKey(data: password))
    var key: [UInt8] = []
    var number: UInt32 = 1
    while key.count < count {
        var first = keyed
        first.update(data: salt)
        withUnsafeBytes(of: number.bigEndian) { first.update(bufferPointer: $0) }
        var last = Array(first.finalize())
        var block = last
        for _ in 1..<max(iterations, 1) {
            var next = keyed
            next.update(data: last)
            last = Array(next.finalize())
            for index in block.indices { block[index] ^= last[index] }
        }
        key += block
        number += 1
    }
    return Array(key.prefix(count))
}
