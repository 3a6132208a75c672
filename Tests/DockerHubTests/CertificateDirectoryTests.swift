import DockerHubProvider
import Documents
import Foundation
import HTTP
import TestSupport
import Testing

@Suite struct CertificateDirectoryTests {
    private let scratch: Scratch
    private var etc: String { "\(scratch.path)/etc" }

    init() throws { scratch = try Scratch() }

    private func find(_ registry: String) throws -> CertificateDirectory? {
        try CertificateDirectory.find(for: registry, environment: ["HOME": "\(scratch.path)/home"], system: etc)
    }

    @Test func authoritiesAndClientCertificates() throws {
        for name in ["b.crt", "a.crt", "client.cert", "client.key", "README"] {
            try scratch.write("etc/docker/certs.d/r.example:5000/\(name)", "x")
        }
        let found = try #require(try find("r.example:5000"))
        let path = "\(etc)/docker/certs.d/r.example:5000"
        #expect(found.path == path && found.authorities == ["\(path)/a.crt", "\(path)/b.crt"])
        #expect(
            found.clientCertificates == [
                HTTPClientCertificate(certificateFile: "\(path)/client.cert", keyFile: "\(path)/client.key")
            ])
        var configuration = HTTPConfiguration()
        configuration.additionalAuthorities = ["/first"]
        found.apply(to: &configuration)
        #expect(configuration.additionalAuthorities == ["/first"] + found.authorities)
        #expect(configuration.clientCertificate == found.clientCertificates.first)
        for other in ["r.example", "r.example:5001", "example:5000", "..", ".", "", "r.example:5000/.."] {
            #expect(try find(other) == nil, "\(other)")
        }
    }

    @Test func theUsersOwnComeFirst() throws {
        for place in [
            "etc/docker", "etc/containers", "home/.docker", "home/.config/containers",
        ] {
            try scratch.write("\(place)/certs.d/r.example/ca.crt", "x")
            #expect(try find("r.example")?.path == "\(scratch.path)/\(place)/certs.d/r.example")
        }
        #expect(
            try CertificateDirectory.find(for: "r.example", environment: [:], system: etc)?.path
                == "\(etc)/containers/certs.d/r.example")
    }

    @Test(arguments: [
        ("r.example:443", "r.example"), ("r.example", "r.example:443"), ("[::1]", "[::1]:443"),
        ("registry-1.docker.io", "docker.io"), ("docker.io", "registry-1.docker.io"),
    ])
    func aRegistryHasTwoNames(registry: String, directory: String) throws {
        try scratch.write("etc/docker/certs.d/\(directory)/ca.crt", "x")
        #expect(try find(registry)?.authorities.count == 1)
    }

    @Test(arguments: [("client.cert", "client.key"), ("client.key", "client.cert")])
    func aHalfIsAnError(there: String, missing: String) throws {
        let path = try scratch.write("etc/docker/certs.d/r.example/\(there)", "x")
        let failure = failure { try find("r.example") }
        #expect(failure.code == .usage && failure.place == path)
        #expect(failure.message == "\(there) has no \(missing) beside it")
    }

    @Test func whatIsNoDirectoryIsAnError() throws {
        let path = try scratch.write("etc/docker/certs.d/r.example", "x")
        let failure = failure { try find("r.example") }
        #expect(failure.code == .usage && failure.place == path && failure.message.contains("cannot be read"))
    }
}
