import COpenSSL

/// PBKDF2 with HMAC-SHA-512 (RFC 8018, 5.2).
/// - Parameters:
///   - iterations: from 1; each takes about a microsecond, so that whoever has the number from somebody else bounds it.
///   - count: bytes of the key, from 1.
/// - Returns: the key, or nil where the library refuses these numbers: zero or more than 2^31 - 1 of anything.
public func pbkdf2SHA512(_ password: [UInt8], salt: [UInt8], iterations: Int, count: Int) -> [UInt8]? {
    guard let iterations = UInt32(exactly: iterations), iterations > 0, count > 0 else { return nil }
    var key = [UInt8](repeating: 0, count: count)
    return ep_pbkdf2_sha512(password, password.count, salt, salt.count, iterations, &key, count) == 0 ? key : nil
}
