/// The checksum of ext4's metadata: CRC-32C (Castagnoli), RFC 3720 appendix B.4, without the final inversion.
package enum CRC32C {
    private static let tables: [[UInt32]] = {
        var tables = [[UInt32]](repeating: [UInt32](repeating: 0, count: 256), count: 8)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
            tables[0][index] = value
        }
        for table in 1..<8 {
            for index in 0..<256 {
                let value = tables[table - 1][index]
                tables[table][index] = value >> 8 ^ tables[0][Int(value & 0xFF)]
            }
        }
        return tables
    }()

    /// Goes on from `seed`: `~0` to begin with, the last sum to continue.
    package static func sum(_ seed: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        let tables = tables
        var sum = seed
        var place = bytes.startIndex
        while bytes.endIndex - place >= 8 {
            let low =
                sum
                ^ (UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2]) << 16
                    | UInt32(bytes[place + 3]) << 24)
            sum =
                tables[7][Int(low & 0xFF)] ^ tables[6][Int(low >> 8 & 0xFF)] ^ tables[5][Int(low >> 16 & 0xFF)]
                ^ tables[4][Int(low >> 24)] ^ tables[3][Int(bytes[place + 4])] ^ tables[2][Int(bytes[place + 5])]
                ^ tables[1][Int(bytes[place + 6])] ^ tables[0][Int(bytes[place + 7])]
            place += 8
        }
        while place < bytes.endIndex {
            sum = sum >> 8 ^ tables[0][Int((sum ^ UInt32(bytes[place])) & 0xFF)]
            place += 1
        }
        return sum
    }

    package static func sum(_ seed: UInt32, _ number: UInt32) -> UInt32 {
        sum(
            seed,
            [
                UInt8(truncatingIfNeeded: number), UInt8(truncatingIfNeeded: number >> 8),
                UInt8(truncatingIfNeeded: number >> 16), UInt8(truncatingIfNeeded: number >> 24),
            ][...])
    }
}
