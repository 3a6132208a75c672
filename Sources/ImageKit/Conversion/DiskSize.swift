public import Documents

/// A disk's size as people write it: bytes, or a number with K, M, G or T (of 1024), alone or as so much more than now.
public struct DiskSize: Sendable, Equatable {
    public var bytes: UInt64
    /// Written with a `+` before it.
    public var isMore: Bool

    /// - Throws: `Failure` (usage) if it is none.
    public init(_ text: String) throws(Failure) {
        let wrong = Failure(
            .usage, "no size: \(Printable.line(text))", hint: "write bytes, or a number with K, M, G or T: 40G, +10G")
        var rest = text[...]
        isMore = rest.first == "+"
        if isMore { rest.removeFirst() }
        var unit: UInt64 = 1
        for ending in ["iB", "B"] where rest.hasSuffix(ending) {
            rest.removeLast(ending.count)
            break
        }
        if let shift = ["K": 10, "M": 20, "G": 30, "T": 40][rest.last?.uppercased() ?? ""] {
            unit = 1 << UInt64(shift)
            rest.removeLast()
        }
        guard !rest.isEmpty, rest.allSatisfy({ $0.isASCII && $0.isNumber }), let number = UInt64(rest) else {
            throw wrong
        }
        let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        guard !isTooLarge, bytes > 0 else { throw wrong }
        self.bytes = bytes
    }

    /// Of a disk that has so many bytes now.
    /// - Throws: `Failure` (usage) if it is more than any disk has.
    public func size(from now: UInt64) throws(Failure) -> UInt64 {
        let (sum, isTooLarge) = bytes.addingReportingOverflow(isMore ? now : 0)
        guard !isTooLarge, sum <= 64 << 40 else { throw Failure(.usage, "the disk would be larger than 64 TiB") }
        return sum
    }
}
