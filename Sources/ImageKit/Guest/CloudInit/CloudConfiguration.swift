import Documents
import FileSystems

/// cloud-init's base configuration: /etc/cloud/cloud.cfg and its folder, merged as cloud-init does before it knows any data source
/// (docs.cloud-init.io, "Base configuration", "Merging user data sections").
struct CloudConfiguration {
    var root = YAMLNode(value: .map([]), evidence: Evidence("/etc/cloud/cloud.cfg"))
    /// In the order that they are merged in, the strongest last.
    var files: [String] = []
    var damaged: [Evidence] = []

    private var allowance = YAMLNode.Allowance()

    static let fileLimit = 200

    static func read(_ tree: GuestTree) throws(Failure) -> CloudConfiguration {
        var result = CloudConfiguration()
        let main = try result.load("/etc/cloud/cloud.cfg", tree)
        var folder = "/etc/cloud/cloud.cfg.d"
        if let named = main?["conf_d"] { folder = named.text?.trimmingBlanks ?? "" }
        var parts: [YAMLNode] = []
        if folder.hasPrefix("/") {
            let names = try tree.list(folder).filter { $0.hasSuffix(".cfg") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            guard names.count <= fileLimit else {
                throw Failure(.refused, "more than \(fileLimit) files", place: folder)
            }
            for name in names {
                guard try tree.find(folder + "/" + name)?.status.kind == .file else { continue }
                if let part = try result.load(folder + "/" + name, tree) { parts.append(part) }
            }
        }
        // What comes first in a merge stays: the strongest begins.
        let empty = result.root
        var merged = empty
        for part in parts.reversed() { merged = CloudMerge.merge(merged, part) }
        if let main { merged = CloudMerge.merge(CloudMerge.merge(empty, merged), main) }
        result.root = merged
        return result
    }

    private mutating func load(_ path: String, _ tree: GuestTree) throws(Failure) -> YAMLNode? {
        guard let found = try tree.find(path) else { return nil }
        let text = String(decoding: try tree.read(found), as: UTF8.self)
        files.append(found.path)
        do throws(Failure) {
            guard let node = try YAMLNode.parse(text, path: found.path, &allowance), !node.isNull else { return nil }
            if node.map == nil {
                damaged.append(Evidence(found.path, text: "not a map of settings"))
                return nil
            }
            return node
        } catch {
            let line = error.place?.split(separator: ":").last.flatMap { Int($0) }
            damaged.append(Evidence(found.path, line: line, text: error.message))
            return nil
        }
    }
}

/// How two configurations become one: cloud-init's mergers, `list()+dict()+str()` unless the file that is added has `merge_how`.
struct CloudMerge {
    private enum ListMethod { case replace, append, prepend, noReplace }

    private var hasDict = false
    private var hasList = false
    private var hasString = false
    private var replacesKeys = false
    private var deletes = false
    private var dictRecursesLists = false
    private var dictRecursesStrings = false
    private var listMethod = ListMethod.replace
    private var listRecursesLists = false
    private var listRecursesStrings = false
    private var listRecursesDicts = false
    private var appendsStrings = false

    /// - Returns: `base`, and what `added` has beyond it.
    static func merge(_ base: YAMLNode, _ added: YAMLNode) -> YAMLNode {
        guard var pairs = added.map, !pairs.isEmpty else { return base }
        let how = added["merge_how"].flatMap { $0.isNull ? nil : $0 } ?? added["merge_type"]
        // The first of the two names is taken out, the second only if it was asked.
        let hadHow = added["merge_how"].map { !$0.isNull } ?? false
        pairs.removeAll { $0.key == "merge_how" || $0.key == "merge_type" && !hadHow }
        var added = added
        added.value = .map(pairs)
        return CloudMerge(how).merged(base, added)
    }

    private init(_ how: YAMLNode?) {
        var parts: [(name: String, options: [String])] = []
        if let text = how?.text {
            parts = text.split(separator: "+").map { Self.part(String($0)) }
        } else if let list = how?.list {
            for item in list {
                if item.map != nil {
                    parts.append((item["name"]?.text ?? "", item["settings"]?.texts ?? []))
                } else if let words = item.list?.compactMap(\.text), let name = words.first {
                    parts.append((name, Array(words.dropFirst())))
                }
            }
        }
        parts.removeAll { $0.name.isEmpty }
        if parts.isEmpty { parts = [("list", []), ("dict", []), ("str", [])] }
        for (name, options) in parts {
            func has(_ option: String) -> Bool { options.contains(option) }
            switch name {
            case "dict":
                hasDict = true
                replacesKeys = has("replace")
                deletes = has("allow_delete")
                dictRecursesLists = has("recurse_array") || has("recurse_list")
                dictRecursesStrings = has("recurse_str")
            case "list":
                hasList = true
                listMethod =
                    has("append")
                    ? .append
                    : has("prepend")
                        ? .prepend
                        : has("no_replace") && !has("replace") ? .noReplace : .replace
                listRecursesLists = has("recurse_array") || has("recurse_list")
                listRecursesStrings = has("recurse_str")
                listRecursesDicts = has("recurse_dict")
            case "str":
                hasString = true
                appendsStrings = has("append")
            default: break
            }
        }
    }

    /// `list(append,recurse_dict)`
    private static func part(_ text: String) -> (name: String, options: [String]) {
        let text = text.asciiLowercased.trimmingBlanks.replacing("-", with: "_")
        guard let open = text.firstIndex(of: "("), text.hasSuffix(")") else { return (text, []) }
        let options = text[text.index(after: open)...].dropLast().split(separator: ",").map { $0.trimmingBlanks }
        return (String(text[..<open]), options.filter { !$0.isEmpty })
    }

    private func merged(_ old: YAMLNode, _ new: YAMLNode) -> YAMLNode {
        switch old.value {
        case .map(let pairs) where hasDict: return maps(old, pairs, new)
        case .list(let list) where hasList: return lists(old, list, new)
        case .string(let text) where hasString:
            guard appendsStrings, case .string(let more) = new.value else { return new }
            return YAMLNode(value: .string(text + more), evidence: new.evidence)
        default: return old
        }
    }

    private func maps(_ old: YAMLNode, _ pairs: [(key: String, value: YAMLNode)], _ new: YAMLNode) -> YAMLNode {
        guard let added = new.map else { return old }
        var result = pairs
        var places: [String: Int] = [:]
        for (index, pair) in result.enumerated() { places[pair.key] = index }
        var gone: Set<String> = []
        for (key, value) in added {
            guard let place = places[key] else {
                places[key] = result.count
                result.append((key, value))
                continue
            }
            if value.isNull, deletes {
                gone.insert(key)
                continue
            }
            if replacesKeys {
                result[place].value = value
                continue
            }
            let recurses =
                switch value.value {
                case .map: true
                case .list: dictRecursesLists
                case .string: dictRecursesStrings
                default: false
                }
            if recurses { result[place].value = merged(result[place].value, value) }
        }
        result.removeAll { gone.contains($0.key) }
        return YAMLNode(value: .map(result), evidence: old.evidence)
    }

    private func lists(_ old: YAMLNode, _ list: [YAMLNode], _ new: YAMLNode) -> YAMLNode {
        guard let added = new.list else { return listMethod == .replace ? new : old }
        var result = list
        switch listMethod {
        case .append: result += added
        case .prepend: result = added + result
        case .noReplace: break
        case .replace:
            for index in 0..<min(result.count, added.count) {
                let value = added[index]
                let recurses =
                    switch value.value {
                    case .map: listRecursesDicts
                    case .list: listRecursesLists
                    case .string: listRecursesStrings
                    default: false
                    }
                result[index] = recurses ? merged(result[index], value) : value
            }
        }
        return YAMLNode(value: .list(result), evidence: old.evidence)
    }
}
