import Documents

extension CheckSubject {
    private func volumes() throws(Unknown) -> [VolumeFacts] {
        try mounts.volumes.get(or: "no file system was found on the disk")
    }

    /// What the guest sees at the root; unknown if it was not found.
    func rootMount() throws(Unknown) -> MountFact {
        let mounted = try mounts.mounts.get(or: "no root was found on the disk")
        guard let root = mounted.first(where: { $0.point == "/" }) else {
            throw Unknown("no root was found on the disk")
        }
        return root
    }

    private func rootVolume() throws(Unknown) -> VolumeFacts {
        let root = try rootMount()
        guard let volume = try volumes().first(where: { $0.place == root.place }) else {
            throw Unknown("the root's partition was not read")
        }
        return volume
    }

    private func place(_ volume: VolumeFacts, _ text: String? = nil) -> Evidence {
        Evidence(volume.place, text: text)
    }

    func fileSystems(in kinds: [String]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        _ = try rootMount()
        let mounted = try mounts.mounts.get() ?? []
        // The boot loader's own, which the kernel need not mount.
        for mount in mounted where !(mount.kind == "vfat" && ["/boot", "/boot/efi", "/efi"].contains(mount.point)) {
            guard !kinds.contains(mount.kind) else { continue }
            verdict.wrong(
                "\(mount.point) is \(mount.kind), and has to be \(kinds.either)",
                [Evidence(mount.place, text: mount.kind)], .byHand("make \(mount.point) anew as \(kinds.first ?? "")"))
        }
        return verdict.outcome(pass: "the file systems are \(kinds.either)")
    }

    func noFileSystemFeatures(_ features: [String]) throws(Unknown) -> Outcome {
        let volume = try rootVolume()
        let fact = volume.features
        let found = (try fact.get() ?? []).filter(features.contains)
        guard found.isEmpty else {
            return .fail(
                "the root's file system has \(found.listed)",
                fact.evidence.isEmpty ? [place(volume, found.joined(separator: ","))] : fact.evidence,
                [.byHand("make the file system without \(found.listed) (tune2fs -O)")])
        }
        return .pass("the root's file system has not \(features.listed)")
    }

    func cleanFileSystems() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for volume in try volumes() {
            guard let kind = verdict.value(volume.kind),
                ["ext2", "ext3", "ext4", "vfat", "xfs", "btrfs"].contains(kind)
            else { continue }
            func look(_ fact: Fact<Bool>, _ isBad: Bool, _ what: String) {
                guard verdict.value(fact) == isBad else { return }
                let places = fact.evidence.isEmpty ? [place(volume, what)] : fact.evidence
                verdict.wrong("the \(kind) of \(place(volume).path) \(what)", places, .fileSystemRepair)
            }
            look(volume.clean, false, "was not unmounted in order")
            look(volume.needsRecovery, true, "has a journal to be replayed")
            look(volume.hasErrors, true, "notes errors")
        }
        return verdict.outcome(pass: "every file system was unmounted in order")
    }

    func soundDisk() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let table = try partitions
        for defect in verdict.value(table.defects) ?? [] where defect != PartitionFacts.grown {
            verdict.wrong(
                defect, table.defects.places(or: "partition table").map { Evidence($0.path, text: defect) },
                .byHand("take the whole disk anew, or mend its partition table (sfdisk, gdisk)"))
        }
        let volumes = try mounts.volumes
        let found = verdict.value(volumes) ?? []
        let isEmpty = !volumes.isUnknown && found.allSatisfy { $0.kind.value == nil && !$0.kind.isUnknown }
        if isEmpty, case .absent(let places) = table.table {
            verdict.wrong(
                "this is no disk: it has neither a partition table nor a file system that is known", places,
                .byHand("take the whole disk that the system was installed on"))
        }
        for volume in found where volume.readable.value != true && volume.hasErrors.value == true {
            verdict.wrong(
                "the \(volume.kind.value ?? "file system") of \(place(volume).path) is damaged",
                volume.hasErrors.evidence, .fileSystemRepair)
        }
        for kernel in facts.kernels?.kernels.value ?? [] where kernel.image.value != nil {
            guard let damage = kernel.initramfsDamage else { continue }
            verdict.wrong(
                "the initramfs of kernel \(kernel.version) is damaged: \(damage)",
                [Evidence("kernel \(kernel.version)", text: damage)], .byHand("make the initramfs anew"))
        }
        return verdict.outcome(pass: "the partition table and the file systems are whole")
    }

    func freeSpace(percent: Int) throws(Unknown) -> Outcome {
        let volume = try rootVolume()
        let size = try volume.size.get(or: "the root's size is not known")
        let free = try volume.free.get(or: "the root's free room is not known")
        guard size > 0 else { throw Unknown("the root's size is 0") }
        let share = Int(Double(free) / Double(size) * 100)
        guard Double(free) / Double(size) * 100 >= Double(percent) else {
            return .fail(
                "\(share) % of the root is free, and has to be at least \(percent) %",
                [place(volume, "\(free) of \(size) bytes free")], [.byHand("grow the disk and its root")])
        }
        // A file system whose inodes are used up is full as well.
        if let all = volume.inodes.value, let left = volume.freeInodes.value, all > 0,
            Double(left) / Double(all) * 100 < Double(percent)
        {
            return .fail(
                "\(Int(Double(left) / Double(all) * 100)) % of the root's inodes are free, and have to be at least \(percent) %",
                [place(volume, "\(left) of \(all) inodes free")], [.byHand("grow the disk and its root")])
        }
        return .pass("\(share) % of the root is free")
    }

    func noSeparateMount(_ points: [String]) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let facts = try mounts
        for mount in verdict.value(facts.mounts) ?? [] where points.contains(mount.point) {
            verdict.wrong(
                "\(mount.point) has a file system of its own",
                [Evidence("/etc/fstab", line: mount.line, text: mount.source)],
                .byHand("move \(mount.point) into the root"))
        }
        for mount in verdict.value(facts.unmounted) ?? [] where points.contains(mount.point) {
            verdict.wrong(
                "\(mount.point) has a file system of its own",
                [Evidence("/etc/fstab", line: mount.line, text: mount.source)],
                .byHand("move \(mount.point) into the root"))
        }
        return verdict.outcome(pass: "\(points.listed) \(points.count == 1 ? "is" : "are") part of the root")
    }

    /// Volumes of a kind that was not asked for.
    private func noVolume(of kinds: [String], _ verdict: inout Verdict, _ what: String, _ remediation: Remediation) {
        verdict.trying { verdict throws(Unknown) in
            for volume in try volumes() {
                guard let kind = verdict.value(volume.kind), kinds.contains(kind) else { continue }
                verdict.wrong("\(place(volume).path) \(what)", [place(volume, kind)], remediation)
            }
        }
    }

    func noLVM() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let remediation = Remediation.byHand("put the root on a plain partition")
        noVolume(of: ["LVM2_member", "LVM1_member"], &verdict, "belongs to LVM", remediation)
        lvmPartitions(&verdict, remediation)
        return verdict.outcome(pass: "no partition belongs to LVM")
    }

    func noSwap() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        noVolume(of: ["swap"], &verdict, "is swap", .byHand("remove the swap partition"))
        swapPartitions(&verdict)
        swapLines(&verdict)
        return verdict.outcome(pass: "there is no swap")
    }

    func notEncrypted() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let remediation = Remediation.byHand("make the image without encryption")
        encryptedFile(&verdict, remediation)
        noVolume(of: ["crypto_LUKS"], &verdict, "is encrypted", remediation)
        encryptedVolumes(&verdict, remediation)
        return verdict.outcome(pass: "nothing is encrypted")
    }
}
