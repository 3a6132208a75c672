import Documents
import ProviderKit
import Testing

/// One rule's pair of images: the sound one, `prepared` where the rule is only about some, passes; `broken` fails.
struct Example: Sendable, CustomTestStringConvertible {
    let rule: String
    let prepared: @Sendable (inout SoundImage) -> Void
    let broken: @Sendable (inout SoundImage) -> Void

    init(
        _ rule: String, prepared: @escaping @Sendable (inout SoundImage) -> Void = { _ in },
        broken: @escaping @Sendable (inout SoundImage) -> Void
    ) {
        (self.rule, self.prepared, self.broken) = (rule, prepared, broken)
    }

    var testDescription: String { rule }

    /// The rule's finding on the good image and on the bad one, for the marketplace, which asks for all.
    func findings(_ rules: RuleTable) -> (good: OperationResult.Finding?, bad: OperationResult.Finding?) {
        var image = SoundImage()
        prepared(&image)
        let good = rules.evaluate(image.subject, purpose: .marketplace).first { $0.rule == rule }
        broken(&image)
        return (good, rules.evaluate(image.subject, purpose: .marketplace).first { $0.rule == rule })
    }

    /// One defect is one error, whatever else is said about it: the rules that stop the publication of the broken image.
    func errors(_ rules: RuleTable) -> [String] {
        var image = SoundImage()
        prepared(&image)
        broken(&image)
        return rules.evaluate(image.subject).filter { $0.outcome == "fail" && $0.severity == "error" }.map(\.rule)
    }

    func check(_ rules: RuleTable) {
        let (good, bad) = findings(rules)
        #expect(good?.outcome == "pass", "\(good.map { "\($0.message.text()) \($0.evidence ?? "")" } ?? "no finding")")
        #expect(bad?.outcome == "fail", "\(bad?.message.text() ?? "no finding")")
        #expect(bad?.fix?.text().isEmpty == false)
    }
}

extension RuleTable {
    /// What every rule of every vendor is held to.
    func checkForm(_ prefixes: [String]) {
        let ids = rules.map(\.id)
        #expect(Set(ids).count == ids.count, "an id stands twice")
        for rule in rules {
            let words = rule.id.split(separator: ".", omittingEmptySubsequences: false)
            #expect(words.count == 3 && prefixes.contains { rule.id.hasPrefix($0 + ".") }, "\(rule.id)")
            #expect(
                rule.id.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "." || $0 == "-") },
                "\(rule.id)")
            #expect(rule.source.hasPrefix("https://") && rule.source.allSatisfy { $0.isASCII && !$0.isWhitespace })
            #expect(!rule.reference.isEmpty)
            for text in [rule.demand, rule.why, rule.fix].map({ $0.text() }) {
                #expect(
                    text.hasSuffix(".") && text.first?.isLowercase == false || text.hasPrefix("cloud-init")
                        || text.hasPrefix("fstab")
                        || text.hasPrefix("sshd") || text.hasPrefix("ext4"), "\(rule.id): \(text)")
            }
        }
    }
}

extension SoundImage {
    /// Changes the guest's second volume, which is the root.
    mutating func root(_ change: (inout VolumeFacts) -> Void) {
        guard var mounts = facts.mounts, var volumes = mounts.volumes.value else { return }
        change(&volumes[1])
        mounts.volumes = .known(volumes)
        facts.mounts = mounts
    }

    mutating func partitions(_ change: (inout [Partition]) -> Void) {
        guard var partitions = facts.partitions?.partitions.value else { return }
        change(&partitions)
        facts.partitions?.partitions = .known(partitions)
    }

    mutating func fstab(_ entries: FstabEntry...) { facts.fstab?.entries = .known(entries) }

    mutating func commandLine(_ text: String) { facts.boot?.menus = .known([menu(text)]) }

    /// Changes what the menu starts by itself.
    mutating func entry(_ change: (inout BootEntry) -> Void) {
        guard var menus = facts.boot?.menus.value else { return }
        change(&menus[0].entries[0])
        facts.boot?.menus = .known(menus)
    }

    mutating func driver(_ name: String, _ change: (inout Driver) -> Void) {
        guard var kernels = facts.kernels?.kernels.value, var drivers = kernels.first?.drivers,
            let index = drivers.firstIndex(where: { $0.name == name })
        else { return }
        change(&drivers[index])
        kernels[0].drivers = drivers
        facts.kernels?.kernels = .known(kernels)
    }

    mutating func lacksDriver(_ name: String, everywhere: Bool = false) {
        driver(name) { driver in
            driver.initramfs = .absent()
            if everywhere { driver.modules = .absent() }
        }
    }

    mutating func kernels(_ change: (inout Kernel) -> Void) {
        guard var kernels = facts.kernels?.kernels.value else { return }
        change(&kernels[0])
        facts.kernels?.kernels = .known(kernels)
    }

    mutating func units(_ change: (inout [ServiceUnit]) -> Void) {
        guard var units = facts.services?.units.value else { return }
        change(&units)
        facts.services?.units = .known(units)
    }

    mutating func starts(_ name: String) { units { $0.append(unit(name, starts: true)) } }

    mutating func starts(not name: String) { units { $0.removeAll { $0.name == name } } }

    mutating func installs(_ name: String) {
        guard var packages = facts.packages?.packages.value else { return }
        packages.append(Package(manager: .rpm, name: name, version: "1.0-1", architecture: "x86_64"))
        facts.packages?.packages = .known(packages)
    }

    mutating func sshd(_ keyword: String, _ value: String) {
        facts.ssh?.settings[keyword.lowercased()] = .known(
            SSHSetting(values: [value]), [Evidence("/etc/ssh/sshd_config", line: 3, text: "\(keyword) \(value)")])
    }

    mutating func password(_ password: Password) {
        guard var users = facts.accounts?.users.value else { return }
        users[0].password = .known(password, [Evidence("/etc/shadow", line: 1, text: "root")])
        facts.accounts?.users = .known(users)
    }

    /// The same image for 64-bit ARM, which starts by UEFI alone.
    mutating func becomesARM() {
        declared = .arm64
        facts.kernels = KernelFacts(kernels: .known([kernel("6.6.0-28.0.0.34.oe2403.aarch64", "aarch64")]))
        facts.system?.architecture = .known("aarch64")
        facts.boot?.bios = .absent()
        facts.boot?.efi = .known([
            EFILoader(path: "EFI/BOOT/BOOTAA64.EFI", architecture: "aarch64", isFallback: true, isSigned: false)
        ])
    }
}
