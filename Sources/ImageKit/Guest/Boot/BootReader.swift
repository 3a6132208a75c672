public import Documents
public import FileSystems

/// Reads how a guest boots: what a BIOS and what UEFI finds, GRUB's menus as GRUB would show them, and what the next ones are made of.
public struct BootReader: Sendable {
    /// A file system of the disk that the guest's tree does not have: an ESP that fstab does not mount.
    public struct Unmounted: Sendable {
        /// Counted from 1; nil for a whole disk without a table.
        public var partition: Int?
        public var fileSystem: any FileSystem
        public init(partition: Int?, fileSystem: any FileSystem) {
            (self.partition, self.fileSystem) = (partition, fileSystem)
        }
    }

    let tree: GuestTree
    let disk: BootDisk?
    let volumes: [BootVolume]
    static let loaderLimit = 200

    /// - Parameters:
    ///   - disk: the guest's whole disk; nil if only files are at hand, and what a BIOS runs is then unknown.
    ///   - partitions: the partition of each mount point, as the partition table counts them.
    ///   - unmounted: file systems beside the tree.
    public init(_ tree: GuestTree, disk: BootDisk?, partitions: [String: Int] = [:], unmounted: [Unmounted] = []) {
        (self.tree, self.disk) = (tree, disk)
        volumes =
            tree.mounts.map { BootVolume($0.fileSystem, point: $0.point, partition: partitions[$0.point]) }
            + unmounted.map { BootVolume($0.fileSystem, point: nil, partition: $0.partition) }
    }

    public func facts() -> BootFacts {
        let modules = biosModules()
        var bios = Fact<BIOSLoader>.unknown("the disk's first sector is not at hand")
        var core: GRUBCore?
        if let disk { (bios, core) = BIOSReader(disk: disk).loader(modules: modules) }
        let programs = efiPrograms()
        return BootFacts(
            bios: bios,
            efi: programs.failure.map { .unknown($0.inWords) } ?? .known(programs.found.map(\.loader)),
            menus: menus(programs.found, core: core, hasBIOS: bios.value != nil || modules.value != nil),
            defaults: .reading(defaults),
            kernelInstallCommandLine: .reading { () throws(Failure) -> Fact<String> in
                for path in ["/etc/kernel/cmdline", "/usr/lib/kernel/cmdline"] {
                    guard let file = try tree.lines(of: path) else { continue }
                    let text = file.lines.map(\.trimmed).filter { !$0.isEmpty && !$0.hasPrefix("#") }
                    return .known(text.joined(separator: " "), [Evidence(file.path)])
                }
                return .absent([Evidence("/etc/kernel/cmdline")])
            })
    }

    private func biosModules() -> Fact<String> {
        .reading { () throws(Failure) -> Fact<String> in
            for path in ["/boot/grub2/i386-pc", "/boot/grub/i386-pc"] {
                guard try tree.find(path + "/normal.mod") != nil, let folder = try tree.find(path) else { continue }
                return .known(folder.path, [Evidence(folder.path)])
            }
            return .absent([Evidence("/boot/grub2/i386-pc"), Evidence("/boot/grub/i386-pc")])
        }
    }

    // MARK: UEFI

    struct Program {
        let loader: EFILoader
        let volume: Int
        /// In the volume.
        let path: String
        let embedded: GRUBEmbedded?
    }

    private func efiPrograms() -> (found: [Program], failure: Failure?) {
        var found: [Program] = []
        do throws(Failure) {
            for index in volumes.indices where volumes[index].isFAT {
                // Firmware looks at the top only; GRUB's own folder may lie deeper where the ESP is /boot.
                for top in ["/EFI", "/efi/EFI"] {
                    guard let folder = try volumes[index].find(anyCase: top) else { continue }
                    if found.contains(where: { $0.volume == index && $0.path.hasPrefix(folder.path + "/") }) {
                        continue
                    }
                    for vendor in try volumes[index].tree.list(folder.path) {
                        for name in try volumes[index].tree.list(folder.path + "/" + vendor)
                        where name.asciiLowercased.hasSuffix(".efi") {
                            guard found.count < Self.loaderLimit else { break }
                            let path = folder.path + "/" + vendor + "/" + name
                            if let program = try program(path, of: index) { found.append(program) }
                        }
                    }
                }
            }
        } catch {
            return (found, error)
        }
        return (found, nil)
    }

    private func program(_ path: String, of index: Int) throws(Failure) -> Program? {
        let volume = volumes[index]
        guard let file = try volume.tree.find(path), file.status.kind == .file,
            let header = EFIProgram(try volume.tree.beginning(of: file, limit: EFIProgram.headerLimit))
        else { return nil }
        let parts = path.asciiLowercased.split(separator: "/").map(String.init)
        let isFallback =
            parts.count == 3 && parts[0] == "efi" && parts[1] == "boot" && header.fallbackNames.contains(parts[2])
        return Program(
            loader: EFILoader(
                path: volume.shown(path), architecture: header.architecture, isFallback: isFallback,
                isSigned: header.isSigned), volume: index, path: path, embedded: try GRUBEmbedded(header, file))
    }

    // MARK: /etc/default/grub

    private func defaults() throws(Failure) -> Fact<[BootDefault]> {
        var paths = ["/etc/default/grub"]
        paths += try tree.paths(in: "/etc/default/grub.d", ending: ".cfg")
        var defaults: [BootDefault] = []
        var evidence: [Evidence] = []
        for path in paths {
            guard let file = try tree.lines(of: path) else { continue }
            let assignments = ShellAssignments(file)
            evidence.append(Evidence(file.path))
            defaults += assignments.entries.prefix(200).map {
                BootDefault(key: $0.key, value: $0.value, evidence: assignments.evidence($0))
            }
        }
        return evidence.isEmpty ? .absent([Evidence("/etc/default/grub")]) : .known(defaults, evidence)
    }
}
