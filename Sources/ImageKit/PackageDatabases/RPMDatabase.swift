public import Blocks
public import Documents

/// rpm's database of installed packages, in any of its three forms.
public struct RPMDatabase {
    /// In bytes. A full server's has some hundred million.
    public static let sizeLimit: UInt64 = 1 << 30
    public static let packageLimit = 20_000
    /// What is read of a header: names and versions come before lists of files. Longer ones are read whole.
    private static let first = 32 << 10
    /// In bytes. A package of a hundred thousand files has some ten million.
    private static let headerLimit = 64 << 20

    /// The files that each form is recognised by, in the folder of rpm's database.
    public static let names: [(name: String, format: PackageDatabase.Format)] = [
        ("rpmdb.sqlite", .sqlite), ("Packages.db", .ndb), ("Packages", .bdb),
    ]

    /// Sorted by name, version and architecture. The keys that signatures are checked with, which rpm keeps as packages, are left out.
    public let packages: [RPMPackage]

    /// - Parameter log: of SQLite, the file beside it with `-wal` at its end.
    /// - Throws: `Failure` if it is damaged or too large.
    public init(_ source: any ByteSource, _ format: PackageDatabase.Format, log: (any ByteSource)? = nil)
        throws(Failure)
    {
        guard source.size <= Self.sizeLimit else {
            throw Failure(
                .refused, "\(source.size) bytes are more than the \(Self.sizeLimit) that are read of a database")
        }
        var packages: [RPMPackage] = []
        func add(
            _ bytes: ArraySlice<UInt8>, _ size: Int, _ whole: () throws(Failure) -> ArraySlice<UInt8>
        ) throws(Failure) {
            var reading = RPMPackage.read(bytes, size: size)
            if case .incomplete = reading, size <= Self.headerLimit {
                reading = RPMPackage.read(try whole(), size: size)
            }
            guard case .package(let package) = reading else {
                throw Failure(
                    .refused, "a package's header in it is damaged", hint: "rebuild it in the guest: rpm --rebuilddb")
            }
            if package.name != "gpg-pubkey" { packages.append(package) }
            guard packages.count <= Self.packageLimit else {
                throw Failure(.refused, "more than \(Self.packageLimit) packages in it")
            }
        }
        switch format {
        case .sqlite:
            // A number, and a header.
            try SQLiteFile(source, log: log).rows(of: "Packages", first: Self.first) { values, whole throws(Failure) in
                guard values.count > 1 else { throw SQLiteFile.damaged("a row without a header") }
                try add(values[1].bytes, values[1].size) { () throws(Failure) in
                    let values = try whole()
                    guard values.count > 1 else { throw SQLiteFile.damaged("a row without a header") }
                    return values[1].bytes
                }
            }
        case .ndb:
            try NDBFile(source).blobs(first: Self.first) { bytes, size, whole throws(Failure) in
                try add(bytes, size) { () throws(Failure) in try whole()[...] }
            }
        case .bdb:
            try BDBFile(source).blobs(first: Self.first) { bytes, size, whole throws(Failure) in
                try add(bytes, size) { () throws(Failure) in try whole()[...] }
            }
        case .status, .statusFolder: throw Failure(.internal, "\(format.rawValue) is no form of rpm's database")
        }
        self.packages = packages.sorted {
            ($0.name, $0.fullVersion, $0.architecture) < ($1.name, $1.fullVersion, $1.architecture)
        }
    }
}
