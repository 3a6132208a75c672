public import Documents

/// Where on a disk of another size its last partition ends: the arithmetic of growing and shrinking.
public struct Layout: Sendable, Equatable {
    public static let mebibyte: UInt64 = 1 << 20
    /// Bytes of a GPT's copy at the disk's end: a sector for the header, 32 for 128 entries (UEFI 2.10, 5.3.1).
    static let copy: UInt64 = 33 * 512

    public var table: PartitionTable?
    /// Of the last partition, counted from 1; nil of a disk without a table.
    public var number: Int?
    /// Of the last partition, in bytes, before and afterwards.
    public var start: UInt64
    public var oldSize: UInt64
    public var newSize: UInt64
    /// Of the disk.
    public var oldDisk: UInt64
    public var newDisk: UInt64
    /// Whether the partition holds ext2, ext3 or ext4, which is resized with it; what another holds keeps its place and size.
    public var isExt: Bool

    /// - Parameter size: the disk's afterwards, in bytes.
    /// - Throws: `Failure`: usage if the size is none that the table can have; refused if the disk is not divided so that its last
    ///   partition could be resized.
    public init(_ facts: ImageFacts, size: UInt64, place: String) throws(Failure) {
        guard let disk = facts.disk?.virtualSize.value, disk > 0 else {
            throw Failure(.refused, "the disk's size can't be told", place: place)
        }
        // Clouds and tables count in whole MiB.
        guard size % Self.mebibyte == 0 else {
            throw Failure(.usage, "\(size) bytes are no whole MiB", place: place, hint: "write the size in MiB: 4096M")
        }
        guard let partitions = facts.partitions else {
            throw Failure(.refused, "how the disk is divided can't be told", place: place)
        }
        (oldDisk, newDisk, table) = (disk, size, partitions.table.value)
        if case .unknown(let why) = partitions.table { throw Failure(.refused, why, place: place) }
        guard let table else {
            (number, start, oldSize, newSize) = (nil, 0, disk, size)
            isExt = Self.isExt(facts, nil)
            guard isExt else {
                throw Failure(
                    .refused, "the disk has no partition table and no ext file system: there is nothing to resize",
                    place: place)
            }
            return
        }
        guard partitions.sectorSize.value == 512 else {
            throw Failure(.refused, "the partition table does not count in sectors of 512 bytes", place: place)
        }
        let last = try Self.last(partitions, disk, place)
        (number, start, oldSize) = (last.number, last.start, last.size)
        isExt = Self.isExt(facts, last.number)
        let end = table == .gpt ? (size - min(size, Self.copy)) / Self.mebibyte * Self.mebibyte : size
        guard table == .gpt || size <= UInt64(UInt32.max) * 512 else {
            throw Failure(
                .usage, "a partition table of the MBR kind ends at 2 TiB", place: place, hint: "give a smaller size")
        }
        if isExt {
            newSize = end > start ? end - start : 0
        } else {
            newSize = last.size
        }
        guard newSize > 0 || !isExt else {
            throw Failure(
                .usage,
                "partition \(last.number) begins at \(start >> 20) MiB, and a disk of \(size >> 20) MiB was asked for",
                place: place, hint: "give a larger size")
        }
        guard newSize > 0, start + newSize <= end else {
            throw Failure(
                .usage,
                "the partitions before the end take \((start + oldSize) >> 20) MiB, and \(size >> 20) MiB were asked for",
                place: place, hint: "give a larger size")
        }
    }

    /// The partition that ends last, if nothing is wrong with the others.
    private static func last(_ facts: PartitionFacts, _ disk: UInt64, _ place: String) throws(Failure) -> Partition {
        let partitions = (facts.partitions.value ?? []).sorted { $0.start < $1.start }
        guard let last = partitions.last else { throw Failure(.refused, "the disk has no partition", place: place) }
        guard !partitions.contains(where: { $0.role == .extended }) else {
            throw Failure(
                .refused, "the disk has logical partitions, which are not resized", place: place,
                hint: "resize it by hand: sfdisk")
        }
        for (one, next) in zip(partitions, partitions.dropFirst()) where one.end > next.start {
            throw Failure(.refused, "partitions \(one.number) and \(next.number) overlap", place: place)
        }
        guard last.size > 0, last.start % 512 == 0, last.size % 512 == 0, last.start <= disk,
            last.size <= disk - last.start
        else {
            throw Failure(.refused, "partition \(last.number) reaches past the disk's end", place: place)
        }
        return last
    }

    private static func isExt(_ facts: ImageFacts, _ number: Int?) -> Bool {
        let kind = facts.mounts?.volumes.value?.first { $0.partition == number }?.kind.value
        return ["ext2", "ext3", "ext4"].contains(kind ?? "")
    }

    /// The smallest disk on which a file system of that many bytes has room.
    func smallest(_ minimum: UInt64) -> UInt64 {
        let mebibyte = Self.mebibyte
        let end = (start + minimum + mebibyte - 1) / mebibyte * mebibyte
        return table == .gpt ? end + mebibyte : end
    }
}
