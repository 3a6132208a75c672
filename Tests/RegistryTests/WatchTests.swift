import Foundation
import RegistryPeers
import TestSupport
import Testing

/// No tag moves early: a witness of the tags, the registries' logs and the run's events are held against each other.
@Suite("Releases under watch", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct WatchTests {
    /// Registries that take manifests without what they name leave the order to us.
    @Test(
        "Everywhere checked, sent and read back before the first tag moves", .timeLimit(.minutes(2)),
        arguments: [false, true])
    func allBeforeAny(danglingIsTaken: Bool) async throws {
        let lab = try Lab()
        try lab.makeMirror()
        let three = try await Three(lab) { $0.acceptsDangling = danglingIsTaken }
        let answer = try await three.publish("--tag-when", "all", "--json")
        #expect(answer.status == 0, "\(answer.output)")
        let seen = try await three.witness.testimony()
        let hosts = three.all.map(\.host)
        let ready = hosts.flatMap { host in
            ["ep.check/1", "ep.upload/1", "ep.register/1", "ep.verify/1"].map { answer.end(of: $0, at: host) }
        }
        let sights = hosts.compactMap { seen[$0]?.first }
        let first = try #require(sights.min())
        #expect(ready.allSatisfy { $0 < first }, "ready \(ready), and a tag was seen at \(first)")
        for registry in three.all {
            let testimony = try #require(seen[registry.host])
            // It looked often enough to have seen it, and saw one change alone.
            #expect(testimony.polls >= 10 && testimony.sights.count == 2 && testimony.sights.first?.digest == nil)
            let tag = try three.tags(registry)[Three.tag]
            #expect(testimony.sights.last?.digest == tag)
            try readBackFirst(registry, first: testimony.first ?? 0)
        }
    }

    /// The registry's own log: every part was asked for after it was sent, every manifest read after that, and only then the
    /// tag was set, which nobody saw before.
    private func readBackFirst(_ registry: StrictRegistry, first: Double) throws {
        let contents = try registry.contents()
        let there = try #require(contents[Three.repository])
        let own = try registry.requests().filter { $0.server == .registry && $0.headers["user-agent"] != "witness" }
        func last(_ method: String, _ part: String) -> Request? {
            own.last { $0.method == method && $0.path.contains(part) && (200..<300).contains($0.status ?? 0) }
        }
        let set = try #require(last("PUT", "/manifests/\(Three.tag)"))
        #expect(set.time <= first, "the tag was seen before it was set")
        let manifests = there.manifests.compactMap { last("PUT", "/manifests/\($0)") }
        #expect(manifests.count == there.manifests.count)
        let begun = manifests.map(\.time).min() ?? 0
        for digest in there.blobs {
            let sent = try #require(own.last { $0.isUpload(of: digest) })
            #expect(sent.ended ?? .infinity <= begun, "\(digest) was sent after a manifest")
            let asked = try #require(last("HEAD", "/blobs/\(digest)"))
            #expect(asked.time >= sent.time && asked.time <= set.time, "\(digest) was not asked for before the tag")
        }
        for digest in there.manifests {
            let read = try #require(last("GET", "/manifests/\(digest)"))
            let sent = try #require(last("PUT", "/manifests/\(digest)"))
            #expect(read.time >= sent.time && read.time <= set.time, "\(digest) was not read back before the tag")
        }
    }

    enum Stop: String, CaseIterable, Sendable { case killed, frozen }

    /// At docker-registry, whose process is stopped for good or for a while: with tags each for itself, and all together.
    @Test(
        "One of three stops for real, midway",
        .enabled(if: DockerRegistry.isInstalled, "docker-registry is not installed"), .timeLimit(.minutes(3)),
        arguments: Stop.allCases)
    func oneStops(_ stop: Stop) async throws {
        let lab = try Lab(layers: [3_000_000, 2_900_000, 2_800_000])
        let basic = try await DockerRegistry.start(.init(.basic, tls: true))
        let token = try await DockerRegistry.start(.init(.bearer(seconds: 60), tls: true))
        let plain = try await DockerRegistry.start()
        try lab.plan(basic, token, plain)
        let witness = try await Witness.start(
            [basic, token, plain].map {
                Witness.Place($0.host, url: $0.url, authority: $0.authority, repository: Lab.repository, tag: "v1")
            })
        let command = ["publish", "plan.yaml", "--json", "--tag-when", stop == .killed ? "each" : "all"]

        async let ended = lab.run(command)
        while try plain.uploads().isEmpty { try await Task.sleep(for: .milliseconds(3)) }
        if stop == .killed { try await plain.kill() } else { try await plain.freeze() }
        let half = try await ended
        let seen = try await witness.testimony()
        #expect(half.status == (stop == .killed ? 7 : 5), "\(half.output)")
        #expect(half.output.contains(plain.host) && half.output.contains("\"hint\""), "\(half.output)")
        for registry in [basic, token] {
            let expected = stop == .killed ? lab.digest : nil
            #expect(seen[registry.host]?.sights.last?.digest == expected, "\(String(describing: seen[registry.host]))")
        }
        #expect(seen[plain.host]?.first == nil && seen[plain.host]?.failures ?? 0 > 0)

        if stop == .killed { try await plain.start() } else { try await plain.thaw() }
        // What the frozen one had in its buffers is worked off.
        try await Task.sleep(for: .milliseconds(stop == .killed ? 0 : 500))
        let before = try plain.uploads()
        let documents = try lab.sizeOfDocuments() - lab.size(of: plain.manifests())
        let rest = try await lab.run(command)
        #expect(rest.status == 0, "\(rest.output)")
        let all = try plain.uploads()
        #expect(Set(all).count == all.count && Set(all) == Set(lab.blobs), "no blob came twice, and none is missing")
        let missing = try lab.size(of: Array(all.dropFirst(before.count)))
        let whole = try lab.size(of: lab.blobs)
        let sent = rest.sent(to: plain.host)
        #expect(sent == missing + documents, "\(before) were there, and \(documents) bytes of documents were missing")
        #expect(missing < whole)
        for registry in [basic, token] {
            #expect(rest.sent(to: registry.host) ?? 0 == 0)
            #expect(try registry.uploads().count == lab.blobs.count)
        }
        let last = try await witness.testimony()
        for registry in [basic, token, plain] { #expect(last[registry.host]?.sights.last?.digest == lab.digest) }
    }
}

extension Request {
    /// Whether a blob was stored by it.
    func isUpload(of digest: String) -> Bool {
        method == "PUT" && status == 201 && path.contains("/uploads/") && path.uploaded == digest
    }
}

extension String {
    /// The digest at the end of an upload's address.
    var uploaded: String? {
        guard let text = split(separator: "digest=").last.map({ $0.prefix { $0 != "&" } }), text.count > 64 else {
            return nil
        }
        return text.replacingOccurrences(of: "%3A", with: ":")
    }
}

extension DockerRegistry {
    /// Digests of the blobs that were stored, in their order.
    func uploads() throws -> [String] {
        try requests().filter { $0.method == "PUT" && $0.status == 201 && $0.path.contains("/uploads/") }
            .compactMap(\.path.uploaded)
    }

    /// The digests of all documents that it stored by digest: it may be stopped after the blobs, when they have begun.
    func manifests() throws -> [String] {
        try requests().filter { $0.method == "PUT" && $0.status == 201 }
            .compactMap { $0.path.split(separator: "/").last.map(String.init) }.filter { $0.hasPrefix("sha256:") }
    }
}

extension Lab {
    /// A plan for three registries; that in the clear gets a blob at a time, and is given up after a second of silence.
    fileprivate func plan(_ basic: DockerRegistry, _ token: DockerRegistry, _ plain: DockerRegistry) throws {
        let pair = Data("\(RegistryUser.publisher.name):\(RegistryUser.publisher.password)".utf8).base64EncodedString()
        let logins = [basic, token].map { #""\#($0.host)":{"auth":"\#(pair)"}"# }.joined(separator: ",")
        try scratch.write(".docker/config.json", #"{"auths":{\#(logins)}}"#, mode: 0o600)
        for registry in [basic, token] { try trust(registry.authority, of: registry.host) }
        func target(_ name: String, _ registry: DockerRegistry, _ options: String) -> String {
            """
              - {name: \(name), artifact: image, to: "registry:\(registry.host)/\(Self.repository)", tags: [v1], \
            options: {check_layers: false\(options)}}

            """
        }
        try scratch.write(
            "plan.yaml",
            """
            format: 1
            artifacts:
              image: {kind: container, images: ["oci:\(scratch.path)/image:v1"]}
            targets:
            \(target("basic \(basic.host)", basic, ""))\(target("token \(token.host)", token, ""))\
            \(target("plain \(plain.host)", plain, ", insecure: true, parallel: 1, stall_s: 1"))
            """)
    }

    fileprivate func size(of digests: [String]) throws -> Int {
        try digests.reduce(0) {
            let path = "\(scratch.path)/image/blobs/sha256/\($1.dropFirst(7))"
            return $0 + (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
        }
    }

    /// Of all manifests and the index.
    fileprivate func sizeOfDocuments() throws -> Int {
        let all = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/image/blobs/sha256")
        return try size(of: all.map { "sha256:\($0)" }.filter { !blobs.contains($0) })
    }
}
