import Documents

extension CheckSubject {
    private var file: Evidence { Evidence("the image's file") }

    func diskFormat(in formats: [String]) throws(Unknown) -> Outcome {
        let disk = try disk
        let format = try disk.format.get(or: "the image's format is not told")
        guard formats.contains(format) else {
            return .fail(
                "the image is a \(format) file, and has to be \(formats.either)", [Evidence(file.path, text: format)],
                [.diskConvert(formats)])
        }
        return .pass("the image is a \(format) file", [file])
    }

    private func size(
        _ fact: Fact<UInt64>, _ what: String, from least: UInt64 = 0, upTo most: UInt64, mend: [Remediation]
    ) throws(Unknown) -> Outcome {
        let size = try fact.get(or: "\(what)'s size is not told")
        let places = fact.places(or: file.path)
        guard size <= most else {
            return .fail("\(what) has \(bytes(size)), more than \(bytes(most))", places, mend)
        }
        guard size >= least else {
            return .fail("\(what) has \(bytes(size)), less than \(bytes(least))", places, [.diskResize(least)])
        }
        return .pass("\(what) has \(bytes(size))", places)
    }

    func fileSize(upTo most: UInt64) throws(Unknown) -> Outcome {
        try size(disk.fileSize, "the file", upTo: most, mend: [.diskConvert(["qcow2"])])
    }

    func virtualSize(from least: UInt64, upTo most: UInt64) throws(Unknown) -> Outcome {
        try size(disk.virtualSize, "the disk", from: least, upTo: most, mend: [.diskResize(most)])
    }

    func usedSize(upTo most: UInt64) throws(Unknown) -> Outcome {
        try size(disk.usedSize, "the data on the disk", upTo: most, mend: [.byHand("make the image smaller")])
    }

    func virtualSizeMultiple(of unit: UInt64) throws(Unknown) -> Outcome {
        let fact = try disk.virtualSize
        let size = try fact.get(or: "the disk's size is not told")
        guard unit > 0, size % unit == 0 else {
            let (units, overflow) = (size / max(unit, 1)).addingReportingOverflow(1)
            let (whole, tooMuch) = units.multipliedReportingOverflow(by: unit)
            return .fail(
                "the disk has \(size) bytes, which is no multiple of \(bytes(unit))", fact.places(or: file.path),
                overflow || tooMuch ? [] : [.diskResize(whole)])
        }
        return .pass("the disk has a multiple of \(bytes(unit))")
    }

    func selfContained() throws(Unknown) -> Outcome {
        let disk = try disk
        var verdict = Verdict()
        if let base = verdict.value(disk.backingFile) {
            verdict.wrong(
                "parts of the disk are in another file, \(base)", disk.backingFile.places(or: file.path),
                .diskConvert([disk.format.value ?? "qcow2"]))
        }
        for defect in verdict.value(disk.defects) ?? [] {
            verdict.wrong("the file does not agree with itself: \(defect)", disk.defects.places(or: file.path))
        }
        return verdict.outcome(pass: "the file holds all of the disk")
    }

    func noSnapshots() throws(Unknown) -> Outcome {
        let fact = try disk.snapshots
        guard let count = try fact.get(), count > 0 else { return .pass("the file holds no snapshot") }
        return .fail(
            "the file holds \(count) snapshot\(count == 1 ? "" : "s")", fact.places(or: file.path),
            [.diskConvert([facts.disk?.format.value ?? "qcow2"])])
    }

    func partitionTable(in tables: [Check.Table]) throws(Unknown) -> Outcome {
        let fact = try partitions.table
        let names = tables.map(\.name).either
        guard let table = try fact.get() else {
            return .fail(
                "the disk has no partition table, and has to have \(names)", fact.places(or: "the first sector"),
                [.byHand("make the image anew on a partitioned disk")])
        }
        guard tables.contains(where: { $0.rawValue == table.rawValue }) else {
            return .fail(
                "the disk is divided by \(table.name), and has to be by \(names)", fact.places(or: "the first sector"),
                [.byHand("make the image anew with \(names)")])
        }
        return .pass("the disk is divided by \(table.name)", fact.evidence)
    }

    func partitionsAligned(to unit: UInt64) throws(Unknown) -> Outcome {
        var verdict = Verdict()
        for partition in try partitions.partitions.get() ?? [] where unit > 0 && partition.start % unit != 0 {
            verdict.wrong(
                "partition \(partition.number) begins at byte \(partition.start), no multiple of \(bytes(unit))",
                [partition.evidence], .byHand("make the partitions anew, aligned"))
        }
        return verdict.outcome(pass: "the partitions begin at multiples of \(bytes(unit))")
    }

    func rootLast() throws(Unknown) -> Outcome {
        let root = try rootMount()
        let all = try partitions.partitions.get() ?? []
        guard let number = root.partition else { return .pass("the root fills the disk") }
        guard let own = all.first(where: { $0.number == number }) else {
            throw Unknown("the root's partition is not in the table")
        }
        // An extended partition lies around those that it holds.
        let later = all.filter { $0.start > own.start && $0.role != .extended }
        guard later.isEmpty else {
            return .fail(
                "the root can't grow: partition \(later[0].number) follows it", later.map(\.evidence),
                [.byHand("make the image anew with the root at its end")])
        }
        return .pass("no partition follows the root", [own.evidence])
    }

    func lvmPartitions(_ verdict: inout Verdict, _ remediation: Remediation) {
        partitions(of: .lvm, &verdict, "is of LVM's type", remediation)
    }

    func swapPartitions(_ verdict: inout Verdict) {
        partitions(of: .swap, &verdict, "is swap", .byHand("remove the swap partition"))
    }

    private func partitions(
        of role: Partition.Role, _ verdict: inout Verdict, _ what: String, _ remediation: Remediation
    ) {
        verdict.trying { verdict throws(Unknown) in
            for partition in try partitions.partitions.get() ?? [] where partition.role == role {
                verdict.wrong("partition \(partition.number) \(what)", [partition.evidence], remediation)
            }
        }
    }

    func encryptedFile(_ verdict: inout Verdict, _ remediation: Remediation) {
        verdict.trying { verdict throws(Unknown) in
            let fact = try disk.encrypted
            if verdict.value(fact) == true {
                verdict.wrong("the file is encrypted", fact.places(or: file.path), remediation)
            }
        }
    }
}

extension Partition {
    fileprivate var evidence: Evidence { Evidence("partition \(number)", text: "type \(type), from byte \(start)") }
}

extension PartitionTable {
    fileprivate var name: String { self == .gpt ? "a GPT" : "an MBR" }
}

extension Check.Table {
    fileprivate var name: String { self == .gpt ? "a GPT" : "an MBR" }
}

/// `40 GiB`, `1536 MiB`, `1000 bytes`: the largest unit that the size is a whole number of, else to one decimal.
func bytes(_ size: UInt64) -> String {
    let units: [(String, UInt64)] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    for (name, unit) in units where size >= unit {
        let tenths = (size % unit) * 10 / unit
        if size % unit == 0 { return "\(size / unit) \(name)" }
        if tenths > 0 { return "\(size / unit).\(tenths) \(name)" }
    }
    return "\(size) bytes"
}
