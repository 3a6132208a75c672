import Documents
import Foundation
import ProviderKit
import Testing

@Suite("ProviderKit: secrets")
struct SecretTests {
    struct Login: Codable {
        var user: String
        var password: Secret
    }

    /// Every way that Swift has of turning a value into text without being asked for it by name.
    private func renderings(of value: some Encodable) throws -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var mirrored = ""
        for child in Mirror(reflecting: value).children {
            mirrored += "\(child.value) \(String(reflecting: child.value)) "
            for inner in Mirror(reflecting: child.value).children { mirrored += "\(inner.value)" }
        }
        return [
            "\(value)", String(describing: value), String(reflecting: value), dumped, mirrored,
            String(decoding: try DocumentCoding.encode(["v": value]), as: UTF8.self),
            String(format: "%@", "\(value)"),
        ]
    }

    @Test("Nothing shows the value but reveal and withBytes")
    func hidden() throws {
        let secret = Secret("hunter2")
        for text in try renderings(of: secret) + renderings(of: Login(user: "me", password: secret)) {
            #expect(!text.contains("hunter2"), "\(text)")
        }
        #expect("\(secret)" == "***")
        #expect(secret.reveal() == "hunter2")
        #expect(secret.withBytes { Array($0) } == Array("hunter2".utf8))
    }

    @Test("It decodes from a vendor's answer, and leaves a document as asterisks")
    func coding() throws {
        let text = Data(#"{"user":"me","password":"hunter2"}"#.utf8)
        let login = try DocumentCoding.decode(Login.self, from: text)
        #expect(login.password.reveal() == "hunter2")
        #expect(
            String(decoding: try DocumentCoding.encode(login), as: UTF8.self) == #"{"password":"***","user":"me"}"#)
    }

    @Test("Expiry is known in advance by a margin, and never without an end")
    func expiry() {
        let now: Int64 = 1_000_000_000_000
        #expect(!Secret("x").isExpired(at: now))
        #expect(!Secret("x", expires: 1100).isExpired(at: now))
        #expect(Secret("x", expires: 1050).isExpired(at: now))
        #expect(!Secret("x", expires: 1050).isExpired(at: now, margin: 10))
        #expect(Secret("x", expires: 999).isExpired(at: now, margin: 0))
    }
}
