import ArgumentParser
import Discovery
import Documents
import FoundationEssentials
import Import
import Plans
import Settings

/// What may happen to the tags of a registry, and how it is reached.
struct TagOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A registry that is spoken to in the clear; may be given several times.", valueName: "host"))
    var insecure: [String] = []
    @Flag(help: "The images are public: that is verified without credentials.") var `public` = false
    @Flag(help: "A version's tag may move to other content.") var update = false
    @Flag(help: "An alias may move to a lower version.") var allowAliasDowngrade = false
    @Flag(help: "A tag may move to an image with fewer platforms.") var allowFewerPlatforms = false

    @Option(help: ArgumentHelp("A Markdown file that becomes the repositories' page.", valueName: "file"))
    var readme: String?
    @Option(help: ArgumentHelp("One sentence about the repositories, at most 100 bytes.", valueName: "text"))
    var description: String?

    @Option(
        help: ArgumentHelp(
            "Signs the images with cosign and this key: a file, or the URI of a key that is kept elsewhere.",
            valueName: "key"))
    var sign: String?
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("An option of cosign sign: --tlog-upload=false.", valueName: "option"))
    var signOption: [String] = []

    func isInsecure(_ repository: String) -> Bool { insecure.contains { repository.hasPrefix("\($0)/") } }

    /// The options of a target in that repository; nil if there are none.
    func options(of repository: String) -> [String: JSON]? {
        var options: [String: JSON] = [:]
        if isInsecure(repository) { options["insecure"] = true }
        if `public` { options["public"] = true }
        if update { options["update"] = true }
        if allowAliasDowngrade { options["allow_alias_downgrade"] = true }
        if allowFewerPlatforms { options["allow_fewer_platforms"] = true }
        if let readme { options["readme"] = .string(readme) }
        if let sign { options["sign"] = .string(sign) }
        if !signOption.isEmpty { options["sign_options"] = .array(signOption.map { .string($0) }) }
        if let description { options["description"] = .string(description) }
        return options.isEmpty ? nil : options
    }

    /// - Throws: `Failure` for a host that no repository has: it would be taken for insecure and is not.
    func checkHosts(of repositories: [String]) throws {
        for host in insecure where !repositories.contains(where: { $0.hasPrefix("\(host)/") }) {
            throw Failure(.usage, "--insecure \(host): no image is there", hint: "spell it as the image's name does")
        }
    }
}

extension TagOptions {
    /// - Throws: `Failure` when nothing would get the signature that was asked for.
    func checkSigning(_ targets: [Plan.Target]) throws {
        guard sign == nil || targets.contains(where: { $0.scheme == RegistryOptions.scheme }) else {
            throw Failure(.usage, "--sign is for images in registries, and none is named", hint: "leave --sign out")
        }
        guard sign != nil || signOption.isEmpty else {
            throw Failure(.usage, "--sign-option says how --sign does it", hint: "give --sign as well")
        }
    }
}

/// Where to, and which registries.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to: local:DIRECTORY, registry:HOST/REPOSITORY; may be given several times.", valueName: "target"))
    var to: [String] = []
    @Option(
        name: [.customShort("p"), .long],
        help: ArgumentHelp("A repository of the registry: openeuler/openeuler.", valueName: "repository"))
    var repo: String?
    @Option(
        name: [.customShort("g"), .long],
        help: ArgumentHelp("The registry of --repo; default: the provider's own.", valueName: "host"))
    var registry: String?
    @Flag(name: [.customShort("m"), .long], help: "To every registry of the login file.") var mpublish = false
    @Option(
        help: ArgumentHelp(
            "Who logs in where: HOST: [USER_VARIABLE, PASSWORD_VARIABLE, HOST/REPOSITORY]; default: $EP_LOGIN_FILE.",
            valueName: "file"))
    var loginFile: String?
    @Option(name: [.customShort("f"), .long], help: .hidden) var dockerfile: String?

    /// The scheme under which a provider takes registries.
    static let scheme = "registry"
    /// What the plan's one artifact is called.
    static let artifact = "base"

    /// The targets that these options name.
    /// - Throws: `Failure` when they do not fit together.
    func targets(tags: [String], change: TagOptions, session: Session) throws -> [Plan.Target] {
        if dockerfile != nil {
            throw Failure(
                .usage, "--dockerfile is not in this version: the base image is assembled without one",
                hint: "leave it out, or build with buildah")
        }
        guard mpublish || loginFile == nil else {
            throw Failure(.usage, "--login-file says where --mpublish goes", hint: "give --mpublish as well")
        }
        var targets = to.map { Plan.Target(artifact: Self.artifact, to: $0) }
        if mpublish {
            targets += try fromLoginFile(session)
        } else if let repo {
            guard let host = try registry ?? defaults(session)["registry"]?.string else {
                throw Failure(.usage, "no provider says which registry is meant", hint: "name it with --registry")
            }
            targets.append(Plan.Target(artifact: Self.artifact, to: "\(Self.scheme):\(host)/\(repo)"))
        } else if registry != nil {
            throw Failure(.usage, "--registry names the host of a repository", hint: "give --repo as well")
        }
        let registries = targets.indices.filter { targets[$0].scheme == Self.scheme }
        for index in registries {
            let options = change.options(of: targets[index].address) ?? [:]
            targets[index].options = (targets[index].options ?? [:]).merging(options) { $1 }
            if targets[index].options == [:] { targets[index].options = nil }
        }
        for index in targets.indices { targets[index].tags = tags.isEmpty ? nil : tags }
        for target in targets { try Self.checkNames(target) }
        // One registry: the variables that the predecessor read.
        let isSet = ["LOGIN_USERNAME", "LOGIN_PASSWORD"].contains { name in
            ["", "_FILE"].contains { !(session.environment[name + $0] ?? "").isEmpty }
        }
        if registries.count == 1, !mpublish, isSet {
            targets[registries[0]].options = (targets[registries[0]].options ?? [:]).merging(
                Self.login("LOGIN_USERNAME", "LOGIN_PASSWORD")
            ) { $1 }
        }
        try change.checkHosts(of: registries.map { targets[$0].address })
        try change.checkSigning(targets)
        return targets
    }

    /// Every registry of the login file, and who logs in there. All variables are known to be set before anything is sent.
    private func fromLoginFile(_ session: Session) throws -> [Plan.Target] {
        guard registry == nil else {
            throw Failure(.usage, "--mpublish goes to the login file's registries", hint: "leave --registry out")
        }
        let file: LoginFile
        if let path = loginFile ?? session.environment["EP_LOGIN_FILE"] ?? HistoricalFiles.find("registry.yaml") {
            file = try LoginFile(path: path)
        } else {
            let document = JSON.object(try defaults(session)["registries"]?.object ?? [:])
            file = try LoginFile(
                text: String(decoding: try DocumentCoding.encode(document), as: UTF8.self),
                name: "the provider's own registries")
        }
        try file.check(environment: session.environment)
        return try file.registries.map { entry in
            guard let path = repo ?? entry.repository else {
                throw Failure(
                    .usage, "\(entry.host) names no repository", place: entry.place,
                    hint: "give --repo, or \(entry.host)/REPOSITORY as the third item")
            }
            return Plan.Target(
                artifact: Self.artifact, to: "\(Self.scheme):\(entry.host)/\(path)",
                options: Self.login(entry.user.name, entry.password.name))
        }
    }

    /// Before anything is fetched: what no registry and no layout would take.
    private static func checkNames(_ target: Plan.Target) throws {
        guard target.scheme == scheme else {
            if target.scheme == "local" { for tag in target.tags ?? [] { _ = try ImageReference("oci:.:\(tag)") } }
            return
        }
        _ = try ImageReference(target.to)
        for tag in target.tags ?? [] { _ = try ImageReference("\(target.to):\(tag)") }
    }

    private static func login(_ user: String, _ password: String) -> [String: JSON] {
        ["username_variable": .string(user), "password_variable": .string(password)]
    }

    /// What the provider of registries says about the predecessor's command.
    private func defaults(_ session: Session) throws -> JSON {
        let manifest = try session.providers.provider(forScheme: Self.scheme).manifest
        return manifest.verbs?.first { $0["command"]?.string == "container publish" } ?? [:]
    }
}
