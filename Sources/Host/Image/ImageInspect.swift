import ArgumentParser
import Documents
import Execution
import Images
import Reports

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Disk images.", subcommands: [ImageInspect.self])
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
            Output.result(ImageText.text(facts, name: file))
        }
    }
}
