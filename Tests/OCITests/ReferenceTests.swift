import Documents
import OCI
import TestSupport
import Testing

@Suite struct ReferenceTests {
    @Test(arguments: [
        "registry.example.com/openeuler/openeuler:24.03-lts-sp2", "localhost:5000/a", "localhost/a/b__c/d--e.f:T_1",
        "[::1]:5000/a:x", "127.0.0.1:80/a@sha256:" + String(repeating: "a", count: 64),
        "host:5000/a:tag@sha256:" + String(repeating: "0", count: 64),
    ])
    func aNameIsReadAndWrittenUnchanged(_ text: String) throws { #expect(try Reference(text).description == text) }

    @Test func theColonOfAPortIsNoTag() throws {
        let reference = try Reference("localhost:5000/a/b")
        #expect(reference.host == "localhost:5000" && reference.path == "a/b" && reference.tag == nil)
    }

    @Test(arguments: [
        "", "a", "openeuler/openeuler", "host.x/", "host.x/A", "host.x/a//b", "host.x/a:", "host.x/a:.b",
        "host.x/a@sha256:12",
        "host.x/a___b", "host.x/-a", "host.x/a_", "host:0/a", "host:65536/a", "-host.x/a", "host.x/../a",
        "http://host.x/a",
        "host.x/a:" + String(repeating: "t", count: 129), "host.x/" + String(repeating: "a", count: 250),
        "user@host.x/a",
    ])
    func aBadNameIsRefused(_ text: String) { #expect(throws: Failure.self) { try Reference(text) } }

    @Test(
        "A password in a name is not repeated",
        arguments: [
            ("user:SECRET@registry.example/team/image:v1", "***@registry.example/team/image:v1"),
            ("docker://user:SE/CR@ET@registry.example/a", "docker://***@registry.example/a"),
            ("user:SECRET@localhost/a@sha256:0", "***@localhost/a@sha256:0"),
            ("localhost/a@sha256:0", "localhost/a@sha256:0"), ("a b", "a b"),
        ])
    func aPasswordIsMasked(_ text: String, _ shown: String) {
        let failure = #expect(throws: Failure.self) { try Reference(text) }
        #expect(failure?.message.hasPrefix("\(shown) is not an image name") == true)
    }
}
