public import Documents

/// Status and headers of an answer, before its body.
public struct HTTPHead: Sendable, Equatable {
    public var status: Int
    public var headers = HTTPHeaders()
    /// `1.1`, `2`.
    public var version: String

    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// An answer, of any status: only what prevents an answer is thrown.
public struct HTTPResponse: Sendable {
    public var head: HTTPHead
    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }
    public var isSuccess: Bool { head.isSuccess }
    /// What went to memory; empty when the body of a success went elsewhere.
    public var body: [UInt8]
    /// The address that answered, after redirects, with its query: not for logs. See `place`.
    public var url: String
    /// The address without query and user information: for failures and logs.
    public var place: String
    /// How many attempts it took.
    public var attempts: Int
    /// Bytes of bodies, of the last attempt.
    public var sentBytes: Int64
    public var receivedBytes: Int64
    /// From the answer's Retry-After.
    public var retryAfter: Duration?

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The failure that an answer which is no success stands for, when the caller knows nothing better about it.
    /// - Parameter what: what was asked for, as a noun: "the upload of a layer".
    public func failure(_ what: String) -> Failure {
        let code: Failure.Code
        var hint: String?
        var retryable: Bool? = false
        switch status {
        case 401, 407:
            code = .authentication
            hint = "check the credentials"
        case 403:
            code = .authentication
            hint = "check what these credentials are allowed to do"
        case 429:
            code = .quota
            retryable = true
            hint = "try again later"
        case 408, 500...599:
            code = .network
            retryable = true
            hint = "the service has trouble: try again later"
        default:
            code = .refused
            // Whether it is so for good, only the caller can tell.
            retryable = nil
        }
        return Failure(
            code, "\(what) was answered with HTTP status \(status)", place: place, hint: hint,
            requestID: headers["X-Request-Id"], httpStatus: status, retryable: retryable,
            retryAfter: retryAfter.map(HTTPTimeouts.seconds))
    }
}
