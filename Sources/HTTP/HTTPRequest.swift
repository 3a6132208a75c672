/// What a request sends.
public enum HTTPBody: Sendable {
    case none
    /// Documents: at most 4 MiB.
    case bytes([UInt8])
    /// A range of an open file, read with `pread` as it is sent: any number of requests share one descriptor. The descriptor
    /// stays the caller's and must be open until `send` returned.
    case file(descriptor: Int32, offset: Int64, length: Int64)

    /// Bytes above which a body goes on an HTTP/1.1 connection of its own and waits for the server's consent.
    public static let small: Int64 = 1 << 20
    /// The most that is sent from memory, in bytes.
    public static let document: Int64 = 4 << 20

    /// In bytes.
    public var length: Int64 {
        switch self {
        case .none: 0
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let length): length
        }
    }
}

/// Where the body of a successful answer goes. That of any other answer (a vendor's error) is in `HTTPResponse.body`, its first
/// 64 KiB.
public enum HTTPDestination: Sendable {
    /// `HTTPResponse.body`. More than `limit` bytes are a failure.
    case memory(limit: Int)
    /// Written with `pwrite` from `offset` on, also by a repeated attempt. More than `limit` bytes are a failure. The
    /// descriptor stays the caller's and must be open until `send` returned.
    case file(descriptor: Int32, offset: Int64, limit: Int64? = nil)
    /// Called piece by piece on the client's own thread: it must not block. An error it throws ends the transfer and comes out
    /// of `send`. After the first piece there is no other attempt.
    case sink(@Sendable (UnsafeRawBufferPointer) throws -> Void)
    /// Decided by status and headers, before the first byte, on the client's own thread.
    case chosen(@Sendable (HTTPHead) throws -> HTTPDestination)
}

/// One request. What is nil is the client's.
public struct HTTPRequest: Sendable {
    /// `GET`, `PUT`, ...
    public var method: String
    /// Absolute, http or https, percent-encoded. Its path is sent as it is written here. `user:password@` becomes an
    /// Authorization header.
    public var url: String
    /// Without Content-Length (known from the body) and those of the connection.
    public var headers: HTTPHeaders
    public var body: HTTPBody
    public var destination: HTTPDestination = .memory(limit: 4 << 20)
    public var timeouts: HTTPTimeouts?
    public var retry: HTTPRetryPolicy?
    /// Whether it may be sent again although the first one may have been carried out. By default: GET, HEAD, PUT, DELETE,
    /// OPTIONS and TRACE.
    public var isIdempotent: Bool
    /// Whether it changes nothing there, so that a dry run sends it. By default: GET, HEAD, OPTIONS and TRACE.
    public var isReadOnly: Bool
    /// False: an answer that redirects is returned like any other.
    public var followsRedirects = true
    /// False for addresses that only this machine can reach, such as a metadata service.
    public var usesProxy = true
    /// Names of headers that are credentials although their names do not show it.
    public var secretHeaders: [String] = []
    /// Told how many bytes of the body went out in this attempt, at most every 100 ms and at its end; on the client's own
    /// thread, so it must not block long.
    public var progress: (@Sendable (Int64) -> Void)?
    /// Called before each attempt, the first included, with the attempt's number from 1: signatures are made anew here, and
    /// ranges move on.
    public var prepare: (@Sendable (inout HTTPRequest, Int) async throws -> Void)?

    /// The address without query and user information: for failures and logs.
    public var place: String { Redaction.address(url) }

    public init(_ method: String, _ url: String, headers: HTTPHeaders = [:], body: HTTPBody = .none) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        isReadOnly = ["GET", "HEAD", "OPTIONS", "TRACE"].contains(method)
        isIdempotent = isReadOnly || ["PUT", "DELETE"].contains(method)
    }
}
