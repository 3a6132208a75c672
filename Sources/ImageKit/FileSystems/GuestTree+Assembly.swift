public import Documents

extension GuestTree {
    /// A guest's tree, and what it was made of.
    public struct Assembly: Sendable {
        /// nil if no root was found, or more than one.
        public let tree: GuestTree?
        /// Why there is no tree.
        public let refusal: Failure?
        public let facts: MountFacts
        /// The partition of each mount point that lies in one; the root's too.
        public let partitions: [String: Int]
    }

    /// Finds the root among a disk's partitions, and mounts in it what its fstab says and the disk has.
    ///
    /// The root is the one file system with an /etc that holds os-release or passwd, or with /usr/lib/os-release. If two
    /// have them, neither is taken: which one boots can't be told from files. What can't be read is told as a fact.
    public static func assemble(_ volumes: [Volume]) -> Assembly {
        var assembler = Assembler(volumes: volumes)
        do throws(Failure) {
            let root = try assembler.findRoot()
            assembler.mount(below: root)
            return assembler.finish(root)
        } catch {
            let why = [error.message, error.hint].compactMap(\.self).joined(separator: "; ")
            let facts = MountFacts(
                volumes: .known(volumes.map(\.facts)), mounts: .unknown(why), unmounted: .unknown(why))
            return Assembly(tree: nil, refusal: error, facts: facts, partitions: [:])
        }
    }
}

private struct Assembler {
    let volumes: [Volume]
    private var mounts: [(mount: GuestTree.Mount, fact: MountFact)] = []
    private var unread: [String: String] = [:]
    private var unmounted: Fact<[UnmountedFact]> = .known([])
    private var left: [UnmountedFact] = []
    private var rootFact: MountFact?

    private static let fstab = "/etc/fstab"
    /// What a fstab of a system has is never so long.
    private static let lineLimit = 1000

    init(volumes: [Volume]) { self.volumes = volumes }

    // MARK: The root

    func findRoot() throws(Failure) -> (volume: Volume, fileSystem: any FileSystem) {
        var found: [(volume: Volume, fileSystem: any FileSystem, name: String)] = []
        var troubles: [String] = []
        for volume in volumes {
            guard let fileSystem = volume.fileSystem else {
                if let why = volume.whyUnread { troubles.append("\(volume.name): \(why)") }
                continue
            }
            do throws(Failure) {
                for (root, name) in try Self.roots(fileSystem, volume) { found.append((volume, root, name)) }
            } catch {
                troubles.append("\(volume.name): \(error.message)")
            }
        }
        if found.count == 1 { return (found[0].volume, found[0].fileSystem) }
        guard found.isEmpty else {
            let names = found.map(\.name).joined(separator: " and ")
            throw Failure(
                .refused, "\(names) each hold a root file system, and which one boots can't be told",
                hint: "keep one system in the image")
        }
        throw Failure(
            .refused,
            "no root file system was found" + (troubles.isEmpty ? "" : " (\(troubles.joined(separator: "; ")))"),
            hint: "the root is the file system with /etc/os-release or /etc/passwd")
    }

    /// The file system as it is mounted if nothing more is said; else those of its subvolumes that are one.
    private static func roots(_ fileSystem: any FileSystem, _ volume: Volume) throws(Failure) -> [(
        any FileSystem, String
    )] {
        if try isRoot(fileSystem) { return [(fileSystem, volume.name)] }
        guard let copied = fileSystem as? CopiedFileSystem else { return [] }
        var roots: [CopiedFileSystem] = []
        for one in try copied.bySubvolume() where try isRoot(one) { roots.append(one) }
        // A snapshot's fstab names what it was made of, and not the snapshot.
        let own = roots.filter(namesItself)
        if own.count == 1 { roots = own }
        return roots.map { ($0, "\(volume.name), subvolume \($0.subvolume?.path ?? "")") }
    }

    /// Whether its fstab mounts this subvolume as the root.
    private static func namesItself(_ root: CopiedFileSystem) -> Bool {
        guard let text = try? GuestTree(root: root).text(fstab) else { return false }
        return FstabLine.parse(text).contains { line in
            line.point == "/" && (try? root.mounted(with: line.options))??.subvolume == root.subvolume
                && line.options.contains { $0.hasPrefix("subvol") }
        }
    }

    /// FAT can't hold the links, owners and modes of one.
    private static func isRoot(_ fileSystem: any FileSystem) throws(Failure) -> Bool {
        guard !fileSystem.ignoresCase else { return false }
        let tree = GuestTree(root: fileSystem)
        for path in ["/etc/os-release", "/etc/passwd", "/usr/lib/os-release"]
        where try tree.find(path, following: false) != nil { return true }
        return false
    }

    // MARK: What fstab mounts

    mutating func mount(below root: (volume: Volume, fileSystem: any FileSystem)) {
        rootFact = MountFact(
            point: "/", partition: root.volume.partition, device: root.volume.place.logical?.path,
            kind: root.fileSystem.kind)
        let tree = GuestTree(root: root.fileSystem)
        do throws(Failure) {
            guard let text = try tree.text(Self.fstab) else {
                unmounted = .absent([Evidence(Self.fstab)])
                return
            }
            let lines = FstabLine.parse(text)
            guard lines.count <= Self.lineLimit else {
                throw Failure(.refused, "it has more than \(Self.lineLimit) lines")
            }
            for line in Self.inOrder(lines) { take(line, root.volume, root.fileSystem) }
            unmounted = .known(left.sorted { $0.line < $1.line }, [Evidence(Self.fstab)])
        } catch {
            unmounted = .unknown("\(Self.fstab) can't be read: \(error.message)")
        }
    }

    /// Parents before what is mounted in them, as systemd orders them; of two at one place the later is seen.
    private static func inOrder(_ lines: [FstabLine]) -> [FstabLine] {
        lines.enumerated().sorted { first, second in
            let depths = [first, second].map { depth($0.element.point) }
            return depths[0] == depths[1] ? first.offset < second.offset : depths[0] < depths[1]
        }.map(\.element)
    }

    private static func depth(_ point: String) -> Int { point.split(separator: "/").count }

    private mutating func take(_ line: FstabLine, _ rootVolume: Volume, _ root: any FileSystem) {
        let source = MountSource(line.source)
        if case .none = source { return }
        let place = resolve(source)
        let isPresent = place.volume != nil || place.isHere
        func leave(_ why: String) {
            left.append(
                UnmountedFact(
                    point: line.point, kind: line.kind, source: line.source, line: line.line, inImage: isPresent,
                    isUncertain: place.isUncertain, why: why))
        }
        if line.kind == "swap" { return leave(place.why ?? "swap holds no files") }
        guard line.point.hasPrefix("/"), !line.point.split(separator: "/").contains("..") else {
            return leave("it is mounted nowhere")
        }
        let point = resolved("/" + line.point.split(separator: "/").joined(separator: "/"), in: root)
        guard let path = point.path else { return leave(point.why ?? "it is mounted nowhere") }
        if path == "/" {
            guard let volume = place.volume else { return leave(place.why ?? "it can't be told what it names") }
            guard volume.place == rootVolume.place else {
                return leave("it names \(volume.name), and the root file system is on \(rootVolume.name)")
            }
            if let copied = root as? CopiedFileSystem, let own = copied.subvolume {
                guard let named = try? copied.mounted(with: line.options)?.subvolume, named == own else {
                    return leave("it names another subvolume than \(own.path), which holds the root file system")
                }
            }
            rootFact?.source = line.source
            rootFact?.line = line.line
            return
        }
        if line.options.contains("noauto") { return leave("it is not mounted at boot (noauto)") }
        guard let volume = place.volume else {
            // What the image may have there is not what lies below it.
            if isPresent { block(path, place.why ?? "it can't be told what it names") }
            return leave(place.why ?? "it can't be told what it names")
        }
        guard var fileSystem = volume.fileSystem else {
            let why = "\(volume.name): \(volume.whyUnread ?? "nothing that is known lies there")"
            block(path, why)
            return leave(why)
        }
        guard Self.agrees(line.kind, with: fileSystem.kind) else {
            return leave("fstab says \(line.kind), and \(volume.name) is \(fileSystem.kind)")
        }
        if let copied = fileSystem as? CopiedFileSystem {
            do throws(Failure) {
                guard let named = try copied.mounted(with: line.options) else {
                    return leave("\(volume.name) has no such subvolume")
                }
                fileSystem = named
            } catch {
                block(path, error.message)
                return leave(error.message)
            }
        }
        cover(path, by: line.line)
        unread[path] = nil
        mounts.append(
            (
                GuestTree.Mount(point: path, fileSystem: fileSystem),
                MountFact(
                    point: path, partition: volume.partition, device: volume.place.logical?.path,
                    kind: fileSystem.kind, source: line.source, line: line.line)
            ))
    }

    private mutating func block(_ path: String, _ why: String) {
        cover(path, by: nil)
        unread[path] = why
    }

    /// Two at one place: the later hides the earlier.
    private mutating func cover(_ path: String, by line: Int?) {
        for (mount, fact) in mounts where mount.point == path {
            left.append(
                UnmountedFact(
                    point: path, kind: fact.kind, source: fact.source ?? "", line: fact.line ?? 0, inImage: true,
                    why: line.map { "line \($0) mounts another one there" } ?? "another one is mounted there"))
        }
        mounts.removeAll { $0.mount.point == path }
    }

    /// The path with its links followed, in what is mounted so far. What is missing is made by systemd.
    private func resolved(_ path: String, in root: any FileSystem) -> (path: String?, why: String?) {
        guard path != "/" else { return (path, nil) }
        do throws(Failure) {
            guard let found = try tree(root).find(path) else { return (path, nil) }
            guard found.status.kind == .directory else { return (nil, "a \(found.status.kind) stands there") }
            return (found.path, nil)
        } catch {
            // Below what can't be read its place is known all the same.
            return (path, nil)
        }
    }

    /// ext4's driver mounts the older ones too, and msdos is FAT without long names.
    private static func agrees(_ named: String, with kind: String) -> Bool {
        let families: [Set<String>] = [["ext2", "ext3", "ext4"], ["vfat", "msdos", "fat"]]
        let kinds = named.split(separator: ",").map(String.init)
        return kinds.contains { name in
            name == "auto" || name == kind || families.contains { $0.contains(name) && $0.contains(kind) }
        }
    }

    private func tree(_ root: any FileSystem) -> GuestTree {
        GuestTree(root: root, mounts: mounts.map(\.mount), unread: unread)
    }

    func finish(_ root: (volume: Volume, fileSystem: any FileSystem)) -> GuestTree.Assembly {
        let facts = [rootFact].compactMap(\.self) + mounts.map(\.fact)
        var partitions: [String: Int] = [:]
        for fact in facts { partitions[fact.point] = fact.partition }
        return GuestTree.Assembly(
            tree: tree(root.fileSystem), refusal: nil,
            facts: MountFacts(
                volumes: .known(volumes.map(\.facts)), mounts: .known(facts, [Evidence(Self.fstab)]),
                unmounted: unmounted),
            partitions: partitions)
    }

    // MARK: Which partition is meant

    private struct Resolution {
        var volume: Volume?
        /// It is in the image, or may be, though no volume is meant for sure.
        var isHere = false
        var isUncertain = false
        var why: String?
    }

    private func resolve(_ source: MountSource) -> Resolution {
        let meant: [Volume]
        switch source {
        case .uuid(let value): meant = volumes.filter { $0.uuid?.lowercased() == value.lowercased() }
        case .label(let value): meant = volumes.filter { $0.label == value }
        case .partitionUUID(let value):
            meant = volumes.filter { $0.partitionUUID?.lowercased() == value.lowercased() }
        case .partitionLabel(let value): meant = volumes.filter { $0.partitionLabel == value }
        case .partition(let number): meant = volumes.filter { $0.partition == number }
        case .mapped(let path):
            meant = volumes.filter { $0.place.logical?.answers(to: path) == true }
            if meant.isEmpty {
                return hidden("it is made of other volumes, and none is here", in: volumes.filter(Self.holdsVolumes))
            }
        case .elsewhere(let why): return Resolution(why: why)
        case .none: return Resolution()
        }
        if meant.count == 1 { return Resolution(volume: meant[0]) }
        if meant.count > 1 {
            let names = meant.map(\.name).joined(separator: " and ")
            return Resolution(
                isHere: true, isUncertain: true,
                why: "\(names) answer to it, and which one is mounted can't be told: give one another name")
        }
        let why = "no partition of this disk has it"
        switch source {
        case .uuid, .label:
            return hidden(
                why,
                in: volumes.filter {
                    Self.holdsVolumes($0) || $0.fileSystem == nil && $0.uuid == nil && $0.refusal != nil
                })
        default: return Resolution(why: why)
        }
    }

    private static func holdsVolumes(_ volume: Volume) -> Bool {
        !volume.isTakenApart
            && ["LVM2_member", "crypto_LUKS", "linux_raid_member", "BitLocker"].contains(volume.kind ?? "")
    }

    /// - Parameter why: what is said if nothing on the disk can hold it.
    private func hidden(_ why: String, in volumes: [Volume]) -> Resolution {
        guard !volumes.isEmpty else { return Resolution(why: why) }
        let names = volumes.map { volume in volume.name + (volume.kind.map { " (\($0))" } ?? "") }
        return Resolution(
            isHere: true, isUncertain: true,
            why: "it may lie in \(names.joined(separator: " or ")), which is not read"
                + (volumes.compactMap { $0.refusal?.hint }.first.map { "; \($0)" } ?? ""))
    }
}
