public import Documents

extension RegistryFacts {
    /// R08, R09, R17, R28 and R36, for an artifact that is to be published.
    /// - Parameters:
    ///   - base: the image's annotations org.opencontainers.image.base.name and base.digest.
    public func findings(_ rules: TagRules, base: (name: String?, digest: String?) = (nil, nil))
        -> [OperationResult.Finding]
    {
        [
            releaseTags(rules), immutableTags(rules), currentBase(base.name, base.digest), pullLimit(),
            signatureFinding(),
        ]
    }

    /// R08.
    public func releaseTags(_ rules: TagRules) -> OperationResult.Finding {
        let rule = Rule.releaseTags
        let local = rules.decisions(present: [:]).flatMap(\.refusals).map(\.failure.message)
        if !local.isEmpty { return rule.fail("tags do not fit the image", local) }
        if rules.tags.allSatisfy(rules.isVersion) {
            return rule.pass("the tags are the version's, and there is no alias")
        }
        guard let tags else { return rule.unknown("whose the aliases are now was not read from the registry") }
        let refusals = rules.decisions(present: tags).flatMap(\.refusals)
        let wrong = refusals.filter { $0.reason == .aliasDowngrade || $0.reason == .wrongTag }.map(\.failure.message)
        let unclear = refusals.first { $0.reason == .unknownOwner }?.failure.message
        return rule.decide(
            wrong, failing: "an alias would move to a lower version", blind: unclear,
            passing: "no alias moves to a lower version")
    }

    /// R09.
    public func immutableTags(_ rules: TagRules) -> OperationResult.Finding {
        let rule = Rule.immutableTags
        let versions = rules.tags.filter(rules.isVersion)
        if versions.isEmpty { return rule.pass("no version's tag is among the tags") }
        guard let tags else { return rule.unknown("what the tags have now was not read from the registry") }
        let moved = rules.decisions(present: tags).flatMap(\.refusals).filter { $0.reason == .otherContent }
        return rule.decide(
            moved.map(\.failure.message), failing: "a version's tag would get other content",
            passing: "no version's tag gets other content unasked")
    }

    /// R17.
    public func currentBase(_ name: String?, _ digest: String?) -> OperationResult.Finding {
        let rule = Rule.currentBase
        guard let name, let digest else { return rule.unknown("the image does not state its base's name and digest") }
        guard let current = bases?[name] else { return rule.unknown("what \(name) names now was not read") }
        if current == digest { return rule.pass("\(name) still names the base") }
        return rule.fail("\(name) names another image by now", ["built on \(digest), now \(current)"])
    }

    /// R24: the tags that a text lists against those that are there, or are about to be.
    public func tagList(_ readme: String?, pushed: [String]) -> OperationResult.Finding {
        let rule = Rule.tagList
        guard let readme else { return rule.unknown("there is no full description to compare") }
        let listed = ReadmeTags(readme).names
        if listed.isEmpty { return rule.unknown("no list of tags was found in the full description") }
        var wrong = Set(pushed).subtracting(listed).sorted().map { "not listed: \($0)" }
        if hasAllTags, let tags {
            wrong += listed.subtracting(tags.keys).subtracting(pushed).sorted().map { "listed and not there: \($0)" }
            return rule.decide(
                wrong, failing: "the listed tags are not those that are there",
                passing: "the listed tags are those that are there")
        }
        return rule.decide(
            wrong, failing: "tags are pushed that the full description does not list",
            blind: listed.subtracting(pushed).isEmpty
                ? nil : "the repository's tags were not all read, and more are listed than are pushed",
            passing: "the listed tags are those that are pushed")
    }

    /// R27.
    /// - Parameters:
    ///   - licences: of the project, an SPDX expression.
    ///   - isCommercial: whether the project has a path to commerce; nil if nobody said.
    ///   - now: seconds since 1970.
    public func openSource(licences: String?, isCommercial: Bool?, now: Int64) -> OperationResult.Finding {
        let rule = Rule.openSource
        var wrong: [String] = []
        var unseen: [String] = []
        if let repositories {
            wrong += repositories.filter(\.isPrivate).map { "\($0.name) is private" }
            let year: Int64 = 365 * 86_400
            let pushes = repositories.compactMap(\.lastPushed)
            if let newest = pushes.max() {
                if newest < now - year { wrong.append("no tag was pushed since \(Timestamp.text(newest))") }
            } else {
                unseen.append("when a tag was pushed last")
            }
        } else {
            unseen.append("which repositories the namespace has")
        }
        switch licences.map(SPDXLicence.approval) {
        case .approved?: break
        case .notApproved(let name)?: wrong.append("\(name) is not known as approved by the OSI")
        case .unreadable?, nil: unseen.append("the licence")
        }
        switch isCommercial {
        case true?: wrong.append("the project has a path to commerce")
        case false?: break
        case nil: unseen.append("whether the project has a path to commerce")
        }
        return rule.decide(
            wrong, failing: "a term of the programme is not met",
            blind: unseen.isEmpty ? nil : "not known: \(unseen.joined(separator: ", "))",
            passing: "the terms of the programme are met")
    }

    /// R28. Docker Hub sends `ratelimit-limit` wherever it counts pulls (https://docs.docker.com/docker-hub/usage/pulls/).
    public func pullLimit() -> OperationResult.Finding {
        let rule = Rule.pullLimit
        guard let headers else { return rule.unknown("no answer to HEAD of a manifest was read") }
        guard let limit = headers.first(where: { $0.key.lowercased() == "ratelimit-limit" }) else {
            return rule.pass("the registry states no pull limit")
        }
        return rule.fail("pulls are counted", ["ratelimit-limit: \(limit.value)"])
    }

    /// R36.
    public func signatureFinding() -> OperationResult.Finding {
        let rule = Rule.signature
        switch signature {
        case nil: return rule.unknown("whether the registry has a signature was not read")
        case .absent?: return rule.fail("there is no signature")
        case .present?: return rule.unknown("there is a signature, and no key is configured to verify it with")
        case .verified?: return rule.pass("the signature verifies with the configured key")
        case .invalid?: return rule.fail("the signature does not verify with the configured key")
        }
    }
}
