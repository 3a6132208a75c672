import CZlib
import CZstd

/// One piece of a disk, unpacked: its size is known before.
enum Unpacking {
    /// Raw deflate, without a wrapper.
    static func deflate(_ bytes: [UInt8], to size: Int) -> [UInt8]? { inflated(bytes, size, wrapped: false) }
    /// With zlib's header and checksum; a stream that ends sooner, as a disk's last piece may, is filled up with zeros.
    static func zlib(_ bytes: [UInt8], to size: Int) -> [UInt8]? { inflated(bytes, size, wrapped: true) }

    private static func inflated(_ bytes: [UInt8], _ size: Int, wrapped: Bool) -> [UInt8]? {
        var isWhole = false
        let result = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            let written = Int(ep_inflate(bytes, bytes.count, buffer.baseAddress, size, wrapped ? 1 : 0))
            isWhole = written == size || wrapped && written > 0
            guard isWhole else { return }
            buffer[written..<size].initialize(repeating: 0)
            filled = size
        }
        return isWhole ? result : nil
    }

    /// A frame, and whatever follows it in its last sector.
    static func zstd(_ bytes: [UInt8], to size: Int) -> [UInt8]? {
        // qemu's windows are no larger than a cluster, 2 MiB; twice as much is refused by none of its readers.
        guard let unpacker = ep_zstd_open(24) else { return nil }
        defer { ep_zstd_close(unpacker) }
        var taken = 0
        let result = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                var used = 0
                var written = 0
                let status = bytes.withUnsafeBufferPointer {
                    ep_zstd_step(
                        unpacker, $0.baseAddress.map { $0 + taken }, bytes.count - taken, &used,
                        buffer.baseAddress.map { $0 + filled }, size - filled, &written)
                }
                taken += used
                filled += written
                guard status == 0, used > 0 || written > 0 else { break }
            }
        }
        return result.count == size ? result : nil
    }
}
