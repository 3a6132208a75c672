import Blocks
import CZlib
import Documents

/// A partition that belongs to LVM: its label, and the text about its group that it holds
/// (LVM2's lib/label/label.h and lib/format_text/layout.h).
struct PhysicalVolume {
    /// Without the dashes that LVM prints.
    let id: String
    let source: any ByteSource
    /// What it says of its group; nil if another volume of the group is to be asked.
    let text: [String: LVMText.Value]?

    private static let sector: UInt64 = 512
    /// Of a header in a metadata area, which the text lies behind.
    private static let headerSize: UInt64 = 512
    private static let areaLimit = 8

    /// - Throws: `Failure` (refused) if what it holds can't be believed.
    init(_ source: any ByteSource) throws(Failure) {
        self.source = source
        for number in 0..<4 {
            let start = UInt64(number) * Self.sector
            guard start + Self.sector <= source.size else { break }
            let label = try source.bytes(at: start, count: 512)
            guard label.starts(with: "LABELONE".utf8), label[24..<32].elementsEqual("LVM2 001".utf8) else { continue }
            let offset = Int(label.number(20, 4))
            guard (32...456).contains(offset), label.number(8, 8) == UInt64(number),
                UInt32(label.number(16, 4)) == Self.checksum(Array(label[20...]))
            else { throw Failure(.refused, "the label of LVM is damaged") }
            id = String(decoding: label[offset..<offset + 32], as: UTF8.self)
            var areas = Areas(bytes: label, place: offset + 40)
            _ = areas.next()
            let metadata = areas.next()
            var text: [String: LVMText.Value]?
            for area in metadata where text == nil { text = try Self.text(in: area, source) }
            self.text = text
            return
        }
        throw Failure(.refused, "it has no label of LVM")
    }

    private typealias Area = (offset: UInt64, size: UInt64)

    /// Lists of places, each ended by zeros: first of data, then of metadata.
    private struct Areas {
        let bytes: [UInt8]
        var place: Int

        mutating func next() -> [Area] {
            var areas: [Area] = []
            while place + 16 <= bytes.count {
                let area: Area = (bytes.number(place, 8), bytes.number(place + 8, 8))
                place += 16
                guard area.offset != 0 else { break }
                if areas.count < PhysicalVolume.areaLimit { areas.append(area) }
            }
            return areas
        }
    }

    private static func text(in area: Area, _ source: any ByteSource) throws(Failure) -> [String: LVMText.Value]? {
        let area = try Slice(source, offset: area.offset, size: area.size)
        guard area.size >= 2 * headerSize else { return nil }
        let header = try area.bytes(at: 0, count: 512)
        guard header[4..<20].elementsEqual(" LVM2 x[5A%r0N*>".utf8), header.number(20, 4) == 1,
            UInt32(header.number(0, 4)) == checksum(Array(header[4...]))
        else { throw Failure(.refused, "the header of LVM's metadata is damaged") }
        let (offset, size) = (header.number(40, 8), header.number(48, 8))
        let isIgnored = header.number(60, 4) & 1 != 0
        guard offset != 0, size != 0, !isIgnored else { return nil }
        guard size <= UInt64(LVMText.limit), offset >= headerSize, offset < area.size,
            size <= area.size - headerSize
        else { throw Failure(.refused, "LVM's metadata reaches past its place") }
        // The text goes round in its place.
        let first = min(size, area.size - offset)
        var bytes = try area.bytes(at: offset, count: Int(first))
        bytes += try area.bytes(at: headerSize, count: Int(size - first))
        guard checksum(bytes) == UInt32(header.number(56, 4)) else {
            throw Failure(.refused, "the checksum of LVM's metadata is wrong")
        }
        return try LVMText.parse(bytes)
    }

    /// CRC-32 that begins with a number of LVM's own, and is not turned over at its end.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 { ~ep_crc32(~0xF597_A6CF, bytes, bytes.count) }
}
