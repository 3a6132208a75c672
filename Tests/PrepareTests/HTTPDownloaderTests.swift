import Digest
import Documents
import Foundation
import HTTP
import HTTPPeers
import Prepare
import Testing

/// The bytes that the odd server has for a size.
private func content(_ size: Int) -> Data { (try? Odd.raw("/range/content?size=\(size)")) ?? Data() }

func quickClient(attempts: Int = 3) -> HTTPClient {
    var configuration = HTTPConfiguration(environment: ["SSL_CERT_FILE": Web.authority])
    configuration.retry.base = .milliseconds(10)
    configuration.retry.attempts = attempts
    return HTTPClient(configuration)
}

/// A file to download into, with what is there already.
private struct Target {
    let folder: Folder
    let descriptor: Int32

    init(_ start: Data = Data()) throws {
        folder = try Folder()
        try folder.write("file", start)
        descriptor = open("\(folder.path)/file", O_RDWR)
    }

    var data: Data { (try? Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/file"))) ?? Data() }

    func download(
        _ url: String, from start: Int = 0, limit: Int64 = 1 << 30, attempts: Int = 3
    ) async throws -> DownloadResult {
        defer { close(descriptor) }
        return try await HTTPDownloader(quickClient(attempts: attempts)).download(
            url: url, toDescriptor: descriptor, resumingAt: Int64(start), limit: limit, attempt: { _ in })
    }
}

@Suite struct HTTPDownloaderTests {
    @Test func aRealServerContinues() async throws {
        let name = Odd.key()
        let data = content(3_000_000)
        try Web.folder.write("site/\(name)", data)
        for base in [Web.plain, Web.secure] {
            // What lies beyond the part that counts is not the file's.
            let target = try Target(data.prefix(1_000_000) + Data("junk".utf8))
            #expect(
                try await target.download("\(base)/\(name)", from: 1_000_000)
                    == .complete(bytes: 3_000_000, kept: 1_000_000))
            #expect(isSame(target.data, data))
        }
        #expect(
            try await Web.log(name, count: 2).map { [$0[2], $0[5]] } == [
                ["206", "range=bytes=1000000-"], ["206", "range=bytes=1000000-"],
            ])
        let none = try Target()
        #expect(try await none.download("\(Web.plain)/\(name).none") == .notFound)
        // A file that is whole already is not fetched again.
        let whole = try Target(data)
        #expect(
            try await whole.download("\(Web.plain)/\(name)", from: data.count)
                == .complete(bytes: 3_000_000, kept: 3_000_000))
        #expect(isSame(whole.data, data))
        #expect(try await Web.log(name, count: 4).last?[2] == "416")
    }

    @Test func aBrokenDownloadContinuesWhereItBroke() async throws {
        let key = Odd.key()
        let target = try Target()
        let url = "\(Odd.first)/range/\(key)?size=300000&cut=120000"
        #expect(try await target.download(url) == .complete(bytes: 300_000))
        #expect(isSame(target.data, content(300_000)))
        let seen = try Odd.seen(key)
        #expect(seen.map { $0.header("range") } == [nil, "bytes=120000-", "bytes=240000-"])
        #expect(seen.map { $0.header("if-range") } == [nil, "\"v1\"", "\"v1\""])
    }

    /// On a bad line a large file needs more pieces than there are attempts: what grows goes on.
    @Test func whatGrowsIsNotGivenUp() async throws {
        let key = Odd.key()
        let target = try Target()
        let url = "\(Odd.first)/range/\(key)?size=5000000&cut=1100000"
        #expect(try await target.download(url, attempts: 1) == .complete(bytes: 5_000_000))
        #expect(isSame(target.data, content(5_000_000)))
        #expect(try Odd.seen(key).count == 5)
        let stuck = try Target()
        let failure = await #expect(throws: Failure.self) {
            try await stuck.download("\(Odd.first)/range/\(Odd.key())?size=5000000&cut=1000", attempts: 2)
        }
        #expect(failure?.code == .network && failure?.retryable == true)
        // What came is kept for the next run.
        #expect(isSame(stuck.data, content(5_000_000).prefix(2000)))
    }

    @Test func anotherFileAtTheSourceIsFetchedWhole() async throws {
        let target = try Target()
        let url = "\(Odd.first)/range/\(Odd.key())?size=300000&cut=120000&changes=2"
        #expect(try await target.download(url, attempts: 5) == .complete(bytes: 300_000))
        #expect(isSame(target.data, Data(content(300_000).reversed())))
    }

    @Test(arguments: ["plain", "wrong"]) func aServerWithoutRightRanges(_ kind: String) async throws {
        let key = Odd.key()
        let target = try Target(Data("12345".utf8))
        let url = "\(Odd.first)/range/\(key)?size=50000&\(kind)=1"
        #expect(try await target.download(url, from: 5) == .complete(bytes: 50_000))
        #expect(isSame(target.data, content(50_000)))
        #expect(try Odd.seen(key).count == (kind == "plain" ? 1 : 2))
    }

    @Test func aPartLongerThanTheFileIsStartedOver() async throws {
        let key = Odd.key()
        let target = try Target(Data(repeating: 7, count: 60_000))
        #expect(
            try await target.download("\(Odd.first)/range/\(key)?size=50000", from: 60_000) == .complete(bytes: 50_000))
        #expect(isSame(target.data, content(50_000)))
        #expect(try Odd.seen(key).map { $0.header("range") } == ["bytes=60000-", nil])
    }

    @Test func aFileOverTheLimitIsNotFetched() async throws {
        let target = try Target()
        let failure = await #expect(throws: Failure.self) {
            try await target.download("\(Odd.first)/range/\(Odd.key())?size=50000&x=s3cret", limit: 49_999)
        }
        #expect(failure?.message == "the file has 50000 bytes, over 49999" && failure?.code == .refused)
        #expect(failure?.place?.contains("s3cret") == false && target.data.isEmpty)
    }

    @Test(arguments: [401, 403])
    func whoDidNotLogInIsTold(_ status: Int) async throws {
        let path = "/fail/\(Odd.key())?times=99&status=\(status)"
        let nobody = await #expect(throws: Failure.self) { try await Target().download(Odd.first + path) }
        #expect(nobody?.hint?.contains("nobody logged in") == true)
        let me = await #expect(throws: Failure.self) {
            try await Target().download(Odd.first.replacing("http://", with: "http://me:x@") + path)
        }
        #expect(me?.hint?.contains("credentials") == true)
    }

    @Test(arguments: [("403", Failure.Code.authentication), ("500", .network), ("451", .refused)])
    func anErrorIsSaid(_ status: String, _ code: Failure.Code) async throws {
        let target = try Target(Data("part".utf8))
        let failure = await #expect(throws: Failure.self) {
            try await target.download("\(Odd.first)/fail/\(Odd.key())?times=99&status=\(status)", from: 4)
        }
        #expect(failure?.code == code && failure?.message == "the download was answered with HTTP status \(status)")
        #expect(isSame(target.data, Data("part".utf8)))
    }
}
