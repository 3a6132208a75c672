/// A package as rpm's database has it.
public struct RPMPackage: Sendable, Equatable {
    public var name: String
    public var epoch: UInt32?
    public var version: String
    public var release: String
    public var architecture: String
    public var licence: String?
    public var vendor: String?

    /// `EPOCH:VERSION-RELEASE`, without an epoch that is none.
    public var fullVersion: String { (epoch.map { "\($0):" } ?? "") + "\(version)-\(release)" }

    /// What came of a header, of which the first bytes may be enough.
    enum Reading {
        case package(RPMPackage)
        case incomplete
        case damaged
    }

    /// Reads a header as the database keeps it (rpm.org/docs, "RPM V4 Package format", "Header format"): two counts, entries of
    /// tag, type, offset and count, and the data that they point into; all big-endian.
    /// - Parameters:
    ///   - bytes: the header's first bytes, or all.
    ///   - size: how long the header is.
    static func read(_ bytes: ArraySlice<UInt8>, size: Int) -> Reading {
        guard size >= 8 else { return .damaged }
        guard bytes.count >= 8 else { return .incomplete }
        let (entries, length) = (bytes.big(0), bytes.big(4))
        // rpm's own limits are 64 Ki entries and 256 MiB of data.
        guard entries <= 1 << 16, length <= 1 << 28, 8 + entries * 16 + length <= size else { return .damaged }
        let data = 8 + entries * 16
        guard bytes.count >= data else { return .incomplete }
        let end = min(bytes.count, data + length)
        let isWhole = bytes.count >= data + length
        var texts: [Int: String] = [:]
        var epoch: UInt32?
        for entry in 0..<entries {
            let start = 8 + entry * 16
            let (tag, type, offset) = (bytes.big(start), bytes.big(start + 4), bytes.big(start + 8))
            guard offset <= length else { return .damaged }
            let from = data + offset
            switch (tag, type) {
            // Strings, and texts of which the first is that of the language C.
            case (1000...1002, 6), (1011, 6), (1014, 6), (1022, 6), (1011, 9), (1014, 9):
                let text = from < end ? bytes[(bytes.startIndex + from)..<(bytes.startIndex + end)] : []
                let word = text.prefix { $0 != 0 }
                if word.count == text.count && !isWhole { return .incomplete }
                texts[tag] = String(decoding: word.prefix(256), as: UTF8.self)
            case (1003, 4):
                if from + 4 > end && !isWhole { return .incomplete }
                if from + 4 <= end { epoch = UInt32(truncatingIfNeeded: bytes.big(from)) }
            default: continue
            }
        }
        guard let name = texts[1000], let version = texts[1001], let release = texts[1002], !name.isEmpty else {
            return .damaged
        }
        return .package(
            RPMPackage(
                name: name, epoch: epoch, version: version, release: release, architecture: texts[1022] ?? "noarch",
                licence: texts[1014], vendor: texts[1011]))
    }
}
