import ArgumentParser
import Conversion
import Documents
import Execution
import Programs

/// The same guest on a larger or smaller disk.
struct ImageResize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resize",
        abstract:
            "Makes a disk larger or smaller in a new file, with its last partition and the ext file system in it.",
        discussion: """
            The source is not changed and nothing is mounted. A last partition that holds another file system keeps its \
            place and size: the disk grows around it. SIZE is that of the disk: 40G, 4096M, or +10G for so much more.
            """)

    @Argument(help: ArgumentHelp("A disk image: qcow2, raw, VHD, VHDX, VMDK; or a block device.", valueName: "image"))
    var image: String
    @Argument(help: "Of the disk, in whole MiB.") var size: String
    @Option(name: .shortAndLong, help: ArgumentHelp("The file to make.", valueName: "file")) var output: String
    @OptionGroup var making: MakingOptions
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let format = try making.format(of: output)
        let size = try DiskSize(size)
        let session = try Session(places)
        let interruption = Interruption()
        Signals.interrupt(interruption)
        let (image, output, isForced, progress) = (image, output, making.force, making.progress())
        let (result, layout) = try await interruption.withTask("the disk was resized") {
            let sound = try await SoundImage(image, session)
            let layout = try Layout(
                sound.facts, size: size.size(from: sound.source.virtualSize), place: image)
            let result = try await Resizing(sound.source, layout, to: output, format, isForced: isForced)
                .run(read: sound.read, progress: progress)
            return (result, layout)
        }
        try making.tell(result, of: image)
        if !layout.isExt, !making.json {
            Output.result("  its last partition holds no ext file system, and has the size that it had")
        }
    }
}
