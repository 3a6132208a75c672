import CSystem
import Glibc
import ProviderAPI

extension HostTable {
    /// The views of the artifact. Blocks are read in this process, from the descriptor that came with the job: no
    /// message
    /// is sent for a read, and pread needs no lock.
    func fillArtifact() {
        host.pointee.artifact_open = { context, name, size, descriptor in
            guard let descriptor, size <= EP_LIMIT_NAME else { return EP_INVALID }
            let reply = HostTable.of(context).connection.request(.artifactOpen, fields(bytes(name, size)))
            guard let reply else { return EP_CANCELLED }
            var reader = FieldReader(reply.payload)
            let status = Int32(truncatingIfNeeded: (try? reader.number()) ?? UInt64(EP_INTERNAL))
            guard status == EP_OK, let opened = reply.descriptors.first else {
                return status == EP_OK ? EP_INTERNAL : status
            }
            descriptor.pointee = opened
            return EP_OK
        }
        host.pointee.artifact_size = { UInt64(max(0, eps_size(HostTable.of($0).blocks))) }
        host.pointee.artifact_read = { context, offset, buffer, size in
            let blocks = HostTable.of(context).blocks
            guard blocks >= 0, let buffer, offset <= Int64.max else { return -1 }
            var total = 0
            while total < Int(clamping: size) {
                let got = pread(blocks, buffer + total, Int(clamping: size) - total, off_t(offset) + off_t(total))
                if got < 0 && errno == EINTR { continue }
                if got < 0 { return -1 }
                if got == 0 { break }
                total += got
            }
            return Int64(total)
        }
        host.pointee.artifact_next_extent = { context, offset, extent in
            let blocks = HostTable.of(context).blocks
            guard blocks >= 0 else { return EP_UNSUPPORTED }
            guard let extent else { return EP_INVALID }
            var length: UInt64 = 0
            let kind = eps_extent(blocks, offset, &length)
            guard kind >= 0 else { return EP_INTERNAL }
            guard kind > 0 else { return EP_NOT_FOUND }
            var piece = ep_extent()
            piece.header = header(of: ep_extent.self)
            piece.offset = offset
            piece.length = length
            piece.flags = kind == 2 ? EP_EXTENT_HOLE : 0
            store(piece, in: extent, callersSize: extent.pointee.header.size)
            return EP_OK
        }
        host.pointee.image_stat = { context, path, size, stat in
            guard let stat, size <= EP_LIMIT_PATH else { return EP_INVALID }
            let reply = HostTable.of(context).call(.treeStat, fields(bytes(path, size)))
            guard reply.status == EP_OK else { return reply.status }
            var reader = FieldReader(reply.data)
            guard let bytes = try? reader.number(), let mode = try? reader.number(), let user = try? reader.number(),
                let group = try? reader.number(), let modified = try? reader.number()
            else { return EP_INTERNAL }
            var result = ep_image_stat()
            result.header = header(of: ep_image_stat.self)
            result.size = bytes
            result.mode = UInt32(truncatingIfNeeded: mode)
            result.uid = UInt32(truncatingIfNeeded: user)
            result.gid = UInt32(truncatingIfNeeded: group)
            result.mtime = Int64(bitPattern: modified)
            store(result, in: stat, callersSize: stat.pointee.header.size)
            return EP_OK
        }
        host.pointee.image_read = { context, path, size, limit, sink in
            guard size <= EP_LIMIT_PATH, limit <= EP_LIMIT_IMAGE else { return EP_INVALID }
            var writer = FieldWriter()
            writer.field(bytes(path, size))
            writer.number(limit)
            return HostTable.of(context).call(.treeRead, writer.bytes, into: sink)
        }
        host.pointee.image_list = { context, path, size, sink in
            guard size <= EP_LIMIT_PATH else { return EP_INVALID }
            return HostTable.of(context).call(.treeList, fields(bytes(path, size)), into: sink)
        }
    }
}

/// Fills a struct of the caller's, who may know fewer fields: a size of 0 means that the caller left the header empty.
private func store<Structure>(_ value: Structure, in pointer: UnsafeMutablePointer<Structure>, callersSize: UInt32) {
    let size = callersSize == 0 ? MemoryLayout<Structure>.size : min(Int(callersSize), MemoryLayout<Structure>.size)
    withUnsafeBytes(of: value) { UnsafeMutableRawPointer(pointer).copyMemory(from: $0.baseAddress!, byteCount: size) }
}
