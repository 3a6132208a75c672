import Documents

extension CheckSubject {
    private func menus() throws(Unknown) -> [BootMenu] {
        let menus = try boot.menus.get() ?? []
        guard !menus.isEmpty else { throw Unknown("no boot menu that can be read is in the image") }
        return menus
    }

    /// The entries that start by themselves, one for each menu.
    private func defaultEntries(_ verdict: inout Verdict) throws(Unknown) -> [BootEntry] {
        var entries: [BootEntry] = []
        for menu in try menus() {
            if let entry = menu.defaultEntry {
                entries.append(entry)
            } else if case .unknown(let why) = menu.defaultIndex {
                verdict.unknown(why)
            } else {
                verdict.unknown("\(menu.path) starts nothing by itself")
            }
        }
        return entries
    }

    /// Whether it was proven that firmware finds a loader, and the loader a kernel.
    private func boots(_ boot: Check.Boot) throws(Unknown) -> Outcome {
        let loader = boot == .bios ? try biosLoader() : try efiLoader()
        guard case .pass = loader else { return loader }
        let menus = try menus().filter { $0.firmware == .any || $0.firmware.rawValue == boot.rawValue }
        let entries = menus.flatMap(\.entries)
        guard !entries.isEmpty else { throw Unknown("the loader for \(boot.rawValue) has no menu that can be read") }
        guard entries.contains(where: { $0.hasKernel && $0.missingInitramfs.isEmpty }) else {
            return .fail(
                "no entry of the menu for \(boot.rawValue) has its kernel and initramfs in the image",
                entries.map(\.evidence), [.byHand("make the menu anew (grub2-mkconfig)")])
        }
        // Each menu is judged by what it starts by itself, else by anything that it offers.
        let judged = menus.flatMap { menu in menu.defaultEntry.map { [$0] } ?? menu.entries }
        let startable = judged.filter { $0.hasKernel && $0.missingInitramfs.isEmpty }
        let troubles = startable.compactMap { facts.startTrouble($0) }
        if !startable.isEmpty, troubles.count == startable.count {
            return .fail(troubles[0].what, troubles.map { $0.place }, [.byHand("make the initramfs and the menu anew")])
        }
        return loader
    }

    private func biosLoader() throws(Unknown) -> Outcome {
        let fact = try boot.bios
        let mend: [Remediation] = [.bootLoaderInstall("bios")]
        guard let loader = try fact.get() else {
            return .fail("a BIOS finds no loader in the first sector", fact.places(or: "the first sector"), mend)
        }
        let name = loader.program.rawValue
        guard let hasCore = try loader.core.get(), hasCore else {
            return .fail(
                "the first sector's \(name) leads to nothing", loader.core.places(or: "the first sector"), mend)
        }
        // A core may hold all modules that it needs (grub-mkstandalone), so a folder of them need not be there.
        return .pass("\(name) starts from a BIOS", fact.evidence)
    }

    private func efiLoader() throws(Unknown) -> Outcome {
        let fact = try boot.efi
        let machine = architecture
        let fallbacks = (try fact.get() ?? []).filter(\.isFallback)
        if let found = fallbacks.first(where: { loader in
            machine == nil || loader.architecture.flatMap(Architecture.init(named:)) == machine
        }) {
            return .pass("\(found.path) starts from UEFI", [Evidence(found.path)])
        }
        // Where firmware looks without an entry of its own memory (UEFI 2.10, 3.5.1.1).
        let name = machine.map { "BOOT" + $0.efiSuffix + ".EFI" } ?? "BOOT*.EFI"
        return .fail(
            "UEFI finds no loader at EFI/BOOT/\(name)", fact.places(or: "EFI/BOOT/\(name)"),
            [.bootLoaderInstall("uefi")])
    }

    func boots(anyOf ways: [Check.Boot]) throws(Unknown) -> Outcome {
        let outcomes = ways.map { way in Outcome.trying { () throws(Unknown) in try boots(way) } }
        return Outcome.any(outcomes)
    }

    func boots(allOf ways: [Check.Boot]) throws(Unknown) -> Outcome {
        Outcome.all(ways.map { way in Outcome.trying { () throws(Unknown) in try boots(way) } })
    }

    func root(namedBy namings: [Check.Naming]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let entries = try menus().flatMap(\.entries)
        var others = 0
        for entry in entries {
            guard let root = verdict.value(entry.root) else {
                // A program that is no Linux (memtest, a firmware's tool) needs neither initramfs nor root.
                if !entry.root.isUnknown, !entry.initramfs.isEmpty || !entry.missingInitramfs.isEmpty {
                    verdict.unknown("\(place(entry.evidence)) names no root")
                } else if !entry.root.isUnknown {
                    others += 1
                }
                continue
            }
            rootName(root, namings, entry.evidence, &verdict)
        }
        if others == entries.count, let first = entries.first {
            verdict.unknown("\(place(first.evidence)) names no root")
        }
        for key in ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"] {
            guard let setting = try boot.default(key) else { continue }
            guard let text = KernelArguments.values(of: "root", in: setting.value).last else { continue }
            rootName(DeviceName(text), namings, setting.evidence, &verdict)
        }
        return verdict.outcome(pass: "the kernel finds its root by \(namings.map(\.rawValue).either)")
    }

    private func rootName(
        _ root: DeviceName, _ namings: [Check.Naming], _ evidence: Evidence, _ verdict: inout Verdict
    ) {
        if !namings.contains(where: { $0.kinds.contains(root.kind) }) {
            verdict.wrong(
                "root=\(root.text) does not name the root by \(namings.map(\.rawValue).either)", [evidence],
                .kernelRootByUUID)
        } else if root.kind == .uuid, let volumes = facts.mounts?.volumes.value {
            let known = volumes.compactMap { $0.uuid.value?.lowercased() }
            let isBlind = volumes.contains { $0.kind.isUnknown || $0.uuid.isUnknown }
            if !isBlind, !known.contains(root.value.lowercased()) {
                verdict.wrong("root=\(root.text) is of no file system in the image", [evidence], .kernelRootByUUID)
            }
        }
    }

    func kernelArgument(_ name: String, _ expected: Expected) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        var seen: [String] = []
        for entry in try defaultEntries(&verdict) {
            let values = entry.values(of: name)
            seen += values
            guard !expected.fits(all: values) else { continue }
            // An argument without a value is there or not.
            let shown = values.filter { !$0.isEmpty }.joined(separator: ", ")
            let what = values.isEmpty ? "is not set" : shown.isEmpty ? "is set" : "is \(shown)"
            let set = expected.example.map { Remediation.kernelArgument("\(name)=\($0)") }
            verdict.wrong(
                "the kernel's \(name) \(what), and has to be \(expected.words)", [entry.evidence],
                set ?? .kernelArgumentRemove(name))
        }
        return verdict.outcome(pass: "the kernel's \(name) is \(seen.first ?? "not set")")
    }

    func noStockBootPassword() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for menu in verdict.value(try boot.menus) ?? [] {
            for password in menu.passwords {
                if password.isStock {
                    verdict.wrong(
                        "the boot menu's password is one that everybody knows", [password.evidence],
                        .bootPasswordRemove)
                } else if password.kind == "plain" {
                    verdict.wrong(
                        "the boot menu's password stands there as it is", [password.evidence], .bootPasswordRemove)
                } else if let why = password.untried {
                    verdict.unknown("\(why): that of the boot menu \(menu.path)")
                }
            }
        }
        return verdict.outcome(pass: "the boot menu has no password that was published with an image")
    }
}

extension Check.Naming {
    var kinds: [DeviceName.Kind] {
        switch self {
        case .uuid: [.uuid]
        case .label: [.label]
        case .partuuid: [.partitionUUID]
        case .partlabel: [.partitionLabel]
        case .stablePath: [.mapper]
        case .devicePath: [.disk, .hardware]
        }
    }
}

extension Architecture {
    /// In the name of the program that UEFI starts from removable media.
    var efiSuffix: String {
        switch self {
        case .amd64: "X64"
        case .arm64: "AA64"
        case .riscv64: "RISCV64"
        case .loongarch64: "LOONGARCH64"
        }
    }
}
