import Digest
import Documents
import Foundation
import TestSupport
import Testing

@testable import Discovery

/// A provider as its author makes one: a C file, gcc and the header alone.
enum Provider {
    static let include: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/") + "/Sources/ProviderAPI/include"
    }()

    static let source = """
        #include <eulerpublisher/provider.h>
        EP_EMBED_MANIFEST(manifest, "embedded.json");
        static ep_provider provider;
        const ep_provider *eulerpublisher_provider_v1(void)
        {
            provider.header.size = sizeof provider;
            provider.manifest = manifest;
            provider.manifest_size = (uint64_t)(manifest_end - manifest);
            return &provider;
        }
        """

    static func manifest(_ id: String, _ more: String = "", scheme: String? = nil) -> String {
        """
        {"format": 1, "id": "\(id)", "version": "1.2.0", "title": "Acme", "kind": "cloud", "abi": {"major": 1, "minor": 0},
         "library": {"file": "libacme.so"}, "targets": ["\(scheme ?? id)"], "operations": ["ep.plan/1", "ep.upload/1"],
         "views": ["blocks"], "artifacts": ["disk"]\(more)}
        """
    }

    /// Compiles in `folder`; the manifest is what the section holds.
    @discardableResult
    static func compile(
        _ folder: String, manifest: String, source: String = source, _ flags: [String] = [],
        compiler: [String] = ["gcc", "-std=c11"]
    ) throws -> String {
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: "\(folder)/embedded.json"))
        let suffix = compiler[0] == "g++" ? "cc" : "c"
        try Data(source.utf8).write(to: URL(fileURLWithPath: "\(folder)/acme.\(suffix)"))
        let answer = try run(
            compiler + [
                "-shared", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I\(include)",
            ]
                + flags + ["acme.\(suffix)", "-o", "libacme.so"], in: folder)
        try #require(answer.status == 0, "\(answer.output)")
        for name in ["embedded.json", "acme.\(suffix)"] {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
        chmod("\(folder)/libacme.so", 0o755)
        return "\(folder)/libacme.so"
    }

    private static let library: Result<Data, any Error> = Result {
        let scratch = try Scratch()
        return try Data(contentsOf: URL(fileURLWithPath: compile(scratch.path, manifest: manifest("acme"))))
    }

    /// Lays a good provider into `folder/id`, with the digest of its library in the manifest beside.
    @discardableResult
    static func install(_ id: String, in folder: String, _ more: String = "", scheme: String? = nil) throws -> String {
        let manifest = manifest(id, more, scheme: scheme)
        let directory = "\(folder)/\(id)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        if id == "acme" && more.isEmpty {
            try library.get().write(to: URL(fileURLWithPath: "\(directory)/libacme.so"))
            chmod("\(directory)/libacme.so", 0o755)
        } else {
            try compile(directory, manifest: manifest)
        }
        try writeManifest(manifest, in: directory)
        return directory
    }

    /// With the digest of the library that lies there.
    static func writeManifest(_ text: String, in directory: String) throws {
        let digest = try Digest.sha256(ofFile: "\(directory)/libacme.so").hex
        let staged = text.replacingOccurrences(of: "\"libacme.so\"", with: "\"libacme.so\", \"sha256\": \"\(digest)\"")
        try Data(staged.utf8).write(to: URL(fileURLWithPath: "\(directory)/provider.json"))
        chmod("\(directory)/provider.json", 0o644)
    }
}
