import Digest

/// Tries printed passwords on the passwords of one boot menu, in bounded time.
struct BootPasswordTrial {
    /// Iterations of PBKDF2 for one menu; grub-mkpasswd-pbkdf2 makes hashes of 10 000.
    static let workLimit = 60_000
    private var work = 0

    /// - Parameter text: what stands behind the user: the password, or `grub.pbkdf2.sha512.ITERATIONS.SALT.HASH`.
    mutating func ask(_ text: String, isHash: Bool) -> PasswordTrial.Answer {
        guard isHash else { return PrintedPasswords.ofBootMenus.contains(text) ? .fits : .fitsNot }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "grub", parts[1] == "pbkdf2", parts[2] == "sha512",
            let iterations = Int(parts[3]), iterations > 0, let salt = Self.bytes(parts[4]),
            let hash = Self.bytes(parts[5]), !hash.isEmpty, hash.count <= 256, salt.count <= 1024
        else { return .untried("this is no hash that GRUB knows") }
        // Each block of 64 bytes takes the iterations anew.
        let blocks = (hash.count + 63) / 64
        for password in PrintedPasswords.ofBootMenus {
            guard iterations <= Self.workLimit, work + iterations * blocks <= Self.workLimit else {
                return .untried("printed passwords are not tried on a hash that asks for so much work")
            }
            work += iterations * blocks
            let made = pbkdf2SHA512(Array(password.utf8), salt: salt, iterations: iterations, count: hash.count)
            if made == hash { return .fits }
        }
        return .fitsNot
    }

    /// Of hexadecimal digits; nil if it is none.
    private static func bytes(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
