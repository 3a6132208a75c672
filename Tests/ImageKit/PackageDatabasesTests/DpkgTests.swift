import Documents
import FileSystems
import ImageTesting
import PackageDatabases
import TestSupport
import Testing

@Suite struct DpkgTests {
    static let status = """
        Package: base
        Status: install ok installed
        Priority: required
        Architecture: amd64
        Version: 1:2.0-3+deb12u1
        Description: a text
         Package: not this one
         .
        Maintainer: Debian Base <base@example.org>

        package: second
        status: hold ok installed
        architecture: all
        version: 0.9~rc1

        Package: removed
        Status: deinstall ok config-files
        Architecture: amd64
        Version: 1.0

        Package: half
        Status: install reinstreq half-installed
        Architecture: amd64
        Version: 1.0

        Package: unpacked
        Status: install ok unpacked
        Architecture: arm64
        Version: 2:1:2-3

        """

    private func line(_ package: Package) -> String {
        "\(package.name) \(package.fullVersion) \(package.architecture)"
    }

    @Test func whatDpkgQueryListsIsFound() throws {
        let scratch = try Scratch()
        try scratch.write("dpkg/status", Self.status)
        // It warns of states that no dpkg would leave behind.
        let answer = try run(
            [
                "sh", "-c",
                "dpkg-query --admindir=dpkg -W "
                    + "-f '${Package} ${Version} ${Architecture} ${db:Status-Status}\\n' 2>/dev/null",
            ], in: scratch.path)
        try #require(answer.status == 0, "\(answer.output)")
        let asked = answer.output.split(separator: "\n").map { $0.split(separator: " ") }
            .filter { ["installed", "unpacked"].contains($0[3]) }.map { $0[..<3].joined(separator: " ") }
        let facts = PackageReader(GuestTree(["/var/lib/dpkg/status": .file(Self.status)])).facts()
        #expect(facts.packages.value?.map(line) == asked.sorted() && asked.count == 3)
        #expect(facts.manager.value == .dpkg && facts.databases.map(\.format) == [.status])
        let base = try #require(facts.package("base").value)
        #expect(base.epoch == 1 && base.version == "2.0-3+deb12u1" && base.vendor == "Debian Base <base@example.org>")
        #expect(facts.package("base").evidence == [Evidence("/var/lib/dpkg/status")])
        #expect(facts.package("removed") == .absent([Evidence("/var/lib/dpkg/status")]))
    }

    /// All packages of this machine, if it is one of dpkg's.
    @Test func thisMachinesOwnPackagesAreFound() throws {
        guard let status = try? Databases.bytes("/var/lib/dpkg/status") else {
            print("this machine has no /var/lib/dpkg/status to compare with")
            return
        }
        let answer = try run(
            ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\\n"])
        let asked = answer.output.split(separator: "\n").filter { $0.hasPrefix("installed ") }
            .map { String($0.dropFirst("installed ".count)) }
        let facts = PackageReader(GuestTree(["/var/lib/dpkg/status": .bytes(status)])).facts()
        #expect(Set(facts.packages.value?.map(line) ?? []) == Set(asked) && asked.count > 50)
    }

    @Test func whatDpkgWroteLastCounts() throws {
        let facts = PackageReader(
            GuestTree([
                "/var/lib/dpkg/status": .file(Self.status),
                "/var/lib/dpkg/updates/0001":
                    "Package: base\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3\n",
                "/var/lib/dpkg/updates/0002":
                    "Package: second\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n",
                "/var/lib/dpkg/updates/tmp.i": "Package: tmp\nStatus: install ok installed\nVersion: 3\n",
            ])
        ).facts()
        #expect(facts.packages.value?.map(line) == ["base 3 amd64", "unpacked 2:1:2-3 arm64"])
    }

    @Test func oneTextForEachPackageIsRead() {
        let facts = PackageReader(
            GuestTree([
                "/var/lib/dpkg/status.d/base": "Package: base\nVersion: 12.4\nArchitecture: amd64\n",
                "/var/lib/dpkg/status.d/base.md5sums": "d41d8cd98f00b204e9800998ecf8427e  etc/x\n",
            ])
        ).facts()
        #expect(facts.packages.value?.map(line) == ["base 12.4 amd64"])
        #expect(facts.databases.map(\.format) == [.statusFolder])
    }

    @Test func aTextThatIsNoneIsUnknown() {
        let facts = PackageReader(GuestTree(["/var/lib/dpkg/status": "Package: a\nnonsense\n"])).facts()
        #expect(facts.packages == .unknown("/var/lib/dpkg/status: line 2 of dpkg's status is no field"))
        #expect(facts.manager.value == .dpkg)
        let broken = PackageReader(GuestTree(["/var/lib/dpkg/status": .broken()])).facts()
        guard case .unknown = broken.package("a") else {
            Issue.record("\(broken)")
            return
        }
    }
}
