import RegistryPeers

/// Headers of a registry's answers.
extension HostileCase {
    static var headers: [HostileCase] { locations + digests + lengths + types + pauses + limits + odd }

    private static func header(
        _ name: String, _ fault: Fault, on method: String, _ path: String = "", times: Int? = nil,
        statuses: Set<Int32>? = nil
    ) -> HostileCase {
        HostileCase(name: "header: \(name)", statuses: statuses) {
            try await $0.fault(fault, on: method, path, times: times)
        }
    }

    private static func shown(_ text: String) -> String { String(text.prefix(40)).debugDescription }

    /// Of an upload that begins.
    private static var locations: [HostileCase] {
        let texts = [
            "", " ", "http://", "http:///x", "://", "//", "file:///etc/passwd", "FILE:///etc/passwd",
            "ftp://127.0.0.1:1/x",
            "gopher://127.0.0.1:1/x", "javascript:alert(1)", "data:text/plain,x", "\\\\127.0.0.1\\share",
            "http://127.0.0.1:1/x",
            "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1:65536/", "http://[::/",
            "//127.0.0.1:1/x",
            "/../../../etc/passwd", "?", "#", "%", "/%00", "/%", String(repeating: "/x", count: 30_000), "/\u{1b}[2J",
            "http://\u{1b}]0;x\u{7}/", "http://user:word@127.0.0.1:1/", "/v2/other/blobs/uploads/1", "/v2/ /x",
            "/\u{ff}\u{80}",
        ]
        return texts.map {
            header("Location \(shown($0))", .header("Location", $0), on: "POST", statuses: [2, 4, 5, 6])
        } + [
            header("no Location", .without("Location"), on: "POST", statuses: [6]),
            header("two Locations", .header("location", "/a\r\nLocation: /b"), on: "POST", statuses: [5, 6]),
        ]
    }

    /// Docker-Content-Digest.
    private static var digests: [HostileCase] {
        let texts = [
            "sha256:" + String(repeating: "0", count: 64), "sha256:", "sha256:XYZ", "md5:abc", "\u{1b}[31m", "",
            String(repeating: "d", count: 30_000), "sha512:" + String(repeating: "0", count: 128), "../../etc/passwd",
        ]
        let requests = [
            ("a blob", "PUT", "/uploads/"), ("a manifest", "PUT", "/manifests/"), ("a question", "HEAD", "/manifests/"),
        ]
        return texts.enumerated().flatMap { number, text in
            // The lie that looks like the truth goes everywhere.
            (number == 0 ? requests : [requests[number % 3]]).map {
                header("the digest of \($0) is \(shown(text))", .header("Docker-Content-Digest", text), on: $1, $2)
            }
        } + [
            header(
                "every blob is said to be there", .raw(Array("HTTP/1.1 200 OK\r\n\r\n".utf8)), on: "HEAD", "/blobs/",
                statuses: [5, 6]),
            header("every blob is said to be there, with a wrong length", .answer(200, "x"), on: "HEAD", "/blobs/"),
        ]
    }

    /// Content-Length and Transfer-Encoding, of an answer that begins an upload, and of a manifest that is read back.
    private static var lengths: [HostileCase] {
        let lines = [
            "Content-Length: -1", "Content-Length: abc", "Content-Length: 99999999999999999999", "Content-Length: 0x10",
            "Content-Length: 5\r\nContent-Length: 7", "Content-Length: 9223372036854775807", "Content-Length: 1, 2",
            "Content-Length:",
            "Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked",
            "Content-Encoding: gzip",
        ]
        return lines.enumerated().map { number, line in
            let (method, path) = number % 2 == 0 ? ("POST", "/uploads/") : ("GET", "/manifests/")
            return header(
                "\(shown(line)) to \(method)",
                .raw(Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(line)\r\n\r\nzz\r\nhello".utf8)),
                on: method, path, statuses: [5, 6])
        }
    }

    private static var types: [HostileCase] {
        [
            "text/html", "", "application/json; charset=utf-16", "\u{1b}[2J", String(repeating: "t/", count: 20_000),
            "multipart/form-data; boundary=x", "application/vnd.oci.image.layer.v1.tar",
        ].enumerated().map { number, type in
            let method = number % 2 == 0 ? "GET" : "HEAD"
            return header(
                "Content-Type \(shown(type)) to \(method)", .header("Content-Type", type), on: method, "/manifests/")
        }
    }

    /// Retry-After.
    private static var pauses: [HostileCase] {
        let texts = [
            "-1", "0", "99999999999999999999999", "9223372036854775807", "1e9", "NaN", "Infinity", "soon", "",
            "\u{1b}[2J",
            "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 99 Xxx 99999 99:99:99 GMT",
        ]
        let epoch = "Thu, 01 Jan 1970 00:00:00 GMT"
        return texts.map {
            header("Retry-After \(shown($0))", .answer(429, headers: ["Retry-After": $0]), on: "POST", statuses: [9])
        } + [
            header(
                "X-Retry-After of the last moment",
                .answer(429, headers: ["X-Retry-After": "9223372036854775807"]).and(.header("Date", epoch)), on: "POST",
                statuses: [9]),
            header(
                "the same, from the first moment",
                .raw(
                    Array(
                        "HTTP/1.1 429 x\r\nDate: \(epoch)\r\nX-Retry-After: 9223372036854775807\r\nContent-Length: 0\r\n\r\n"
                            .utf8)),
                on: "POST", statuses: [9]),
        ]
    }

    /// What a pull limit is said to be.
    private static var limits: [HostileCase] {
        [
            ("9223372036854775807;w=9223372036854775807", "9223372036854775807"),
            ("-9223372036854775808;w=-1", "-9223372036854775808"),
            ("0;w=0", "0"), (";;;", ";"), ("x", "\u{1b}[2J"), ("99999999999999999999;w=1", "1"), ("100;w=\u{1b}", "-5"),
        ].map { limit, remaining in
            HostileCase(name: "header: ratelimit-limit \(shown(limit))", statuses: [0]) {
                try await $0.fault(
                    .header("ratelimit-limit", limit).and(.header("ratelimit-remaining", remaining)), on: "HEAD",
                    "/manifests/")
            }
        }
    }

    /// Statuses, and headers without end.
    private static var odd: [HostileCase] {
        [0, 42, 199, 204, 206, 299, 304, 308, 418, 599, 600, 999].map { status in
            header(
                "status \(status)",
                .raw(Array("HTTP/1.1 \(status) x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)),
                on: "PUT", "/uploads/")
        } + [
            header("a million bytes of headers", .hugeHeaders(1_000_000), on: "HEAD", statuses: [6]),
            header(
                "one header of a million bytes", .header("X", String(repeating: "x", count: 1_000_000)), on: "POST",
                statuses: [5, 6]),
            header(
                "headers without end", .raw(Array("HTTP/1.1 200 OK\r\nX: ".utf8), flood: 50_000_000), on: "POST",
                statuses: [5, 6]),
            header("a header without a name", .raw(Array("HTTP/1.1 202 OK\r\n: x\r\n:\r\n\r\n".utf8)), on: "POST"),
            header("a warning that steers a terminal", .header("Warning", "299 - \"\u{1b}[2J\u{9b}2J\""), on: "HEAD"),
            header(
                "an error that steers a terminal",
                .answer(400, #"{"errors":[{"code":"\u001b[2J","message":"\u009b2J\r\nError: no"}]}"#), on: "POST",
                statuses: [6]),
            header(
                "an error of 100 MB", .raw(Array("HTTP/1.1 400 x\r\n\r\n".utf8), flood: 100_000_000), on: "POST",
                statuses: [5, 6]),
            header(
                "an error nested without end", .answer(400, String(repeating: #"{"errors":["#, count: 50_000)),
                on: "POST", statuses: [6]),
            header(
                "another protocol", .raw(Array("HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n".utf8)),
                on: "POST"),
            header("HTTP of the past", .raw(Array("hello\r\n".utf8)), on: "POST", statuses: [5, 6]),
            header("HTTP of the future", .raw(Array("HTTP/9.9 202 OK\r\n\r\n".utf8)), on: "POST", statuses: [5, 6]),
            header(
                "a hundred interim answers, and no other",
                .raw((0..<100).flatMap { _ in Array("HTTP/1.1 103 x\r\n\r\n".utf8) }), on: "POST", statuses: [5, 6]),
        ]
    }

    /// What the answer to a chunk says of where the upload is.
    static var chunks: [HostileCase] {
        let ranges = [
            "", "-", "0-", "-5", "0--5", "5-3", "0-0", "0-99999999999999999999", "bytes=0-9223372036854775807",
            "0-9223372036854775806",
            "-9223372036854775808--1", "0-1048575, 5-7", "0-1048574", "\u{1b}[2J", "x", "0-1e6",
        ]
        let leasts = ["-1", "0", "9223372036854775807", "99999999999999999999", "x", "\u{1b}"]
        return ranges.map { text in
            HostileCase(name: "chunk: Range \(shown(text))", options: "chunk_mib: 1") {
                try await $0.fault(.header("Range", text), on: "PATCH")
            }
        }
            + leasts.map { text in
                HostileCase(name: "chunk: OCI-Chunk-Min-Length \(shown(text))", options: "chunk_mib: 1") {
                    try await $0.fault(.header("OCI-Chunk-Min-Length", text), on: "POST")
                }
            } + [
                HostileCase(name: "chunk: 413 to each, however small", statuses: [6], options: "chunk_mib: 1") {
                    try await $0.fault(.answer(413), on: "PATCH")
                },
                HostileCase(name: "chunk: 416 to each", options: "chunk_mib: 1") {
                    try await $0.fault(.outOfRange, on: "PATCH")
                },
                HostileCase(name: "chunk: a Location elsewhere", options: "chunk_mib: 1") {
                    try await $0.fault(.header("Location", "http://127.0.0.1:1/"), on: "PATCH")
                },
            ]
    }

    static var redirects: [HostileCase] {
        let places = [
            "/again", "?again", "", "file:///etc/passwd", "ftp://127.0.0.1:1/", "http://", "/\u{1b}[2J",
            "http://127.0.0.1:1/",
            "http://user:word@127.0.0.1:1/", String(repeating: "/x", count: 40_000),
        ]
        let requests = [
            ("PUT", "/uploads/", 307), ("POST", "", 301), ("GET", "/manifests/", 302), ("HEAD", "/blobs/", 303),
        ]
        return places.enumerated().flatMap { number, place in
            (number == 0 ? requests : [requests[number % 4]]).map { method, path, status in
                HostileCase(name: "redirect \(status) of \(method) to \(shown(place))") {
                    try await $0.fault(.answer(status, headers: ["Location": place]), on: method, path)
                }
            }
        } + [
            HostileCase(name: "redirect of everything, for ever", isAlone: true, statuses: [5, 6]) {
                try await $0.fault(.answer(307, headers: ["Location": "/v2/again"]))
            },
            HostileCase(name: "redirect between two, for ever", isAlone: true, statuses: [5, 6]) {
                try await $0.fault(.answer(302, headers: ["Location": "/v2/b"]))
                try await $0.fault(.answer(302, headers: ["Location": "/v2/a"]), on: nil, "/v2/b")
            },
        ]
    }
}
