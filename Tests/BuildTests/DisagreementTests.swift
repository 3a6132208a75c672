import Foundation
import TestSupport
import Testing

/// Providers that cannot have one image, or not one file.
@Suite(
    "Images for providers that disagree", .serialized,
    .enabled(
        if: stage != nil && canBuild,
        "run make test as root, with /dev/fuse, fuse2fs, uidmap and what makes images"))
struct DisagreementTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        _ = try stockImage(in: scratch)
    }

    /// A provider that asks every image for these lines in a file; in warnings, so that an image is taken all the same.
    /// - Parameter later: what it asks for once root has no password any more.
    private func install(
        _ id: String, formats: String = #"["qcow2"]"#, asks lines: [String], later: [String]? = nil
    ) throws {
        let folder = "\(scratch.path)/providers/\(id)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        chmod("\(scratch.path)/providers", 0o755)
        func answer(_ lines: [String]) -> String {
            let findings = lines.enumerated().map { number, line in
                let words = line.split(separator: " ")
                return """
                    {"rule": "\(id).opinion.\(number + 1)", "severity": "warning", "outcome": "fail", "message": "as it likes", "remediations":
                     [{"action": "file.set", "path": "/etc/opinion", "key": "\(words[0])", "value": "\(words[1])"}]}
                    """
            }
            return #"{"format": 1, "findings": [\#(findings.joined(separator: ","))]}"#
        }
        func manifest(_ sum: String) -> String {
            """
            {"format": 1, "id": "\(id)", "version": "1.0.0", "title": "Of another opinion", "kind": "cloud",
             "abi": {"major": 1, "minor": 0}, "library": {"file": "libep-\(id).so"\(sum)}, "targets": ["\(id)"],
             "operations": ["ep.check/1"], "views": [], "artifacts": ["disk"], "formats": \(formats), "needs": {}, "licence": "Apache-2.0"}
            """
        }
        try answer(lines).write(toFile: "\(scratch.path)/answer.json", atomically: true, encoding: .utf8)
        try answer(later ?? lines).write(toFile: "\(scratch.path)/later.json", atomically: true, encoding: .utf8)
        try manifest("").write(toFile: "\(scratch.path)/manifest.json", atomically: true, encoding: .utf8)
        let built = try run([
            "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
            "-I\(root)/Sources/ProviderAPI/include", "-DCONTRARY_ID=\"\(id)\"",
            "-DCONTRARY_MANIFEST=\"\(scratch.path)/manifest.json\"",
            "-DCONTRARY_ANSWER=\"\(scratch.path)/answer.json\"",
            "-DCONTRARY_LATER=\"\(scratch.path)/later.json\"", "-DCONTRARY_MARK=\"root:!:\"",
            "\(root)/Tests/Providers/contrary/contrary.c", "-o", "\(folder)/libep-\(id).so",
        ])
        try #require(built.status == 0, "\(built.output)")
        let sum = try run(["sha256sum", "\(folder)/libep-\(id).so"]).output.prefix(64)
        try manifest(#", "sha256": "\#(sum)""#).write(
            toFile: "\(folder)/provider.json", atomically: true, encoding: .utf8)
    }

    private func build(_ providers: [String], _ output: String, _ more: [String] = []) async throws -> Answer {
        let options =
            providers.flatMap { ["--for", $0] } + ["-o", output, "--provider-path", "\(scratch.path)/providers"]
        return try await euler(["build", "stock.qcow2"] + options + more, in: scratch.path)
    }

    private func made(_ beginning: String = "new") throws -> [String] {
        try names(scratch.path).filter { $0.hasPrefix(beginning) && !$0.hasSuffix(".json") }
    }

    /// What the providers' file in an image says.
    private func opinions(_ image: String) throws -> [String] {
        try run(["qemu-img", "convert", "-O", "raw", "\(scratch.path)/\(image)", "\(scratch.path)/look.raw"])
        return try run(["debugfs", "-R", "cat /etc/opinion", "\(scratch.path)/look.raw?offset=\(33 << 20)"])
            .output.split(separator: "\n").filter { $0.hasPrefix("answer") || $0.hasPrefix("other") }.map(String.init)
    }

    @Test("Where two rules contradict each other both are named, and each side gets an image of its own")
    func oneEach() async throws {
        try install("left", asks: ["answer yes"])
        try install("right", asks: ["answer no"])
        let answer = try await build(["left", "right", "local"], "new.qcow2")
        #expect(answer.status == 0, "\(answer.output)")
        #expect(
            answer.output.contains("left.opinion.1 asks for answer in /etc/opinion: yes, and right.opinion.1 for no"),
            "\(answer.output)")
        #expect(try made() == ["new-left-local.qcow2", "new-right.qcow2"])
        #expect(try opinions("new-left-local.qcow2") == ["answer yes"])
        #expect(try opinions("new-right.qcow2") == ["answer no"])
        let text = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/new-right.qcow2.provenance.json"))
        let document = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
        let definition = (document["predicate"] as? [String: Any])?["buildDefinition"] as? [String: Any]
        #expect((definition?["externalParameters"] as? [String: Any])?["providers"] as? [String] == ["right"])
        // What is there already is not written over, whatever its name came from.
        let again = try await build(["left", "right", "local"], "new.qcow2")
        #expect(again.status == 2, "\(again.output)")
        #expect(again.output.contains("new-left-local.qcow2"), "\(again.output)")
    }

    @Test("Who leaves in a later round, when its rules were followed already, leaves nothing in the others' image")
    func later() async throws {
        try install("left", asks: ["answer yes"])
        try install("right", asks: ["other 1"], later: ["other 1", "answer no"])
        let answer = try await build(["local", "left", "right"], "new.qcow2")
        #expect(answer.status == 0, "\(answer.output)")
        #expect(try made() == ["new-local-left.qcow2", "new-right.qcow2"])
        #expect(try opinions("new-local-left.qcow2") == ["answer yes"])
        // Nobody took root's password there.
        #expect(try opinions("new-right.qcow2") == ["other 1"])
    }

    @Test("A provider that contradicts itself is refused by the names of both rules, and nothing is written")
    func selfContradiction() async throws {
        try install("fickle", asks: ["answer yes", "answer no"])
        let answer = try await build(["local", "fickle"], "new.qcow2")
        #expect(answer.status == 6, "\(answer.output)")
        #expect(answer.output.contains("fickle.opinion.1 asks for"), "\(answer.output)")
        #expect(answer.output.contains("and fickle.opinion.2 for no"), "\(answer.output)")
        #expect(try made().isEmpty)
    }

    @Test("Who does not take the format that was asked for gets one that it takes")
    func formats() async throws {
        try install("narrow", formats: #"["iso", "vhd", "raw"]"#, asks: [])
        let answer = try await build(["local", "narrow"], "new.qcow2", ["--format", "qcow2-zstd"])
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("qcow2 (zstd) is not for narrow"), "\(answer.output)")
        #expect(try made() == ["new-narrow.vhd", "new.qcow2"])
        let packed = try run(["qemu-img", "info", "\(scratch.path)/new.qcow2"]).output
        #expect(packed.contains("compression type: zstd"), "\(packed)")
        for file in ["new-narrow.vhd.spdx.json", "new.qcow2.spdx.json"] {
            #expect(access("\(scratch.path)/\(file)", F_OK) == 0, "\(file)")
        }
        let compared = try run([
            "qemu-img", "compare", "-f", "vpc", "-F", "qcow2", "\(scratch.path)/new-narrow.vhd",
            "\(scratch.path)/new.qcow2",
        ])
        #expect(compared.status == 0, "\(compared.output)")
    }

    @Test("A format that nobody takes is refused before anything is read, naming what they take")
    func nobodyTakes() async throws {
        try install("narrow", formats: #"["raw"]"#, asks: [])
        let answer = try await build(["narrow"], "new.vmdk")
        #expect(answer.status == 2, "\(answer.output)")
        #expect(answer.output.contains("narrow takes raw"), "\(answer.output)")
        #expect(!answer.output.contains("read stock.qcow2"))
        #expect(try made().isEmpty)
    }
}
