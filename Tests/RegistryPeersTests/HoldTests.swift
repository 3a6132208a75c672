import Foundation
import Glibc
import RegistryPeers
import TestSupport
import Testing

/// A client can be ended at a known moment.
@Suite struct HoldTests {
    private static func request(_ curl: Curl, _ method: String, _ path: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = curl.arguments(method, path)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    @Test func beforeItIsExecuted() async throws {
        let registry = try await StrictRegistry.start()
        let curl = Curl(registry)
        try await registry.fault(.hold(.before), on: "POST")
        let client = try Self.request(curl, "POST", "/v2/a/blobs/uploads/")
        try await registry.waitUntilHeld()
        #expect(try registry.openUploads() == 0)
        // Others are not held.
        #expect(try await curl("GET", "/v2/").status == 200)
        #expect(try registry.story() == ["POST /v2/a/blobs/uploads/ -", "GET /v2/ 200"])
        try await registry.release()
        client.waitUntilExit()
        #expect(client.terminationStatus == 0)
        #expect(try registry.openUploads() == 1)
    }

    @Test func executedAndNotAnswered() async throws {
        let registry = try await StrictRegistry.start()
        try await registry.fault(.hold(.executed), on: "POST")
        let client = try Self.request(Curl(registry), "POST", "/v2/a/blobs/uploads/")
        try await registry.waitUntilHeld()
        #expect(client.isRunning)
        #expect(try registry.openUploads() == 1)
        kill(client.processIdentifier, SIGKILL)
        client.waitUntilExit()
        try await registry.release()
        #expect(try await Curl(registry)("GET", "/v2/").status == 200)
    }

    @Test func answeredAndNoFurther() async throws {
        let registry = try await StrictRegistry.start()
        let curl = Curl(registry)
        try await registry.fault(.hold(.answered, freezes: true), on: "POST")
        let client = try Self.request(curl, "POST", "/v2/a/blobs/uploads/")
        try await registry.waitUntilHeld()
        client.waitUntilExit()
        #expect(client.terminationStatus == 0)
        #expect(try await curl.with("--max-time", "1")("GET", "/v2/").exit == 28)
        try await registry.clearFaults()
        #expect(try await curl("GET", "/v2/").status == 200)
    }
}
