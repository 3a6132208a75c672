import DockerHubProvider
import Documents
import Testing

@Suite struct TagTests {
    @Test func versionsOfTheSystemAreOrderedAsTheyCameOut() throws {
        let names = [
            "20.03-lts", "20.03-LTS-SP4", "20.09", "21.09", "22.03-lts", "22.03-lts-sp1", "22.03-lts-sp10", "22.09",
            "23.03",
            "24.03-lts", "24.03-lts-sp2", "25.09",
        ]
        let versions = try names.map { try #require(SystemVersion($0)) }
        #expect(versions == versions.sorted() && versions.shuffled().sorted() == versions)
        for (name, version) in zip(names, versions) { #expect("\(version)" == name.lowercased()) }
        for text in [
            "", "24", "24.3", "24.13", "24.03-sp1", "24.03-lts-sp", "24.03-lts-sp0", "24.03-lts-sp+1", "24.03-lts-x",
            "v24.03",
            "24.03-lts-sp1-x", "+4.03", "٢٤.03", "24.03\u{301}",
        ] { #expect(SystemVersion(text) == nil, "\(text)") }
    }

    @Test func tagsAreToldApartByTheirSpelling() throws {
        #expect(TagKind("24.03-lts-sp2").isVersion && TagKind("25.09").isVersion && TagKind("23.03").isVersion)
        #expect(TagKind("24.03") == .line(try #require(SystemVersion("24.03"))))
        for alias in ["latest", "24.03", "stable", "v1", "2.4.51", "x-oe", "x-oe2203x", "-oe2203sp2", "oe2203sp2"] {
            #expect(!TagKind(alias).isVersion, "\(alias)")
        }
        for (tag, software, system) in [
            ("2.4.51-oe2203sp2", "2.4.51", "22.03-lts-sp2"),
            ("8.1.RC1-python3.11-oe2403lts", "8.1.RC1-python3.11", "24.03-lts"),
            ("cann7.0.RC1.alpha002-oe2509-dev", "cann7.0.RC1.alpha002", "25.09"),
        ] {
            let version = try #require(ApplicationVersion(tag))
            #expect(version.software == software && "\(version.system)" == system)
        }
    }

    @Test func versionsAreComparedOnlyWhereThereIsAnOrder() {
        let known: [(String, String, VersionOrder)] = [
            ("24.03-LTS", "24.03-lts", .same), ("22.03-lts-sp4", "24.03-lts", .lower),
            ("24.03-lts-sp2", "24.03-lts", .higher),
            ("2.4.9-oe2203sp2", "2.4.51-oe2203sp1", .lower), ("2.4-oe2203sp2", "2.4.0-oe2203sp1", .higher),
            ("1.10", "1.9", .higher), ("8.1.RC1-oe2403lts", "8.1-oe2403lts", .unclear),
            ("latest", "24.03-lts", .unclear),
            ("24.03", "24.03-lts", .unclear), ("1.0", "24.03-lts", .unclear),
        ]
        for (left, right, order) in known { #expect(VersionOrder.compare(left, right) == order, "\(left) \(right)") }
    }

    private static let both = ["linux/amd64", "linux/arm64"]

    private func rules(_ version: String, _ tags: [String], _ options: TagRules.Options = .init()) -> TagRules {
        TagRules(tags: tags, version: version, digest: "sha256:new", platforms: Self.both, options: options)
    }

    private func tag(_ digest: String, _ version: String? = nil, _ platforms: [String]? = both) -> RegistryFacts.Tag {
        .init(digest: digest, version: version, platforms: platforms)
    }

    private func reasons(_ rules: TagRules, _ present: [String: RegistryFacts.Tag]) -> [TagRules.Reason] {
        rules.decisions(present: present).flatMap(\.refusals).map(\.reason)
    }

    @Test func aVersionKeepsItsContentUnlessItIsAnUpdate() throws {
        let present = ["24.03-lts-sp2": tag("sha256:old")]
        let refused = rules("24.03-LTS-SP2", ["24.03-lts-sp2"])
        #expect(reasons(refused, present) == [.otherContent])
        let failure = #expect(throws: Failure.self) { try refused.verify(present: present) }
        #expect(failure?.code == .conflict && failure?.hint?.contains("update: true") == true)
        #expect(failure?.message.contains("sha256:old") == true)
        #expect(reasons(rules("24.03-LTS-SP2", ["24.03-lts-sp2"], .init(update: true)), present).isEmpty)
        #expect(reasons(refused, ["24.03-lts-sp2": tag("sha256:new")]).isEmpty)
        #expect(reasons(refused, [:]).isEmpty)
        // A tag that is the image's own version counts as one, however it is spelt.
        #expect(reasons(rules("2.4.51", ["2.4.51"]), ["2.4.51": tag("sha256:old")]) == [.otherContent])
    }

    @Test func anAliasGoesOnlyUpwards() throws {
        let tags = ["24.03", "latest"]
        func present(_ version: String?) -> [String: RegistryFacts.Tag] {
            ["24.03": tag("sha256:old", version), "latest": tag("sha256:old", version)]
        }
        for version in ["24.03-LTS-SP1", "24.03-lts-sp2", "22.03-LTS-SP4"] {
            #expect(reasons(rules("24.03-LTS-SP2", tags), present(version)).isEmpty, "\(version)")
        }
        #expect(reasons(rules("24.03-LTS-SP2", tags), present("24.03-LTS-SP3")) == [.aliasDowngrade, .aliasDowngrade])
        #expect(reasons(rules("24.03-LTS-SP2", tags), present("nightly")) == [.aliasDowngrade, .aliasDowngrade])
        let asked = rules("24.03-LTS-SP2", tags, .init(allowAliasDowngrade: true))
        #expect(reasons(asked, present("24.03-LTS-SP3")).isEmpty && reasons(asked, present(nil)).isEmpty)
        let hint = rules("24.03-LTS-SP2", tags).decisions(present: present("25.09"))[0].refusals.first?.failure.hint
        #expect(hint?.contains("allow_alias_downgrade: true") == true)
    }

    @Test func anAliasIsOfTheVersionThatHasItsDigest() throws {
        let rules = rules("24.03-LTS-SP2", ["latest"])
        var present = ["latest": tag("sha256:old"), "22.03-lts-sp4": tag("sha256:other")]
        #expect(reasons(rules, present) == [.unknownOwner])
        present["24.03-lts-sp1"] = tag("sha256:old")
        #expect(reasons(rules, present).isEmpty && rules.decisions(present: present)[0].owner == "24.03-lts-sp1")
        present["24.03-lts-sp3"] = tag("sha256:old")
        #expect(reasons(rules, present) == [.aliasDowngrade])
        // Another alias with the same digest is no owner.
        #expect(reasons(rules, ["latest": tag("sha256:old"), "24.03": tag("sha256:old")]) == [.unknownOwner])
    }

    @Test func platformsAreNotLostUnasked() throws {
        let more = Self.both + ["linux/loong64", "unknown/unknown"]
        let present = ["latest": tag("sha256:old", "24.03-LTS", more)]
        let refusal = rules("24.03-LTS-SP2", ["latest"]).decisions(present: present)[0].refusals
        #expect(refusal.map(\.reason) == [.fewerPlatforms])
        #expect(refusal[0].failure.message.contains("linux/loong64") && !refusal[0].failure.message.contains("amd64"))
        #expect(refusal[0].failure.hint?.contains("allow_fewer_platforms: true") == true)
        #expect(reasons(rules("24.03-LTS-SP2", ["latest"], .init(allowFewerPlatforms: true)), present).isEmpty)
        #expect(
            reasons(rules("24.03-LTS-SP2", ["latest"]), ["latest": tag("sha256:old", "24.03-LTS", nil)]) == [
                .fewerPlatforms
            ])
        let variant = ["latest": tag("sha256:old", "24.03-LTS", ["linux/amd64", "linux/arm64/v8"])]
        #expect(reasons(rules("24.03-LTS-SP2", ["latest"]), variant).isEmpty)
    }

    @Test func tagsOfOthersAreRefused() {
        #expect(reasons(rules("24.03-LTS-SP2", ["22.03"]), [:]) == [.wrongTag])
        #expect(reasons(rules("24.03-LTS-SP2", ["24.03-lts-sp1"]), [:]) == [.wrongTag])
        #expect(reasons(rules("24.03-LTS-SP2", ["24.03-LTS-SP2"]), [:]) == [.wrongTag])
        #expect(reasons(rules("1.27-oe2403sp2", ["22.03"]), [:]).isEmpty)
    }

    @Test func aliasesThatAnUpdateLeavesBehindAreNamed() {
        let present = [
            "latest": tag("sha256:old", "24.03-LTS-SP2"), "24.03": tag("sha256:old", "24.03-lts-sp2"),
            "22.03": tag("sha256:x", "22.03-LTS"), "24.03-lts-sp2": tag("sha256:old", "24.03-lts-sp2"),
        ]
        #expect(rules("24.03-LTS-SP2", ["24.03-lts-sp2", "latest"]).forgottenAliases(present: present) == ["24.03"])
        #expect(rules("24.03-LTS-SP1", ["24.03-lts-sp1"]).forgottenAliases(present: present).isEmpty)
    }
}
