import Glibc
import ProviderAPI
import Testing

@testable import Workers

/// Each way in which a provider goes wrong is one clear outcome, and the host lives on.
@Suite(.serialized) struct ContainmentTests {
    @Test(arguments: [
        ("segv", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "exit status 3"),
        ("garbage", "broke the protocol"), ("flood", "flooded stdout"),
        ("chatter", "flooded the log"),
    ])
    func aCrashIsNamed(request: String, name: String) async throws {
        let message = await Lab.outcome(try Lab.job(request)).crash
        #expect(message?.contains(name) == true, "\(message ?? "no crash")")
        #expect(message?.contains("ep.upload/1, after part 61 of 214") == true, "\(message ?? "no crash")")
    }

    @Test func aHangIsEndedAfterTheInactivity() async throws {
        var job = try Lab.job("hang")
        job.inactivity = .seconds(1)
        #expect(await Lab.outcome(job).crash?.contains("no sign of life for 1 s") == true)
    }

    @Test func aStoppedWorkerIsEndedToo() async throws {
        var job = try Lab.job("stop")
        job.inactivity = .seconds(1)
        #expect(await Lab.outcome(job).crash?.contains("no sign of life for 1 s") == true)
    }

    @Test func memoryIsLimited() async throws {
        var job = try Lab.job("memory")
        #expect(await Lab.outcome(job).document == "{\"memory\":1}")
        job.memoryLimit = 512 << 20
        #expect(await Lab.outcome(job).document == "{\"memory\":0}")
    }

    @Test func othersFinishWhileOneCrashes() async throws {
        let jobs = try ["segv", "print", "garbage", "large"].map { try Lab.job($0) }
        let outcomes = await withTaskGroup(of: (Int, WorkerOutcome).self) { group in
            for (index, job) in jobs.enumerated() { group.addTask { (index, await Lab.outcome(job)) } }
            return await group.reduce(into: [Int: WorkerOutcome]()) { $0[$1.0] = $1.1 }
        }
        #expect(outcomes[0]?.crash != nil && outcomes[2]?.crash != nil)
        #expect(outcomes[1]?.document == "{}")
        #expect(outcomes[3]?.document == String(repeating: "z", count: 4 << 20))
    }

    @Test func whatIsPrintedBecomesALogLine() async throws {
        let recorder = Recorder()
        #expect(await Lab.outcome(try Lab.job("print"), recorder).document == "{}")
        #expect(recorder.lines.contains("printed by the provider"))
    }

    @Test(arguments: [("exec", "{\"exec\":1}", "execve"), ("fork", "{\"fork\":-1,\"errno\":1}", "fork")])
    func programsAndProcessesAreRefused(request: String, result: String, call: String) async throws {
        let recorder = Recorder()
        #expect(await Lab.outcome(try Lab.job(request), recorder).document == result)
        #expect(recorder.lines.contains { $0.contains("refused the provider a system call: \(call)") })
    }

    @Test func whatWasForkedWithoutTheFilterDiesWithTheJob() async throws {
        var job = try Lab.job("fork")
        job.filterSystemCalls = false
        let document = await Lab.outcome(job).document ?? ""
        let child = pid_t(document.drop { $0 != ":" }.dropFirst().prefix { $0.isNumber }) ?? 0
        try #require(child > 0, "the provider could not fork: \(document)")
        #expect(kill(child, 0) == -1 && errno == ESRCH, "the setsid child outlived its job")
    }

    @Test func undeclaredFilesAndEnvironmentAreOutOfReach() async throws {
        let secret = "\(Lab.folder)-secret"
        let file = fopen(secret, "w")
        fclose(file)
        defer { unlink(secret) }
        setenv("HOME", "/root", 1)
        let refused = "{\"file\":0,\"errno\":13,\"environment\":1,\"home\":0,\"proc\":0,\"wrote\":0}"
        #expect(await Lab.outcome(try Lab.job("spy \(secret)")).document == refused)
        var job = try Lab.job("spy \(secret)")
        job.readableFiles = [secret]
        #expect(await Lab.outcome(job).document?.hasPrefix("{\"file\":1") == true)
    }

    /// Of what a manifest declares in needs.files, a directory stands for what lies below it, and for nothing beside it.
    @Test func aDeclaredDirectoryIsReadableBelow() async throws {
        let directory = "\(Lab.folder)-certificates"
        let files = ["\(directory)/host/ca.crt", "\(directory)-beside"]
        mkdir(directory, 0o755)
        mkdir("\(directory)/host", 0o755)
        defer {
            for file in files { unlink(file) }
            rmdir("\(directory)/host")
            rmdir(directory)
        }
        for (file, isReadable) in zip(files, [true, false]) {
            fclose(fopen(file, "w"))
            var job = try Lab.job("spy \(file)")
            job.readableFiles = [directory]
            #expect(await Lab.outcome(job).document?.hasPrefix("{\"file\":\(isReadable ? 1 : 0)") == true)
        }
    }

    @Test func aCheckHasNoNetwork() async throws {
        #expect(await Lab.outcome(try Lab.job("socket", profile: .check)).document == "{\"socket\":0}")
        #expect(await Lab.outcome(try Lab.job("socket", profile: .publish)).document == "{\"socket\":1}")
    }

    @Test func onlyDeclaredPortsAreReached() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = getsockname(listener, $0, &size)
            }
        }
        try #require(listen(listener, 8) == 0)
        let port = Int(UInt16(bigEndian: address.sin_port))
        var job = try Lab.job("connect \(port)")
        if !Workers.limits().contains(where: { $0.contains("ABI 4") || $0.contains("no Landlock") }) {
            #expect(await Lab.outcome(job).document == "{\"connect\":13}")
        }
        job.ports = [port]
        #expect(await Lab.outcome(job).document == "{\"connect\":0}")
    }

    @Test func onlyDeclaredDirectoriesAreWritten() async throws {
        let folder = "\(Lab.folder)/catalogue"
        mkdir(folder, 0o700)
        var job = try Lab.job("write \(folder)/image")
        #expect(await Lab.outcome(job).document == "{\"write\":13}")
        job.writableDirectories = [folder]
        #expect(await Lab.outcome(job).document == "{\"write\":0}")
        job.request = Array("write \(folder)/../escaped".utf8)
        #expect(await Lab.outcome(job).document == "{\"write\":13}")
    }

    @Test func cancelIsObeyedOrEnforced() async throws {
        for (request, limit) in [("obey", 2.0), ("ignore", 7.0)] {
            let cancellation = Cancellation()
            let started = ContinuousClock.now
            let job = try Lab.job(request)
            async let outcome = Lab.outcome(job, Recorder(), cancellation)
            try await Task.sleep(for: .milliseconds(500))
            cancellation.cancel()
            guard case .cancelled = await outcome else {
                Issue.record("\(request) was not cancelled")
                continue
            }
            #expect(ContinuousClock.now - started < .seconds(limit))
        }
    }

    @Test func aLibraryThatChangedOrLiesIsNotRun() async throws {
        var changed = try Lab.job("print")
        changed.libraryIdentity.modified += 1
        let outcome = await Lab.outcome(changed)
        #expect(outcome.document?.contains("changed after its digest was checked") == true)
        let lie = await Lab.outcome(try Lab.job("print", library: Lab.newer))
        #expect(lie.document?.contains("the manifest says badcloud 1.0.0, its library says badcloud 2.0.0") == true)
    }
}
