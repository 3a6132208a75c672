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
    private let known: ImageFacts?
    private var opening: Task<Opened, any Error>?

    /// - Parameters:
    ///   - reader: `eulerpublisher-reader`, an absolute path.
    ///   - guestfish: what reads file systems that it can't; nil if nothing is to.
    ///   - known: facts of the same disk in another file: then of this file no more is read than what kind it is.
    init(_ path: String, reader: String, guestfish: Guestfish?, known: ImageFacts? = nil) {
        self.path = path
        executable = reader
        (self.guestfish, self.known) = (guestfish, known)
    }

    /// - Throws: `Failure` if it is no image that can be read; the same to everybody who asks.
    func opened() async throws -> Opened {
        if opening == nil {
            let (path, executable, guestfish, known) = (path, executable, guestfish, known)
            opening = Task.detached {
                let reader = try ImageReader.open(path, executable: executable, through: guestfish)
                var facts = try known ?? reader.facts()
                if known != nil { facts.disk = try reader.disk() }
                return Opened(
                    reader: reader, facts: facts, document: [UInt8](try DocumentCoding.encode(facts)))
            }
        }
        guard let opening else { throw Failure(.internal, "unreachable") }
        return try await opening.value
    }
}
