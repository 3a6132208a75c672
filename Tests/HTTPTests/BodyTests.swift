import Documents
import Foundation
import HTTP
import HTTPPeers
import Testing

/// A file of bytes that differ from place to place.
private func makeFile(_ folder: Folder, size: Int) throws -> (descriptor: Int32, data: Data) {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    var data = Data(capacity: size)
    while data.count < size {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        withUnsafeBytes(of: state) { data.append(contentsOf: $0) }
    }
    try folder.write("body", data.prefix(size))
    return (open("\(folder.path)/body", O_RDONLY), data.prefix(size))
}

@Suite struct BodyTests {
    /// Parts of one image go up side by side, each from its own range.
    @Test func manyRangesOfOneDescriptor() async throws {
        let folder = try Folder()
        let part = 2 << 20
        let (descriptor, data) = try makeFile(folder, size: 16 * part)
        defer { close(descriptor) }
        let client = secureClient()
        let key = Odd.key()
        try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
            for index in 0..<16 {
                group.addTask {
                    try await client.send(
                        HTTPRequest(
                            "PUT", "\(Web.secure)/put/\(key).\(index)",
                            body: .file(descriptor: descriptor, offset: Int64(index * part), length: Int64(part))))
                }
            }
            for try await response in group {
                #expect(response.status == 201 && response.sentBytes == Int64(part))
            }
        }
        for index in 0..<16 {
            let stored = try Data(contentsOf: URL(fileURLWithPath: "\(Web.folder.path)/put/\(key).\(index)"))
            #expect(isSame(stored, data[(index * part)..<((index + 1) * part)]))
        }
        // Large bodies have connections of their own, although the server offers HTTP/2.
        let log = try await Web.log("/put/\(key)", count: 16)
        #expect(Set(log.map { $0[3] }) == ["HTTP/1.1"] && Set(log.map { $0[4] }).count == 16)
    }

    @Test func aBodyIsNeverInMemory() async throws {
        let folder = try Folder()
        try folder.write("sparse", Data())
        let descriptor = open("\(folder.path)/sparse", O_RDWR)
        defer { close(descriptor) }
        let size = 192 << 20
        try #require(ftruncate(descriptor, off_t(size)) == 0)
        func peak() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1])) << 10
        }
        let before = try peak()
        let response = try await client().send(
            HTTPRequest(
                "PUT", "\(Web.plain)/put/\(Odd.key())",
                body: .file(descriptor: descriptor, offset: 0, length: Int64(size))))
        #expect(response.status == 201 && response.sentBytes == Int64(size))
        #expect(try peak() - before < size / 2)
    }

    /// A body that would be refused stays here.
    @Test func whoIsNotLoggedInSendsNoBody() async throws {
        let folder = try Folder()
        let (descriptor, _) = try makeFile(folder, size: 8 << 20)
        defer { close(descriptor) }
        let key = Odd.key()
        let response = try await client().send(
            HTTPRequest(
                "PUT", "\(Odd.first)/refuse/\(key)", body: .file(descriptor: descriptor, offset: 0, length: 8 << 20)))
        #expect(response.status == 401 && response.headers["WWW-Authenticate"] == "Basic" && response.text == "login")
        let seen = try Odd.seen(key)[0]
        #expect(seen.header("expect") == "100-continue" && seen.body == 0)
    }

    /// A server that knows nothing of Expect costs one second once, not a second each part.
    @Test func aServerThatIgnoresExpectIsRemembered() async throws {
        let folder = try Folder()
        let (descriptor, data) = try makeFile(folder, size: 2 << 20)
        defer { close(descriptor) }
        let key = Odd.key()
        let client = client()
        let request = HTTPRequest(
            "PUT", "\(Odd.first)/echo/\(key)?ignore=1", body: .file(descriptor: descriptor, offset: 0, length: 2 << 20))
        let began = ContinuousClock.now
        #expect(try await client.send(request).text == sha256(data))
        let first = ContinuousClock.now - began
        #expect(first > .milliseconds(900) && first < .seconds(3), "\(first)")
        #expect(try await client.send(request).text == sha256(data))
        #expect(ContinuousClock.now - began - first < .milliseconds(900))
        #expect(try Odd.seen(key).map { $0.header("expect") } == ["100-continue", nil])
    }

    @Test func aServerThatRefusesExpectGetsTheBodyAllTheSame() async throws {
        let folder = try Folder()
        let (descriptor, data) = try makeFile(folder, size: 2 << 20)
        defer { close(descriptor) }
        for method in ["PUT", "POST"] {
            let key = Odd.key()
            let response = try await client().send(
                HTTPRequest(
                    method, "\(Odd.first)/expectation/\(key)",
                    body: .file(descriptor: descriptor, offset: 0, length: 2 << 20)))
            #expect(response.status == 200 && response.text == sha256(data))
            #expect(try Odd.seen(key).map(\.body) == [0, 2 << 20])
        }
    }

    /// A file that is cut while it is sent is a failure here, and not a silence there.
    @Test func aFileThatBecameShorter() async throws {
        let folder = try Folder()
        let (descriptor, _) = try makeFile(folder, size: 2 << 20)
        defer { close(descriptor) }
        let failure = await #expect(throws: Failure.self) {
            try await client().send(
                HTTPRequest(
                    "PUT", "\(Odd.first)/echo/\(Odd.key())",
                    body: .file(descriptor: descriptor, offset: 0, length: 3 << 20)))
        }
        #expect(failure?.message == "cannot read the file to send: it is shorter than when the upload began")
    }

    @Test func aBrokenUploadBeginsAnew() async throws {
        let folder = try Folder()
        let (descriptor, _) = try makeFile(folder, size: 2 << 20)
        defer { close(descriptor) }
        let key = Odd.key()
        let response = try await client().send(
            HTTPRequest(
                "PUT", "\(Odd.first)/close/\(key)?times=2",
                body: .file(descriptor: descriptor, offset: 0, length: 2 << 20)))
        #expect(response.text == "still here" && response.attempts == 3)
        #expect(try Odd.seen(key).map(\.body) == [2 << 20, 2 << 20, 2 << 20])
    }

    @Test func aDownloadGoesToItsPlaceInTheFile() async throws {
        let folder = try Folder()
        let (source, data) = try makeFile(folder, size: 5_000_000)
        close(source)
        let name = Odd.key()
        try Web.folder.write("site/\(name)", data)
        try folder.write("target", Data("12345".utf8))
        let descriptor = open("\(folder.path)/target", O_RDWR)
        defer { close(descriptor) }
        var request = HTTPRequest("GET", "\(Web.secure)/\(name)")
        request.destination = .chosen { head in
            guard head.headers["Content-Length"] == "5000000" else { throw Failure(.refused, "no length") }
            return .file(descriptor: descriptor, offset: 5)
        }
        let response = try await secureClient().send(request)
        #expect(response.status == 200 && response.receivedBytes == 5_000_000)
        let target = try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/target"))
        #expect(isSame(target, Data("12345".utf8) + data))
        request.destination = .file(descriptor: descriptor, offset: 0, limit: 4_999_999)
        let failure = await #expect(throws: Failure.self) { try await secureClient().send(request) }
        #expect(failure?.message == "the answer is over 4999999 bytes")
    }
}
