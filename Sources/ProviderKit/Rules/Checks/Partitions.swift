import Documents

extension CheckSubject {
    func partitionTable(in tables: [Check.Table]) throws(Unknown) -> Outcome {
        let fact = try partitions.table
        let wanted = tables.map { $0.rawValue.uppercased() }.either
        let remediation = Remediation.byHand("divide the disk by \(wanted)")
        guard let table = try fact.get() else {
            return .fail("the disk has no partition table, and has to have \(wanted)", fact.evidence, [remediation])
        }
        guard !tables.contains(where: { $0.rawValue == table.rawValue }) else {
            return .pass("the disk is divided by \(table.rawValue.uppercased())")
        }
        return .fail(
            "the disk is divided by \(table.rawValue.uppercased()), and has to be by \(wanted)", fact.evidence,
            [remediation])
    }

    func partitionsAligned(to unit: UInt64) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for partition in try ordinaryPartitions() where unit > 0 && partition.start % unit != 0 {
            verdict.wrong(
                "partition \(partition.number) does not begin at a multiple of \(unit) bytes",
                [place(partition, "begins at \(partition.start)")], .byHand("move the partition"))
        }
        return verdict.outcome(pass: "every partition begins at a multiple of \(unit) bytes")
    }

    func rootLast() throws(Unknown) -> Outcome {
        let number = try rootMount().partition
        guard let number else { return .pass("the root fills the disk") }
        let all = try ordinaryPartitions()
        guard let root = all.first(where: { $0.number == number }) else {
            throw Unknown("the root's partition is not in the table")
        }
        let behind = all.filter { $0.start > root.start }
        guard !behind.isEmpty else { return .pass("the root is the last partition") }
        return .fail(
            "partition \(behind[0].number) lies behind the root, which can't grow",
            behind.map { place($0, "begins at \($0.start)") }, [.byHand("move the root to the disk's end")])
    }

    func lvmPartitions(_ verdict: inout Verdict, _ remediation: Remediation) {
        partitions(of: .lvm, &verdict, "is LVM's by its type", remediation)
    }

    /// Of swap by their type. What fstab says of it is `swapLines`.
    func swapPartitions(_ verdict: inout Verdict) {
        partitions(of: .swap, &verdict, "is swap by its type", .byHand("remove the swap partition"))
    }

    private func partitions(
        of role: Partition.Role, _ verdict: inout Verdict, _ what: String, _ remediation: Remediation
    ) {
        verdict.trying { verdict throws(Unknown) in
            for partition in try ordinaryPartitions() where partition.role == role {
                verdict.wrong("partition \(partition.number) \(what)", [place(partition, partition.type)], remediation)
            }
        }
    }

    private func ordinaryPartitions() throws(Unknown) -> [Partition] {
        try partitions.partitions.get(or: "the disk's partitions are not known").filter { $0.role != .extended }
    }

    private func place(_ partition: Partition, _ text: String) -> Evidence {
        Evidence("partition \(partition.number)", text: text)
    }
}
