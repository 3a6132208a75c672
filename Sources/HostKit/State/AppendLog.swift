public import Documents
import Files
import FoundationEssentials
import Glibc
import Synchronization

/// A file of JSON lines that only grows. What was appended with `durable` survives a power loss, the rest a killed process. A
/// last line cut short by either is dropped when the file is read.
public final class AppendLog: Sendable {
    public let path: String
    private let file: Mutex<File>
    /// Bytes that a first line may have.
    private static let headerLimit = 4096

    /// Opens the log for appending; `header` becomes the first line of a new one.
    /// - Throws: `Failure` when it cannot be opened or is of a format to come.
    public init(_ path: String, header: JSON = .object(["format": .integer(Int64(Format.current))])) throws {
        self.path = path
        let file = try File(path, O_RDWR | O_CREAT | O_APPEND, mode: 0o600)
        if let torn = try Self.tornTail(file), ftruncate(file.descriptor, off_t(torn)) != 0 {
            throw File.failure("mend", path)
        }
        let first = try file.read(count: Self.headerLimit, at: 0)
        if first.isEmpty {
            try file.write([UInt8](try DocumentCoding.encode(header)) + [0x0a])
            try Self.sync(file)
        } else {
            try Format.check(first.prefix { $0 != 0x0a }, of: path)
        }
        self.file = Mutex(file)
    }

    /// Appends one line.
    /// - Parameter durable: on the disk before the call returns.
    public func append(_ value: some Encodable, durable: Bool = true) throws {
        let line = [UInt8](try DocumentCoding.encode(value)) + [0x0a]
        try file.withLock {
            try $0.write(line)
            if durable { try Self.sync($0) }
        }
    }

    public func sync() throws { try file.withLock { try Self.sync($0) } }

    private static func sync(_ file: File) throws {
        guard fdatasync(file.descriptor) == 0 else { throw File.failure("write durably", file.path) }
    }

    /// The lines after the header, oldest first; nil when there is no such file.
    /// - Throws: `Failure` when a line is not one of ours, or the format is one to come.
    static func lines(of path: String) throws -> [Data]? {
        guard File.exists(path) else { return nil }
        let bytes = try File.contents(path, limit: 1 << 30)
        guard let last = bytes.lastIndex(of: 0x0a) else { return nil }
        let lines = bytes[...last].split(separator: 0x0a)
        guard let header = lines.first else { return nil }
        try Format.check(header, of: path)
        return lines.dropFirst().map { Data($0) }
    }

    /// The lines as values of one type.
    public static func read<Value: Decodable>(_ type: Value.Type, from path: String) throws -> [Value] {
        try (lines(of: path) ?? []).enumerated().map { number, line in
            do { return try DocumentCoding.decode(type, from: line) } catch {
                throw Failure(
                    .usage, "this line is not one of this program's", place: "\(path):\(number + 2)",
                    hint: "the file was edited or the disk is damaged; move it away")
            }
        }
    }

    /// Where the last whole line ends, when bytes follow it.
    private static func tornTail(_ file: File) throws -> Int64? {
        let size = try file.size()
        var end = size
        while end > 0 {
            let start = max(0, end - 65_536)
            let block = try file.read(count: Int(end - start), at: start)
            if let last = block.lastIndex(of: 0x0a) {
                let whole = start + Int64(last) + 1
                return whole == size ? nil : whole
            }
            end = start
        }
        return size == 0 ? nil : 0
    }
}
