import ArgumentParser
import Prepare
import Settings

/// What the later spellings take from a file or from options.
struct CloudImageOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("A cloudimg.yaml.", valueName: "file")) var config: String?
    @Option(name: .shortAndLong, help: "The release: 24.03-LTS-SP2.") var version: String?
    @Option(name: [.short, .long, .customLong("arch", withSingleDash: true)], help: "The architecture: x86_64.")
    var arch: String?
    @Option(help: ArgumentHelp("An http or https URL or a directory.", valueName: "mirror")) var mirror: String?
    // Where the image is published to, which these commands do not do.
    @Option(name: .shortAndLong, help: .hidden) var bucket: String?
    @Option(name: .shortAndLong, help: .hidden) var region: String?

    func validate() throws {
        if config == nil && version == nil {
            throw ValidationError("name a cloudimg.yaml with -c, or a release with -v")
        }
    }

    /// Options go before the file.
    func read() throws -> (preparation: DiskPreparation, file: CloudImageFile?) {
        let file = try config.map { try CloudImageFile(path: $0) }
        let preparation = DiskPreparation(
            version: version ?? file?.version ?? "", architecture: arch ?? file?.architecture, mirror: mirror)
        return (preparation, file)
    }
}

/// `cloudimg prepare -c cloudimg.yaml`, and before that `-v VERSION -a ARCH`.
struct CloudImagePrepare: AsyncParsableCommand {
    static let configuration = ImagePrepare.configuration

    @OptionGroup var options: CloudImageOptions
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let disk = try await options.read().preparation.run(Session(places))
        DiskPreparation.tell(disk)
        Output.result(disk.path)
    }
}
