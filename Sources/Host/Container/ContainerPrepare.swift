import ArgumentParser
import Documents
import Execution
import FoundationEssentials
import Prepare

/// Fetches and verifies what an image is made of.
struct ContainerPrepare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare", abstract: "Fetches a release's root filesystems and verifies them.")

    @OptionGroup var release: ReleaseOptions
    @OptionGroup var places: PlaceOptions
    @Flag(help: "Prints the lock file's content.") var json = false

    func run() async throws {
        let session = try Session(places)
        let pinned = try release.lock.flatMap { try SourceLock.find($0) }
        let site = try ReleaseMirror(
            location: release.mirror, setting: session.mirror, downloader: session.downloader)
        let prepared = try await site.prepare(
            version: release.version, index: release.index,
            architectures: release.arch.isEmpty ? nil : try release.arch.map { try Architecture($0) },
            cache: session.cache, lock: pinned)
        let path = release.lock ?? "\(session.cache)/locks/\(prepared.version).json"
        if pinned == nil {
            try FileManager.default.createDirectory(
                atPath: "\(session.cache)/locks", withIntermediateDirectories: true)
            try prepared.lock.write(to: path)
        }
        if json {
            try Output.json(prepared.lock, pretty: true)
            return
        }
        for missing in prepared.missing { Output.error("\(missing): not on the mirror") }
        for source in prepared.sources {
            Output.result("\(source.architecture)  \(source.digest)  \(source.size) bytes  \(source.path)")
        }
        Output.result("\(prepared.sources.count) rootfs verified; their lock file is \(path)")
    }
}
