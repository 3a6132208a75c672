import CCurl
import Documents
import FoundationEssentials

/// A URL's parts, as libcurl's own parser sees them, so that what is checked is what is sent.
struct Address: Sendable, Equatable {
    /// Lower case: `http` or `https`.
    var scheme: String
    /// Lower case; IPv6 addresses in brackets.
    var host: String
    /// Always known.
    var port: String
    var path: String
    var query: String?
    /// `user:password`, decoded.
    var userInformation: String?

    /// `host`, with `:port` when it is not the scheme's own.
    var authority: String { port == (scheme == "https" ? "443" : "80") ? host : "\(host):\(port)" }
    /// What a request's authority for credentials is: scheme, host and port.
    var origin: String { "\(scheme)://\(host):\(port)" }
    /// What is sent: without user information and fragment.
    var text: String { place + (query.map { "?\($0)" } ?? "") }
    /// For people.
    var place: String { "\(scheme)://\(authority)\(path)" }

    /// - Throws: `Failure` with code `usage`, which does not repeat more of the text than may be shown.
    init(_ text: String) throws {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Failure(
                .usage, "an address has blanks, control characters or letters beyond ASCII",
                place: Redaction.address(text), hint: "write them percent-encoded")
        }
        try self.init(parts: [(text, 0)], shown: text)
    }

    /// A redirect's Location, relative to this address.
    /// - Throws: `Failure` with code `refused`.
    func resolving(_ location: String) throws -> Address {
        do {
            // Servers send raw blanks and letters here; libcurl encodes them.
            return try Address(
                parts: [(text, 0), (location, UInt32(CURLU_URLENCODE))], shown: location)
        } catch let failure as Failure {
            throw Failure(
                .refused, "the redirect leads to no usable address: \(failure.message)", place: place)
        }
    }

    private init(parts: [(text: String, flags: UInt32)], shown: String) throws {
        guard let url = curl_url() else { throw Failure(.internal, "no memory") }
        defer { curl_url_cleanup(url) }
        for part in parts {
            let code = curl_url_set(
                url, CURLUPART_URL, part.text,
                part.flags | UInt32(CURLU_PATH_AS_IS) | UInt32(CURLU_NON_SUPPORT_SCHEME))
            guard code == CURLUE_OK else {
                throw Failure(
                    .usage, "this is not an absolute address: \(String(cString: curl_url_strerror(code)))",
                    place: Redaction.address(shown))
            }
        }
        func get(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var pointer: UnsafeMutablePointer<CChar>?
            guard curl_url_get(url, part, &pointer, UInt32(flags)) == CURLUE_OK, let pointer else { return nil }
            defer { curl_free(pointer) }
            return String(cString: pointer)
        }
        scheme = (get(CURLUPART_SCHEME) ?? "").lowercased()
        guard scheme == "http" || scheme == "https" else {
            throw Failure(
                .usage, "only http and https addresses can be used", place: Redaction.address(shown))
        }
        guard let host = get(CURLUPART_HOST), !host.isEmpty, let port = get(CURLUPART_PORT, CURLU_DEFAULT_PORT) else {
            throw Failure(.usage, "the address names no host", place: Redaction.address(shown))
        }
        self.host = host.lowercased()
        self.port = port
        path = get(CURLUPART_PATH) ?? "/"
        query = get(CURLUPART_QUERY)
        if let user = get(CURLUPART_USER, CURLU_URLDECODE) {
            userInformation = "\(user):\(get(CURLUPART_PASSWORD, CURLU_URLDECODE) ?? "")"
        }
    }

    /// Whether the host is this machine by name or number, or a link's own number: nothing that another host may send us to.
    var isLocal: Bool {
        isLoopback || host.hasPrefix("169.254.") || host.hasPrefix("[fe8") || host.hasPrefix("[fe9")
            || host.hasPrefix("[fea") || host.hasPrefix("[feb") || host == "0.0.0.0" || host == "[::]"
    }

    /// Whether the host is this machine: never behind a proxy.
    var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]"
            || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 == 0x2e || (0x30...0x39).contains($0) })
    }
}
