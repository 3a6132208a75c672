extension ImageFacts {
    /// Why the kernel of a menu's entry would not find its root, with the place; nil if nothing speaks against it.
    ///
    /// The kernel itself finds a root by its device or its partition's UUID; names of file systems are looked up by what is in the
    /// initramfs (docs.kernel.org/admin-guide/kernel-parameters.html, root=), and so are drivers that are modules.
    public func startTrouble(_ entry: BootEntry) -> (what: String, place: Evidence)? {
        let all = kernels?.kernels.value?.filter { $0.image.value != nil } ?? []
        let kernel = all.first { $0.image.value == entry.kernel } ?? (all.count == 1 ? all[0] : nil)
        guard entry.initramfs.isEmpty else {
            guard let damage = kernel?.initramfsDamage else { return nil }
            return ("the initramfs that the menu loads is damaged: \(damage)", entry.evidence)
        }
        if let root = entry.root.value, [.uuid, .label].contains(root.kind) {
            return ("the menu loads no initramfs, and without one no kernel finds root=\(root.text)", entry.evidence)
        }
        let fileSystem = mounts?.mounts.value?.first { $0.point == "/" }?.kind
        for name in [fileSystem].compactMap(\.self) {
            guard let driver = kernel?.driver(name), case .absent = driver.builtIn else { continue }
            return ("the menu loads no initramfs, and the kernel has \(name) as a module only", entry.evidence)
        }
        return nil
    }

    /// The same of what starts by itself, if every menu that says what that is has the trouble.
    public var bootTrouble: String? {
        let entries = boot?.defaultEntries ?? []
        let troubles = entries.compactMap { startTrouble($0)?.what }
        return troubles.count == entries.count ? troubles.first : nil
    }
}
