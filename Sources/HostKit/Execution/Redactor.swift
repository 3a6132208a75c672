import Documents
import FoundationEssentials
import Synchronization

/// Masks secrets in whatever leaves a job: logs, errors, events, journals. A secret is masked as it is, percent-encoded and in
/// base64, since that is how requests carry it.
final class Redactor: Sendable {
    private let secrets = Mutex<[[UInt8]]>([])
    private static let mask = Array("•••".utf8)
    /// Shorter values would mask half of every text.
    private static let shortest = 4

    func add(_ secret: [UInt8]) {
        guard secret.count >= Self.shortest else { return }
        var forms = [secret, Array(Data(secret).base64EncodedString().utf8)]
        var encoded: [UInt8] = []
        for byte in secret {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || [0x2d, 0x2e, 0x5f, 0x7e].contains(byte)
            if isPlain {
                encoded.append(byte)
            } else {
                let digits = Array("0123456789ABCDEF".utf8)
                encoded += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        forms.append(encoded)
        secrets.withLock { known in
            for form in forms where !known.contains(form) { known.append(form) }
            // A longer secret may hold a shorter one.
            known.sort { $0.count > $1.count }
        }
    }

    /// What a credential helper printed: the values of a JSON document, else each line. Whose credential it is for where is told
    /// to people, and no secret.
    func add(credential bytes: [UInt8]) {
        func add(_ json: JSON) {
            switch json {
            case .string(let text): self.add(Array(text.utf8))
            case .array(let items): items.forEach(add)
            case .object(let members):
                for (key, value) in members where !["serverurl", "username"].contains(key.lowercased()) { add(value) }
            default: break
            }
        }
        if let json = try? DocumentCoding.decode(JSON.self, from: Data(bytes)) { return add(json) }
        for line in bytes.split(separator: 0x0a) { self.add(Array(line)) }
    }

    /// Shorter ones may stand in other words by chance, and what is stored must not fail for that.
    private static let telling = 8

    func holdsSecret(_ bytes: [UInt8]) -> Bool {
        secrets.withLock { $0.contains { $0.count >= Self.telling && Self.find($0, in: bytes[...]) != nil } }
    }

    /// Every text of the document, keys left as they are.
    func masked(_ json: JSON) -> JSON {
        switch json {
        case .string(let text): .string(masked(text))
        case .array(let items): .array(items.map(masked))
        case .object(let members): .object(members.mapValues(masked))
        default: json
        }
    }

    /// For the journal, which outlives the run.
    func masked(_ result: OperationResult) -> OperationResult {
        guard let document = try? DocumentCoding.encode(result), holdsSecret([UInt8](document)),
            let json = try? DocumentCoding.decode(JSON.self, from: document),
            let bytes = try? DocumentCoding.encode(masked(json)),
            let masked = try? DocumentCoding.decode(OperationResult.self, from: bytes)
        else { return result }
        return masked
    }

    func masked(_ text: String) -> String {
        let known = secrets.withLock { $0 }
        guard !known.isEmpty else { return text }
        var bytes = Array(text.utf8)
        for secret in known {
            var rest = bytes[...]
            var result: [UInt8] = []
            while let range = Self.find(secret, in: rest) {
                result += rest[rest.startIndex..<range.lowerBound] + Self.mask
                rest = rest[range.upperBound...]
            }
            if !result.isEmpty { bytes = result + rest }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func find(_ needle: [UInt8], in haystack: ArraySlice<UInt8>) -> Range<Int>? {
        guard haystack.count >= needle.count else { return nil }
        return haystack.withUnsafeBufferPointer { bytes -> Range<Int>? in
            for start in 0...(bytes.count - needle.count) where bytes[start] == needle[0] {
                if (0..<needle.count).allSatisfy({ bytes[start + $0] == needle[$0] }) {
                    let lower = haystack.startIndex + start
                    return lower..<(lower + needle.count)
                }
            }
            return nil
        }
    }
}
