public import Documents

extension ExtFileSystem {
    public func facts(of place: VolumePlace) -> VolumeFacts {
        let block = superblock
        let evidence = [Evidence(place.name)]
        var facts = VolumeFacts(at: place, kind: .known(kind, evidence), unknown: "not read")
        facts.label = label.map { .known($0, evidence) } ?? .absent(evidence)
        facts.uuid = uuid.map { .known($0, evidence) } ?? .absent(evidence)
        facts.readable = .known(true)
        let size = UInt64(block.blockSize)
        facts.size = .known(block.blockCount * size)
        facts.free = .known(block.freeBlocks * size)
        facts.used = .known((block.blockCount - block.freeBlocks) * size)
        facts.inodes = .known(UInt64(block.inodeCount))
        facts.freeInodes = .known(UInt64(block.freeInodes))
        facts.blockSize = .known(block.blockSize)
        facts.features = .known(block.features.names, evidence)
        let state = "s_state \(block.state)"
        facts.clean = .known(block.state & 1 == 1, [Evidence(place.name, text: state)])
        facts.needsRecovery = .known(block.features.needsRecovery, evidence)
        facts.hasErrors = .known(
            block.state & 2 != 0 || block.errorCount > 0,
            [Evidence(place.name, text: "\(state), s_error_count \(block.errorCount)")])
        return facts
    }
}

extension FATFileSystem {
    public func facts(of place: VolumePlace) -> VolumeFacts {
        let evidence = [Evidence(place.name)]
        var facts = VolumeFacts(at: place, kind: .known(kind, evidence), unknown: "not read")
        facts.label = label.map { .known($0, evidence) } ?? .absent(evidence)
        facts.uuid = uuid.map { .known($0, evidence) } ?? .absent(evidence)
        facts.readable = .known(true)
        facts.size = .known(boot.size)
        do throws(Failure) {
            if let free = try freeClusters() {
                let bytes = free * UInt64(boot.clusterSize)
                facts.free = .known(bytes)
                facts.used = .known(boot.size - min(bytes, boot.size))
            } else {
                (facts.free, facts.used) = (
                    .unknown("its table is too long to count"), .unknown("its table is too long to count")
                )
            }
        } catch {
            (facts.free, facts.used) = (.unknown(error.message), .unknown(error.message))
        }
        (facts.inodes, facts.freeInodes) = (.absent(evidence), .absent(evidence))
        facts.blockSize = .known(boot.clusterSize)
        facts.features = .known(["fat\(boot.width.rawValue)"], evidence)
        facts.clean = .known(!boot.isDirty, evidence)
        // FAT has no journal and keeps no count of errors.
        (facts.needsRecovery, facts.hasErrors) = (.known(false), .absent(evidence))
        return facts
    }
}

extension VolumeFacts {
    /// What is known before a reader took it.
    init(at place: VolumePlace, kind: Fact<String>, unknown why: String) {
        self.init(partition: place.partition, kind: kind, unknown: why)
        device = place.logical?.path
    }
}
