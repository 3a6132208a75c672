import Digest
import Documents

/// The second field of shadow(5) and passwd(5).
enum PasswordField {
    /// SHA-256 of hashes that came with published images: knowing one means knowing its password.
    ///
    /// The virtual machine images of openEuler set root's by create-image, whose default is public
    /// (https://gitee.com/openeuler/CreateImage, bin/create-image, ROOT_PWD), as is what it is made of.
    static let stock: Set<String> = ["368228731e5af189012b57ee39031017fa0182b3694a002304a80ded34849e79"]

    /// The hash itself; nil if there is none.
    static func hash(_ field: String) -> String? {
        let bare = field.drop { $0 == "!" || $0 == "*" }
        return kind(of: bare) == nil ? nil : String(bare)
    }

    static func password(_ field: String) -> Password {
        guard !field.isEmpty else { return Password(state: .empty) }
        // passwd -l and usermod -L put one or two marks before the hash.
        let bare = field.drop { $0 == "!" || $0 == "*" }
        guard let kind = kind(of: bare) else { return Password(state: .locked) }
        let isStock = stock.contains(sha256(Array(bare.utf8)).hex)
        return Password(
            state: bare.startIndex == field.startIndex ? .hash : .lockedHash, kind: kind, isStock: isStock)
    }

    /// How crypt(5) says that a hash begins; nil if it is none.
    static func kind(of text: some StringProtocol) -> String? {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x3a && $0 != 0x21 && $0 != 0x2a }) else { return nil }
        if bytes.first == UInt8(ascii: "$") {
            let parts = bytes.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
            guard parts.count >= 3, !parts[1].isEmpty, parts[1].count <= 16, parts.last?.isEmpty == false else {
                return nil
            }
            return "$\(String(decoding: parts[1], as: UTF8.self))$"
        }
        let isRadix64 = bytes.allSatisfy {
            (0x2e...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
        }
        if bytes.count == 13, isRadix64 { return "des" }
        // BSDi's extended form, and bigcrypt's.
        if bytes.count == 20, bytes.first == UInt8(ascii: "_") { return "_" }
        if bytes.count > 13, bytes.count <= 178, (bytes.count - 2).isMultiple(of: 11), isRadix64 { return "des" }
        return nil
    }
}
