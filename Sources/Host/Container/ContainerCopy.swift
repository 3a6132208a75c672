import ArgumentParser
import Documents
import Execution
import Files
import FoundationEssentials
import Import
import Plans

/// From where an image is to wherever it shall be: a plan of one artifact.
struct ContainerCopy: PublishingCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copies an image that exists to one or many places.",
        discussion: """
            SOURCE and DESTINATION are HOST/REPOSITORY[:TAG] (docker:// may stand before it), oci:DIRECTORY[:TAG] or \
            docker-archive:FILE[:REPOSITORY[:TAG]], of a destination what it is loaded as, of a source which of several images \
            is meant. The first colon ends DIRECTORY and FILE. A destination without a tag gets the source's; destinations that \
            differ in their tags alone are one that gets them all. Everything is copied: all platforms, with the digests that they have, and what is \
            attached: signatures, attestations, bills of materials. An archive holds one platform and nothing attached.
            """)

    @Argument(help: "The image.") var source: String
    @Argument(help: "Where it goes.") var destinations: [String]
    @Flag(help: "Unpacks the layers and checks what is in them; else they are copied as they are.")
    var checkLayers = false
    @Option(help: ArgumentHelp("Only this platform of the image: linux/arm64.", valueName: "os/architecture"))
    var platform: String?
    @OptionGroup var publishing: PublishingOptions

    func run() async throws {
        let session = try Session(publishing.places)
        let from = try ImageReference(source)
        var options: [String: JSON] = [:]
        if case .registry(let repository, _) = from, publishing.change.isInsecure(repository) {
            options["insecure"] = true
        }
        let targets = Self.joined(try destinations.map { try target($0, from: from) })
        let plan = Plan(
            artifacts: [
                "image": Plan.Artifact(
                    images: ["\(from)"], platform: platform, options: options.isEmpty ? nil : options)
            ],
            targets: targets)
        try publishing.change.checkHosts(of: targets.map(\.address) + [from.repository].compactMap(\.self))
        try publishing.change.checkSigning(targets)
        try await session.publish(plan, publishing)
    }

    /// What differs in its tags alone is one target with all of them.
    private static func joined(_ targets: [Plan.Target]) -> [Plan.Target] {
        var joined: [Plan.Target] = []
        for target in targets {
            let same = joined.firstIndex { $0.to == target.to && $0.options == target.options }
            guard let same else {
                joined.append(target)
                continue
            }
            let tags = joined[same].tags ?? []
            joined[same].tags = tags + (target.tags ?? []).filter { !tags.contains($0) }
        }
        return joined
    }

    private func target(_ text: String, from: ImageReference) throws -> Plan.Target {
        let tagged = from.tag
        // An image name without a tag means the source's, not "latest".
        let isTagged = text.split(separator: "/").last.map { $0.contains(":") } ?? false
        let reference = try ImageReference(text)
        try reference.checkColon { File.exists("\($0)/oci-layout") }
        switch reference {
        case .layout(let directory, let tag):
            // Another layout takes the name as it is.
            var named = tagged
            if case .layout(_, let name) = from { named = name }
            return Plan.Target(artifact: "image", to: "local:\(directory)", tags: [tag ?? named ?? "latest"])
        case .registry(let repository, let name):
            guard !name.hasPrefix("sha256:") else {
                throw Failure(.usage, "\(text) names a digest: a destination is a tag")
            }
            return Plan.Target(
                artifact: "image", to: "\(RegistryOptions.scheme):\(repository)",
                tags: [isTagged ? name : tagged ?? name],
                options: (publishing.change.options(of: repository) ?? [:]).merging(
                    checkLayers ? [:] : ["check_layers": false]
                ) {
                    $1
                })
        case .archive(let file, let image):
            let archive = try ArchiveDestination(file + (image.map { ":\($0)" } ?? ""), from: from, tag: tagged)
            var options: [String: JSON] = [:]
            if let name = archive.name { options["name"] = .string(name) }
            if publishing.change.update { options["update"] = true }
            return Plan.Target(
                artifact: "image", to: "docker-archive:\(archive.file)", tags: [archive.tag ?? "latest"],
                options: options.isEmpty ? nil : options)
        }
    }
}

extension ImageReference {
    var repository: String? { if case .registry(let repository, _) = self { repository } else { nil } }
}
