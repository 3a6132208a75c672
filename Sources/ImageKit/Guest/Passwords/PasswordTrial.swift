import CCrypt
import Documents

/// Tries printed passwords on the hashes of one image. What a hash asks for in time is its own to say, and it may say a lot: the work
/// of each and of all together is bounded, and what was not tried says so.
struct PasswordTrial {
    enum Answer: Equatable {
        case fits
        case fitsNot
        case untried(String)
    }

    /// In rounds of SHA-512, of which a core does some two millions a second.
    static let workLimit = 3_000_000
    /// Of one password on one hash.
    static let hashLimit = 100_000

    private var work = 0
    private var known: [String: Answer] = [:]

    /// - Parameter hash: as it stands in shadow(5), without marks in front.
    mutating func ask(_ hash: String) -> Answer {
        if let answer = known[hash] { return answer }
        let answer = tried(hash)
        if known.count < 10_000 { known[hash] = answer }
        return answer
    }

    private mutating func tried(_ hash: String) -> Answer {
        guard hash.utf8.count <= 384, let cost = Self.cost(of: hash) else {
            return .untried("printed passwords are not tried on a hash of this kind")
        }
        guard cost <= Self.hashLimit else {
            return .untried("printed passwords are not tried on a hash that asks for so much work")
        }
        for password in PrintedPasswords.ofAccounts {
            guard work + cost <= Self.workLimit else {
                return .untried("there are more hashes than printed passwords are tried on")
            }
            work += cost
            switch ep_crypt_fits(password, hash) {
            case 1: return .fits
            case 0: break
            default: return .untried("this machine's libcrypt does not know a hash of this kind")
            }
        }
        return .fitsNot
    }

    /// The work of one password, in rounds of SHA-512; nil of kinds that are not tried (crypt(5)).
    static func cost(of hash: String) -> Int? {
        let parts = hash.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 4, parts[0].isEmpty else { return hash.utf8.count == 13 ? 200 : nil }
        switch parts[1] {
        case "1": return 1000
        case "5", "6":
            guard parts[2].hasPrefix("rounds=") else { return 5000 }
            let digits = parts[2].dropFirst(7)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return max(1000, Int(digits) ?? .max)
        case "2a", "2b", "2x", "2y":
            guard parts[2].utf8.count == 2, let power = Int(parts[2]), power >= 4 else { return nil }
            return power > 10 ? .max : 100 << power
        case "y": return yescryptCost(parts[2])
        default: return nil
        }
    }

    /// Of yescrypt's usual form alone (`j9T`): the second letter is the power of two of its blocks, less one, the third their size,
    /// less one. libxcrypt makes them from `j75` to `jFT`, which takes a gigabyte.
    private static func yescryptCost(_ parameters: String) -> Int? {
        let letters = Array("./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let given = Array(parameters.utf8)
        guard given.count == 3, given[0] == UInt8(ascii: "j"), let power = letters.firstIndex(of: given[1]),
            let size = letters.firstIndex(of: given[2])
        else { return nil }
        guard power + 1 <= 13, size + 1 <= 32 else { return .max }
        // 4096 blocks of 32 take as long as some 50 000 rounds.
        return max(500, (1 << (power + 1)) * (size + 1) * 2 / 5)
    }
}

extension Password {
    /// With what a trial says of its hash; of one that is known already there is none.
    func tried(_ hash: String, by trial: inout PasswordTrial) -> Password {
        guard hasHash, !isStock else { return self }
        var password = self
        switch trial.ask(hash) {
        case .fits: password.isStock = true
        case .fitsNot: break
        case .untried(let why): password.untried = why
        }
        return password
    }
}
