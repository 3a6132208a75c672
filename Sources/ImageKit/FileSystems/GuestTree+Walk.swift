public import Documents

/// What a walk does after a file.
public enum WalkStep: Sendable {
    case goOn
    /// Not into this directory.
    case skip
    case stop
}

/// What a walk saw, and what it could not see.
public struct WalkReport: Sendable {
    /// How many files the body was asked about.
    public var count = 0
    /// What could not be read, at most `GuestTree.problemLimit`; if there is any, what the body saw is not all.
    public var problems: [Failure] = []
    /// Whether the whole tree was seen, but for what the body skipped.
    public var isComplete: Bool { problems.isEmpty && !wasStopped }
    /// Whether the body, or the limit of files, stopped it.
    public var wasStopped = false
}

extension GuestTree {
    public static let problemLimit = 16
    /// How many files a walk looks at: more are not in any system's image.
    static let fileLimit = 1 << 22
    /// The sum of the directories' lengths, in bytes: a million names take about 64 MiB.
    static let directoryLimit: UInt64 = 1 << 30
    /// What the paths of directories that wait to be read may take, in bytes.
    static let pathLimit = 64 << 20

    /// Looks at every file below a path, and at what is mounted there, in bounded memory. Links are not followed; each
    /// directory is read once, even where a damaged file system leads to it twice.
    ///
    /// Names that are no UTF-8 stand in paths with replacement characters: such a file is read by what was found, not by its path.
    /// - Parameters:
    ///   - depth: how many directories deep below the path.
    ///   - body: asked about each file, not in the order of names; about a directory before what is in it.
    /// - Throws: what the body throws, or why the path can't be found. What can't be read below it is in the report.
    @discardableResult
    public func walk(
        _ path: String = "/", depth: Int = 256, _ body: (Found) throws(Failure) -> WalkStep
    ) throws(Failure) -> WalkReport {
        var walk = Walk(tree: self, depth: depth)
        guard let start = try find(path) else { return walk.report }
        walk.push(start, level: 0)
        while walk.failure == nil, !walk.report.wasStopped, let directory = walk.next() {
            walk.read(directory, body)
        }
        if let failure = walk.failure { throw failure }
        return walk.report
    }
}

/// A walk on its way.
private struct Walk {
    typealias Body = (GuestTree.Found) throws(Failure) -> WalkStep

    private struct Place: Hashable {
        var mount: Int
        var number: FileNumber
    }

    struct Directory {
        var found: GuestTree.Found
        var level: Int
    }

    let tree: GuestTree
    let depth: Int
    var report = WalkReport()
    /// What the body threw.
    var failure: Failure?
    private var pending: [Directory] = []
    private var pathBytes = 0
    private var visited: Set<Place> = []
    private var directoryBytes: UInt64 = 0
    /// Names are taken by so many, in the order of their inodes, so that tables of inodes are read once.
    private static let chunk = 4096

    init(tree: GuestTree, depth: Int) { (self.tree, self.depth) = (tree, depth) }

    private var hasEnded: Bool { failure != nil || report.wasStopped }

    mutating func next() -> Directory? {
        guard let directory = pending.popLast() else { return nil }
        pathBytes -= directory.found.path.utf8.count
        return directory
    }

    private mutating func note(_ what: String, at path: String, hint: String? = nil) {
        guard report.problems.count < GuestTree.problemLimit else { return }
        report.problems.append(Failure(.refused, what, place: path, hint: hint))
    }

    mutating func push(_ found: GuestTree.Found, level: Int) {
        guard found.status.kind == .directory else { return }
        guard level < depth, found.path.utf8.count < 4096 else {
            return note("directories nest too deep here to be looked at", at: found.path)
        }
        guard visited.insert(Place(mount: found.mount, number: found.number)).inserted else {
            return note(
                "two paths lead to this directory", at: found.path, hint: "the file system is damaged: check it")
        }
        let bytes = found.path.utf8.count
        guard found.status.size <= GuestTree.directoryLimit - directoryBytes, bytes <= GuestTree.pathLimit - pathBytes
        else { return note("there are too many names to look at each", at: found.path) }
        directoryBytes += found.status.size
        pathBytes += bytes
        pending.append(Directory(found: found, level: level))
    }

    mutating func read(_ directory: Directory, _ body: Body) {
        let found = directory.found
        var names: [DirectoryEntry] = []
        // What is mounted where the file system below has no directory is looked at as well.
        var points = Set(tree.mountPoints(in: found.path))
        do throws(Failure) {
            try found.fileSystem.visit(found.number) { name in
                names.append(name)
                if names.count >= Self.chunk { take(&names, of: directory, &points, body) }
                return !hasEnded
            }
        } catch {
            note(error.message, at: found.path, hint: error.hint)
        }
        take(&names, of: directory, &points, body)
        for point in points.sorted() where !hasEnded { enter(point, level: directory.level, body) }
    }

    private mutating func take(
        _ names: inout [DirectoryEntry], of directory: Directory, _ points: inout Set<String>, _ body: Body
    ) {
        let parent = directory.found
        let prefix = parent.path == "/" ? "/" : parent.path + "/"
        names.sort { $0.file.rawValue < $1.file.rawValue }
        for name in names where !hasEnded {
            let path = prefix + String(decoding: name.name, as: UTF8.self)
            if let point = tree.mountPoint(path, in: parent.fileSystem) {
                points.remove(point)
                enter(point, level: directory.level, body)
                continue
            }
            let status: FileStatus
            do throws(Failure) {
                status = try parent.fileSystem.status(of: name.file)
            } catch {
                note(error.message, at: path, hint: error.hint)
                continue
            }
            let found = GuestTree.Found(
                path: path, fileSystem: parent.fileSystem, number: name.file, status: status, mount: parent.mount)
            look(at: found, level: directory.level, body)
        }
        names.removeAll(keepingCapacity: true)
    }

    private mutating func enter(_ point: String, level: Int, _ body: Body) {
        do throws(Failure) {
            look(at: try tree.mounted(at: point), level: level, body)
        } catch {
            note(error.message, at: point, hint: error.hint)
        }
    }

    private mutating func look(at found: GuestTree.Found, level: Int, _ body: Body) {
        guard report.count < GuestTree.fileLimit else {
            report.wasStopped = true
            return note("more than \(GuestTree.fileLimit) files are not looked at", at: found.path)
        }
        report.count += 1
        do throws(Failure) {
            switch try body(found) {
            case .goOn: push(found, level: level + 1)
            case .skip: break
            case .stop: report.wasStopped = true
            }
        } catch {
            failure = error
        }
    }
}
