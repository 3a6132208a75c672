import Digest
import Documents
import Files
import Glibc
import OCI

/// The artifact's blobs by digest, read through the host. What it gives is checked, never believed.
struct ArtifactBlobs: Sendable {
    typealias Read = @Sendable (String) throws -> Int32

    /// Manifests of this size and more are not read: a registry would not take them.
    static let documentLimit = 4 << 20

    let files: [String: OperationRequest.File]
    private let read: Read

    init(_ artifact: OperationRequest.Artifact, read: @escaping Read) {
        files = Dictionary(artifact.files.map { ($0.digest, $0) }) { first, _ in first }
        self.read = read
    }

    enum Trouble: Error {
        /// A fault of the image's.
        case fault(String)
        /// Nothing that can be said about the image.
        case unreadable(String)

        var text: String {
            switch self {
            case .fault(let text), .unreadable(let text): text
            }
        }
    }

    /// A blob of which the size is right.
    func open(_ descriptor: Descriptor) throws -> OpenBlob {
        let name = "\(descriptor.digest)"
        guard let file = files[name] else { throw Trouble.fault("\(name) is not among the artifact's files") }
        guard file.size == descriptor.size else {
            throw Trouble.fault("\(name) is \(file.size) bytes, and its descriptor says \(descriptor.size)")
        }
        let blob: OpenBlob
        do { blob = OpenBlob(try read(file.name), name) } catch let failure as Failure {
            let text = "\(name) cannot be opened: \(failure.message)"
            throw failure.code == .notFound ? Trouble.fault(text) : Trouble.unreadable(text)
        }
        let size = try blob.size()
        guard size == descriptor.size else {
            throw Trouble.fault("\(name) has \(size) bytes on disk, and its descriptor says \(descriptor.size)")
        }
        return blob
    }

    func isVerified(_ descriptor: Descriptor) -> Bool { files["\(descriptor.digest)"]?.verified == true }

    /// The whole of a small blob, hashed unless somebody did.
    func document(_ descriptor: Descriptor, limit: Int = documentLimit) throws -> [UInt8] {
        let blob = try open(descriptor)
        guard descriptor.size <= limit else {
            throw Trouble.unreadable("\(descriptor.digest) is larger than \(limit) bytes, and was not read")
        }
        let bytes = try [UInt8](unsafeUninitializedCapacity: Int(descriptor.size)) { buffer, count in
            count = try blob.read(UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
        guard Int64(bytes.count) == descriptor.size else {
            throw Trouble.fault("\(descriptor.digest) became shorter while it was read")
        }
        guard isVerified(descriptor) || sha256(bytes) == descriptor.digest else {
            throw Trouble.fault("\(descriptor.digest) has other bytes than its digest says")
        }
        return bytes
    }

    /// Hashes a blob of any size.
    func hash(_ descriptor: Descriptor) throws {
        let blob = try open(descriptor)
        let stream = try LayerStream(
            "\(descriptor.digest)", compression: .none, hashesInput: true, limit: 0, source: blob.read)
        guard try stream.finish().input == descriptor.digest else {
            throw Trouble.fault("\(descriptor.digest) has other bytes than its digest says")
        }
    }
}

/// A descriptor that the host gave, closed with the value.
final class OpenBlob: Sendable {
    private let number: Int32
    private let name: String

    init(_ number: Int32, _ name: String) {
        self.number = number
        self.name = name
    }

    deinit { close(number) }

    func size() throws -> Int64 {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw File.failure("stat", name) }
        return Int64(status.st_size)
    }

    /// Fills as much of the buffer as there is before the end of the file.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(number, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw File.failure("read", name) }
            if count == 0 { break }
            done += count
        }
        return done
    }
}
