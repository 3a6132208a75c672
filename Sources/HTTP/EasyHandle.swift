import CCurl
import Documents

/// Writes an exchange into libcurl's options. What the options mean is in curl_easy_setopt(3).
struct EasyHandle {
    let easy: UnsafeMutableRawPointer
    private var code = CURLE_OK

    /// - Throws: `Failure` when libcurl lacks an option or memory.
    static func make(
        _ transfer: Transfer, _ settings: LoopSettings, share: UnsafeMutableRawPointer?
    ) throws -> UnsafeMutableRawPointer {
        let authorities = try settings.authorities?.get()
        guard let easy = curl_easy_init() else { throw Failure(.internal, "no memory for a transfer") }
        var handle = EasyHandle(easy: easy)
        handle.apply(transfer, settings, share)
        if let authorities {
            // The settings outlive every transfer, and with them these bytes.
            handle.keep(ep_curl_set_authorities(easy, authorities.bytes.baseAddress, authorities.bytes.count))
        }
        guard handle.code == CURLE_OK else {
            curl_easy_cleanup(easy)
            throw Failure(
                .internal, "libcurl refuses an option: \(String(cString: curl_easy_strerror(handle.code)))",
                place: transfer.exchange.address.place)
        }
        return easy
    }

    private init(easy: UnsafeMutableRawPointer) { self.easy = easy }

    private mutating func set(_ option: CURLoption, _ value: Int) { keep(ep_curl_set_long(easy, option, value)) }
    private mutating func set(_ option: CURLoption, _ value: String) { keep(ep_curl_set_text(easy, option, value)) }
    private mutating func set(_ option: CURLoption, _ value: Int64) {
        keep(ep_curl_set_offset(easy, option, curl_off_t(value)))
    }
    private mutating func keep(_ new: CURLcode) { if code == CURLE_OK { code = new } }

    private static func milliseconds(_ duration: Duration) -> Int {
        Int((HTTPTimeouts.seconds(duration) * 1000).rounded(.up))
    }

    private mutating func apply(_ transfer: Transfer, _ settings: LoopSettings, _ share: UnsafeMutableRawPointer?) {
        let exchange = transfer.exchange
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        // Signals are the process's affair, not a library's.
        set(CURLOPT_NOSIGNAL, 1)
        keep(ep_curl_set_quick_exit(easy))
        keep(ep_curl_set_error_buffer(easy, transfer.errorText))
        keep(ep_curl_set_protocols(easy))
        set(CURLOPT_URL, exchange.address.text)
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_USERAGENT, settings.userAgent)
        // Never left out: libcurl would then look into the process's environment.
        set(CURLOPT_PROXY, exchange.proxy)
        set(CURLOPT_NOPROXY, exchange.exceptions)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        if let share { keep(ep_curl_set_share(easy, share)) }
        applyTLS(settings)
        applyTimes(exchange)
        applyVersion(exchange)
        applyMethod(transfer, context)
        keep(
            ep_curl_set_receivers(
                easy,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
                    return Transfer.of(context).receiveHeader(piece) ? size * count : 0
                },
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
                    // Of no bytes, 0 means success to libcurl.
                    return Transfer.of(context).receiveBody(piece) ? size * count : 0
                }, context))
        if !exchange.isIdempotent {
            keep(
                ep_curl_set_before(
                    easy,
                    { context, _, _, _, _ in
                        guard let context else { return 1 }
                        return Transfer.of(context).isAllowedToSend() ? 0 : 1
                    }, context))
        }
    }

    private mutating func applyTLS(_ settings: LoopSettings) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, settings.verifiesTLS ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, settings.verifiesTLS ? 2 : 0)
        if let file = settings.authoritiesFile {
            set(CURLOPT_CAINFO, file)
            set(CURLOPT_PROXY_CAINFO, file)
        }
        if let directory = settings.authoritiesDirectory {
            set(CURLOPT_CAPATH, directory)
            set(CURLOPT_PROXY_CAPATH, directory)
        }
        if let own = settings.clientCertificate {
            set(CURLOPT_SSLCERT, own.certificateFile)
            set(CURLOPT_SSLKEY, own.keyFile)
        }
    }

    private mutating func applyTimes(_ exchange: Exchange) {
        set(CURLOPT_CONNECTTIMEOUT_MS, max(1, Self.milliseconds(exchange.timeouts.connect)))
        if let deadline = exchange.deadline {
            set(CURLOPT_TIMEOUT_MS, max(1, Self.milliseconds(deadline - ContinuousClock.now)))
        }
        if exchange.timeouts.lowSpeed > 0 {
            set(CURLOPT_LOW_SPEED_LIMIT, exchange.timeouts.lowSpeed)
            set(CURLOPT_LOW_SPEED_TIME, max(1, Int(exchange.timeouts.lowSpeedTime.components.seconds)))
        }
    }

    private mutating func applyVersion(_ exchange: Exchange) {
        if exchange.isBulk {
            set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
            set(CURLOPT_BUFFERSIZE, 512 << 10)
            set(CURLOPT_UPLOAD_BUFFERSIZE, 512 << 10)
        } else {
            set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
            // The second of two requests waits for the first one's connection instead of opening its own.
            set(CURLOPT_PIPEWAIT, 1)
        }
    }

    private mutating func applyMethod(_ transfer: Transfer, _ context: UnsafeMutableRawPointer) {
        let exchange = transfer.exchange
        let length = exchange.body.length
        if exchange.method == "HEAD" && length == 0 {
            set(CURLOPT_NOBODY, 1)
        } else if length > 0 || ["POST", "PUT", "PATCH"].contains(exchange.method) {
            // An upload is the one form in which libcurl streams, rewinds, and says `Content-Length: 0`.
            set(CURLOPT_UPLOAD, 1)
            set(CURLOPT_INFILESIZE_LARGE, length)
            set(CURLOPT_CUSTOMREQUEST, exchange.method)
            keep(
                ep_curl_set_sender(
                    easy,
                    { bytes, size, count, context in
                        guard let context else { return Int(CURL_READFUNC_ABORT) }
                        let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
                        return Transfer.of(context).send(buffer) ?? Int(CURL_READFUNC_ABORT)
                    },
                    { context, offset, origin in
                        guard let context, origin == SEEK_SET, Transfer.of(context).rewind(to: Int64(offset)) else {
                            return Int32(CURL_SEEKFUNC_FAIL)
                        }
                        return Int32(CURL_SEEKFUNC_OK)
                    }, context))
        } else if exchange.method != "GET" {
            set(CURLOPT_CUSTOMREQUEST, exchange.method)
        }
        for field in exchange.headers.fields {
            append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)", transfer)
        }
        // libcurl asks first when a body is over 1 MiB; here it is told when not to.
        if exchange.asksFirst {
            set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1000)
        } else {
            append("Expect:", transfer)
        }
        keep(ep_curl_set_headers(easy, transfer.list))
    }

    private mutating func append(_ line: String, _ transfer: Transfer) {
        guard let longer = curl_slist_append(transfer.list, line) else {
            keep(CURLE_OUT_OF_MEMORY)
            return
        }
        transfer.list = longer
    }
}
