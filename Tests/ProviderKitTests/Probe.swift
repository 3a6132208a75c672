import Documents
import Foundation
import ProviderAPI
import ProviderKit
import ProviderTesting

/// A provider whose operations use one thing of the kit each; the tests call it through its C table.
struct Probe: Provider {
    let host: ProviderKit.Host

    init(host: ProviderKit.Host, configuration: JSON) throws {
        if let region = configuration["region"]?.string, region == "nowhere" {
            throw Failure(.usage, "no such region", place: region, hint: "use somewhere")
        }
        self.host = host
    }

    static let manifest = Array(
        """
        {"format": 1, "id": "probe", "version": "3.2.1", "title": "Probe", "kind": "cloud",
         "abi": {"major": 1, "minor": 0}, "library": {"file": "libprobe.so"}, "targets": ["probe"],
         "operations": ["ep.plan/1"], "views": [], "artifacts": [],
         "needs": {"secrets": {"token": ["env:PROBE_TOKEN"]}}}
        """.utf8)

    static let table: UInt = {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: manifest.count)
        for (index, byte) in manifest.enumerated() { copy[index] = CChar(bitPattern: byte) }
        return UInt(bitPattern: ProviderLibrary.table(for: Probe.self, manifest: copy, size: UInt64(manifest.count)))
    }()

    static func call(
        _ operation: String, _ host: FakeHost = FakeHost(), configuration: String = "{}", limit: Int = 4 << 20,
        change: (inout OperationRequest) -> Void = { _ in }
    ) async throws -> ProviderCall {
        var request = OperationRequest(
            operation: operation, run: "r", publication: String(repeating: "a", count: 64),
            target: .init(name: "t", scheme: "probe", address: "somewhere", tags: ["latest"]))
        change(&request)
        return await ProviderCall.make(
            UnsafePointer(bitPattern: table)!, operation, request: [UInt8](try DocumentCoding.encode(request)),
            configuration: configuration, host: host, limit: limit)
    }

    func plan(_ request: OperationRequest) async throws -> OperationResult {
        var result = OperationResult()
        result.actions = ["publish to \(request.target.address)"]
        return result
    }

    func upload(_ request: OperationRequest) async throws -> OperationResult {
        throw Pending(.init(resumeAfter: 30, note: "importing", progress: 0.25))
    }

    func register(_ request: OperationRequest) async throws -> OperationResult {
        throw Failure(
            .quota, "too many images", place: "eu-1", hint: "delete one", vendorCode: "Image.Quota", requestID: "r-1",
            httpStatus: 403)
    }

    struct Unknown: Error { var text = "password=hunter2" }

    struct Part: Codable, Equatable {
        var number: Int
        var tag: String
    }

    /// Everything that a test asks for by an operation of its own.
    func perform(_ operation: String, _ request: OperationRequest) async throws -> OperationResult {
        var result = OperationResult()
        switch operation {
        case "com.example.defect/1": throw Unknown()
        case "com.example.nan/1": result.data = .number(.nan)
        case "com.example.large/1": result.data = .string(String(repeating: "x", count: 2000))
        case "com.example.answer/1":
            _ = try DocumentCoding.decode(Part.self, from: Data(#"{"number":1,"tag":{"secret":"hunter2"}}"#.utf8))
        case "com.example.sleep/1":
            host.log(.info, "asleep")
            try await Task.sleep(for: .seconds(60))
        case "com.example.block/1":
            host.log(.info, "blocked")
            while true {
                try host.checkCancelled()
                usleep(10_000)
            }
        default: try await services(operation, request, &result)
        }
        return result
    }
}
