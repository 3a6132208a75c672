import Foundation
import Glibc
import RegistryPeers
import TestSupport
import Testing

/// How blobs come to a registry, whatever befalls them on the way.
@Suite("Uploads to registries", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct UploadTests {
    private static let mebibyte = 1 << 20

    // MARK: - Mounts

    @Test("A mount that is granted sends no byte")
    func mounted() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer()))
        try await lab.publish(registry.host, to: "team/base").ended(0)
        let sent = try registry.requests("PUT", "/uploads/").count
        try await lab.publish(registry.host, options: "mount_from: [team/base]").ended(0)
        try registry.has(lab)
        #expect(try registry.requests("PUT", "/uploads/").count == sent)
        #expect(try registry.requests("POST", "mount=").count == lab.blobs.count)
    }

    @Test("A mount that is not granted begins the upload that is used")
    func notMounted() async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init(.bearer()))
        try await lab.publish(registry.host, to: "team/base").ended(0)
        try await registry.fault(.noMount, on: "POST", "mount=", times: nil)
        let begun = try registry.requests("POST").count
        try await lab.publish(registry.host, options: "mount_from: [team/base]").ended(0)
        try registry.has(lab)
        #expect(try registry.requests("POST").count - begun == lab.blobs.count)
    }

    // MARK: - In one piece

    @Test("A Location has a host or none, and a query that is kept", arguments: [false, true])
    func locations(relative: Bool) async throws {
        let lab = try Lab()
        let registry = try await lab.registry(.init { $0.relative = relative })
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
        let puts = try registry.requests("PUT", "/uploads/")
        #expect(puts.count == lab.blobs.count && puts.allSatisfy { $0.path.contains("%2F") && $0.status == 201 })
    }

    @Test("A connection is reset within a blob: another upload is begun for it")
    func reset() async throws {
        let lab = try Lab(layers: [200_000])
        let registry = try await lab.registry(.init { $0.afterCut = .lose })
        let fault = try await registry.fault(.reset(.before, after: 100_000), on: "PUT", "/uploads/")
        try await lab.publish(registry.host).ended(0)
        // The one that was cut off is given up.
        try registry.has(lab)
        #expect(try registry.befell(fault) == 1)
        #expect(try registry.requests("POST", "/uploads/").count == lab.blobs.count + 1)
    }

    @Test("The answer to a blob is lost: it is there, and not sent again")
    func lostAnswer() async throws {
        let lab = try Lab(layers: [200_000], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.reset(.executed), on: "PUT", "/uploads/")
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
        #expect(try registry.requests("PUT", "/uploads/").count == lab.blobs.count)
    }

    @Test("Bodies go to a storage that the registry names, which sees no credentials", arguments: ["PUT", "GET"])
    func storage(_ method: String) async throws {
        let lab = try Lab(layers: [1_200_000])
        let registry = try await lab.registry(.init(.bearer()))
        try await registry.fault(
            .toStorage, on: method, method == "PUT" ? "/uploads/" : "/manifests/", times: nil)
        try await lab.publish(registry.host).ended(0)
        try registry.has(lab)
        let there = try registry.requests().filter { $0.server == .storage }
        #expect(there.count >= 3 && there.allSatisfy { $0.scheme == nil })
    }

    // MARK: - In chunks

    @Test("Chunks, and the end without a body")
    func chunks() async throws {
        let lab = try Lab(layers: [5 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await lab.publish(registry.host, options: "chunk_mib: 1").ended(0)
        try registry.has(lab)
        #expect(try registry.requests("PATCH").map(\.received) == [Self.mebibyte, Self.mebibyte, Self.mebibyte / 2])
    }

    @Test("The chunks do not add up to the blob: it is sent anew")
    func wrongSum() async throws {
        let lab = try Lab(layers: [5 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.error(400, "DIGEST_INVALID"), on: "PUT", "/uploads/.*digest=")
        try await lab.publish(registry.host, options: "chunk_mib: 1, parallel: 1").ended(0)
        // The upload that the registry has kept all the same is given up.
        try registry.has(lab)
        #expect(try registry.requests("PATCH").received == 5 * Self.mebibyte)
    }

    @Test("A chunk is refused with 416: the upload goes on where the registry is")
    func outOfRange() async throws {
        let lab = try Lab(layers: [5 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.outOfRange, on: "PATCH", nth: 2)
        try await lab.publish(registry.host, options: "chunk_mib: 1").ended(0)
        try registry.has(lab)
        #expect(try registry.requests("POST").count == lab.blobs.count)
        #expect(try registry.requests("PATCH").filter { $0.status == 202 }.received == 5 * Self.mebibyte / 2)
    }

    @Test("A chunk breaks off twice: what came before is not sent again")
    func brokenTwice() async throws {
        let lab = try Lab(layers: [5 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry(.init { $0.afterCut = .discard })
        try await registry.fault(.reset(.before, after: 1000), on: "PATCH", nth: 2, times: 2)
        try await lab.publish(registry.host, options: "chunk_mib: 1").ended(0)
        try registry.has(lab)
        #expect(try registry.requests("POST").count == lab.blobs.count)
        #expect(try registry.requests("PATCH").filter { $0.status == 202 }.received == 5 * Self.mebibyte / 2)
    }

    @Test("Range stays at the first chunk: the blob goes in one piece")
    func stuckRange() async throws {
        let lab = try Lab(layers: [5 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.stuckRange.and(.status(201)), on: "PATCH", times: nil)
        try await lab.publish(registry.host, options: "chunk_mib: 1").ended(0)
        #expect(try registry.contents()["team/image"]?.tags == ["v1": lab.digest])
        #expect(try registry.requests("PUT", "/uploads/").received >= 5 * Self.mebibyte / 2)
        #expect(try registry.requests("PATCH").count <= 4)
    }

    @Test("A registry's least chunk is obeyed")
    func chunkMinimum() async throws {
        let lab = try Lab(layers: [9 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry(.init { $0.chunkMinimum = 2 * Self.mebibyte })
        try await lab.publish(registry.host, options: "chunk_mib: 1").ended(0)
        try registry.has(lab)
        #expect(
            try registry.requests("PATCH").map(\.received) == [
                2 * Self.mebibyte, 2 * Self.mebibyte, Self.mebibyte / 2,
            ])
    }

    @Test("Killed between two chunks: a later run goes on there", arguments: [2, 3])
    func resumesAtAChunk(_ chunk: Int) async throws {
        let size = 5 * Self.mebibyte / 2
        let lab = try Lab(layers: [size], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.hold(.answered, freezes: true), on: "PATCH", nth: chunk)
        try lab.plan(registry.host, options: "chunk_mib: 1")
        let host = try lab.start(["publish", "plan.yaml"])
        try await registry.waitUntilHeld()
        // The answer is taken note of.
        try await Task.sleep(for: .seconds(1))
        try await lab.end(host)
        #expect(try registry.requests("PATCH").received == min(chunk * Self.mebibyte, size))
        try await registry.clearFaults()
        try await lab.run(["resume", "latest"]).ended(0)
        try registry.has(lab)
        // Not a byte of what was accepted went out again.
        #expect(try registry.requests("PATCH").received == size)
    }

    @Test("413 for a blob: it goes in chunks that are small enough")
    func tooLarge() async throws {
        let lab = try Lab(layers: [5 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.tooLarge(over: 3 * Self.mebibyte / 2), times: nil)
        try await lab.publish(registry.host).ended(0)
        // The upload that a body was too large for is used.
        try registry.has(lab)
        #expect(try registry.requests().filter { $0.status == 413 }.count <= 3)
    }

    @Test("413 for everything: the option that may help is named")
    func allTooLarge() async throws {
        let lab = try Lab(layers: [3 * Self.mebibyte / 2], platforms: ["amd64"])
        let registry = try await lab.registry()
        try await registry.fault(.tooLarge(over: 1000), on: nil, "/uploads/", times: nil)
        try await lab.publish(registry.host).ended(6, "413", "chunk_mib")
    }
}

extension Lab {
    /// Starts the program and does not wait for it.
    func start(_ arguments: [String], environment more: [String: String] = [:]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command(arguments)
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }.merging(more) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// kill -9 of it and of the workers below it.
    func end(_ host: Process) async throws {
        let workers = try await runApart(["pgrep", "-P", "\(host.processIdentifier)"]).output.split(separator: "\n")
        for pid in [host.processIdentifier] + workers.compactMap({ pid_t($0) }) { kill(pid, SIGKILL) }
        host.waitUntilExit()
        for _ in 0..<100 where workers.contains(where: { kill(pid_t($0) ?? 0, 0) == 0 }) {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
