import Documents
import Foundation
import Testing
import XML

private func read(_ text: String, _ reader: XMLReader = XMLReader()) throws -> XMLElement {
    try reader.read(Array(text.utf8), place: "answer")
}

private func failure(_ text: String, _ reader: XMLReader = XMLReader()) -> Failure? {
    #expect(throws: Failure.self) { try read(text, reader) }
}

@Suite struct XMLReaderTests {
    @Test func anAnswerByLocalNames() throws {
        let root = try read(
            """
            \u{20}
            <?xml version="1.0" encoding="UTF-8"?>
            <s:ListPartsResult xmlns:s="http://store.example/doc/" xmlns="http://other.example/">
              <IsTruncated>false</IsTruncated>
              <Part><PartNumber>1</PartNumber><ETag>&quot;a&amp;b&#x4e2d;&quot;</ETag></Part>
              <s:Part s:kind="last" id="p2"><PartNumber>2</PartNumber><ETag><![CDATA[<raw>]]></ETag><Empty/></s:Part>
            </s:ListPartsResult>
            """)
        #expect(root.name == "ListPartsResult")
        #expect(root.attributes.isEmpty)
        #expect(root.text("IsTruncated") == "false")
        let parts = root.all("Part")
        #expect(parts.compactMap { $0.text("PartNumber") } == ["1", "2"])
        #expect(parts.compactMap { $0.text("ETag") } == ["\"a&b\u{4e2d}\"", "<raw>"])
        #expect(parts[1].attribute("kind") == "last" && parts[1].attribute("id") == "p2")
        #expect(parts[1].text("Empty") == "" && parts[0].text("Empty") == nil)
        // A blank line and the declaration come before the root.
        #expect(root.line == 3 && parts.map(\.line) == [5, 6])
        #expect(try parts[0].require("PartNumber") == "1")
        #expect(throws: Failure(.refused, "the XML element Part at line 5 has no Size")) {
            try parts[0].require("Size")
        }
    }

    @Test func billionLaughsEndsAtItsFirstLine() {
        var text = "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n<!ENTITY a0 \"ha\">\n"
        for level in 1...9 {
            text += "<!ENTITY a\(level) \"\(String(repeating: "&a\(level - 1);", count: 10))\">\n"
        }
        text += "]>\n<lolz>&a9;</lolz>"
        let refusal = failure(text)
        #expect(refusal?.message.contains("document type") == true)
        #expect(refusal?.place == "answer:2")
    }

    @Test(arguments: [
        "<!DOCTYPE a>", "<!DOCTYPE a SYSTEM 'file:///etc/hostname'>", "<!DOCTYPE a PUBLIC 'x' 'http://127.0.0.1:9/x'>",
    ])
    func anyDocumentTypeIsRefused(_ doctype: String) {
        #expect(failure("\(doctype)<a/>")?.message.contains("document type") == true)
    }

    /// Without a document type an entity of the file system has nowhere to be declared.
    @Test func anEntityIsAnError() {
        #expect(failure("<a>&xxe;</a>")?.message.contains("this is not XML") == true)
        #expect(failure("<a b='&xxe;'/>")?.message.contains("this is not XML") == true)
    }

    @Test(arguments: [
        ("<a>\n<b>\n</a>", 3), ("<a", 1), ("<a/>\n<b/>", 2), ("plain text", 1), ("<a>\n\u{1}</a>", 2),
    ])
    func whatIsNotXMLNamesItsLine(_ text: String, _ line: Int) {
        let refusal = failure(text)
        #expect(refusal?.code == .refused)
        #expect(refusal?.message.hasPrefix("this is not XML: ") == true)
        #expect(refusal?.place == "answer:\(line)")
    }

    @Test func nothingIsNotADocument() {
        #expect(failure("") != nil)
        #expect(failure(" \n ") != nil)
    }

    @Test func limitsHold() throws {
        var reader = XMLReader()
        reader.depthLimit = 3
        #expect(try read("<a><b><c/></b></a>", reader).first("b")?.first("c") != nil)
        #expect(failure("<a><b><c><d/></c></b></a>", reader)?.message == "the XML document is over 3 elements deep")
        reader = XMLReader()
        reader.nodeLimit = 4
        #expect(try read("<a x='1'><b/><b/></a>", reader).children.count == 2)
        #expect(
            failure("<a x='1'><b/><b/><b/></a>", reader)?.message.hasSuffix("over 4 elements and attributes") == true)
        reader = XMLReader()
        reader.sizeLimit = 10
        #expect(failure("<a>1234567</a>", reader)?.message.hasSuffix("over 10 bytes") == true)
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(failure(deep)?.code == .refused)
    }

    /// Texts arrive in pieces of the parser's own size: no character may break between two of them.
    @Test func longTextsAreWhole() throws {
        let text = String(repeating: "\u{4e2d}\u{6587} & ", count: 300_000)
        let root = try read("<a>" + text.replacingOccurrences(of: "&", with: "&amp;") + "</a>")
        #expect(root.text == text)
    }

    @Test func otherEncodingsAreRead() throws {
        let latin = Array("<?xml version='1.0' encoding='ISO-8859-1'?><a>".utf8) + [0xe9] + Array("</a>".utf8)
        #expect(try XMLReader().read(latin).text == "\u{e9}")
        #expect(throws: Failure.self) { try XMLReader().read(Array("<a>".utf8) + [0xff, 0xfe] + Array("</a>".utf8)) }
    }
}
