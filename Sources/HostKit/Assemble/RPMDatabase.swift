import Documents
import Files
import FoundationEssentials
import OCI

/// A package as rpm's database has it.
struct RPMPackage: Sendable, Equatable {
    var name: String
    var epoch: UInt32?
    var version: String
    var release: String
    var architecture: String
    var licence: String?
    var vendor: String?

    /// `EPOCH:VERSION-RELEASE`, without an epoch that is none.
    var fullVersion: String { (epoch.map { "\($0):" } ?? "") + "\(version)-\(release)" }

    /// github.com/package-url/purl-spec, types/rpm.
    var purl: String {
        var text = "pkg:rpm/openeuler/\(name.percentEncoded)@\("\(version)-\(release)".percentEncoded)"
        text += "?arch=\(architecture.percentEncoded)"
        return text + (epoch.map { "&epoch=\($0)" } ?? "")
    }

    /// A header as the database keeps it (rpm.org/docs, "RPM V4 Package format", "Header format"): two counts, entries of tag,
    /// type, offset and count, and the data that they point into; all big-endian. Nil when it is none.
    init?(header: ArraySlice<UInt8>) {
        let bytes = Array(header)
        func number(_ offset: Int) -> Int? {
            guard offset >= 0, offset + 4 <= bytes.count else { return nil }
            return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        guard let entries = number(0), let length = number(4), entries <= 1 << 16,
            8 + entries * 16 + length <= bytes.count
        else { return nil }
        let data = 8 + entries * 16
        var texts: [Int: String] = [:]
        for entry in 0..<entries {
            let start = 8 + entry * 16
            guard let tag = number(start), let type = number(start + 4), let offset = number(start + 8),
                offset <= length
            else { return nil }
            switch (tag, type) {
            // Strings, and texts of which the first is that of the language C.
            case (1000...1022, 6), (1000...1022, 9):
                let text = bytes[(data + offset)..<(data + length)].prefix { $0 != 0 }
                texts[tag] = String(decoding: text, as: UTF8.self)
            case (1003, 4): epoch = number(data + offset).map { UInt32(truncatingIfNeeded: $0) }
            default: continue
            }
        }
        guard let name = texts[1000], let version = texts[1001], let release = texts[1002], !name.isEmpty else {
            return nil
        }
        (self.name, self.version, self.release) = (name, version, release)
        architecture = texts[1022] ?? "noarch"
        licence = texts[1014]
        vendor = texts[1011]
    }
}

/// Reads an image's rpm database out of its layers.
enum RPMDatabase {
    enum Content {
        /// Sorted, and the database's place in the image.
        case packages([RPMPackage], place: String)
        /// In words that follow "since".
        case unreadable(String)
    }

    private static let places = ["var/lib/rpm/", "usr/lib/sysimage/rpm/"]
    private static let name = "rpmdb.sqlite"
    /// Files of rpm's other databases.
    private static let others = ["Packages", "Packages.db"]
    /// In bytes. A base image's has some ten million.
    private static let limit: Int64 = 64 << 20

    static func read(_ layers: [Descriptor], in layout: Layout) throws -> Content {
        // The highest that has one counts.
        for layer in layers.reversed() {
            if let found = try read(layout.blobPath(layer.digest)) { return found }
        }
        return .unreadable("it has no rpm database")
    }

    private static func read(_ layer: String) throws -> Content? {
        let archive = try Archive(layer, compression: .gzip)
        var found: (place: String, bytes: [UInt8])?
        var other: Content?
        while let member = try archive.next() {
            try Task.checkCancellation()
            let path = member.name.hasPrefix("./") ? String(member.name.dropFirst(2)) : member.name
            guard member.kind == .file, let place = places.first(where: { path.hasPrefix($0) }) else { continue }
            switch String(path.dropFirst(place.utf8.count)) {
            case name:
                guard member.size <= limit else { return .unreadable("its rpm database is over \(limit) bytes") }
                found = (path, try archive.block(Int(member.size)))
            case "\(name)-wal" where member.size > 0: return .unreadable("its rpm database was not closed")
            case let file where others.contains(file):
                other = .unreadable("its rpm database is not SQLite's: \(path)")
            default: continue
            }
        }
        guard let found else { return other }
        guard let packages = packages(found.bytes) else { return .unreadable("\(found.place) is damaged") }
        return .packages(packages, place: found.place)
    }

    /// The rows of the table Packages: a number, and a header.
    static func packages(_ bytes: [UInt8]) -> [RPMPackage]? {
        guard let rows = SQLiteFile(bytes)?.rows(of: "Packages") else { return nil }
        var packages: [RPMPackage] = []
        for row in rows {
            guard row.count > 1, let package = RPMPackage(header: row[1]) else { return nil }
            // Keys that signatures are checked with are kept as packages, too.
            if package.name != "gpg-pubkey" { packages.append(package) }
        }
        return packages.sorted {
            ($0.name, $0.fullVersion, $0.architecture) < ($1.name, $1.fullVersion, $1.architecture)
        }
    }
}
