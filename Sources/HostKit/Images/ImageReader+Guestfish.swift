public import Documents
import FoundationEssentials
import Glibc
import ProviderRuntime

extension ImageReader {
    /// Starts the process and has it open the image; what lies on file systems that it can't read comes through guestfish.
    /// - Parameter guestfish: nil if it is not to be used, or not installed.
    /// - Throws: `Failure` as `init` does; interrupted if it was cancelled.
    public static func open(_ path: String, executable: String, through guestfish: Guestfish?) throws -> ImageReader {
        let reader = try ImageReader(path, executable: executable)
        guard let guestfish else { return reader }
        let unread = try reader.unread()
        guard !unread.isEmpty else { return reader }
        let found = try guestfish.copies(of: unread, image: path)
        defer { if let scratch = found.scratch { close(scratch) } }
        try reader.take(found.copies, scratch: found.scratch)
        return reader
    }

    /// What it can't read, and another program might.
    public func unread() throws -> [UnreadVolume] {
        let document = try ask(.imageUnread)
        do { return try JSONDecoder().decode([UnreadVolume].self, from: Data(document)) } catch {
            throw Failure(.internal, "the reader's answer is not of this program's build: \(error)", place: path)
        }
    }

    /// Has it take copies of files in the place of what it can't read.
    func take(_ copies: [VolumeCopy], scratch: Int32?) throws {
        var writer = FieldWriter()
        writer.field([UInt8](try JSONEncoder().encode(copies)))
        _ = try ask(.imageCopies, writer.bytes, scratch.map { [$0] } ?? [])
    }
}
