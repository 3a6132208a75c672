import Digest
import Documents
import Foundation
import LocalProvider
import ProviderKit
import ProviderTesting
import TestSupport
import Testing

@Suite("Local: disk images")
struct DiskTests {
    let scratch: Scratch
    var catalogue: String { "\(scratch.path)/catalogue" }

    init() throws { scratch = try Scratch() }

    private func image(_ name: String = "server.raw", seed: UInt64 = 1, size: Int = 300_000) throws -> String {
        try scratch.write("images/\(seed)/\(name)", [UInt8].noise(size, seed: seed))
        return "\(scratch.path)/images/\(seed)/\(name)"
    }

    /// What a program that knows nothing of us reads out of catalogue.json: NAME/VERSION ARCH FORMAT ALIASES of each.
    private func read() throws -> [String] {
        let program = """
            import hashlib, json, os, sys
            root = sys.argv[1]
            document = json.load(open(os.path.join(root, "catalogue.json")))
            assert document["format"] == 1, document
            for image in document["images"]:
                with open(os.path.join(root, image["path"]), "rb") as file: data = file.read()
                assert len(data) == image["size"] and "sha256:" + hashlib.sha256(data).hexdigest() == image["digest"], image
                print(f"{image['name']}/{image['version']} {image['arch']} {image['format']} {','.join(image['aliases'])}")
            """
        let answer = try run(["python3", "-c", program, catalogue])
        #expect(answer.status == 0, "\(answer.output)")
        return answer.output.split(separator: "\n").map(String.init)
    }

    @Test("A publication has its file, its checksums and both indexes; again there is nothing to do")
    func publish() async throws {
        let source = try Source.disk(
            image(), annotations: ["org.opencontainers.image.created": "2025-06-30T12:00:00Z"])
        let publication = Publication(source, to: catalogue, tags: ["24.03-lts", "latest"])
        let plan = try await publication.plan()
        #expect(plan.nothingToDo == false && plan.moves?.map(\.name) == ["server/24.03-lts", "server/latest"])
        #expect(!FileManager.default.fileExists(atPath: catalogue))
        _ = try await publication.upload()
        _ = try await publication.register()
        #expect(!FileManager.default.fileExists(atPath: "\(catalogue)/catalogue.json"))
        _ = try await publication.verify()
        _ = try await publication.release()
        #expect(publication.host.unsettled.isEmpty)
        #expect(
            scratch.files("catalogue") == [
                "catalogue.json", "index.html", "server/24.03/SHA256SUMS", "server/24.03/server.raw",
            ])
        let sums = try run(["sha256sum", "-c", "--strict", "SHA256SUMS"], in: "\(catalogue)/server/24.03")
        #expect(sums.status == 0, "\(sums.output)")
        #expect(try read() == ["server/24.03 amd64 raw 24.03-lts,latest"])
        let document = try scratch.text("catalogue/catalogue.json")
        #expect(document.contains("\"date\" : \"2025-06-30T12:00:00Z\"") || document.contains("2025-06-30T12:00:00Z"))
        let again = try await publication.plan()
        #expect(again.nothingToDo == true && again.digest == source.artifact.digest && again.actions == [])
        try await publication.publish()
        #expect(try scratch.text("catalogue/catalogue.json") == document)
    }

    @Test("Without a date of its own an image has the host's, and keeps it")
    func date() async throws {
        let publication = Publication(try .disk(image()), to: catalogue)
        publication.host.set { $0.now = 1_700_000_000_000_000_000 }
        try await publication.publish()
        #expect(try scratch.text("catalogue/catalogue.json").contains("2023-11-14T22:13:20Z"))
        publication.host.set { $0.now = 1_800_000_000_000_000_000 }
        try await publication.publish()
        #expect(try scratch.text("catalogue/catalogue.json").contains("2023-11-14T22:13:20Z"))
    }

    @Test("An alias moves between versions of one platform and format, and is announced")
    func aliases() async throws {
        let (old, new) = (
            try Source.disk(image(seed: 1), version: "24.03"), try Source.disk(image(seed: 2), version: "25.03")
        )
        try await Publication(old, to: catalogue).publish()
        let arm = try Source.disk(image("server-arm.raw", seed: 3), version: "24.03", platform: "linux/arm64")
        try await Publication(arm, to: catalogue).publish()
        let publication = Publication(new, to: catalogue)
        #expect(
            try await publication.plan().moves == [
                .init(name: "server/latest", from: old.artifact.digest, to: new.artifact.digest)
            ])
        try await publication.publish()
        #expect(
            try read() == ["server/24.03 arm64 raw latest", "server/24.03 amd64 raw ", "server/25.03 amd64 raw latest"])
    }

    @Test("A version is never replaced by other bytes")
    func conflict() async throws {
        try await Publication(.disk(image(seed: 1)), to: catalogue).publish()
        let publication = Publication(try .disk(image(seed: 2)), to: catalogue)
        let failure = await #expect(throws: Failure.self) { try await publication.plan() }
        #expect(failure?.code == .conflict && failure?.hint?.contains("another version") == true)
        #expect(await #expect(throws: Failure.self) { try await publication.upload() }?.code == .conflict)
        try FileManager.default.removeItem(atPath: "\(catalogue)/server/24.03/server.raw")
        try await publication.publish()
        #expect(try read() == ["server/24.03 amd64 raw latest"])
    }

    @Test("A file that somebody put there is recognised by its bytes, or left alone")
    func unlisted() async throws {
        let path = try image(seed: 1)
        let publication = Publication(try .disk(path), to: catalogue)
        try scratch.write("catalogue/server/24.03/server.raw", [UInt8].noise(300_000, seed: 9))
        let failure = await #expect(throws: Failure.self) { try await publication.upload() }
        #expect(failure?.code == .conflict)
        #expect(FileManager.default.fileExists(atPath: "\(catalogue)/server/24.03/server.raw"))
        try scratch.write("catalogue/server/24.03/server.raw", [UInt8].noise(300_000, seed: 1))
        #expect(try await publication.publish().sentBytes == 0)
    }

    @Test(
        "Names cannot leave the catalogue, hide in it, or take its own files' place",
        arguments: [
            ("../outside", "1", "a.raw"), ("..", "1", "a.raw"), ("a/../..", "1", "a.raw"), ("/etc", "1", "a.raw"),
            ("", "1", "a.raw"), (".hidden", "1", "a.raw"), ("a\u{0}b", "1", "a.raw"), ("a\nb", "1", "a.raw"),
            ("catalogue.json", "1", "a.raw"), ("blobs", "1", "a.raw"), ("-rf", "1", "a.raw"),
            ("a", "..", "a.raw"), ("a", "../../x", "a.raw"), ("a", "", "a.raw"), ("a", "1/2", "a.raw"),
            ("a", "1", "../a.raw"), ("a", "1", ".."), ("a", "1", "SHA256SUMS"), ("a", "1", ".a.raw"),
            ("a", "1", "a\\b"), ("a", "1", "a\nb"), ("a", "1", ""), ("a", "1", "/etc/passwd"),
        ])
    func names(_ name: String, _ version: String, _ file: String) async throws {
        var source = try Source.disk(image(), name: name, version: version)
        source.artifact.files[0].name = file
        let publication = Publication(source, to: catalogue)
        publication.host.set { $0.artifact = [file: source.paths.values.first!] }
        #expect(await #expect(throws: Failure.self) { try await publication.plan() }?.code == .usage)
        #expect(await #expect(throws: Failure.self) { try await publication.upload() }?.code == .usage)
        #expect(await #expect(throws: Failure.self) { try await publication.register() }?.code == .usage)
        #expect(scratch.files("").filter { !$0.hasPrefix("images/") } == [])
    }

    @Test("A link in the catalogue leads nowhere else")
    func link() async throws {
        try FileManager.default.createDirectory(atPath: catalogue, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/outside", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(catalogue)/server", withDestinationPath: "\(scratch.path)/outside")
        let publication = Publication(try .disk(image()), to: catalogue)
        #expect(await #expect(throws: Failure.self) { try await publication.upload() }?.code == .usage)
        #expect(scratch.files("outside") == [])
    }

    @Test("The page escapes what it shows and links to what is there")
    func page() async throws {
        let source = try Source.disk(
            image("a&b <x>'\"%.raw"), annotations: ["org.opencontainers.image.created": "<script>x"])
        try await Publication(source, to: catalogue).publish()
        let page = try scratch.text("catalogue/index.html")
        #expect(page.contains("a&amp;b &lt;x&gt;&#39;&quot;%.raw</a>"))
        #expect(page.contains("href=\"server/24.03/a%26b%20%3Cx%3E%27%22%25.raw\""))
        #expect(!page.contains("<script"))
    }

    @Test("Catalogues of a format to come, and damaged ones, are left alone")
    func format() async throws {
        let publication = Publication(try .disk(image()), to: catalogue)
        for (text, words) in [
            (#"{"format":2,"pictures":[]}"#, "format 2"), ("{", "not a catalogue"), ("[]", "not a catalogue"),
        ] {
            try scratch.write("catalogue/catalogue.json", Array(text.utf8))
            let failure = await #expect(throws: Failure.self) { try await publication.plan() }
            #expect(failure?.code == .usage && failure?.message.contains(words) == true, "\(failure?.message ?? "")")
            await #expect(throws: Failure.self) { try await publication.release() }
            #expect(try scratch.text("catalogue/catalogue.json") == text)
        }
    }

    @Test("Cleanup removes an unfinished image and puts an alias back")
    func undo() async throws {
        let old = try Source.disk(image(seed: 1), version: "24.03")
        try await Publication(old, to: catalogue).publish()
        let before = scratch.files("catalogue")
        let new = Publication(try .disk(image(seed: 2), version: "25.03"), to: catalogue)
        new.host.set { $0.cancelAfterSteps = 0 }
        await #expect(throws: CancellationError.self) { try await new.upload() }
        new.host.set { $0.cancelAfterSteps = nil }
        try await new.cleanUp()
        #expect(scratch.files("catalogue") == before)

        let again = Publication(new.source, to: catalogue)
        _ = try await again.upload()
        _ = try await again.register()
        again.host.set { $0.refusals["settled"] = 1 }
        await #expect(throws: Failure.self) { try await again.release() }
        #expect(try read() == ["server/24.03 amd64 raw ", "server/25.03 amd64 raw latest"])
        try await again.cleanUp()
        #expect(try read() == ["server/24.03 amd64 raw latest"])
        #expect(scratch.files("catalogue") == before)
        #expect(!(try scratch.text("catalogue/index.html").contains("25.03")))
    }

    @Test("Cleanup leaves alone what another run published meanwhile", arguments: [true, false])
    func undoOfOthers(_ isRegistered: Bool) async throws {
        let staged = Publication(try .disk(image()), to: catalogue)
        if isRegistered {
            _ = try await staged.upload()
            _ = try await staged.register()
        } else {
            staged.host.set { $0.cancelAfterSteps = 0 }
            await #expect(throws: CancellationError.self) { try await staged.upload() }
            staged.host.set { $0.cancelAfterSteps = nil }
        }
        try await Publication(staged.source, to: catalogue).publish()
        let before = scratch.files("catalogue")
        try await staged.cleanUp()
        #expect(scratch.files("catalogue") == before)
        #expect(try read() == ["server/24.03 amd64 raw latest"])
        let sums = try run(["sha256sum", "-c", "--strict", "SHA256SUMS"], in: "\(catalogue)/server/24.03")
        #expect(sums.status == 0, "\(sums.output)")
    }

    @Test("A ledger that was tampered with removes nothing outside the catalogue")
    func hostileLedger() async throws {
        try scratch.write("precious", [1])
        try await Publication(.disk(image()), to: catalogue).publish()
        let publication = Publication(try .disk(image()), to: catalogue)
        for path in ["../../precious", "a/../../precious", "server/24.03", "x/../precious", "../1/precious"] {
            var request = publication.request("ep.undo/1")
            request.entry = [
                "intent": 1, "kind": "disk", "id": "x", "undo": [:],
                "find": ["path": .string(path), "digest": .string("\(sha256([1]))")],
            ]
            let undo = request
            await #expect(throws: Failure.self) { try await publication.local().undo(undo) }
        }
        #expect(scratch.files("").contains("precious"))
    }

    @Test("Status and inventory name what stands there")
    func inventory() async throws {
        let publication = Publication(try .disk(image()), to: catalogue)
        #expect(try await publication.inventory().items == [])
        try await publication.publish()
        let items = try await publication.inventory().items ?? []
        #expect(items.map { $0["id"]?.string } == ["server/24.03/server.raw"])
        #expect(items.first?["publication"]?.string == publication.publication)
        #expect(try await publication.status().items == items)
        #expect(try await publication.status().digest == publication.source.artifact.digest)
    }

    @Test("A directory may hold a catalogue and an image layout")
    func together() async throws {
        try await Publication(.disk(image()), to: catalogue).publish()
        try await Publication(.container(scratch, layers: [.noise(1000, seed: 4)]), to: catalogue).publish()
        #expect(try run(["skopeo", "inspect", "--raw", "oci:\(catalogue):latest"]).status == 0)
        #expect(try read().count == 1)
        #expect(try await Publication(.disk(image()), to: catalogue).inventory().items?.count == 2)
    }
}
