public import Documents
import Glibc
public import Programs
import Synchronization

/// One disk image made into a file of another format: the same disk, byte for byte.
public struct Conversion: Sendable {
    public var source: QemuImage
    public var target: String
    public var format: TargetFormat
    /// Whether a file that stands there is replaced.
    public var isForced: Bool

    /// What was made.
    public struct Result: Sendable, Codable, Equatable {
        public var path: String
        /// As `TargetFormat.name`.
        public var format: String
        public var virtualSize: UInt64
        /// Bytes of the file, and those of them that it takes on this disk.
        public var fileSize: UInt64
        public var usedSize: UInt64

        enum CodingKeys: String, CodingKey {
            case path, format
            case virtualSize = "virtual_size"
            case fileSize = "file_size"
            case usedSize = "used_size"
        }
    }

    /// What reads a file that was made: our own reader, in its own process, while qemu-img compares it with the source.
    public typealias Reader = @Sendable (String) async throws -> DiskFacts?

    /// Seconds that one may take.
    static let patience = 6.0 * 3600

    /// - Parameter source: as `SoundSource` found it.
    public init(_ source: QemuImage, to target: String, _ format: TargetFormat, isForced: Bool = false) {
        (self.source, self.target, self.format, self.isForced) = (source, target, format, isForced)
    }

    /// Makes the file. It takes its name when our reader and qemu-img have found in it what the source has.
    /// - Parameters:
    ///   - read: see there.
    ///   - progress: called on any thread, with what is done of 1.
    /// - Throws: `CancellationError`; `Failure`: usage if something stands there, quota if there is no room, refused if the result
    ///   is not what was asked for. Nothing is left then.
    public func run(
        read: @escaping Reader, progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> Result {
        let program = try Program.qemuImage(search: Program.search)
        let replacement = try Replacement(target, of: source, isForced: isForced)
        do {
            return try await make(replacement, by: program, read: read, progress)
        } catch let failure as Failure {
            throw replacement.explained(failure)
        }
    }

    private func make(
        _ replacement: Replacement, by program: Program, read: Reader,
        _ progress: @escaping @Sendable (Double) -> Void
    ) async throws -> Result {
        let size = (source.virtualSize + format.granularity - 1) / format.granularity * format.granularity
        let made = try QemuImage(
            replacement.path, format: format.format, variant: format == .vhd ? "fixed" : nil, virtualSize: size)
        if format == .vhd {
            try await program.succeed(
                ["create", "-q", "-f", "vpc", "-o", "subformat=fixed,force_size=on", made.path, "\(size)"])
        }
        let percent = Percent(progress)
        try await program.succeed(
            ["convert", "-p", "-O", format.driver] + format.options + [try source.word(), made.path]
        ) { percent.add($0) }
        async let comparison: Void = Comparison(source, made).run(program)
        try verify(try await read(made.path), size)
        try await comparison
        var status = stat()
        guard stat(made.path, &status) == 0 else { throw Failure(.internal, "the file is gone", place: target) }
        try replacement.commit()
        return Result(
            path: target, format: format.name, virtualSize: size, fileSize: UInt64(status.st_size),
            usedSize: UInt64(status.st_blocks) * 512)
    }

    private func verify(_ facts: DiskFacts?, _ size: UInt64) throws(Failure) {
        guard let facts, format.isFound(in: facts), facts.virtualSize.value == size, facts.defects.value == [] else {
            let defect = facts?.defects.value?.first.map { ": \($0)" } ?? ""
            throw Failure(
                .refused, "what qemu-img made is not what was asked for\(defect)", place: target,
                hint: "the source is as it was; see whether qemu-img is of a version that knows the format")
        }
    }
}

extension Program {
    /// Runs it for as long as a whole image may take.
    /// - Throws: `CancellationError`; `Failure` naming its last words, quota if there is no room.
    public func succeed(_ arguments: [String], heard: (@Sendable ([UInt8]) -> Void)? = nil) async throws {
        let answer = try await run(
            arguments, environment: Program.environment(), within: Conversion.patience, heard: heard)
        guard !answer.end.isSuccess else { return }
        let words = answer.lastWords ?? answer.end.signal.map { "ended by signal \($0)" } ?? "without a word"
        let isFull = words.contains("No space left")
        throw Failure(
            isFull ? .quota : .refused, "\(name) \(arguments[0]) failed: \(words)", place: path,
            hint: isFull ? "make room where the image is written, or name another folder" : nil)
    }
}

/// `    (12.34/100%)`, as qemu-img draws it again and again.
private final class Percent: Sendable {
    private let line = Mutex<[UInt8]>([])
    private let progress: @Sendable (Double) -> Void

    init(_ progress: @escaping @Sendable (Double) -> Void) { self.progress = progress }

    func add(_ bytes: [UInt8]) {
        let parts = line.withLock { line in
            line = (line + bytes).suffix(256)
            return line
        }
        guard let end = parts.lastIndex(of: UInt8(ascii: "/")),
            let begin = parts[..<end].lastIndex(of: UInt8(ascii: "(")),
            let value = Double(String(decoding: parts[(begin + 1)..<end], as: UTF8.self))
        else { return }
        progress(min(1, max(0, value / 100)))
    }
}
