import Synchronization

/// What a walk through one layer keeps of its members: marks for the rules, and of all others no more than that they are there.
struct LayerMembers: Sendable {
    enum Mark: String, Sendable, CaseIterable {
        case setID = "set-id program"
        case openFolder = "directory that all may write"
        case cache = "package cache"
        case machineID = "machine id"
        case nameServer = "name server"
        case outside = "name outside of the root"
    }

    /// Something where programs are looked for.
    enum Program: Sendable, Equatable {
        case folder, file
        case link(String)
    }

    struct Secret: Sendable, Equatable {
        var path: String
        var what: String
        /// Why it could not be looked into; nil: it was, and it is one.
        var unclear: String?
    }

    /// Of a kind in one layer; more of them say nothing new.
    static let markLimit = 1000
    static let secretLimit = 100

    private(set) var marks: [Mark: [String: UInt32]] = [:]
    private(set) var programs: [String: Program] = [:]
    private(set) var secrets: [Secret] = []
    private(set) var overflowed: Set<Mark> = []
    /// Hashes of the folders' paths, of the others', and of those that are taken out of the layers below (of an opaque folder
    /// with a slash at its end). Hashes are seeded anew in each process, so nobody can make them meet.
    private var folders: Set<Int> = []
    private var others: Set<Int> = []
    private var removed: Set<Int> = []

    mutating func add(_ path: String, isFolder: Bool) {
        let hash = path.hashValue
        let (isNewFolder, isNewOther) =
            isFolder
            ? (folders.insert(hash).inserted, !others.contains(hash))
            : (!folders.contains(hash), others.insert(hash).inserted)
        // The second of two members with one name replaces the first.
        if isNewFolder && isNewOther { return }
        if isFolder { others.remove(hash) } else { folders.remove(hash) }
        for mark in Mark.allCases where mark != .outside { marks[mark]?[path] = nil }
        programs[path] = nil
    }

    mutating func mark(_ mark: Mark, _ path: String, _ mode: UInt32 = 0) {
        if marks[mark, default: [:]].count < Self.markLimit {
            marks[mark, default: [:]][path] = mode
        } else {
            overflowed.insert(mark)
        }
    }

    mutating func program(_ path: String, _ program: Program) { programs[path] = program }

    mutating func secret(_ secret: Secret) { if secrets.count < Self.secretLimit { secrets.append(secret) } }

    mutating func remove(_ path: String) { removed.insert(path.hashValue) }

    mutating func makeOpaque(_ folder: String) { removed.insert("\(folder)/".hashValue) }

    /// Whether this layer replaces or removes what a layer below has at that path.
    func covers(_ path: String) -> Bool {
        let hash = path.hashValue
        if folders.contains(hash) || others.contains(hash) || removed.contains(hash) { return true }
        // The root itself can be opaque.
        if removed.contains("/".hashValue) { return true }
        return LayerPath.ancestors(path).contains { folder in
            let hash = folder.hashValue
            return removed.contains(hash) || others.contains(hash) || removed.contains("\(folder)/".hashValue)
        }
    }

    var count: Int { folders.count + others.count + removed.count }
}

/// How much all walks of one check may keep and unpack together.
final class WalkBudget: Sendable {
    private let left: Mutex<(names: Int, bytes: Int64)>

    init(names: Int, bytes: Int64) { left = Mutex((names, bytes)) }

    /// False once there is no room for another name.
    func takeName() -> Bool {
        left.withLock { left in
            left.names -= 1
            return left.names >= 0
        }
    }

    /// The bytes that may be unpacked still.
    var bytes: Int64 { left.withLock { max(0, $0.bytes) } }
    func take(bytes: Int64) { left.withLock { $0.bytes -= bytes } }
}
