import Documents

/// What the tables of a disk tell when all of them are read once.
struct Survey {
    /// Entries of tables that are looked at, a stretch counting as 32: a full disk of 4 TiB in pieces of 64 KiB, or
    /// 128 GiB of it with no two of them in order.
    ///
    /// Tables that share their parts, in a small file, would tell of any number of pieces.
    static let limit = 1 << 26

    /// Bytes that hold data.
    private(set) var used: UInt64 = 0
    /// The first `DiskFacts.extentLimit` stretches of them.
    private(set) var extents: [DataExtent] = []
    /// The first byte of the disk whose data the file does not have; nil if it has all.
    fileprivate(set) var outside: UInt64?
    private var cost = 0

    fileprivate init() {}

    /// Of a disk that knows its stretches itself.
    init(of disk: any ByteSource) throws(Failure) {
        var offset: UInt64 = 0
        while let extent = try disk.extent(at: offset) {
            try add(extent, looked: 1)
            offset = extent.offset + extent.length
        }
    }

    fileprivate mutating func add(_ extent: Extent, looked: Int) throws(Failure) {
        cost += 32 + looked
        guard cost <= Self.limit else {
            throw Failure(
                .refused, "the disk's map is too large to be read", hint: "write the image anew: qemu-img convert")
        }
        guard !extent.isHole else { return }
        used += extent.length
        if let last = extents.last, last.offset + last.length == extent.offset {
            extents[extents.count - 1].length += extent.length
        } else if extents.count < DiskFacts.extentLimit {
            extents.append(DataExtent(offset: extent.offset, length: extent.length))
        }
    }
}

/// A disk whose tables may point past its file's end.
protocol Surveyed {
    func survey() throws(Failure) -> Survey
}

extension ClusteredDisk: Surveyed {
    func survey() throws(Failure) -> Survey {
        var survey = Survey()
        let end = (size - 1) / table.clusterSize + 1
        var next: UInt64 = 0
        while next < end {
            let run = try table.run(at: next, limit: end - next)
            let offset = next * table.clusterSize
            next += min(run.count, end - next)
            let length = (next >= end ? size : next * table.clusterSize) - offset
            try survey.add(Extent(offset: offset, length: length, isHole: run.cluster == .hole), looked: run.looked)
            guard survey.outside == nil else { continue }
            switch run.cluster {
            case .hole: break
            case .data(let start):
                let there = start <= file.size ? file.size - start : 0
                if there < length { survey.outside = offset + there / table.clusterSize * table.clusterSize }
            case .packed(let packed):
                if packed.offset >= file.size { survey.outside = offset }
            }
        }
        return survey
    }
}
