import Documents
import FoundationEssentials
import HTTP

/// The error document of a registry (distribution specification 1.1, "Error codes"), as far as it is one.
struct RegistryError: Sendable {
    private struct Document: Decodable {
        struct Item: Decodable {
            var code: String?
            var message: String?
            var detail: JSON?
        }
        var errors: [Item]?
    }

    /// `DENIED`, `BLOB_UPLOAD_UNKNOWN`, ...: of the document's first error.
    var code: String?
    var message: String?
    /// The digest that MANIFEST_BLOB_UNKNOWN is about, if it says so.
    var digest: String?

    init(_ response: HTTPResponse) {
        guard let document = try? DocumentCoding.decode(Document.self, from: Data(response.body)),
            let first = document.errors?.first
        else { return }
        code = first.code.map { Self.printable($0, 60) }
        message = first.message.map { Self.printable($0, 200) }
        digest = first.detail?["digest"]?.string ?? first.detail?["Digest"]?.string ?? first.detail?.string
    }

    /// A stranger's text for one line of ours: of it, so many of Unicode's scalars.
    static func printable(_ text: String, _ limit: Int) -> String {
        Printable.line(String(text.unicodeScalars.prefix(limit)))
    }
}

extension HTTPResponse {
    /// The failure that a registry's refusal stands for.
    /// - Parameters:
    ///   - what: what was asked for, as a noun: "the upload of sha256:...".
    ///   - client: says as whom it was asked.
    func refusal(_ what: String, _ client: RegistryClient) -> Failure {
        let error = RegistryError(self)
        var failure = self.failure(what)
        let name = client.repository.description
        let said = [error.code, error.message].compactMap { $0 }.joined(separator: ", ")
        if !said.isEmpty {
            failure.message = "\(what) was refused: \(said)"
        } else if let type = headers["Content-Type"], type.hasPrefix("text/html") {
            failure.message = "\(what) was answered with HTTP status \(status) and a web page: is this a registry?"
        }
        failure.vendorCode = error.code
        switch (status, error.code) {
        case (401, _), (403, _), (_, "UNAUTHORIZED"), (_, "DENIED"):
            failure.code = .authentication
            failure.retryable = false
            failure.hint =
                "\(client.identity) may not \(client.action) \(name): check who may, and log in again"
        case (429, _), (_, "TOOMANYREQUESTS"):
            failure.code = .quota
            failure.retryable = true
            failure.hint = failure.retryAfter.map { "again in \(Int($0.rounded(.up))) s" } ?? "try again later"
        case (404, "NAME_UNKNOWN"):
            failure.code = .refused
            failure.hint = "make the repository \(name) at the registry, or check its name"
        case (413, _):
            failure.code = .refused
            failure.hint = "the registry, or a proxy before it, takes no body of this size: set the option chunk_mib"
        case (405, _), (_, "UNSUPPORTED"):
            failure.code = .refused
            failure.hint = "the registry does not offer this"
        default: break
        }
        return failure
    }
}
