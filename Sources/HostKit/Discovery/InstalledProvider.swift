import Digest
public import Documents
import Files
import FoundationEssentials
import Glibc
import ProviderAPI
import Schema
public import Settings
public import Workers

/// A provider that was found: its manifest and where it lies. Nothing of it has been loaded.
public struct InstalledProvider: Sendable {
    public let manifest: ProviderManifest
    /// The manifest as it was read, for what `ProviderManifest` does not name.
    public let document: JSON
    /// The provider's own directory, without links.
    public let directory: String
    public var libraryPath: String { "\(directory)/\(manifest.library.file)" }
    public var manifestPath: String { "\(directory)/provider.json" }

    /// Reads `DIRECTORY/provider.json`.
    /// - Parameter ownership: Who may have written directory, manifest, library and what is above them.
    /// - Throws: `Failure` (usage) when somebody else could have written them, and for a manifest that is not valid, with
    ///   `file:line:column`. The library is looked at from outside only.
    public init(reading directory: String, ownership: Ownership = .current) throws {
        let resolved = try ownership.check(directory)
        let path = "\(resolved)/provider.json"
        try Self.check("provider.json", in: resolved, ownership)
        let bytes = try Node.contents(of: path)
        let node = try Node.parse(json: bytes, name: path)
        if let format = node["format"], let number = format.json.integer, number > 1 {
            throw Failure(
                .usage, "the manifest has format \(number), and this version reads format 1", place: format.place,
                hint: "install a version of the provider for this host")
        }
        try Self.manifestSchema.validate(node)
        document = node.json
        do {
            manifest = try DocumentCoding.decode(ProviderManifest.self, from: Data(bytes))
        } catch {
            throw Failure(.internal, "a valid manifest could not be read: \(error)", place: path)
        }
        if let configuration = manifest.configuration {
            do { try Schema(configuration).check() } catch var failure as Failure {
                failure.place = node["configuration"]?.place ?? path
                throw failure
            }
        }
        guard ![".", ".."].contains(manifest.library.file), !manifest.library.file.utf8.contains(0) else {
            throw Failure(.usage, "library.file must be a file's name", place: path)
        }
        try Self.check(manifest.library.file, in: resolved, ownership)
        self.directory = resolved
    }

    private static let manifestSchema = Schema.embedded("manifest")

    /// A plain file, not a link out of the provider's directory.
    private static func check(_ name: String, in directory: String, _ ownership: Ownership) throws {
        let path = "\(directory)/\(name)"
        let resolved = try ownership.check(path)
        var status = stat()
        guard stat(resolved, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(.usage, "this is not a file", place: path, hint: "install the provider again")
        }
        guard resolved.hasPrefix("\(directory)/") else {
            throw Failure(
                .usage, "the link leads out of the provider's directory, to \(resolved)", place: path,
                hint: "put the file itself there")
        }
    }

    /// Everything that must hold before a worker loads the library: the ABI, the digest that the manifest names, that the
    /// library embeds this very manifest, and that it exports nothing but its entry.
    /// - Returns: The identity of the file that was checked; the worker loads no other.
    /// - Throws: `Failure` (usage) naming what does not hold.
    public func verifiedForLoading() throws -> LibraryIdentity {
        try checkABI()
        let identity = try LibraryIdentity(of: libraryPath)
        try checkDigest()
        let elf = try ELF(libraryPath)
        try checkEmbedded(elf)
        try checkExports(elf)
        return identity
    }

    func checkABI() throws {
        guard manifest.abi.major == Int(EP_ABI_MAJOR), manifest.abi.minor <= Int(EP_ABI_MINOR) else {
            throw Failure(
                .usage,
                "\(manifest.id) needs ABI \(manifest.abi.major).\(manifest.abi.minor), this host has "
                    + "\(EP_ABI_MAJOR).\(EP_ABI_MINOR)", place: manifestPath,
                hint: "install a version of the provider for this host")
        }
    }

    func checkDigest() throws {
        guard let expected = manifest.library.sha256 else {
            throw Failure(
                .usage, "the manifest names no digest of its library", place: manifestPath,
                hint: "write it there after the last link or strip: sha256sum \(Ownership.quoted(libraryPath))")
        }
        let actual = try Digest.sha256(ofFile: libraryPath)
        guard actual.hex == expected else {
            throw Failure(
                .usage,
                "the library is not the one that its manifest names: sha256 \(actual.hex), expected \(expected)",
                place: libraryPath, hint: "reinstall the provider \(manifest.id)")
        }
    }

    func checkEmbedded(_ elf: ELF) throws {
        try EmbeddedManifest.compare(try EmbeddedManifest.read(elf), beside: document, library: libraryPath)
    }

    func checkExports(_ elf: ELF) throws {
        let entry = "eulerpublisher_provider_v1"
        let exported = try DynamicSection(of: elf).exported
        guard exported != [entry] else { return }
        let others = exported.filter { $0 != entry }
        let shown = others.prefix(5).joined(separator: " ") + (others.count > 5 ? " and \(others.count - 5) more" : "")
        throw Failure(
            .usage,
            exported.contains(entry) ? "besides \(entry) also \(shown) is exported" : "\(entry) is not exported",
            place: libraryPath, hint: "link it with a version script that keeps \(entry) and makes the rest local")
    }
}
