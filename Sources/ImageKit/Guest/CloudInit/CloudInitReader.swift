public import Documents
public import FileSystems

/// Reads what cloud-init will do: whether it runs, its merged configuration, and what it would take an image for.
public struct CloudInitReader: Sendable {
    let tree: GuestTree
    let commandLines: [(text: String, evidence: Evidence)]

    /// - Parameter entries: the boot entries that start by themselves: their arguments can switch cloud-init off.
    public init(_ tree: GuestTree, entries: [BootEntry] = []) {
        self.tree = tree
        commandLines = entries.map { ($0.commandLine, $0.evidence) }
    }

    static let leftoverLimit = 50

    public func facts() -> CloudInitFacts {
        var facts = CloudInitFacts(unknown: "it was not read")
        facts.program = .reading { () throws(Failure) -> Fact<String> in
            guard let found = try tree.first(of: Self.programs) else {
                return .absent(Self.programs.map { Evidence($0) })
            }
            return .known(found.path, [Evidence(found.path)])
        }
        facts.version = .reading(version)
        facts.stages = .reading(stages)
        facts.disabled = .reading(disabled)
        let detection = Fact<[String: Detection]>.reading(detection)
        facts.detectionPolicy = Self.member("policy", of: detection)
        facts.detectionDatasource = Self.member("datasource", of: detection)
        facts.leftovers = .reading(leftovers)
        do throws(Failure) {
            let configuration = try CloudConfiguration.read(tree)
            facts.files = .known(configuration.files)
            facts.damaged = configuration.damaged
            CloudSettings(root: configuration.root).fill(&facts)
            facts.seeds = .reading { () throws(Failure) in try seeds(configuration.root) }
        } catch {
            facts.forget(error.inWords)
            facts.seeds = .reading { () throws(Failure) in try seeds(nil) }
        }
        return facts
    }

    static let programs = ["/usr/bin/cloud-init", "/usr/local/bin/cloud-init"]

    /// cloudinit/version.py: a packager's version, if one was put in, else its own.
    private func version() throws(Failure) -> Fact<String> {
        for top in ["/usr/lib", "/usr/lib64", "/usr/local/lib"] {
            for python in try tree.list(top) where python.hasPrefix("python") {
                for packages in ["dist-packages", "site-packages"] {
                    let path = "\(top)/\(python)/\(packages)/cloudinit/version.py"
                    guard let file = try tree.lines(of: path) else { continue }
                    let versions = ["_PACKAGED_VERSION", "__VERSION__"].compactMap { name in
                        file.lines.lazy.compactMap { line -> (String, Evidence)? in
                            let parts = line.text.split(separator: "=", maxSplits: 1).map(\.trimmingBlanks)
                            guard parts.count == 2, parts[0] == name else { return nil }
                            return (parts[1].unquoted, file.evidence(line))
                        }.first
                    }
                    guard let found = versions.first(where: { !$0.0.hasPrefix("@@") }) else { continue }
                    return .known(found.0, [found.1])
                }
            }
        }
        return .absent()
    }

    private func stages() throws(Failure) -> Fact<[CloudInitStage]> {
        let units = try UnitLinks(tree)
        var stages: [CloudInitStage] = []
        for name in ["cloud-init-local", "cloud-init", "cloud-init-network", "cloud-config", "cloud-final"] {
            guard let state = try units.starts(name + ".service") else { continue }
            stages.append(
                CloudInitStage(unit: name + ".service", isEnabled: state.isEnabled, evidence: state.evidence))
        }
        // Newer versions have cloud-init-network, and the old name as another of the same.
        if stages.contains(where: { $0.unit == "cloud-init-network.service" }) {
            stages.removeAll { $0.unit == "cloud-init.service" }
        }
        return .known(stages)
    }

    /// What the generator looks at: the kernel's command line before the marker file (tools/ds-identify and
    /// systemd/cloud-init-generator of cloud-init).
    private func disabled() throws(Failure) -> Fact<String> {
        for (text, evidence) in commandLines {
            // It reads /proc/cmdline itself, with what the kernel leaves to init.
            let words = KernelArguments.words(text)
            if words.contains("cloud-init=disabled") { return .known("cloud-init=disabled", [evidence]) }
            if words.contains("cloud-init=enabled") { return .absent([evidence]) }
        }
        let marker = "/etc/cloud/cloud-init.disabled"
        return try tree.find(marker).map { .known($0.path, [Evidence($0.path)]) } ?? .absent([Evidence(marker)])
    }

    private struct Detection: Sendable, Equatable, Codable {
        var value: String
        var evidence: Evidence
    }

    private static let detectionFile = "/etc/cloud/ds-identify.cfg"

    /// What ds-identify is told: the kernel's command line counts before its file (tools/ds-identify of cloud-init, read_cmdline).
    private func detection() throws(Failure) -> Fact<[String: Detection]> {
        var values: [String: Detection] = [:]
        let file = try tree.lines(of: Self.detectionFile)
        for line in file?.lines ?? [] {
            let text = line.trimmed.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
            guard let colon = text.firstIndex(of: ":") else { continue }
            let key = text[..<colon].trimmingBlanks
            guard key == "policy" || key == "datasource" else { continue }
            let value = text[text.index(after: colon)...].trimmingBlanks.unquoted
            values[key] = Detection(value: value, evidence: file?.evidence(line) ?? Evidence(Self.detectionFile))
        }
        for (text, place) in commandLines {
            for (name, key) in [("ci.di.policy", "policy"), ("ci.datasource", "datasource"), ("ci.ds", "datasource")] {
                guard let value = KernelArguments.values(of: name, in: text).last else { continue }
                values[key] = Detection(value: value, evidence: place)
            }
        }
        return values.isEmpty ? .absent([Evidence(Self.detectionFile)]) : .known(values)
    }

    private static func member(_ key: String, of values: Fact<[String: Detection]>) -> Fact<String> {
        switch values {
        case .known(let values, _):
            values[key].map { .known($0.value, [$0.evidence]) } ?? .absent([Evidence(Self.detectionFile)])
        case .absent(let evidence): .absent(evidence)
        case .unknown(let why): .unknown(why)
        }
    }

    /// What a data source takes without asking anybody (docs.cloud-init.io, "NoCloud").
    private func seeds(_ configuration: YAMLNode?) throws(Failure) -> Fact<[String]> {
        var seeds: [String] = []
        var evidence: [Evidence] = []
        for name in try tree.list("/var/lib/cloud/seed") {
            let folder = "/var/lib/cloud/seed/" + name
            let files = try tree.list(folder)
            guard !files.isEmpty else { continue }
            seeds.append(folder)
            evidence += files.prefix(10).map { Evidence(folder + "/" + $0) }
        }
        for (text, place) in commandLines {
            for value in KernelArguments.values(of: "ds", in: text) where !seeds.contains("ds=" + value) {
                seeds.append("ds=" + value)
                evidence.append(place)
            }
        }
        for (source, settings) in configuration?["datasource"]?.map ?? [] {
            for key in ["user-data", "meta-data", "vendor-data", "network-config", "seedfrom"] {
                guard let node = settings[key], !node.isNull, seeds.count < Self.leftoverLimit else { continue }
                seeds.append("datasource.\(source).\(key)")
                evidence.append(Evidence(node.evidence.path, line: node.evidence.line, text: "\(key): ..."))
            }
        }
        return .known(seeds, evidence)
    }

    /// Folders that a package leaves empty are none.
    private func leftovers() throws(Failure) -> Fact<[String]> {
        let top = "/var/lib/cloud"
        var found: [String] = []
        var waiting = ["instance", "instances", "sem", "data"].map { (top + "/" + $0, 0) }
        var visits = 0
        while let (path, depth) = waiting.popLast() {
            visits += 1
            guard visits <= 5000, found.count < Self.leftoverLimit else { break }
            guard let file = try tree.find(path, following: false) else { continue }
            if file.status.kind == .directory {
                guard depth < 8 else { continue }
                waiting += try tree.list(path).reversed().map { (path + "/" + $0, depth + 1) }
            } else {
                found.append(path)
            }
        }
        return .known(found.sorted(), found.isEmpty ? [Evidence(top)] : found.sorted().prefix(5).map { Evidence($0) })
    }
}

extension CloudInitFacts {
    /// Nothing of the configuration is known.
    fileprivate mutating func forget(_ why: String) {
        let unread = CloudInitFacts(unknown: why)
        (files, datasources, datasourceSettings) = (unread.files, unread.datasources, unread.datasourceSettings)
        (disableRoot, sshPasswords, users, passwords) = (
            unread.disableRoot, unread.sshPasswords, unread.users, unread.passwords
        )
        authorizedKeys = unread.authorizedKeys
        (growMode, growDevices, resizeRoot) = (unread.growMode, unread.growDevices, unread.resizeRoot)
        (preserveHostname, manageHosts) = (unread.preserveHostname, unread.manageHosts)
        (networkDisabled, hasNetworkConfiguration) = (unread.networkDisabled, unread.hasNetworkConfiguration)
        (deletesHostKeys, hostKeyTypes) = (unread.deletesHostKeys, unread.hostKeyTypes)
        networkProfiles = []
        (distribution, modules) = (unread.distribution, unread.modules)
    }
}
