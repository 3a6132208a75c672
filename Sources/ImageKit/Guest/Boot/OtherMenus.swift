import Documents
import FileSystems

/// Menus that are lists and no scripts: extlinux.conf (docs.u-boot.org, "Generic Distro Configuration Concept"; wiki.syslinux.org,
/// "Config") and systemd-boot's loader folder (loader.conf(5), systemd-boot(7)).
struct OtherMenus {
    let files: GRUBFiles
    static let entryLimit = 200

    init(_ volumes: [BootVolume]) { files = GRUBFiles(volumes: volumes) }

    func menus() throws(Failure) -> [BootMenu] {
        var menus: [BootMenu] = []
        for index in files.volumes.indices {
            for path in ["/extlinux/extlinux.conf", "/boot/extlinux/extlinux.conf"] {
                guard let found = try files.volumes[index].find(anyCase: path), found.status.kind == .file else {
                    continue
                }
                menus.append(try extlinux(found, of: index))
            }
            guard files.volumes[index].isFAT else { continue }
            let unified = try UnifiedEntries(volume: files.volumes[index]).read()
            if try hasSystemdBoot(index) {
                if let menu = try systemdBoot(index, unified) { menus.append(menu) }
            } else if let first = unified.first {
                // Without a menu firmware starts one of them, by what is kept in the machine, or by its name.
                let standard = unified.count == 1 ? 0 : unified.firstIndex { $0.isFallback }
                menus.append(
                    menu(
                        first.entry.kernel, .uefi, unified.map(\.entry.kernel), unified.map(\.entry),
                        standard.map { .known($0, [unified[$0].entry.evidence]) }
                            ?? .unknown("which of \(unified.count) is started is kept in the machine"),
                        .absent([first.entry.evidence])))
            }
        }
        return menus
    }

    private func entry(
        _ title: String, id: String?, kernel: String, initrds: [String], commandLine: String, evidence: Evidence,
        volume: Int, folder: String = ""
    ) throws(Failure) -> BootEntry {
        func shown(_ path: String) throws(Failure) -> (path: String, exists: Bool) {
            let path = path.hasPrefix("/") ? path : folder + "/" + path
            return try files.shown(path, root: GRUBFiles.device(volume))
        }
        let image = try shown(kernel)
        var (initramfs, missing): ([String], [String]) = ([], [])
        for path in initrds {
            let file = try shown(path)
            initramfs.append(file.path)
            if !file.exists { missing.append(file.path) }
        }
        let root = KernelArguments.values(of: "root", in: commandLine).last
        return BootEntry(
            title: title, id: id, kernel: image.path, hasKernel: image.exists, initramfs: initramfs,
            missingInitramfs: missing, commandLine: commandLine,
            root: root.map { .known(DeviceName($0), [evidence]) } ?? .absent([evidence]), evidence: evidence)
    }

    private func menu(
        _ path: String, _ firmware: BootMenu.Firmware, _ read: [String], _ entries: [BootEntry], _ index: Fact<Int>,
        _ timeout: Fact<Int>
    ) -> BootMenu {
        BootMenu(
            path: path, firmware: firmware, files: read, entries: entries,
            defaultIndex: entries.isEmpty ? .absent([Evidence(path)]) : index, timeout: timeout,
            superusers: .absent([Evidence(path)]), passwords: [], serialMenu: .known(false, [Evidence(path)]))
    }

    // MARK: extlinux

    private func extlinux(_ found: GuestTree.Found, of volume: Int) throws(Failure) -> BootMenu {
        struct Label {
            var name: String
            var title: String?
            var kernel: String?
            var initrds: [String] = []
            var append: String?
            var evidence: Evidence
        }
        let shown = files.volumes[volume].shown(found.path)
        let text = String(decoding: try files.volumes[volume].tree.read(found), as: UTF8.self)
        let file = GuestFile(path: shown, text: text)
        var labels: [Label] = []
        var (standard, standardLine): (String?, Evidence?)
        var append = ""
        var timeout = Fact<Int>.absent([Evidence(shown)])
        for line in file.lines {
            let words = line.trimmed.blankSeparated
            guard let keyword = words.first?.asciiLowercased, !keyword.hasPrefix("#"), words.count > 1 else { continue }
            let rest = words.dropFirst().joined(separator: " ")
            let evidence = file.evidence(line)
            let last = labels.indices.last
            switch keyword {
            case "label" where labels.count < Self.entryLimit: labels.append(Label(name: rest, evidence: evidence))
            case "default": (standard, standardLine) = (rest, evidence)
            // In tenths of a second.
            case "timeout": timeout = Int(rest).map { .known($0 / 10, [evidence]) } ?? timeout
            case "kernel", "linux": if let last { labels[last].kernel = words[1] }
            case "initrd": if let last { labels[last].initrds += words[1].split(separator: ",").map(String.init) }
            case "append":
                guard let last else {
                    append = rest
                    continue
                }
                labels[last].append = rest
                labels[last].evidence = evidence
            case "menu" where words[1].asciiLowercased == "label":
                if let last { labels[last].title = words.dropFirst(2).joined(separator: " ").filter { $0 != "^" } }
            case "menu" where words[1].asciiLowercased == "default":
                if let last { (standard, standardLine) = (labels[last].name, evidence) }
            default: break
            }
        }
        let folder = "/" + found.path.split(separator: "/").dropLast().joined(separator: "/")
        var entries: [BootEntry] = []
        var names: [String] = []
        for label in labels {
            guard let kernel = label.kernel else { continue }
            // `append -` leaves the common arguments out; an initrd may stand among them.
            let line = label.append == "-" ? "" : label.append ?? append
            let inside = KernelArguments.values(of: "initrd", in: line).flatMap {
                $0.split(separator: ",").map(String.init)
            }
            entries.append(
                try entry(
                    label.title ?? label.name, id: label.name, kernel: kernel, initrds: label.initrds + inside,
                    commandLine: KernelArguments.words(line).filter { !$0.hasPrefix("initrd=") }.joined(separator: " "),
                    evidence: label.evidence, volume: volume, folder: folder))
            names.append(label.name)
        }
        let index = standard.flatMap { names.firstIndex(of: $0) } ?? 0
        return menu(
            shown, .any, [shown], entries, .known(index, standardLine.map { [$0] } ?? [Evidence(shown)]), timeout)
    }

    // MARK: systemd-boot

    private func hasSystemdBoot(_ index: Int) throws(Failure) -> Bool {
        guard let folder = try files.volumes[index].find(anyCase: "/EFI/systemd") else { return false }
        return try files.volumes[index].tree.list(folder.path).contains {
            $0.asciiLowercased.hasPrefix("systemd-boot") && $0.asciiLowercased.hasSuffix(".efi")
        }
    }

    private func systemdBoot(_ index: Int, _ unified: [UnifiedEntries.Entry]) throws(Failure) -> BootMenu? {
        let volume = files.volumes[index]
        let folder = try volume.find(anyCase: "/loader/entries")
        let unified = unified.filter { !$0.isFallback }
        guard folder != nil || !unified.isEmpty else { return nil }
        let listed =
            try folder.map { folder throws(Failure) in
                try BLSEntry.entries(in: folder.path, of: volume).prefix(Self.entryLimit)
            } ?? []
        // The newest version first; without one, by name.
        let sorted = listed.sorted { left, right in
            let order = PackageVersion.compare(left.version, right.version)
            return order == 0 ? PackageVersion.compare(left.id, right.id) > 0 : order > 0
        }
        var entries: [BootEntry] = []
        var read: [String] = []
        for one in sorted where !one.linux.isEmpty {
            entries.append(
                try entry(
                    one.title, id: one.id, kernel: one.linux, initrds: one.initrds, commandLine: one.options,
                    evidence: Evidence(one.path, line: one.optionsLine, text: one.optionsText), volume: index))
            read.append(one.path)
        }
        // Both kinds are in one list, by version.
        let versions = sorted.filter { !$0.linux.isEmpty }.map(\.version)
        for one in unified.reversed() {
            let place = versions.firstIndex { PackageVersion.compare($0, one.version) <= 0 } ?? versions.count
            entries.insert(one.entry, at: place)
            read.append(one.entry.kernel)
        }
        let path = volume.shown("/loader/loader.conf")
        var index = Fact<Int>.known(0, [Evidence(path)])
        var timeout = Fact<Int>.absent([Evidence(path)])
        if let found = try volume.find(anyCase: "/loader/loader.conf"), found.status.kind == .file {
            let file = GuestFile(path: path, text: String(decoding: try volume.tree.read(found), as: UTF8.self))
            read.insert(path, at: 0)
            for line in file.lines {
                let words = line.trimmed.blankSeparated
                guard words.count > 1 else { continue }
                switch words[0] {
                case "timeout": timeout = Int(words[1]).map { .known($0, [file.evidence(line)]) } ?? timeout
                case "default" where words[1].hasPrefix("@"):
                    // `@saved` and its like lie in the firmware's memory.
                    index = .unknown("\(path): \(words[1]) is kept in the machine")
                case "default":
                    if let place = entries.firstIndex(where: { entry in
                        let id = entry.id ?? ""
                        return InterfacesReader.matches(id.hasSuffix(".efi") ? id : id + ".conf", words[1])
                    }) {
                        index = .known(place, [file.evidence(line)])
                    }
                default: break
                }
            }
        }
        return menu(path, .uefi, read, entries, index, timeout)
    }
}
