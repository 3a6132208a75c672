import Foundation
import RegistryPeers
import TestSupport
import Testing

/// What stands before a tag, and tags that do not move.
@Suite("Tags of registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct TagTests {
    @Test("No tag moves before all that it stands for was read back")
    func order() async throws {
        let lab = try Lab(layers: [2000, 3000])
        let registry = try await lab.registry(.init(.bearer()))
        try await lab.publish(registry.host).ended(0)
        let requests = try registry.requests().filter { $0.server == .registry && $0.status.map { $0 < 300 } == true }
        let move = try #require(requests.firstIndex { $0.method == "PUT" && $0.path.hasSuffix("/manifests/v1") })
        let there = try #require(try registry.contents()["team/image"])
        #expect(there.manifests.count == 3 && there.blobs.count == 6)
        for (part, method) in there.manifests.map({ ($0, "GET") }) + there.blobs.map({ ($0, "HEAD") }) {
            let sent =
                requests.firstIndex { $0.method == "PUT" && $0.path.contains(part.replacing(":", with: "%3A")) }
                ?? requests.firstIndex { $0.method == "PUT" && $0.path.contains(part) }
            let read = requests.lastIndex {
                $0.method == method && $0.path.hasSuffix(part) && $0.number < requests[move].number
            }
            #expect(try #require(sent, "\(part) was sent") < #require(read, "\(part) was read back"))
        }
        // And what was read there was what is behind it all: nothing is sent after the tag.
        #expect(requests[(move + 1)...].allSatisfy { ["GET", "HEAD"].contains($0.method) })
    }

    @Test("A tag that cannot be changed and stands for this image is right", arguments: [400, 409])
    func immutableAndEqual(_ status: Int) async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init { $0.immutable = status })
        // The answer is lost, so that it is asked for again, when the tag is there.
        try await registry.fault(.reset(.executed), on: "PUT", "/manifests/v1")
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
    }

    @Test("A tag that cannot be changed and stands for another image stays", arguments: [400, 409])
    func immutableAndOther(_ status: Int) async throws {
        let (first, lab) = (try Lab(seed: 2), try Lab())
        let registry = try await lab.registry(.init { $0.immutable = status })
        try await first.publish(registry.host).ended(0)
        try await lab.publish(registry.host, ["--update", "--allow-alias-downgrade"]).ended(6, "v1", "immutable")
        #expect(try registry.contents()["team/image"]?.tags == ["v1": first.digest])
    }

    @Test("A blob is lost between its upload and its manifest: it is sent again")
    func blobUnknown() async throws {
        let lab = try Lab()
        let registry = try await lab.registry()
        try await registry.fault(.hold(.before), on: "PUT", "/manifests/sha256")
        async let answer = lab.publish(registry.host)
        try await registry.waitUntilHeld()
        let lost = try #require(try registry.contents()["team/image"]?.blobs.first)
        try await registry.forget(lost, in: "team/image")
        try await registry.release()
        try await answer.ended(0)
        try registry.has(lab)
    }

    @Test("A blob is dropped by a registry that takes manifests without: no tag moves")
    func dangling() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init { $0.acceptsDangling = true })
        try await registry.fault(.hold(.answered, freezes: true), on: "PUT", "/manifests/\(lab.digest)")
        async let answer = lab.publish(registry.host)
        try await registry.waitUntilHeld()
        try await registry.forget(lab.blobs[0], in: "team/image")
        try await registry.release()
        let ended = try await answer
        #expect(ended.status != 0 && ended.output.contains(lab.blobs[0]), "\(ended.output)")
        #expect(try registry.contents()["team/image"]?.tags == [:])
    }
}
