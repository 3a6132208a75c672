import Documents

extension CheckSubject {
    func dhcp() throws(Unknown) -> Outcome {
        let network = try network
        var verdict = Verdict()
        for profile in verdict.value(network.profiles) ?? []
        where profile.isStatic && profile.isAutomatic && !profile.isVirtual {
            let address = profile.addresses.first.map { " \($0)" } ?? ""
            verdict.wrong(
                "\(profile.interface ?? "an interface") has the fixed address\(address)", profile.evidence, .networkDHCP
            )
        }
        for entry in (facts.boot?.menus.value ?? []).compactMap(\.defaultEntry) {
            guard let fixed = entry.values(of: "ip").first(where: Self.isFixed) else { continue }
            verdict.wrong(
                "the kernel's command line has the fixed address \(fixed)", [entry.evidence],
                .kernelArgumentRemove("ip"))
        }
        if verdict.value(network.anyCard) == nil, !network.anyCard.isUnknown {
            verdict.wrong("nothing asks for an address by DHCP", network.anyCard.evidence, .networkDHCP)
        }
        return verdict.outcome(pass: "\(network.anyCard.value ?? "") asks for an address by DHCP")
    }

    /// `ip=CLIENT:SERVER:GATEWAY:MASK:HOST:INTERFACE:AUTOCONF` (nfsroot.rst of the kernel, dracut.cmdline(7)).
    private static func isFixed(_ value: String) -> Bool {
        if value.hasPrefix("[") { return true }
        let fields = value.split(separator: ":", omittingEmptySubsequences: false)
        return fields[0].contains(".") && fields[0].allSatisfy { $0 == "." || $0.isNumber }
            && !fields.dropFirst(6).prefix(1).contains { ["dhcp", "on", "any", "both"].contains($0) }
    }

    func noHardwareAddresses() throws(Unknown) -> Outcome {
        let network = try network
        var verdict = Verdict()
        for profile in verdict.value(network.profiles) ?? [] where !profile.isVirtual {
            guard let address = profile.hardwareAddress ?? profile.clonedAddress else { continue }
            verdict.wrong(
                "\(profile.interface ?? "an interface") is bound to the hardware address \(address)", profile.evidence,
                .networkDHCP)
        }
        for line in verdict.value(network.boundLinks) ?? [] {
            verdict.wrong("\(line.path) is bound to one machine's hardware", [line], .fileRemove(line.path))
        }
        return verdict.outcome(pass: "no network configuration is bound to one machine")
    }

    func noPersistentNetworkRules() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for line in verdict.value(try network.persistentNames) ?? [] {
            verdict.wrong("\(line.path) binds an interface's name to one machine", [line], .fileRemove(line.path))
        }
        for kernel in verdict.value(try kernelFacts.kernels) ?? [] {
            guard let initramfs = verdict.value(kernel.initramfs) else { continue }
            for rule in initramfs.persistentNetworkRules {
                verdict.wrong(
                    "\(initramfs.path) binds an interface's name to one machine",
                    [Evidence("initramfs \(initramfs.path): \(rule)")], .byHand("make the initramfs anew"))
            }
        }
        return verdict.outcome(pass: "no rule binds an interface's name")
    }

    func firewallOff() throws(Unknown) -> Outcome {
        let running = (try system.firewalls.get() ?? []).filter(\.isEnabled)
        guard running.isEmpty else {
            return .fail(
                "\(running.map(\.name.rawValue).listed) starts at boot", running.flatMap(\.evidence),
                [.unitDisable(running.map { $0.name.rawValue + ".service" })])
        }
        return .pass("no firewall starts at boot")
    }

    func firewallOpens(anyOf names: [String]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for firewall in try system.firewalls.get() ?? [] where firewall.isEnabled {
            guard verdict.value(firewall.filtersInput) == true else { continue }
            if !firewall.opens.contains(where: names.contains) {
                verdict.wrong(
                    "\(firewall.name.rawValue) turns \(names.first ?? "") away", firewall.evidence,
                    .byHand("let \(names.first ?? "") in"))
            }
        }
        return verdict.outcome(pass: "no firewall turns \(names.first ?? "") away")
    }
}
