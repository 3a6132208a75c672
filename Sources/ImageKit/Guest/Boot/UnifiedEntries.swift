import Documents
import FileSystems
import Initramfs

/// Unified kernel images of one file system that firmware reads, as entries of a menu: those of EFI/Linux, which systemd-boot lists
/// (systemd-boot(7)), and one that firmware starts by its name.
struct UnifiedEntries {
    struct Entry {
        var version: String
        /// It has the name that firmware starts without being told.
        var isFallback: Bool
        var entry: BootEntry
    }

    let volume: BootVolume
    static let limit = 64

    /// Newest first, the one with firmware's own name last.
    func read() throws(Failure) -> [Entry] {
        var entries: [Entry] = []
        for (path, isFallback) in [("/EFI/Linux", false), ("/EFI/BOOT", true)] {
            guard let folder = try volume.find(anyCase: path), folder.status.kind == .directory else { continue }
            var found: [Entry] = []
            for name in try volume.tree.list(folder.path).sorted().prefix(Self.limit)
            where name.asciiLowercased.hasSuffix(".efi") && (!isFallback || name.asciiLowercased.hasPrefix("boot")) {
                if let entry = try entry(folder.path + "/" + name, name, isFallback) { found.append(entry) }
            }
            entries += found.sorted { left, right in
                let order = PackageVersion.compare(left.version, right.version)
                return order == 0 ? (left.entry.id ?? "") > (right.entry.id ?? "") : order > 0
            }
        }
        return entries
    }

    private func entry(_ path: String, _ name: String, _ isFallback: Bool) throws(Failure) -> Entry? {
        let shown = volume.shown(path)
        guard let found = try volume.tree.find(path), found.status.kind == .file,
            let image = try UnifiedImage(found, place: shown)
        else { return nil }
        let evidence = Evidence(shown, text: image.commandLine.isEmpty ? nil : image.commandLine)
        let root = KernelArguments.values(of: "root", in: image.commandLine).last
        let title = [image.title ?? name, image.version].compactMap(\.self).joined(separator: " ")
        return Entry(
            version: image.version ?? "", isFallback: isFallback,
            entry: BootEntry(
                title: title, id: name, kernel: shown, hasKernel: true, initramfs: image.hasInitramfs ? [shown] : [],
                missingInitramfs: [], commandLine: image.commandLine,
                root: root.map { .known(DeviceName($0), [evidence]) } ?? .absent([evidence]), evidence: evidence))
    }
}
