import Documents

/// An image as manifest.json of an archive lists it.
struct ListedImage: Decodable {
    var config: String
    var layers: [String]
    /// `REPOSITORY:TAG`, with the registry's host or without.
    var names: [String]?

    enum CodingKeys: String, CodingKey {
        case config = "Config"
        case layers = "Layers"
        case names = "RepoTags"
    }

    /// The one that is meant.
    /// - Parameter name: `REPOSITORY[:TAG]`, or `@` and a number from 0; nil: there is one.
    /// - Throws: `Failure` that lists what there is.
    static func find(_ name: String?, among images: [ListedImage], _ path: String) throws -> ListedImage {
        let found: [ListedImage]
        if let name, name.hasPrefix("@") {
            let number = Int(name.dropFirst())
            found = number.flatMap { images.indices.contains($0) ? [images[$0]] : nil } ?? []
        } else if let name {
            let exact = images.filter { $0.names?.contains { tagged($0) == tagged(name) } == true }
            found = exact.isEmpty ? images.filter { $0.names?.contains { same($0, name) } == true } : exact
        } else {
            found = images
        }
        guard let first = found.first, found.count == 1 else {
            let names = images.flatMap { $0.names ?? [] }.prefix(20).map { String($0.prefix(300)) }
            throw Failure(
                name == nil ? .refused : .usage,
                name.map { "the archive has \(found.isEmpty ? "no image" : "several images") \($0.prefix(300))" }
                    ?? "the archive is refused: it holds \(images.count) images, not one", place: path,
                hint: "name one: docker-archive:FILE:REPOSITORY:TAG, or docker-archive:FILE:@0 for the first; "
                    + (names.isEmpty ? "it has no names" : "its names are \(names.joined(separator: ", "))"))
        }
        return first
    }

    /// Whether two spellings are of one name: a registry's host, and what stands for nothing behind it, may be left out.
    private static func same(_ one: String, _ other: String) -> Bool {
        let (one, other) = (tagged(one), tagged(other))
        return one == other || one.hasSuffix("/\(other)") || other.hasSuffix("/\(one)")
    }

    private static func tagged(_ name: String) -> String {
        name.split(separator: "/").last?.contains(":") == true ? name : "\(name):latest"
    }
}
