import Documents
import Files
import Glibc
public import Programs

/// A disk image made larger or smaller into a new file: the disk, its partition table, its last partition, the ext file system in
/// it. The source is not changed, and no file system is mounted.
///
/// The partition is worked on as a file of its own, since resize2fs cuts a file to what it leaves of the file system.
public struct Resizing: Sendable {
    public var source: QemuImage
    public var layout: Layout
    public var target: String
    public var format: TargetFormat
    public var isForced: Bool

    private static let patience = 3.0 * 3600
    /// Bytes of memory for programs that read a stranger's file system.
    private static let memory: UInt64 = 8 << 30

    /// - Parameter source: as `SoundSource` found it.
    public init(
        _ source: QemuImage, _ layout: Layout, to target: String, _ format: TargetFormat, isForced: Bool = false
    ) {
        (self.source, self.layout, self.target) = (source, layout, target)
        (self.format, self.isForced) = (format, isForced)
    }

    private struct Programs {
        let image, check, resize, divide: Program

        init(search: String) throws(Failure) {
            image = try Program.qemuImage(search: search)
            check = try Program("e2fsck", apt: "e2fsprogs", dnf: "e2fsprogs", search: search)
            resize = try Program("resize2fs", apt: "e2fsprogs", dnf: "e2fsprogs", search: search)
            divide = try Program("sfdisk", apt: "fdisk", dnf: "util-linux", search: search)
        }
    }

    /// Makes the file.
    /// - Parameters:
    ///   - read: what reads a file that was made.
    ///   - progress: of the last step, the conversion.
    /// - Throws: `CancellationError`; `Failure`: usage if the file system has no room in the size, refused if it is damaged.
    ///   Nothing is left then.
    public func run(
        read: @escaping Conversion.Reader, progress: @escaping @Sendable (Double) -> Void = { _ in }
    ) async throws -> Conversion.Result {
        let programs = try Programs(search: Program.search)
        // Beside the target, where there must be room anyway.
        let disk = try Replacement(target, of: source, isForced: isForced, kind: "disk")
        let part = try Replacement(target, of: source, isForced: isForced, kind: "volume")
        guard !layout.isExt || !part.path.contains("?") else {
            throw Failure(
                .usage, "e2fsck takes what follows a question mark for options", place: target,
                hint: "name a file without one in its path")
        }
        do {
            return try await make(disk, part, programs, read: read, progress)
        } catch let failure as Failure {
            throw disk.explained(failure)
        }
    }

    /// - Parameters:
    ///   - disk: for the new disk, raw.
    ///   - part: for its last partition.
    private func make(
        _ disk: Replacement, _ part: Replacement, _ programs: Programs, read: @escaping Conversion.Reader,
        _ progress: @escaping @Sendable (Double) -> Void
    ) async throws -> Conversion.Result {
        // Until the table is as small, the disk is as large as it was.
        guard truncate(disk.path, off_t(max(layout.oldDisk, layout.newDisk))) == 0 else {
            throw File.failure("write", target)
        }
        if layout.start > 0 {
            try await programs.image.succeed(
                [
                    "convert", "-n", "--target-is-zero", "-O", "raw", try source.word(offset: 0, size: layout.start),
                    try raw(disk.path).word(offset: 0, size: layout.start, writable: true),
                ])
        }
        try await programs.image.succeed(
            ["convert", "-O", "raw", try source.word(offset: layout.start, size: layout.oldSize), part.path])
        if layout.isExt { try await resize(part.path, programs) }
        let size = try raw(part.path).virtualSize
        try await programs.image.succeed(
            [
                "convert", "-n", "--target-is-zero", "-O", "raw", try raw(part.path).word(),
                try raw(disk.path).word(offset: layout.start, size: min(size, layout.newSize), writable: true),
            ])
        if let table = layout.table { try await divide(disk.path, table, programs) }
        guard truncate(disk.path, off_t(layout.newDisk)) == 0 else { throw File.failure("write", target) }
        if layout.table == .gpt {
            // The copy of the table goes to the disk's end.
            try await programs.divide.succeed(["-q", "--relocate", "gpt-bak-std", disk.path])
        }
        var conversion = Conversion(try raw(disk.path), to: target, format)
        conversion.isForced = isForced
        return try await conversion.run(read: read, progress: progress)
    }

    private func raw(_ path: String) throws -> QemuImage {
        var status = stat()
        guard stat(path, &status) == 0 else { throw File.failure("read", target) }
        return try QemuImage(path, format: "raw", variant: nil, virtualSize: UInt64(status.st_size))
    }

    /// The file system in a file of its own, which then is as large as the new partition.
    private func resize(_ path: String, _ programs: Programs) async throws {
        // A journal is replayed and small things mended in this copy, as a guest does at its start (e2fsck(8), EXIT CODE).
        let checked = try await run(programs.check, ["-f", "-p", path])
        guard let status = checked.end.status, status & ~3 == 0 else {
            throw Failure(
                .refused, "the file system in \(partition) is damaged: \(Self.finding(checked, path))",
                place: source.path, hint: "mend it in a copy: e2fsck -f")
        }
        if layout.newSize < layout.oldSize {
            let minimum = try await minimum(path, programs)
            guard minimum <= layout.newSize else {
                throw Failure(
                    .usage,
                    "the file system in \(partition) needs at least \((minimum + 1_048_575) >> 20) MiB, and would have "
                        + "\(layout.newSize >> 20)", place: source.path,
                    hint: "the smallest disk for it is \(layout.smallest(minimum) >> 20)M")
            }
            try await succeed(programs.resize, [path, "\(layout.newSize / 512)s"])
        } else {
            guard truncate(path, off_t(layout.newSize)) == 0 else { throw File.failure("write", target) }
            try await succeed(programs.resize, [path])
        }
        let sound = try await run(programs.check, ["-f", "-n", path])
        guard sound.end.isSuccess else {
            throw Failure(
                .internal, "the file system in \(partition) is damaged after it was resized", place: source.path,
                hint: "the source is as it was")
        }
        // What is left of less than a block of the file system belongs to the partition as well.
        guard truncate(path, off_t(layout.newSize)) == 0 else { throw File.failure("write", target) }
    }

    /// What e2fsck broke off at: the last line about the file system, before those about what to do.
    private static func finding(_ answer: Program.Answer, _ path: String) -> String {
        let lines = answer.text.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("\(path): ") }
            .map { $0.dropFirst(path.count + 2) }
        guard let line = lines.last(where: { !$0.contains("RUN fsck MANUALLY") }) else {
            return answer.lastWords ?? "e2fsck broke off"
        }
        return Printable.line(Printable.short(String(line)))
    }

    /// Bytes that the file system needs, by resize2fs' own estimate.
    private func minimum(_ path: String, _ programs: Programs) async throws -> UInt64 {
        let answer = try await run(programs.resize, ["-P", path])
        let blocks = answer.text.split(separator: ":").last.flatMap { UInt64($0.filter { !$0.isWhitespace }) }
        guard answer.end.isSuccess, let blocks, let block = try Self.blockSize(path) else {
            throw Failure(
                .refused,
                "resize2fs can't tell how small the file system in \(partition) may be: "
                    + (answer.lastWords ?? "without a word"), place: source.path)
        }
        return blocks.multipliedReportingOverflow(by: block).partialValue
    }

    /// `s_log_block_size` of the superblock (kernel.org, ext4's disk layout): 1024 << it.
    private static func blockSize(_ path: String) throws -> UInt64? {
        let bytes = try File(path, O_RDONLY).read(count: 4, at: 1024 + 24)
        guard bytes.count == 4, bytes[0] <= 6, bytes[1...] == [0, 0, 0] else { return nil }
        return 1024 << UInt64(bytes[0])
    }

    private func divide(_ path: String, _ table: PartitionTable, _ programs: Programs) async throws {
        let options = ["-q", "--no-reread", "--no-tell-kernel"]
        if table == .gpt, layout.newDisk > layout.oldDisk {
            try await programs.divide.succeed(["-q", "--relocate", "gpt-bak-std", path])
        }
        if let number = layout.number, layout.newSize != layout.oldSize {
            let script = "\(path).script"
            try File.replace(
                script, with: Array("start=\(layout.start / 512), size=\(layout.newSize / 512)\n".utf8), mode: 0o600)
            defer { unlink(script) }
            let input = open(script, O_RDONLY | O_CLOEXEC)
            let running = try RunningProgram(
                programs.divide, options + ["-N", "\(number)", path], environment: Program.environment(),
                input: input)
            defer { running.kill() }
            guard try await running.ended(within: 60)?.isSuccess == true else {
                throw Failure(
                    .refused, "sfdisk can't resize \(partition): \(running.lastWords ?? "without a word")",
                    place: source.path)
            }
        }
        if table == .gpt, layout.newDisk < layout.oldDisk {
            // Behind the last partition first: what lies past the new end is cut off.
            try await programs.divide.succeed(["-q", "--relocate", "gpt-bak-mini", path])
        }
    }

    private var partition: String { layout.number.map { "partition \($0)" } ?? "the disk" }

    private func run(_ program: Program, _ arguments: [String]) async throws -> Program.Answer {
        try await program.run(
            arguments, environment: Program.environment(), within: Self.patience,
            limits: RunningProgram.Limits(memory: Self.memory))
    }

    private func succeed(_ program: Program, _ arguments: [String]) async throws {
        let answer = try await run(program, arguments)
        guard answer.end.isSuccess else {
            let words = answer.lastWords ?? "without a word"
            throw Failure(
                words.contains("No space left") ? .quota : .refused, "\(program.name) failed: \(words)",
                place: source.path)
        }
    }
}
