public import Documents
import FoundationEssentials

/// `ep.marketplace.check/1`: the texts of a repository, and the terms of Docker's programmes for publishers.
public struct Marketplace: Sendable {
    public enum Programme: String, Sendable, CaseIterable {
        case official
        case verifiedPublisher = "verified-publisher"
        case sponsoredOpenSource = "sponsored-oss"
    }

    /// A logo as its file is.
    public struct Logo: Sendable, Equatable {
        /// `png`, `jpeg`, ... by its first bytes.
        public var format: String
        /// In pixels.
        public var width: Int
        public var height: Int
        public var bytes: Int64
        public init(format: String, width: Int, height: Int, bytes: Int64) {
            self.format = format
            self.width = width
            self.height = height
            self.bytes = bytes
        }
    }

    /// What is shown beside the image; nil is what nobody gave.
    public struct Texts: Sendable, Equatable {
        public var shortDescription: String?
        /// The full description's bytes, as they would be sent.
        public var readme: [UInt8]?
        public var categories: [String]?
        public var logo: Logo?
        public init() {}
    }

    /// What the publisher says about the project; nil is what nobody said.
    public struct Project: Sendable, Equatable {
        /// An SPDX expression.
        public var licences: String?
        /// Whether it has a path to commerce.
        public var isCommercial: Bool?
        /// Whether its images stand on official or empty bases alone.
        public var hasOfficialBases: Bool?
        public var fitsCategory: Bool?
        public var hasDocumentationChange: Bool?
        /// How many maintainers of the programme reviewed it.
        public var reviews: Int?
        /// Whether root file systems lie in a single commit.
        public var hasSingleCommit: Bool?
        public init() {}
    }

    let programme: Programme
    let texts: Texts
    let project: Project
    let facts: RegistryFacts
    let tags: [String]
    let now: Int64

    /// - Parameters:
    ///   - tags: those that are being pushed.
    ///   - now: seconds since 1970.
    public init(
        _ programme: Programme, texts: Texts, project: Project = Project(), facts: RegistryFacts = RegistryFacts(),
        tags: [String], now: Int64
    ) {
        self.programme = programme
        self.texts = texts
        self.project = project
        self.facts = facts
        self.tags = tags
        self.now = now
    }

    /// R21 to R30. A programme's rule that was not applied for is left out.
    public func findings() -> [OperationResult.Finding] {
        let common = Marketplace.textFindings(texts, facts: facts, tags: tags)
        switch programme {
        case .official: return common + [officialImage()]
        case .verifiedPublisher: return common + [facts.pullLimit(), verifiedPublisher()]
        case .sponsoredOpenSource:
            let terms = facts.openSource(
                licences: project.licences, isCommercial: project.isCommercial, now: now)
            return common + [terms, facts.pullLimit()]
        }
    }

    /// R21 to R26: also for a push of the texts without a programme.
    public static func textFindings(_ texts: Texts, facts: RegistryFacts = RegistryFacts(), tags: [String])
        -> [OperationResult.Finding]
    {
        // The rest of a text that is far too long says nothing new.
        let readme = texts.readme.flatMap { String(validating: $0.prefix(1 << 20), as: UTF8.self) }
        return [
            shortDescription(texts.shortDescription), fullDescription(texts.readme), sections(readme),
            facts.tagList(readme, pushed: tags), links(readme), categories(texts),
        ]
    }

    static func shortDescription(_ text: String?) -> Finding {
        let rule = Rule.shortDescription
        guard let text else { return rule.unknown("no short description was given") }
        if text.allSatisfy(\.isWhitespace) { return rule.fail("the short description is empty") }
        let count = text.utf8.count
        return count <= 100
            ? rule.pass("the short description is \(count) bytes")
            : rule.fail("the short description is \(count) bytes")
    }

    static func fullDescription(_ bytes: [UInt8]?) -> Finding {
        let rule = Rule.fullDescription
        guard let bytes else { return rule.unknown("no full description was given") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return rule.fail("the full description is not UTF-8")
        }
        if text.allSatisfy(\.isWhitespace) { return rule.fail("the full description is empty") }
        return bytes.count < 25_000
            ? rule.pass("the full description is \(bytes.count) bytes")
            : rule.fail("the full description is \(bytes.count) bytes")
    }

    /// What each part is recognised by: a heading with one of the words, in English or Chinese.
    private static let parts: [(String, [String])] = [
        (
            "what it is",
            ["what is", "overview", "introduction", "about", "description", "quick reference", "简介", "介绍", "概述"]
        ),
        (
            "how it is run",
            ["usage", "how to", "run", "running", "getting started", "quick start", "start", "使用", "运行", "启动"]
        ),
        ("tags", ["tag", "标签"]), ("licence", ["license", "licence", "licensing", "许可"]),
        (
            "contact",
            [
                "contact", "support", "question", "help", "issue", "maintainer", "community", "feedback", "联系", "问题",
                "支持", "社区",
            ]
        ),
    ]

    /// Whole words, also in the plural; Chinese has no blanks to find them by.
    private static func holds(_ heading: String, _ word: String) -> Bool {
        guard word.utf8.allSatisfy({ $0 < 0x80 }) else { return heading.contains(word) }
        let words = " " + heading.split { !$0.isLetter }.joined(separator: " ") + " "
        return words.contains(" \(word) ") || words.contains(" \(word)s ")
    }

    static func sections(_ text: String?) -> Finding {
        let rule = Rule.sections
        guard let text else { return rule.unknown("there is no readable full description") }
        let readme = ReadmeText(text)
        var missing = parts.filter { part in
            !readme.headings.contains { heading in part.1.contains { holds(heading, $0) } }
        }
        .map { "no heading for \($0.0)" }
        // A command to copy says how it is run better than a heading.
        if readme.code.contains("docker run") || readme.code.contains("podman run") {
            missing.removeAll { $0 == "no heading for how it is run" }
        }
        let hosts = ["github.com/", "gitee.com/", "gitlab.com/", "atomgit.com/", "gitcode.com/"]
        let all = readme.targets.map { $0.lowercased() } + [readme.plain]
        if !all.contains(where: { target in hosts.contains { target.contains($0) } }) {
            missing.append("no link to the source")
        }
        return rule.decide(
            missing, failing: "the full description lacks parts", passing: "the full description has all its parts")
    }

    static func links(_ text: String?) -> Finding {
        let rule = Rule.links
        guard let text else { return rule.unknown("there is no readable full description") }
        let relative = ReadmeText(text).targets.filter { !ReadmeText.isAbsolute($0) }
        return rule.decide(
            relative, failing: "links of the full description lead nowhere on the hub",
            passing: "all links are absolute")
    }

    static func categories(_ texts: Texts) -> Finding {
        let rule = Rule.categories
        var wrong: [String] = []
        if let categories = texts.categories, categories.count > 3 { wrong.append("\(categories.count) categories") }
        if let logo = texts.logo {
            if !["png", "jpeg", "jpg"].contains(logo.format.lowercased()) {
                wrong.append("the logo is \(logo.format)")
            }
            if !(120...1000).contains(logo.width) || !(120...1000).contains(logo.height) {
                wrong.append("the logo is \(logo.width) x \(logo.height) pixels")
            }
            if logo.bytes > 5_000_000 { wrong.append("the logo is \(logo.bytes) bytes") }
        }
        let blind = texts.categories == nil && texts.logo == nil ? "neither categories nor a logo were given" : nil
        return rule.decide(
            wrong, failing: "categories or logo are refused", blind: blind, passing: "categories and logo fit")
    }

    /// R29.
    func verifiedPublisher() -> Finding {
        let rule = Rule.verifiedPublisher
        switch project.isCommercial {
        case false?: return rule.fail("a community project is no commercial vendor")
        case true?: return rule.unknown("whether a vendor is accepted is Docker's decision for its namespace")
        case nil: return rule.unknown("nobody said whether the publisher is a commercial vendor")
        }
    }

    /// R30.
    func officialImage() -> Finding {
        let rule = Rule.officialImage
        var wrong: [String] = []
        var unseen: [String] = []
        switch project.licences.map(SPDXLicence.approval) {
        case .approved?: break
        case .notApproved(let name)?: wrong.append("\(name) is not known as approved by the OSI")
        case .unreadable?, nil: unseen.append("the licence")
        }
        func need(_ value: Bool?, _ no: String, _ what: String) {
            if value == false { wrong.append(no) }
            if value == nil { unseen.append(what) }
        }
        need(project.fitsCategory, "it fits no category", "whether it fits a category")
        need(
            project.hasDocumentationChange, "no change to the documentation is open", "the change to the documentation")
        need(project.reviews.map { $0 >= 2 }, "it has \(project.reviews ?? 0) of two reviews", "the reviews")
        need(project.hasOfficialBases, "a base is neither official nor empty", "its bases")
        need(
            project.hasSingleCommit, "root file systems lie in several commits",
            "whether root file systems lie in a single commit")
        return rule.decide(
            wrong, failing: "points of the checklist are open",
            blind: unseen.isEmpty ? nil : "not known: \(unseen.joined(separator: ", "))",
            passing: "all points of the checklist are met")
    }
}
