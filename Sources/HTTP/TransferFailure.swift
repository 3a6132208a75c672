import CCurl
public import Documents
import Glibc

/// libcurl's codes in words that a person can act on.
enum TransferFailure {
    /// How every failure of a handshake begins.
    fileprivate static let noTLS = "no TLS connection with "

    /// - Parameters:
    ///   - wasSent: whether any byte of the request left.
    ///   - detail: libcurl's own text about it.
    ///   - number: the system's error number; 0 when there was none.
    ///   - tunnelStatus: what a proxy answered to CONNECT; 0 when it was not asked.
    static func failure(
        _ code: CURLcode, _ exchange: Exchange, wasSent: Bool, detail: String, number: Int32, tunnelStatus: Int
    ) -> Failure {
        let address = exchange.address
        let why = number == 0 ? "" : ": " + String(cString: strerror(number))
        func network(_ message: String, hint: String? = nil, retryable: Bool = true) -> Failure {
            Failure(.network, message, place: address.place, hint: hint, retryable: retryable)
        }
        if tunnelStatus >= 400 {
            return network(
                "the proxy answered \(tunnelStatus) to a connection to \(address.authority)",
                hint: "check \(variable(address.scheme)), and its user and password", retryable: tunnelStatus >= 500)
        }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            return network(
                "no address is known for the name \(address.host)",
                hint: "check the name, the network and the proxy variables")
        case CURLE_COULDNT_RESOLVE_PROXY:
            return network("no address is known for the proxy's name", hint: "check \(variable(address.scheme))")
        case CURLE_COULDNT_CONNECT:
            let host = exchange.proxy.isEmpty ? address.authority : "the proxy for \(address.authority)"
            return network("cannot connect to \(host)\(why)", hint: "check that the service runs and can be reached")
        case CURLE_OPERATION_TIMEDOUT: return timeout(exchange, wasSent: wasSent)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
            return network(
                "the certificate of \(address.authority) is not trusted (\(detail))",
                hint: "if an own authority signed it, name its file with SSL_CERT_FILE", retryable: false)
        case CURLE_SSL_CACERT_BADFILE:
            return network(
                "the certificate authorities cannot be read (\(detail))",
                hint: "check the file that CURL_CA_BUNDLE or SSL_CERT_FILE names", retryable: false)
        case CURLE_SSL_CERTPROBLEM:
            return Failure(
                .usage, "the client certificate for \(address.authority) cannot be used (\(detail))",
                place: address.place,
                hint: "check that certificate and key are PEM files, belong together, and have no passphrase",
                retryable: false)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER:
            return network("\(noTLS)\(address.authority) (\(detail))")
        case CURLE_GOT_NOTHING: return network("the connection was closed without an answer")
        case CURLE_PARTIAL_FILE: return network("the answer ended too early (\(detail))")
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_RECV_ERROR:
            return network("the connection broke\(why)")
        case CURLE_ABORTED_BY_CALLBACK:
            // Only `Transfer.isAllowedToSend` ends a transfer so.
            return network(
                "the connection was closed before the answer: whether the request was carried out is not known")
        case CURLE_HTTP2, CURLE_HTTP2_STREAM: return network("the HTTP/2 connection broke (\(detail))")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            return network("the answer is not HTTP", hint: "check the address and its port", retryable: false)
        case CURLE_OUT_OF_MEMORY:
            // Also what older versions say of a header line that is too long for them.
            return Failure(.refused, "the answer needs more memory than it may", place: address.place)
        default:
            let name = curl_easy_strerror(code).map { String(cString: $0) } ?? "libcurl's error \(code.rawValue)"
            return network(detail.isEmpty ? name : "\(name) (\(detail))")
        }
    }

    private static func timeout(_ exchange: Exchange, wasSent: Bool) -> Failure {
        let message: String
        // libcurl counts whole milliseconds, and may be one of them early.
        let now = ContinuousClock.now + .milliseconds(5)
        if let deadline = exchange.deadline, now >= deadline, let total = exchange.timeouts.total {
            message = "not finished within \(text(total))"
        } else if !wasSent {
            message = "no connection to \(exchange.address.authority) within \(text(exchange.timeouts.connect))"
        } else {
            message =
                "under \(exchange.timeouts.lowSpeed) bytes a second over \(text(exchange.timeouts.lowSpeedTime))"
        }
        return Failure(
            .network, message, place: exchange.address.place, hint: "check the network, or try again later",
            retryable: true)
    }

    static func text(_ duration: Duration) -> String {
        let seconds = (HTTPTimeouts.seconds(duration) * 10).rounded() / 10
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }

    private static func variable(_ scheme: String) -> String { "\(scheme)_proxy" }
}

extension Failure {
    /// Whether a client's failure is that of a TLS handshake, before any certificate was looked at: nobody there may speak TLS.
    public var isOfHandshake: Bool { code == .network && message.hasPrefix(TransferFailure.noTLS) }
}
