/// What a guest mounts by itself: fstab(5), crypttab(5).
public struct FstabFacts: Sendable, Equatable, Codable {
    /// In file order; absent if there is no /etc/fstab.
    public var entries: Fact<[FstabEntry]>
    /// Lines that mount(8) passes over with a warning: too few fields, numbers that are none.
    public var damaged: Fact<[Evidence]>
    /// Lines of /etc/crypttab, what unlocks them left out; an empty list if nothing is encrypted by it.
    public var encrypted: Fact<[CryptEntry]>
    /// Units of type mount and swap under /etc/systemd/system and /usr/local/lib/systemd/system: mounts that fstab does not name.
    public var units: Fact<[String]>

    public init(
        entries: Fact<[FstabEntry]>, damaged: Fact<[Evidence]>, encrypted: Fact<[CryptEntry]>, units: Fact<[String]>
    ) {
        (self.entries, self.damaged, self.encrypted, self.units) = (entries, damaged, encrypted, units)
    }

    /// The entry that is mounted there; of more than one the last, which lies on top.
    public func entry(at point: String) -> FstabEntry? { entries.value?.last { $0.point == point } }
}

/// A line of /etc/fstab.
public struct FstabEntry: Sendable, Equatable, Codable {
    public var device: DeviceName
    /// Escapes (`\040`) replaced, without a slash at its end; `none` of swap.
    public var point: String
    /// As written: `ext4`, `swap`, `auto`.
    public var type: String
    /// As written, split at commas.
    public var options: [String]
    /// The fifth field; 0 if it is left out.
    public var dump: Int
    /// The sixth field: the order of fsck; 0 if it is left out.
    public var pass: Int
    public var evidence: Evidence

    public init(
        device: DeviceName, point: String, type: String, options: [String], dump: Int, pass: Int, evidence: Evidence
    ) {
        self.device = device
        self.point = point
        self.type = type
        self.options = options
        self.dump = dump
        self.pass = pass
        self.evidence = evidence
    }

    public var isSwap: Bool { type == "swap" }
    /// The boot goes on without it: `nofail`, or it is not mounted by itself (`noauto`).
    public var isOptional: Bool { options.contains("nofail") || options.contains("noauto") }
    /// It needs a disk, or a partition of one.
    public var needsDisk: Bool {
        switch device.kind {
        case .uuid, .label, .partitionUUID, .partitionLabel, .hardware, .disk, .mapper: true
        case .virtual, .network, .file, .other: false
        }
    }
}

/// A line of /etc/crypttab.
public struct CryptEntry: Sendable, Equatable, Codable {
    /// Its name under /dev/mapper.
    public var name: String
    public var device: DeviceName
    public var options: [String]
    public var evidence: Evidence

    public init(name: String, device: DeviceName, options: [String], evidence: Evidence) {
        (self.name, self.device, self.options, self.evidence) = (name, device, options, evidence)
    }

    /// It is swap under a key that is new at each boot, and keeps nothing.
    public var isThrowaway: Bool { options.contains("swap") || options.contains("tmp") }
}
