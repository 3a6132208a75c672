import CCurl
import Documents
import FoundationEssentials

/// The authorities of a client that trusts some besides the system's, as one PEM text: libcurl takes one file or one text,
/// and what is given replaces the system's file.
final class Authorities: Sendable {
    // Never written after its making; libcurl reads it where it is.
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    /// - Parameters:
    ///   - file: what takes the place of the system's file. Nil: the one that libcurl was built with, if it is there; a
    ///     directory that libcurl was built with stays in force anyway.
    ///   - additional: at least one.
    /// - Throws: `Failure` naming the file that cannot be read or holds no certificate.
    init(file: String?, additional: [String]) throws {
        var text: [UInt8] = []
        if let file {
            text += try Self.contents(file)
        } else if let file = Self.systemFile {
            text += (try? Self.contents(file)) ?? []
        }
        for file in additional { text += [0x0a] + (try Self.contents(file)) }
        bytes = .allocate(byteCount: text.count, alignment: 1)
        bytes.copyBytes(from: text)
    }

    /// What libcurl uses when it is told of nothing else.
    static var systemFile: String? { ep_curl_authorities_file().map { String(cString: $0) } }

    deinit { bytes.deallocate() }

    private static func contents(_ path: String) throws -> [UInt8] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else {
            throw Failure(
                .usage, "the certificate authorities cannot be read", place: path,
                hint: "check the path and its permissions")
        }
        // OpenSSL writes a third kind with the uses that a certificate is trusted for.
        guard
            ["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----", "-----BEGIN X509 CERTIFICATE-----"]
                .contains(where: { data.firstRange(of: Data($0.utf8)) != nil })
        else {
            throw Failure(
                .usage, "the file holds no certificate in PEM form", place: path,
                hint: "openssl x509 -inform der -in FILE makes PEM of a binary one")
        }
        return [UInt8](data)
    }
}
