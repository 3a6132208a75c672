import Documents
import Files
import Glibc
public import HTTP

/// What a registry's own directory of certificates holds, `certs.d/HOST:PORT`
/// (docs.docker.com/engine/security/certificates, containers-certs.d(5)): `*.crt` are authorities to trust besides the
/// system's, each `NAME.cert` with its `NAME.key` is a client certificate.
public struct CertificateDirectory: Sendable, Equatable {
    public let path: String
    /// PEM files.
    public let authorities: [String]
    /// In the order of their names. libcurl shows a server one: the first.
    public let clientCertificates: [HTTPClientCertificate]

    /// The registry's directory, or nil if it has none. Of several the first counts, as a whole: the user's own come
    /// before the system's.
    /// - Parameters:
    ///   - registry: its host, with a port if the address has one. Port 443 may stand in the directory's name or not.
    ///   - environment: the job's. The manifest asks for HOME, and declares the directories so that a job may read them.
    ///   - system: `/etc` but in tests.
    /// - Throws: `Failure(.usage)` for a directory that cannot be read, and a certificate or key without its other half.
    public static func find(
        for registry: String, environment: [String: String], system: String = "/etc"
    ) throws -> CertificateDirectory? {
        var roots: [String] = []
        if let home = environment["HOME"], home.hasPrefix("/") {
            roots += ["\(home)/.config/containers/certs.d", "\(home)/.docker/certs.d"]
        }
        roots += ["\(system)/containers/certs.d", "\(system)/docker/certs.d"]
        for root in roots {
            for name in names(registry) {
                let path = "\(root)/\(name)"
                var status = stat()
                if stat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR) {
                    return try CertificateDirectory(path)
                }
            }
        }
        return nil
    }

    /// Puts the certificates into a client's settings, besides what is there.
    public func apply(to configuration: inout HTTPConfiguration) {
        configuration.additionalAuthorities += authorities
        if let first = clientCertificates.first { configuration.clientCertificate = first }
    }

    private init(_ path: String) throws {
        self.path = path
        let names: [String]
        do { names = try File.names(in: path) } catch let failure as Failure {
            throw Failure(
                .usage, "the directory of certificates cannot be read: \(failure.message)", place: path,
                hint: "check its permissions")
        }
        func half(_ name: Substring, _ ending: String, of whole: String) throws {
            guard names.contains("\(name).\(ending)") else {
                throw Failure(
                    .usage, "\(whole) has no \(name).\(ending) beside it", place: "\(path)/\(whole)",
                    hint: "a client certificate is NAME.cert and NAME.key; an authority is NAME.crt")
            }
        }
        authorities = names.filter { $0.hasSuffix(".crt") }.map { "\(path)/\($0)" }
        for name in names where name.hasSuffix(".key") { try half(name.dropLast(4), "cert", of: name) }
        clientCertificates = try names.filter { $0.hasSuffix(".cert") }.map { name in
            try half(name.dropLast(5), "key", of: name)
            return HTTPClientCertificate(
                certificateFile: "\(path)/\(name)", keyFile: "\(path)/\(name.dropLast(5)).key")
        }
    }

    /// What the registry's directory may be called.
    private static func names(_ registry: String) -> [String] {
        guard !registry.isEmpty, !registry.hasPrefix("."), !registry.contains("/") else { return [] }
        if RegistryName.isHub(registry) { return RegistryName.hub.filter { !$0.contains("/") } }
        if registry.hasSuffix(":443") { return [registry, String(registry.dropLast(4))] }
        let hasPort = registry.reversed().prefix { $0 != "]" }.contains(":")
        return hasPort ? [registry] : [registry, "\(registry):443"]
    }
}
