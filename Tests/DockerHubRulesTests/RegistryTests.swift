import DockerHubProvider
import Documents
import Testing

@Suite struct RegistryTests {
    private let rules = TagRules(
        tags: ["24.03-lts-sp2", "latest"], version: "24.03-LTS-SP2", digest: "sha256:new", platforms: ["linux/amd64"])

    private func facts(_ change: (inout RegistryFacts) -> Void = { _ in }) -> RegistryFacts {
        var facts = RegistryFacts()
        change(&facts)
        return facts
    }

    @Test func whatWasNotReadIsUnknown() {
        let found =
            RegistryFacts().findings(rules) + [RegistryFacts().openSource(licences: nil, isCommercial: nil, now: 0)]
        #expect(found.count == 6 && found.allSatisfy { $0.outcome == "unknown" })
    }

    @Test func tagsAreJudgedByWhatIsThere() {
        func outcomes(_ version: String, _ digest: String) -> [String] {
            let facts = facts {
                $0.tags = [
                    "latest": .init(digest: "sha256:x", version: version, platforms: []),
                    "24.03-lts-sp2": .init(digest: digest, platforms: []),
                ]
            }
            return [facts.releaseTags(rules).outcome, facts.immutableTags(rules).outcome]
        }
        #expect(outcomes("24.03-LTS", "sha256:new") == ["pass", "pass"])
        #expect(outcomes("25.09", "sha256:new") == ["fail", "pass"])
        #expect(outcomes("24.03-LTS", "sha256:old") == ["pass", "fail"])
        #expect(facts { $0.tags = [:] }.findings(rules).prefix(2).map(\.outcome) == ["pass", "pass"])
        let unknown = facts { $0.tags = ["latest": .init(digest: "sha256:x")] }.releaseTags(rules)
        #expect(unknown.outcome == "unknown")
    }

    @Test func aBaseIsCurrentIfItsTagStillNamesIt() {
        let facts = facts { $0.bases = ["a/b:1": "sha256:1"] }
        #expect(facts.currentBase("a/b:1", "sha256:1").outcome == "pass")
        #expect(facts.currentBase("a/b:1", "sha256:2").outcome == "fail")
        #expect(facts.currentBase("a/b:2", "sha256:1").outcome == "unknown")
        #expect(facts.currentBase(nil, "sha256:1").outcome == "unknown")
    }

    @Test func pullLimitsShowInTheHeaders() {
        #expect(facts { $0.headers = ["Docker-Content-Digest": "x"] }.pullLimit().outcome == "pass")
        let limited = facts { $0.headers = ["RateLimit-Limit": "100;w=21600"] }.pullLimit()
        #expect(
            limited.outcome == "fail" && limited.evidence?.contains("100;w=21600") == true && limited.severity == "info"
        )
    }

    @Test(arguments: [
        (RegistryFacts.Signature.absent, "fail"), (.present, "unknown"), (.verified, "pass"), (.invalid, "fail"),
    ]) func signatures(_ signature: RegistryFacts.Signature, _ outcome: String) {
        #expect(facts { $0.signature = signature }.signatureFinding().outcome == outcome)
    }

    @Test func theSponsoredProgrammesTermsAreHeld() {
        let now: Int64 = 1_780_000_000
        func outcome(
            licences: String? = "MulanPSL-2.0", isCommercial: Bool? = false, isPrivate: Bool = false, days: Int64 = 10
        ) -> String {
            facts { facts in
                facts.repositories = [
                    .init(name: "a", isPrivate: isPrivate, lastPushed: now - days * 86_400),
                    .init(name: "b", isPrivate: false),
                ]
            }.openSource(licences: licences, isCommercial: isCommercial, now: now).outcome
        }
        #expect(outcome() == "pass")
        #expect(
            outcome(isPrivate: true) == "fail" && outcome(days: 400) == "fail" && outcome(isCommercial: true) == "fail")
        #expect(outcome(licences: "BUSL-1.1") == "fail" && outcome(licences: "BUSL-1.1 OR MIT") == "pass")
        #expect(
            outcome(licences: "MIT AND (Apache-2.0 OR BUSL-1.1)") == "pass"
                && outcome(licences: "MIT AND BUSL-1.1") == "fail")
        #expect(outcome(licences: "words of prose") == "unknown" && outcome(licences: nil) == "unknown")
        #expect(outcome(isCommercial: nil) == "unknown")
        #expect(outcome(licences: String(repeating: "(", count: 2000)) == "unknown")
    }
}

@Suite struct MarketplaceTests {
    static let readme = """
        # Quick reference
        Maintained by [openEuler](https://gitee.com/openeuler/openeuler-docker-images).

        ## Supported tags
        - [`24.03-lts-sp2`, `latest`](https://gitee.com/openeuler/x)

        ## Usage
        ```
        docker run -it openeuler/openeuler:latest   # [not a link](x.md)
        ```
        Licence
        -------
        MulanPSL-2.0, `[code](y.md)`.

        ## Question and answering
        """

    private func texts(_ change: (inout Marketplace.Texts) -> Void = { _ in }) -> Marketplace.Texts {
        var texts = Marketplace.Texts()
        texts.shortDescription = "The official base image of openEuler."
        texts.readme = Array(Self.readme.utf8)
        texts.categories = ["operating-system"]
        texts.logo = .init(format: "png", width: 512, height: 512, bytes: 10_000)
        change(&texts)
        return texts
    }

    private func findings(
        _ programme: Marketplace.Programme = .official, tags: [String] = ["24.03-lts-sp2", "latest"],
        facts: RegistryFacts = .init(), project: Marketplace.Project = .init(),
        _ change: (inout Marketplace.Texts) -> Void = { _ in }
    ) -> Findings {
        Findings(
            Marketplace(programme, texts: texts(change), project: project, facts: facts, tags: tags, now: 1_780_000_000)
                .findings())
    }

    @Test func goodTextsPass() {
        let found = findings()
        #expect(found.failing.isEmpty, "\(found)")
        for rule in ["R21", "R22", "R23", "R24", "R25", "R26"] { #expect(found[rule]?.outcome == "pass", "\(found)") }
    }

    @Test func textsThatAreMissingAreUnknown() {
        let found = Marketplace.textFindings(.init(), tags: [])
        #expect(found.count == 6 && found.allSatisfy { $0.outcome == "unknown" })
    }

    @Test func lengthsCountInBytes() {
        #expect(findings { $0.shortDescription = String(repeating: "a", count: 100) }["R21"]?.outcome == "pass")
        #expect(findings { $0.shortDescription = String(repeating: "欧", count: 34) }["R21"]?.outcome == "fail")
        #expect(findings { $0.shortDescription = " " }["R21"]?.outcome == "fail")
        #expect(findings { $0.readme = [UInt8](repeating: 0x61, count: 24_999) }["R22"]?.outcome == "pass")
        #expect(findings { $0.readme = [UInt8](repeating: 0x61, count: 25_000) }["R22"]?.outcome == "fail")
        #expect(findings { $0.readme = [0x61, 0xff] }["R22"]?.outcome == "fail")
        #expect(findings { $0.readme = [] }["R22"]?.outcome == "fail")
    }

    @Test func partsOfTheTextAreMissed() {
        func without(_ word: String) -> String? {
            let text = Self.readme.replacing(word, with: "x")
            return findings { $0.readme = Array(text.utf8) }["R23"]?.evidence
        }
        #expect(without("Quick reference")?.contains("what it is") == true)
        #expect(without("Licence\n")?.contains("licence") == true)
        #expect(without("Question and answering")?.contains("contact") == true)
        #expect(without("gitee.com")?.contains("source") == true)
        #expect(without("## Usage") == nil)
    }

    @Test func tagsOfTheTextAreComparedBothWays() {
        #expect(findings(tags: ["24.03-lts-sp3", "latest"])["R24"]?.evidence == "not listed: 24.03-lts-sp3")
        #expect(findings(tags: ["latest"])["R24"]?.outcome == "unknown")
        var facts = RegistryFacts()
        facts.tags = ["latest": .init(digest: "x")]
        facts.hasAllTags = true
        #expect(findings(tags: ["latest"], facts: facts)["R24"]?.evidence == "listed and not there: 24.03-lts-sp2")
        facts.tags?["24.03-lts-sp2"] = .init(digest: "x")
        #expect(findings(tags: ["latest"], facts: facts)["R24"]?.outcome == "pass")
        #expect(findings { $0.readme = Array("# Tags\nnone".utf8) }["R24"]?.outcome == "unknown")
    }

    @Test func relativeLinksAreFound() {
        let wrong = ["[a](docs/a.md)", "![b](./b.png)", "<img src=\"c.png\">", "[d]: ../d.md", "[e](/e)"]
        for text in wrong {
            #expect(findings { $0.readme! += Array("\n\(text)\n".utf8) }["R25"]?.outcome == "fail", "\(text)")
        }
        let right = [
            "[a](https://a.example/a)", "[b](#tags)", "[c](mailto:a@b.example)", "`[d](d.md)`", "[^1]: a note",
        ]
        for text in right {
            #expect(findings { $0.readme! += Array("\n\(text)\n".utf8) }["R25"]?.outcome == "pass", "\(text)")
        }
    }

    @Test func categoriesAndLogosAreBounded() {
        #expect(findings { $0.categories = ["a", "b", "c", "d"] }["R26"]?.outcome == "fail")
        #expect(findings { $0.logo?.width = 100 }["R26"]?.outcome == "fail")
        #expect(findings { $0.logo?.bytes = 6_000_000 }["R26"]?.outcome == "fail")
        #expect(findings { $0.logo?.format = "svg" }["R26"]?.outcome == "fail")
        #expect(findings { $0.categories = ["a", "b", "c"] }["R26"]?.outcome == "pass")
    }

    @Test func programmesHaveTheirOwnRules() {
        var project = Marketplace.Project()
        #expect(findings(.verifiedPublisher)["R29"]?.outcome == "unknown")
        project.isCommercial = false
        #expect(findings(.verifiedPublisher, project: project)["R29"]?.outcome == "fail")
        #expect(findings(.sponsoredOpenSource)["R27"]?.outcome == "unknown" && findings(.official)["R27"] == nil)
        #expect(findings(.official)["R30"]?.outcome == "unknown")
        project.licences = "MulanPSL-2.0"
        (project.hasOfficialBases, project.fitsCategory, project.hasDocumentationChange) = (true, true, true)
        (project.reviews, project.hasSingleCommit) = (2, true)
        #expect(findings(.official, project: project)["R30"]?.outcome == "pass")
        project.reviews = 1
        #expect(findings(.official, project: project)["R30"]?.evidence == "it has 1 of two reviews")
    }
}
