import Foundation

/// Documents of an image that have their digests and say what is not so.
extension HostileCase {
    static var documents: [HostileCase] { texts + sizes + shapes + strangers }

    private static func document(
        _ name: String, statuses: Set<Int32>? = nil, _ prepare: @escaping @Sendable (Trial) throws -> Void
    ) -> HostileCase {
        HostileCase(name: "document: \(name)", source: .layout, statuses: statuses) { try prepare($0) }
    }

    /// Text that is no JSON, or too much of it.
    static let broken: [(String, [UInt8])] = [
        ("nothing", []), ("null", Array("null".utf8)), ("a number", Array("1e999".utf8)), ("a list", Array("[]".utf8)),
        ("an empty object", Array("{}".utf8)), ("half an object", Array(#"{"schemaVersion": 2, "mani"#.utf8)),
        ("zeros", [UInt8](repeating: 0, count: 3000)), ("bytes of no text", [UInt8](repeating: 0xff, count: 3000)),
        ("UTF-16", [0xff, 0xfe, 0x7b, 0, 0x7d, 0]), ("a mark before it", [0xef, 0xbb, 0xbf, 0x7b, 0x7d]),
        ("nesting without end", Array(String(repeating: "[", count: 200_000).utf8)),
        ("objects in objects", Array(String(repeating: #"{"manifests":"#, count: 100_000).utf8)),
        ("a web page", Array("<!DOCTYPE html><html></html>".utf8)),
        ("text that steers a terminal", Array("{\"a\u{1b}]0;x\u{7}\": \"\u{9b}2J\"}".utf8)),
        (
            "a number of a million digits",
            Array(("{\"schemaVersion\": " + String(repeating: "9", count: 1_000_000) + "}").utf8)
        ),
    ]

    /// Each where a document should be, and in place of index.json.
    private static var texts: [HostileCase] {
        broken.enumerated().flatMap { number, text in
            let parts: [(String, Trial.Part)] = [
                ("the index", .index), ("a manifest", .manifest), ("a config", .config),
            ]
            let top = ("index.json", Trial.Part.top)
            return (number % 2 == 0 ? [parts[number % 3], top] : [parts[number % 3]]).map { name, part in
                document("\(name) is \(text.0)") { try $0.rename(part) { _ in text.1 } }
            }
        }
    }

    private static var sizes: [HostileCase] {
        let numbers: [(String, any Sendable)] = [
            ("0", 0), ("-1", -1), ("the largest", Int64.max), ("the smallest", Int64.min), ("a fraction", 12.5),
            ("a text", "12"), ("none", NSNull()), ("a billion times itself", UInt64.max),
        ]
        return [("a layer's size", Trial.Part.manifest), ("a manifest's size", .index), ("the index's size", .top)]
            .flatMap {
                name, part in
                numbers.map { number, value in
                    document("\(name) is \(number)", statuses: [2, 6]) {
                        try $0.renameDescriptor(of: part) { $0.merging(["size": value]) { $1 } }
                    }
                }
            }
    }

    private static var shapes: [HostileCase] {
        @Sendable func list(_ key: String, _ count: Int) -> @Sendable ([String: Any]) -> [String: Any] {
            { document in
                let first = (document[key] as? [Any])?.first ?? [:]
                return document.merging([key: [Any](repeating: first, count: count)]) { $1 }
            }
        }
        return [
            document("an index of no manifests", statuses: [2, 6]) {
                try $0.renameDocument(.index, list("manifests", 0))
            },
            document("an index that names one manifest 5000 times") {
                try $0.renameDocument(.index, list("manifests", 5000))
            },
            document("a manifest that names one layer 5000 times") {
                try $0.renameDocument(.manifest, list("layers", 5000))
            },
            document("a manifest without layers") { try $0.renameDocument(.manifest, list("layers", 0)) },
            document("a manifest without config", statuses: [2, 6]) {
                try $0.renameDocument(.manifest) { $0.filter { $0.key != "config" } }
            },
            document("indexes in indexes", statuses: [2, 6]) { trial in
                for _ in 0..<6 {
                    try trial.rename(.index) { bytes in
                        let path = try trial.path(.index).split(separator: "/").last ?? ""
                        return Array(
                            """
                            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[\
                            {"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:\(path)","size":\(bytes.count)}]}
                            """.utf8)
                    }
                }
            },
            document("a config whose layers are others") {
                try $0.renameDocument(.config) {
                    let zeros = "sha256:" + String(repeating: "0", count: 64)
                    return $0.merging(["rootfs": ["type": "layers", "diff_ids": [zeros, zeros]]]) { $1 }
                }
            },
            document("a config of a hundred thousand layers") {
                try $0.renameDocument(.config) {
                    let zeros = "sha256:" + String(repeating: "0", count: 64)
                    return $0.merging([
                        "rootfs": ["type": "layers", "diff_ids": [String](repeating: zeros, count: 100_000)]
                    ]) {
                        $1
                    }
                }
            },
            document("a manifest of 5 MiB", statuses: [2, 6]) {
                try $0.renameDocument(.manifest) {
                    $0.merging(["annotations": ["x": String(repeating: "y", count: 5 << 20)]]) { $1 }
                }
            },
            document("index.json of 80 MiB", statuses: [2, 6]) {
                try $0.spoil(.top) {
                    Array($0.dropLast()) + Array(#","x":""#.utf8) + [UInt8](repeating: 0x79, count: 80 << 20)
                        + Array(#""}"#.utf8)
                }
            },
        ]
    }

    /// Words that lie, or that no terminal should see.
    private static var strangers: [HostileCase] {
        let words = [
            "", "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.layer.v1.tar", "text/html",
            "\u{1b}[2J", "a\r\nX-Injected: yes", String(repeating: "z", count: 20_000), "\u{202e}nosj/noitacilppa",
        ]
        return words.enumerated().flatMap { number, word in
            [
                document("a layer has the media type \(number)") {
                    try $0.renameDescriptor(of: .manifest) { $0.merging(["mediaType": word]) { $1 } }
                },
                number % 2 == 0
                    ? document("an architecture is \(number)") {
                        try $0.renameDescriptor(of: .index) {
                            $0.merging(["platform": ["os": word, "architecture": word]]) { $1 }
                        }
                    }
                    : document("a manifest's entry has the media type \(number)") {
                        try $0.renameDescriptor(of: .index) { $0.merging(["mediaType": word]) { $1 } }
                    },
                document("an annotation is \(number)") {
                    try $0.renameDocument(.index) {
                        $0.merging(["annotations": [word: word, "org.opencontainers.image.version": word]]) { $1 }
                    }
                },
            ]
        } + [
            document("an annotation is no text", statuses: [2, 6]) {
                try $0.rename(.index) { bytes in
                    Array(bytes.dropLast()) + Array(#","annotations":{"a":""#.utf8) + [0xff, 0xfe, 0xc0, 0x80]
                        + Array(#""}}"#.utf8)
                }
            },
            document("every key stands there twice") {
                try $0.rename(.index) { bytes in
                    Array(bytes.dropLast()) + Array(#",""#.utf8)
                        + Array(String(decoding: bytes.dropFirst(2), as: UTF8.self).utf8)
                }
            },
            document("the tag climbs", statuses: [2, 6]) {
                try $0.renameDescriptor(of: .top) {
                    $0.merging(["annotations": ["org.opencontainers.image.ref.name": "../../v1"]]) { $1 }
                }
            },
        ]
    }
}
