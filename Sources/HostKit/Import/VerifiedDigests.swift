import Digest
import Documents
import Files
import FoundationEssentials
import Glibc
import OCI

/// Remembers which files were hashed and found right, so that the same bytes are not hashed again: a file counts as the same
/// by device, inode, size, modification and change time. Losable.
public struct VerifiedDigests: Sendable {
    private let directory: String

    /// - Parameter cache: the host's cache directory.
    public init(cache: String) { directory = "\(cache)/verified" }

    /// Hashes what is not known to be right, a few files at once.
    /// - Throws: `Failure` for a file with other bytes; `CancellationError`.
    public func verify(_ blobs: [ExistingImage.Blob]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, blob) in blobs.enumerated() {
                if number >= 4 { try await group.next() }
                group.addTask { try verify(blob) }
            }
            try await group.waitForAll()
        }
    }

    private func verify(_ blob: ExistingImage.Blob) throws {
        let (digest, path) = (blob.descriptor.digest, blob.path)
        guard let before = Self.identity(path) else {
            throw Failure(.refused, "the blob is not a file", place: path, hint: "copy the image into the layout again")
        }
        let note = "\(directory)/\(digest.hex)"
        if let known = try? File.contents(note, limit: 256), known == Array(before.utf8) { return }
        let found = try Digest.sha256(ofFile: path)
        guard found == digest, Self.identity(path) == before else {
            throw Failure(
                .refused, "the blob's bytes are not those of its digest (\(found))", place: path,
                hint: "the image is damaged: copy it again")
        }
        try? File.makeDirectories(directory)
        try? File.replace(note, with: Array(before.utf8))
    }

    private static func identity(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        func time(_ time: timespec) -> String { "\(time.tv_sec).\(time.tv_nsec)" }
        return
            "\(status.st_dev) \(status.st_ino) \(status.st_size) \(time(status.st_mtim)) \(time(status.st_ctim))"
    }
}
