import Blocks
import Documents
import FileSystems

/// What one initramfs holds for one kernel.
struct InitramfsContent {
    /// In bytes, of the list of modules in it.
    private static let listLimit = 4 << 20
    private static let moduleLimit = 20_000

    let initramfs: Initramfs
    /// The modules of that kernel in it: each one's path, by name.
    let modules: [String: String]
    /// Other kernels that it has modules of.
    let otherVersions: Set<String>
    /// What its own modules.dep says of the asked ones.
    let dependencies: [String: ModuleTree.Module]

    /// - Parameters:
    ///   - version: the kernel's: modules of another one are never loaded.
    init(_ file: any ByteSource, path: String, version: String, _ allowance: Allowance) throws(Failure) {
        var files: [String: (path: String, owner: String)] = [:]
        var links: [(path: String, target: String)] = []
        var others: Set<String> = []
        var rules: [String] = []
        var marks: [Initramfs.Generator: String] = [:]
        var list: [UInt8] = []
        let archive = try InitramfsArchive(file, place: path, allowance: allowance) { visit throws(Failure) in
            let name = visit.entry.name
            if let generator = Self.generator(name), marks[generator] == nil { marks[generator] = name }
            if Self.bindsInterfaces(name) && rules.count < 100 { rules.append("/" + name) }
            guard let (owner, rest) = Self.module(name) else { return }
            if rest == "modules.dep" && owner == version && visit.entry.size <= UInt64(Self.listLimit) {
                list = try visit.content(Self.listLimit)
            }
            guard ModuleTree.name(rest) != nil else { return }
            if owner != version && others.count < 16 { others.insert(owner) }
            guard files.count + links.count < Self.moduleLimit else {
                throw Failure(.refused, "more than \(Self.moduleLimit) modules in it", place: path)
            }
            if visit.entry.isFile {
                files[Self.bare(name)] = (name, owner)
            } else if visit.entry.isLink && owner == version {
                links.append((name, String(decoding: try visit.content(4096), as: UTF8.self)))
            }
        }
        var modules: [String: String] = [:]
        for (path, owner) in files.values where owner == version {
            if let name = ModuleTree.name(path) { modules[name] = "/" + path }
        }
        // A module under a second name is one if what the link leads to is in there, too.
        for link in links where files[Self.resolved(link.target, from: link.path)] != nil {
            if let name = ModuleTree.name(link.path) { modules[name] = "/" + link.path }
        }
        self.modules = modules
        otherVersions = others
        dependencies = ModuleTree.dependencies(list).0
        let order: [Initramfs.Generator] = [.dracut, .initramfsTools, .mkinitcpio]
        let place = "initramfs \(path)"
        initramfs = Initramfs(
            path: path, size: file.size, unpackedSize: archive.unpackedSize,
            compressions: archive.compressions.map(\.rawValue),
            generator: order.first { marks[$0] != nil }.map { .known($0, [Evidence(place, text: marks[$0])]) }
                ?? .unknown("\(path) has the marks of none that is known here"),
            entries: archive.entries, modules: modules.keys.sorted(), persistentNetworkRules: rules.sorted())
    }

    /// Whose a file is that only one tool puts in (dracut.modules(7), initramfs-tools(7), mkinitcpio(8)).
    private static func generator(_ name: String) -> Initramfs.Generator? {
        switch name {
        case "conf/initramfs.conf", "conf/arch.conf": return .initramfsTools
        case "buildconfig": return .mkinitcpio
        default:
            let below = name.hasPrefix("usr/") ? name.dropFirst(4) : name[...]
            return below.hasPrefix("lib/dracut/") || ["lib/dracut", "lib/dracut-lib.sh"].contains(below) ? .dracut : nil
        }
    }

    /// The kernel's version and the rest of a path below /lib/modules.
    private static func module(_ name: String) -> (version: String, rest: String)? {
        for folder in ["lib/modules/", "usr/lib/modules/"] where name.hasPrefix(folder) {
            let below = name.dropFirst(folder.count)
            guard let slash = below.firstIndex(of: "/") else { return nil }
            return (String(below[..<slash]), String(below[below.index(after: slash)...]))
        }
        return nil
    }

    /// Rules that udev once wrote for each card that it met; what writes them is no such rule.
    private static func bindsInterfaces(_ name: String) -> Bool {
        guard name.hasSuffix(".rules"), let slash = name.lastIndex(of: "/") else { return false }
        let base = name[name.index(after: slash)...]
        return name.contains("udev/rules.d/") && base.contains("persistent-net") && !base.contains("generator")
    }

    private static func resolved(_ target: String, from link: String) -> String {
        var parts = target.hasPrefix("/") ? [] : link.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return bare(parts.joined(separator: "/"))
    }

    /// /lib is a link to /usr/lib in most of them.
    private static func bare(_ path: String) -> String { path.hasPrefix("usr/lib/") ? String(path.dropFirst(4)) : path }
}
