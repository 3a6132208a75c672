import Documents
import FoundationEssentials
import Images

/// A disk image that is read when the first rule asks, and once for all that ask.
final actor ExaminedImage {
    struct Opened: Sendable {
        var reader: ImageReader
        var facts: ImageFacts
        /// The same, encoded for requests.
        var document: [UInt8]
    }

    private let path: String
    private let executable: String
    private let guestfish: Guestfish?
    private var opening: Task<Opened, any Error>?

    /// - Parameters:
    ///   - reader: `eulerpublisher-reader`, an absolute path.
    ///   - guestfish: what reads file systems that it can't; nil if nothing is to.
    init(_ path: String, reader: String, guestfish: Guestfish?) {
        self.path = path
        executable = reader
        self.guestfish = guestfish
    }

    /// - Throws: `Failure` if it is no image that can be read; the same to everybody who asks.
    func opened() async throws -> Opened {
        if opening == nil {
            let (path, executable, guestfish) = (path, executable, guestfish)
            opening = Task.detached {
                let reader = try ImageReader.open(path, executable: executable, through: guestfish)
                let facts = try reader.facts()
                return Opened(
                    reader: reader, facts: facts, document: [UInt8](try DocumentCoding.encode(facts)))
            }
        }
        guard let opening else { throw Failure(.internal, "unreachable") }
        return try await opening.value
    }
}
