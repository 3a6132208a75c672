import Documents

extension GuestChange {
    private static let fstab = "/etc/fstab"

    /// Names of devices become the UUIDs of what lies there: a cloud calls its disks as it likes.
    func nameVolumesByUUID() throws(Failure) {
        guard let lines = try root.lines(Self.fstab) else { return }
        var edited: [String] = []
        for line in lines {
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard let device = fields.first, device.hasPrefix("/dev/"), !device.hasPrefix("/dev/disk/"),
                fields.count > 1
            else {
                edited.append(line)
                continue
            }
            let volume = request.volumes.first { $0.mountPoint == fields[1] }
            guard let uuid = volume?.uuid else {
                throw Failure(
                    .refused, "\(device) is a device's name, and what lies there has no UUID", place: Self.fstab,
                    hint: "give its file system a UUID, or take the line out")
            }
            edited.append("UUID=\(uuid)" + line.dropFirst(device.count))
        }
        if edited != lines { try root.write(Self.fstab, lines: edited) }
    }

    func removeMount(_ mountPoint: String) throws(Failure) {
        guard let lines = try root.lines(Self.fstab) else { return }
        let kept = lines.filter { line in
            let fields = line.split { $0 == " " || $0 == "\t" }
            return line.hasPrefix("#") || fields.count < 2 || fields[1] != mountPoint
        }
        if kept != lines { try root.write(Self.fstab, lines: kept) }
    }
}
