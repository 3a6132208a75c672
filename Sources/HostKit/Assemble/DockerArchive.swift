import Digest
import Documents
import Files
import FoundationEssentials
import Glibc
import OCI

/// A docker-archive read as far as an image needs: its config, and its layers as plain tar files, compressed while they were
/// unpacked and with verified digests. One pass over the bytes does all of it.
///
/// Archives are hostile until shown otherwise: names and links may not leave the archive, members and bytes are bounded, and
/// every layer must have the digest that the config states.
struct DockerArchive {
    struct Limits: Sendable {
        var members = 10_000
        /// Of all members together, in bytes.
        var unpacked: Int64 = 8 << 30
        /// Of a JSON document, in bytes.
        var document: Int64 = 4 << 20
        /// Of all JSON documents together, which are kept in memory, in bytes.
        var documents: Int64 = 16 << 20
    }

    struct Layer {
        /// The plain tar.
        var file: File
        /// The same in gzip.
        var compressed: File
        var digests: Gzip.Result
    }

    private enum Member {
        case document([UInt8])
        /// By paths: thousands of members would be too many open files.
        case spooled(String, Gzip.Result)
        case link(String)
        /// Smaller than any tar: nothing that an image is made of.
        case small
    }

    let config: ImageConfig
    let layers: [Layer]

    /// - Parameters:
    ///   - image: which one of several, as `importArchive` has it.
    ///   - spool: an empty directory for the layers and their compressed form; the caller removes it.
    ///   - level: of zlib.
    ///   - threads: how many blocks are compressed at once.
    init(
        _ path: String, image: String? = nil, spool: String, level: Int32, threads: Int, limits: Limits = Limits()
    ) async throws {
        func refuse(_ why: String) -> Failure {
            Failure(.refused, "the archive is refused: \(why)", place: path)
        }
        let archive = try Archive(path, compression: Archive.compression(of: path))
        var members: [String: Member] = [:]
        var count = 0
        var unpacked: Int64 = 0
        var documents: Int64 = 0
        while let member = try archive.next() {
            try Task.checkCancellation()
            count += 1
            guard count <= limits.members else { throw refuse("over \(limits.members) members") }
            guard let name = Self.normalize(member.name) else {
                throw refuse("the name \(member.name.prefix(200)) leaves the archive")
            }
            switch member.kind {
            case .directory: continue
            case .other: throw refuse("\(name.prefix(200)) is neither a file, a directory nor a link")
            case .symbolicLink, .hardLink:
                let folder =
                    member.kind == .hardLink ? "" : name.split(separator: "/").dropLast().joined(separator: "/") + "/"
                guard let link = member.link, !link.hasPrefix("/"),
                    let target = Self.normalize(folder + link, inside: true)
                else {
                    throw refuse("the link \(name.prefix(200)) leaves the archive")
                }
                members[name] = .link(target)
            case .file:
                guard member.size >= 0, member.size <= limits.unpacked - unpacked else {
                    throw refuse("it unpacks to over \(limits.unpacked) bytes")
                }
                // libarchive gives no more than the size that it states.
                unpacked += member.size
                if name.hasSuffix(".json") {
                    documents += member.size
                    guard member.size <= limits.document, documents <= limits.documents else {
                        throw refuse("\(name.prefix(200)) is larger than any such document")
                    }
                    members[name] = .document(try archive.block(Int(member.size)))
                } else if member.size < 1024 {
                    members[name] = .small
                } else {
                    let file = "\(spool)/\(count)"
                    members[name] = .spooled(file, try await Self.unpack(archive, file, level, threads))
                }
            }
        }

        // One link is followed, as the legacy names need it; a second one is nothing an honest archive has.
        func resolve(_ name: String) throws -> Member {
            guard let plain = Self.normalize(name), let first = members[plain] else {
                throw refuse("\(name.prefix(200)) is named but not there")
            }
            guard case .link(let target) = first else { return first }
            guard let second = members[target] else { throw refuse("the link \(name.prefix(200)) points at nothing") }
            if case .link = second { throw refuse("\(name.prefix(200)) is a link to a link") }
            return second
        }

        guard case .document(let manifest) = try resolve("manifest.json"),
            let entries = try? DocumentCoding.decode([ListedImage].self, from: Data(manifest))
        else { throw refuse("manifest.json is not that of a docker archive") }
        let entry = try ListedImage.find(image, among: entries, path)
        guard case .document(let bytes) = try resolve(entry.config),
            let config = try? DocumentCoding.decode(ImageConfig.self, from: Data(bytes))
        else { throw refuse("\(entry.config.prefix(200)) is not an image config") }
        let names = entry.layers
        guard !names.isEmpty, names.count == config.rootfs.diffIDs.count else {
            throw refuse("it has \(names.count) layers and the config states \(config.rootfs.diffIDs.count)")
        }
        self.config = config
        layers = try zip(names, config.rootfs.diffIDs).map { name, diffID in
            guard case .spooled(let spooled, let digests) = try resolve(name) else {
                throw refuse("\(name.prefix(200)) is not a layer")
            }
            guard digests.input == diffID else {
                throw refuse("layer \(name.prefix(200)) is \(digests.input), and the config states \(diffID)")
            }
            return Layer(
                file: try File(spooled, O_RDONLY), compressed: try File("\(spooled).gz", O_RDONLY), digests: digests)
        }
    }

    /// The member as a file, and compressed beside it while the archive is still being read.
    private static func unpack(
        _ archive: Archive, _ path: String, _ level: Int32, _ threads: Int
    ) async throws -> Gzip.Result {
        let file = try File(path, O_WRONLY | O_CREAT | O_EXCL)
        var stream = try Gzip.Stream(
            to: try File("\(path).gz", O_WRONLY | O_CREAT | O_EXCL), level: level, threads: threads)
        while case let block = try archive.block(Gzip.blockSize), !block.isEmpty {
            try file.write(block)
            try await stream.append(block)
        }
        return try await stream.finish()
    }

    /// The name in one form, or nil when it is absolute or climbs with `..`.
    /// - Parameter inside: `..` is resolved, as a link's target needs it, as long as it stays inside.
    static func normalize(_ name: String, inside: Bool = false) -> String? {
        guard !name.hasPrefix("/") || inside, !name.utf8.contains(0) else { return nil }
        var parts: [Substring] = []
        for part in name.split(separator: "/") where part != "." {
            if part == ".." {
                guard inside, !parts.isEmpty else { return nil }
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return parts.joined(separator: "/")
    }
}
