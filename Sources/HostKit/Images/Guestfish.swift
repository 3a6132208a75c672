import CSystem
import Documents
import Glibc

/// libguestfs' shell, which reads file systems that nobody reads here: by Linux itself, in a virtual machine of its own
/// (libguestfs.org/guestfish.1.html). It takes tens of seconds where the machine is emulated.
///
/// Any thread. The image is opened for reading only, in the format that our reader found; nothing in it is run or inspected.
public struct Guestfish: Sendable {
    /// What it is given of the environment: where its appliance, its kernel and its machine are, if not where it looks.
    private static let given = [
        "PATH", "LIBGUESTFS_CACHEDIR", "LIBGUESTFS_PATH", "LIBGUESTFS_HV", "LIBGUESTFS_QEMU", "LIBGUESTFS_MEMSIZE",
        "LIBGUESTFS_BACKEND_SETTINGS", "SUPERMIN_KERNEL", "SUPERMIN_KERNEL_VERSION", "SUPERMIN_MODULES",
    ]
    /// Volumes of one image that are read through it.
    private static let volumeLimit = 16
    /// Of one volume, in bytes.
    private static let sizeLimit: UInt64 = 32 << 30

    private let program: String
    private let environment: [String: String]
    private let isCancelled: @Sendable () -> Bool
    private let tell: @Sendable (String) -> Void

    /// - Parameters:
    ///   - environment: the host's own.
    ///   - isCancelled: asked while the machine runs: it is ended as soon as this is true.
    ///   - tell: told in a sentence what is waited for.
    /// - Returns: nil if guestfish is not on the PATH.
    public init?(
        environment: [String: String], isCancelled: @escaping @Sendable () -> Bool,
        tell: @escaping @Sendable (String) -> Void
    ) {
        let search = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").filter { $0.hasPrefix("/") }
        let programs: [String] = search.map { "\($0)/guestfish" }
        guard let program = programs.first(where: { access($0, X_OK) == 0 }) else { return nil }
        self.program = program
        self.isCancelled = isCancelled
        self.tell = tell
        self.environment = environment
    }

    /// Copies of volumes' files, on the file systems of a scratch disk that has no name any more.
    struct Copies {
        var copies: [VolumeCopy]
        /// The caller's to close; nil if nothing was copied.
        var scratch: Int32?
    }

    /// Copies what the volumes hold. What goes wrong with one of them is said in its stead.
    /// - Throws: `Failure` (interrupted) if it was cancelled.
    func copies(of volumes: [UnreadVolume], image: String) throws -> Copies {
        var results: [VolumeCopy] = []
        var rest: [UnreadVolume] = []
        for volume in volumes {
            if let failure = refusal(of: volume, rest.count) {
                results.append(VolumeCopy(place: volume.place, failure: failure))
            } else {
                rest.append(volume)
            }
        }
        while !rest.isEmpty {
            do {
                let folder = try ScratchFolder(environment)
                let scratch = try folder.disk(size: GuestfishScript.scratchSize(rest))
                do {
                    let copies = try withExtendedLifetime(folder) { try run(rest, image: image, folder) }
                    return Copies(copies: results + copies, scratch: scratch)
                } catch let error as StoppedAt {
                    close(scratch)
                    results.append(VolumeCopy(place: rest[error.index].place, failure: error.failure))
                    rest.remove(at: error.index)
                } catch {
                    close(scratch)
                    throw error
                }
            } catch let failure as Failure where failure.code != .interrupted {
                results += rest.map { VolumeCopy(place: $0.place, failure: failure) }
                rest = []
            }
        }
        return Copies(copies: results, scratch: nil)
    }

    /// One of several volumes could not be copied; the others may be.
    private struct StoppedAt: Error {
        var index: Int
        var failure: Failure
    }

    private func refusal(of volume: UnreadVolume, _ count: Int) -> Failure? {
        if count >= Self.volumeLimit {
            return Failure(.refused, "more than \(Self.volumeLimit) volumes of an image are not read through it")
        }
        if volume.used > Self.sizeLimit {
            return Failure(
                .refused, "its files take \(volume.used >> 20) MiB, and at most \(Self.sizeLimit >> 20) MiB are copied")
        }
        return nil
    }

    private func run(_ volumes: [UnreadVolume], image: String, _ folder: ScratchFolder) throws -> [VolumeCopy] {
        let script = try GuestfishScript(volumes, folder: folder.path)
        try folder.link("image", to: image)
        let limit = Self.patience(volumes)
        let names = volumes.map { "\($0.place) (\($0.kind))" }.joined(separator: ", ")
        tell(
            "reading \(names) through libguestfs; without KVM this takes a minute or more (at most \(limit / 60) minutes)"
        )
        let answer = try GuestfishProcess.run(
            program, script: try folder.file("script", script.text), environment: environment(folder), limit: limit,
            isCancelled: isCancelled)
        let (copies, stopped) = script.copies(from: answer.output)
        guard answer.isSuccess, copies.count == volumes.count else {
            let failure = Failure(
                .refused, answer.words,
                hint: "see what it lacks: libguestfs-test-tool (Debian: a kernel's package such as "
                    + "linux-image-cloud-amd64; openEuler: libguestfs-xfs for XFS)")
            if let stopped, answer.isTimely, volumes.count > 1 { throw StoppedAt(index: stopped, failure: failure) }
            throw failure
        }
        return copies
    }

    /// Seconds: a machine's start under emulation, and what it copies at its slowest.
    private static func patience(_ volumes: [UnreadVolume]) -> Int64 {
        240 + Int64(volumes.reduce(0) { $0 + $1.used } >> 20)
    }

    private func environment(_ folder: ScratchFolder) -> [String: String] {
        var kept = environment.filter { Self.given.contains($0.key) && !$0.value.isEmpty }
        kept["HOME"] = folder.path
        kept["TMPDIR"] = folder.path
        kept["LIBGUESTFS_TMPDIR"] = folder.path
        // The appliance is built once and kept, as it is for whoever uses libguestfs without us.
        kept["LIBGUESTFS_CACHEDIR"] = kept["LIBGUESTFS_CACHEDIR"] ?? "/var/tmp"
        kept["LIBGUESTFS_BACKEND"] = "direct"
        // That /dev/kvm can be opened does not mean that a machine starts by it.
        kept["LIBGUESTFS_BACKEND_SETTINGS"] = kept["LIBGUESTFS_BACKEND_SETTINGS"] ?? "force_tcg"
        kept["LC_ALL"] = "C"
        return kept
    }
}
