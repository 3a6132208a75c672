import Documents

/// An element of a document that was read, or of one to be written: names without prefix, attributes, text, children.
///
/// A value: share it between threads as you like.
public struct XMLElement: Sendable, Equatable {
    public struct Attribute: Sendable, Equatable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The local name: vendors change prefix and namespace between an error and an answer, never this.
    public var name: String
    /// In the document's order, without namespace declarations.
    public var attributes: [Attribute]
    /// The element's own text, unchanged: of an element with children, that of all the gaps together.
    public var text: String
    public var children: [XMLElement]
    /// Where the element begins, 1 and up; 0 in a document to be written.
    public var line = 0

    public init(_ name: String, attributes: [Attribute] = [], text: String = "", _ children: [XMLElement] = []) {
        self.name = name
        self.attributes = attributes
        self.text = text
        self.children = children
    }

    /// The first child of that name.
    public func first(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The children of that name, in order.
    public func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The text of the first child of that name; nil when there is none, the empty string when it is empty.
    public func text(_ name: String) -> String? { first(name)?.text }

    /// The text of a child that must be there.
    /// - Throws: `Failure` with code `refused`, naming both elements and the line.
    public func require(_ name: String) throws -> String {
        guard let found = text(name) else {
            throw Failure(.refused, "the XML element \(self.name) at line \(line) has no \(name)")
        }
        return found
    }

    /// The value of the attribute of that local name.
    public func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
}
