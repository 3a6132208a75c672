import Documents
import Schema

/// The manifest in the library's own section, and whether the one beside the library says the same.
enum EmbeddedManifest {
    /// EP_MANIFEST_SECTION of the ABI's header.
    static let section = ".eulerpublisher.manifest"

    /// - Throws: `Failure` (usage) when the library has none or it is no JSON.
    static func read(_ elf: ELF) throws -> JSON {
        guard var bytes = try elf.section(section) else {
            throw Failure(
                .usage, "the library embeds no manifest", place: elf.path,
                hint: "its author embeds provider.json in the section \(section), see EP_EMBED_MANIFEST")
        }
        // A C string's end, or the linker's padding.
        while bytes.last == 0 { bytes.removeLast() }
        return try Node.parse(json: bytes, name: "\(elf.path) \(section)").json
    }

    /// - Throws: `Failure` (usage) naming the first key in which they differ; the library's digest, which only the one beside
    ///   can have, apart.
    static func compare(_ embedded: JSON, beside: JSON, library: String) throws {
        guard let key = difference(withoutDigest(embedded), withoutDigest(beside), "") else { return }
        throw Failure(
            .usage,
            "the manifest beside the library is not the one that the library embeds: they differ in "
                + (key.isEmpty ? "kind" : key),
            place: library, hint: "install library and manifest of one build")
    }

    private static func withoutDigest(_ manifest: JSON) -> JSON {
        guard case .object(var members) = manifest, case .object(var library)? = members["library"] else {
            return manifest
        }
        library["sha256"] = nil
        members["library"] = .object(library)
        return .object(members)
    }

    /// The path of the first difference, or nil.
    private static func difference(_ first: JSON, _ second: JSON, _ path: String) -> String? {
        guard case .object(let left) = first, case .object(let right) = second else {
            return first == second ? nil : path
        }
        for key in Set(left.keys).union(right.keys).sorted() {
            let here = path.isEmpty ? key : "\(path).\(key)"
            guard let one = left[key], let other = right[key] else { return here }
            if let found = difference(one, other, here) { return found }
        }
        return nil
    }
}
