/// How a file system is named by `root=` or fstab(5), and whether the name holds on another machine.
public struct DeviceName: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case uuid, label
        case partitionUUID = "partuuid"
        case partitionLabel = "partlabel"
        /// `/dev/disk/by-id`, `/dev/disk/by-path` and `ID=`: they name one machine's hardware.
        case hardware
        /// `/dev/sda1`, `/dev/vda`, `/dev/nvme0n1p1`: the kernel's name, which hangs on the bus and the order.
        case disk
        /// `/dev/mapper/...`, `/dev/VG/LV`, `/dev/dm-0`, `/dev/md0`: a device made of others.
        case mapper
        /// No device: `tmpfs`, `proc`.
        case virtual
        /// `host:/path`, `//host/share`, `nfs`.
        case network
        /// A file or folder of the guest: a bind mount, a swap file.
        case file
        case other
    }

    public var kind: Kind
    /// As written: `UUID=...`, `/dev/vda2`.
    public var text: String
    /// The identifier alone: what stands behind `UUID=` or `/dev/disk/by-uuid/`; the whole text of other kinds.
    public var value: String

    public init(kind: Kind, text: String, value: String) { (self.kind, self.text, self.value) = (kind, text, value) }

    /// What a text of `root=` or of fstab's first column names. Quotes around a tag's value are taken off, as mount(8) does.
    public init(_ text: String) {
        let tags: [(String, Kind)] = [
            ("UUID=", .uuid), ("LABEL=", .label), ("PARTUUID=", .partitionUUID), ("PARTLABEL=", .partitionLabel),
            ("ID=", .hardware), ("/dev/disk/by-uuid/", .uuid), ("/dev/disk/by-label/", .label),
            ("/dev/disk/by-partuuid/", .partitionUUID), ("/dev/disk/by-partlabel/", .partitionLabel),
            ("/dev/disk/by-", .hardware),
        ]
        for (prefix, kind) in tags where text.hasPrefix(prefix) {
            var value = text.dropFirst(prefix.count)
            if let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote {
                value = value.dropFirst().dropLast()
            }
            self.init(kind: kind, text: text, value: kind == .hardware ? text : String(value))
            return
        }
        self.init(kind: Self.kind(of: text), text: text, value: text)
    }

    private static func kind(of text: String) -> Kind {
        guard text.hasPrefix("/") else {
            if text.contains(":/") || text == "nfs" || text == "dhcp" { return .network }
            return text.contains("=") || text.isEmpty ? .other : .virtual
        }
        if text.hasPrefix("//") { return .network }
        guard text.hasPrefix("/dev/") else { return .file }
        let name = text.dropFirst(5)
        if ["mapper/", "dm-", "md"].contains(where: { name.hasPrefix($0) }) { return .mapper }
        if isDisk(name) { return .disk }
        return name.contains("/") ? .mapper : .other
    }

    /// Names that the kernel gives to whole disks and their partitions.
    private static func isDisk(_ name: Substring) -> Bool {
        for prefix in ["sd", "hd", "vd", "xvd", "ubd"] where name.hasPrefix(prefix) {
            let rest = name.dropFirst(prefix.count)
            let letters = rest.prefix { $0.isASCII && $0.isLowercase }
            return !letters.isEmpty && rest.dropFirst(letters.count).allSatisfy { $0.isASCII && $0.isNumber }
        }
        return ["nvme", "mmcblk", "pmem", "nbd", "loop", "sr"].contains { prefix in
            name.hasPrefix(prefix) && (name.dropFirst(prefix.count).first.map { $0.isASCII && $0.isNumber } ?? false)
        }
    }

    /// The same disk has this name on every machine, and on any bus.
    public var isStable: Bool {
        switch kind {
        case .uuid, .label, .partitionUUID, .partitionLabel, .mapper, .virtual, .network, .file: true
        case .hardware, .disk, .other: false
        }
    }
}
