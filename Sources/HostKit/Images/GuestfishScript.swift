import Documents

/// What guestfish is told to do with an image, and what its answers mean.
///
/// Every word is ours, a number, or a name that was held against what LVM allows: nothing of the image is a command.
struct GuestfishScript {
    let text: String
    private let volumes: [UnreadVolume]

    private static let sector: UInt64 = 512
    private static let alignment: UInt64 = 1 << 20
    private static let begun = "eulerpublisher-volume-"
    private static let ended = "eulerpublisher-copied-"
    private static let subvolumeLimit = 1000

    /// - Parameter folder: where `image` leads to the image, and `scratch` is the disk for the copies.
    /// - Throws: `Failure` (internal) if a name is none.
    init(_ volumes: [UnreadVolume], folder: String) throws {
        self.volumes = volumes
        let format = try Self.format(volumes[0].format)
        var lines = [
            "add-drive \(Self.quoted(folder + "/image")) readonly:true format:\(format)",
            "add-drive \(Self.quoted(folder + "/scratch")) format:raw", "run", "part-init /dev/sdb gpt",
        ]
        var start = Self.alignment
        for volume in volumes {
            let end = start + Self.room(volume)
            lines.append("part-add /dev/sdb p \(start / Self.sector) \(end / Self.sector - 1)")
            start = end
        }
        lines += ["mkmountpoint /from", "mkmountpoint /to"]
        for (index, volume) in volumes.enumerated() {
            let (device, scratch) = (try Self.device(volume), "/dev/sdb\(index + 1)")
            let options = volume.kind == "btrfs" ? "ro,subvolid=5" : "ro"
            lines += [
                "echo \(Self.begun)\(index)", "mount-options \(options) \(device) /from",
                // Small files are many.
                "mke2fs \(scratch) bytesperinode:4096 fstype:ext4 lazyitableinit:true",
                "mount-options noatime,nobarrier \(scratch) /to",
            ]
            if volume.kind == "xfs" { lines.append("dmesg") }
            if volume.kind == "btrfs" {
                lines += ["btrfs-subvolume-get-default /from", "btrfs-subvolume-list /from"]
            }
            lines += [
                "cp-a /from /to/\(VolumeCopy.folder)", "umount /to", "umount /from", "echo \(Self.ended)\(index)",
            ]
        }
        text = lines.joined(separator: "\n") + "\n"
    }

    /// What a copy may take, in bytes: more than its original says, since that may be packed and its metadata smaller.
    private static func room(_ volume: UnreadVolume) -> UInt64 {
        let room = volume.used * (volume.kind == "btrfs" ? 4 : 2) + (256 << 20)
        return (room + alignment - 1) / alignment * alignment
    }

    /// Of the scratch disk, in bytes; nearly all of it is never written.
    static func scratchSize(_ volumes: [UnreadVolume]) -> UInt64 {
        volumes.reduce(2 * alignment) { $0 + room($1) }
    }

    /// As qemu calls it.
    private static func format(_ format: String) throws -> String {
        let names = ["raw": "raw", "qcow2": "qcow2", "vhd": "vpc", "vhdx": "vhdx", "vmdk": "vmdk"]
        if let name = names[format] { return name }
        throw Failure(.internal, "no format of a disk image: \(Printable.line(format))")
    }

    private static func device(_ volume: UnreadVolume) throws -> String {
        if let name = volume.logical {
            guard name.count == 2, name.allSatisfy(isName) else {
                throw Failure(.internal, "no name of a volume: \(Printable.line(volume.place))")
            }
            return "/dev/\(name[0])/\(name[1])"
        }
        guard let partition = volume.partition else { return "/dev/sda" }
        guard (1...4096).contains(partition) else { throw Failure(.internal, "no partition's number: \(partition)") }
        return "/dev/sda\(partition)"
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("-") && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F: true
                default: false
                }
            }
    }

    /// As guestfish reads words in double quotes.
    static func quoted(_ text: String) -> String {
        "\"" + text.map { "\"\\".contains($0) ? "\\\($0)" : String($0) }.joined() + "\""
    }

    /// What came of each volume, and at which it stopped.
    func copies(from output: String) -> (copies: [VolumeCopy], stopped: Int?) {
        var copies: [VolumeCopy] = []
        var current: [Substring]?
        for line in output.split(separator: "\n") {
            if line == Self.begun + "\(copies.count)" {
                current = []
            } else if line == Self.ended + "\(copies.count)", let said = current, copies.count < volumes.count {
                copies.append(copy(copies.count, said))
                current = nil
            } else {
                current?.append(line)
            }
        }
        return (copies, current != nil && copies.count < volumes.count ? copies.count : nil)
    }

    private func copy(_ index: Int, _ said: [Substring]) -> VolumeCopy {
        var copy = VolumeCopy(place: volumes[index].place, scratch: index + 1)
        switch volumes[index].kind {
        case "xfs":
            // Of the last mount, which was this one's (the kernel's fs/xfs/xfs_log.c and xfs_log_recover.c).
            let mount = said.reversed().prefix { !$0.contains("XFS (") || !$0.contains("): Mounting V") }
            if mount.contains(where: { $0.contains("XFS (") && $0.contains("): Starting recovery") }) {
                copy.isClean = false
            } else if mount.contains(where: { $0.contains("XFS (") && $0.contains("): Ending clean mount") }) {
                copy.isClean = true
            }
        case "btrfs":
            copy.defaultSubvolume = said.compactMap { UInt64($0) }.first
            copy.subvolumes = subvolumes(said)
        default: break
        }
        return copy
    }

    /// `btrfssubvolume_id: 256` and, behind it, `btrfssubvolume_path: root`.
    private func subvolumes(_ said: [Substring]) -> [VolumeCopy.Subvolume] {
        var (found, id): ([VolumeCopy.Subvolume], UInt64?) = ([], nil)
        for line in said {
            let line = line.drop { $0 == " " }
            if line.hasPrefix("btrfssubvolume_id: ") { id = UInt64(line.dropFirst(19)) }
            if line.hasPrefix("btrfssubvolume_path: "), let number = id, found.count < Self.subvolumeLimit {
                found.append(.init(id: number, path: String(line.dropFirst(21))))
                id = nil
            }
        }
        return found
    }
}
