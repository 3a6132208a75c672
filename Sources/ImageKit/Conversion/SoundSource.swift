public import Documents
public import Programs

/// A source of a conversion that holds all of its disk: found by our reader's tables, and by qemu-img's own check, since its
/// conversion takes a file that was cut for a whole one and says nothing.
public enum SoundSource {
    /// Seconds that a check may take.
    static let patience = 600.0
    /// Bytes of memory that a check may take: the tables of a disk of 4 TiB are a tenth of it.
    static let memory: UInt64 = 4 << 30

    /// A raw disk that was cut is known by its table alone: for programs that copy disks it is as good as any.
    /// - Throws: `Failure` (refused) if a partition reaches past the disk's end.
    public static func refuseCut(_ facts: ImageFacts, _ path: String) throws(Failure) {
        guard let size = facts.disk?.virtualSize.value,
            let last = facts.partitions?.partitions.value?.max(by: { $0.end < $1.end }), last.end > size
        else { return }
        throw Failure(
            .refused,
            "the disk was cut: it has \(size >> 20) MiB, and partition \(last.number) ends at \(last.end >> 20) MiB",
            place: path, hint: "copy it again, whole")
    }

    /// - Parameter facts: as a reader surveyed them.
    /// - Returns: the image as qemu's programs are told of it.
    /// - Throws: `CancellationError`; `Failure` (refused) if the source is cut, corrupt or encrypted.
    public static func checked(
        _ path: String, _ facts: DiskFacts?, qemuImage: Program
    ) async throws -> QemuImage {
        let image = try QemuImage(path, facts)
        guard let facts else { return image }
        if let defect = facts.defects.value?.first {
            throw Failure(.refused, "the image is damaged: \(defect)", place: path, hint: "copy it or make it again")
        }
        if case .unknown(let why) = facts.defects {
            throw Failure(.refused, "whether the image is whole can't be told: \(why)", place: path)
        }
        if facts.clean.value == false {
            throw Failure(
                .refused, "the image was not closed in order", place: path,
                hint: "end what has it open, or mend a copy: qemu-img check -r all")
        }
        if facts.encrypted.value == true {
            throw Failure(.refused, "the image is encrypted", place: path, hint: "decrypt it first")
        }
        let answer = try await qemuImage.run(
            ["check", "-q", try image.word()], environment: Program.environment(), within: patience,
            limits: RunningProgram.Limits(memory: memory))
        switch answer.end.status {
        // Room that nobody uses harms nobody (3); some formats have nothing that could be checked (63): qemu-img(1).
        case 0, 3, 63: return image
        default:
            throw Failure(
                .refused, "qemu-img finds the image damaged: \(answer.lastWords ?? "without a word")", place: path,
                hint: "copy it or make it again")
        }
    }
}
