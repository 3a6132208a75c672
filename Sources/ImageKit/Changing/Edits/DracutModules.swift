import Documents

extension GuestChange {
    /// Modules that dracut packs whatever it thinks that the machine needs (dracut.conf(5), add_dracutmodules).
    func addDracutModules(_ names: [String]) throws(Failure) {
        guard !names.isEmpty else { return }
        guard root.exists("/usr/bin/dracut") || root.exists("/usr/sbin/dracut") else {
            throw Failure(
                .refused, "the guest has no dracut, whose modules are asked for", hint: "install dracut in the guest")
        }
        // A folder's name is two digits and the module's (dracut.modules(7)).
        let there = try root.names("/usr/lib/dracut/modules.d").map { $0.drop { "0123456789".contains($0) } }
        if let missing = names.first(where: { name in !there.contains { $0 == name } }) {
            throw Failure(
                .refused, "the guest's dracut has no module \(missing)",
                place: request.origins[GuestAdditions.inWords(dracutModule: missing)] ?? "/usr/lib/dracut/modules.d",
                hint: "install the package that brings it")
        }
        for folder in ["/etc/dracut.conf.d", "/usr/lib/dracut/dracut.conf.d"] {
            for name in try root.names(folder) where name.hasSuffix(".conf") {
                try keep(names, of: "omit_dracutmodules", in: "\(folder)/\(name)")
            }
        }
        try keep(names, of: "omit_dracutmodules", in: "/etc/dracut.conf")
        try root.write(
            "/etc/dracut.conf.d/91-eulerpublisher-modules.conf",
            lines: [
                "# What the recipe of this image asks for.", "add_dracutmodules+=\" \(names.joined(separator: " ")) \"",
            ])
        needsInitramfs = true
    }
}
