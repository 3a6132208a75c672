import ArgumentParser
import Building
import Conversion
import Discovery
import Documents
import Files
import Glibc
import Prepare
import Settings

/// What the predecessor's builds have in common: packages from a list, and a name with the time in it.
struct CloudImageMaking: ParsableArguments {
    @Option(
        name: [.customShort("p"), .customLong("rpmlist")],
        help: ArgumentHelp("A file with a package's name on each line.", valueName: "file"))
    var list: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "The new image; its ending selects the format. Default: openEuler-VERSION-ARCH-TIME.qcow2 (for azure .vhd).",
            valueName: "file"))
    var output: String?
    @OptionGroup var sources: PackageSourceOptions
    @OptionGroup var ways: WayOption

    /// What was installed where no list was named (config/cloudimg/resource/install_packages.txt there).
    private static let usual = ["cloud-init", "cloud-utils-growpart", "wget", "tar", "hostname", "unzip", "make"]

    func run(
        _ preparation: DiskPreparation, for providers: [String], fallback: String? = nil,
        recipe: Recipe = Recipe(), ending: String = ".qcow2", _ session: Session
    ) async throws {
        // What people wrote is read before anything is fetched.
        let packages = try (list ?? fallback).map(Self.names) ?? Self.usual
        let repositories = try sources.repositories()
        let disk = try await preparation.run(session)
        DiskPreparation.tell(disk)
        let name = "openEuler-\(disk.version)-\(disk.architecture)-\(Self.now())\(ending)"
        try await BuildRun(
            image: disk.path, output: output ?? name, providers: providers, packages: packages,
            repositories: repositories, way: ways.way, recipe: recipe
        ).run(session)
    }

    /// One on each line; what follows a `#` is a comment.
    private static func names(_ path: String) throws -> [String] {
        let lines = String(decoding: try File.contents(path, limit: 1 << 20), as: UTF8.self)
            .split(whereSeparator: \.isNewline)
        let names = try lines.enumerated().compactMap { number, line -> String? in
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            guard words.count < 2 else {
                throw Failure(
                    .usage, "more than one package on a line", place: "\(path):\(number + 1)",
                    hint: "write each on a line of its own")
            }
            guard words.first?.hasPrefix("-") != true else {
                throw Failure(
                    .usage, "this is no package's name", place: "\(path):\(number + 1)",
                    hint: "write each on a line of its own")
            }
            return words.first.map(String.init)
        }
        guard !names.isEmpty else { throw Failure(.usage, "the list names no package", place: path) }
        return names
    }

    /// As the predecessor wrote it: 20261129_130501, by this machine's clock and zone.
    private static func now() -> String {
        var (seconds, parts) = (time(nil), tm())
        localtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y%m%d_%H%M%S", &parts)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// `cloudimg gen build -v VERSION -a ARCH -o NAME -p RPMLIST`.
struct GenericBuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Makes a release's disk image into one with cloud-init, or with what a list names.")

    @OptionGroup var release: DiskReleaseOptions
    @OptionGroup var making: CloudImageMaking
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let preparation = DiskPreparation(
            version: release.version, architecture: release.arch, mirror: release.mirror)
        try await making.run(preparation, for: ["local"], Session(places))
    }
}

/// `cloudimg build -c cloudimg.yaml -t TARGET`, and before that `-t TARGET -v VERSION -a ARCH -p RPMLIST`.
struct CloudImageBuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Makes a release's disk image into one that a provider takes.")

    @Option(name: .shortAndLong, help: ArgumentHelp("Whom it is for.", valueName: "name")) var target: String
    @OptionGroup var options: CloudImageOptions
    @OptionGroup var making: CloudImageMaking
    @OptionGroup var places: PlaceOptions

    func run() async throws {
        let session = try Session(places)
        let (preparation, file) = try options.read()
        if let id = try Self.provider(target, session) {
            return try await making.run(preparation, for: ["local", id], fallback: file?.packageList, session)
        }
        try AzureImage.check(making.output)
        Output.error("  \(AzureImage.told)")
        try await making.run(
            preparation, for: ["local"], fallback: file?.packageList, recipe: AzureImage.recipe(),
            ending: AzureImage.format.ending, session)
    }

    /// By the name that the predecessor had for it, which the provider's manifest says.
    /// - Returns: its id; nil for the one target that needs none.
    private static func provider(_ name: String, _ session: Session) throws -> String? {
        var known: [String: String] = [:]
        for entry in session.providers.entries where entry.isEnabled {
            for verb in entry.provider?.manifest.verbs ?? [] where verb["command"]?.string == "cloudimg build" {
                if let target = verb["target"]?.string { known[target] = entry.id }
            }
        }
        if let id = known[name] { return id }
        if name == AzureImage.target { return nil }
        let names = (known.keys + [AzureImage.target]).sorted().joined(separator: ", ")
        throw Failure(
            .usage, "no provider that is installed and enabled is the target \(Printable.line(name))",
            hint: "one of \(names); see: eulerpublisher provider list")
    }
}
