import ArgumentParser
import Discovery
import Documents
import FoundationEssentials
import Plans

/// What may happen to the tags of a registry, and how it is reached.
struct TagOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A registry that is spoken to in the clear; may be given several times.", valueName: "host"))
    var insecure: [String] = []
    @Flag(help: "The images are public: that is verified without credentials.") var `public` = false
    @Flag(help: "A version's tag may move to other content.") var update = false
    @Flag(help: "An alias may move to a lower version.") var allowAliasDowngrade = false
    @Flag(help: "A tag may move to an image with fewer platforms.") var allowFewerPlatforms = false

    func isInsecure(_ repository: String) -> Bool { insecure.contains { repository.hasPrefix("\($0)/") } }

    /// The options of a target in that repository; nil if there are none.
    func options(of repository: String) -> [String: JSON]? {
        var options: [String: JSON] = [:]
        if isInsecure(repository) { options["insecure"] = true }
        if `public` { options["public"] = true }
        if update { options["update"] = true }
        if allowAliasDowngrade { options["allow_alias_downgrade"] = true }
        if allowFewerPlatforms { options["allow_fewer_platforms"] = true }
        return options.isEmpty ? nil : options
    }

    /// - Throws: `Failure` for a host that no repository has: it would be taken for insecure and is not.
    func checkHosts(of repositories: [String]) throws {
        for host in insecure where !repositories.contains(where: { $0.hasPrefix("\(host)/") }) {
            throw Failure(.usage, "--insecure \(host): no image is there", hint: "spell it as the image's name does")
        }
    }
}

/// Which registries.
struct RegistryOptions: ParsableArguments {
    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("A repository of the registry: openeuler/openeuler.", valueName: "repository"))
    var repo: String?
    @Option(
        name: [.customShort("g"), .long],
        help: ArgumentHelp("The registry of --repo; default: the provider's own.", valueName: "host"))
    var registry: String?
    @Option(name: [.customShort("f"), .long], help: .hidden) var dockerfile: String?

    /// The scheme under which a provider takes registries.
    static let scheme = "registry"

    /// The targets that these options and `to` name.
    /// - Throws: `Failure` when they do not fit together.
    func targets(to: [String], tags: [String], change: TagOptions, session: Session) throws -> [Plan.Target] {
        if dockerfile != nil {
            throw Failure(
                .usage, "--dockerfile is not in this version: the base image is assembled without one",
                hint: "leave it out, or build with buildah")
        }
        var places = to
        if let repo {
            guard let host = try registry ?? defaults(session)["registry"]?.string else {
                throw Failure(.usage, "no provider says which registry is meant", hint: "name it with --registry")
            }
            places.append("\(Self.scheme):\(host)/\(repo)")
        } else if registry != nil {
            throw Failure(.usage, "--registry names the host of a repository", hint: "give --repo as well")
        }
        var targets = places.map { Plan.Target(artifact: "base", to: $0, tags: tags.isEmpty ? nil : tags) }
        let registries = targets.indices.filter { targets[$0].scheme == Self.scheme }
        for index in registries { targets[index].options = change.options(of: targets[index].address) }
        // One registry: the variables that the predecessor read.
        let isSet = ["LOGIN_USERNAME", "LOGIN_PASSWORD"].contains { name in
            ["", "_FILE"].contains { !(session.environment[name + $0] ?? "").isEmpty }
        }
        if registries.count == 1, isSet {
            targets[registries[0]].options = (targets[registries[0]].options ?? [:]).merging([
                "username_variable": "LOGIN_USERNAME", "password_variable": "LOGIN_PASSWORD",
            ]) { $1 }
        }
        try change.checkHosts(of: registries.map { targets[$0].address })
        return targets
    }

    /// What the provider of registries says about the predecessor's command.
    private func defaults(_ session: Session) throws -> JSON {
        let manifest = try session.providers.provider(forScheme: Self.scheme).manifest
        return manifest.verbs?.first { $0["command"]?.string == "container publish" } ?? [:]
    }
}
