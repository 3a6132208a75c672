import Documents
import FileSystems

/// The modules of one kernel in the guest's /lib/modules, by the lists that depmod(8) keeps.
struct ModuleTree {
    struct Module: Sendable, Equatable, Codable {
        /// Below the tree.
        var path: String
        /// Its line of modules.dep, counted from 1.
        var line: Int
        /// The names of all that it needs, at any depth.
        var needs: [String]
    }

    /// In bytes, of modules.dep. A distribution's own is about half a megabyte.
    static let listLimit = 16 << 20
    /// In bytes, of modules.builtin, which is kept: distributions' own are below 100 KiB.
    static let builtInLimit = 2 << 20
    static let needsLimit = 1000

    /// The folder, as it is resolved.
    let path: String
    /// The modules that were asked for, by name.
    let modules: Fact<[String: Module]>
    /// The path of a module of any kind: it tells the machine.
    let anyModule: String?
    /// What is inside the kernel, by name: each one's line of modules.builtin.
    let builtIn: Fact<[String: Int]>

    init(_ tree: GuestTree, _ path: String) {
        self.path = path
        var any: String?
        modules = Self.list(tree, path + "/modules.dep", Self.listLimit) { bytes in
            let (modules, first) = Self.dependencies(bytes)
            any = first
            return modules
        }
        anyModule = any
        builtIn = Self.list(tree, path + "/modules.builtin", Self.builtInLimit) { bytes in
            var names: [String: Int] = [:]
            for (line, text) in ByteLines(bytes).enumerated() {
                if let name = Self.name(text), names[name] == nil { names[name] = line + 1 }
            }
            return names
        }
    }

    private static func list<Value>(
        _ tree: GuestTree, _ path: String, _ limit: Int, _ parse: ([UInt8]) -> Value
    ) -> Fact<Value> {
        do throws(Failure) {
            guard let bytes = try tree.read(path, limit: limit) else { return .absent([Evidence(path)]) }
            return .known(parse(bytes), [Evidence(path)])
        } catch {
            return .unknown("\(path): \(error.message)")
        }
    }

    /// Lines of modules.dep: a path, a colon, the paths of what it needs. Those that rules ask for, and the first path of all.
    static func dependencies(_ bytes: [UInt8]) -> ([String: Module], first: String?) {
        let asked = Set(Driver.asked)
        var modules: [String: Module] = [:]
        var first: String?
        for (line, text) in ByteLines(bytes).enumerated() {
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")), let name = name(text[..<colon]) else { continue }
            let path = String(decoding: text[..<colon], as: UTF8.self)
            if first == nil { first = path }
            guard asked.contains(name), modules[name] == nil else { continue }
            let needs = text[(colon + 1)...].split(separator: UInt8(ascii: " "), maxSplits: needsLimit)
                .compactMap(Self.name)
            modules[name] = Module(path: path, line: line + 1, needs: needs)
        }
        return (modules, first)
    }

    /// A module's name by its path, as the kernel keeps it: without folders, without `.ko` and how it is packed, `-` as `_`;
    /// nil if it is none.
    static func name(_ path: ArraySlice<UInt8>) -> String? {
        var base = path.suffix(from: path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex)
        for ending in [".xz", ".zst", ".gz"] where base.reversed().starts(with: ending.utf8.reversed()) {
            base = base.dropLast(ending.utf8.count)
            break
        }
        guard base.count > 3, base.reversed().starts(with: ".ko".utf8.reversed()) else { return nil }
        return String(
            decoding: base.dropLast(3).map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    static func name(_ path: String) -> String? { name(Array(path.utf8)[...]) }
}
