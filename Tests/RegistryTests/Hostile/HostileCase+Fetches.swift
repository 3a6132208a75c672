import Digest
import Foundation
import OCI
import RegistryPeers

/// What a registry gives to whoever pulls.
extension HostileCase {
    static var fetches: [HostileCase] { given + rooted + trees + bodies }

    private static func fetch(
        _ name: String, statuses: Set<Int32>? = nil, options: String = "",
        _ prepare: @escaping @Sendable (Trial) async throws -> Void
    ) -> HostileCase {
        HostileCase(name: "fetch: \(name)", question: .fetch, statuses: statuses, options: options, prepare: prepare)
    }

    /// Under the tag.
    private static var given: [HostileCase] {
        broken.map { name, bytes in
            fetch("the tag is \(name)", statuses: [2, 6]) { try await $0.serve("v1", bytes) }
        } + [
            fetch("the tag is a hundred thousand manifests", statuses: [2, 6]) {
                let one =
                    #"{"mediaType":"\#(MediaType.manifest)","digest":"sha256:\#(String(repeating: "0", count: 64))","size":1}"#
                try await $0.serve("v1", Self.index([String](repeating: one, count: 20_000)))
            },
            fetch("the tag is 100 MB", statuses: [2, 6]) {
                try await $0.fault(
                    .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n".utf8), flood: 100_000_000),
                    on: "GET",
                    "/manifests/v1")
            },
            fetch("the tag has no end", statuses: [2, 5, 6]) {
                try await $0.fault(
                    .raw(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), flood: 100_000_000), on: "GET", "/manifests/v1")
            },
            fetch("the tag is one byte short", statuses: [5]) {
                try await $0.fault(
                    .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}".utf8)), on: "GET", "/manifests/v1")
            },
        ]
    }

    /// Manifests that name what no image has.
    private static var rooted: [HostileCase] {
        let zeros = "sha256:" + String(repeating: "0", count: 64)
        let descriptors: [(String, String)] = [
            ("negative", #"{"mediaType":"x","digest":"\#(zeros)","size":-1}"#),
            ("the largest, twice", #"{"mediaType":"x","digest":"\#(zeros)","size":9223372036854775807}"#),
            ("the smallest", #"{"mediaType":"x","digest":"\#(zeros)","size":-9223372036854775808}"#),
            ("beyond 64 bits", #"{"mediaType":"x","digest":"\#(zeros)","size":18446744073709551616}"#),
            ("a text", #"{"mediaType":"x","digest":"\#(zeros)","size":"1"}"#),
            ("of a digest that climbs", #"{"mediaType":"x","digest":"sha256:../../../etc/passwd","size":1}"#),
            ("of no digest", #"{"mediaType":"x","size":1}"#),
            ("of a type that steers a terminal", #"{"mediaType":"\u001b[2J","digest":"\#(zeros)","size":1}"#),
        ]
        return descriptors.map { name, descriptor in
            fetch("a layer's size is \(name)", statuses: [2, 6]) {
                let other = descriptor.replacingOccurrences(of: "sha256:0", with: "sha256:1")
                try await $0.serve(
                    "v1",
                    Array(
                        #"{"schemaVersion":2,"mediaType":"\#(MediaType.manifest)","config":\#(descriptor),"layers":[\#(descriptor),\#(other)]}"#
                            .utf8))
            }
        }
            + descriptors.map { name, descriptor in
                fetch("a manifest's size is \(name)", statuses: [2, 6]) {
                    let entry = descriptor.replacingOccurrences(of: #""x""#, with: #""\#(MediaType.manifest)""#)
                    try await $0.serve("v1", Self.index([entry, entry]))
                }
            }
    }

    /// Indexes that lead to each other without end, or nearly so.
    private static var trees: [HostileCase] {
        [
            fetch("indexes that each name the next 3000 times", statuses: [2, 6]) { trial in
                // As deep as may be, so that nothing but their number ends it.
                var bytes = Self.index([])
                for _ in 0..<3 {
                    let entry =
                        #"{"mediaType":"\#(MediaType.index)","digest":"\#(sha256(bytes))","size":\#(bytes.count)}"#
                    try await trial.serve("\(sha256(bytes))", bytes)
                    bytes = Self.index([String](repeating: entry, count: 3000))
                }
                try await trial.serve("v1", bytes)
            },
            fetch("indexes in indexes", statuses: [2, 6]) { trial in
                var bytes = Self.index([])
                for _ in 0..<8 {
                    try await trial.serve("\(sha256(bytes))", bytes)
                    bytes = Self.index([
                        #"{"mediaType":"\#(MediaType.index)","digest":"\#(sha256(bytes))","size":\#(bytes.count)}"#
                    ])
                }
                try await trial.serve("v1", bytes)
            },
            fetch("an index of nothing", statuses: [2, 6]) { try await $0.serve("v1", Self.index([])) },
            fetch("an index whose manifest is another's", statuses: [6]) {
                let zeros = "sha256:" + String(repeating: "0", count: 64)
                try await $0.serve(zeros, Array("{}".utf8))
                try await $0.serve(
                    "v1", Self.index([#"{"mediaType":"\#(MediaType.manifest)","digest":"\#(zeros)","size":2}"#]))
            },
        ]
    }

    /// Layers and configs that are not what the manifest says.
    private static var bodies: [HostileCase] {
        let answers: [(String, Fault, Set<Int32>)] = [
            ("empty", .answer(200), [6]),
            ("short", .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".utf8)), [5]),
            ("without end", .raw(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), flood: 1_000_000_000), [6]),
            ("a web page", .page(200), [6]), ("wrong in one bit", .corrupt, [6]),
            ("not there", .error(404, "BLOB_UNKNOWN"), [6]),
            ("a refusal", .error(403, "DENIED"), [4]), ("a part that nobody asked for", .status(206), [0, 6]),
            ("a circle", .answer(302, headers: ["Location": "?again"]), [6]),
            ("at a file", .answer(302, headers: ["Location": "file:///etc/passwd"]), [6]),
            ("in another encoding", .header("Content-Encoding", "gzip"), [0, 5, 6]),
        ]
        return answers.flatMap { name, fault, statuses in
            [fetch("every blob is \(name)", statuses: statuses) { try await $0.fault(fault, on: "GET", "/blobs/") }]
        }
            + answers.prefix(6).map { name, fault, statuses in
                fetch("a manifest by its digest is \(name)", statuses: statuses.union([2, 6])) {
                    try await $0.fault(fault, on: "GET", "/manifests/sha256")
                }
            }
    }

    fileprivate static func index(_ entries: [String]) -> [UInt8] {
        Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.index)","manifests":[\#(entries.joined(separator: ","))]}"#
                .utf8)
    }

    // MARK: - Lists of tags

    static var lists: [HostileCase] {
        func list(_ name: String, statuses: Set<Int32>? = nil, _ fault: Fault) -> HostileCase {
            HostileCase(name: "list: \(name)", question: .list, statuses: statuses) {
                try await $0.fault(fault, on: "GET", "/tags/")
            }
        }
        @Sendable func linked(_ link: String, _ tags: String = "[]") -> Fault {
            .answer(200, #"{"name":"x","tags":\#(tags)}"#, headers: ["Link": link])
        }
        return broken.enumerated().filter { $0.offset % 2 == 0 }.map(\.element).map { name, bytes in
            list(
                "it is \(name)",
                .raw(
                    Array("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\nConnection: close\r\n\r\n".utf8) + bytes
                ))
        } + [
            list(
                "tags that are none",
                .answer(
                    200, #"{"tags":["../x","","\u001b[2J","a b","v1\nv2","\#(String(repeating: "x", count: 200))"]}"#)),
            list(
                "tags that are no text", statuses: [6],
                .raw(
                    Array("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"tags\":[\"".utf8) + [0xff, 0xfe, 0x22, 0x5d]
                        + Array("}".utf8))),
            list("numbers for tags", statuses: [6], .answer(200, #"{"tags":[1,2]}"#)),
            list("null for tags", .answer(200, #"{"tags":null}"#)),
            list(
                "two million tags", statuses: [6],
                .answer(200, "{\"tags\":[" + String(repeating: "\"v1\",", count: 1_000_000) + "\"v1\"]}")),
            list("100 MB", statuses: [6], .raw(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), flood: 100_000_000)),
            list("the next page is the same", statuses: [6], linked("<?n=1>; rel=\"next\"")),
            list("the next page is the same, with a tag", statuses: [6], linked("<?n=1>; rel=\"next\"", #"["v1"]"#)),
            list("the next page is a file", statuses: [6], linked("<file:///etc/passwd>; rel=\"next\"")),
            list("the next page is elsewhere", statuses: [5, 6], linked("<http://127.0.0.1:1/>; rel=\"next\"")),
            list("the next page is nowhere", linked("<>; rel=\"next\"")),
            list("the next page never ends", linked("<" + String(repeating: "x", count: 60_000) + ">; rel=next")),
            list("the next page steers a terminal", statuses: [5, 6], linked("</\u{1b}[2J>; rel=\"next\"")),
            list("the next page has no bracket", linked("/v2/x>; rel=\"next\"<")),
            list("a web page", statuses: [6], .page(200)), list("a refusal", statuses: [4], .error(403, "DENIED")),
            list("a failure", statuses: [5], .page(500)), list("a reset", statuses: [5], .reset(.before)),
            list("a circle", statuses: [6], .answer(302, headers: ["Location": "?again"])),
            HostileCase(name: "list: pages without end", question: .list, statuses: [6]) { trial in
                // Each names another one, so that none comes twice.
                for page in 0..<2000 {
                    try await trial.fault(
                        linked("</v2/\(trial.repository)/tags/list?p=\(page + 1)>; rel=\"next\""), on: "GET",
                        page == 0 ? "/tags/list\\?n=" : "/tags/list\\?p=\(page)$")
                }
            },
        ]
    }
}

extension Trial {
    /// The bytes under a tag or digest, whatever they are.
    func serve(_ reference: String, _ bytes: [UInt8]) async throws {
        let head = """
            HTTP/1.1 200 OK\r\nContent-Type: \(MediaType.index)\r\nContent-Length: \(bytes.count)\r\n\
            Docker-Content-Digest: \(sha256(bytes))\r\nConnection: close\r\n\r\n
            """
        try await fault(.raw(Array(head.utf8) + bytes), on: "GET", "/manifests/\(reference)$")
    }
}
