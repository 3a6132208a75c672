public import Documents
public import FileSystems

/// A guest's files in memory: what readers of paths are tried on without an image.
///
///     let tree = GuestTree(MemoryFileSystem(["/etc/x": "text", "/etc/y": .link("x"), "/etc/z": .file("a", mode: 0o600)]))
///
/// Folders above each path are there by themselves (root's, 0755).
public struct MemoryFileSystem: FileSystem, ExpressibleByDictionaryLiteral {
    /// A file, or what else stands at a path. A string literal is a regular file of root's, 0644.
    public struct Node: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        public var status: FileStatus
        /// A file's bytes, or what a link says.
        public var content: [UInt8]
        public var attributes: [String: [UInt8]] = [:]
        /// Reading it fails, as of a damaged file system.
        public var isBroken = false

        public init(_ status: FileStatus, _ content: [UInt8] = []) {
            (self.status, self.content) = (status, content)
            self.status.size = UInt64(content.count)
        }

        public init(stringLiteral text: String) { self = .file(text) }

        public static func file(
            _ text: String, mode: UInt16 = 0o644, user: UInt32 = 0, group: UInt32 = 0, modified: Int64 = 0
        ) -> Node {
            bytes(Array(text.utf8), mode: mode, user: user, group: group, modified: modified)
        }

        public static func bytes(
            _ bytes: [UInt8], mode: UInt16 = 0o644, user: UInt32 = 0, group: UInt32 = 0, modified: Int64 = 0
        ) -> Node {
            Node(FileStatus(kind: .file, permissions: mode, user: user, group: group, modified: modified), bytes)
        }

        public static func link(_ target: String, user: UInt32 = 0, group: UInt32 = 0) -> Node {
            Node(FileStatus(kind: .symlink, permissions: 0o777, user: user, group: group), Array(target.utf8))
        }

        public static func folder(_ mode: UInt16 = 0o755, user: UInt32 = 0, group: UInt32 = 0) -> Node {
            Node(FileStatus(kind: .directory, permissions: mode, user: user, group: group, links: 2))
        }

        /// A FIFO, a socket, a device.
        public static func special(_ kind: FileStatus.Kind, mode: UInt16 = 0o600) -> Node {
            Node(FileStatus(kind: kind, permissions: mode))
        }

        /// A file that is there and can't be read.
        public static func broken(_ mode: UInt16 = 0o644) -> Node {
            var node = file("damaged", mode: mode)
            node.isBroken = true
            return node
        }
    }

    public let kind: String
    public let label: String?
    public let uuid: String?
    public let root = FileNumber(rawValue: 0)
    private let nodes: [Node]
    private let names: [[(name: [UInt8], file: Int)]]

    public init(dictionaryLiteral elements: (String, Node)...) { self.init(Dictionary(elements) { $1 }) }

    public init(_ files: [String: Node], kind: String = "ext4", label: String? = nil, uuid: String? = nil) {
        (self.kind, self.label, self.uuid) = (kind, label, uuid)
        var nodes: [Node] = [files["/"] ?? .folder()]
        var names: [[(name: [UInt8], file: Int)]] = [[]]
        for (path, node) in files.sorted(by: { $0.key < $1.key }) where path != "/" {
            var at = 0
            let parts = path.split(separator: "/").map { Array($0.utf8) }
            for (depth, part) in parts.enumerated() {
                let isLast = depth == parts.count - 1
                if let found = names[at].first(where: { $0.name == part })?.file {
                    if isLast { nodes[found] = node }
                    at = found
                } else {
                    nodes.append(isLast ? node : .folder())
                    names.append([])
                    names[at].append((part, nodes.count - 1))
                    at = nodes.count - 1
                }
            }
        }
        (self.nodes, self.names) = (nodes, names)
    }

    private func index(_ file: FileNumber) throws(Failure) -> Int {
        guard file.rawValue < UInt64(nodes.count) else { throw Failure(.refused, "no file \(file.rawValue)") }
        return Int(file.rawValue)
    }

    public func status(of file: FileNumber) throws(Failure) -> FileStatus { nodes[try index(file)].status }

    public func entries(of directory: FileNumber) throws(Failure) -> [DirectoryEntry] {
        names[try index(directory)].map {
            DirectoryEntry(name: $0.name, file: FileNumber(rawValue: UInt64($0.file)))
        }
    }

    public func entry(_ name: [UInt8], in directory: FileNumber) throws(Failure) -> FileNumber? {
        names[try index(directory)].first { $0.name == name }.map { FileNumber(rawValue: UInt64($0.file)) }
    }

    public func read(_ file: FileNumber, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer)
        throws(Failure) -> Int
    {
        let node = nodes[try index(file)]
        guard !node.isBroken else {
            throw Failure(.refused, "the file's blocks lie outside of the file system", hint: "run fsck in the guest")
        }
        guard offset < UInt64(node.content.count) else { return 0 }
        let rest = node.content[Int(offset)...].prefix(buffer.count)
        buffer.copyBytes(from: rest)
        return rest.count
    }

    public func target(of link: FileNumber) throws(Failure) -> [UInt8] { nodes[try index(link)].content }

    public func attributes(of file: FileNumber) throws(Failure) -> [String: [UInt8]] {
        nodes[try index(file)].attributes
    }
}

extension GuestTree {
    /// A guest of one file system in memory.
    public init(_ root: MemoryFileSystem) { self.init(root: root) }
}
