import Digest
import Documents
import Files
import Glibc
import OCI
import ProviderKit

extension Local {
    /// Copies those of the artifact's files that the layout lacks, each hashed on its way and named only when it is whole.
    func copy(_ request: OperationRequest, where wanted: (OperationRequest.File) -> Bool) throws -> OperationResult {
        guard let artifact = request.artifact else { throw Failure(.usage, "\(request.operation) needs an artifact") }
        let layout = try Layout(creating: request.target.address)
        let files = artifact.files.filter(wanted)
        let total = UInt64(files.reduce(0) { $0 + $1.size })
        var sent: Int64 = 0
        var skipped: Int64 = 0
        for file in files {
            let digest = try Digest(parsing: file.digest)
            if layout.has(digest, size: file.size) {
                skipped += file.size
            } else {
                let before = sent + skipped
                try copy(file, digest, to: layout) { host.progress(UInt64(before + $0), of: total, "upload") }
                sent += file.size
            }
            host.progress(UInt64(sent + skipped), of: total, "upload")
        }
        var result = OperationResult()
        result.sentBytes = sent
        result.skippedBytes = skipped
        result.digest = artifact.digest
        return result
    }

    private func copy(
        _ file: OperationRequest.File, _ digest: Digest, to layout: Layout, progress: (Int64) -> Void
    ) throws {
        let source = try host.open(file.name)
        defer { close(source) }
        let target = try layout.temporary()
        do {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
            defer { buffer.deallocate() }
            var hasher = Hasher()
            var done: Int64 = 0
            while true {
                try host.checkCancelled()
                let count = pread(source, buffer.baseAddress, buffer.count, off_t(done))
                guard count >= 0 else { throw File.failure("read", file.name) }
                if count == 0 { break }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                hasher.update(bytes)
                try target.write(bytes)
                done += Int64(count)
                progress(done)
            }
            guard done == file.size, hasher.finalize() == digest else {
                throw Failure(
                    .refused, "the source's bytes are not those of its digest", place: file.digest,
                    hint: "remove the cache and prepare again")
            }
            try layout.adopt(target, as: digest)
        } catch {
            unlink(target.path)
            throw error
        }
    }
}
