/// Whether a program is found in an image: its layers laid over each other, and links followed, as far as the watched paths go.
struct Programs {
    enum Answer: Equatable {
        case present, absent
        case unclear(String)
    }

    private let layers: [LayerMembers]

    /// - Parameter layers: the lowest first.
    init(_ layers: [LayerMembers]) { self.layers = layers }

    /// Looks where a shell is looked for.
    func find(_ name: String) -> Answer {
        var unclear: Answer?
        for folder in ProgramPaths.folders {
            switch find(path: "\(folder)/\(name)") {
            case .present: return .present
            case .absent: continue
            case .unclear(let why): unclear = .unclear(why)
            }
        }
        return unclear ?? .absent
    }

    private func find(path: String) -> Answer {
        var rest = path.split(separator: "/").map(String.init)
        var place: [String] = []
        var links = 0
        while !rest.isEmpty {
            place.append(rest.removeFirst())
            let path = place.joined(separator: "/")
            guard ProgramPaths.watched.contains(path) else {
                return .unclear("a link leads to /\(path), which is not looked at")
            }
            switch top(path) {
            case nil:
                // A tar need not name a folder that its members lie in.
                if rest.isEmpty { return .absent }
            case .folder?: continue
            case .file?: return rest.isEmpty ? .present : .absent
            case .link(let target)?:
                links += 1
                guard links <= 16 else { return .absent }
                place.removeLast()
                if target.hasPrefix("/") { place = [] }
                for part in target.split(separator: "/").map(String.init).reversed() where part != "." {
                    rest.insert(part, at: 0)
                }
                // Two dots lead back from where the link lies.
                while let first = rest.first, first == ".." {
                    rest.removeFirst()
                    _ = place.popLast()
                }
                guard !rest.contains("..") else { return .unclear("the link /\(path) goes back and forth") }
            }
        }
        return .absent
    }

    /// What the uppermost layer has at that path.
    private func top(_ path: String) -> LayerMembers.Program? {
        for layer in layers.reversed() {
            if let found = layer.programs[path] { return found }
            if layer.covers(path) { return nil }
        }
        return nil
    }
}
