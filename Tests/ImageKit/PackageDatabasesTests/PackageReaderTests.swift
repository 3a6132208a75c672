import Documents
import FileSystems
import ImageTesting
import PackageDatabases
import TestSupport
import Testing

@Suite struct PackageReaderTests {
    @Test func aGuestOfRpmIsRead() throws {
        let scratch = try Databases.folder.get()
        let database = try Databases.bytes("\(scratch.path)/db/rpmdb.sqlite")
        let tree = GuestTree([
            "/usr/lib/sysimage/rpm/rpmdb.sqlite": .bytes(database), "/usr/lib/sysimage/rpm/rpmdb.sqlite-wal": "",
            "/var/lib/rpm": .link("../../usr/lib/sysimage/rpm"),
            // The program of another manager, and nothing that it installed.
            "/var/lib/dpkg/status": "",
        ])
        let facts = PackageReader(tree).facts()
        #expect(facts.manager.value == .rpm)
        #expect(facts.databases.map(\.path) == ["/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/dpkg/status"])
        #expect(facts.databases.map(\.count.value) == [3, 0])
        #expect(facts.packages.value?.map(\.name) == ["epochal", "many", "small"])
        let many = try #require(facts.package("many").value)
        #expect(many.version == "0.1-7.oe2403" && many.vendor == "openEuler" && many.fullVersion == "0.1-7.oe2403")
        #expect(facts.package("epochal").value?.fullVersion == "3:2.3.4-5")
        #expect(facts.package("absent") == .absent(facts.packages.evidence))
    }

    /// An upgrade of rpm leaves its old form behind: the newer one is what rpm reads.
    @Test func theNewestFormCounts() throws {
        let scratch = try Databases.folder.get()
        let facts = PackageReader(
            GuestTree([
                "/var/lib/rpm/rpmdb.sqlite": .bytes(try Databases.bytes("\(scratch.path)/db/rpmdb.sqlite")),
                "/var/lib/rpm/Packages": "damaged",
            ])
        ).facts()
        #expect(facts.packages.value?.count == 3 && facts.databases.map(\.format) == [.sqlite, .bdb])
        #expect(facts.databases[1].count.value == nil)
    }

    @Test func whatCanNotBeReadIsUnknown() {
        let facts = PackageReader(GuestTree(["/var/lib/rpm/Packages": "damaged"])).facts()
        #expect(facts.manager.value == .rpm)
        guard case .unknown(let why) = facts.packages else {
            Issue.record("\(facts.packages)")
            return
        }
        #expect(why == "/var/lib/rpm/Packages: the Berkeley database is damaged: it is shorter than a page")
        #expect(PackageReader(GuestTree(["/etc/x": ""])).facts().packages.evidence.count == 3)
    }

    @Test func thePackageOfAKernelIsFound() {
        func facts(_ packages: [Package]) -> PackageFacts {
            PackageFacts(manager: .absent(), packages: .known(packages), databases: [])
        }
        let rpm = Package(
            manager: .rpm, name: "kernel", version: "6.6.0-72.oe2403", architecture: "x86_64", vendor: "v")
        let other = Package(manager: .rpm, name: "kernel-headers", version: "6.6.0-72.oe2403", architecture: "x86_64")
        #expect(facts([other, rpm]).kernelPackage("6.6.0-72.oe2403.x86_64").value == rpm)
        #expect(facts([other]).kernelPackage("6.6.0-72.oe2403.x86_64") == .absent())
        let deb = Package(manager: .dpkg, name: "linux-image-6.1.0-1-amd64", version: "6.1.2-1", architecture: "amd64")
        #expect(facts([deb]).kernelPackage("6.1.0-1-amd64").value == deb)
    }
}
