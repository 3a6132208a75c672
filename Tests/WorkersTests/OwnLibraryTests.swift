import Testing

@testable import Workers

/// A vendor's own build of a library that the system has too.
@Suite struct OwnLibraryTests {
    private func build(_ folder: String, _ link: [String]) throws -> String {
        let library = "\(folder)/libep-owncurl.so"
        let status = Lab.run(
            [
                "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
                "-I\(Lab.root)/Sources/ProviderAPI/include", "\(Lab.root)/Tests/Providers/owncurl/owncurl.c", "-o",
                library,
            ] + link)
        try #require(status == 0, "gcc refused owncurl.c")
        return library
    }

    private func job(_ library: String) throws -> WorkerJob {
        WorkerJob(
            providerID: "owncurl", providerVersion: "1.0.0", libraryPath: library,
            libraryIdentity: try LibraryIdentity(of: library), profile: .publish, operation: "ep.plan/1",
            request: Array("{}".utf8))
    }

    @Test func eachProviderRunsItsOwn() async throws {
        let folders = ["own", "system"].map { "\(Lab.folder)/owncurl-\($0)" }
        for folder in folders { try #require(Lab.run(["mkdir", folder]) == 0) }
        let vendors = "\(folders[0])/libcurl.so.4"
        let source = "\(Lab.root)/Tests/Providers/owncurl/curl.c"
        let status = Lab.run(
            [
                "gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-Wl,-soname,libcurl.so.4",
                source,
                "-o", vendors,
            ])
        try #require(status == 0, "gcc refused curl.c")
        let own = try job(try build(folders[0], [vendors, "-Wl,-rpath,$ORIGIN"]))
        let systems = try job(try build(folders[1], ["-l:libcurl.so.4"]))
        async let first = Lab.outcome(own)
        async let second = Lab.outcome(systems)
        let (vendor, system) = (await first.document ?? "", await second.document ?? "")
        #expect(vendor.contains("runs libcurl/4.0.0-of-the-vendor"), "\(vendor)")
        #expect(system.contains("runs libcurl/") && !system.contains("of-the-vendor"), "\(system)")
    }
}
