import Documents
import FileSystems

/// Where packages come from: dnf.conf(5), yum.conf(5), sources.list(5).
struct RepositoryReader {
    let tree: GuestTree
    static let limit = 200

    init(_ tree: GuestTree) { self.tree = tree }

    func repositories() throws(Failure) -> [PackageRepository] {
        Array((try dnf() + apt()).prefix(Self.limit))
    }

    // MARK: dnf

    private static func isYes(_ text: String?) -> Bool? {
        switch text?.asciiLowercased {
        case "1", "yes", "true", "on": true
        case "0", "no", "false", "off": false
        default: nil
        }
    }

    private func dnf() throws(Failure) -> [PackageRepository] {
        var repositories: [PackageRepository] = []
        // What [main] says holds for every repository that does not say it itself.
        var main: KeyFile.Section?
        var files: [KeyFile] = []
        for path in ["/etc/dnf/dnf.conf", "/etc/yum.conf"] {
            guard let file = try tree.lines(of: path) else { continue }
            let keys = KeyFile(file, continued: true)
            main = main ?? keys.section("main")
            files.append(keys)
        }
        for folder in ["/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d"] {
            for path in try tree.paths(in: folder, ending: ".repo") {
                if let file = try tree.lines(of: path) { files.append(KeyFile(file, continued: true)) }
            }
        }
        for keys in files {
            for section in keys.sections where section.name != "main" && repositories.count < Self.limit {
                let urls = ["baseurl", "mirrorlist", "metalink"].flatMap { key in
                    (section.value(key) ?? "").split { $0 == "\n" || $0 == "," || $0 == " " }.map {
                        Self.masked(String($0))
                    }
                }
                repositories.append(
                    PackageRepository(
                        kind: .dnf, id: section.name, name: section.value("name"), urls: urls,
                        isEnabled: Self.isYes(section.value("enabled")) ?? true,
                        checksSignatures: Self.isYes(section.value("gpgcheck") ?? main?.value("gpgcheck")) ?? false,
                        ignoresTLS: Self.isYes(section.value("sslverify") ?? main?.value("sslverify")) == false,
                        evidence: [keys.file.evidence(section.line)]))
            }
        }
        return repositories
    }

    // MARK: apt

    private func apt() throws(Failure) -> [PackageRepository] {
        var repositories: [PackageRepository] = []
        var paths = ["/etc/apt/sources.list"]
        paths += try tree.paths(in: "/etc/apt/sources.list.d", ending: ".list")
        for path in paths {
            guard let file = try tree.lines(of: path) else { continue }
            for line in file.lines where repositories.count < Self.limit {
                if let found = Self.oneLine(line, file) { repositories.append(found) }
            }
        }
        for path in try tree.paths(in: "/etc/apt/sources.list.d", ending: ".sources") {
            guard let file = try tree.lines(of: path) else { continue }
            repositories += Self.stanzas(file)
        }
        return repositories
    }

    /// `deb [trusted=yes] URI SUITE COMPONENT...`
    private static func oneLine(_ line: GuestLine, _ file: GuestFile) -> PackageRepository? {
        var words = line.trimmed.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0].blankSeparated
        guard let type = words.first, type == "deb" || type == "deb-src" else { return nil }
        words.removeFirst()
        var options: [String] = []
        if words.first?.hasPrefix("[") == true {
            while let word = words.first {
                words.removeFirst()
                options.append(word.filter { $0 != "[" && $0 != "]" })
                if word.hasSuffix("]") { break }
            }
        }
        guard words.count >= 2 else { return nil }
        let uri = masked(words[0])
        return PackageRepository(
            kind: .apt, id: uri + " " + words[1], name: nil, urls: [uri], isEnabled: true,
            checksSignatures: !options.contains { ["trusted=yes", "allow-insecure=yes"].contains($0.asciiLowercased) },
            evidence: [file.evidence(line, masked(line.trimmed))])
    }

    /// The form of paragraphs: `Types:`, `URIs:`, `Suites:`, `Enabled:`, `Trusted:`.
    private static func stanzas(_ file: GuestFile) -> [PackageRepository] {
        var repositories: [PackageRepository] = []
        var fields: [String: String] = [:]
        var first: GuestLine?
        var last = ""
        func close() {
            guard let line = first, let uris = fields["uris"]?.blankSeparated,
                let suites = fields["suites"]?.blankSeparated
            else { return }
            let isTrusted = [fields["trusted"], fields["allow-insecure"]].contains { isYes($0) == true }
            for suite in suites.prefix(20) where repositories.count < limit {
                let urls = uris.prefix(20).map { masked($0) }
                repositories.append(
                    PackageRepository(
                        kind: .apt, id: "\(urls.first ?? "") \(suite)", name: nil, urls: urls,
                        isEnabled: isYes(fields["enabled"]) ?? true, checksSignatures: !isTrusted,
                        evidence: [file.evidence(line)]))
            }
        }
        for line in file.lines + [GuestLine(number: file.lines.count + 1, text: "")] {
            let text = line.trimmed
            if text.isEmpty {
                close()
                (fields, first, last) = ([:], nil, "")
            } else if text.hasPrefix("#") {
                continue
            } else if line.text.first == " " || line.text.first == "\t" {
                fields[last, default: ""] += " " + text
            } else if let colon = text.firstIndex(of: ":") {
                last = text[..<colon].asciiLowercased
                fields[last] = text[text.index(after: colon)...].trimmingBlanks
                first = first ?? line
            }
        }
        return repositories
    }

    /// A URL without the name and password in it.
    static func masked(_ text: String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map { word in
            guard let scheme = word.firstRange(of: "://") else { return String(word) }
            let rest = word[scheme.upperBound...]
            let authority = rest.prefix { $0 != "/" }
            guard let at = authority.lastIndex(of: "@") else { return String(word) }
            return word[..<scheme.upperBound] + "***" + rest[at...]
        }.joined(separator: " ")
    }
}
