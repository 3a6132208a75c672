import Documents
import Files
import FoundationEssentials
import Schema

/// A plan with the place each part was written at, so that an error can point there.
public struct LocatedPlan: Sendable {
    public var plan: Plan
    /// What relative paths in the plan start from.
    public var directory: String
    private let source: Node?
    /// Which target of the source each of the plan's is: `only` leaves some out.
    private var numbers: [Int]

    /// A plan that a command made; `directory` is where the command was given.
    /// - Throws: `Failure` when its parts do not fit together.
    public init(_ plan: Plan, directory: String) throws {
        self.plan = plan
        self.directory = directory
        source = nil
        numbers = Array(plan.targets.indices)
        try check()
    }

    /// Reads a plan that somebody wrote, YAML or JSON.
    /// - Throws: `Failure` with `file:line:column` for whatever is wrong with it.
    public init(reading path: String) throws {
        let source = try Node.read(path: path)
        let document = try Schema.embedded("plan").validate(source)
        do {
            plan = try DocumentCoding.decode(Plan.self, from: try DocumentCoding.encode(document))
        } catch {
            throw Failure(.internal, "a valid plan could not be read: \(error)", place: path)
        }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[..<$0]) } ?? "."
        directory = Self.normal(
            folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder)
        self.source = source
        numbers = Array(plan.targets.indices)
        try check()
    }

    /// Where the plan says that of its target of that number, as far as it was written down.
    public func place(ofTarget number: Int, _ key: String) -> String? { place(["targets", "\(numbers[number])", key]) }

    /// Where the plan says that, as far as it was written down: `place(["artifacts", "base", "file"])`.
    public func place(_ path: [String]) -> String? {
        guard var node = source else { return nil }
        for part in path {
            guard let next = Int(part).flatMap({ node[$0] }) ?? node[part] else { break }
            node = next
        }
        return node.place
    }

    /// The path that the plan means: `~` is the user's home, as no shell replaces it behind a scheme's colon.
    public func absolute(_ path: String) -> String {
        if path.contains("://") { return path }
        if path.hasPrefix("/") { return Self.normal(path) }
        if path == "~" || path.hasPrefix("~/") {
            return Self.normal((ProcessInfo.processInfo.environment["HOME"] ?? "/nonexistent") + path.dropFirst())
        }
        return Self.normal("\(directory)/\(path)")
    }

    /// An absolute path without `.`, doubled slashes and a last one, so that one place is written one way. What `..` leads to
    /// depends on links: it stays.
    private static func normal(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    private func check() throws {
        try checkText(try JSON(encoding: plan), at: [])
        for (name, artifact) in plan.artifacts.sorted(by: { $0.key < $1.key }) {
            try check(artifact, at: ["artifacts", name])
        }
        var titles: Set<String> = []
        for (number, target) in plan.targets.enumerated() {
            guard plan.artifacts[target.artifact] != nil else {
                throw Failure(
                    .usage, "\(target.title) is to get \"\(target.artifact)\", which the plan does not define",
                    place: place(ofTarget: number, "artifact"),
                    hint: "it defines " + plan.artifacts.keys.sorted().joined(separator: ", "))
            }
            guard target.to.contains(":"), !target.scheme.isEmpty, !target.address.isEmpty else {
                throw Failure(
                    .usage, "\(target.to) is no target: a scheme, a colon and an address",
                    place: place(ofTarget: number, "to"),
                    hint: "for example local:./catalogue")
            }
            guard titles.insert(target.title).inserted else {
                throw Failure(
                    .usage, "two targets are called \(target.title)", place: place(ofTarget: number, "name"),
                    hint: "give each a name of its own")
            }
        }
    }

    /// Control characters would end paths early and forge lines of what is shown. What is for the provider, or for those who
    /// read an image's annotations, may have several lines.
    private func checkText(_ value: JSON, at path: [String]) throws {
        func check(_ text: String) throws {
            let mayHaveLines = path.count > 2 && ["options", "annotations"].contains(path[2])
            let isControl = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
            guard let scalar = text.unicodeScalars.first(where: isControl),
                !mayHaveLines || !"\n\t".unicodeScalars.contains(scalar)
            else { return }
            throw Failure(
                .usage, "\(path.joined(separator: ".")) has the control character U+\(String(scalar.value, radix: 16))",
                place: place(path), hint: "remove it")
        }
        switch value {
        case .string(let text): try check(text)
        case .array(let elements):
            for (number, element) in elements.enumerated() { try checkText(element, at: path + ["\(number)"]) }
        case .object(let members):
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                try check(key)
                try checkText(member, at: path + [key])
            }
        default: break
        }
    }

    private func check(_ artifact: Plan.Artifact, at path: [String]) throws {
        let needed: [(String, Bool)]
        let foreign: [(String, Bool)]
        let ofContainer = [
            ("release", artifact.release != nil), ("index", artifact.index != nil),
            ("architectures", artifact.architectures != nil), ("mirror", artifact.mirror != nil),
            ("lock", artifact.lock != nil), ("attest", artifact.attest != nil),
        ]
        let ofImages = [("images", artifact.images != nil), ("options", artifact.options != nil)]
        let ofDisk = [
            ("file", artifact.file != nil), ("format", artifact.format != nil), ("version", artifact.version != nil),
            ("boot_test", artifact.bootTest != nil), ("platform", artifact.platform != nil),
        ]
        if artifact.kind == "container", artifact.images != nil {
            needed = []
            // Of an image that exists the platform chooses one.
            foreign = ofDisk.dropLast() + ofContainer
        } else if artifact.kind == "container" {
            needed = [ofContainer[0]]
            foreign = ofDisk + ofImages
        } else {
            needed = Array(ofDisk.prefix(3))
            foreign = ofContainer + ofImages
        }
        if artifact.bootTest == true, artifact.format == "iso" {
            throw Failure(
                .usage, "a boot test starts disks, and this is a CD", place: place(path + ["boot_test"]),
                hint: "remove it")
        }
        if let missing = needed.first(where: { !$0.1 }) {
            throw Failure(
                .usage, "a \(artifact.kind) needs \"\(missing.0)\" in \(path.joined(separator: "."))",
                place: place(path), hint: "add \(missing.0): to it")
        }
        if let extra = foreign.first(where: { $0.1 }) {
            throw Failure(
                .usage,
                "\"\(extra.0)\" means nothing for a \(artifact.kind)\(artifact.images == nil ? "" : " made of images that exist")",
                place: place(path + [extra.0]),
                hint: "remove it, or change the kind")
        }
    }

    /// The plan with only those targets, and only the artifacts that they need.
    /// - Throws: `Failure` when a name is none of the targets'.
    public func only(_ names: [String]) throws -> LocatedPlan {
        guard !names.isEmpty else { return self }
        for name in names where !plan.targets.contains(where: { $0.title == name }) {
            throw Failure(
                .usage, "the plan has no target \(name)",
                hint: "its targets are " + plan.targets.map(\.title).joined(separator: ", "))
        }
        var result = self
        let kept = plan.targets.indices.filter { names.contains(plan.targets[$0].title) }
        result.plan.targets = kept.map { plan.targets[$0] }
        result.numbers = kept.map { numbers[$0] }
        result.plan.artifacts = plan.artifacts.filter { name, _ in
            result.plan.targets.contains { $0.artifact == name }
        }
        return result
    }
}
