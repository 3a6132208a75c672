import Documents
import ProviderAPI
import Testing

@testable import Execution

/// A request is a document, and a document has at most 4 MiB.
@Suite struct RequestLimitTests {
    private func request(_ count: Int) -> OperationRequest {
        OperationRequest(
            operation: EP_OP_CHECK, run: "r", publication: "p",
            target: .init(name: "acme", scheme: "acme", address: "", tags: []),
            state: ["ep.plan/1": .string(String(repeating: "x", count: count))])
    }

    @Test func whatFitsIsSent() throws {
        #expect(try TargetRun.bytes(of: request((4 << 20) - 1000)).count <= Int(EP_LIMIT_DOCUMENT))
    }

    @Test func whatDoesNotIsOneClearError() {
        do {
            _ = try TargetRun.bytes(of: request(4 << 20))
            Issue.record("it was sent")
        } catch let failure as Failure {
            #expect(failure.message.contains("4194304") && failure.place == "acme" && failure.hint != nil, "\(failure)")
        } catch { Issue.record("\(error)") }
    }
}
