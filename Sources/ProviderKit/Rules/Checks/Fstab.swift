import Documents

extension CheckSubject {
    func fstab(namedBy namings: [Check.Naming]) throws(Unknown) -> Outcome {
        let kinds = namings.flatMap(\.kinds)
        var verdict = Verdict()
        for entry in try fstab.entries.get() ?? [] where entry.needsDisk && !entry.isOptional {
            guard !kinds.contains(entry.device.kind) else { continue }
            verdict.wrong(
                "fstab names \(entry.isSwap ? "swap" : entry.point) by \(entry.device.text), and not by "
                    + namings.map(\.rawValue).either,
                [entry.evidence], .fstabByUUID)
        }
        return verdict.outcome(pass: "fstab names what it mounts by \(namings.map(\.rawValue).either)")
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
                "fstab mounts \(one.point) from \(one.source), which is not in the image",
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
