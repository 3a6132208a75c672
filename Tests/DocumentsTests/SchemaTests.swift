import Documents
import Foundation
import Testing

/// The schemas and the Swift types say the same: each type's document has exactly the schema's keys.
@Suite("Schemas of the contract")
struct SchemaTests {
    static let names = [
        "manifest", "request", "result", "pending", "error", "intent", "created", "entry", "helper",
        "facts",
    ]

    /// Encodes a value with everything set, and one with nothing but what its initializer asks for.
    private func check(_ schema: SchemaFile, full: some Encodable, least: some Encodable) throws {
        #expect(unpopulated(full) == [], "\(schema.name): the sample is not full")
        // Each remediation has the members of its own action, and no other.
        #expect(try schema.differences(document(full)).filter { !$0.contains(".remediations[]") } == [])
        #expect(
            schema.differences(try document(least), requiredOnly: true) == [], "\(schema.name): required")
    }

    private func document(_ value: some Encodable) throws -> JSON {
        try DocumentCoding.decode(JSON.self, from: DocumentCoding.encode(value))
    }

    @Test("manifest")
    func manifest() throws {
        let text = """
            {"format": 1, "id": "acme", "version": "1.0.0", "title": {"en": "Acme", "zh-Hans": "x"}, "kind": "cloud",
             "abi": {"major": 1, "minor": 0}, "library": {"file": "libacme.so", "sha256": "00"}, "targets": ["acme"],
             "operations": ["ep.plan/1"], "views": ["blocks"], "artifacts": ["disk"], "formats": ["raw"],
             "configuration": {"type": "object"},
             "needs": {"environment": ["ACME_*"], "files": {"profile": "~/.acme"}, "directories": ["${address}"],
                       "helpers": {"login": "acme-login"},
                       "tools": {"sign": {"program": "p", "environment": ["A_*"], "given": ["B"], "set": {"C": "c"}, "timeout_s": 9}},
                       "secrets": {"key": ["env:ACME_KEY"]},
                       "hosts": ["${options.endpoint}"], "ports": [443]},
             "checkpoints": [1], "inactivity_s": 60, "verbs": [{"command": "c", "registry": "r", "target": "t", "registries": {"r": ["U", "P"]}}], "licence": "MIT", "homepage": "h", "report": "r"}
            """
        let least = """
            {"format": 1, "id": "acme", "version": "1.0.0", "title": "Acme", "kind": "cloud",
             "abi": {"major": 1, "minor": 0}, "library": {"file": "libacme.so"}, "targets": ["acme"],
             "operations": ["ep.plan/1"], "views": [], "artifacts": []}
            """
        try check(
            SchemaFile("manifest"),
            full: DocumentCoding.decode(ProviderManifest.self, from: Data(text.utf8)),
            least: DocumentCoding.decode(ProviderManifest.self, from: Data(least.utf8)))
    }

    @Test("request")
    func request() throws {
        let target = OperationRequest.Target(
            name: "n", scheme: "s", address: "a", tags: ["t"], options: ["o": .null])
        let full = OperationRequest(
            operation: "ep.plan/1", run: "r", publication: "p", target: target,
            artifact: .init(
                kind: "disk", name: "n", version: "v", digest: "d", size: 1, format: "raw",
                platforms: ["linux/amd64"],
                annotations: ["k": "v"],
                files: [
                    .init(
                        name: "n", size: 1, digest: "d", mediaType: "m", verified: true, subject: "s", tag: "t")
                ]),
            state: ["ep.plan/1": .null], entry: .object([:]), into: "/layout",
            facts: ImageFacts())
        let least = OperationRequest(operation: "ep.plan/1", run: "r", publication: "p", target: target)
        try check(SchemaFile("request"), full: full, least: least)

        // Facts that were encoded before make the same document.
        let facts = [UInt8](try DocumentCoding.encode(full.facts))
        let encoded = try least.encoded(facts: facts)
        var expected = least
        expected.facts = full.facts
        #expect(try DocumentCoding.decode(OperationRequest.self, from: Data(encoded)) == expected)
    }

    @Test("result")
    func result() throws {
        var full = OperationResult()
        full.nothingToDo = true
        full.actions = ["a"]
        full.digest = "d"
        full.sentBytes = 1
        full.skippedBytes = 1
        full.moves = [.init(name: "n", from: "f", to: "t")]
        full.findings = [
            .init(
                rule: "r", severity: "error", outcome: "fail", message: "m", evidence: "e", fix: "f",
                source: "s", reference: "x", check: "c", why: "w", places: [Evidence("/p", line: 1, text: "t")],
                remediations: [.fileRemove("/p")])
        ]
        let resource = OperationResult.Resource(
            kind: "k", id: "i", region: "r", name: "n", digest: "d", publication: "p", created: "c",
            undo: ["u": .null])
        full.items = [resource.json]
        full.gone = true
        full.data = .object([:])
        try check(SchemaFile("result"), full: full, least: OperationResult())
        try check(
            SchemaFile("result", definition: "resource"), full: resource,
            least: OperationResult.Resource(kind: "k", id: "i"))
        #expect(try document(resource) == resource.json)
    }

    @Test("pending and error")
    func endings() throws {
        try check(
            SchemaFile("pending"), full: PendingResult(resumeAfter: 1, note: "n", progress: 0.5),
            least: PendingResult(resumeAfter: 1, note: "n"))
        try check(
            SchemaFile("error"),
            full: Failure(
                .refused, "m", place: "p", hint: "h", vendorCode: "v", requestID: "r", httpStatus: 403,
                retryable: true,
                retryAfter: 1),
            least: Failure(.refused, "m"))
    }

    @Test("intent, created and entry")
    func ledger() throws {
        try check(
            SchemaFile("intent"), full: LedgerIntent(kind: "k", region: "r", find: ["n": .null]),
            least: LedgerIntent(kind: "k", find: [:]))
        try check(
            SchemaFile("created"), full: LedgerCreated(id: "i", region: "r", undo: ["u": .null]),
            least: LedgerCreated(id: "i"))
        try check(
            SchemaFile("entry"),
            full: LedgerEntry(
                intent: 1, kind: "k", region: "r", find: ["n": .null], id: "i", undo: ["u": .null]),
            least: LedgerEntry(intent: 1, kind: "k", find: [:]))
    }

    @Test("helper")
    func helper() throws {
        try check(
            SchemaFile("helper"),
            full: HelperCommand(name: "n", arguments: ["a"], input: "i", environment: ["E": "e"]),
            least: HelperCommand(name: "n"))
    }

    @Test("Every property says what it is, and what is required exists", arguments: names)
    func described(_ name: String) throws {
        let schema = try SchemaFile(name)
        let properties = schema.properties()
        #expect(!properties.isEmpty)
        for (path, property) in properties {
            #expect((property["description"]?.string?.count ?? 0) > 5, "\(path) has no description")
        }
        let keys = Set(schema.root["properties"]?.object?.keys.map { $0 } ?? [])
        for required in schema.root["required"]?.array ?? [] {
            #expect(keys.contains(required.string ?? ""))
        }
    }

    @Test("An error's texts may come in several languages, and leave in them")
    func localizedFailure() throws {
        let text = #"{"code":"refused","hint":"wait","message":{"en":"no","zh-Hans":"不"}}"#
        let failure = try DocumentCoding.decode(Failure.self, from: Data(text.utf8))
        #expect(failure.message == "no" && failure.hint == "wait")
        #expect(failure.localizedMessage.text(in: "zh-Hans") == "不")
        #expect(String(decoding: try DocumentCoding.encode(failure), as: UTF8.self) == text)
    }
}
