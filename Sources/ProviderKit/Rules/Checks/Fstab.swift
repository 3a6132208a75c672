import Documents

extension CheckSubject {
    func fstab(namedBy namings: [Check.Naming], evenOptional: Bool) throws(Unknown) -> Outcome {
        let kinds = namings.flatMap(\.kinds)
        var verdict = Verdict()
        mountUnits(kinds, namings, &verdict)
        for entry in try fstab.entries.get() ?? [] where entry.needsDisk {
            if entry.isOptional, !evenOptional || !Self.isDisk(entry.device) { continue }
            guard !kinds.contains(entry.device.kind) else { continue }
            verdict.wrong(
                "fstab names \(entry.isSwap ? "swap" : entry.point) by \(entry.device.text), and not by "
                    + namings.map(\.rawValue).either,
                [entry.evidence], .fstabByUUID)
        }
        return verdict.outcome(pass: "fstab names what it mounts by \(namings.map(\.rawValue).either)")
    }

    /// A disk that stays in the machine: a drive for discs and a loop are none.
    private static func isDisk(_ device: DeviceName) -> Bool {
        device.kind == .disk && !["/dev/sr", "/dev/loop"].contains { device.text.hasPrefix($0) }
    }

    /// What= of mount and swap units that start at boot (systemd.mount(5)).
    private func mountUnits(_ kinds: [DeviceName.Kind], _ namings: [Check.Naming], _ verdict: inout Verdict) {
        verdict.trying { verdict throws(Unknown) in
            for path in try fstab.units.get() ?? [] where !path.hasSuffix(".automount") {
                let name = String(path.split(separator: "/").last ?? "")
                guard let unit = try services.unit(name).get(), !unit.isMasked, unit.starts || unit.isEnabled,
                    let text = try text(path)
                else { continue }
                for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                    guard line.hasPrefix("What=") else { continue }
                    let device = DeviceName(String(line.dropFirst(5)).trimmed)
                    guard device.kind == .disk || device.kind == .hardware, !kinds.contains(device.kind) else {
                        continue
                    }
                    verdict.wrong(
                        "\(name) mounts \(device.text), and not by \(namings.map(\.rawValue).either)",
                        [Evidence(path, line: index + 1, text: String(line))],
                        .byHand("name the file system by UUID in \(path)"))
                }
            }
        }
    }

    func fstabResolves() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        guard let entries = try fstab.entries.get() else { return .pass("there is no /etc/fstab") }
        guard let unmounted = verdict.value(try mounts.unmounted) else { return verdict.outcome(pass: "") }
        for one in unmounted where !one.inImage || one.isUncertain {
            let entry = entries.first { $0.evidence.line == one.line }
            if let entry, entry.isOptional || !entry.needsDisk { continue }
            if one.isUncertain {
                verdict.unknown("fstab mounts \(one.point) from \(one.source): \(one.why)")
                continue
            }
            verdict.wrong(
                one.kind == "swap"
                    ? "fstab's swap \(one.source) is not in the image"
                    : "fstab mounts \(one.point) from \(one.source), which is not in the image",
                [entry?.evidence ?? Evidence("/etc/fstab", line: one.line, text: one.source)], .fstabRemove(one.point))
        }
        return verdict.outcome(pass: "what fstab mounts is in the image")
    }

    func swapLines(_ verdict: inout Verdict) {
        verdict.trying { verdict throws(Unknown) in
            for entry in try fstab.entries.get() ?? [] where entry.isSwap && !entry.options.contains("noauto") {
                verdict.wrong("fstab names swap", [entry.evidence], .fstabRemove(entry.point))
            }
        }
    }

    func encryptedVolumes(_ verdict: inout Verdict, _ remediation: Remediation) {
        verdict.trying { verdict throws(Unknown) in
            for entry in try fstab.encrypted.get() ?? [] where !entry.isThrowaway {
                verdict.wrong("crypttab names the volume \(entry.name)", [entry.evidence], remediation)
            }
        }
    }
}
