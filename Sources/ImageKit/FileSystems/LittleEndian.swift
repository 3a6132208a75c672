import Documents

/// Numbers as file systems of PCs keep them, lowest byte first, out of bytes that an image gave.
extension [UInt8] {
    func u8(_ offset: Int) throws(Failure) -> UInt8 {
        guard offset >= 0, offset < count else { throw past(offset) }
        return self[offset]
    }

    func u16(_ offset: Int) throws(Failure) -> UInt16 {
        guard offset >= 0, offset <= count - 2 else { throw past(offset) }
        return UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
    }

    func u32(_ offset: Int) throws(Failure) -> UInt32 {
        guard offset >= 0, offset <= count - 4 else { throw past(offset) }
        return UInt32(self[offset]) | UInt32(self[offset + 1]) << 8 | UInt32(self[offset + 2]) << 16
            | UInt32(self[offset + 3]) << 24
    }

    func u64(_ offset: Int) throws(Failure) -> UInt64 {
        UInt64(try u32(offset)) | UInt64(try u32(offset + 4)) << 32
    }

    /// Highest byte first, as XFS and LUKS keep them.
    func big32(_ offset: Int) throws(Failure) -> UInt32 { try u32(offset).byteSwapped }
    func big64(_ offset: Int) throws(Failure) -> UInt64 { try u64(offset).byteSwapped }

    func part(_ offset: Int, _ length: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard offset >= 0, length >= 0, length <= count, offset <= count - length else { throw past(offset) }
        return self[offset..<offset + length]
    }

    /// Whether the bytes at the offset are these; false past the end.
    func matches(_ text: some Collection<UInt8>, at offset: Int) -> Bool {
        guard offset >= 0, text.count <= count, offset <= count - text.count else { return false }
        return self[offset..<offset + text.count].elementsEqual(text)
    }

    private func past(_ offset: Int) -> Failure {
        Failure(.refused, "a field at byte \(offset) reaches past its structure of \(count) bytes")
    }
}

/// A fixed field that holds text: up to its first zero, without the blanks at its end, as blkid prints it.
func fieldText(_ bytes: some Collection<UInt8>) -> String? {
    var text = Array(bytes.prefix { $0 != 0 })
    while let last = text.last, last == 0x20 || (0x09...0x0D).contains(last) { text.removeLast() }
    return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
}

/// Sixteen bytes as a UUID is written; nil if all are zero.
func uuidText(_ bytes: some Collection<UInt8>) -> String? {
    guard bytes.count == 16, bytes.contains(where: { $0 != 0 }) else { return nil }
    var text = ""
    for (place, byte) in bytes.enumerated() {
        if [4, 6, 8, 10].contains(place) { text += "-" }
        text += hexadecimal(byte)
    }
    return text
}

func hexadecimal(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
}
