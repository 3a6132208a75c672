import ArgumentParser
import Conversion
import Documents
import Execution

/// The same disk in another format.
struct ImageConvert: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Makes a disk image into another format, and compares both before the file takes its name.",
        discussion: """
            A source that was cut or is corrupt is refused, and one that names other files. Nothing is left of a \
            conversion that fails.
            """)

    @Argument(help: ArgumentHelp("A disk image: qcow2, raw, VHD, VHDX, VMDK; or a block device.", valueName: "image"))
    var image: String
    @Argument(help: ArgumentHelp("The file to make.", valueName: "output")) var output: String
    @OptionGroup var making: MakingOptions
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let format = try making.format(of: output)
        let session = try Session(places)
        let interruption = Interruption()
        Signals.interrupt(interruption)
        let (image, output, isForced, progress) = (image, output, making.force, making.progress())
        let result = try await interruption.withTask("the image was converted") {
            let sound = try await SoundImage(image, session)
            return try await Conversion(sound.source, to: output, format, isForced: isForced)
                .run(read: sound.read, progress: progress)
        }
        try making.tell(result, of: image)
    }
}
