import Documents
import Schema

/// A `cloudimg.yaml` of EulerPublisher, as far as building an image is concerned (gitee.com/openeuler/eulerpublisher,
/// config/cloudimg/cloudimg.yaml): `version`, `arch`, `rpmlist`, and the names under `targets`. What stands under a name, keys
/// and secrets among it, is not looked at here.
public struct CloudImageFile: Sendable, Equatable {
    public let version: String
    public let architecture: String
    /// A file with a package's name on each line; nil for the default ones.
    public let packageList: String?
    /// In the file's order; empty if it has none.
    public let targets: [String]
    public let path: String

    /// - Throws: `Failure` (usage) with `file:line:column`.
    public init(path: String) throws { try self.init(try Node.read(path: path)) }

    /// Reads a text; `name` stands for the file in places.
    /// - Throws: As `init(path:)`.
    public init(text: String, name: String) throws { try self.init(try Node.parse(text: text, name: name)) }

    private init(_ node: Node) throws {
        path = node.source
        guard let members = node.members else {
            throw Failure(.usage, "the file names no version", place: node.place, hint: "write version: VERSION")
        }
        func text(_ key: String) throws -> String? {
            guard let value = members.first(where: { $0.key == key })?.value else { return nil }
            if case .null = value.json { return nil }
            guard let text = value.plainText ?? value.json.string else {
                throw Failure(.usage, "\(key) is not a text", place: value.place, hint: "write \(key): TEXT")
            }
            return text.isEmpty ? nil : text
        }
        func needed(_ key: String, _ example: String) throws -> String {
            if let text = try text(key) { return text }
            throw Failure(.usage, "the file has no \(key)", place: node.place, hint: "write \(key): \(example)")
        }
        version = try needed("version", "24.03-LTS-SP2")
        architecture = try needed("arch", "x86_64")
        packageList = try text("rpmlist")
        targets = members.first { $0.key == "targets" }?.value.members?.map(\.key) ?? []
    }
}
