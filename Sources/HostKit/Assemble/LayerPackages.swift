import Blocks
import Documents
import Files
import FoundationEssentials
import OCI
import PackageDatabases

extension RPMPackage {
    /// github.com/package-url/purl-spec, types/rpm.
    var purl: String {
        var text = "pkg:rpm/openeuler/\(name.percentEncoded)@\("\(version)-\(release)".percentEncoded)"
        text += "?arch=\(architecture.percentEncoded)"
        return text + (epoch.map { "&epoch=\($0)" } ?? "")
    }
}

/// Reads an image's rpm database out of its layers.
enum LayerPackages {
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
        do throws(Failure) {
            return .packages(try RPMDatabase(Bytes(bytes: found.bytes), .sqlite).packages, place: found.place)
        } catch {
            return .unreadable("\(found.place) is damaged")
        }
    }

    /// A file of a layer, had whole: a layer can't be read at any place.
    private struct Bytes: ByteSource {
        let bytes: [UInt8]
        var size: UInt64 { UInt64(bytes.count) }

        func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) {
            guard offset <= size, UInt64(buffer.count) <= size - offset else {
                throw Failure(.refused, "\(buffer.count) bytes at \(offset) reach past the end")
            }
            buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
        }
    }
}
