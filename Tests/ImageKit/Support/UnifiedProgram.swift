/// A program for UEFI with sections of a test's own ("PE Format"): as small as readers take it.
public enum UnifiedProgram {
    /// - Parameter sections: names with the dot, in their order.
    public static func make(_ sections: [(name: String, bytes: [UInt8])], machine: Int = 0x8664) -> [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let optional = 240
        let table = 64 + 24 + optional
        var image: [UInt8] = Array("MZ".utf8) + [UInt8](repeating: 0, count: 58) + little(64, 4)
        image += Array("PE\0\0".utf8) + little(machine, 2) + little(sections.count, 2)
        image += [UInt8](repeating: 0, count: 12) + little(optional, 2) + little(0x22, 2)
        image += little(0x20b, 2) + [UInt8](repeating: 0, count: optional - 2)
        let round = 512
        var offset = (table + sections.count * 40 + round - 1) / round * round
        var body: [UInt8] = []
        for (name, bytes) in sections {
            let stored = (bytes.count + round - 1) / round * round
            let padded = Array(name.utf8.prefix(8)) + [UInt8](repeating: 0, count: max(0, 8 - name.utf8.count))
            image += padded + little(bytes.count, 4) + little(offset, 4) + little(stored, 4) + little(offset, 4)
            image += [UInt8](repeating: 0, count: 16)
            body += bytes + [UInt8](repeating: 0, count: stored - bytes.count)
            offset += stored
        }
        image += [UInt8](repeating: 0, count: (round - image.count % round) % round)
        return image + body
    }
}
