import Documents
import FoundationEssentials
import Glibc

/// Everything on disk carries a format number: a newer host reads what an older one wrote, and an older host refuses what a
/// newer one wrote and names both.
public enum Format {
    /// What this host writes.
    public static let current = 1

    private struct Header: Decodable { var format: Int }

    /// Checks the `format` of a document or of a log's first line.
    /// - Throws: `Failure` when it is missing, or of a host to come.
    public static func check(_ bytes: some Collection<UInt8>, of path: String) throws {
        guard let header = try? DocumentCoding.decode(Header.self, from: Data(bytes)) else {
            throw Failure(
                .usage, "this is not a document of this program: it states no format", place: path,
                hint: "move the file away; what was published can be found again without it")
        }
        guard (1...current).contains(header.format) else {
            throw Failure(
                .usage, "it has format \(header.format), and this version reads formats 1 to \(current)", place: path,
                hint: "use the newer version that wrote it, or another --state-dir")
        }
    }
}
