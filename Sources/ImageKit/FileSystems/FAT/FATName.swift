/// How FAT keeps names: eight letters, three more, and long ones as UTF-16 in entries before theirs
/// (Microsoft's FAT specification, "FAT Long Directory Entries").
enum FATName {
    /// The short name as Linux shows it: bits of entry byte 12 make its two parts lower-case, as Windows NT writes them.
    static func short(_ field: ArraySlice<UInt8>, lowerCase: UInt8) -> String {
        var field = Array(field)
        // 0xE5 marks a deleted entry, so a name that begins with that letter is kept with 5.
        if field.first == 0x05 { field[0] = 0xE5 }
        let base = part(field.prefix(8), isLower: lowerCase & 0x08 != 0)
        let ending = part(field.dropFirst(8), isLower: lowerCase & 0x10 != 0)
        return ending.isEmpty ? base : base + "." + ending
    }

    private static func part(_ bytes: ArraySlice<UInt8>, isLower: Bool) -> String {
        var bytes = bytes
        while bytes.last == 0x20 { bytes.removeLast() }
        var text = String.UnicodeScalarView()
        for byte in bytes {
            let scalar = byte < 0x80 ? Unicode.Scalar(byte) : codePage437[Int(byte) - 0x80]
            text.append(scalar)
        }
        return isLower ? String(text).lowercased() : String(text)
    }

    /// What binds a long name to its short one.
    static func checksum(_ field: ArraySlice<UInt8>) -> UInt8 {
        field.reduce(0) { ($0 >> 1 | $0 << 7) &+ $1 }
    }

    /// Names that are the same to FAT are equal after this.
    static func folded(_ name: String) -> String { name.lowercased() }

    /// The upper half of the code page that Linux reads short names by unless told another (fat, CONFIG_FAT_DEFAULT_CODEPAGE).
    private static let codePage437: [Unicode.Scalar] = Array(
        """
        ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
        αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}
        """.unicodeScalars)
}

/// A long name that is being put together, entry by entry, from its last to its first.
struct FATLongName {
    private var units: [UInt16] = []
    /// The number of the entry that has to come next; 0 when the name is whole, nil when there is none.
    private var expected: UInt8?
    private var checksum: UInt8 = 0

    /// Takes an entry of a long name. One that does not go on from the last ends it: the file has its short name then.
    mutating func take(_ entry: ArraySlice<UInt8>) {
        let entry = Array(entry)
        guard entry.count == 32 else { return drop() }
        let order = entry[0] & 0x3F
        if entry[0] & 0x40 != 0 {
            guard (1...20).contains(order) else { return drop() }
            (units, checksum) = ([], entry[13])
        } else {
            guard order == expected, order > 0, entry[13] == checksum else { return drop() }
        }
        var part: [UInt16] = []
        for place in [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] {
            part.append(UInt16(entry[place]) | UInt16(entry[place + 1]) << 8)
        }
        units = part + units
        expected = order - 1
    }

    mutating func drop() { (units, expected) = ([], nil) }

    /// The name that was put together, if it belongs to the short one; it is dropped.
    mutating func finish(_ short: ArraySlice<UInt8>) -> String? {
        defer { drop() }
        guard expected == 0, checksum == FATName.checksum(short) else { return nil }
        let name = String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0x2F) else { return nil }
        return name
    }
}
