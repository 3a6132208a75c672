import Documents
import Schema

/// A `tags.yaml`: which further tags a version has, as EulerPublisher's container images have had it
/// (gitee.com/openeuler/eulerpublisher, config/container/base/tags.yaml).
///
///     24.03-LTS-SP2: [24.03, latest]
///
/// Everything is read as text, though YAML takes `20.10` for the number 20.1. A tag belongs to one version.
public struct TagsFile: Sendable {
    public struct Version: Sendable, Equatable {
        /// In upper case.
        public let name: String
        /// Without the version's own, in the file's order.
        public let aliases: [String]
        /// `file:line:column` of the key.
        public let place: String
    }

    public let path: String
    /// In the file's order.
    public let versions: [Version]

    /// - Throws: `Failure` (usage) with `file:line:column`.
    public init(path: String) throws { try self.init(try Node.read(path: path)) }

    /// Reads a text; `name` stands for the file in places.
    /// - Throws: As `init(path:)`.
    public init(text: String, name: String) throws { try self.init(try Node.parse(text: text, name: name)) }

    /// The version's own tag, which is its name in lower case, and its aliases. A version that the file does not have has no
    /// alias.
    public func tags(of version: String) -> [String] {
        [version.lowercased()] + (self.version(version)?.aliases ?? [])
    }

    /// The version that the tag belongs to, in upper case: as an alias, or by its own name.
    public func owner(of tag: String) -> String? {
        versions.first { $0.aliases.contains(tag) || $0.name.lowercased() == tag }?.name
    }

    /// Whatever the case of the name.
    private func version(_ name: String) -> Version? { versions.first { $0.name == name.uppercased() } }

    private init(_ node: Node) throws {
        path = node.source
        var versions: [Version] = []
        // Tag to the version that has it.
        var owners: [String: (version: String, place: String)] = [:]
        func claim(_ tag: String, _ version: String, _ place: String) throws {
            if let owner = owners[tag], owner.version != version {
                throw Failure(
                    .usage, "the tag \(tag) belongs to \(owner.version) already, at \(owner.place)", place: place,
                    hint: "a tag leads to one version: keep it at one of the two")
            }
            owners[tag] = (version, place)
        }
        guard let members = node.members else {
            throw Failure(
                .usage, "the file does not map versions to tags", place: node.place, hint: "write VERSION: [TAG, TAG]")
        }
        // A version's own tag is its own, whatever stands above it.
        for member in members {
            let name = member.key.uppercased()
            guard Self.isTag(member.key) else { throw Self.noTag(member.key, member.place) }
            guard owners[name.lowercased()] == nil else {
                throw Failure(.usage, "the version \(name) stands here twice", place: member.place)
            }
            try claim(name.lowercased(), name, member.place)
        }
        for member in members {
            let name = member.key.uppercased()
            var aliases: [String] = []
            for item in try Self.items(member) {
                guard let tag = item.plainText ?? item.json.string, Self.isTag(tag) else {
                    throw Self.noTag(item.plainText ?? item.json.string ?? "this", item.place)
                }
                try claim(tag, name, item.place)
                if tag != name.lowercased(), !aliases.contains(tag) { aliases.append(tag) }
            }
            versions.append(Version(name: name, aliases: aliases, place: member.place))
        }
        self.versions = versions
    }

    /// A version without aliases may have an empty value.
    private static func items(_ member: Node.Member) throws -> [Node] {
        if let items = member.value.elements { return items }
        if case .null = member.value.kind { return [] }
        throw Failure(
            .usage, "the tags of \(member.key) are not a list", place: member.value.place, hint: "write [TAG, TAG]")
    }

    private static func noTag(_ text: String, _ place: String) -> Failure {
        Failure(
            .usage, "\(text.prefix(80)) cannot be a tag", place: place,
            hint: "a tag has 1 to 128 letters, digits, dots, dashes and underscores, and begins with none of . and -")
    }

    /// As the OCI distribution specification has it, "Pulling manifests".
    private static func isTag(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x5f
        }
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 128 else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == 0x2d || $0 == 0x2e }
    }
}
