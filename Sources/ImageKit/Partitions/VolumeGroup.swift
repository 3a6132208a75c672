import Blocks
import Documents
import FileSystems

/// What LVM makes of the partitions that belong to it: volumes whose place its metadata tells (lvm(8), LVM2's
/// lib/format_text/import_vsn1.c). Linear and striped ones are read; others say what they are.
struct VolumeGroup {
    let name: String
    private let physical: [String: (volume: PhysicalVolume?, start: UInt64)]
    let logical: [String: [String: LVMText.Value]]
    private let extentSize: UInt64

    private static let sector: UInt64 = 512
    private static let volumeLimit = 256
    private static let segmentLimit = 1 << 16

    /// The volumes of all groups that lie in these partitions.
    /// - Returns: what each is; and of partitions that can't be believed, why.
    static func volumes(in members: [(volume: Volume, source: any ByteSource)]) -> (
        volumes: [Volume], refusals: [String: Failure]
    ) {
        var refusals: [String: Failure] = [:]
        var physical: [(name: String, volume: PhysicalVolume)] = []
        for member in members {
            do throws(Failure) {
                physical.append((member.volume.name, try PhysicalVolume(member.source)))
            } catch {
                refusals[member.volume.name] = error
            }
        }
        var volumes: [Volume] = []
        var seen: Set<String> = []
        var told: Set<String> = []
        for member in physical {
            guard let text = member.volume.text else { continue }
            do throws(Failure) {
                let group = try VolumeGroup(text, physical.map(\.volume))
                // Each of its partitions holds the same text.
                for (_, place) in group.physical { if let volume = place.volume { told.insert(volume.id) } }
                if seen.insert(group.name).inserted { volumes += group.volumes() }
            } catch {
                refusals[member.name] = error
            }
        }
        for member in physical where !told.contains(member.volume.id) && refusals[member.name] == nil {
            refusals[member.name] = Failure(.refused, "no partition here tells what LVM keeps in it")
        }
        return (volumes, refusals)
    }

    /// - Throws: `Failure` (refused) if the text can't be true.
    init(_ text: [String: LVMText.Value], _ members: [PhysicalVolume]) throws(Failure) {
        let groups = text.compactMap { name, value in
            if case .section(let section) = value { (name: name, text: section) } else { nil }
        }
        guard groups.count == 1, Self.isName(groups[0].name) else {
            throw Failure(.refused, "LVM's metadata names no group")
        }
        let group = groups[0].text
        name = groups[0].name
        let extent = (group.number("extent_size") ?? 0).multipliedReportingOverflow(by: Self.sector)
        guard !extent.overflow, extent.partialValue > 0 else {
            throw Failure(.refused, "LVM's metadata tells no size of extents")
        }
        extentSize = extent.partialValue
        var physical: [String: (volume: PhysicalVolume?, start: UInt64)] = [:]
        for (key, value) in group.section("physical_volumes") ?? [:] {
            guard case .section(let section) = value else { continue }
            let id = (section.text("id") ?? "").filter { $0 != "-" }
            let start = (section.number("pe_start") ?? 0).multipliedReportingOverflow(by: Self.sector)
            guard !start.overflow else { throw Failure(.refused, "LVM's metadata has a number that can't be true") }
            physical[key] = (members.first { $0.id == id }, start.partialValue)
        }
        self.physical = physical
        var logical: [String: [String: LVMText.Value]] = [:]
        for (key, value) in group.section("logical_volumes") ?? [:] {
            guard case .section(let section) = value, section.texts("status").contains("VISIBLE") else { continue }
            guard Self.isName(key) else { throw Failure(.refused, "LVM's metadata has a name that can't be one") }
            logical[key] = section
        }
        guard logical.count <= Self.volumeLimit else {
            throw Failure(.refused, "more than \(Self.volumeLimit) volumes of LVM are not looked at")
        }
        self.logical = logical
    }

    /// As lvm(8) has names; they become parts of paths.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 127 && name != "." && name != ".." && name.utf8.first != 0x2D
            && name.utf8.allSatisfy { LVMText.isOfName($0) && $0 != 0x2F }
    }

    private func volumes() -> [Volume] {
        logical.keys.sorted().compactMap { key in
            let text = logical[key] ?? [:]
            let kinds = (0..<Int(clamping: min(text.number("segment_count") ?? 0, UInt64(Self.segmentLimit))))
                .compactMap { text.section("segment\($0 + 1)")?.text("type") }
            // Pools hold other volumes' bytes, and no file system.
            guard !kinds.contains(where: { $0.hasSuffix("-pool") }) else { return nil }
            let place = LogicalName(group: name, volume: key)
            do throws(Failure) {
                return Volume(logical: place, try source(of: text))
            } catch {
                return Volume(logical: place, refusal: error)
            }
        }
    }

    /// One volume's bytes.
    func source(of text: [String: LVMText.Value]) throws(Failure) -> LogicalVolume {
        let count = text.number("segment_count") ?? 0
        guard count > 0, count <= Self.segmentLimit else {
            throw Failure(.refused, "what LVM says of it has \(count) segments")
        }
        var segments: [LogicalVolume.Segment] = []
        for number in 1...Int(count) {
            guard let segment = text.section("segment\(number)") else {
                throw Failure(.refused, "what LVM says of it is not whole")
            }
            segments.append(try self.segment(segment))
        }
        return try LogicalVolume(segments)
    }

    private func segment(_ text: [String: LVMText.Value]) throws(Failure) -> LogicalVolume.Segment {
        let kind = text.text("type") ?? "?"
        guard kind == "striped" || kind == "linear" else {
            throw Failure(
                .refused, "a volume of LVM of the type \(kind) is not read: linear and striped ones are",
                hint: "make it a linear volume, or put the file system on a plain partition")
        }
        let places = text.list("stripes")
        let count = UInt64(places.count / 2)
        guard count > 0, places.count % 2 == 0, count <= 128 else {
            throw Failure(.refused, "what LVM says of it names no place")
        }
        let extents = text.number("extent_count") ?? 0
        let stripe =
            count == 1
            ? extentSize
            : (text.number("stripe_size") ?? 0).multipliedReportingOverflow(
                by: Self.sector
            ).partialValue
        guard extents % count == 0, stripe > 0 else {
            throw Failure(.refused, "what LVM says of its stripes can't be true")
        }
        let length = try bytes(extents / count)
        var stripes: [Slice] = []
        for place in stride(from: 0, to: places.count, by: 2) {
            guard case .text(let name) = places[place], case .number(let extent) = places[place + 1],
                let found = physical[name]
            else { throw Failure(.refused, "what LVM says of it names no place") }
            guard let volume = found.volume else {
                throw Failure(
                    .refused, "a part of it lies on another disk than this",
                    hint: "move it to this disk (pvmove) and make the image again")
            }
            let offset = found.start.addingReportingOverflow(try bytes(extent))
            guard !offset.overflow else { throw Failure(.refused, "LVM's metadata has a number that can't be true") }
            stripes.append(try Slice(volume.source, offset: offset.partialValue, size: length))
        }
        return LogicalVolume.Segment(
            start: try bytes(text.number("start_extent") ?? 0), length: try bytes(extents), stripes: stripes,
            stripeSize: stripe)
    }

    private func bytes(_ extents: UInt64) throws(Failure) -> UInt64 {
        let product = extents.multipliedReportingOverflow(by: extentSize)
        guard !product.overflow, product.partialValue <= DiskImage.sizeLimit else {
            throw Failure(.refused, "LVM's metadata has a number that can't be true")
        }
        return product.partialValue
    }
}
