import ArgumentParser
import Documents
import Images
import Reports

struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Disk images.", subcommands: [ImageInspect.self, ImageBootTest.self])
}

/// What lies in a disk image, on one screen.
struct ImageInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tells what a disk image is and what lies in it; without root, mount or virtual machine.")

    @Argument(help: ArgumentHelp("A disk image: qcow2, raw, VHD, VHDX, VMDK; or a block device.", valueName: "file"))
    var file: String
    @Flag(help: "All facts, each with its place, as a JSON document.") var json = false
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let session = try Session(places)
        let reader = try ImageReader(file, executable: ImageReader.executable(beside: session.workerExecutable))
        let facts = try reader.facts()
        if json {
            try Output.document(of: facts)
        } else {
            Output.result(ImageText.text(facts, name: file))
        }
    }
}
