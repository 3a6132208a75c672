import Documents
import FileSystems

/// The unit files of a guest and the links between them: systemd.unit(5), "UNIT FILE LOAD PATH".
struct UnitFiles {
    /// The strongest first; transient and generated units are of a running system.
    static let folders = [
        "/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ]
    static let unitLimit = 4000

    /// What stands in one folder under a unit's name.
    struct Entry {
        let name: String
        let folder: String
        /// What a link says; nil of a file.
        let target: String?
        /// An empty file masks as a link to /dev/null does.
        let isEmpty: Bool
        var path: String { folder + "/" + name }
        var isMask: Bool { target.map { $0 == "/dev/null" } ?? isEmpty }
        var isRuntime: Bool { folder.hasPrefix("/run/") }
        var isConfiguration: Bool { folder.hasPrefix("/etc/") || isRuntime }
    }

    /// A link in a .wants, .requires or .upholds folder.
    struct Want {
        let unit: String
        let of: String
        let path: String
        let isRuntime: Bool
        let isConfiguration: Bool
        /// The name of what the link leads to: an instance's link leads to its template.
        let target: String
    }

    let tree: GuestTree
    /// By name, the strongest folder first.
    private(set) var entries: [String: [Entry]] = [:]
    private(set) var wants: [Want] = []
    /// By unit: folders of drop-ins, the strongest last, so that the last value counts.
    private(set) var dropIns: [String: [String]] = [:]

    static func isUnit(_ name: String) -> Bool {
        guard let dot = name.lastIndex(of: ".") else { return false }
        return [
            "service", "socket", "target", "timer", "path", "mount", "automount", "swap", "slice", "device", "scope",
        ].contains(name[name.index(after: dot)...])
    }

    /// `getty@tty1.service` is of `getty@.service`; nil of what is no instance.
    static func template(of name: String) -> String? {
        guard let at = name.firstIndex(of: "@"), let dot = name.lastIndex(of: "."), name.index(after: at) < dot else {
            return nil
        }
        return String(name[...at] + name[dot...])
    }

    init(_ tree: GuestTree) throws(Failure) {
        self.tree = tree
        var seen: Set<String> = []
        var count = 0
        for folder in Self.folders {
            // /lib may be a link to /usr/lib.
            guard let found = try tree.find(folder), found.status.kind == .directory,
                seen.insert(found.path).inserted
            else { continue }
            for name in try tree.list(folder) {
                count += 1
                guard count <= Self.unitLimit else {
                    throw Failure(.refused, "more than \(Self.unitLimit) units and links", place: folder)
                }
                let path = folder + "/" + name
                if let dot = name.lastIndex(of: "."), name.hasSuffix(".d"), Self.isUnit(String(name[..<dot])) {
                    dropIns[String(name[..<dot]), default: []].insert(path, at: 0)
                } else if let dot = name.lastIndex(of: "."),
                    [".wants", ".requires", ".upholds"].contains(String(name[dot...]))
                {
                    try link(from: path, of: String(name[..<dot]), in: folder, &count)
                } else if Self.isUnit(name), let found = try tree.find(path, following: false) {
                    let target = try tree.linkTarget(path)
                    guard target != nil || found.status.kind == .file else { continue }
                    entries[name, default: []].append(
                        Entry(
                            name: name, folder: folder, target: target,
                            isEmpty: target == nil && found.status.size == 0))
                }
            }
        }
    }

    private mutating func link(from folder: String, of unit: String, in top: String, _ count: inout Int) throws(Failure)
    {
        for name in try tree.list(folder) where Self.isUnit(name) {
            count += 1
            guard count <= Self.unitLimit else {
                throw Failure(.refused, "more than \(Self.unitLimit) units and links", place: folder)
            }
            let path = folder + "/" + name
            let target = try tree.linkTarget(path)?.split(separator: "/").last.map(String.init) ?? name
            wants.append(
                Want(
                    unit: name, of: unit, path: path, isRuntime: top.hasPrefix("/run/"),
                    isConfiguration: top.hasPrefix("/etc/") || top.hasPrefix("/run/"), target: target))
        }
    }

    /// What a unit's file and drop-ins say; nil if its file can't be read as one.
    func content(of path: String, unit: String) throws(Failure) -> [KeyFile] {
        guard let file = try tree.lines(of: path) else { return [] }
        var files = [KeyFile(Self.joined(file))]
        for name in [Self.template(of: unit), unit].compactMap({ $0 }) {
            for folder in dropIns[name] ?? [] {
                for path in try tree.paths(in: folder, ending: ".conf") {
                    guard let file = try tree.lines(of: path) else { continue }
                    files.append(KeyFile(Self.joined(file)))
                }
            }
        }
        return files
    }

    /// Lines that end in a backslash go on in the next.
    private static func joined(_ file: GuestFile) -> GuestFile {
        guard file.lines.contains(where: { $0.text.hasSuffix("\\") }) else { return file }
        var text = ""
        for line in file.lines {
            if line.text.hasSuffix("\\") { text += line.text.dropLast() + " " } else { text += line.text + "\n" }
        }
        return GuestFile(path: file.path, text: text)
    }
}

extension [KeyFile] {
    /// Words of a list; an empty value forgets those before it.
    func words(_ section: String, _ key: String) -> [String] {
        var words: [String] = []
        for file in self {
            for value in file.section(section)?.values(key) ?? [] {
                if value.isEmpty { words = [] } else { words += value.blankSeparated }
            }
        }
        return words
    }
}
