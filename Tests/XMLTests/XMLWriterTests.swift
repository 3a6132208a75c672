import Documents
import Testing
import XML

@Suite struct XMLWriterTests {
    @Test func aRequestBody() throws {
        let body = XMLElement(
            "CompleteMultipartUpload",
            [
                XMLElement("Part", [XMLElement("PartNumber", text: "1"), XMLElement("ETag", text: "\"a<&>b\"")])
            ])
        #expect(
            String(decoding: try body.document(namespace: "http://store.example/doc/"), as: UTF8.self)
                == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CompleteMultipartUpload xmlns=\"http://store.example/doc/\">"
                + "<Part><PartNumber>1</PartNumber><ETag>\"a&lt;&amp;&gt;b\"</ETag></Part></CompleteMultipartUpload>")
    }

    /// What is written is what is read, for each character that readers would otherwise change.
    @Test func whatIsWrittenIsReadBack() throws {
        let text = " a\r\n\tb ]]> <c> &amp; \"'\u{7f}\u{1f600}\u{fffd} "
        let element = XMLElement("a", attributes: [.init("x", text)], text: text, [XMLElement("b.c-d_1")])
        var back = try XMLReader().read(element.document())
        back.line = 0
        back.children[0].line = 0
        #expect(back == element)
    }

    @Test(arguments: ["", "1a", "a b", "a>", "a:b:c", ":a", "a:", "\u{e9}"])
    func aBadNameIsRefused(_ name: String) {
        #expect(throws: Failure.self) { try XMLElement(name).document() }
        #expect(throws: Failure.self) { try XMLElement("a", attributes: [.init(name, "")]).document() }
    }

    @Test(arguments: ["\u{0}", "\u{b}", "\u{1b}", "\u{ffff}"])
    func aCharacterThatXMLCannotHoldIsRefused(_ character: String) {
        #expect(throws: Failure.self) { try XMLElement("a", text: character).document() }
    }
}
