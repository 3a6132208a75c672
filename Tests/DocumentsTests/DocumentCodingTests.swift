import Documents
import FoundationEssentials
import Testing

@Suite("Documents")
struct DocumentCodingTests {
    @Test("Equal documents are equal bytes, whatever order their members came in")
    func sortedKeys() throws {
        let one = try DocumentCoding.decode(JSON.self, from: Data(#"{"b":1,"a":[true,null,"x/y",2.5]}"#.utf8))
        let two = try DocumentCoding.decode(JSON.self, from: Data(#"{"a":[true,null,"x\/y",2.5],"b":1}"#.utf8))
        let bytes = try DocumentCoding.encode(one)
        #expect(bytes == (try DocumentCoding.encode(two)))
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"a":[true,null,"x/y",2.5],"b":1}"#)
    }

    @Test("Whole numbers stay whole up to 64 bits")
    func integers() throws {
        let value = try DocumentCoding.decode(JSON.self, from: Data("9007199254740993".utf8))
        #expect(value == .integer(9_007_199_254_740_993))
    }

    @Test("A failure's fields keep the names that the error schema gives them")
    func failureKeys() throws {
        let failure = Failure(
            .authentication, "no", place: "here", hint: "do", vendorCode: "V", requestID: "r", retryable: false,
            retryAfter: 2)
        let members = try DocumentCoding.decode(JSON.self, from: DocumentCoding.encode(failure)).object ?? [:]
        #expect(
            members.keys.sorted() == [
                "code", "hint", "message", "place", "request_id", "retry_after_s", "retryable", "vendor_code",
            ])
        #expect(failure.code.exitStatus == 4)
    }

    @Test("A text for people is a string or one per language")
    func localizedText() throws {
        let plain = try DocumentCoding.decode(LocalizedText.self, from: Data(#""hello""#.utf8))
        let both = try DocumentCoding.decode(LocalizedText.self, from: Data(#"{"en":"hello","zh-Hans":"你好"}"#.utf8))
        #expect(plain.text(in: "zh-Hans") == "hello")
        #expect(both.text(in: "zh-Hans") == "你好")
        #expect(both.text(in: "fr") == "hello")
    }
}

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("2025-06-27T08:11:00Z", 1_751_011_860), ("2025-06-27t08:11:00z", 1_751_011_860),
            ("2025-06-27T08:11:00.123456789Z", 1_751_011_860), ("2025-06-27T16:11:00+08:00", 1_751_011_860),
            ("2025-06-27T16:11:00.5+08:00", 1_751_011_860), ("1970-01-01T00:00:00Z", 0), ("yesterday", nil), ("", nil),
            ("2025-13-27T08:11:00Z", nil),
        ] as [(String, Int64?)])
    func isReadAsGoWritesIt(text: String, seconds: Int64?) { #expect(Timestamp.seconds(text) == seconds) }

    @Test func isWrittenInUTC() {
        #expect(Timestamp.text(1_751_011_860) == "2025-06-27T08:11:00Z")
        #expect(Timestamp.text(0) == "1970-01-01T00:00:00Z")
        #expect(Timestamp.text(8_589_934_591) == "2242-03-16T12:56:31Z")
    }
}
