import Blocks
import Documents

/// The write-ahead log of a database that was not closed (sqlite.org/fileformat2.html, section 4): pages newer than the file's.
/// Frames count up to the last commit of those whose sums are right, as they do for SQLite itself.
struct SQLiteLog {
    /// In bytes. SQLite begins anew after some 4 MiB.
    private static let limit: UInt64 = 256 << 20

    private let source: any ByteSource
    private let pageSize: Int
    /// Where the newest form of a page is.
    private let offsets: [Int: UInt64]
    /// How many pages the database has after the last commit; 0 if nothing was committed.
    let pages: Int

    init(_ source: any ByteSource, pageSize: Int) throws(Failure) {
        (self.source, self.pageSize) = (source, pageSize)
        var (offsets, committed, pages): ([Int: UInt64], [Int: UInt64], Int) = ([:], [:], 0)
        guard source.size <= Self.limit else {
            throw SQLiteFile.damaged("a log of \(source.size) bytes, and \(Self.limit) are read")
        }
        guard source.size >= 32 else {
            (self.offsets, self.pages) = ([:], 0)
            return
        }
        let header = try source.bytes(at: 0, count: 32)
        let magic = header.big(0)
        guard magic == 0x377f_0682 || magic == 0x377f_0683, header.big(8) == pageSize else {
            throw SQLiteFile.damaged("its log is none")
        }
        let isBig = magic & 1 == 1
        var sum = Sum(isBig: isBig)
        sum.add(header[..<24])
        guard sum.equals(header[24...]) else {
            (self.offsets, self.pages) = ([:], 0)
            return
        }
        var place: UInt64 = 32
        while source.size - place >= UInt64(24 + pageSize) {
            let frame = try source.bytes(at: place, count: 24 + pageSize)
            guard frame[8..<16].elementsEqual(header[16..<24]) else { break }
            sum.add(frame[..<8])
            sum.add(frame[24...])
            guard sum.equals(frame[16..<24]) else { break }
            let number = frame.big(0)
            guard number > 0 else { break }
            offsets[number] = place + 24
            if frame.big(4) > 0 {
                committed.merge(offsets) { $1 }
                offsets = [:]
                pages = frame.big(4)
            }
            place += UInt64(24 + pageSize)
        }
        self.offsets = committed
        // Pages are in the file or in the log, and a number of pages that is neither is a lie.
        self.pages = min(pages, committed.keys.max() ?? 0)
    }

    func page(_ number: Int) throws(Failure) -> [UInt8]? {
        guard let offset = offsets[number] else { return nil }
        return try source.bytes(at: offset, count: pageSize)
    }

    private struct Sum {
        let isBig: Bool
        var one: UInt32 = 0
        var two: UInt32 = 0

        init(isBig: Bool) { self.isBig = isBig }

        /// - Parameter bytes: a multiple of eight.
        mutating func add(_ bytes: ArraySlice<UInt8>) {
            var at = bytes.startIndex
            while at + 8 <= bytes.endIndex {
                one = one &+ word(bytes, at) &+ two
                two = two &+ word(bytes, at + 4) &+ one
                at += 8
            }
        }

        private func word(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
            let (a, b, c, d) = (UInt32(bytes[at]), UInt32(bytes[at + 1]), UInt32(bytes[at + 2]), UInt32(bytes[at + 3]))
            return isBig ? a << 24 | b << 16 | c << 8 | d : d << 24 | c << 16 | b << 8 | a
        }

        /// Sums are stored big-endian whatever the words are read as.
        func equals(_ bytes: ArraySlice<UInt8>) -> Bool {
            bytes.big(0) == Int(one) && bytes.big(4) == Int(two)
        }
    }
}
