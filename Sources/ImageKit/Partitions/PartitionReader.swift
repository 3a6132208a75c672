public import Blocks
public import Documents
public import FileSystems

/// Reads how a disk is divided: GPT or MBR, with what each partition holds.
public struct PartitionReader: Sendable {
    /// Bytes of a sector, which tables count in: a GPT is looked for with each, an MBR is read with the first.
    static let sectors: [UInt64] = [512, 4096]
    let disk: any ByteSource

    public init(_ disk: any ByteSource) { self.disk = disk }

    /// The table, and a volume for each partition that could hold one: of a disk without a table, the whole disk.
    public func read() -> (facts: PartitionFacts, volumes: [Volume]) {
        do throws(Failure) {
            guard disk.size >= 2 * Self.sectors[0] else {
                return (.none([Evidence("the whole disk")]), [])
            }
            let first = try disk.bytes(at: 0, count: 512)
            if let gpt = try gpt(first) {
                return found(.gpt, gpt.partitions, gpt.defects, gpt.evidence, sector: gpt.sector)
            }
            // A boot sector of FAT has the table's mark too, and no table.
            let whole = Volume(partition: nil, disk)
            if whole.fileSystem == nil || whole.signature?.kind != "vfat", let mbr = try MBR(disk, first) {
                if mbr.isProtectiveAlone {
                    throw Failure(
                        .refused, "sector 0 says that there is a GPT, and there is none in either of its places",
                        hint: "the image was cut, or its table wiped: make it again, or mend it with gdisk")
                }
                return found(
                    .mbr, mbr.partitions, mbr.defects, Evidence("sector 0"), sector: Self.sectors[0])
            }
            guard whole.signature != nil || whole.refusal != nil else {
                return (.none([Evidence("sector 0"), Evidence("sector 1")]), [])
            }
            return (.none([Evidence("sector 0")]), logical([(whole, disk)]))
        } catch {
            let facts = PartitionFacts(
                table: .unknown(error.message), partitions: .unknown(error.message), defects: .known([error.message]),
                sectorSize: .unknown(error.message))
            return (facts, [])
        }
    }

    /// The GPT, whichever sectors it counts in. One that can't be believed is an error only if there is no other.
    private func gpt(_ first: [UInt8]) throws(Failure) -> GPT? {
        var refusal: Failure?
        for sector in Self.sectors {
            do throws(Failure) {
                if let gpt = try GPT(disk, mbr: first, sector: sector) { return gpt }
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
        return nil
    }

    private func found(
        _ table: PartitionTable, _ partitions: [Partition], _ defects: [String], _ evidence: Evidence,
        sector: UInt64
    ) -> (facts: PartitionFacts, volumes: [Volume]) {
        var defects = defects
        var partitions = partitions
        var volumes: [(volume: Volume, source: any ByteSource)] = []
        for index in partitions.indices {
            let partition = partitions[index]
            do throws(Failure) {
                let part = try Slice(disk, offset: partition.start, size: partition.size)
                guard partition.role != .extended, partition.role != .biosBoot else { continue }
                let volume = Volume(
                    partition: partition.number, partitionUUID: partition.uuid, partitionLabel: partition.name, part)
                partitions[index].content = volume.signature?.kind
                volumes.append((volume, part))
            } catch {
                defects.append("partition \(partition.number): \(error.message)")
            }
        }
        let ordered = partitions.filter { $0.role != .extended }.sorted { $0.start < $1.start }
        for (one, next) in zip(ordered, ordered.dropFirst()) where one.end > next.start {
            defects.append("partitions \(one.number) and \(next.number) overlap")
        }
        let facts = PartitionFacts(
            table: .known(table, [evidence]), partitions: .known(partitions, [evidence]),
            defects: .known(defects, [evidence]), sectorSize: .known(Int(sector), [evidence]))
        return (facts, logical(volumes))
    }

    /// The volumes, and those that LVM makes of them.
    private func logical(_ found: [(volume: Volume, source: any ByteSource)]) -> [Volume] {
        let members = found.filter { $0.volume.signature?.kind == "LVM2_member" }
        guard !members.isEmpty else { return found.map(\.volume) }
        let (logical, refusals) = VolumeGroup.volumes(in: members)
        return found.map { member in
            var volume = member.volume
            guard volume.signature?.kind == "LVM2_member" else { return volume }
            if let refusal = refusals[volume.name] {
                volume.refuse(refusal.beside(volume.refusal))
            } else {
                volume.takeApart()
            }
            return volume
        } + logical
    }
}

extension Failure {
    /// The reason, behind what was said without it.
    fileprivate func beside(_ general: Failure?) -> Failure {
        guard let general else { return self }
        return Failure(.refused, "\(general.message): \(message)", hint: general.hint)
    }
}

extension PartitionFacts {
    fileprivate static func none(_ evidence: [Evidence]) -> PartitionFacts {
        PartitionFacts(
            table: .absent(evidence), partitions: .known([], evidence), defects: .known([]),
            sectorSize: .absent(evidence))
    }
}
