import ArgumentParser
import CSystem
import Documents
import Execution
import Prepare
import Synchronization

/// Which disk image of a release, and where it comes from.
struct DiskReleaseOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The release, as the mirror spells it: 24.03-LTS-SP2.") var version: String
    @Option(
        name: [.short, .long, .customLong("arch", withSingleDash: true)],
        help: "The architecture: x86_64, aarch64, loongarch64, riscv64. Default: this machine's.")
    var arch: String?
    @Option(help: ArgumentHelp("An http or https URL or a directory.", valueName: "mirror")) var mirror: String?
}

/// The image of a release in the cache, fetched by a command.
struct DiskPreparation {
    let version: String
    /// Nil: this machine's.
    let architecture: String?
    let mirror: String?

    func run(_ session: Session) async throws -> PreparedDisk {
        let interruption = Interruption()
        Signals.interrupt(interruption)
        let site = try ReleaseMirror(location: mirror, setting: session.mirror, downloader: session.downloader)
        let architecture = try Architecture(architecture ?? Self.machine)
        let (version, cache) = (version, session.cache)
        return try await interruption.withTask("the image was prepared") {
            let told = Mutex<(mebibytes: Int64, time: Int64)>((-1, 0))
            return try await site.prepareDisk(version: version, architecture: architecture, cache: cache) { fetching in
                let (mebibytes, now) = (Int64(fetching.bytes >> 20), eps_monotonic())
                let isNews = told.withLock { told in
                    guard told.mebibytes != mebibytes || now - told.time >= Self.silence else { return false }
                    told = (mebibytes, now)
                    return true
                }
                if isNews { Output.error("  \(mebibytes) MiB of \(fetching.url)") }
            }
        }
    }

    /// Nanoseconds for which nothing is said of a download that stands still.
    private static let silence: Int64 = 30_000_000_000

    private static var machine: String {
        #if arch(arm64)
            "aarch64"
        #else
            "x86_64"
        #endif
    }

    /// Where it came from, for people: beside what a script reads.
    static func tell(_ disk: PreparedDisk) {
        let source = disk.fetched > 0 ? "\(disk.fetched) bytes fetched" : "nothing fetched"
        Output.error("openEuler-\(disk.version) \(disk.architecture): \(disk.digest), \(source)")
    }
}

/// Fetches, verifies and unpacks a release's disk image.
struct ImagePrepare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: "Fetches a release's disk image, verifies it, unpacks it into the cache, and prints where it is.",
        discussion: """
            What was fetched before an interruption is not fetched again. The image in the cache is read-only: convert it, or \
            build another one from it.
            """)

    @OptionGroup var release: DiskReleaseOptions
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let session = try Session(places)
        let disk = try await DiskPreparation(
            version: release.version, architecture: release.arch, mirror: release.mirror
        ).run(session)
        DiskPreparation.tell(disk)
        Output.result(disk.path)
    }
}
