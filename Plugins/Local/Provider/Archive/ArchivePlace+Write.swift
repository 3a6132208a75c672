import Digest
import Documents
import Files
import Glibc
import OCI
import ProviderKit

extension ArchivePlace {
    /// Bytes that a layer may unpack to.
    private static let layerLimit: Int64 = 64 << 30
    private static let step = 1 << 18

    /// Writes the whole archive under its hidden name: the list first, so that readers need not look far for it, then the
    /// configuration as it is, then each layer unpacked, as `docker save` has them.
    /// - Returns: the archive's size in bytes.
    func write() throws -> Int64 {
        // Nobody follows a link that somebody else laid there.
        unlink(partialPath)
        let file = try File(partialPath, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW)
        do {
            try add(ArchiveList.name, try list.bytes(), to: file)
            try add(list.configName, try ArchiveImage.bytes(try source(image.config), host), to: file)
            var written: Set<Digest> = []
            for (layer, diffID) in zip(image.layers, image.diffIDs) where written.insert(diffID).inserted {
                try add(try source(layer), unpackedTo: diffID, to: file)
            }
            try file.write(TarWriter.ending)
            guard fsync(file.descriptor) == 0 else { throw File.failure("write", partialPath) }
            return try file.size()
        } catch {
            unlink(partialPath)
            throw error
        }
    }

    private func source(_ descriptor: Descriptor) throws -> OperationRequest.File {
        guard let file = artifact.files.first(where: { $0.digest == "\(descriptor.digest)" }) else {
            throw Failure(.refused, "the image names \(descriptor.digest), and that is not there")
        }
        return file
    }

    private func add(_ name: String, _ bytes: [UInt8], to file: File) throws {
        try file.write(TarWriter.header(ofFile: name, size: Int64(bytes.count)))
        try file.write(bytes)
        try file.write(TarWriter.padding(after: Int64(bytes.count)))
    }

    /// How large a layer is shows when it is unpacked: its header is written last.
    private func add(_ layer: OperationRequest.File, unpackedTo diffID: Digest, to file: File) throws {
        let source = try SourceFile(host.open(layer.name))
        let start = try file.size()
        try file.write([UInt8](repeating: 0, count: 512))
        let stream = try LayerStream(
            layer.digest, compression: try compression(of: source, layer), hashesInput: !layer.verified,
            limit: Self.layerLimit, source: source.read)
        var size: Int64 = 0
        while true {
            try host.checkCancelled()
            let bytes = try stream.read(count: Self.step, at: size)
            if bytes.isEmpty { break }
            try file.write(bytes)
            size += Int64(bytes.count)
            host.progress(UInt64(start + size), of: 0, "unpack")
        }
        let result = try stream.finish()
        if let input = result.input, "\(input)" != layer.digest { throw SourceFile.changed(layer) }
        guard result.output == diffID else {
            throw Failure(
                .refused, "the layer unpacks to other bytes than its configuration says", place: layer.digest,
                hint: "the image is damaged: copy it anew")
        }
        try file.write(TarWriter.padding(after: size))
        let header = TarWriter.header(ofFile: ArchiveList.name(ofLayer: diffID), size: size)
        try header.withUnsafeBytes { try file.write($0, at: start) }
    }

    /// What the bytes are, whatever they are called.
    private func compression(of source: SourceFile, _ layer: OperationRequest.File) throws -> LayerStream.Compression {
        var first = [UInt8](repeating: 0, count: 4)
        let count = try first.withUnsafeMutableBytes { try source.read($0, at: 0) }
        if count >= 2, first[0] == 0x1f, first[1] == 0x8b { return .gzip }
        // RFC 8878, 3.1.1.
        guard first != [0x28, 0xb5, 0x2f, 0xfd] else {
            throw Failure(
                .usage, "the layer is compressed with zstd, which is not unpacked here", place: layer.digest,
                hint: "copy the image to oci:DIRECTORY, which keeps layers as they are")
        }
        return .none
    }

    /// Reads all of it again: the list, the configuration and every layer, by their digests.
    func readBack() throws {
        let file = try File(partialPath, O_RDONLY | O_NOFOLLOW)
        func lost(_ what: String) -> Failure {
            Failure(
                .refused, "\(what) read back is not what was written", place: partialPath,
                hint: "check the disk and publish again", retryable: true)
        }
        guard try ArchiveList.document(of: file) == list.bytes() else { throw lost("the list") }
        var expected: [String: Digest] = [list.configName: list.config]
        for layer in list.layers { expected[ArchiveList.name(ofLayer: layer)] = layer }
        var reader = try TarReader(file)
        while let entry = try reader.next() {
            guard let digest = expected.removeValue(forKey: entry.name) else { continue }
            guard try hash(file, from: entry.offset, count: entry.size) == digest else { throw lost(entry.name) }
        }
        if let name = expected.keys.min() { throw lost(name) }
    }

    private func hash(_ file: File, from start: Int64, count: Int64) throws -> Digest {
        var hasher = Hasher()
        let buffer = Buffer(Self.step)
        var done: Int64 = 0
        while done < count {
            try host.checkCancelled()
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer.bytes[..<Int(min(Int64(Self.step), count - done))])
            guard try file.read(piece, at: start + done) == piece.count else { throw File.failure("read", partialPath) }
            hasher.update(UnsafeRawBufferPointer(piece))
            done += Int64(piece.count)
            host.progress(UInt64(start + done), of: 0, "read back")
        }
        return hasher.finalize()
    }
}
