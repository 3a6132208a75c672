import Documents
import Foundation
import RegistryPeers
import Testing

@testable import DockerHubProvider

/// What was stored is waited for, as long as registries have been seen to need, and no longer.
@Suite struct VerifyTests {
    private func verify(unseen times: Int?) async throws -> (Failure?, Duration) {
        let registry = try await StrictRegistry.start()
        let lab = try ReleaseLab()
        let repository = "\(registry.host)/team/image"
        _ = try await lab.publish(to: repository)
        try await registry.fault(
            .error(404, "BLOB_UNKNOWN"), on: "HEAD", "/blobs/\(lab.files[0].digest)", times: times)
        let begun = ContinuousClock.now
        do {
            _ = try await lab.provider([:]).verify(lab.request("ep.verify/1", to: repository, tags: ["v1"]))
            return (nil, ContinuousClock.now - begun)
        } catch { return (error as? Failure, ContinuousClock.now - begun) }
    }

    @Test("A blob that is found late is found, and nobody waits longer than for it")
    func late() async throws {
        // Asked for after 0, 0.5, 1.5, 3.5, 7.5 and 11.5 seconds.
        let (failure, time) = try await verify(unseen: 5)
        #expect(failure == nil)
        #expect(time > .seconds(11) && time < .seconds(20), "\(time)")
    }

    @Test("A blob that is never found is waited for half a minute")
    func never() async throws {
        let (failure, time) = try await verify(unseen: nil)
        #expect(failure?.code == .notFound && failure?.retryable == true)
        #expect(time > .seconds(29) && time < .seconds(40), "\(time)")
    }
}
