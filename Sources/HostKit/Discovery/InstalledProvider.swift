import Digest
public import Documents
import FoundationEssentials
import Glibc
public import Workers

/// A provider that was found: its manifest and where it lies. Nothing of it has been loaded.
public struct InstalledProvider: Sendable {
    public var manifest: ProviderManifest
    public var directory: String
    public var libraryPath: String { "\(directory)/\(manifest.library.file)" }

    /// Reads `DIRECTORY/provider.json`.
    public init(reading directory: String) throws {
        let path = "\(directory)/provider.json"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.usage, "the provider's manifest cannot be read", place: path)
        }
        do { manifest = try DocumentCoding.decode(ProviderManifest.self, from: data) } catch {
            throw Failure(.usage, "the provider's manifest is not valid", place: path, hint: "reinstall the provider")
        }
        guard !manifest.library.file.contains("/"), !manifest.library.file.isEmpty else {
            throw Failure(.usage, "library.file must be a file name without a slash", place: path)
        }
        self.directory = directory
    }

    /// Hashes the library and compares it with the manifest; the identity returned is what the worker checks again.
    /// - Throws: `Failure` when the digest is absent or differs, or the ABI is of another major version.
    public func verifiedForLoading() throws -> LibraryIdentity {
        guard manifest.abi.major == 1 else {
            throw Failure(
                .usage, "\(manifest.id) speaks ABI \(manifest.abi.major), this host ABI 1", place: directory,
                hint: "install a version of the provider for this host")
        }
        let identity = try LibraryIdentity(of: libraryPath)
        guard let expected = manifest.library.sha256 else {
            throw Failure(
                .usage, "the manifest names no digest of its library", place: "\(directory)/provider.json",
                hint: "install the provider from a staged tree")
        }
        let actual = try Digest.sha256(ofFile: libraryPath)
        guard actual.hex == expected else {
            throw Failure(
                .usage,
                "the library is not the one that its manifest names: sha256 \(actual.hex), expected \(expected)",
                place: libraryPath, hint: "reinstall the provider \(manifest.id)")
        }
        return identity
    }
}
