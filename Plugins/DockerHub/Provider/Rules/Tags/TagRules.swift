public import Documents

/// Which tags an image may take over from what stands under them now.
///
/// A version's tag promises one content. An alias (`24.03`, `latest`) belongs to one version at a time: a higher version takes
/// it over, an update build of its own version keeps it, a lower one gets it only if that is asked for. Whoever cannot be told
/// to be lower counts as such.
public struct TagRules: Sendable {
    /// What the target's options allow.
    public struct Options: Sendable, Equatable {
        /// A version's tag may move to other content.
        public var update: Bool
        public var allowAliasDowngrade: Bool
        public var allowFewerPlatforms: Bool
        public init(update: Bool = false, allowAliasDowngrade: Bool = false, allowFewerPlatforms: Bool = false) {
            self.update = update
            self.allowAliasDowngrade = allowAliasDowngrade
            self.allowFewerPlatforms = allowFewerPlatforms
        }
    }

    public enum Reason: String, Sendable { case otherContent, aliasDowngrade, unknownOwner, wrongTag, fewerPlatforms }

    public struct Refusal: Sendable, Equatable {
        public var reason: Reason
        /// Says which option allows it.
        public var failure: Failure
    }

    /// One wanted tag.
    public struct Decision: Sendable, Equatable {
        public var tag: String
        /// The digest that is there now.
        public var from: String?
        public var moves: Bool
        /// Of an alias, the version that has it now; nil if nobody has, or nobody knows who.
        public var owner: String?
        /// Why the tag must not move. Empty: it may.
        public var refusals: [Refusal]
    }

    let tags: [String]
    let version: String
    let digest: String
    let platforms: [String]
    let options: Options

    public init(tags: [String], version: String, digest: String, platforms: [String], options: Options = Options()) {
        self.tags = tags
        self.version = version
        self.digest = digest
        self.platforms = platforms
        self.options = options
    }

    /// The rules for a request's artifact and tags. Nil without an artifact.
    public init?(_ request: OperationRequest, options: Options = Options()) {
        guard let artifact = request.artifact else { return nil }
        self.init(
            tags: request.target.tags, version: artifact.version, digest: artifact.digest,
            platforms: artifact.platforms, options: options)
    }

    /// Whether the tag is a version's: the image's own, or one that is spelt so.
    public func isVersion(_ tag: String) -> Bool { tag.lowercased() == version.lowercased() || TagKind(tag).isVersion }

    /// - Parameter present: what the repository has: every wanted tag that is there, and as many of the others as are known,
    ///   since they tell whose an alias is.
    public func decisions(present: [String: RegistryFacts.Tag]) -> [Decision] {
        tags.map { decision($0, present) }
    }

    /// - Throws: the first refusal, as `Failure(.conflict)` or `Failure(.usage)`.
    public func verify(present: [String: RegistryFacts.Tag]) throws {
        for decision in decisions(present: present) {
            if let refusal = decision.refusals.first { throw refusal.failure }
        }
    }

    /// The aliases that this image's version has at the registry and that are not among the wanted tags: an update build
    /// leaves them on its old content.
    public func forgottenAliases(present: [String: RegistryFacts.Tag]) -> [String] {
        present.filter { tag, found in
            !isVersion(tag) && !tags.contains(tag) && found.digest != digest
                && owner(tag, found, present).map { VersionOrder.compare($0, version) == .same } == true
        }.keys.sorted()
    }

    private func decision(_ tag: String, _ present: [String: RegistryFacts.Tag]) -> Decision {
        let found = present[tag]
        var decision = Decision(tag: tag, from: found?.digest, moves: found?.digest != digest, refusals: [])
        if let wrong = wrongTag(tag) { decision.refusals.append(wrong) }
        guard let found, decision.moves else { return decision }
        if isVersion(tag) {
            if !options.update { decision.refusals.append(otherContent(tag, found)) }
        } else {
            decision.owner = owner(tag, found, present)
            if let refusal = aliasMove(tag, owner: decision.owner) { decision.refusals.append(refusal) }
        }
        if let refusal = fewerPlatforms(tag, found) { decision.refusals.append(refusal) }
        return decision
    }

    /// The version that an alias is of: by what its image says, else by the version's tag that has the same digest.
    func owner(_ tag: String, _ found: RegistryFacts.Tag, _ present: [String: RegistryFacts.Tag]) -> String? {
        if let version = found.version, !version.isEmpty { return version }
        let names = present.filter { isVersion($0.key) && $0.value.digest == found.digest }.keys.sorted()
        guard var highest = names.first else { return nil }
        for name in names.dropFirst() {
            switch VersionOrder.compare(highest, name) {
            case .lower: highest = name
            case .same, .higher: continue
            case .unclear: return nil
            }
        }
        return highest
    }

    private func wrongTag(_ tag: String) -> Refusal? {
        guard let mine = SystemVersion(version) else { return nil }
        switch TagKind(tag) {
        case .line(let line) where line.line != mine.line:
            return refuse(
                .wrongTag, .usage, "the tag \(tag) is of the line \(tag), and the image is \(version)", tag,
                "take the tag out of the target's tags")
        case .release(let release) where release != mine:
            return refuse(
                .wrongTag, .usage, "the tag \(tag) is the name of another version than \(version)", tag,
                "use the tag \(mine), or an alias")
        case .release where tag != tag.lowercased():
            return refuse(
                .wrongTag, .usage, "the tag \(tag) is a version in upper case", tag, "write it as \(tag.lowercased())")
        default: return nil
        }
    }

    private func otherContent(_ tag: String, _ found: RegistryFacts.Tag) -> Refusal {
        refuse(
            .otherContent, .conflict,
            "the version's tag \(tag) holds \(found.digest), and would get other content, \(digest)", tag,
            "give --update, or `update: true` in the target's options, if this is an update build, or publish under another "
                + "tag")
    }

    private func aliasMove(_ tag: String, owner: String?) -> Refusal? {
        if options.allowAliasDowngrade { return nil }
        let remedy =
            "give --allow-alias-downgrade, or `allow_alias_downgrade: true` in the target's options, if the alias shall move all the same"
        guard let owner else {
            return refuse(
                .unknownOwner, .conflict,
                "nobody can tell which version the alias \(tag) has now: its image states none, and no version's tag has its "
                    + "digest", tag, remedy)
        }
        switch VersionOrder.compare(version, owner) {
        case .same, .higher: return nil
        case .lower:
            return refuse(
                .aliasDowngrade, .conflict, "the alias \(tag) is of \(owner), and would go back to \(version)", tag,
                remedy)
        case .unclear:
            return refuse(
                .aliasDowngrade, .conflict,
                "the alias \(tag) is of \(owner), and nobody can tell whether \(version) is the higher version", tag,
                remedy
            )
        }
    }

    private func fewerPlatforms(_ tag: String, _ found: RegistryFacts.Tag) -> Refusal? {
        if options.allowFewerPlatforms { return nil }
        let remedy =
            "add the platforms, or give --allow-fewer-platforms, or `allow_fewer_platforms: true` in the target's options"
        guard let before = found.platforms else {
            return refuse(
                .fewerPlatforms, .conflict,
                "nobody can tell which platforms the tag \(tag) has now, so that some may be lost", tag, remedy)
        }
        let lost = before.filter { old in old != "unknown/unknown" && !platforms.contains { PlatformName.same($0, old) }
        }
        guard !lost.isEmpty else { return nil }
        return refuse(
            .fewerPlatforms, .conflict,
            "the tag \(tag) has \(lost.joined(separator: ", ")) now, and would lose \(lost.count == 1 ? "it" : "them")",
            tag,
            remedy)
    }

    /// What a registry says comes into these texts, so they are made fit for a terminal.
    private func refuse(_ reason: Reason, _ code: Failure.Code, _ message: String, _ tag: String, _ hint: String)
        -> Refusal
    {
        Refusal(
            reason: reason,
            failure: Failure(code, Rule.printable(message, limit: 600), place: Rule.printable(tag), hint: hint))
    }
}

enum PlatformName {
    /// linux/arm64 and linux/arm64/v8 are one platform: v8 is the only one that there is, and may be left out
    /// (https://github.com/containerd/platforms, `Normalize`).
    static func same(_ one: String, _ other: String) -> Bool { normal(one) == normal(other) }

    static func normal(_ name: String) -> String {
        name == "linux/arm64/v8" ? "linux/arm64" : name
    }
}
