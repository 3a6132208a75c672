import Documents
import Foundation
import ProviderTesting
import Schema
import Synchronization
import TestSupport
import Testing
import Workers

/// The template for C builds with gcc alone, and does in a worker what it says.
@Suite("Template: C")
struct TemplateTests {
    let folder: String
    var provider: String { "\(folder)/build/folder" }
    var out: String { "\(folder)/out" }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("ep-template-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: "\(folder)/out", withIntermediateDirectories: true)
        let answer = try Repository.run([
            "make", "-s", "-C", "Templates/c-provider", "CC=gcc", "BUILD=\(folder)/build",
        ])
        try #require(answer.status == 0, "\(answer.output)")
    }

    /// Bytes, a hole, bytes.
    private func image() throws -> String {
        let path = "\(folder)/disk.raw"
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        try #require(file >= 0 && ftruncate(file, 8 << 20) == 0)
        try #require(pwrite(file, [UInt8](repeating: 7, count: 5000), 5000, 0) == 5000)
        try #require(pwrite(file, [UInt8](repeating: 9, count: 5000), 5000, 6 << 20) == 5000)
        return path
    }

    private func run(
        _ operation: String, image: String, name: String = "server", entry: JSON? = nil,
        services: WorkerServices = WorkerServices(), cancellation: Cancellation = Cancellation()
    ) async throws -> WorkerOutcome {
        var request = OperationRequest(
            operation: operation, run: "r", publication: String(repeating: "a", count: 64),
            target: .init(name: "t \"quoted\" ü", scheme: "folder", address: out, tags: []),
            artifact: .init(
                kind: "disk", name: name, version: "24.03", digest: "sha256:" + String(repeating: "0", count: 64),
                size: 8 << 20, format: "raw", platforms: ["linux/amd64"], files: []), entry: entry)
        if entry != nil { request.artifact = nil }
        let library = "\(provider)/libep-folder.so"
        let job = WorkerJob(
            providerID: "folder", providerVersion: "1.0.0", libraryPath: library,
            libraryIdentity: try LibraryIdentity(of: library), profile: .publish, operation: operation,
            request: [UInt8](try DocumentCoding.encode(request)), blocksPath: image, writableDirectories: [out])
        return await BuildProducts.workers.run(job, services: services, cancellation: cancellation)
    }

    @Test("Its manifest is valid, names its digest, and is embedded; one symbol is exported")
    func manifest() throws {
        let path = "\(provider)/provider.json"
        try Schema.embedded("manifest").validate(try Node.read(path: path))
        let manifest = try DocumentCoding.decode(
            ProviderManifest.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        let sum = try Repository.run(["sha256sum", "\(provider)/libep-folder.so"]).output
        #expect(manifest.library.sha256.map { sum.hasPrefix($0) } == true)
        let section = "\(folder)/section"
        let copied = try Repository.run([
            "objcopy", "--dump-section", ".eulerpublisher.manifest=\(section)", "\(provider)/libep-folder.so",
            "/dev/null",
        ])
        #expect(copied.status == 0, "\(copied.output)")
        #expect(
            try String(contentsOfFile: section, encoding: .utf8)
                == Repository.text("Templates/c-provider/provider.json"))
        let symbols = try Repository.run(["nm", "-D", "--defined-only", "--extern-only", "\(provider)/libep-folder.so"])
        #expect(
            symbols.output.split(separator: "\n").count == 1 && symbols.output.contains("eulerpublisher_provider_v1"))
    }

    @Test("A publication, the same again, other bytes, and its undoing")
    func publish() async throws {
        let image = try image()
        #expect(try await run("ep.requirements/1", image: image).result?.items == [])
        #expect(try await run("ep.plan/1", image: image).result?.nothingToDo == false)
        let services = WorkerServices()
        let upload = try await run("ep.upload/1", image: image, services: services)
        #expect(upload.result?.sentBytes ?? .max < 1 << 20, "\(upload.failure?.message ?? "")")
        let (ledger, settled) = services.memory.withLock { ($0.ledger, $0.settled) }
        #expect(ledger.map(\.id) == ["\(out)/server-24.03.raw"] && settled == [1])
        #expect(try Repository.run(["cmp", image, "\(out)/server-24.03.raw"]).status == 0)
        #expect(try await run("ep.verify/1", image: image).result != nil)
        #expect(try await run("ep.plan/1", image: image).result?.nothingToDo == true)

        let file = try #require(FileHandle(forWritingAtPath: "\(out)/server-24.03.raw"))
        try file.write(contentsOf: Data([1]))
        try file.close()
        #expect(try await run("ep.plan/1", image: image).failure?.code == .conflict)
        #expect(try await run("ep.verify/1", image: image).failure?.code == .notFound)

        let entry: JSON = ["intent": 1, "kind": "file", "find": ["path": .string("\(out)/server-24.03.raw")]]
        for _ in 0..<2 { #expect(try await run("ep.undo/1", image: image, entry: entry).result?.gone == true) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: out) == [])
    }

    @Test("Names that lead out of the folder are refused", arguments: ["../x", "a/b", "", ".x"])
    func names(_ name: String) async throws {
        let outcome = try await run("ep.upload/1", image: try image(), name: name)
        #expect(outcome.failure?.code == .usage)
        #expect(try FileManager.default.contentsOfDirectory(atPath: out) == [])
    }

    @Test("It stops when it is asked to")
    func cancelled() async throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let outcome = try await run("ep.upload/1", image: try image(), cancellation: cancellation)
        // It may have been done before the wish arrived; what it must not is fail otherwise.
        switch outcome {
        case .cancelled, .done: break
        default: Issue.record("\(outcome)")
        }
    }

    @Test("The JSON reader survives any beginning of a request")
    func reader() throws {
        let program = """
            #include "json.h"
            #include <stdio.h>
            int main(void) {
                const char *text = "{\\"x\\":{\\"y\\":[1,{\\"target\\":2}]},\\"target\\":{\\"a\\\\\\"b\\":\\"}{\\",\\"address\\":"
                    "\\"/t\\\\u00e9\\\\ud83d\\\\ude00\\\\n\\\\\\"\\"},\\"files\\":[{\\"size\\":12345678901}]}";
                size_t size = strlen(text);
                for (size_t n = 0; n <= size; n++) {
                    char *copy = malloc(n + !n);
                    memcpy(copy, text, n);
                    json request = json_document(copy, n);
                    char *address = json_text(json_member(json_member(request, "target"), "address"));
                    long long bytes = json_number(json_member(json_first(json_member(request, "files")), "size"));
                    if (n == size) printf("%s%lld", address, bytes);
                    free(address);
                    free(copy);
                }
                return 0;
            }
            """
        try program.write(toFile: "\(folder)/reader.c", atomically: true, encoding: .utf8)
        let built = try Repository.run([
            "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-fsanitize=address,undefined",
            "-ITemplates/c-provider",
            "-o", "\(folder)/reader", "\(folder)/reader.c",
        ])
        try #require(built.status == 0, "\(built.output)")
        let answer = try Repository.run(["\(folder)/reader"])
        #expect(answer.status == 0 && answer.output == "/té😀\n\"12345678901", "\(answer.output)")
    }
}
