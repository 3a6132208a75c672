import ArgumentParser
import Discovery
import Documents
import FoundationEssentials
import Plans

/// Which registries, and what may happen to the tags there.
struct RegistryOptions: ParsableArguments {
    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("A repository of the registry: openeuler/openeuler.", valueName: "repository"))
    var repo: String?
    @Option(
        name: [.customShort("g"), .long],
        help: ArgumentHelp("The registry of --repo; default: the provider's own.", valueName: "host"))
    var registry: String?
    @Flag(name: [.customShort("m"), .long], help: "To every registry of the login file.") var mpublish = false
    @Option(name: [.customShort("f"), .long], help: .hidden) var dockerfile: String?
    @Option(
        help: ArgumentHelp("A registry that is spoken to in the clear; may be given several times.", valueName: "host"))
    var insecure: [String] = []
    @Flag(help: "The images are public: that is verified without credentials.") var `public` = false
    @Flag(help: "A version's tag may move to other content.") var update = false
    @Flag(help: "An alias may move to a lower version.") var allowAliasDowngrade = false
    @Flag(help: "A tag may move to an image with fewer platforms.") var allowFewerPlatforms = false

    /// The scheme under which a provider takes registries.
    static let scheme = "registry"

    func validate() throws {
        if dockerfile != nil {
            throw Failure(
                .usage, "--dockerfile is not in this version: the base image is assembled without one",
                hint: "leave it out, or build with buildah")
        }
        if registry != nil, repo == nil {
            throw ValidationError("--registry names the host of a repository: give --repo as well")
        }
        if mpublish, repo != nil || registry != nil {
            throw ValidationError("--mpublish takes the registries from the login file: leave --repo and --registry out")
        }
    }

    /// The targets that these options and `to` name.
    /// - Throws: `Failure` when the login file is at fault.
    func targets(to: [String], tags: [String], session: Session) throws -> [Plan.Target] {
        var targets = to.map { Plan.Target(artifact: "base", to: $0) }
        let environment = session.environment
        if let repo {
            let host = try registry ?? defaults(session)["registry"]?.string
            guard let host else {
                throw Failure(.usage, "no provider says which registry is meant", hint: "name it with --registry")
            }
            targets.append(Plan.Target(artifact: "base", to: "\(Self.scheme):\(host)/\(repo)"))
        }
        // One registry: the variables that the predecessor read.
        let registries = targets.indices.filter { targets[$0].scheme == Self.scheme }
        if registries.count == 1, ["LOGIN_USERNAME", "LOGIN_PASSWORD"].contains(where: { Self.isSet($0, environment) }) {
            targets[registries[0]].options = [
                "username_variable": "LOGIN_USERNAME", "password_variable": "LOGIN_PASSWORD",
            ]
        }
        for index in targets.indices {
            targets[index].tags = tags.isEmpty ? nil : tags
            guard targets[index].scheme == Self.scheme else { continue }
            var options = targets[index].options ?? [:]
            if insecure.contains(where: { targets[index].address.hasPrefix("\($0)/") }) { options["insecure"] = true }
            if `public` { options["public"] = true }
            if update { options["update"] = true }
            if allowAliasDowngrade { options["allow_alias_downgrade"] = true }
            if allowFewerPlatforms { options["allow_fewer_platforms"] = true }
            targets[index].options = options.isEmpty ? nil : options
        }
        for host in insecure where !targets.contains(where: { $0.address.hasPrefix("\(host)/") }) {
            throw Failure(.usage, "--insecure \(host): no target is there", hint: "spell it as the target does")
        }
        return targets
    }

    /// What the provider of registries says about the predecessor's command.
    private func defaults(_ session: Session) throws -> JSON {
        let manifest = try session.providers.provider(forScheme: Self.scheme).manifest
        return manifest.verbs?.first { $0["command"]?.string == "container publish" } ?? [:]
    }

    private static func isSet(_ name: String, _ environment: [String: String]) -> Bool {
        ["", "_FILE"].contains { !(environment[name + $0] ?? "").isEmpty }
    }
}
