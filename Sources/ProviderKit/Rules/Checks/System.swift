import Documents

extension CheckSubject {
    private var releaseFile: Evidence { Evidence("/etc/os-release") }

    private func field(_ name: String) throws(Unknown) -> String? {
        let system = try system
        guard !system.release.isEmpty else { throw Unknown("there is no os-release") }
        return try system.field(name).get()
    }

    func system(in names: [String]) throws(Unknown) -> Outcome {
        let id = try field("ID") ?? "linux"
        let like = try field("ID_LIKE")?.split(separator: " ").map(String.init) ?? []
        guard names.contains(where: { Expected.oneOf([id] + like).fits($0) }) else {
            let places = facts.system?.field("ID").places(or: releaseFile.path) ?? [releaseFile]
            return .fail("the system is \(id), and not one of \(names.either)", places)
        }
        return .pass("the system is \(id)", facts.system?.field("ID").evidence ?? [])
    }

    func supportedRelease(ends: [String: String]) throws(Unknown) -> Outcome {
        guard let today else { throw Unknown("there is no clock") }
        let id = try field("ID") ?? "linux"
        // `24.03 (LTS-SP2)` is written 24.03-LTS-SP2 where releases are listed.
        let version = try field("VERSION").map { text in
            text.split { " ()".contains($0) }.joined(separator: "-")
        }
        let names = [version, try field("VERSION_ID")].compactMap { $0 }.map { "\(id) \($0)" }
        let table = Dictionary(ends.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        guard let name = names.first(where: { table[$0.lowercased()] != nil }), let end = table[name.lowercased()]
        else {
            throw Unknown("it is not known how long \(names.first ?? id) is supported")
        }
        let places = facts.system?.field("VERSION_ID").places(or: releaseFile.path) ?? [releaseFile]
        // Dates as YYYY-MM-DD are in the order of their texts.
        guard end >= today else {
            return .fail("support of \(name) ended on \(end)", places, [.byHand("build on a supported release")])
        }
        return .pass("\(name) is supported until \(end)", places)
    }

    func systemDisk() throws(Unknown) -> Outcome {
        let program = try system.initProgram
        guard let path = try program.get() else {
            return .fail("there is no /sbin/init: this is no system disk", program.places(or: "/sbin/init"))
        }
        return .pass("\(path) is there", program.evidence)
    }

    func selinux(in modes: [String]) throws(Unknown) -> Outcome {
        let selinux = try system.selinux
        var places = selinux.mode.places(or: "/etc/selinux/config")
        var mode = "disabled"
        var verdict = Verdict()
        // The kernel's argument outweighs the file (kernel-parameters, selinux=).
        let menus = verdict.value(try boot.menus) ?? []
        let entries = menus.compactMap(\.defaultEntry)
        let isOff =
            !entries.isEmpty && entries.count == menus.count
            && entries.allSatisfy { $0.values(of: "selinux").last == "0" }
        if isOff {
            places = entries.map(\.evidence)
        } else if try selinux.hasPolicy.get() ?? false {
            mode = try selinux.mode.get() ?? "disabled"
        }
        guard Expected.oneOf(modes).fits(mode) else {
            return .fail(
                "SELinux is \(mode), and has to be \(modes.either)", places,
                modes.first.map { [.fileSet("/etc/selinux/config", key: "SELINUX", value: $0)] } ?? [])
        }
        return .pass("SELinux is \(mode)", places)
    }

    func timeSynchronised() throws(Unknown) -> Outcome {
        let clocks = try system.clocks.get() ?? []
        if let running = clocks.first(where: \.isEnabled) {
            return .pass("\(running.name) keeps the time", running.evidence)
        }
        let name = clocks.first?.name
        return .fail(
            name.map { "\($0) does not start at boot" } ?? "nothing keeps the time", clocks.flatMap(\.evidence),
            [name.map { .unitEnable(["\($0).service"]) } ?? .packageInstall(["chrony"])])
    }

    func clockUTC() throws(Unknown) -> Outcome {
        let clock = try system.hardwareClock
        guard let kept = try clock.get(), kept != "UTC" else {
            return .pass("the hardware clock is in UTC", clock.evidence)
        }
        return .fail(
            "the hardware clock is kept in \(kept)", clock.places(or: "/etc/adjtime"), [.fileRemove("/etc/adjtime")])
    }

    func repositoriesWithout(_ words: [String]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for repository in try system.repositories.get() ?? [] where repository.isEnabled {
            for url in repository.urls {
                guard let word = words.first(where: { url.lowercased().contains($0.lowercased()) }) else { continue }
                verdict.wrong(
                    "the repository \(repository.id) is at \(word)", repository.evidence,
                    .byHand("point \(repository.id) at an address that is good everywhere"))
            }
        }
        return verdict.outcome(pass: "no repository is at \(words.either)")
    }

    func growsRoot() throws(Unknown) -> Outcome {
        var outcomes = [
            Outcome.seen(
                by: [
                    Outcome.trying { () throws(Unknown) in
                        try package(anyOf: ["cloud-utils-growpart", "cloud-guest-utils", "cloud-initramfs-growroot"])
                    },
                    Outcome.trying { () throws(Unknown) in
                        try files(anyOf: ["/usr/bin/growpart", "/usr/sbin/growpart"])
                    },
                ], fail: "growpart is not installed")
        ]
        let kind = try rootMount().kind
        let tool = kind == "xfs" ? (["xfsprogs"], "/usr/sbin/xfs_growfs") : (["e2fsprogs"], "/usr/sbin/resize2fs")
        if kind == "xfs" || kind.hasPrefix("ext") {
            outcomes.append(
                Outcome.seen(
                    by: [
                        Outcome.trying { () throws(Unknown) in try package(anyOf: tool.0) },
                        Outcome.trying { () throws(Unknown) in
                            try files(anyOf: [tool.1, tool.1.replacingPrefix("/usr", "")])
                        },
                    ], fail: "\(tool.1) is not there"))
        }
        outcomes.append(
            Outcome.trying { () throws(Unknown) in
                guard try cloudInit.program.get() != nil else {
                    return .fail(
                        "nothing grows the root: cloud-init is not installed", [], [.packageInstall(["cloud-init"])])
                }
                return .all([
                    try cloudInitSetting("growpart.mode", .noneOf(["off", "false"])),
                    try cloudInitSetting("resize_rootfs", .noneOf(["false"])),
                    try cloudInitModules(allOf: ["growpart", "resizefs"]),
                ])
            })
        return Outcome.all(outcomes)
    }

    func isArchitecture(in names: [Architecture]) throws(Unknown) -> Outcome {
        let wanted = names.map(\.rawValue).either
        let own = try system.architecture
        // One that we have no name for is none of those that are asked for.
        if let name = own.value, Architecture(named: name) == nil {
            return .fail("the image is for \(name), and has to be for \(wanted)", own.evidence)
        }
        guard let architecture else { throw architectureUntold }
        guard names.contains(architecture) else {
            return .fail("the image is for \(architecture.rawValue), and has to be for \(wanted)", own.evidence)
        }
        return .pass("the image is for \(architecture.rawValue)", own.evidence)
    }

    var architectureUntold: Unknown { guestless ?? Unknown("the image's architecture can't be told") }

    /// What the image is for, by what is in it; by what it is said to be, where nothing tells.
    var architecture: Architecture? {
        if let name = facts.system?.architecture.value, let found = Architecture(named: name) { return found }
        for kernel in facts.kernels?.kernels.value ?? [] {
            if let found = kernel.architecture.value.flatMap(Architecture.init(named:)) { return found }
        }
        return declaredArchitecture
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, _ text: String) -> String {
        hasPrefix(prefix) ? text + dropFirst(prefix.count) : self
    }
}
