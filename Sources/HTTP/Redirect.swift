import Documents

/// What a redirect makes of a request: RFC 9110, 15.4, with credentials kept at home.
enum Redirect {
    /// The next request, or nil when the answer is to be taken as it is.
    /// - Throws: `Failure` with code `refused` for a place that no answer may send us to.
    static func next(_ request: HTTPRequest, at address: Address, _ head: HTTPHead) throws -> (HTTPRequest, Address)? {
        guard [301, 302, 303, 307, 308].contains(head.status), let location = head.headers["Location"],
            !location.isEmpty
        else { return nil }
        var target = try address.resolving(location)
        // Whoever wrote the Location has no right to choose as whom we go there.
        target.userInformation = nil
        try check(target, from: address, "the redirect")

        var next = request
        if head.status == 303 && request.method != "HEAD"
            || (head.status == 301 || head.status == 302) && request.method == "POST"
        {
            next.method = "GET"
            next.body = .none
            next.isIdempotent = true
            next.isReadOnly = true
            next.headers.removeAll {
                let name = $0.lowercased()
                return name.hasPrefix("content-") || name == "digest" || name == "x-content-sha256"
            }
        }
        next.headers.remove("Host")
        if target.origin != address.origin {
            next.headers.removeAll { name in
                Redaction.isSecret(name) || request.secretHeaders.contains { HTTPHeaders.isSame($0, name) }
            }
        }
        return (next, target)
    }

    /// - Throws: `Failure` with code `refused` for a place that no answer may send us to.
    static func check(_ target: Address, from address: Address, _ what: String) throws {
        func refuse(_ why: String) -> Failure {
            Failure(.refused, "\(what) leads \(why): \(target.place)", place: address.place)
        }
        if address.scheme == "https" && target.scheme != "https" { throw refuse("from https to http") }
        if target.isLocal && !address.isLocal { throw refuse("to an address of this machine or network") }
    }
}
