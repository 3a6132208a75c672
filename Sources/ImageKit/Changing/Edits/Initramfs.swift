import Documents

/// Drivers that an initramfs must have, as its maker is told: dracut.conf(5), or initramfs-tools' list of modules.
extension GuestChange {
    /// - Parameter isAsked: whether people asked for them, who are told what no kernel has; of rules a check afterwards says so.
    func addDrivers(_ names: [String], isAsked: Bool) throws(Failure) {
        if isAsked { try refuseMissing(names) }
        if root.exists("/usr/bin/dracut") || root.exists("/usr/sbin/dracut") {
            try addToDracut(names)
        } else if root.exists("/usr/sbin/update-initramfs") {
            let path = "/etc/initramfs-tools/modules"
            var lines = try root.lines(path) ?? []
            for name in names where !lines.contains(name) { lines.append(name) }
            try root.write(path, lines: lines)
        } else {
            throw Failure(
                .refused,
                "the guest has neither dracut nor update-initramfs, so that no driver can be put into its initramfs",
                hint: "install dracut in the guest")
        }
        needsInitramfs = true
    }

    /// What an initramfs is made of are a kernel's modules: dracut and update-initramfs pass over names that are none of them.
    private func refuseMissing(_ names: [String]) throws(Failure) {
        for kernel in try root.names("/lib/modules") {
            var modules: Set<String> = []
            for list in ["modules.dep", "modules.builtin"] {
                for line in try root.lines("/lib/modules/\(kernel)/\(list)") ?? [] {
                    let file = line.prefix { $0 != ":" }.split(separator: "/").last ?? ""
                    modules.insert(Self.normalized(file.prefix { $0 != "." }))
                }
            }
            guard !modules.isEmpty else { continue }
            guard let name = names.first(where: { !modules.contains(Self.normalized($0[...])) }) else { continue }
            throw Failure(
                .refused, "the kernel \(kernel) has no driver \(name)", place: "/lib/modules/\(kernel)",
                hint: "install the package that has it, or leave it out")
        }
    }

    /// modprobe(8) makes no difference between - and _.
    private static func normalized(_ name: Substring) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    private func addToDracut(_ names: [String]) throws(Failure) {
        // What is left out by name stays out, whatever is added.
        for folder in ["/etc/dracut.conf.d", "/usr/lib/dracut/dracut.conf.d"] {
            for name in try root.names(folder) where name.hasSuffix(".conf") {
                try keep(names, of: "omit_drivers", in: "\(folder)/\(name)")
            }
        }
        try keep(names, of: "omit_drivers", in: "/etc/dracut.conf")
        let path = "/etc/dracut.conf.d/90-eulerpublisher.conf"
        var all = names
        for line in try root.lines(path) ?? [] {
            let words = line.split { $0 == "\"" || $0 == " " || $0 == "=" || $0 == "+" }
            if words.first == "add_drivers" { all = words.dropFirst().map(String.init) + all }
        }
        var seen: Set<String> = []
        let list = all.filter { seen.insert($0).inserted }
        try root.write(
            path, lines: ["# What clouds need to start.", "add_drivers+=\" \(list.joined(separator: " ")) \""])
    }

    func keep(_ names: [String], of list: String, in path: String) throws(Failure) {
        guard let lines = try root.lines(path) else { return }
        let edited = lines.map { line in
            guard line.hasPrefix(list) else { return line }
            // The first and the last may stand at the quotation marks.
            return line.split(separator: " ", omittingEmptySubsequences: false).map { word in
                guard names.contains(where: { $0 == word.filter { $0 != "\"" && $0 != "'" } }) else {
                    return String(word)
                }
                return word.filter { $0 == "\"" || $0 == "'" }
            }.joined(separator: " ")
        }
        if edited != lines { try root.write(path, lines: edited) }
    }

    /// Made again for each kernel that is installed, under the name that it has.
    func makeInitramfs() throws(Failure) {
        guard needsInitramfs else { return }
        if !root.exists("/usr/bin/dracut") && !root.exists("/usr/sbin/dracut") {
            return try run(["update-initramfs", "-u", "-k", "all"])
        }
        let kernels = try root.names("/lib/modules").filter { root.exists("/lib/modules/\($0)/modules.dep") }
        for kernel in kernels {
            let names = ["/boot/initramfs-\(kernel).img", "/boot/initrd.img-\(kernel)"]
            let path = names.first { root.exists($0) } ?? names[0]
            try run(["dracut", "--force", "--no-hostonly", path, kernel])
        }
    }
}
