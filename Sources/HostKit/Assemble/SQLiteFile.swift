/// Reads the rows of a table of an SQLite database that nobody writes (sqlite.org/fileformat2.html). Every offset that the file
/// states is checked before it is followed, and no page is read twice.
struct SQLiteFile {
    private let bytes: [UInt8]
    private let pageSize: Int
    /// Bytes of a page that hold content.
    private let usable: Int

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 512, bytes.starts(with: Array("SQLite format 3\0".utf8)) else { return nil }
        let stated = Int(bytes[16]) << 8 | Int(bytes[17])
        pageSize = stated == 1 ? 65536 : stated
        usable = pageSize - Int(bytes[20])
        guard pageSize >= 512, pageSize & (pageSize - 1) == 0, usable >= 480 else { return nil }
        self.bytes = bytes
    }

    /// The values of each row, as bytes; nil when the file is damaged or has no such table.
    func rows(of table: String) -> [[ArraySlice<UInt8>]]? {
        guard let schema = rows(from: 1) else { return nil }
        for row in schema where row.count >= 4 {
            guard String(decoding: row[0], as: UTF8.self) == "table", String(decoding: row[1], as: UTF8.self) == table
            else { continue }
            let root = row[3].reduce(0) { $0 << 8 | Int($1) }
            return root > 1 ? rows(from: root) : nil
        }
        return nil
    }

    private func rows(from root: Int) -> [[ArraySlice<UInt8>]]? {
        var rows: [[ArraySlice<UInt8>]] = []
        var seen: Set<Int> = []
        var left = [root]
        while let number = left.popLast() {
            guard seen.insert(number).inserted, let page = page(number) else { return nil }
            // The first page begins with the file's header.
            let start = page.startIndex + (number == 1 ? 100 : 0)
            let type = bytes[start]
            let count = integer(start + 3, 2)
            let pointers = start + (type == 5 ? 12 : 8)
            guard type == 5 || type == 13, pointers + 2 * count <= page.endIndex else { return nil }
            var children: [Int] = []
            for entry in 0..<count {
                let cell = page.startIndex + integer(pointers + 2 * entry, 2)
                guard cell + 4 <= page.endIndex else { return nil }
                if type == 5 {
                    children.append(integer(cell, 4))
                } else {
                    guard let row = row(cell, in: page, &seen) else { return nil }
                    rows.append(row)
                }
            }
            if type == 5 { children.append(integer(start + 8, 4)) }
            left += children.reversed()
        }
        return rows
    }

    private func page(_ number: Int) -> Range<Int>? {
        guard number > 0, number <= bytes.count / pageSize else { return nil }
        return (number - 1) * pageSize..<(number - 1) * pageSize + usable
    }

    private func integer(_ offset: Int, _ count: Int) -> Int {
        bytes[offset..<offset + count].reduce(0) { $0 << 8 | Int($1) }
    }

    /// A number of one to nine bytes, of seven bits each and eight in the ninth.
    private static func varint(_ bytes: ArraySlice<UInt8>, _ offset: inout Int) -> Int? {
        var value: UInt64 = 0
        for place in 1...9 {
            guard offset < bytes.endIndex else { return nil }
            let byte = bytes[offset]
            offset += 1
            value = place == 9 ? value << 8 | UInt64(byte) : value << 7 | UInt64(byte & 0x7f)
            if byte & 0x80 == 0 || place == 9 { break }
        }
        return Int(exactly: value)
    }

    /// The payload of a leaf's cell, part of which may be on pages of its own, split into its values.
    private func row(_ cell: Int, in page: Range<Int>, _ seen: inout Set<Int>) -> [ArraySlice<UInt8>]? {
        var offset = cell
        let whole = bytes[page]
        guard let size = Self.varint(whole, &offset), size <= bytes.count else { return nil }
        // The row's own number, which may be negative.
        for _ in 0..<9 {
            guard offset < page.endIndex else { return nil }
            offset += 1
            if bytes[offset - 1] & 0x80 == 0 { break }
        }
        let most = usable - 35
        let least = (usable - 12) * 32 / 255 - 23
        let fitting = least + (size - least) % (usable - 4)
        let local = size <= most ? size : fitting <= most ? fitting : least
        guard offset + local + (size > local ? 4 : 0) <= page.endIndex else { return nil }
        var payload = Array(bytes[offset..<offset + local])
        var next = size > local ? integer(offset + local, 4) : 0
        while payload.count < size {
            guard seen.insert(next).inserted, let more = self.page(next) else { return nil }
            payload += bytes[more].dropFirst(4).prefix(size - payload.count)
            next = integer(more.startIndex, 4)
        }
        return Self.values(payload)
    }

    private static func values(_ payload: [UInt8]) -> [ArraySlice<UInt8>]? {
        var offset = 0
        guard let end = varint(payload[...], &offset), end <= payload.count else { return nil }
        var content = end
        var values: [ArraySlice<UInt8>] = []
        while offset < end {
            guard let type = varint(payload[..<end], &offset) else { return nil }
            let size =
                switch type {
                case 0, 8, 9: 0
                case 1...4: type
                case 5: 6
                case 6, 7: 8
                case 12...: (type - 12) / 2
                default: -1
                }
            guard size >= 0, size <= payload.count - content else { return nil }
            values.append(payload[content..<content + size])
            content += size
        }
        return values
    }
}
