import Documents
import Files
import FoundationEssentials
import Glibc

/// A directory of disk images: DIR/NAME/VERSION/FILE with SHA256SUMS beside it, `catalogue.json` for machines and
/// `index.html` for people. Its documents are read, merged and replaced under a lock.
struct Catalogue {
    let path: String
    var documentPath: String { "\(path)/catalogue.json" }

    /// One file that the catalogue offers.
    struct Image: Codable, Equatable {
        var name: String
        var version: String
        /// The OCI platform: linux/arm64.
        var platform: String
        /// What follows the first slash of it.
        var arch: String
        var format: String
        /// Bytes.
        var size: Int64
        var digest: String
        /// RFC 3339: when the image was made, or else first published.
        var date: String
        /// Relative to the catalogue.
        var path: String
        /// Further names, such as latest: each belongs to one version of a name, platform and format.
        var aliases: [String]
        /// Who published it: our mark.
        var publication: String?

        func isSibling(of other: Image) -> Bool {
            (name, platform, format) == (other.name, other.platform, other.format)
        }
    }

    struct Document: Codable, Equatable {
        var format = 1
        var images: [Image] = []

        func image(at path: String) -> Image? { images.first { $0.path == path } }

        /// The image that has that alias among those of a name, platform and format.
        func holder(of alias: String, like image: Image) -> Image? {
            images.first { $0.isSibling(of: image) && $0.aliases.contains(alias) }
        }

        /// Puts the image in the place of what stood at its path, keeping the order that no writer's turn shows in.
        mutating func put(_ image: Image) {
            images.removeAll { $0.path == image.path }
            images.append(image)
            images.sort { ($0.name, $0.version, $0.path) < ($1.name, $1.version, $1.path) }
        }

        /// Gives the alias to the image at that path, and takes it from its siblings. Nil: to none.
        mutating func point(_ alias: String, to path: String?, like image: Image) {
            for index in images.indices where images[index].isSibling(of: image) {
                images[index].aliases.removeAll { $0 == alias }
                if images[index].path == path {
                    images[index].aliases = (images[index].aliases + [alias]).sorted()
                }
            }
        }
    }

    /// What stands there now; an empty one where nothing does.
    /// - Throws: `Failure` when it is damaged, or of a format to come.
    func read() throws -> Document {
        guard File.exists(documentPath) else { return Document() }
        let bytes = try File.contents(documentPath, limit: 64 << 20)
        struct Head: Decodable { var format: Int }
        guard let head = try? DocumentCoding.decode(Head.self, from: Data(bytes)) else { throw damaged() }
        guard head.format == 1 else {
            throw Failure(
                .usage, "the catalogue is of format \(head.format), and this provider knows format 1",
                place: documentPath,
                hint: "use a newer version")
        }
        guard let document = try? DocumentCoding.decode(Document.self, from: Data(bytes)) else { throw damaged() }
        return document
    }

    private func damaged() -> Failure {
        Failure(
            .usage, "this is not a catalogue's index", place: documentPath,
            hint: "move it away; publishing again writes a new one")
    }

    /// Lets `body` change the documents. Nobody else changes them, or gives a file its final name, meanwhile.
    func change<Result>(_ body: (inout Document) throws -> Result) throws -> Result {
        let lock = try File("\(path)/.catalogue.lock", O_RDWR | O_CREAT | O_NOFOLLOW)
        while flock(lock.descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw File.failure("lock", lock.path) }
        }
        defer { withExtendedLifetime(lock) {} }
        let before = try read()
        var document = before
        let result = try body(&document)
        let page = "\(path)/index.html"
        if document != before || (!File.exists(page) && !document.images.isEmpty) {
            let bytes = [UInt8](try DocumentCoding.encode(document, pretty: true)) + [0x0a]
            try File.replace(documentPath, with: bytes)
            try File.replace(page, with: Array(CataloguePage.html(document).utf8))
        }
        return result
    }
}
