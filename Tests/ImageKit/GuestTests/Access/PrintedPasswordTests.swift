import Documents
import FileSystems
import Foundation
import ImageTesting
import TestSupport
import Testing

@testable import Guest

/// Passwords that are printed somewhere are known by any salt, and no hash makes the reader work for long.
@Suite("Printed passwords")
struct PrintedPasswordTests {
    /// What the C library's crypt makes of it, asked through another program.
    private static func crypt(_ password: String, _ setting: String) throws -> String {
        let answer = try run(
            ["perl", "-e", "print crypt($ENV{EP_PASSWORD}, $ENV{EP_SETTING})"],
            environment: ["EP_PASSWORD": password, "EP_SETTING": setting])
        guard answer.status == 0, answer.output.hasPrefix(String(setting.prefix(2))) else {
            throw Failure(.internal, "crypt: \(answer.output)")
        }
        return answer.output
    }

    private static func users(_ hashes: [(name: String, uid: Int, hash: String)]) throws -> [User] {
        let facts = AccountTests.facts([
            "/etc/passwd": .file(hashes.map { "\($0.name):x:\($0.uid):0::/root:/bin/bash\n" }.joined()),
            "/etc/shadow": .file(hashes.map { "\($0.name):\($0.hash):19000:0:99999:7:::\n" }.joined()),
        ])
        return try #require(facts.users.value)
    }

    @Test(
        "of every kind, under a salt of its own, in force and locked",
        arguments: [
            "$6$Zk2.xQ1b$", "$6$rounds=9000$other$", "$5$salt$", "$5$rounds=1000$s$", "$1$abcdefgh$",
            "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$", "$y$j75$F5Jx5fExrKuPp53xLKQ..1$", "$2b$05$abcdefghijklmnopqrstuu", "ab",
        ])
    func kinds(_ setting: String) throws {
        // The oldest kind takes eight characters.
        let printed = setting == "ab" ? "vagrant" : "openEuler12#$"
        let hash = try Self.crypt(printed, setting)
        let other = try Self.crypt("none of the printed", setting)
        let users = try Self.users([("root", 0, hash), ("locked", 1, "!" + hash), ("other", 2, other)])
        let passwords = users.compactMap(\.password.value)
        #expect(passwords.map(\.isStock) == [true, true, false])
        #expect(passwords.map(\.untried) == [nil, nil, nil])
        #expect(!"\(users)".contains(hash.suffix(12)))
    }

    @Test("each of those in the list", arguments: PrintedPasswords.ofAccounts)
    func each(_ password: String) throws {
        let users = try Self.users([("user", 1000, try Self.crypt(password, "$6$onesalt$"))])
        #expect(users.first?.password.value?.isStock == true)
    }

    @Test(
        "A hash that asks for too much work is not tried, and says so",
        arguments: [
            "$6$rounds=999999999$salt$" + String(repeating: "x", count: 86),
            "$5$rounds=99999999999999999999999$salt$" + String(repeating: "x", count: 43),
            "$y$jFT$F5Jx5fExrKuPp53xLKQ..1$" + String(repeating: "x", count: 43),
            "$y$jzT$F5Jx5fExrKuPp53xLKQ..1$" + String(repeating: "x", count: 43),
            "$2b$31$" + String(repeating: "a", count: 53), "$7$CU..../....salt$" + String(repeating: "x", count: 43),
            "$6$" + String(repeating: "s", count: 2000) + "$hash",
        ])
    func tooMuch(_ hash: String) throws {
        let clock = ContinuousClock()
        var users: [User] = []
        let spent = try clock.measure { users = try Self.users([("root", 0, hash)]) }
        let password = try #require(users.first?.password.value)
        #expect(password.state == .hash && !password.isStock && password.untried != nil)
        #expect(spent < .seconds(5))
    }

    @Test("Many hashes are not all tried, root's is whatever comes before it")
    func many() throws {
        let root = try Self.crypt("openEuler12#$", "$6$rootsalt$")
        let body = String(repeating: "x", count: 86)
        var hashes = (0..<1500).map { (name: "u\($0)", uid: 1000 + $0, hash: "$6$rounds=90000$salt\($0)$\(body)") }
        hashes.append((name: "root", uid: 0, hash: root))
        let users = try Self.users(hashes)
        #expect(users.last?.password.value?.isStock == true)
        #expect(users[1400].password.value?.untried?.contains("more hashes") == true)
    }

    private static func grub(_ password: String, iterations: Int) throws -> String {
        let program = """
            import hashlib, os
            salt, count = os.urandom(64), \(iterations)
            made = hashlib.pbkdf2_hmac("sha512", os.environ["EP_PASSWORD"].encode(), salt, count)
            print(f"grub.pbkdf2.sha512.{count}.{salt.hex().upper()}.{made.hex().upper()}", end="")
            """
        return try run(["python3", "-c", program], environment: ["EP_PASSWORD": password]).output
    }

    @Test("The boot menu's is known by any salt, and in clear")
    func bootMenu() throws {
        var trial = BootPasswordTrial()
        #expect(trial.ask(try Self.grub("openEuler#12", iterations: 10_000), isHash: true) == .fits)
        #expect(trial.ask(try Self.grub("openEuler#13", iterations: 1000), isHash: true) == .fitsNot)
        #expect(trial.ask("openEuler#12", isHash: false) == .fits)
        #expect(trial.ask("another", isHash: false) == .fitsNot)
    }

    @Test("A boot menu's hash that asks for too much work is not tried, nor are many")
    func bootMenuTooMuch() throws {
        var trial = BootPasswordTrial()
        let hash = try Self.grub("openEuler#12", iterations: 1000)
        for count in ["999999999", "9223372036854775807", "60001"] {
            let asked = hash.replacingOccurrences(of: ".1000.", with: ".\(count).")
            guard case .untried = trial.ask(asked, isHash: true) else {
                Issue.record("\(count) iterations were tried")
                continue
            }
        }
        for text in [
            "grub.pbkdf2.sha512.1000.zz.00", "grub.pbkdf2.sha512..00.00", "grub", "", "grub.pbkdf2.sha512.-1.00.00",
        ] {
            guard case .untried = trial.ask(text, isHash: true) else {
                Issue.record("\(text) was tried")
                continue
            }
        }
        var tried = 0
        for _ in 0..<100 {
            if case .untried = trial.ask(hash, isHash: true) { break }
            tried += 1
        }
        #expect(tried == BootPasswordTrial.workLimit / 1000)
    }
}
