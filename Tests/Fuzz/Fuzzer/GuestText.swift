import FileSystems
import ImageTesting

/// A guest's files in one input: before each file's bytes a line `=== PATH`, `=== PATH MODE`, or `=== PATH -> TARGET`.
enum GuestText {
    private static let mark = Array("=== /".utf8)
    private static let filesLimit = 200

    /// - Parameter path: of what stands before the first such line.
    static func files(_ input: UnsafeRawBufferPointer, path: String) -> [String: MemoryFileSystem.Node] {
        var files: [String: MemoryFileSystem.Node] = [:]
        let bytes = Array(input)
        var name = path
        var mode: UInt16 = 0o644
        var start = 0
        func close(_ end: Int) {
            if start < end || name != path { files[name] = .bytes(Array(bytes[start..<max(start, end)]), mode: mode) }
        }
        var place = 0
        while place < bytes.count, files.count < filesLimit {
            let rest = bytes[place...]
            let end = rest.firstIndex(of: 10) ?? bytes.count
            if rest.starts(with: mark) {
                close(max(start, place - 1))
                let line = String(decoding: bytes[place + 4..<end], as: UTF8.self)
                let fields = line.split(separator: " ", maxSplits: 2).map(String.init)
                name = fields.first ?? path
                mode = fields.count == 2 ? UInt16(fields[1], radix: 8) ?? 0o644 : 0o644
                start = min(end + 1, bytes.count)
                if fields.count == 3, fields[1] == "->" {
                    files[name] = .link(fields[2])
                    name = path
                }
            }
            place = end + 1
        }
        if files[name] == nil { close(bytes.count) }
        return files
    }
}
