import Documents

/// A file of a cpio archive, as its header states it.
public struct CpioEntry: Sendable, Equatable {
    /// Without `./` or a slash before it.
    public var name: String
    /// Kind and permissions, as in stat(2).
    public var mode: UInt32
    public var user: UInt32
    public var group: UInt32
    /// In bytes. Of hard links, the last one has the data, and the others have none.
    public var size: UInt64

    public var isFile: Bool { mode & 0o170000 == 0o100000 }
    public var isLink: Bool { mode & 0o170000 == 0o120000 }
}

/// The files of one cpio archive of the form `newc` or `crc`, the two that the kernel unpacks
/// (docs.kernel.org/driver-api/early-userspace/buffer-format.html).
final class CpioReader {
    /// In bytes, as in the kernel.
    static let nameLimit: UInt64 = 4096
    static let headerSize = 110

    private let stream: any ByteStream
    private let place: String
    /// What is left of the newest file, and the zeros after it.
    private var left: UInt64 = 0
    private var padding: UInt64 = 0
    /// What the newest header says that the data's bytes add up to; nil for `newc`.
    private var stated: UInt32?
    private var sum: UInt32 = 0

    /// - Parameter stream: stands at the first header.
    init(_ stream: any ByteStream, place: String) { (self.stream, self.place) = (stream, place) }

    /// The next file; nil when the archive has ended, with its mark or with the stream.
    func next() throws(Failure) -> CpioEntry? {
        try finish()
        let header = try stream.bytes(Self.headerSize)
        if header.isEmpty { return nil }
        guard header.count == Self.headerSize else { throw damaged("it ends within a header") }
        let isChecked = header.starts(with: Array("070702".utf8))
        guard isChecked || header.starts(with: Array("070701".utf8)) else {
            throw damaged("no header of cpio's form newc stands where one belongs")
        }
        var fields: [UInt32] = []
        for field in 0..<13 {
            guard let value = Self.hexadecimal(header[(6 + 8 * field)..<(14 + 8 * field)]) else {
                throw damaged("a number in a header is none")
            }
            fields.append(value)
        }
        let nameSize = UInt64(fields[11])
        guard nameSize > 0, nameSize <= Self.nameLimit else { throw damaged("a name of \(nameSize) bytes") }
        let name = try stream.bytes(Int(nameSize))
        guard UInt64(name.count) == nameSize, name.last == 0 else { throw damaged("a name does not end") }
        try pass((4 - (UInt64(Self.headerSize) + nameSize) % 4) % 4)
        left = UInt64(fields[6])
        padding = (4 - left % 4) % 4
        // cpio sums up the bytes of files, and not what links say.
        stated = isChecked && fields[1] & 0o170000 == 0o100000 && left > 0 ? fields[12] : nil
        sum = 0
        let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        if text == "TRAILER!!!" {
            try finish()
            return nil
        }
        return CpioEntry(
            name: Self.bare(text), mode: fields[1], user: fields[2], group: fields[3], size: UInt64(fields[6]))
    }

    /// The newest file's bytes, at most `limit` of them.
    func content(_ limit: Int) throws(Failure) -> [UInt8] {
        let bytes = try stream.bytes(Int(min(left, UInt64(limit))))
        guard UInt64(bytes.count) == min(left, UInt64(limit)) else { throw damaged("it ends within a file") }
        for byte in bytes { sum &+= UInt32(byte) }
        left -= UInt64(bytes.count)
        return bytes
    }

    /// Passes over what is left of the newest file, and holds its bytes against their sum.
    private func finish() throws(Failure) {
        if let stated {
            while left > 0 { _ = try content(64 << 10) }
            guard sum == stated else { throw damaged("a file's bytes do not add up to its header's sum") }
        }
        // Padding may be left out at the very end.
        let skipped = try stream.skip(left + padding)
        guard skipped >= left else { throw damaged("it ends within a file") }
        (left, padding, stated) = (0, 0, nil)
    }

    private func pass(_ count: UInt64) throws(Failure) { _ = try stream.skip(count) }

    private func damaged(_ what: String) -> Failure {
        Failure(
            .refused, "its archive is damaged: \(what)", place: place, hint: InitramfsArchive.repair)
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }

    private static func bare(_ name: String) -> String {
        var name = name[...]
        while name.hasPrefix("/") || name.hasPrefix("./") { name = name.drop { $0 == "." }.drop { $0 == "/" } }
        return String(name)
    }
}
