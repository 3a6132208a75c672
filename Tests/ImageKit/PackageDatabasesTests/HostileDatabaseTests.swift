import Documents
import FileSystems
import Foundation
import ImageTesting
import PackageDatabases
import TestSupport
import Testing

/// Damaged databases are refused or read, in bounded time, and never end the process.
@Suite struct HostileDatabaseTests {
    /// 40 small packages: enough for two levels of pages of 512 bytes, and every damage falls on something that is read.
    private static let small: Result<Scratch, any Error> = Result {
        let scratch = try Scratch()
        try scratch.write(
            "small.py",
            """
            import sqlite3, struct
            def header(number):
                data, entries = b"", []
                for tag, type, value in [(1000, 6, b"name%d\\0" % number), (1001, 6, b"1\\0"), (1002, 6, b"2\\0"),
                                         (1117, 7, b"x" * (number * 30))]:
                    entries.append(struct.pack(">IIII", tag, type, len(data), len(value) if type == 7 else 1))
                    data += value
                return struct.pack(">II", len(entries), len(data)) + b"".join(entries) + data
            base = sqlite3.connect("small.sqlite")
            base.execute("PRAGMA page_size = 512")
            base.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
            for number in range(40):
                base.execute("INSERT INTO Packages (blob) VALUES (?)", [header(number)])
            base.commit()
            base.execute("PRAGMA journal_mode=WAL"); base.execute("DELETE FROM Packages WHERE hnum > 30"); base.commit()
            open("log", "wb").write(open("small.sqlite-wal", "rb").read())
            open("file", "wb").write(open("small.sqlite", "rb").read())
            """)
        let forms = "\(root)/Tests/ImageKit/PackageDatabasesTests/forms.py"
        let load = "(db5.3_load -f dump bdb || db_load -f dump bdb) >/dev/null 2>&1 || true"
        let answer = try run(
            ["sh", "-c", "python3 small.py && python3 \(forms) small.sqlite dump ndb && \(load)"], in: scratch.path)
        guard answer.status == 0 else { throw Failure(.internal, answer.output) }
        return scratch
    }

    private func attack(_ rounds: Int, _ body: (inout Seeded) throws -> Void) throws {
        var random = Seeded(6)
        var (read, refused) = (0, 0)
        for _ in 0..<rounds {
            do {
                try body(&random)
                read += 1
            } catch let error as Failure {
                #expect(error.code == .refused, "\(error)")
                refused += 1
            }
        }
        #expect(read + refused == rounds && refused > rounds / 50, "\(read) were read, \(refused) refused")
    }

    @Test func damagedSQLiteIsRefusedOrRead() throws {
        let folder = try Self.small.get().path
        let (file, log) = (try Databases.bytes(folder + "/file"), try Databases.bytes(folder + "/log"))
        #expect(try RPMDatabase(MemorySource(file), .sqlite).packages.count == 40)
        #expect(try RPMDatabase(MemorySource(file), .sqlite, log: MemorySource(log)).packages.count == 30)
        try attack(2000) { random in
            _ = try RPMDatabase(MemorySource(random.damage(file)), .sqlite)
        }
        try attack(500) { random in
            _ = try RPMDatabase(
                MemorySource(random.damage(file)), .sqlite, log: MemorySource(random.damage(log)))
        }
    }

    @Test(arguments: [PackageDatabase.Format.ndb, .bdb])
    func damagedFormsOfRpmAreRefusedOrRead(_ format: PackageDatabase.Format) throws {
        let path = "\(try Self.small.get().path)/\(format.rawValue)"
        guard FileManager.default.fileExists(atPath: path) else {
            print("no Berkeley database to damage: db_load is not here")
            return
        }
        let whole = try Databases.bytes(path)
        #expect(try RPMDatabase(MemorySource(whole), format).packages.count == 30)
        try attack(2000) { random in _ = try RPMDatabase(MemorySource(random.damage(whole)), format) }
    }

    @Test func damagedTextsOfDpkgAreReadOrUnknown() throws {
        var random = Seeded(7)
        let text = Array(DpkgTests.status.utf8)
        for _ in 0..<2000 {
            let facts = PackageReader(
                GuestTree(["/var/lib/dpkg/status": .bytes(random.damage(text))])
            ).facts()
            #expect(facts.databases.count == 1)
        }
    }

    /// Rows that all lead to the same pages ask for more than the file has.
    @Test func whatIsSharedIsNotReadAgainAndAgain() throws {
        let bytes = try Databases.bytes("\(try Self.small.get().path)/ndb")
        var shared = bytes
        // Every slot points at the first blob.
        for slot in 1..<30 { shared.replaceSubrange((32 + slot * 16)..<(48 + slot * 16), with: bytes[32..<48]) }
        #expect(failure { try RPMDatabase(MemorySource(shared), .ndb) }.message.contains("two slots of one blob"))
    }
}
