import ArgumentParser
import Documents
import Execution
import Glibc
import Images
import Reports

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Disk images.",
        subcommands: [ImagePrepare.self, ImageInspect.self, ImageBootTest.self, ImageConvert.self, ImageResize.self])
}

/// What lies in a disk image, on one screen.
struct ImageInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tells what a disk image is and what lies in it; without root or mount (XFS, btrfs: libguestfs).")

    @Argument(help: ArgumentHelp("A disk image: qcow2, raw, VHD, VHDX, VMDK; or a block device.", valueName: "file"))
    var file: String
    @Flag(help: "All facts, each with its place, as a JSON document.") var json = false
    @OptionGroup var reading: ReadingOptions
    @OptionGroup var places: PlaceOptions

    /// Bytes that the file takes on its disk: of a sparse one less than it is long.
    private var allocated: UInt64? {
        var status = stat()
        guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        // In units of 512 bytes, whatever the file system's (inode(7)).
        return UInt64(max(0, status.st_blocks)) * 512
    }

    func run() async throws {
        let session = try Session(places)
        let interruption = Interruption()
        Signals.interrupt(interruption)
        let guestfish =
            reading.withoutLibguestfs
            ? nil
            : Guestfish(
                environment: session.environment, isCancelled: { interruption.signal != nil },
                tell: ReadingOptions.tell)
        let reader = try ImageReader.open(
            file, executable: ImageReader.executable(beside: session.workerExecutable), through: guestfish)
        let facts = try reader.facts()
        if json {
            try Output.document(of: facts)
        } else {
            Output.result(ImageText.text(facts, name: file, allocated: allocated, width: Output.width))
        }
        if let lost = Output.undelivered { throw lost }
    }
}
