import Documents
import Foundation
import HTTPPeers
import Testing

@testable import HTTP

/// Authorities besides the system's, and certificates of our own.
@Suite struct CertificateTests {
    private let own = HTTPClientCertificate(
        certificateFile: "\(Web.folder.path)/client.pem", keyFile: "\(Web.folder.path)/client.key")

    /// An authority that signed nothing here.
    private func stranger(in folder: Folder) throws -> String {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "\(folder.path)/other.key", "-out", "\(folder.path)/other.pem", "-days", "2", "-subj", "/CN=Somebody else",
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        return "\(folder.path)/other.pem"
    }

    private func status(_ url: String, _ change: @escaping (inout HTTPConfiguration) -> Void) async throws -> Int {
        try await client(change).send(HTTPRequest("GET", "\(url)/protocol")).status
    }

    @Test func anAuthorityBesidesTheOthers() async throws {
        let folder = try Folder()
        let other = try stranger(in: folder)
        #expect(try await status(Web.secure) { $0.additionalAuthorities = [Web.authority] } == 200)
        #expect(try await status(Web.secure) { $0.additionalAuthorities = [other, Web.authority] } == 200)
        // What takes the system's place stays in force beside it.
        let both = try await status(Web.secure) {
            $0.authoritiesFile = Web.authority
            $0.additionalAuthorities = [other]
        }
        #expect(both == 200)
        let failure = await #expect(throws: Failure.self) {
            try await status(Web.secure) { $0.additionalAuthorities = [other] }
        }
        #expect(failure?.message.contains("is not trusted") == true)
    }

    @Test func theSystemsFileStaysInForce() throws {
        let path = try #require(Authorities.systemFile)
        let system = try #require(FileManager.default.contents(atPath: path))
        let authorities = try Authorities(file: nil, additional: [Web.authority])
        let text = Data(authorities.bytes)
        #expect(isSame(text.prefix(system.count), system))
        #expect(text.count > system.count)
    }

    @Test func aFileOfAuthoritiesThatIsNoneIsNamed() async throws {
        let folder = try Folder()
        try folder.write("text.crt", Data("no certificate".utf8))
        for (path, words) in [
            ("\(folder.path)/text.crt", "no certificate in PEM form"), ("\(folder.path)/gone.crt", "cannot be read"),
        ] {
            let failure = await #expect(throws: Failure.self) {
                try await status(Web.secure) { $0.additionalAuthorities = [Web.authority, path] }
            }
            #expect(failure?.code == .usage && failure?.place == path && failure?.message.contains(words) == true)
        }
    }

    @Test func aServerThatAsksGetsOurCertificate() async throws {
        func ask(_ own: HTTPClientCertificate?) async throws -> HTTPResponse {
            try await secureClient { $0.clientCertificate = own }.send(HTTPRequest("GET", "\(Web.guarded)/who"))
        }
        #expect(try await ask(own).text == "CN=publisher")
        #expect(try await ask(nil).status == 400)
        // A server that does not ask is none the wiser.
        #expect(
            try await status(Web.secure) {
                $0.clientCertificate = own
                $0.additionalAuthorities = [Web.authority]
            } == 200)
    }

    @Test func aCertificateThatCannotBeUsedIsOneClearError() async throws {
        let other = HTTPClientCertificate(
            certificateFile: own.certificateFile, keyFile: "\(Web.folder.path)/server.key")
        let gone = HTTPClientCertificate(certificateFile: "/nonexistent/x.cert", keyFile: own.keyFile)
        for wrong in [other, gone] {
            let lines = Lines()
            let failure = await #expect(throws: Failure.self) {
                try await secureClient {
                    $0.clientCertificate = wrong
                    $0.trace = { lines.add($0) }
                }.send(HTTPRequest("GET", "\(Web.guarded)/who"))
            }
            #expect(failure?.code == .usage && failure?.retryable == false, "\(String(describing: failure))")
            #expect(failure?.message.hasPrefix("the client certificate for localhost") == true)
            #expect(lines.all.filter { $0.hasPrefix("!") }.count == 1)
        }
    }
}
