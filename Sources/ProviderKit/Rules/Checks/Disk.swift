import Documents

extension CheckSubject {
    private static let file = Evidence("the image's file")

    func diskFormat(in formats: [String]) throws(Unknown) -> Outcome {
        let format = try disk.format.get(or: "the file's format is not known")
        guard !formats.contains(format) else { return .pass("the file is \(format)") }
        return .fail(
            "the file is \(format), and has to be \(formats.either)", [Evidence(Self.file.path, text: format)],
            [.byHand("convert it: qemu-img convert -O \(formats.first ?? "qcow2")")])
    }

    func fileSize(upTo most: UInt64) throws(Unknown) -> Outcome {
        let size = try disk.fileSize.get(or: "the file's size is not known")
        return size <= most
            ? .pass("the file has \(size) bytes")
            : .fail(
                "the file has \(size) bytes, and may have \(most)", [Self.file], [.byHand("compress or shrink the image")])
    }

    func virtualSize(from least: UInt64, upTo most: UInt64) throws(Unknown) -> Outcome {
        let size = try disk.virtualSize.get(or: "the disk's size is not known")
        let place = Evidence("the disk", text: "\(size) bytes")
        if size < least {
            return .fail("the disk has \(size) bytes, and must have \(least)", [place], [.byHand("grow the disk")])
        }
        if size > most {
            return .fail("the disk has \(size) bytes, and may have \(most)", [place], [.byHand("shrink the disk")])
        }
        return .pass("the disk has \(size) bytes")
    }

    func usedSize(upTo most: UInt64) throws(Unknown) -> Outcome {
        let size = try disk.usedSize.get(or: "what of the disk is in use is not known")
        return size <= most
            ? .pass("\(size) bytes of the disk are in use")
            : .fail(
                "\(size) bytes of the disk are in use, and \(most) may be", [Evidence("the disk")],
                [.byHand("remove files, and trim the file systems")])
    }

    func virtualSizeMultiple(of unit: UInt64) throws(Unknown) -> Outcome {
        let size = try disk.virtualSize.get(or: "the disk's size is not known")
        guard unit > 0, size % unit != 0 else { return .pass("the disk's size is a multiple of \(unit) bytes") }
        return .fail(
            "the disk has \(size) bytes, which is no multiple of \(unit)", [Evidence("the disk", text: "\(size) bytes")],
            [.byHand("grow the disk to \(size - size % unit + unit) bytes")])
    }

    func selfContained() throws(Unknown) -> Outcome {
        var verdict = Verdict()
        let disk = try disk
        if let backing = verdict.value(disk.backingFile) {
            verdict.wrong(
                "parts of the disk lie in another file", [Evidence(Self.file.path, text: backing)],
                .byHand("flatten it: qemu-img convert"))
        }
        for defect in verdict.value(disk.defects) ?? [] {
            verdict.wrong(defect, [Self.file], .byHand("make the image again"))
        }
        if verdict.value(disk.clean) == false {
            verdict.wrong(
                "the image was not closed in order", disk.clean.evidence, .byHand("close it: qemu-img check -r all"))
        }
        return verdict.outcome(pass: "the file holds all of the disk")
    }

    func noSnapshots() throws(Unknown) -> Outcome {
        let snapshots = try disk.snapshots.get(or: "the file's snapshots are not known")
        guard snapshots > 0 else { return .pass("the file holds no snapshot") }
        return .fail(
            "the file holds \(snapshots) \(snapshots == 1 ? "snapshot" : "snapshots")", try disk.snapshots.evidence,
            [.byHand("remove them: qemu-img snapshot -d, or convert the image")])
    }

    func encryptedFile(_ verdict: inout Verdict, _ remediation: Remediation) {
        verdict.trying { verdict throws(Unknown) in
            let fact = try disk.encrypted
            guard verdict.value(fact) == true else { return }
            verdict.wrong("the disk is encrypted", fact.evidence.isEmpty ? [Self.file] : fact.evidence, remediation)
        }
    }
}
