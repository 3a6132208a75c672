/// The lines of a text in bytes, one at a time: a file of nothing but ends of lines costs no more memory than another.
///
/// A line has no end of line with it; after the last one comes an empty line, as `split` has it, if the text ends with one.
public struct ByteLines: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var start: Int? = 0

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    public mutating func next() -> ArraySlice<UInt8>? {
        guard let from = start else { return nil }
        let rest = bytes[from...]
        guard let end = rest.firstIndex(of: 10) else {
            start = nil
            return rest
        }
        start = end + 1
        return bytes[from..<end]
    }
}
