import Digest
import Foundation
import OCI
import TestSupport

/// Ways to spoil an image's layout.
extension Trial {
    /// A document of the layout: the first platform's where there are several.
    enum Part: Sendable { case version, top, index, manifest, config, layer }

    /// Bytes of a part, changed under the name that they had.
    func spoil(_ part: Part, _ change: ([UInt8]) throws -> [UInt8]) throws {
        let path = try path(part)
        try write(path, change([UInt8](Data(contentsOf: URL(fileURLWithPath: path)))))
    }

    /// One bit of a part, at so many thousandths of it.
    func flip(_ part: Part, at place: Int) throws {
        try spoil(part) { bytes in
            var bytes = bytes
            let bit = min(bytes.count * 8 - 1, bytes.count * 8 * place / 1000)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            return bytes
        }
    }

    /// Bytes of a part, changed, and everything above it naming the new ones: a lie that no digest tells.
    func rename(_ part: Part, _ change: ([UInt8]) throws -> [UInt8]) throws {
        let path = try path(part)
        guard part != .version && part != .top else { return try spoil(part, change) }
        let old = URL(fileURLWithPath: path).lastPathComponent
        let bytes = try change([UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
        let new = sha256(bytes)
        try write("\(layout)/blobs/sha256/\(new.hex)", bytes)
        let above: Part =
            switch part {
            case .config, .layer: .manifest
            case .manifest: .index
            default: .top
            }
        try renameDocument(above) { Self.relinked($0, from: "sha256:\(old)", to: "\(new)", size: bytes.count) }
    }

    /// The same of a document's members.
    func renameDocument(_ part: Part, _ change: ([String: Any]) throws -> [String: Any]) throws {
        try rename(part) { bytes in
            let document = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
            return try [UInt8](
                JSONSerialization.data(
                    withJSONObject: change(document), options: [.sortedKeys, .withoutEscapingSlashes]))
        }
    }

    /// The first descriptor that a document names: of a manifest that of its first layer.
    func renameDescriptor(of part: Part, _ change: ([String: Any]) -> [String: Any]) throws {
        let key = part == .manifest ? "layers" : "manifests"
        try renameDocument(part) { document in
            var document = document
            var list = document[key] as? [[String: Any]] ?? []
            list[0] = change(list[0])
            document[key] = list
            return document
        }
    }

    private static func relinked(_ document: [String: Any], from old: String, to new: String, size: Int) -> [String:
        Any]
    {
        func one(_ descriptor: [String: Any]) -> [String: Any] {
            guard descriptor["digest"] as? String == old else { return descriptor }
            return descriptor.merging(["digest": new, "size": size]) { $1 }
        }
        var document = document
        for key in ["layers", "manifests"] { document[key] = (document[key] as? [[String: Any]])?.map(one) }
        document["config"] = (document["config"] as? [String: Any]).map(one)
        return document
    }

    func path(_ part: Part) throws -> String {
        func blob(_ digest: Digest) -> String { "\(layout)/blobs/sha256/\(digest.hex)" }
        func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
            try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
        }
        if part == .version { return "\(layout)/oci-layout" }
        let top = "\(layout)/index.json"
        if part == .top { return top }
        let index = try blob(read(Index.self, top).manifests[0].digest)
        if part == .index { return index }
        let manifest = try blob(read(Index.self, index).manifests[0].digest)
        if part == .manifest { return manifest }
        let parts = try read(Manifest.self, manifest)
        return blob(part == .config ? parts.config.digest : parts.layers[0].digest)
    }

    /// Over a file that may be read-only.
    func write(_ path: String, _ bytes: [UInt8]) throws {
        try? FileManager.default.removeItem(atPath: path)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Something else where a part was: what a shell command makes at `$1`.
    func put(_ part: Part, _ command: String) throws {
        let path = try path(part)
        try FileManager.default.removeItem(atPath: path)
        try shell(command, path)
    }

    func shell(_ command: String, _ argument: String = "") throws {
        let answer = try run(["/bin/sh", "-euc", command, "sh", argument], in: folder)
        guard answer.status == 0 else { throw SpoilingFailure(description: answer.output) }
    }
}

struct SpoilingFailure: Error, CustomStringConvertible {
    var description: String
}
