public import Documents
import Yams

/// Values as YAML that `Node.parse` reads back as they are; keys in the order of the alphabet.
public enum YAML {
    public static func text(_ json: JSON) throws -> String {
        do { return try Yams.serialize(node: node(json), width: -1, allowUnicode: true) } catch {
            throw Failure(.internal, "the document cannot be written as YAML: \(error)")
        }
    }

    private static func node(_ json: JSON) -> Yams.Node {
        switch json {
        case .null: plain("null")
        case .bool(let value): plain("\(value)")
        case .integer(let value): plain("\(value)")
        case .number(let value): plain("\(value)")
        case .string(let text): string(text)
        case .array(let elements):
            .sequence(.init(elements.map(node), .implicit, elements.isEmpty ? .flow : .block))
        case .object(let members):
            .mapping(
                .init(
                    members.sorted { $0.key < $1.key }.map { (string($0.key), node($0.value)) }, .implicit,
                    members.isEmpty ? .flow : .block))
        }
    }

    private static func plain(_ text: String) -> Yams.Node { .scalar(.init(text, .implicit, .plain)) }

    /// Without quotes only what readers of any YAML take for a text: `no` and `0x1f` are other things to some.
    private static func string(_ text: String) -> Yams.Node {
        let isWord = text.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || "-._/".utf8.contains(byte)
        }
        let isLetter = text.first.map { $0.isLetter } ?? false
        let meansMore = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(text.lowercased())
        return isWord && isLetter && !meansMore ? plain(text) : .scalar(.init(text, .implicit, .doubleQuoted))
    }
}
