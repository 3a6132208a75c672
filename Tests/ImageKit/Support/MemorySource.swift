public import Blocks
public import Documents

/// Bytes in memory as a source.
public struct MemorySource: ByteSource {
    public var bytes: [UInt8]
    public init(_ bytes: [UInt8]) { self.bytes = bytes }
    public init(_ text: String) { bytes = Array(text.utf8) }

    public var size: UInt64 { UInt64(bytes.count) }

    public func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw Failure(.refused, "\(buffer.count) bytes at \(offset) reach past the end (\(size) bytes)")
        }
        buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64): what tests damage bytes with.
public struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    public init(_ seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with one to four of them changed, cut off, or set to a value that borders on another.
    public mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0..<damaged.count, using: &self)
            switch Int.random(in: 0..<8, using: &self) {
            case 0: damaged[place] = [0, 0xff, 0x7f, 0x80].randomElement(using: &self) ?? 0
            case 1: for other in place..<min(place + 4, damaged.count) { damaged[other] = 0xff }
            case 2 where place > 0: damaged.removeSubrange(place...)
            default: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            }
        }
        return damaged
    }
}
