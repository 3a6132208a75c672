/// A line of /etc/fstab, as far as the guest's tree needs it (fstab(5)).
struct FstabLine: Equatable {
    /// Counted from 1.
    var line: Int
    /// `UUID=...`, `LABEL=...`, `/dev/vda2`, `tmpfs`.
    var source: String
    var point: String
    var kind: String
    var options: [String]

    /// Reads a whole file; lines with fewer than two fields name nothing and are left out, as libmount does.
    static func parse(_ text: String) -> [FstabLine] {
        var entries: [FstabLine] = []
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let fields = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map { decode($0.utf8) }
            guard fields.count >= 2, !fields[0].hasPrefix("#") else { continue }
            entries.append(
                FstabLine(
                    line: index + 1, source: fields[0], point: fields[1], kind: fields.count > 2 ? fields[2] : "auto",
                    options: fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : ["defaults"]))
        }
        return entries
    }

    /// Blanks in names stand as `\040`, in octal, as getmntent(3) reads them.
    private static func decode(_ field: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        let field = Array(field)
        var place = 0
        while place < field.count {
            let digits = field.dropFirst(place + 1).prefix(3)
            if field[place] == 0x5C, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }),
                let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(byte)
                place += 4
            } else {
                bytes.append(field[place])
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What the first field of fstab names, if that is a disk's.
enum MountSource: Equatable {
    case uuid(String)
    case label(String)
    case partitionUUID(String)
    case partitionLabel(String)
    /// A partition of the first disk by its number; nil is the disk itself.
    case partition(Int?)
    /// A volume that is made of others: of LVM, of an array, of an encrypted one; by its path below /dev.
    case mapped(String)
    /// A disk that is not in the image, with the reason.
    case elsewhere(String)
    /// No disk at all: `tmpfs`, `proc`.
    case none

    init(_ text: String) {
        if let tag = Self.tag(text) {
            self = tag
            return
        }
        guard text.hasPrefix("/dev/") else {
            if text.hasPrefix("//") || text.contains(":") {
                self = .elsewhere("it is on the network")
            } else if text.hasPrefix("/") {
                self = .elsewhere("it is a file or directory of the guest, not a disk")
            } else {
                self = .none
            }
            return
        }
        let device = text.dropFirst(5)
        for (folder, make) in [
            ("disk/by-uuid/", MountSource.uuid), ("disk/by-label/", MountSource.label),
            ("disk/by-partuuid/", MountSource.partitionUUID), ("disk/by-partlabel/", MountSource.partitionLabel),
        ] where device.hasPrefix(folder) {
            self = make(Self.unescaped(device.dropFirst(folder.count)))
            return
        }
        self = Self.device(device)
    }

    private static func tag(_ text: String) -> MountSource? {
        guard let mark = text.firstIndex(of: "=") else { return nil }
        var value = text[text.index(after: mark)...]
        if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
            value = value.dropFirst().dropLast()
        }
        switch text[..<mark] {
        case "UUID": return .uuid(String(value))
        case "LABEL": return .label(String(value))
        case "PARTUUID": return .partitionUUID(String(value))
        case "PARTLABEL": return .partitionLabel(String(value))
        case "ID": return .elsewhere("it names a disk by its hardware")
        default: return nil
        }
    }

    /// `vda2`, `sda2`, `xvda2`, `hda2`: letters and a number. `nvme0n1p2`, `mmcblk0p2`: the disk ends in a number itself.
    /// An image is the first disk of its machine.
    private static func device(_ name: Substring) -> MountSource {
        for prefix in ["vd", "sd", "xvd", "hd"] where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            let disk = rest.prefix { $0.isLowercase && $0.isASCII }
            let number = rest.dropFirst(disk.count)
            guard !disk.isEmpty else { continue }
            guard disk == "a" else { return .elsewhere("it is on another disk than the first") }
            if number.isEmpty { return .partition(nil) }
            if let number = Int(number), number > 0 { return .partition(number) }
        }
        for disk in ["nvme0n1", "mmcblk0"] where name.hasPrefix(disk) {
            let rest = name.dropFirst(disk.count)
            if rest.isEmpty { return .partition(nil) }
            if rest.hasPrefix("p"), let number = Int(rest.dropFirst()), number > 0 { return .partition(number) }
        }
        if name.hasPrefix("nvme") || name.hasPrefix("mmcblk") {
            return .elsewhere("it is on another disk than the first")
        }
        if ["mapper/", "dm-", "md", "disk/by-id/dm-name-"].contains(where: name.hasPrefix) {
            return .mapped("/dev/" + name)
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 2, !["disk", "block", "char", "bus", "shm", "pts"].contains(parts[0]) {
            return .mapped("/dev/" + name)
        }
        return .elsewhere("no partition of a first disk has that name")
    }

    /// udev writes what can't stand in a file's name as `\x20`.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        let field = Array(text.utf8)
        var place = 0
        while place < field.count {
            if field[place] == 0x5C, place + 3 < field.count, field[place + 1] == 0x78,
                let byte = UInt8(String(decoding: field[(place + 2)...(place + 3)], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                place += 4
            } else {
                bytes.append(field[place])
                place += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
