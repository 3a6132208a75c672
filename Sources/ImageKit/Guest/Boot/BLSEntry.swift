import Documents
import FileSystems

/// A file of loader/entries: the Boot Loader Specification, type 1 (uapi-group.org/specifications/specs/boot_loader_specification).
struct BLSEntry: Sendable {
    /// The file's name without `.conf`: what `saved_entry` holds.
    var id: String
    /// In the guest.
    var path: String
    var title = ""
    var version = ""
    /// Its paths are on the file system that the entry lies on.
    var volume: String
    var linux = ""
    var initrds: [String] = []
    /// Joined by spaces; variables as written.
    var options = ""
    var optionsLine: Int?
    var optionsText: String?

    /// All entries of a folder, in GRUB's order: the newest version first.
    static func entries(in folder: String, of volume: BootVolume) throws(Failure) -> [BLSEntry] {
        var entries: [BLSEntry] = []
        for path in try volume.tree.paths(in: folder, ending: ".conf", limit: 500) {
            guard let file = try volume.tree.lines(of: path) else { continue }
            entries.append(BLSEntry(file, shown: volume.shown(file.path), name: path))
        }
        return entries.sorted { compare($0.id, $1.id) > 0 }
    }

    init(_ file: GuestFile, shown: String, name: String) {
        id = String(name.split(separator: "/").last ?? "")
        if id.hasSuffix(".conf") { id.removeLast(5) }
        path = shown
        volume = ""
        for line in file.lines {
            let text = line.trimmed
            guard !text.hasPrefix("#"), let blank = text.utf8.firstIndex(where: { $0 == 0x20 || $0 == 0x09 }) else {
                continue
            }
            let value = String(text[blank...]).trimmingBlanks
            switch text[..<blank] {
            case "title": title = value
            case "version": version = value
            case "linux": linux = value
            case "initrd": initrds += value.blankSeparated
            case "options":
                options += options.isEmpty ? value : " " + value
                if optionsLine == nil { (optionsLine, optionsText) = (line.number, text) }
            default: break
            }
        }
        if title.isEmpty { title = linux }
    }

    /// GRUB's order of names: the parts of NAME-VERSION-RELEASE as rpm compares versions.
    static func compare(_ left: String, _ right: String) -> Int {
        let (left, right) = (parts(left), parts(right))
        for index in 0..<3 {
            let order = PackageVersion.compare(left[index], right[index])
            if order != 0 { return order }
        }
        return 0
    }

    /// Name, version and release; what is missing is missing at the end.
    private static func parts(_ text: String) -> [String] {
        var rest = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var parts: [String] = []
        while parts.count < 2, rest.count > 1 { parts.insert(rest.removeLast(), at: 0) }
        parts.insert(rest.joined(separator: "-"), at: 0)
        return parts + Array(repeating: "", count: 3 - parts.count)
    }
}

/// rpm's order of versions (rpm-version(7)): digits by value, letters by alphabet, `~` before everything, `^` after it.
enum PackageVersion {
    static func compare(_ left: String, _ right: String) -> Int {
        var (a, b) = (Array(left.utf8)[...], Array(right.utf8)[...])
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
        func isPart(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == 0x7e || byte == 0x5e }
        while !a.isEmpty || !b.isEmpty {
            a = a.drop { !isPart($0) }
            b = b.drop { !isPart($0) }
            if a.first == 0x7e || b.first == 0x7e {
                if a.first != 0x7e { return 1 }
                if b.first != 0x7e { return -1 }
                (a, b) = (a.dropFirst(), b.dropFirst())
                continue
            }
            if a.first == 0x5e || b.first == 0x5e {
                if a.isEmpty { return -1 }
                if b.isEmpty { return 1 }
                if a.first != 0x5e { return 1 }
                if b.first != 0x5e { return -1 }
                (a, b) = (a.dropFirst(), b.dropFirst())
                continue
            }
            guard let first = a.first, !b.isEmpty else { break }
            let isNumber = isDigit(first)
            let (partA, partB) = (
                a.prefix { isNumber ? isDigit($0) : isLetter($0) }, b.prefix { isNumber ? isDigit($0) : isLetter($0) }
            )
            // Different kinds: numbers are newer.
            guard !partB.isEmpty else { return isNumber ? 1 : -1 }
            (a, b) = (a.dropFirst(partA.count), b.dropFirst(partB.count))
            let order = isNumber ? numbers(partA, partB) : bytes(partA, partB)
            if order != 0 { return order }
        }
        return a.isEmpty ? (b.isEmpty ? 0 : -1) : 1
    }

    private static func numbers(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        let (left, right) = (left.drop { $0 == 0x30 }, right.drop { $0 == 0x30 })
        return left.count != right.count ? (left.count < right.count ? -1 : 1) : bytes(left, right)
    }

    private static func bytes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        left.lexicographicallyPrecedes(right) ? -1 : right.lexicographicallyPrecedes(left) ? 1 : 0
    }
}
