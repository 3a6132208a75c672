import Documents
import Foundation
import ProviderTesting
import TestSupport
import Testing
import Workers

/// The library itself, loaded in workers: several processes, the sandbox, a stop in the middle.
@Suite("Local: in a worker", .serialized)
struct LocalWorkerTests {
    let scratch: Scratch
    var catalogue: String { "\(scratch.path)/catalogue" }

    init() throws {
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: catalogue, withIntermediateDirectories: true)
    }

    private func job(_ publication: Publication, _ operation: String) throws -> WorkerJob {
        let library = "\(BuildProducts.directory)/libep-local.so"
        return WorkerJob(
            providerID: "local", providerVersion: "1.0.0", libraryPath: library,
            libraryIdentity: try LibraryIdentity(of: library), profile: .publish, operation: operation,
            request: [UInt8](try DocumentCoding.encode(publication.request(operation))),
            artifactFiles: publication.source.paths, writableDirectories: [catalogue])
    }

    private func run(
        _ publication: Publication, _ operation: String, _ services: WorkerServices = WorkerServices(),
        _ cancellation: Cancellation = Cancellation()
    ) async throws -> WorkerOutcome {
        await BuildProducts.workers.run(try job(publication, operation), services: services, cancellation: cancellation)
    }

    /// As the host does, a wait included.
    private func publish(_ publication: Publication) async throws {
        for operation in ["ep.plan/1", "ep.upload/1", "ep.register/1", "ep.verify/1", "ep.release/1"] {
            var outcome = try await run(publication, operation)
            while case .pending = outcome {
                try await Task.sleep(for: .milliseconds(50))
                outcome = try await run(publication, operation)
            }
            try #require(outcome.result != nil, "\(operation): \(outcome.failure?.message ?? "\(outcome)")")
        }
    }

    @Test("A container and a disk image, published and read back by other programs")
    func both() async throws {
        let container = Publication(try .container(scratch, layers: [.noise(100_000, seed: 1)]), to: catalogue)
        try await publish(container)
        #expect(try TestSupport.run(["skopeo", "inspect", "--raw", "oci:\(catalogue):latest"]).status == 0)
        try scratch.write("server.raw", [UInt8].noise(300_000, seed: 2))
        let disk = Publication(try .disk("\(scratch.path)/server.raw"), to: catalogue)
        try await publish(disk)
        let sums = try TestSupport.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], in: "\(catalogue)/server/24.03")
        #expect(sums.status == 0, "\(sums.output)")
        for publication in [container, disk] {
            #expect(try await run(publication, "ep.plan/1").result?.nothingToDo == true)
        }
        #expect(try await run(disk, "ep.requirements/1").result?.items?.count ?? 0 >= 20)
        #expect(try await run(disk, "ep.retire/1").failure?.message.contains("ep.retire/1") == true)
    }

    @Test("Six processes write one catalogue at once: nothing is lost")
    func writers() async throws {
        var publications: [Publication] = []
        for number in 1...6 {
            try scratch.write("v\(number)/server.raw", [UInt8].noise(200_000, seed: UInt64(number)))
            let source = try Source.disk("\(scratch.path)/v\(number)/server.raw", version: "24.\(number)")
            publications.append(Publication(source, to: catalogue, tags: ["latest", "v\(number)"]))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for publication in publications { group.addTask { try await publish(publication) } }
            try await group.waitForAll()
        }
        let program = """
            import json, sys
            images = json.load(open(sys.argv[1]))["images"]
            print(len(images), sum("latest" in i["aliases"] for i in images), sorted(a for i in images for a in i["aliases"]))
            """
        let answer = try TestSupport.run(["python3", "-c", program, "\(catalogue)/catalogue.json"])
        #expect(answer.output == "6 1 ['latest', 'v1', 'v2', 'v3', 'v4', 'v5', 'v6']\n", "\(answer.output)")
        let page = try scratch.text("catalogue/index.html")
        for number in 1...6 { #expect(page.contains("server/24.\(number)/server.raw")) }
    }

    @Test("A copy that is stopped in the middle goes on where it was")
    func stopped() async throws {
        let image = "\(scratch.path)/big.raw"
        try #require(TestSupport.run(["sh", "-c", "head -c 268435456 /dev/urandom > \(image)"]).status == 0)
        let publication = Publication(try .disk(image), to: catalogue)
        let cancellation = Cancellation()
        let services = WorkerServices { done in if done > 32 << 20 { cancellation.cancel() } }
        guard case .cancelled = try await run(publication, "ep.upload/1", services, cancellation) else {
            Issue.record("the copy ended before it could be stopped")
            return
        }
        let upload = try await run(publication, "ep.upload/1").result
        #expect(upload?.skippedBytes ?? 0 > 32 << 20)
        #expect((upload?.skippedBytes ?? 0) + (upload?.sentBytes ?? 0) == 268_435_456)
        #expect(try await run(publication, "ep.register/1").result != nil)
        #expect(try await run(publication, "ep.verify/1").result?.digest == publication.source.artifact.digest)
    }

    @Test("Outside its target's directory the worker can write nothing")
    func sandbox() async throws {
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/other", withIntermediateDirectories: true)
        var publication = Publication(try .container(scratch, layers: [.noise(1000, seed: 1)]), to: catalogue)
        publication.target.address = "\(scratch.path)/other"
        let outcome = try await run(publication, "ep.upload/1")
        try #require(Workers.limits().allSatisfy { !$0.contains("no Landlock") }, "this kernel has no Landlock")
        #expect(outcome.failure != nil && scratch.files("other") == [])
    }
}
