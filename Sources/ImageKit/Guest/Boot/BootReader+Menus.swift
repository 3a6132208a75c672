import Documents
import FileSystems

extension BootReader {
    /// Every menu that a firmware comes to, each once.
    func menus(_ programs: [Program], core: GRUBCore?, hasBIOS: Bool) -> Fact<[BootMenu]> {
        .reading { () throws(Failure) -> Fact<[BootMenu]> in
            var menus: [BootMenu] = []
            for program in programs {
                guard let embedded = program.embedded,
                    let menu = try menu(
                        of: embedded, own: GRUBFiles.device(program.volume), firmware: .uefi,
                        shown: volumes[program.volume].shown(program.path))
                else { continue }
                Self.add(menu, to: &menus)
            }
            for (index, path) in try efiMenuPaths() {
                guard !menus.contains(where: { $0.files.contains(volumes[index].shown(path)) }) else { continue }
                if let menu = try menu(at: path, of: index, firmware: .uefi) { Self.add(menu, to: &menus) }
            }
            let hasUEFI = menus.contains { !$0.entries.isEmpty }
            // What a BIOS comes to is known where the core could be read.
            var hasBIOSMenu = false
            if let core, let menu = try menu(of: core.embedded, own: "", firmware: .bios, shown: "core image") {
                Self.add(menu, to: &menus)
                hasBIOSMenu = true
            }
            for (index, path) in try mainMenuPaths() {
                // UEFI reads it as well if no menu of its own leads elsewhere.
                let isForBoth = !programs.isEmpty && !hasUEFI
                if isForBoth, let menu = try menu(at: path, of: index, firmware: .uefi) { Self.add(menu, to: &menus) }
                let isRead = menus.contains { $0.path == volumes[index].shown(path) }
                if hasBIOS && !hasBIOSMenu || !isRead,
                    let menu = try menu(at: path, of: index, firmware: hasBIOS || programs.isEmpty ? .bios : .any)
                {
                    Self.add(menu, to: &menus)
                }
            }
            return .known(menus + (try OtherMenus(volumes).menus()))
        }
    }

    /// The same menu, whichever firmware shows it, is told once.
    private static func add(_ menu: BootMenu, to menus: inout [BootMenu]) {
        guard let index = menus.firstIndex(where: { $0.path == menu.path }) else {
            menus.append(menu)
            return
        }
        let other = menus[index]
        guard other.firmware != menu.firmware else { return }
        if other.entries == menu.entries, other.defaultIndex == menu.defaultIndex {
            menus[index].firmware = .any
            menus[index].files += menu.files.filter { !other.files.contains($0) }
        } else {
            menus.append(menu)
        }
    }

    /// GRUB runs the configuration that is put into it, then its prefix's grub.cfg.
    /// - Parameter own: the device that it was loaded from, where that is known.
    private func menu(of embedded: GRUBEmbedded, own: String, firmware: BootMenu.Firmware, shown: String)
        throws(Failure) -> BootMenu?
    {
        var prefix = embedded.prefix ?? "/boot/grub"
        var root = own
        if prefix.hasPrefix("("), let close = prefix.firstIndex(of: ")") {
            let device = String(prefix[prefix.index(after: prefix.startIndex)..<close])
            let files = GRUBFiles(volumes: volumes)
            root = files.volume(of: device).map(GRUBFiles.device) ?? (device.isEmpty ? own : device)
            prefix = String(prefix[prefix.index(after: close)...])
        }
        var interpreter = GRUBInterpreter(
            files: GRUBFiles(volumes: volumes), platform: firmware, root: root, prefix: "(\(root))\(prefix)",
            path: shown)
        if let configuration = embedded.configuration {
            try interpreter.run(try GRUBParser.parse(configuration, path: shown), path: shown)
        }
        if interpreter.items.isEmpty {
            _ = try interpreter.configFile(interpreter.value("prefix") + "/grub.cfg", evidence: Evidence(shown))
        }
        guard !interpreter.items.isEmpty else { return nil }
        return try MenuReader.menu(of: interpreter, firmware: firmware)
    }

    /// A grub.cfg as it stands; nil if it is a pointer that leads nowhere, or empty.
    private func menu(at path: String, of index: Int, firmware: BootMenu.Firmware) throws(Failure) -> BootMenu? {
        let root = GRUBFiles.device(index)
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        var interpreter = GRUBInterpreter(
            files: GRUBFiles(volumes: volumes), platform: firmware, root: root, prefix: "(\(root))/\(folder)",
            path: volumes[index].shown(path))
        _ = try interpreter.configFile("(\(root))\(path)", evidence: Evidence(interpreter.menuPath))
        guard !interpreter.items.isEmpty else { return nil }
        return try MenuReader.menu(of: interpreter, firmware: firmware)
    }

    /// grub.cfg beside a vendor's programs.
    private func efiMenuPaths() throws(Failure) -> [(volume: Int, path: String)] {
        var paths: [(Int, String)] = []
        for index in volumes.indices where volumes[index].isFAT {
            for top in ["/EFI", "/efi/EFI"] {
                guard let folder = try volumes[index].find(anyCase: top) else { continue }
                for vendor in try volumes[index].tree.list(folder.path).prefix(50) {
                    let path = folder.path + "/" + vendor + "/grub.cfg"
                    if let found = try volumes[index].find(anyCase: path), found.status.kind == .file,
                        !paths.contains(where: { $0 == (index, found.path) })
                    {
                        paths.append((index, found.path))
                    }
                }
            }
        }
        return paths
    }

    /// The menu under /boot, wherever /boot lies.
    private func mainMenuPaths() throws(Failure) -> [(volume: Int, path: String)] {
        var paths: [(Int, String)] = []
        for index in volumes.indices {
            let point = volumes[index].point
            guard point == "/boot" || point == "" || point == nil else { continue }
            for folder in point == "/boot" ? ["/grub2", "/grub"] : ["/boot/grub2", "/boot/grub"] {
                guard let found = try volumes[index].tree.find(folder + "/grub.cfg"), found.status.kind == .file else {
                    continue
                }
                if !paths.contains(where: { $0 == (index, found.path) }) { paths.append((index, found.path)) }
            }
        }
        return paths
    }
}
