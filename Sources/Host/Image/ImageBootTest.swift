import ArgumentParser
import Booting
import Documents
import Execution
import Images
import Reports

/// Whether a disk image comes up, in a virtual machine, and what it answers then.
struct ImageBootTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot-test",
        abstract:
            "Boots a disk image in a virtual machine without network, and asks the guest; the image is not changed.",
        discussion: """
            With cloud-init in the image, the guest is logged in to by a fresh key: cloud-init must be done without an \
            error, no unit failed, passwords refused, root locked, the root grown with the disk. Else the test is a login \
            prompt on the serial console. Without KVM the machine is emulated, which takes minutes. Exit status 3 if the \
            guest did not come up, or what it answered is wrong.
            """)

    @Argument(help: ArgumentHelp("A disk image: qcow2, raw, VHD, VHDX, VMDK; or a block device.", valueName: "image"))
    var image: String
    @Option(help: "What starts it. Default: each that the image has a boot loader for.") var firmware: FirmwareChoice?
    @Option(help: ArgumentHelp("How long each boot may take. Default: 600, with KVM 120.", valueName: "seconds"))
    var timeout: Int?
    @Flag(help: "What was seen and found as a JSON document.") var json = false
    @OptionGroup var places: PlaceOptions

    func validate() throws {
        if let timeout, !(1...86_400).contains(timeout) { throw ValidationError("--timeout: 1 to 86400 seconds") }
    }

    func run() async throws {
        let session = try Session(places)
        // One that was cut may start, and stand still after minutes.
        let facts = try await SoundImage(image, session).facts
        let interruption = Interruption()
        Signals.interrupt(interruption)
        let image = image
        if !json { Output.result(ImageHeadline.text(facts, name: image)) }
        let boots = ImageBoots(
            firmware: firmware, timeout: timeout, folder: "\(session.cache)/boot-test",
            tell: { [json] in if !json { Output.result($0) } })
        let reports = try await interruption.withTask("the image was booted") { try await boots.run(image, facts) }
        if json { try Output.document(of: BootDocument(image: image, reports)) }
        do { try ImageBoots.judge(reports, image) } catch {
            if json { throw ExitCode(Failure.Code.checkFailed.exitStatus) }
            throw error
        }
    }
}
