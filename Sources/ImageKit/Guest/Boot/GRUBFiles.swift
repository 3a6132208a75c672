import Documents
import FileSystems

/// A file system that a boot loader sees, whether the guest mounts it or not.
struct BootVolume: Sendable {
    /// Where the guest mounts it, without a slash at its end; nil if it does not.
    let point: String?
    /// Counted from 1; nil if it is not known, or the disk has no table.
    let partition: Int?
    /// Its files by paths of its own: a boot loader knows no mounts.
    let tree: GuestTree
    let fileSystem: any FileSystem

    init(_ fileSystem: any FileSystem, point: String?, partition: Int?) {
        (self.fileSystem, self.partition) = (fileSystem, partition)
        self.point = point == "/" ? "" : point
        tree = GuestTree(root: fileSystem)
    }

    var isFAT: Bool { fileSystem.kind == "vfat" || fileSystem.kind.hasPrefix("fat") }

    /// The path as the guest has it; of a file system that it does not mount, with the partition in front.
    func shown(_ path: String) -> String {
        if let point { return path == "/" && !point.isEmpty ? point : point + path }
        return "partition \(partition.map(String.init) ?? "?"): \(path)"
    }

    /// The file at a path whose letters may be large or small, as in FAT; nil if there is none.
    func find(anyCase path: String) throws(Failure) -> GuestTree.Found? {
        if let found = try tree.find(path) { return found }
        guard isFAT else { return nil }
        var resolved = ""
        for part in path.split(separator: "/") {
            let wanted = part.asciiLowercased
            guard
                let name = try tree.list(resolved.isEmpty ? "/" : resolved)
                    .first(where: { $0.asciiLowercased == wanted })
            else { return nil }
            resolved += "/" + name
        }
        return try tree.find(resolved)
    }
}

/// GRUB's names of places: `(device)/path`, and which file system a device is.
struct GRUBFiles: Sendable {
    let volumes: [BootVolume]

    /// The device that stands for a volume here: GRUB's own names hang on the firmware, so ours are made up.
    static func device(_ volume: Int) -> String { "volume\(volume)" }

    /// The volume of a device's name: one of ours, or a number of a partition (`hd0,gpt2`, `hd0,msdos1`, `,msdos1`).
    func volume(of device: String) -> Int? {
        if device.hasPrefix("volume"), let index = Int(device.dropFirst(6)), volumes.indices.contains(index) {
            return index
        }
        guard let comma = device.lastIndex(of: ",") else { return nil }
        let digits = device[device.index(after: comma)...].drop { !$0.isASCII || !$0.isNumber }
        guard let number = Int(digits) else { return nil }
        return volumes.firstIndex { $0.partition == number }
    }

    /// Splits `(device)/path`; a path without a device is on the root.
    func place(_ text: String, root: String) -> (device: String, path: String) {
        guard text.hasPrefix("("), let close = text.firstIndex(of: ")") else { return (root, text) }
        let device = text[text.index(after: text.startIndex)..<close]
        return (device.isEmpty ? root : String(device), String(text[text.index(after: close)...]))
    }

    /// The file that GRUB means; nil if it is not there. A device that nobody knows here may be any that has the file.
    func find(_ text: String, root: String) throws(Failure) -> (volume: Int, found: GuestTree.Found)? {
        let place = place(text, root: root)
        guard place.path.hasPrefix("/") else { return nil }
        if let index = volume(of: place.device) {
            return try volumes[index].find(anyCase: place.path).map { (index, $0) }
        }
        guard
            place.device.hasPrefix("hd") || place.device.hasPrefix("lvm") || place.device.hasPrefix(",")
                || place.device.isEmpty
        else { return nil }
        for index in volumes.indices {
            if let found = try volumes[index].find(anyCase: place.path) { return (index, found) }
        }
        return nil
    }

    /// The path in the guest; as written if the file is not there.
    func shown(_ text: String, root: String) throws(Failure) -> (path: String, exists: Bool) {
        if let (volume, found) = try find(text, root: root), found.status.kind == .file {
            return (volumes[volume].shown(found.path), true)
        }
        let place = place(text, root: root)
        return (volume(of: place.device).map { volumes[$0].shown(place.path) } ?? text, false)
    }

    /// A file's text; nil if there is none.
    func text(_ text: String, root: String) throws(Failure) -> (volume: Int, file: GuestFile)? {
        guard let (volume, found) = try find(text, root: root), found.status.kind == .file else { return nil }
        let bytes = try volumes[volume].tree.read(found, limit: GRUBLexer.scriptLimit)
        return (
            volume, GuestFile(path: volumes[volume].shown(found.path), text: String(decoding: bytes, as: UTF8.self))
        )
    }
}
