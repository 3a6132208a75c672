import Documents
import Testing

@testable import Plans

/// Which options are paths, and become absolute.
@Suite struct OptionPathTests {
    private static let schema: JSON = [
        "properties": ["file": ["format": "path"], "key": ["format": "path-or-uri"], "text": ["type": "string"]]
    ]

    @Test(arguments: [
        ("cosign.key", "/plan/cosign.key"), ("keys/a:b", "/plan/keys/a:b"), ("/k", "/k"), ("c:x", "/plan/c:x"),
        ("env://KEY", "env://KEY"), ("awskms:///alias/x", "awskms:///alias/x"), ("pkcs11:token=a", "pkcs11:token=a"),
        ("-x:y", "/plan/-x:y"), (":y", "/plan/:y"),
    ])
    func aSchemeIsLeftAlone(_ written: String, _ meant: String) throws {
        let plan = try LocatedPlan(
            Plan(
                artifacts: ["a": .init(images: ["oci:x"])],
                targets: [.init(artifact: "a", to: "x:y")]), directory: "/plan")
        let options: [String: JSON] = ["key": .string(written), "file": "k.pem", "text": "k"]
        #expect(
            plan.absolute(options, by: Self.schema) == ["key": .string(meant), "file": "/plan/k.pem", "text": "k"])
    }
}
