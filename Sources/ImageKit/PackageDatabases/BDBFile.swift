import Blocks
import Documents

/// The headers in a hash of Berkeley DB, Packages, as rpm kept them before 4.16 (dbinc/db_page.h of Berkeley DB 5; rpm's read-only reader
/// lib/backend/bdb_ro.cc). Every page that holds entries is read in the file's order, so no bucket has to be known.
struct BDBFile {
    private let window: Window
    private let pageSize: Int
    private let pages: Int
    private let isBig: Bool

    init(_ source: any ByteSource) throws(Failure) {
        window = Window(source)
        guard source.size >= 512 else { throw Self.damaged("it is shorter than a page") }
        let header = try window.bytes(0, 512)
        isBig = header.big(12) == 0x061561
        guard isBig || header.little(12) == 0x061561 else { throw Self.damaged("it is no hash of Berkeley DB") }
        pageSize = isBig ? header.big(20) : header.little(20)
        guard (512...65536).contains(pageSize), pageSize & (pageSize - 1) == 0 else {
            throw Self.damaged("pages of \(pageSize) bytes")
        }
        // The byte that says how the file is encrypted, and the one of the page's type.
        guard header[24] == 0, header[25] == 8 else { throw Self.damaged("it is encrypted, or its first page is none") }
        pages = Int(min(source.size / UInt64(pageSize), UInt64(Int32.max)))
    }

    private static func damaged(_ what: String) -> Failure {
        Failure(
            .refused, "the Berkeley database is damaged: \(what)", hint: "rebuild it in the guest: rpm --rebuilddb")
    }

    private func number(_ bytes: [UInt8], _ offset: Int, _ count: Int = 4) -> Int {
        isBig ? bytes.big(offset, count) : bytes.little(offset, count)
    }

    /// Visits the value of each entry: its first bytes, how long it is, and what reads it whole.
    func blobs(
        first: Int,
        _ visit: (ArraySlice<UInt8>, _ size: Int, _ whole: () throws(Failure) -> [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var budget = 2 * pages * pageSize
        for page in 1..<max(1, pages) {
            let bytes = try window.bytes(UInt64(page) * UInt64(pageSize), pageSize)
            // Pages of a hash, sorted and not.
            guard bytes[25] == 13 || bytes[25] == 2 else { continue }
            let entries = number(bytes, 20, 2)
            guard 26 + 2 * entries <= pageSize else {
                throw Self.damaged("more entries than page \(page) has room for")
            }
            // Keys and values take turns, from the page's end to its middle; values that are long lie elsewhere.
            for entry in stride(from: 1, to: entries, by: 2) {
                let (key, place) = (number(bytes, 24 + 2 * entry, 2), number(bytes, 26 + 2 * entry, 2))
                guard place >= 26, place < key, key < pageSize else {
                    throw Self.damaged("an entry outside of page \(page)")
                }
                if bytes[place] == 1 {
                    // Under the number 0 stands how many packages there were, which is no header.
                    if bytes[key...].dropFirst().prefix(4).allSatisfy({ $0 == 0 }) { continue }
                    let value = bytes[(place + 1)..<key]
                    try visit(value, value.count) { () throws(Failure) in Array(value) }
                    continue
                }
                guard bytes[place] == 3, place + 12 <= pageSize else {
                    throw Self.damaged("an entry of an unknown kind on page \(page)")
                }
                let (start, size) = (number(bytes, place + 4), number(bytes, place + 8))
                guard size <= pages * pageSize else { throw Self.damaged("a value that is longer than the file") }
                try visit(try chain(start, min(size, first), &budget)[...], size) { () throws(Failure) in
                    try chain(start, size, &budget)
                }
            }
        }
    }

    /// The bytes on the pages from `start` on.
    private func chain(_ start: Int, _ count: Int, _ budget: inout Int) throws(Failure) -> [UInt8] {
        var (bytes, next): ([UInt8], Int) = ([], start)
        while bytes.count < count {
            budget -= pageSize
            guard budget >= 0, next > 0, next < pages else { throw Self.damaged("a value that does not end") }
            let page = try window.bytes(UInt64(next) * UInt64(pageSize), pageSize)
            let length = number(page, 22, 2)
            guard page[25] == 7, length > 0, 26 + length <= pageSize else {
                throw Self.damaged("page \(next) is no value's")
            }
            bytes += page[26..<26 + length].prefix(count - bytes.count)
            next = number(page, 16)
        }
        return bytes
    }
}
