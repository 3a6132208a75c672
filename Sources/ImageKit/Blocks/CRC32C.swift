/// The checksum of ext4's metadata: CRC-32C (Castagnoli), RFC 3720 appendix B.4, without the final inversion.
package enum CRC32C {
    /// Eight tables of 256, one after the other: eight bytes are taken at a time.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[index] = value
        }
        for index in 256..<8 * 256 {
            let value = tables[index - 256]
            tables[index] = value >> 8 ^ tables[Int(value & 0xFF)]
        }
        return tables
    }()

    /// Goes on from `seed`: `~0` to begin with, the last sum to continue.
    package static func sum(_ seed: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in bytes.withUnsafeBytes { sum(seed, $0, tables) } }
    }

    /// Each index is a byte and its table's begin: there is no other one.
    private static func sum(
        _ seed: UInt32, _ bytes: UnsafeRawBufferPointer, _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        var sum = seed
        var place = 0
        while bytes.count - place >= 8 {
            let word =
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) ^ UInt64(sum)
            sum = 0
            for byte in 0..<8 {
                sum ^= tables[(7 - byte) * 256 + Int(word >> UInt64(byte * 8) & 0xFF)]
            }
            place += 8
        }
        while place < bytes.count {
            sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[place])) & 0xFF)]
            place += 1
        }
        return sum
    }

    package static func sum(_ seed: UInt32, _ number: UInt32) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            withUnsafeBytes(of: number.littleEndian) { sum(seed, $0, tables) }
        }
    }
}
