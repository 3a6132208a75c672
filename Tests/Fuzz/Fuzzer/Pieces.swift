import Blocks
import CZlib
import Documents

/// A large and mostly empty file in a small input: how long it is, and pieces of it with their places.
///
/// The input is: one byte of flags, the length in sectors (four bytes, lowest first), then pieces until it ends, each the
/// sector that it begins at (four bytes), its length (two) and its bytes. What is cut is taken as far as it goes.
struct Pieces: ByteSource {
    struct Piece {
        var offset: UInt64
        var bytes: [UInt8]
    }

    /// In bytes.
    static let headSize = 5
    static let pieceHead = 6
    private(set) var pieces: [Piece] = []
    let size: UInt64
    /// Whether checksums are left as the input has them: else they are made right, or no other number would ever count.
    let leavesSums: Bool

    init(_ input: UnsafeRawBufferPointer) {
        var bytes = Array(input)
        if bytes.count < Self.headSize { bytes += [UInt8](repeating: 0, count: Self.headSize - bytes.count) }
        leavesSums = bytes[0] & 1 != 0
        size = UInt64(Self.little(bytes, 1, 4)) * 512
        for place in Self.places(bytes) {
            let offset = UInt64(Self.little(bytes, place.head, 4)) * 512
            guard offset < size else { continue }
            let piece = bytes[place.body].prefix(Int(clamping: size - offset))
            if !piece.isEmpty { pieces.append(Piece(offset: offset, bytes: Array(piece))) }
        }
    }

    /// Where in an input each piece's head and bytes are.
    static func places(_ input: [UInt8]) -> [(head: Int, body: Range<Int>)] {
        var found: [(head: Int, body: Range<Int>)] = []
        var place = headSize
        while place + pieceHead <= input.count, found.count < 256 {
            let start = place + pieceHead
            let end = min(input.count, start + Int(little(input, place + 4, 2)))
            found.append((place, start..<end))
            place = end
        }
        return found
    }

    static func little(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt32 {
        (0..<width).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw Failure(.refused, "\(buffer.count) bytes at \(offset) reach past the end (\(size) bytes)")
        }
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        let end = offset + UInt64(buffer.count)
        for piece in pieces {
            let from = max(offset, piece.offset)
            let to = min(end, piece.offset + UInt64(piece.bytes.count))
            guard from < to else { continue }
            UnsafeMutableRawBufferPointer(rebasing: buffer[Int(from - offset)..<Int(to - offset)])
                .copyBytes(from: piece.bytes[Int(from - piece.offset)..<Int(to - piece.offset)])
        }
    }

    /// Later pieces lie over earlier ones.
    mutating func write(_ bytes: [UInt8], at offset: UInt64) {
        guard offset < size, UInt64(bytes.count) <= size - offset else { return }
        pieces.append(Piece(offset: offset, bytes: bytes))
    }

    /// nil where the file ends before.
    func part(_ offset: UInt64, _ count: Int) -> [UInt8]? {
        guard offset <= size, UInt64(count) <= size - offset else { return nil }
        return try? bytes(at: offset, count: count)
    }
}

/// Checksums of the formats that have some, made right.
extension Pieces {
    mutating func mendSums() {
        guard !leavesSums else { return }
        mendVHD()
        mendVHDX()
        mendGPT(at: 1)
        mendGPT(at: max(size / 512, 1) - 1)
    }

    private mutating func mendVHD() {
        guard size >= 512 else { return }
        for place in [0, size - 512] {
            guard var footer = part(place, 512), footer.starts(with: "conectix".utf8) else { continue }
            Self.mend(&footer, sumAt: 64)
            write(footer, at: place)
            let header = (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64(footer[16 + $1]) }
            guard header < size, var dynamic = part(header, 1024) else { continue }
            Self.mend(&dynamic, sumAt: 36)
            write(dynamic, at: header)
        }
    }

    private static func mend(_ bytes: inout [UInt8], sumAt place: Int) {
        for index in place..<place + 4 { bytes[index] = 0 }
        let sum = ~bytes.reduce(UInt32(0)) { $0 &+ UInt32($1) }
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * index)) }
    }

    private mutating func mendVHDX() {
        guard part(0, 8)?.elementsEqual("vhdxfile".utf8) == true else { return }
        for (place, count) in [(65536, 4096), (131072, 4096), (196_608, 65536), (262_144, 65536)] {
            guard var bytes = part(UInt64(place), count) else { continue }
            for index in 4..<8 { bytes[index] = 0 }
            Self.put(~CRC32C.sum(~0, bytes[...]), in: &bytes, at: 4)
            write(bytes, at: UInt64(place))
        }
    }

    private mutating func mendGPT(at sector: UInt64) {
        guard var header = part(sector * 512, 512), header.starts(with: "EFI PART".utf8) else { return }
        let start = UInt64(Self.little(header, 72, 4)) * 512
        let length = UInt64(Self.little(header, 80, 4)) * UInt64(Self.little(header, 84, 4))
        if length <= 1 << 20, let array = part(start, Int(length)) {
            Self.put(ep_crc32(0, array, array.count), in: &header, at: 88)
        }
        Self.put(0, in: &header, at: 16)
        let size = Int(min(Self.little(header, 12, 4), 512))
        Self.put(ep_crc32(0, header, size), in: &header, at: 16)
        write(header, at: sector * 512)
    }

    private static func put(_ number: UInt32, in bytes: inout [UInt8], at place: Int) {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * index)) }
    }
}
