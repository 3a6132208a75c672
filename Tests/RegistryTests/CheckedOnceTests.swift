import Foundation
import RegistryPeers
import TestSupport
import Testing

/// Layers are unpacked for their first check and never again, counted by the kernel.
@Suite("Layers that were checked", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct CheckedOnceTests {
    @Test("Read once for two targets, and not at all in the next run", .enabled(if: Self.canTrace))
    func once() async throws {
        let lab = try Lab(layers: [3_000_000], platforms: ["amd64"])
        let registry = try await lab.registry()
        let layer = try #require(try Self.largest(lab))
        // Hashed by the host, who remembers that; not what is counted here.
        try await copy(lab, registry, ["--dry-run"]).ended(0)
        // A few bytes more tell how it is packed.
        let once = layer.size...(layer.size + 4096)
        let first = try await read(layer, lab, registry)
        #expect(once.contains(first), "\(first) bytes of a layer of \(layer.size)")
        #expect(try await read(layer, lab, registry) == 0)
        // The cache may go at any time.
        try FileManager.default.removeItem(atPath: "\(lab.scratch.path)/cache/providers")
        let again = try await read(layer, lab, registry)
        #expect(once.contains(again), "\(again) bytes of a layer of \(layer.size)")
    }

    static let canTrace = (try? run(["strace", "-f", "true"]).status) == 0

    private static func largest(_ lab: Lab) throws -> (name: String, size: Int)? {
        try lab.blobs.map { String($0.dropFirst(7)) }.map { name in
            let path = "\(lab.scratch.path)/image/blobs/sha256/\(name)"
            return (name, try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0)
        }.max { $0.1 < $1.1 }
    }

    private func arguments(_ lab: Lab, _ registry: StrictRegistry, _ more: [String]) -> [String] {
        ["container", "copy", "oci:\(lab.scratch.path)/image:v1"]
            + ["a", "b"].map { "\(registry.host)/team/\($0):v1" } + more
    }

    private func copy(_ lab: Lab, _ registry: StrictRegistry, _ more: [String]) async throws -> Answer {
        try await lab.run(arguments(lab, registry, more))
    }

    /// Bytes of the layer that all processes of a dry run with a check of the layers read.
    private func read(
        _ layer: (name: String, size: Int), _ lab: Lab, _ registry: StrictRegistry
    ) async throws -> Int {
        // A file for each thread: in a common one, a call that another thread's interrupts is told in two lines, and the
        // line with the count has no path.
        let traces = "\(lab.scratch.path)/traces"
        try? FileManager.default.removeItem(atPath: traces)
        try FileManager.default.createDirectory(atPath: traces, withIntermediateDirectories: true)
        let answer = try await runApart(
            ["strace", "-ff", "-y", "-e", "trace=read,pread64,mmap,copy_file_range,sendfile", "-o", "\(traces)/thread"]
                + lab.command(arguments(lab, registry, ["--dry-run", "--check-layers"])),
            in: lab.scratch.path, environment: lab.environment)
        answer.ended(0)
        return try FileManager.default.contentsOfDirectory(atPath: traces)
            .flatMap { try String(contentsOfFile: "\(traces)/\($0)", encoding: .utf8).split(separator: "\n") }
            .filter { $0.contains("/image/blobs/sha256/\(layer.name)") }
            .reduce(0) { sum, line in
                sum + (line.split(separator: "= ").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0)
            }
    }
}
