import ArgumentParser
import Assemble
import Discovery
import Documents
import FoundationEssentials
import Prepare
import Workers

struct ContainerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "container", abstract: "Container images.", subcommands: [ContainerPublish.self])
}

/// From a release mirror to a catalogue: prepare, assemble, publish.
struct ContainerPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Assembles a release's base image and publishes it.")

    @Option(name: .shortAndLong, help: "The release, as the mirror spells it: 24.03-LTS-SP2.") var version: String
    @Option(name: .shortAndLong, help: "The index below the release: docker_img, docker_img/update/current.")
    var index = "docker_img"
    @Option(name: .shortAndLong, help: "An architecture; without, all that the mirror has.") var arch: [String] = []
    @Option(help: "A directory with the layout of the release site.") var mirror: String
    @Option(help: "Where to: local:DIRECTORY.") var to: String
    @Option(help: "Keeps downloads and assembled images.") var cacheDir: String
    @Option(help: "A further directory of providers, searched first.") var providerPath: [String] = []

    func run() async throws {
        let prefix = Search.prefix()
        guard let colon = to.firstIndex(of: ":") else {
            throw Failure(
                .usage, "\(to) is no target: a scheme, a colon and an address", hint: "write --to local:DIRECTORY")
        }
        let scheme = String(to[..<colon])
        let (found, _) = Search(explicit: providerPath, prefix: prefix).providers()
        guard let provider = found.first(where: { $0.manifest.targets.contains(scheme) }) else {
            throw Failure(
                .usage, "no provider claims targets of the scheme \(scheme)", hint: "see: eulerpublisher provider list")
        }
        let release = try await ReleaseMirror(location: mirror).prepare(
            version: version, index: index, architectures: arch.isEmpty ? nil : try arch.map { try Architecture($0) },
            cache: cacheDir)
        for missing in release.missing { print("  missing    \(missing): not on the mirror") }
        print("  prepare    \(release.sources.count) rootfs verified")
        let image = try await assemble(release, into: "\(cacheDir)/layouts/\(version)")
        print("  assemble   \(image.indexDigest)  \(image.platforms.map { "\($0)" }.joined(separator: " "))")
        for (architecture, seconds) in image.seconds.sorted(by: { $0.key < $1.key }) {
            print("             \(architecture)  \(Double(Int(seconds * 10)) / 10) s")
        }
        let job = PublishJob(
            workers: Workers(workerExecutable: "\(prefix)/libexec/eulerpublisher/eulerpublisher-worker"),
            provider: provider,
            image: image, version: version,
            target: .init(
                name: to, scheme: scheme, address: try absolute(String(to[to.index(after: colon)...])),
                tags: [version.lowercased()]))
        try await job.run()
    }

    private func absolute(_ path: String) throws -> String {
        guard !path.isEmpty else { throw Failure(.usage, "the target names no directory", place: to) }
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
