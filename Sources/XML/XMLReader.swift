import CXML
import Documents

/// Reads an XML document that a server sent: well-formed, without a document type, within bounds.
///
/// A document type is refused as soon as it begins, so there are no entities but the five predefined ones, and nothing is
/// fetched from a file or the network. Any thread may read.
public struct XMLReader: Sendable {
    /// Bytes of the document.
    public var sizeLimit = 16 << 20
    /// Elements inside each other. More than 256 libxml2 does not read either.
    public var depthLimit = 256
    /// Elements and attributes together.
    public var nodeLimit = 1 << 20

    public init() {}

    private static let prepared: Void = ep_xml_prepare()

    /// The root element.
    ///
    /// White space before the XML declaration is let pass: object stores send it while they are still at work.
    /// - Parameter place: what a failure names, for example the request's URL without its query.
    /// - Throws: `Failure` with code `refused`; its place ends with `:line` when the line is known.
    public func read(_ bytes: [UInt8], place: String? = nil) throws -> XMLElement {
        _ = Self.prepared
        guard bytes.count <= sizeLimit else {
            throw Failure(.refused, "the XML document is over \(sizeLimit) bytes", place: place)
        }
        let begin = bytes.firstIndex { !($0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09) } ?? bytes.count
        let skipped = bytes[..<begin].count { $0 == 0x0a }
        let tree = Tree(depth: depthLimit, nodes: nodeLimit, skippedLines: skipped)
        var error = ep_xml_error()
        let status = withExtendedLifetime(tree) {
            bytes.withUnsafeBytes { buffer in
                var events = Tree.events
                let text = buffer.baseAddress.map { ($0 + begin).assumingMemoryBound(to: CChar.self) }
                return ep_xml_parse(
                    text, buffer.count - begin, &events, Unmanaged.passUnretained(tree).toOpaque(), &error)
            }
        }
        let line = error.line > 0 ? Int(error.line) + skipped : 0
        let place = line > 0 ? (place.map { "\($0):\(line)" } ?? "line \(line)") : place
        switch status {
        case EP_XML_OK:
            guard let root = tree.root else { throw Failure(.refused, "the XML document is empty", place: place) }
            return root
        case EP_XML_DOCTYPE:
            throw Failure(
                .refused, "the XML document has a document type, which is not read", place: place,
                hint: "no service that this program talks to sends one: check the address")
        case EP_XML_STOPPED:
            throw Failure(.refused, "the XML document is over \(tree.exceeded)", place: place)
        case EP_XML_NO_MEMORY:
            throw Failure(.internal, "no memory for an XML document of \(bytes.count) bytes", place: place)
        default:
            let message = withUnsafeBytes(of: &error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            throw Failure(.refused, "this is not XML: \(message)", place: place)
        }
    }
}

/// The tree as it grows: a stack of the elements that are still open.
private final class Tree {
    var root: XMLElement?
    /// What stopped the parser.
    var exceeded = ""
    private var open: [XMLElement] = []
    private var texts: [[UInt8]] = []
    private var nodes = 0
    private let depthLimit: Int
    private let nodeLimit: Int
    private let skippedLines: Int

    init(depth: Int, nodes: Int, skippedLines: Int) {
        depthLimit = depth
        nodeLimit = nodes
        self.skippedLines = skippedLines
    }

    static let events = ep_xml_events(
        start: { context, name, attributes, count, line in
            guard let context, let name else { return 1 }
            let tree = Unmanaged<Tree>.fromOpaque(context).takeUnretainedValue()
            return tree.start(
                String(cString: name), UnsafeBufferPointer(start: attributes, count: count), line: Int(line)) ? 0 : 1
        },
        text: { context, bytes, size in
            guard let context else { return 1 }
            Unmanaged<Tree>.fromOpaque(context).takeUnretainedValue().add(
                UnsafeRawBufferPointer(start: bytes, count: size))
            return 0
        },
        end: { context in
            guard let context else { return 1 }
            Unmanaged<Tree>.fromOpaque(context).takeUnretainedValue().end()
            return 0
        })

    private func start(_ name: String, _ list: UnsafeBufferPointer<ep_xml_attribute>, line: Int) -> Bool {
        nodes += 1 + list.count
        if open.count >= depthLimit { exceeded = "\(depthLimit) elements deep" }
        if nodes > nodeLimit { exceeded = "\(nodeLimit) elements and attributes" }
        guard exceeded.isEmpty else { return false }
        var element = XMLElement(name)
        element.line = line + skippedLines
        element.attributes = list.map {
            XMLElement.Attribute(
                String(cString: $0.name),
                String(decoding: UnsafeRawBufferPointer(start: $0.value, count: $0.size), as: UTF8.self))
        }
        open.append(element)
        texts.append([])
        return true
    }

    private func add(_ bytes: UnsafeRawBufferPointer) {
        guard !texts.isEmpty else { return }
        texts[texts.count - 1].append(contentsOf: bytes)
    }

    private func end() {
        guard var element = open.popLast(), let text = texts.popLast() else { return }
        element.text = String(decoding: text, as: UTF8.self)
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }
}
