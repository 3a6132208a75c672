import CSystem
public import Documents
import FoundationEssentials
import Glibc
import ProviderAPI
import ProviderRuntime
import Synchronization
public import Workers

/// One disk image, read by a process of its own that has the image's descriptor and nothing else.
///
/// Any thread; questions are answered one after another. The process ends with this value, or with the host.
public final class ImageReader: Sendable {
    /// Bytes of address space that the process may have; what it reads into is far less.
    static let memory: UInt64 = 1 << 30
    /// How long one question may take.
    static let patience: Int32 = 120

    /// As the user named it.
    public let path: String
    private let process: WorkerProcess
    private let channel: Mutex<Channel>

    private struct Channel: Sendable {
        let connection: Connection
        var isBroken: Failure?
    }

    /// The program that reads, which lies beside the one that runs providers.
    public static func executable(beside worker: String) -> String {
        (worker.lastIndex(of: "/").map { String(worker[...$0]) } ?? "") + "eulerpublisher-reader"
    }

    /// Starts the process and has it open the image: its format, its limits, its partitions.
    /// - Parameter executable: `eulerpublisher-reader`, an absolute path beside the host's own executable.
    /// - Throws: `Failure` if the file can't be opened, or is no image that can be read (`refused`, with place and remedy).
    public init(_ path: String, executable: String) throws {
        self.path = path
        let descriptor = eps_open_disk(path)
        guard descriptor != -EMEDIUMTYPE else {
            throw Failure(
                .usage, "this is neither a file nor a block device", place: path, hint: "name a disk image's file")
        }
        guard descriptor >= 0 else {
            throw Failure(
                .usage, "the image cannot be read: \(String(cString: strerror(-descriptor)))", place: path,
                hint: "name a file that is there and that this user may read")
        }
        defer { close(descriptor) }
        process = try WorkerProcess(executable, environment: [:])
        channel = Mutex(Channel(connection: Connection(descriptor: process.socket)))
        var writer = FieldWriter()
        writer.number(Self.memory)
        writer.text(path)
        // All is in place: an error here ends in deinit, as a value does.
        _ = try ask(.imageOpen, writer.bytes, [descriptor])
    }

    deinit {
        process.kill()
        for descriptor in [process.socket, process.output, process.errors, process.end] where descriptor >= 0 {
            close(descriptor)
        }
        var status: Int32 = 0
        if let pid = process.pid { waitpid(pid, &status, 0) }
    }

    /// What the image holds.
    /// - Throws: `Failure` if the process broke; facts that can't be told are in the document as unknown.
    public func facts() throws -> ImageFacts {
        let document = try ask(.imageFacts)
        guard document.count <= ImageFacts.limit else {
            throw Failure(.internal, "the reader's facts are longer than a request may hold", place: path)
        }
        do { return try JSONDecoder().decode(ImageFacts.self, from: Data(document)) } catch {
            throw Failure(.internal, "the reader's facts are not of this program's build: \(error)", place: path)
        }
    }

    /// What kind of file it is, and whether it is whole.
    /// - Throws: as `facts`.
    public func disk() throws -> DiskFacts {
        let document = try ask(.imageDisk)
        do { return try JSONDecoder().decode(DiskFacts.self, from: Data(document)) } catch {
            throw Failure(.internal, "the reader's facts are not of this program's build: \(error)", place: path)
        }
    }

    public func treeStat(_ path: String) throws -> TreeStat {
        var reader = FieldReader(try ask(.treeStat, text(path)))
        let size = try reader.number()
        let numbers = try (0..<3).map { _ in UInt32(truncatingIfNeeded: try reader.number()) }
        return TreeStat(
            size: size, mode: numbers[0], user: numbers[1], group: numbers[2],
            modified: Int64(bitPattern: try reader.number()))
    }

    /// - Parameter limit: bytes at most.
    public func treeRead(_ path: String, limit: UInt64) throws -> [UInt8] {
        var writer = FieldWriter()
        writer.text(path)
        writer.number(limit)
        return try ask(.treeRead, writer.bytes)
    }

    public func treeList(_ path: String) throws -> [String] {
        try ask(.treeList, text(path)).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    private func text(_ text: String) -> [UInt8] {
        var writer = FieldWriter()
        writer.text(text)
        return writer.bytes
    }

    func ask(_ kind: FrameKind, _ payload: [UInt8] = [], _ descriptors: [Int32] = []) throws -> [UInt8] {
        try channel.withLock { channel in
            if let broken = channel.isBroken { throw broken }
            let reply: Message
            do {
                try channel.connection.send(Message(kind, payload: payload), descriptors: descriptors)
                var item = pollfd(fd: process.socket, events: Int16(POLLIN), revents: 0)
                var waited: Int32
                repeat { waited = poll(&item, 1, Self.patience * 1000) } while waited < 0 && errno == EINTR
                guard waited != 0 else {
                    process.kill()
                    throw ProtocolError("took more than \(Self.patience) s")
                }
                guard let message = try channel.connection.receive() else { throw ProtocolError("ended") }
                reply = message
            } catch let error as ProtocolError {
                let failure = broken(error.reason)
                channel.isBroken = failure
                throw failure
            }
            var reader = FieldReader(reply.payload)
            let status = Int32(truncatingIfNeeded: try reader.number())
            let document = try reader.field()
            if status == EP_OK { return document }
            throw (try? JSONDecoder().decode(Failure.self, from: Data(document)))
                ?? Failure(.internal, "the reader of images gave no reason", place: path)
        }
    }

    /// Why there will be no more answers.
    private func broken(_ reason: String) -> Failure {
        var text = [UInt8](repeating: 0, count: 4096)
        let count = max(0, read(process.errors, &text, text.count))
        let words = String(decoding: text[..<count], as: UTF8.self).split(separator: "\n").first.map(String.init)
        return Failure(
            .crashed, "the reader of this image \(reason)\(words.map { ": \(Printable.line($0))" } ?? "")", place: path,
            hint: "the image is damaged or hostile, and the reader should have said so: please report it")
    }
}
