import Documents

/// What the merged configuration says, in cloud-init's own words for yes and no (cloudinit/util.py).
struct CloudSettings {
    let root: YAMLNode
    static let placeLimit = 500

    func fill(_ facts: inout CloudInitFacts) {
        facts.datasources = fact(root["datasource_list"]) { $0.texts }
        facts.datasourceSettings = fact(root["datasource"]) { $0.map?.map(\.key) ?? [] }
        facts.disableRoot = fact(root["disable_root"], Self.isYes)
        facts.sshPasswords = fact(root["ssh_pwauth"]) { node in
            switch node.text?.asciiLowercased.trimmingBlanks {
            case "true", "1", "on", "yes": "true"
            case "false", "0", "off", "no": "false"
            case nil, "unchanged": "unchanged"
            case let other?: other
            }
        }
        facts.growMode = fact(root.at("growpart", "mode")) { $0.text.map { $0 == "false" ? "off" : $0 } ?? "auto" }
        facts.growDevices = fact(root.at("growpart", "devices")) { $0.texts }
        facts.resizeRoot = fact(root["resize_rootfs"]) { $0.text ?? "false" }
        facts.preserveHostname = fact(root["preserve_hostname"], Self.isYes)
        facts.manageHosts = fact(root["manage_etc_hosts"]) { $0.text?.asciiLowercased ?? "false" }
        let network = root["network"]
        facts.networkDisabled = fact(network?["config"]) { $0.text == "disabled" }
        facts.hasNetworkConfiguration = fact(network) { $0["version"] != nil || $0["config"]?.list != nil }
        facts.networkProfiles = network.map(CloudNetwork.profiles) ?? []
        facts.deletesHostKeys = fact(root["ssh_deletekeys"], Self.isYes)
        facts.hostKeyTypes = fact(root["ssh_genkeytypes"]) { $0.texts }
        facts.distribution = fact(root.at("system_info", "distro")) { $0.text ?? "" }
        facts.modules = modules()
        let users = CloudUsers(root: root)
        facts.users = .known(users.users, users.evidence)
        facts.passwords = .known(users.passwords)
        facts.authorizedKeys = .known(users.keys)
        facts.places = places()
    }

    private func fact<Value>(_ node: YAMLNode?, _ body: (YAMLNode) -> Value) -> Fact<Value> {
        node.map { node in .known(body(node), [node.evidence]) } ?? .absent()
    }

    /// translate_bool: what is empty is no, and of words only these are yes.
    static func isYes(_ node: YAMLNode) -> Bool {
        ["true", "1", "on", "yes"].contains(node.text?.asciiLowercased.trimmingBlanks ?? "")
    }

    private func modules() -> Fact<[String]> {
        var names: [String] = []
        var evidence: [Evidence] = []
        for key in ["cloud_init_modules", "cloud_config_modules", "cloud_final_modules"] {
            guard let node = root[key], let list = node.list else { continue }
            evidence.append(node.evidence)
            for item in list.prefix(200) {
                let name = item.text ?? item.list?.first?.text ?? item["mod"]?.text ?? item["name"]?.text
                if let name { names.append(String(name.map { $0 == "-" ? "_" : $0 })) }
            }
        }
        return evidence.isEmpty ? .absent() : .known(names, evidence)
    }

    private func places() -> [String: Evidence] {
        var places: [String: Evidence] = [:]
        func visit(_ node: YAMLNode, _ path: String, _ depth: Int) {
            guard places.count < Self.placeLimit, depth < 8 else { return }
            if !path.isEmpty { places[path] = node.evidence }
            for (key, value) in node.map ?? [] where key.utf8.count < 100 {
                visit(value, path.isEmpty ? key : path + "." + key, depth + 1)
            }
        }
        visit(root, "", 0)
        return places
    }
}

/// Users and passwords of the configuration: cloudinit/distros/ug_util.py and cloudinit/config/cc_set_passwords.py.
struct CloudUsers {
    private(set) var users: [CloudInitUser] = []
    private(set) var passwords: [Evidence] = []
    private(set) var keys: [Evidence] = []
    private(set) var evidence: [Evidence] = []
    private let root: YAMLNode
    static let limit = 100

    init(root: YAMLNode) {
        self.root = root
        findPasswords()
        findKeys()
        findUsers()
    }

    private mutating func findUsers() {
        var base: [YAMLNode] = []
        let listed = root["users"]
        evidence = listed.map { [$0.evidence] } ?? []
        if let list = listed?.list {
            base = list
        } else if let map = listed?.map {
            for (key, value) in map {
                let name = YAMLNode(value: .string(key), evidence: value.evidence)
                if let pairs = value.map {
                    base.append(
                        YAMLNode(
                            value: .map(pairs.filter { $0.key != "name" } + [("name", name)]), evidence: value.evidence)
                    )
                } else if CloudSettings.isYes(value) {
                    base.append(name)
                }
            }
        } else if let listed, listed.text != nil {
            base = listed.texts.map { YAMLNode(value: .string($0), evidence: listed.evidence) }
        }

        // The old form: it describes the default user, and asks for it.
        var standard = root.at("system_info", "default_user") ?? YAMLNode(value: .map([]), evidence: root.evidence)
        if let old = root["user"], !old.isNull {
            let named =
                old.text.map { text in
                    YAMLNode(
                        value: .map([("name", YAMLNode(value: .string(text), evidence: old.evidence))]),
                        evidence: old.evidence)
                } ?? old
            if named.map?.isEmpty == false {
                standard = CloudMerge.merge(named, standard)
                base.append(YAMLNode(value: .string("default"), evidence: old.evidence))
            }
        }

        var named: [(name: String, settings: YAMLNode)] = []
        for node in base.prefix(Self.limit) {
            if let name = node.text {
                for name in name.split(separator: ",").map(\.trimmingBlanks)
                where !name.isEmpty && !named.contains(where: { $0.name == name }) {
                    named.append((name, YAMLNode(value: .map([]), evidence: node.evidence)))
                }
            } else if let pairs = node.map {
                let name = node["name"]?.text ?? "default"
                let settings = YAMLNode(value: .map(pairs.filter { $0.key != "name" }), evidence: node.evidence)
                if let index = named.firstIndex(where: { $0.name == name }) {
                    named[index].settings = CloudMerge.merge(named[index].settings, settings)
                } else {
                    named.append((name, settings))
                }
            }
        }
        var standardName: String?
        if let index = named.firstIndex(where: { $0.name == "default" }) {
            let own = named.remove(at: index)
            if let name = standard["name"]?.text {
                standardName = name
                // The distribution's groups join those that are written for the same name.
                var written = YAMLNode(value: .map([]), evidence: standard.evidence)
                if let other = named.firstIndex(where: { $0.name == name }) {
                    written = named.remove(at: other).settings
                }
                let groups = Set((written["groups"]?.texts ?? []) + (standard["groups"]?.texts ?? [])).sorted()
                let joined = YAMLNode(
                    value: .list(groups.map { YAMLNode(value: .string($0), evidence: standard.evidence) }),
                    evidence: standard.evidence)
                written = written.without("groups", "name").with("groups", joined)
                let settings = CloudMerge.merge(
                    CloudMerge.merge(standard.without("groups", "name"), own.settings), written)
                named.append((name, settings))
                evidence.append(standard.evidence)
            }
        }
        users = named.map { Self.user($0.name, $0.settings, isDefault: $0.name == standardName) }
    }

    private static func user(_ name: String, _ settings: YAMLNode, isDefault: Bool) -> CloudInitUser {
        func setting(_ key: String) -> YAMLNode? { settings.setting(key) }
        let sudo = setting("sudo")
        return CloudInitUser(
            name: name, isDefault: isDefault,
            locksPassword: (setting("lock_passwd") ?? setting("lock_password")).map(CloudSettings.isYes) ?? true,
            hasPassword: ["passwd", "hashed_passwd", "plain_text_passwd"].contains {
                setting($0)?.text.map { !$0.hasPrefix("!") && !$0.hasPrefix("*") } ?? false
            },
            sudo: sudo?.list?.compactMap(\.text) ?? sudo?.text.flatMap { $0 == "false" ? nil : [$0] } ?? [],
            groups: setting("groups").map { $0.map?.map(\.key) ?? $0.texts } ?? [], shell: setting("shell")?.text,
            authorizedKeys: setting("ssh_authorized_keys")?.list?.count
                ?? (setting("ssh_authorized_keys")?.text == nil ? 0 : 1))
    }

    private mutating func findPasswords() {
        func add(_ node: YAMLNode, _ key: String) {
            guard passwords.count < Self.limit else { return }
            passwords.append(Evidence(node.evidence.path, line: node.evidence.line, text: "\(key): ***"))
        }
        if let node = root["password"], node.text != nil { add(node, "password") }
        let change = root["chpasswd"]
        if let list = change?["list"] {
            let lines = list.list?.compactMap(\.text) ?? list.text?.split(separator: "\n").map(String.init) ?? []
            if lines.contains(where: { line in
                let parts = line.split(separator: ":", maxSplits: 1).map(\.trimmingBlanks)
                return parts.count == 2 && parts[1] != "R" && parts[1] != "RANDOM"
            }) {
                add(list, "chpasswd.list")
            }
        }
        for user in change?["users"]?.list ?? [] where user["type"]?.text != "RANDOM" {
            if let node = user["password"] { add(node, "chpasswd.users") }
        }
        for user in described {
            for key in ["passwd", "hashed_passwd", "plain_text_passwd"] {
                guard let node = user.setting(key), let text = node.text else { continue }
                // A hash that no password fits locks the account.
                if text.first == "!" || text.first == "*" { continue }
                add(node, key)
            }
        }
    }

    /// Every map that describes a user, wherever the configuration has one.
    private var described: [YAMLNode] {
        let users = root["users"]
        return [root.at("system_info", "default_user"), root["user"]].compactMap { $0 } + (users?.list ?? [])
            + (users?.map?.map(\.value) ?? [])
    }

    /// Keys that are put into accounts at first boot (cloudinit/config/cc_ssh.py, cc_ssh_import_id.py).
    private mutating func findKeys() {
        func add(_ node: YAMLNode?, _ key: String) {
            guard let node, keys.count < Self.limit else { return }
            let count = (node.list?.compactMap(\.text) ?? node.map?.map(\.key) ?? node.texts)
                .count { !$0.trimmingBlanks.isEmpty }
            guard count > 0 else { return }
            keys.append(Evidence(node.evidence.path, line: node.evidence.line, text: "\(key): ..."))
        }
        for node in [root] + described {
            for key in ["ssh_authorized_keys", "ssh_import_id"] { add(node.setting(key), key) }
        }
    }
}

extension YAMLNode {
    /// A user's setting, whose name may be written with `-` for `_`.
    fileprivate func setting(_ key: String) -> YAMLNode? {
        map?.first { String($0.key.map { $0 == "-" ? "_" : $0 }).trimmingBlanks == key }?.value
    }

    /// A map without some of its keys.
    fileprivate func without(_ keys: String...) -> YAMLNode {
        YAMLNode(value: .map((map ?? []).filter { !keys.contains($0.key) }), evidence: evidence)
    }

    /// A map with one key more.
    fileprivate func with(_ key: String, _ value: YAMLNode) -> YAMLNode {
        YAMLNode(value: .map((map ?? []) + [(key, value)]), evidence: evidence)
    }
}
