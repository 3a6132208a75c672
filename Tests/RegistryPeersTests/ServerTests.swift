import Foundation
import Glibc
import RegistryPeers
import TestSupport
import Testing

/// How the servers begin and end.
@Suite struct ServerTests {
    private static let docker = DockerRegistry.isInstalled

    @Test(.enabled(if: docker, "docker-registry is not installed")) func aRegistryComesBack() async throws {
        let registry = try await DockerRegistry.start()
        let curl = Curl(registry)
        #expect(try await curl.blob("kept", in: "a").status == 201)
        let begun = try await curl("POST", "/v2/a/blobs/uploads/")
        let first = try await curl("PATCH", begun.header("location")!, ["Content-Range: 0-2"], "abc")
        let port = registry.port
        try await registry.stop()
        #expect(try await curl("GET", "/v2/").exit == 7)
        try await registry.start()
        #expect(registry.port == port)
        #expect(try await curl("HEAD", "/v2/a/blobs/\(digest("kept"))").status == 200)
        let last = try await curl("PUT", first.header("location")!.adding("digest=\(digest("abcdef"))"), [], "def")
        #expect(last.status == 201)
    }

    @Test(.enabled(if: docker, "docker-registry is not installed"), .enabled(if: isRoot, "mounts a file system: root"))
    func aDiskIsFull() async throws {
        let registry = try await DockerRegistry.start(.init(limit: 1 << 20))
        let curl = Curl(registry)
        #expect(try await curl.blob(String(repeating: "a", count: 1 << 18), in: "a").status == 201)
        #expect(try await curl.blob(String(repeating: "b", count: 1 << 20), in: "a").status >= 500)
    }

    /// Alive, and not only waiting to be collected.
    private static func isAlive(_ pid: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return text.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    private static func children(_ pid: Int32) throws -> [Int32] {
        try String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8).split(separator: " ")
            .compactMap { Int32($0) }
    }

    @Test(.enabled(if: docker, "docker-registry is not installed")) func nothingIsLeft() async throws {
        var pids: [Int32] = []
        do {
            let docker = try await DockerRegistry.start()
            let strict = try await StrictRegistry.start()
            pids = try [docker.pid, strict.pid] + Self.children(docker.pid)
            #expect(pids.count == 3 && pids.allSatisfy(Self.isAlive))
        }
        #expect(pids.allSatisfy { !Self.isAlive($0) })
    }

    /// As when a test's runner is killed: the registry goes with the supervisor, whatever becomes of that.
    @Test(.enabled(if: docker, "docker-registry is not installed")) func aKilledSupervisorTakesItsRegistryAlong()
        async throws
    {
        let registry = try await DockerRegistry.start()
        let child = try #require(Self.children(registry.pid).first)
        kill(registry.pid, SIGKILL)
        for _ in 0..<200 where Self.isAlive(child) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!Self.isAlive(child))
    }

    /// As when a test's runner is killed and something else still has the other end of the standard input.
    @Test func aServerDoesNotOutliveWhoStartedIt() async throws {
        let scratch = try Scratch()
        let docker = DockerRegistry.isInstalled
        let options =
            #"{"directory":"\#(scratch.path)","tls":false,"auth":"none","users":[],"anonymous":null,"tokens":{},"limit":null}"#
        let parent = Process()
        parent.executableURL = URL(fileURLWithPath: "/bin/sh")
        parent.arguments = [
            "-c",
            """
            cd \(scratch.path) && mkfifo input && exec 3<>input && echo '\(options)' >&3
            PYTHONDONTWRITEBYTECODE=1 python3 \(root)/Tests/RegistryPeers/servers/\(docker ? "docker" : "strict").py <&3 >out 2>err &
            echo $! >pid
            while [ ! -s out ]; do sleep 0.01; done
            kill -KILL $$
            """,
        ]
        try parent.run()
        // Not Process's own wait, which goes on until a grandchild has ended as well.
        for _ in 0..<1000 where Self.isAlive(parent.processIdentifier) { try await Task.sleep(for: .milliseconds(10)) }
        let pid = try #require(Int32(scratch.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
        for _ in 0..<300 where Self.isAlive(pid) { try await Task.sleep(for: .milliseconds(10)) }
        #expect(!Self.isAlive(pid))
        if Self.isAlive(pid) { kill(pid, SIGKILL) }
    }

    @Test func aStoppedRegistryIsGone() async throws {
        let registry = try await StrictRegistry.start()
        #expect(try await Curl(registry)("GET", "/v2/").status == 200)
        registry.stop()
        #expect(try await Curl(registry)("GET", "/v2/").exit == 7)
    }
}
