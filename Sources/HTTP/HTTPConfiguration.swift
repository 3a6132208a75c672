/// How long a client waits.
public struct HTTPTimeouts: Sendable, Equatable {
    /// For name, connection and TLS together, each attempt.
    public var connect: Duration = .seconds(20)
    /// For everything: attempts, redirects and the pauses between them. Nil: no end, as for long uploads.
    public var total: Duration?
    /// A transfer that moves fewer bytes a second (up and down together) over `lowSpeedTime` is given up. 0: never.
    public var lowSpeed = 1024
    /// In whole seconds. It also bounds how long a server may think.
    public var lowSpeedTime: Duration = .seconds(60)

    public init() {}

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}

/// The one place where a request is repeated.
public struct HTTPRetryPolicy: Sendable, Equatable {
    /// Including the first. 1: never repeated.
    public var attempts = 5
    /// Before the second attempt a random time up to `base`, before each later one up to twice the one before...
    public var base: Duration = .milliseconds(500)
    /// ...but at most this.
    public var longest: Duration = .seconds(20)
    /// Answers that a later attempt may better.
    public var statuses: Set<Int> = [408, 429, 500, 502, 503, 504]
    /// The longest Retry-After that is waited for. When a server asks for more, its answer is returned at once, and later
    /// requests to that host fail until then.
    public var longestRetryAfter: Duration = .seconds(120)

    public init() {}
    public static let none: HTTPRetryPolicy = {
        var policy = HTTPRetryPolicy()
        policy.attempts = 1
        return policy
    }()

    /// Full jitter: any time between nothing and the exponential bound, so that many clients do not return together.
    func pause(after attempt: Int) -> Duration {
        let bound = min(
            HTTPTimeouts.seconds(longest),
            HTTPTimeouts.seconds(base) * Double(UInt64(1) << UInt64(min(attempt - 1, 30))))
        return .seconds(Double.random(in: 0...max(bound, 0)))
    }
}

/// Proxies by address scheme, spelled as libcurl takes them (`http://[user:password@]host:port`, also https and socks5h).
public struct HTTPProxies: Sendable, Equatable {
    public var http: String?
    public var https: String?
    /// Host names, domains and networks that are reached directly, separated by commas; `*` for all.
    public var exceptions: String?

    public init() {}

    /// The usual variables, lower case first: `https_proxy`, `HTTPS_PROXY`, `all_proxy`, `ALL_PROXY`, `no_proxy`, `NO_PROXY`.
    /// `http_proxy` only in lower case, because a web server's CGI programs get HTTP_PROXY from a request's header.
    public init(environment: [String: String]) {
        func value(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
        http = value("http_proxy", "all_proxy", "ALL_PROXY")
        https = value("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        exceptions = value("no_proxy", "NO_PROXY")
    }
}

/// Who we are to a server that asks for a certificate: PEM files, the key without a passphrase.
public struct HTTPClientCertificate: Sendable, Equatable {
    /// The certificate, and behind it those that lead to an authority that the server knows.
    public var certificateFile: String
    public var keyFile: String

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// What all requests of a client share.
public struct HTTPConfiguration: Sendable {
    public var userAgent = "eulerpublisher"
    public var timeouts = HTTPTimeouts()
    public var retry = HTTPRetryPolicy()
    public var proxies = HTTPProxies()
    /// PEM files, in place of the system's: one file with all, and a directory with one for each subject's hash.
    public var authoritiesFile: String?
    public var authoritiesDirectory: String?
    /// PEM files with authorities to trust besides those; read once, when the client is made. Of every server that the
    /// client talks to, also where a redirect leads: one client for each such set.
    public var additionalAuthorities: [String] = []
    /// Shown to every server that asks for one; the others do not hear of it.
    public var clientCertificate: HTTPClientCertificate?
    /// False is for test set-ups only: anybody on the way can then read and change what is sent. Say so aloud.
    public var verifiesTLS = true
    public var redirectLimit = 10
    /// Bytes of an answer's headers.
    public var headerLimit = 256 << 10
    /// Requests that change something are refused and recorded instead of sent.
    public var isDryRun = false
    /// Called with each address before it is asked for, a redirect's too. What it throws comes out of `send`.
    public var admit: (@Sendable (_ url: String) throws -> Void)?
    /// Called with lines that hold no secrets, from any thread.
    public var trace: (@Sendable (String) -> Void)?
    /// Called when a host has asked to be left alone for so many seconds, for whoever wonders why nothing happens; from any
    /// thread.
    public var paused: (@Sendable (_ host: String, _ seconds: Double) -> Void)?

    public init() {}

    /// Proxies and certificate authorities by the usual variables (`CURL_CA_BUNDLE`, `SSL_CERT_FILE`, `SSL_CERT_DIR`) of an
    /// environment: a process's, or what a host passed on.
    public init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        proxies = HTTPProxies(environment: environment)
        authoritiesFile = value("CURL_CA_BUNDLE") ?? value("SSL_CERT_FILE")
        authoritiesDirectory = value("SSL_CERT_DIR")
    }
}
