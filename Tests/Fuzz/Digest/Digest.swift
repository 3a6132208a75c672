/// In the place of the house's sums, whose library takes a minute to build and reads nothing of an image: the same shapes, made
/// of FNV-1a.
public struct Digest: Sendable {
    public let hex: String
}

public func sha256(_ bytes: [UInt8]) -> Digest {
    var hex = ""
    for part in 0..<4 {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325 &+ UInt64(part)
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(sum, radix: 16)
        hex += String(repeating: "0", count: 16 - digits.count) + digits
    }
    return Digest(hex: hex)
}

public func pbkdf2SHA512(_ password: [UInt8], salt: [UInt8], iterations: Int, count: Int) -> [UInt8] {
    Array(sha256(password + salt).hex.utf8.prefix(count))
}
