import Blocks
import Documents

/// Reads the rows of a table of an SQLite database that nobody writes (sqlite.org/fileformat2.html).
///
/// Our own walk of one b-tree, and not the library: the database is the guest's, so no SQL of its schema (views, triggers, indices that
/// lie) may have a say, a page is had from inside of an image without a file of its own, and of each row its first bytes are enough.
/// Every offset that the file states is checked before it is followed, no page of the tree is read twice, and what rows ask
/// for all together is bounded by the file's size.
struct SQLiteFile {
    private let window: Window
    /// Pages as the write-ahead log has them: newer than those in the file.
    private let log: SQLiteLog?
    private let pageSize: Int
    /// Bytes of a page that hold content.
    private let usable: Int
    private let pages: Int

    /// A value of a row: its first bytes, and how many it has.
    struct Value {
        var bytes: ArraySlice<UInt8>
        var size: Int
        var isWhole: Bool { bytes.count == size }
    }

    /// - Parameter log: the file beside it with `-wal` at its end, if that isn't empty.
    /// - Throws: `Failure` if it is no such database.
    init(_ source: any ByteSource, log: (any ByteSource)? = nil) throws(Failure) {
        window = Window(source)
        guard source.size >= 512 else { throw Self.damaged("it is shorter than a page") }
        let header = try window.bytes(0, 100)
        guard header.starts(with: Array("SQLite format 3\0".utf8)) else { throw Self.damaged("its magic is missing") }
        let stated = header.big(16, 2)
        pageSize = stated == 1 ? 65536 : stated
        usable = pageSize - Int(header[20])
        guard pageSize >= 512, pageSize & (pageSize - 1) == 0, usable >= 480 else {
            throw Self.damaged("pages of \(pageSize) bytes")
        }
        self.log = if let log { try SQLiteLog(log, pageSize: pageSize) } else { nil }
        let inFile = Int(min(source.size / UInt64(pageSize), UInt64(Int32.max)))
        pages = max(inFile, self.log?.pages ?? 0)
    }

    static func damaged(_ what: String) -> Failure {
        Failure(
            .refused, "the SQLite database is damaged: \(what)",
            hint: "rebuild it in the guest: rpm --rebuilddb")
    }

    /// Visits each row of a table.
    /// - Parameters:
    ///   - first: how many bytes of a row are read.
    ///   - visit: takes the row's values, of which the last ones may be short, and what reads the row whole.
    /// - Throws: `Failure` if the file is damaged or has no such table; what `visit` throws.
    func rows(
        of table: String, first: Int,
        _ visit: ([Value], _ whole: () throws(Failure) -> [Value]) throws(Failure) -> Void
    ) throws(Failure) {
        var root: Int?
        var budget = bytesAtMost
        try rows(from: 1, first: 4096, &budget) { values, _ throws(Failure) in
            guard values.count >= 4, String(decoding: values[0].bytes, as: UTF8.self) == "table",
                String(decoding: values[1].bytes, as: UTF8.self) == table, values[3].bytes.count <= 4
            else { return }
            root = values[3].bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let root, root > 1 else { throw Self.damaged("it has no table \(table)") }
        budget = bytesAtMost
        try rows(from: root, first: first, &budget, visit)
    }

    /// Every page once, and once more for rows that are read whole after their first bytes.
    private var bytesAtMost: Int { 2 * pages * pageSize }

    private func rows(
        from root: Int, first: Int, _ budget: inout Int,
        _ visit: ([Value], _ whole: () throws(Failure) -> [Value]) throws(Failure) -> Void
    ) throws(Failure) {
        var seen: Set<Int> = []
        var left = [root]
        while let number = left.popLast() {
            guard seen.insert(number).inserted else { throw Self.damaged("page \(number) is met twice") }
            let page = try page(number)
            // The first page begins with the file's header.
            let start = number == 1 ? 100 : 0
            let type = page[start]
            let count = page.big(start + 3, 2)
            let pointers = start + (type == 5 ? 12 : 8)
            guard type == 5 || type == 13, pointers + 2 * count <= page.count else {
                throw Self.damaged("page \(number) is none of a table")
            }
            var children: [Int] = []
            for entry in 0..<count {
                let cell = page.big(pointers + 2 * entry, 2)
                guard cell + 4 <= page.count else { throw Self.damaged("a cell outside of page \(number)") }
                if type == 5 {
                    children.append(page.big(cell, 4))
                } else {
                    let spent = budget
                    let values = try row(cell, in: page, first, &budget)
                    var again = spent
                    try visit(values) { () throws(Failure) in try row(cell, in: page, Int.max, &again) }
                    budget = min(budget, again)
                }
            }
            if type == 5 { children.append(page.big(start + 8, 4)) }
            guard left.count + children.count <= pages else { throw Self.damaged("more pages than it has") }
            left += children.reversed()
        }
    }

    private func page(_ number: Int) throws(Failure) -> [UInt8] {
        guard number > 0, number <= pages else { throw Self.damaged("page \(number) of \(pages)") }
        if let bytes = try log?.page(number) { return Array(bytes.prefix(usable)) }
        return try window.bytes(UInt64(number - 1) * UInt64(pageSize), usable)
    }

    /// A number of one to nine bytes, of seven bits each and eight in the ninth.
    private static func varint(_ bytes: ArraySlice<UInt8>, _ offset: inout Int) throws(Failure) -> Int {
        var value: UInt64 = 0
        for place in 1...9 {
            guard offset < bytes.endIndex else { throw damaged("a number outside of its page") }
            let byte = bytes[offset]
            offset += 1
            value = place == 9 ? value << 8 | UInt64(byte) : value << 7 | UInt64(byte & 0x7f)
            if byte & 0x80 == 0 || place == 9 { break }
        }
        guard let number = Int(exactly: value) else { throw damaged("a number below zero") }
        return number
    }

    /// The payload of a leaf's cell, part of which may be on pages of its own, split into its values.
    private func row(_ cell: Int, in page: [UInt8], _ first: Int, _ budget: inout Int) throws(Failure) -> [Value] {
        var offset = cell
        let size = try Self.varint(page[...], &offset)
        guard size <= pages * pageSize else { throw Self.damaged("a row that is longer than the file") }
        // The row's own number, which may be negative.
        for _ in 0..<9 {
            guard offset < page.count else { throw Self.damaged("a row outside of its page") }
            offset += 1
            if page[offset - 1] & 0x80 == 0 { break }
        }
        let most = usable - 35
        let least = (usable - 12) * 32 / 255 - 23
        let fitting = least + (size > least ? (size - least) % (usable - 4) : 0)
        let local = size <= most ? size : fitting <= most ? fitting : least
        guard offset + local + (size > local ? 4 : 0) <= page.count else {
            throw Self.damaged("a row outside of its page")
        }
        let wanted = min(size, first)
        budget -= wanted
        guard budget >= 0 else { throw Self.damaged("its rows share their pages") }
        var payload = Array(page[offset..<offset + local])
        var next = size > local ? page.big(offset + local, 4) : 0
        while payload.count < wanted {
            let more = try self.page(next)
            payload += more.dropFirst(4).prefix(size - payload.count)
            next = more.big(0, 4)
        }
        return try Self.values(payload, size: size)
    }

    private static func values(_ payload: [UInt8], size: Int) throws(Failure) -> [Value] {
        var offset = 0
        let end = try varint(payload[...], &offset)
        guard end <= payload.count else { throw damaged("a row without values") }
        var content = end
        var values: [Value] = []
        while offset < end && values.count < 64 {
            let type = try varint(payload[..<end], &offset)
            let length =
                switch type {
                case 0, 8, 9: 0
                case 1...4: type
                case 5: 6
                case 6, 7: 8
                case 12...: (type - 12) / 2
                default: -1
                }
            guard length >= 0, length <= size - content else { throw damaged("a value outside of its row") }
            let there = min(content, payload.count)..<min(content + length, payload.count)
            values.append(Value(bytes: payload[there], size: length))
            content += length
        }
        return values
    }
}
