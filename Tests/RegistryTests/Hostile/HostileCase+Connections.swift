import Foundation
import RegistryPeers
import TestSupport

/// Connections that break, crawl, or answer with what is not HTTP; and disks without room.
extension HostileCase {
    /// Each request of a publication, with the path below the repository.
    private static let requests: [(name: String, method: String, path: String)] = [
        ("the question for a blob", "HEAD", "/blobs/"), ("the begin of an upload", "POST", "/uploads/"),
        ("a blob", "PUT", "/uploads/"), ("the question for a manifest", "HEAD", "/manifests/sha256"),
        ("a manifest", "PUT", "/manifests/sha256"), ("what is read back", "GET", "/manifests/sha256"),
        ("the question for the tag", "HEAD", "/manifests/v1"), ("the tag", "PUT", "/manifests/v1"),
    ]

    static var connections: [HostileCase] { resets + noise + crawls }

    private static var resets: [HostileCase] {
        requests.flatMap { name, method, path in
            [
                // Once it is got over, wherever it is.
                HostileCase(name: "\(name) is reset once", statuses: [0]) {
                    try await $0.fault(.reset(.before), on: method, path, times: 1)
                },
                HostileCase(name: "the answer to \(name) is reset once", statuses: [0]) {
                    try await $0.fault(.reset(.executed), on: method, path, times: 1)
                },
                HostileCase(name: "\(name) is reset always", statuses: [0, 5]) {
                    try await $0.fault(.reset(.before), on: method, path)
                },
                HostileCase(name: "the answer to \(name) is reset always", statuses: [0, 5]) {
                    try await $0.fault(.reset(.executed), on: method, path)
                },
            ]
        }
            + [1, 1000, 500_000, 1_099_999].map { bytes in
                HostileCase(name: "a blob is reset after \(bytes) bytes, always", statuses: [5]) {
                    try await $0.fault(.reset(.before, after: bytes), on: "PUT", "/uploads/")
                }
            } + [
                HostileCase(name: "the first request is reset always", isAlone: true, statuses: [5]) {
                    try await $0.fault(.reset(.before))
                }
            ]
    }

    /// Bytes that are no answer.
    private static var noise: [HostileCase] {
        requests.map { name, method, path in
            HostileCase(name: "\(name) is answered with noise", statuses: [0, 5, 6]) {
                var state: UInt64 = 88_172_645_463_325_252
                let bytes = (0..<5000).map { _ in
                    state ^= state << 13
                    state ^= state >> 7
                    state ^= state << 17
                    return UInt8(truncatingIfNeeded: state)
                }
                try await $0.fault(.raw(bytes), on: method, path)
            }
        } + [
            HostileCase(name: "everything is answered with zeros", isAlone: true, statuses: [5, 6]) {
                try await $0.fault(.raw([UInt8](repeating: 0, count: 10_000)))
            },
            HostileCase(name: "everything is answered with nothing", isAlone: true, statuses: [5, 6]) {
                try await $0.fault(.raw([]))
            },
            HostileCase(name: "everything is answered with a mail server's greeting", isAlone: true, statuses: [5, 6]) {
                try await $0.fault(.raw(Array("220 mail.example ESMTP\r\n".utf8)))
            },
            HostileCase(name: "everything is answered with 1 GB", isAlone: true, statuses: [5, 6]) {
                try await $0.fault(.raw(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), flood: 1_000_000_000))
            },
        ]
    }

    /// A byte a second: given up after `stall_s`, as often as attempts are made.
    private static var crawls: [HostileCase] {
        requests.map { name, method, path in
            HostileCase(name: "the answer to \(name) crawls", statuses: [0, 5], options: "stall_s: 1") {
                try await $0.fault(.slow(), on: method, path)
            }
        } + [
            HostileCase(name: "a request is never answered", statuses: [5], options: "stall_s: 1") {
                try await $0.fault(.hold(.before), on: "POST")
            },
            HostileCase(name: "a pulled blob crawls", question: .fetch, statuses: [5], options: "stall_s: 1") {
                try await $0.fault(.slow(), on: "GET", "/blobs/")
            },
        ]
    }

    // MARK: - Disks

    static var disks: [HostileCase] {
        func disk(_ name: String, _ question: Question, mounts: Bool = false, _ shell: String) -> HostileCase {
            HostileCase(
                name: "disk: \(name)", question: question, statuses: [9], shell: shell, mounts: mounts)
        }
        func small(_ name: String, _ question: Question, _ folders: String..., size: String) -> HostileCase {
            disk(
                name, question, mounts: true,
                folders.map { "mkdir -p \($0); mount -t tmpfs -o size=\(size) none \($0)" }.joined(separator: "; "))
        }
        return [
            small("no room for a fetched blob", .fetch, "cache", size: "500k"),
            small("no room for anything in the cache", .fetch, "cache", size: "4k"),
            small("no room for the state", .fetch, "state", size: "4k"),
            small("no room for either", .fetch, "state", "cache", size: "16k"),
            small("no room for the state of a publication", .publish, "state", size: "8k"),
            disk("files of at most 64 KiB", .fetch, "ulimit -f 128"), disk("no file may grow", .fetch, "ulimit -f 0"),
            disk("twelve open files", .publish, "ulimit -n 12"),
        ]
    }
}
