import Documents

/// Numbers out of bytes that an image gave; past their end is its fault and no crash.
struct Numbers {
    let bytes: [UInt8]
    /// What the bytes are, for the message: `the header`.
    let what: String

    init(_ bytes: [UInt8], _ what: String) { (self.bytes, self.what) = (bytes, what) }

    private func number(_ offset: Int, _ width: Int) throws(Failure) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - width else {
            throw Failure(.refused, "\(what) is cut short", hint: "the image is damaged: make it again")
        }
        return (0..<width).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
    }

    func u8(_ offset: Int) throws(Failure) -> UInt8 { UInt8(try number(offset, 1)) }
    func little16(_ offset: Int) throws(Failure) -> UInt16 { UInt16(try number(offset, 2)) }
    func little32(_ offset: Int) throws(Failure) -> UInt32 { UInt32(try number(offset, 4)) }
    func little64(_ offset: Int) throws(Failure) -> UInt64 { try number(offset, 8) }
    func big32(_ offset: Int) throws(Failure) -> UInt32 { try little32(offset).byteSwapped }
    func big64(_ offset: Int) throws(Failure) -> UInt64 { try little64(offset).byteSwapped }

    func matches(_ text: some Collection<UInt8>, at offset: Int) -> Bool {
        offset >= 0 && offset <= bytes.count - text.count
            && bytes[offset..<offset + text.count].elementsEqual(text)
    }

    func text(_ offset: Int, _ length: Int) -> String {
        guard offset >= 0, length >= 0, length <= bytes.count, offset <= bytes.count - length else { return "" }
        return String(decoding: bytes[offset..<offset + length].prefix { $0 != 0 }, as: UTF8.self)
    }
}

extension Failure {
    /// The image's numbers can't be true.
    static func damaged(_ what: String) -> Failure {
        Failure(.refused, what, hint: "the image is damaged: make it again")
    }

    /// The format can do it and nobody takes it.
    static func unwanted(_ what: String, _ hint: String) -> Failure { Failure(.refused, what, hint: hint) }
}
