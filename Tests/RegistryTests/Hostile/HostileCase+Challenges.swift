import RegistryPeers

/// How a registry, and the login that it names, may ask and answer.
extension HostileCase {
    /// WWW-Authenticate of every answer.
    static var challenges: [HostileCase] {
        let texts = [
            "", " ", ",", "=", "\"", "Bearer", "Bearer ", "Bearer realm", "Bearer realm=", "Bearer realm=\"",
            "Bearer realm=\"\"",
            "Bearer realm=\"http://", "Bearer realm=\"http://\"", "Bearer realm=\"http:///token\"",
            "Bearer realm=\"/token\"",
            "Bearer realm=\"//127.0.0.1:1/token\"", "Bearer realm=\"file:///etc/passwd\"",
            "Bearer realm=\"gopher://127.0.0.1:1/\"",
            "Bearer realm=\"ftp://127.0.0.1/token\"", "Bearer realm=\"http://[::1/token\"",
            "Bearer realm=\"http://127.0.0.1:99999/\"",
            "Bearer realm=\"http://127.0.0.1:-1/\"", "Bearer realm=\"http://127.0.0.1:1:1/\"",
            "Bearer realm=\"http://a b/\"",
            "Bearer realm=\"http://127.0.0.1:1/\u{1b}[2J\"", "Bearer realm=\"\u{1b}]0;x\u{7}\"",
            "Bearer realm='http://127.0.0.1:1/'",
            "Bearer realm=\"http://127.0.0.1:1/token\"", "Bearer realm=\"http://user:word@127.0.0.1:1/token\"",
            "bearer REALM=http://127.0.0.1:1/", "Bearer service=\"x\",scope=\"y\"", "Bearer ,,,,", "Bearer =,=,=",
            "\"Bearer\" realm=\"x\"",
            "Bearer realm=\"\\\\\\\\\\\\\"", "Bearer realm=\"http://127.0.0.1:1/\\", "Basic", "Basic realm=",
            "Basic realm=\"\\",
            "Digest realm=\"x\", nonce=\"y\"", "Negotiate, Bearer", "NTLM", "\u{e9}\u{ff}\u{80}",
            "Bearer realm=\"\u{ff}\u{fe}\"",
            String(repeating: "Basic,", count: 10_000), String(repeating: "Bearer ", count: 10_000),
            "Bearer " + String(repeating: "a=b,", count: 20_000),
            "Bearer realm=\"" + String(repeating: "x", count: 60_000) + "\"",
            "Bearer realm=\"http://" + String(repeating: "a.", count: 20_000) + "/\"",
            "Bearer realm=\"" + String(repeating: "\\\"", count: 20_000),
            "Bearer realm=\"http://127.0.0.1:1/?" + String(repeating: "%", count: 3000) + "\"",
        ]
        return texts.enumerated().map { number, text in
            HostileCase(name: "challenge \(number): \(String(text.prefix(40)).debugDescription)", statuses: [4, 5, 6]) {
                try await $0.fault(.challenge(text))
            }
        }
    }

    /// What the token server says.
    static var tokens: [HostileCase] {
        let zeros = String(repeating: "0", count: 400)
        let bodies: [(String, String)] = [
            ("nothing", ""), ("null", "null"), ("a list", "[]"), ("an empty object", "{}"),
            ("half an object", #"{"token": "#),
            ("a number", #"{"token": 1}"#), ("null for one", #"{"token": null}"#), ("an empty one", #"{"token": ""}"#),
            ("one of two lines", #"{"token": "a\r\nX-Injected: yes"}"#),
            ("one that steers a terminal", #"{"token": "\u001b[2J"}"#),
            ("a life without end", #"{"token": "abcdefgh", "expires_in": 1e300}"#),
            ("a life of 400 digits", #"{"token": "abcdefgh", "expires_in": 9\#(zeros)}"#),
            ("the longest life", #"{"token": "abcdefgh", "expires_in": 9223372036854775807}"#),
            ("a life that is over", #"{"token": "abcdefgh", "expires_in": -9223372036854775808}"#),
            ("a life in words", #"{"token": "abcdefgh", "expires_in": "soon"}"#),
            ("one of a mebibyte", #"{"token": "\#(String(repeating: "x", count: 1 << 20))"}"#),
            ("nesting without end", String(repeating: "[", count: 100_000)),
            ("a wrong one", #"{"token": "abcdefgh"}"#),
        ]
        let answers =
            bodies.map { name, body in
                (name, Fault.answer(200, body))
            } + [
                ("a web page", .page(200)), ("a failure", .page(500)), ("a refusal", .error(403, "DENIED")),
                ("401", .challenge("Bearer realm=\"http://127.0.0.1:1/\"")),
                ("zeros", .raw([UInt8](repeating: 0, count: 100))),
                (
                    "bytes of no text",
                    .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n".utf8) + [0xff, 0xfe, 0x80, 0x81])
                ),
                (
                    "100 MB",
                    .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n".utf8), flood: 100_000_000)
                ),
                ("no end", .raw(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), flood: 200_000_000)),
                ("a circle", .answer(302, headers: ["Location": "?again"])),
                ("the way to a file", .answer(302, headers: ["Location": "file:///etc/passwd"])),
                ("a reset", .reset(.before)),
            ]
        return answers.map { name, fault in
            HostileCase(name: "the token is \(name)", statuses: [4, 5, 6, 9]) {
                try await $0.fault(fault, server: .token)
            }
        }
    }
}
