import Documents
import Foundation
import OCI
import ProviderTesting
import RegistryPeers
import Testing

@testable import DockerHubProvider

/// The upload asks for nothing that the preflight of the same run was told, and believes it no longer than it must.
@Suite struct FreshPlanTests {
    private static let repository = "team/image"

    private func blobs(_ lab: ReleaseLab) -> [String] {
        lab.files.filter { $0.mediaType == MediaType.config || $0.mediaType == MediaType.layerGzip }.map(\.digest)
    }

    private func questions(_ registry: StrictRegistry) throws -> Int {
        try registry.story().filter { $0.hasPrefix("HEAD /v2/team/image/blobs/") }.count
    }

    /// The preflight, and then the upload, with or without what the preflight said.
    private func upload(
        _ lab: ReleaseLab, _ registry: StrictRegistry, told: Bool = true, meanwhile: () async throws -> Void = {}
    ) async throws -> (questions: Int, result: OperationResult) {
        let address = "\(registry.host)/\(Self.repository)"
        let provider = try lab.provider([:])
        let plan = try await provider.plan(lab.request("ep.plan/1", to: address, tags: ["v1"]))
        try await meanwhile()
        let before = try questions(registry)
        let result = try await provider.upload(
            lab.request(
                "ep.upload/1", to: address, tags: ["v1"], state: told ? ["ep.plan/1": plan.data ?? .null] : [:]))
        return (try questions(registry) - before, result)
    }

    @Test("Requests before and after: a question for each blob less, of those there and of those not there")
    func requests() async throws {
        for told in [false, true] {
            let (registry, lab) = (try await StrictRegistry.start(), try ReleaseLab())
            let first = try await upload(lab, registry, told: told)
            #expect(first.questions == (told ? 0 : 2))
            #expect(try Set(registry.contents()[Self.repository]?.blobs ?? []) == Set(blobs(lab)))
            let again = try await upload(lab, registry, told: told)
            #expect(again.questions == (told ? 0 : 2))
            #expect(again.result.sentBytes == 0)
            #expect(try registry.requests().filter { $0.method == "PUT" }.count == 2)
        }
    }

    @Test("A preflight of long ago, or of another clock, counts for nothing", arguments: [601, -1])
    func stale(seconds: Int64) async throws {
        let (registry, lab) = (try await StrictRegistry.start(), try ReleaseLab())
        let done = try await upload(lab, registry) {
            lab.fake.set { $0.now += seconds * 1_000_000_000 }
        }
        #expect(done.questions == 2)
    }

    @Test("A blob that vanished after the preflight is sent when the manifest is refused")
    func vanished() async throws {
        let (registry, lab) = (try await StrictRegistry.start(), try ReleaseLab())
        _ = try await upload(lab, registry)
        let done = try await upload(lab, registry) { try await registry.forget(blobs(lab)[0], in: Self.repository) }
        #expect(done.questions == 0 && done.result.sentBytes == 0)
        let address = "\(registry.host)/\(Self.repository)"
        _ = try await lab.provider([:]).register(lab.request("ep.register/1", to: address, tags: ["v1"]))
        #expect(try Set(registry.contents()[Self.repository]?.blobs ?? []) == Set(blobs(lab)))
    }

    @Test("A large blob that somebody else brought meanwhile is not sent again")
    func meanwhile() async throws {
        var lab = try ReleaseLab()
        let large = Encoded(text: String(repeating: "x", count: 1 << 20 + 1), MediaType.layerGzip)
        try lab.add(large)
        let registry = try await StrictRegistry.start()
        let other = lab
        let done = try await upload(lab, registry) { _ = try await upload(other, registry, told: false) }
        #expect(done.questions == 1)
        #expect(done.result.skippedBytes == large.descriptor.size)
    }
}
