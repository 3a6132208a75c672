import Documents
import Foundation
import ProviderAPI
import State
import Synchronization
import TestSupport
import Testing
import Workers

@testable import Execution

/// Files and helpers, as a job gets them.
@Suite struct JobServicesTests {
    private final class Warnings: RunObserver {
        let messages = Mutex<[String]>([])
        func observe(_ event: RunEvent) { messages.withLock { $0.append(event.message ?? "") } }
    }

    private let scratch: Scratch
    private let warnings = Warnings()

    init() throws { scratch = try Scratch() }

    private func services(_ needs: String, _ environment: [String: String] = [:]) throws -> JobServices {
        let manifest = """
            {"format":1,"id":"x","version":"1","title":"X","kind":"cloud","abi":{"major":1,"minor":0},
             "library":{"file":"x.so"},"targets":["x"],"operations":[],"views":[],"artifacts":[],"needs":\(needs)}
            """
        return JobServices(
            title: "t", operation: "ep.plan/1",
            needs: Needs(
                try DocumentCoding.decode(ProviderManifest.self, from: Data(manifest.utf8)),
                target: .init(name: "t", scheme: "x", address: "a", tags: []), environment: environment),
            publication: nil, checkpoints: nil, cache: LosableCache(scratch.path, provider: "x"), redactor: Redactor(),
            log: try RunLog(nil, level: "info"), observer: warnings)
    }

    private func status(_ body: () throws -> [UInt8]) -> ep_status {
        do {
            _ = try body()
            return EP_OK
        } catch {
            return (error as? ServiceRefusal)?.status ?? -1
        }
    }

    @Test func aDeclaredFileThatIsNotThereIsNoOffence() throws {
        let services = try services(
            #"{"files": {"there": "~/a", "unset": "${env.NO_SUCH}/b", "gone": "~/c", "folder": "~/d"}}"#,
            ["HOME": scratch.path])
        try scratch.write("a", "text")
        try scratch.write("d/e", "text")
        #expect(try services.fileRead("there") == Array("text".utf8))
        #expect(status { try services.fileRead("unset") } == EP_NOT_FOUND)
        #expect(status { try services.fileRead("gone") } == EP_NOT_FOUND)
        #expect(status { try services.fileRead("other") } == EP_DENIED)
        #expect(warnings.messages.withLock { $0 } == [])
        // What is there and does not open is told, since it looks like nothing to the provider.
        #expect(status { try services.fileRead("folder") } == EP_NOT_FOUND)
        #expect(warnings.messages.withLock { $0.count == 1 && $0[0].contains("it counts as not there") })
    }

    @Test(arguments: [
        ("echo '{}'", EP_OK), ("echo 'credentials not found in native keychain'; exit 1", EP_NOT_FOUND),
        ("printf '\\nCredentials not found'; exit 1", EP_NOT_FOUND), ("echo 'credentials not found'", EP_OK),
        ("echo 'no credentials not found'; exit 1", EP_AUTH), ("exit 1", EP_AUTH),
        ("echo 'credentials not found' >&2; exit 1", EP_AUTH),
    ])
    func aHelperThatHasNothingIsNoFailure(script: String, expected: ep_status) throws {
        try scratch.write("bin/helper-x", "#!/bin/sh\n\(script)\n", mode: 0o755)
        let services = try services(
            #"{"helpers": {"helper-*": "helper-*", "other": "no-such-program"}}"#,
            ["PATH": "\(scratch.path)/bin:/usr/bin:/bin"])
        #expect(status { try services.runHelper(Array(#"{"name":"helper-x"}"#.utf8)) } == expected)
        #expect(status { try services.runHelper(Array(#"{"name":"other"}"#.utf8)) } == EP_UNSUPPORTED)
        #expect(status { try services.runHelper(Array(#"{"name":"third"}"#.utf8)) } == EP_DENIED)
        #expect(status { try services.runHelper(Array("nonsense".utf8)) } == EP_INVALID)
    }
}
