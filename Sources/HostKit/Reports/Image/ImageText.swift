public import Documents

/// An image's facts on one screen: a line a topic, what is wrong or can't be told among them.
public enum ImageText {
    /// - Parameters:
    ///   - allocated: bytes that the file takes on its disk, if that is known.
    ///   - width: columns that no line is wider than; nil leaves lines whole.
    public static func text(
        _ facts: ImageFacts, name: String, allocated: UInt64? = nil, width: Int? = nil
    ) -> String {
        var rows: [[String]] = []
        func add(_ topic: String, _ lines: [String]) {
            for (number, line) in lines.enumerated() where !line.isEmpty {
                rows.append([number == 0 ? topic : "", line])
            }
        }
        add("file", file(facts, name, allocated))
        add("disk", partitions(facts))
        add("boot", boot(facts, width))
        add("system", system(facts))
        add("kernels", kernels(facts))
        add("packages", packages(facts))
        add("cloud-init", cloudInit(facts))
        add("network", network(facts))
        add("accounts", accounts(facts))
        add("ssh", ssh(facts))
        add("services", services(facts))
        add("left", secrets(facts))
        if rows.count < 4, case .unknown(let why)? = facts.mounts?.mounts { add("guest", ["not read: \(why)"]) }
        return Columns.fold(
            ImageHeadline.text(facts, name: nil) + "\n\n" + Columns.text(rows, indent: "  "), to: width)
    }

    private static func file(_ facts: ImageFacts, _ name: String, _ allocated: UInt64?) -> [String] {
        guard let disk = facts.disk else { return [name] }
        let form = [disk.format.value, disk.variant.value, disk.compression.value].compactMap(\.self)
        var line = form.joined(separator: " ")
        if let size = disk.fileSize.value {
            if let allocated, allocated < size { line += ", \(Amounts.binary(size)) long" }
            line += ", \(Amounts.binary(min(allocated ?? size, size))) on disk"
        }
        if let extents = disk.extents.value {
            let more = extents.count >= DiskFacts.extentLimit ? " or more" : ""
            line += ", data in \(extents.count)\(more) \(extents.count == 1 ? "stretch" : "stretches")"
        }
        return [name, line] + (disk.defects.value ?? []).map { "! \($0)" }
    }

    private static func partitions(_ facts: ImageFacts) -> [String] {
        guard let table = facts.partitions else { return [] }
        var lines: [String] = []
        switch table.table {
        case .known(let kind, _): lines.append(kind.rawValue.uppercased())
        case .absent: lines.append("no partition table")
        case .unknown(let why): lines.append("unknown: \(why)")
        }
        let mounts = facts.mounts?.mounts.value ?? []
        let volumes = facts.mounts?.volumes.value ?? []
        for partition in table.partitions.value ?? [] {
            let volume = volumes.first { $0.partition == partition.number && $0.device == nil }
            let mount = mounts.first { $0.partition == partition.number }
            var parts = ["\(partition.number)", Amounts.binary(partition.size)]
            parts.append(volume?.kind.value ?? partition.content ?? partition.role?.rawValue ?? partition.type)
            if let label = volume?.label.value ?? partition.name { parts.append(label) }
            if let point = mount?.point { parts.append("at \(point)") }
            if case .unknown? = volume?.readable { parts.append("not read") }
            if let used = volume?.used.value { parts.append("\(Amounts.binary(used)) used") }
            if let through = volume?.through { parts.append("through \(through)") }
            lines.append(parts.joined(separator: "  "))
        }
        // Of a disk without a table, and of LVM.
        for volume in volumes where volume.partition == nil {
            var parts = [volume.device ?? "the whole disk", volume.size.value.map(Amounts.binary) ?? ""]
            parts += [volume.kind.value ?? "", volume.label.value ?? ""]
            if let mount = mounts.first(where: { $0.place == volume.place }) { parts.append("at \(mount.point)") }
            if let used = volume.used.value { parts.append("\(Amounts.binary(used)) used") }
            if let through = volume.through { parts.append("through \(through)") }
            lines.append(parts.filter { !$0.isEmpty }.joined(separator: "  "))
        }
        return lines + (table.defects.value ?? []).map { "! \($0)" }
    }

    private static func boot(_ facts: ImageFacts, _ width: Int?) -> [String] {
        guard let boot = facts.boot else { return [] }
        var lines = [ImageHeadline.boots(facts) ?? ""] + [facts.bootTrouble].compactMap { $0.map { "! \($0)" } }
        if let loaders = boot.efi.value, !loaders.isEmpty {
            lines.append(loaders.map { "\($0.path)\($0.isSigned ? " (signed)" : "")" }.joined(separator: ", "))
        }
        for menu in boot.menus.value ?? [] {
            let password =
                menu.passwords.contains { $0.isStock }
                ? ", published password" : menu.passwords.isEmpty ? "" : ", password"
            lines.append(
                "\(menu.path)  \(menu.entries.count) \(menu.entries.count == 1 ? "entry" : "entries")\(password)")
            if let entry = menu.defaultEntry { lines.append(cut("  \(entry.kernel) \(entry.commandLine)", width)) }
        }
        return lines
    }

    /// A kernel's command line, which the document has whole.
    private static func cut(_ line: String, _ width: Int?) -> String {
        width.map { Columns.short(line, to: max(20, $0 - topicWidth)) } ?? line
    }

    /// Of the column of topics, with what is before and behind it.
    private static let topicWidth = 14

    private static func system(_ facts: ImageFacts) -> [String] {
        guard let system = facts.system else { return [] }
        let name = system.field("PRETTY_NAME").value ?? system.field("NAME").value ?? "no os-release"
        var parts = [name]
        parts += [facts.architecture, system.timezone.value, system.locale.value].compactMap(\.self)
        if let mode = system.selinux.mode.value { parts.append("SELinux \(mode)") }
        parts += (system.clocks.value ?? []).filter(\.isEnabled).map { "clock by \($0.name)" }
        return [parts.joined(separator: ", ")]
    }

    private static func kernels(_ facts: ImageFacts) -> [String] {
        (facts.kernels?.kernels.value ?? []).flatMap { kernel in
            var lines = [kernel.version]
            if let initramfs = kernel.initramfs.value {
                let maker = initramfs.generator.value?.rawValue ?? "initramfs"
                lines[0] += "  \(maker), \(Amounts.binary(initramfs.size)), \(initramfs.modules.count) modules"
            }
            if let damage = kernel.initramfsDamage { lines.append("! the initramfs is damaged: \(damage)") }
            let early = kernel.drivers.filter { $0.early.value != nil }.map(\.name)
            if !early.isEmpty { lines.append("  at start: " + early.joined(separator: " ")) }
            return lines
        }
    }

    private static func packages(_ facts: ImageFacts) -> [String] {
        guard let packages = facts.packages else { return [] }
        switch packages.packages {
        case .known(let list, _):
            let managers = PackageDatabase.Manager.allCases.compactMap { manager -> (String, Int)? in
                let count = list.count { $0.manager == manager }
                return count > 0 ? (manager.rawValue, count) : nil
            }
            guard managers.count > 1 else { return ["\(list.count), \(packages.manager.value?.rawValue ?? "?")"] }
            return ["\(list.count): " + managers.map { "\($0.1) of \($0.0)" }.joined(separator: ", ")]
        case .absent: return ["none found"]
        case .unknown(let why): return ["unknown: \(why)"]
        }
    }

    private static func cloudInit(_ facts: ImageFacts) -> [String] {
        guard let cloud = facts.cloudInit else { return [] }
        guard cloud.program.value != nil else { return ["not installed"] }
        var parts = [cloud.version.value ?? "installed", cloud.isEnabled == false ? "off" : "on"]
        if let sources = cloud.datasources.value { parts.append("asks " + sources.joined(separator: " ")) }
        return [parts.joined(separator: ", ")]
    }

    private static func network(_ facts: ImageFacts) -> [String] {
        guard let network = facts.network else { return [] }
        let managers = (network.managers.value ?? []).filter(\.isEnabled).map(\.name.rawValue)
        let profiles = (network.profiles.value ?? []).map { "\($0.interface ?? $0.name ?? "any") \($0.ipv4.rawValue)" }
        return [(managers + profiles).joined(separator: ", ")]
    }

    private static func accounts(_ facts: ImageFacts) -> [String] {
        guard let accounts = facts.accounts else { return [] }
        var lines: [String] = []
        for user in accounts.users.value ?? [] where user.hasLoginShell || user.password.value?.isUsable == true {
            let password: String
            switch user.password {
            case .known(let value, _):
                let kind = value.kind.map { " (\($0))" } ?? ""
                password = "\(value.state.rawValue)\(kind)\(value.isStock ? ", published password" : "")"
            case .absent: password = "none"
            case .unknown(let why): password = "unknown: \(why)"
            }
            lines.append("\(user.name)  \(user.uid)  \(user.shell)  password \(password)")
        }
        for key in accounts.authorizedKeys.value ?? [] {
            lines.append("key of \(key.user): \(key.type) \(key.fingerprint)")
        }
        return lines
    }

    private static func ssh(_ facts: ImageFacts) -> [String] { facts.ssh.map(SSHText.lines) ?? [] }
    private static func services(_ facts: ImageFacts) -> [String] { facts.services.map(ServiceText.lines) ?? [] }
    private static func secrets(_ facts: ImageFacts) -> [String] { facts.secrets.map(SecretText.lines) ?? [] }
}
