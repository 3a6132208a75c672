import Documents
import Foundation
import ImageTesting
import PackageDatabases
import TestSupport
import Testing

/// One after the other: they look into one folder.
@Suite(.serialized) struct RPMTests {
    private func read(_ path: String, _ format: PackageDatabase.Format, log: String? = nil) throws -> [String] {
        let log = try log.map { MemorySource(try Databases.bytes($0)) }
        return try RPMDatabase(MemorySource(try Databases.bytes(path)), format, log: log).packages
            .map(Databases.line).sorted()
    }

    @Test func whatRpmInstalledIsFound() throws {
        let scratch = try Databases.folder.get()
        let asked = try Databases.rpm("--dbpath $PWD/db -qa \(Databases.format)", in: scratch)
        #expect(asked.count == 3)
        #expect(try read("\(scratch.path)/db/rpmdb.sqlite", .sqlite) == asked)
    }

    @Test func whatRpmRemovedIsGone() throws {
        let scratch = try Databases.folder.get()
        try scratch.write("gone.sh", "rm -rf gone; cp -r db gone; rpm --dbpath $PWD/gone --justdb --noscripts -e many")
        let answer = try run(["sh", "gone.sh"], in: scratch.path)
        #expect(answer.status == 0, "\(answer.output)")
        let asked = try Databases.rpm("--dbpath $PWD/gone -qa \(Databases.format)", in: scratch)
        #expect(asked.count == 2)
        #expect(try read("\(scratch.path)/gone/rpmdb.sqlite", .sqlite) == asked)
    }

    /// Three states of a database that was left open: with two changes in its log, with a third that was not committed, and cut
    /// where the second one was being written. What SQLite reads of each is what counts.
    @Test(arguments: ["committed", "open", "cut"])
    func theLogOfADatabaseThatWasNotClosedCounts(_ state: String) throws {
        let scratch = try Databases.folder.get()
        try scratch.write(
            "open-\(state).py",
            """
            import os, shutil, sqlite3, struct, sys
            state = sys.argv[1]; left = "left-" + state; copy = "copy-" + state
            shutil.rmtree(left, True); shutil.copytree("db", left); os.makedirs(copy)
            base = sqlite3.connect(left + "/rpmdb.sqlite", isolation_level=None)
            base.execute("PRAGMA journal_mode=WAL"); base.execute("PRAGMA wal_autocheckpoint=0")
            base.execute("DELETE FROM Packages WHERE hnum = (SELECT hnum FROM Name WHERE key = 'many')")
            base.execute("INSERT INTO Packages (blob) SELECT blob FROM Packages WHERE hnum = "
                         "(SELECT hnum FROM Name WHERE key = 'small')")
            if state == "open":
                base.execute("PRAGMA cache_size=1"); base.execute("PRAGMA cache_spill=1"); base.execute("BEGIN")
                base.execute("DELETE FROM Packages WHERE hnum < 3")
                for _ in range(50):
                    base.execute("INSERT INTO Basenames SELECT zeroblob(20000), 1, 1")
            for name in ["rpmdb.sqlite", "rpmdb.sqlite-wal"]:
                shutil.copy(left + "/" + name, copy + "/" + name)
            if state == "cut":
                log = open(copy + "/rpmdb.sqlite-wal", "rb").read()
                step = 24 + struct.unpack(">I", log[8:12])[0]
                commits = [at for at in range(32, len(log), step) if struct.unpack(">I", log[at + 4:at + 8])[0]]
                assert len(commits) == 2
                os.truncate(copy + "/rpmdb.sqlite-wal", commits[1])
            """)
        let answer = try run(["python3", "open-\(state).py", state], in: scratch.path)
        try #require(answer.status == 0, "\(answer.output)")
        let (file, log) = ("copy-\(state)/rpmdb.sqlite", "copy-\(state)/rpmdb.sqlite-wal")
        #expect(try state != "open" || Databases.bytes("\(scratch.path)/\(log)").count > 50 * 20000)
        let ours = try read("\(scratch.path)/\(file)", .sqlite, log: "\(scratch.path)/\(log)")
        let script =
            "import sqlite3; print(sqlite3.connect('\(file)').execute('SELECT count(*) FROM Packages').fetchone()[0])"
        // It mends the copy as it opens it.
        let count = try run(["python3", "-c", script], in: scratch.path)
        #expect("\(ours.count)\n" == count.output)
        #expect(
            ours.map { $0.prefix { $0 != " " } }
                == (state == "cut" ? ["epochal", "small"] : ["epochal", "small", "small"]))
    }

    private static let load: String? = ["db5.3_load", "db_load"].first {
        (try? run(["sh", "-c", "command -v \($0)"]))?.status == 0
    }

    @Test func theNdbFormIsRead() throws {
        let scratch = try Databases.folder.get()
        try forms(scratch)
        #expect(
            try read("\(scratch.path)/Packages.db", .ndb)
                == (try Databases.rpm("--dbpath $PWD/db -qa \(Databases.format)", in: scratch)))
    }

    @Test(.enabled(if: load != nil, "db_load of Berkeley DB is not here: install db5.3-util"))
    func theBerkeleyFormIsReadAsRpmReadsIt() throws {
        let scratch = try Databases.folder.get()
        try forms(scratch)
        try run(["sh", "-c", "rm -rf bdb; mkdir bdb; \(Self.load ?? "") -f dump bdb/Packages"], in: scratch.path)
        let asked = try Databases.rpm("--dbpath $PWD/bdb -qa \(Databases.format)", in: scratch)
        #expect(asked.count == 3)
        #expect(try read("\(scratch.path)/bdb/Packages", .bdb) == asked)
    }

    private func forms(_ scratch: Scratch) throws {
        let script = "\(root)/Tests/ImageKit/PackageDatabasesTests/forms.py"
        let answer = try run(["python3", script, "db/rpmdb.sqlite", "dump", "Packages.db"], in: scratch.path)
        try #require(answer.status == 0, "\(answer.output)")
    }

    /// 300 rows of up to 12 000 bytes, on as many levels of pages as there are: each is whole, and none is left out.
    @Test func rowsOfAnyLengthAreFound() throws {
        let scratch = try Scratch()
        try scratch.write(
            "rows.py",
            """
            import sqlite3, struct, sys
            def header(number):
                data, entries = b"", []
                # Lists of files before the name: it is found wherever it stands.
                for tag, type, value in [(1117, 7, b"x" * (number * 400)), (1000, 6, b"name%d\\0" % number),
                                         (1001, 6, b"1\\0"), (1002, 6, b"2\\0"), (1022, 6, b"noarch\\0")]:
                    entries.append(struct.pack(">IIII", tag, type, len(data), len(value) if type == 7 else 1))
                    data += value
                return struct.pack(">II", len(entries), len(data)) + b"".join(entries) + data
            for size in [512, 4096, 65536]:
                base = sqlite3.connect("%d.db" % size)
                base.execute("PRAGMA page_size = %d" % size)
                base.execute("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
                for number in range(300):
                    base.execute("INSERT INTO Packages (hnum, blob) VALUES (?, ?)", [number - 50, header(number)])
                base.commit()
            """)
        let answer = try run(["python3", "rows.py"], in: scratch.path)
        try #require(answer.status == 0, "\(answer.output)")
        for size in [512, 4096, 65536] {
            let bytes = try Databases.bytes("\(scratch.path)/\(size).db")
            let packages = try RPMDatabase(MemorySource(bytes), .sqlite).packages
            #expect(packages.map(\.name) == (0..<300).map { "name\($0)" }.sorted(), "pages of \(size) bytes")
        }
    }

    @Test(arguments: [
        (PackageDatabase.Format.sqlite, "shorter than a page"), (.ndb, "shorter than a page"),
        (.bdb, "shorter than a page"),
    ])
    func whatIsNoDatabaseIsRefused(_ format: PackageDatabase.Format, _ words: String) {
        let short = failure { try RPMDatabase(MemorySource("short"), format) }
        #expect(short.code == .refused && short.message.contains(words))
        let wrong = failure { try RPMDatabase(MemorySource(String(repeating: "x", count: 9000)), format) }
        #expect(wrong.code == .refused && wrong.message.contains("damaged"), "\(wrong)")
    }

    @Test func aDatabaseWithoutTheTableIsRefused() throws {
        let scratch = try Scratch()
        try run(
            ["python3", "-c", "import sqlite3;b=sqlite3.connect('x');b.execute('CREATE TABLE Other (a)');b.commit()"],
            in: scratch.path)
        let refused = failure { try RPMDatabase(MemorySource(try Databases.bytes("\(scratch.path)/x")), .sqlite) }
        #expect(refused.message.hasSuffix("it has no table Packages"))
    }
}
