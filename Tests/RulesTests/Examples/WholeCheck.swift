import Documents
import Foundation
import Glibc
import ProviderAPI
import ProviderKit
import ProviderTesting
import Testing

/// One whole check through the C ABI: the library that is published, loaded as a worker loads it, with a host in memory.
struct WholeCheck {
    let id: String
    private let table: UnsafePointer<ep_provider>
    private let image: SoundImage

    init(_ id: String, _ image: SoundImage = SoundImage()) throws {
        (self.id, self.image) = (id, image)
        let path = "\(BuildProducts.directory)/libep-\(id).so"
        let library = dlopen(path, RTLD_NOW | RTLD_LOCAL)
        if library == nil { throw Failure(.internal, dlerror().map { String(cString: $0) } ?? "", place: path) }
        let symbol = try #require(dlsym(library, "eulerpublisher_provider_v1"))
        typealias Entry = @convention(c) () -> UnsafePointer<ep_provider>?
        table = try #require(unsafeBitCast(symbol, to: Entry.self)())
    }

    /// - Parameter facts: false: a host that can't read the image.
    func call(_ operation: String, facts: Bool = true) async throws -> ProviderCall {
        let host = FakeHost()
        let (files, today) = (image.files, image.today)
        host.set { memory in
            for (path, text) in files.texts {
                memory.tree[path] = Array(text.utf8)
                memory.tree[(path as NSString).deletingLastPathComponent + "/"] = []
            }
            // Noon of the image's day.
            memory.now =
                Int64(ISO8601DateFormatter().date(from: today + "T12:00:00Z")!.timeIntervalSince1970) * 1_000_000_000
        }
        let request = OperationRequest(
            operation: operation, run: "20261129T120000Z-1", publication: String(repeating: "0", count: 64),
            target: .init(name: id, scheme: id, address: "region", tags: ["server"]),
            artifact: .init(
                kind: "disk", name: "server", version: "24.03-LTS-SP3",
                digest: "sha256:" + String(repeating: "0", count: 64),
                size: 600 << 20, format: "qcow2", platforms: ["linux/\(image.declared.rawValue)"], files: []),
            facts: facts ? image.facts : nil)
        return await ProviderCall.make(
            table, operation, request: [UInt8](try DocumentCoding.encode(request)), host: host)
    }

    /// The library tells of its rules and of this image what the rules do when they are asked directly.
    func agrees(with rules: RuleTable) async throws {
        #expect(String(cString: table.pointee.id) == id)
        let requirements = try #require(try await call("ep.requirements/1").result?.items)
        #expect(requirements == rules.rules.map(\.item))
        for (operation, purpose) in [("ep.check/1", Purpose.publish), ("ep.marketplace.check/1", .marketplace)] {
            let answer = try await call(operation)
            let findings = try #require(answer.result?.findings, "\(operation): \(answer.text)")
            let direct = rules.evaluate(image.subject, purpose: purpose)
            #expect(findings.map(\.rule) == direct.map(\.rule))
            for (one, other) in zip(findings, direct) { #expect(one == other) }
        }
        let blind = try await call("ep.check/1", facts: false)
        #expect(blind.status != EP_OK && blind.failure?.code == .usage, "\(blind.text)")
        #expect(try await call("ep.upload/1").status == EP_UNSUPPORTED)
    }
}
