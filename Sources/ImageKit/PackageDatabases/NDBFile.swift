import Blocks
import Documents

/// rpm's own store of headers, Packages.db (lib/backend/ndb/rpmpkg.c): pages of slots that point at blobs; little-endian.
struct NDBFile {
    private let window: Window
    private let slotPages: Int

    private static let pageSize = 4096
    private static let slotSize = 16
    /// Blobs lie at multiples of as many bytes.
    private static let blockSize: UInt64 = 16

    init(_ source: any ByteSource) throws(Failure) {
        window = Window(source)
        guard source.size >= UInt64(Self.pageSize) else { throw Self.damaged("it is shorter than a page") }
        let header = try window.bytes(0, 32)
        guard header.starts(with: Array("RpmP".utf8)), header.little(4) == 0 else {
            throw Self.damaged("its magic is missing")
        }
        slotPages = header.little(12)
        guard slotPages > 0, UInt64(slotPages) <= source.size / UInt64(Self.pageSize) else {
            throw Self.damaged("\(slotPages) pages of slots")
        }
    }

    private static func damaged(_ what: String) -> Failure {
        Failure(
            .refused, "the ndb database is damaged: \(what)", hint: "rebuild it in the guest: rpm --rebuilddb")
    }

    /// Visits each header: its first bytes, how long it is, and what reads it whole.
    func blobs(
        first: Int,
        _ visit: (ArraySlice<UInt8>, _ size: Int, _ whole: () throws(Failure) -> [UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var seen: Set<UInt64> = []
        var budget = window.source.size
        for number in 0..<slotPages {
            let page = try window.bytes(UInt64(number) * UInt64(Self.pageSize), Self.pageSize)
            // The header has the room of the first two.
            for start in stride(from: number == 0 ? 32 : 0, to: Self.pageSize, by: Self.slotSize) {
                guard page[start..<start + 4].elementsEqual("Slot".utf8) else {
                    throw Self.damaged("a slot without its magic")
                }
                let (package, block) = (page.little(start + 4), UInt64(page.little(start + 8)))
                if block == 0 { continue }
                guard seen.insert(block).inserted else { throw Self.damaged("two slots of one blob") }
                let place = block * Self.blockSize
                let head = try window.bytes(place, 16)
                guard head.starts(with: Array("BlbS".utf8)), head.little(4) == package else {
                    throw Self.damaged("a slot that points at no blob of its package")
                }
                let size = head.little(12)
                guard UInt64(size) <= UInt64(page.little(start + 12)) * Self.blockSize else {
                    throw Self.damaged("a blob that is longer than its room")
                }
                // Blobs have a place each, so together they are shorter than the file.
                guard UInt64(size) <= budget else { throw Self.damaged("blobs that share their bytes") }
                budget -= UInt64(size)
                try visit(try window.bytes(place + 16, min(size, first))[...], size) { () throws(Failure) in
                    guard UInt64(size) <= window.source.size - place - 16 else {
                        throw Self.damaged("a blob that is longer than the file")
                    }
                    return try window.source.bytes(at: place + 16, count: size)
                }
            }
        }
    }
}
