import Changing
import Digest
import Documents
import FoundationEssentials
import Glibc
import Schema

extension Recipe {
    /// Reads a recipe that somebody wrote, YAML or JSON: all of it, and the files that it names.
    /// - Throws: `Failure` (usage) with `file:line:column` for whatever is wrong with it.
    public init(reading path: String) throws {
        let inputs = RecipeInputs(folder: path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
        _ = try RecipeInputs.size(path, named: nil)
        let bytes = try Node.contents(of: path)
        let node = try Node.parse(bytes: bytes, name: path)
        try self.init(node, inputs)
        source = Source(name: path.split(separator: "/").last.map(String.init) ?? path, digest: sha256(bytes))
    }

    /// Reads a text whose relative paths start from a folder.
    /// - Throws: As `init(reading:)`.
    public init(text: String, name: String, folder: String) throws {
        try self.init(try Node.parse(text: text, name: name), RecipeInputs(folder: folder))
        source = Source(name: name, digest: sha256(Array(text.utf8)))
    }

    private init(_ node: Node, _ inputs: RecipeInputs) throws {
        try Self.refuseControls(node, [])
        let json = try Schema.embedded("recipe").validate(node)
        func each(_ key: String, _ take: (String, Node) throws -> Void) rethrows {
            for (number, value) in (json[key]?.array ?? []).enumerated() {
                guard let text = value.string, let place = node[key]?[number] else { continue }
                try take(text, place)
            }
        }
        each("packages") { wish(.packageInstall([$0]), $1) }
        each("remove") { wish(.packageRemove([$0]), $1) }
        for (number, value) in (json["files"]?.array ?? []).enumerated() {
            guard let place = node["files"]?[number] else { continue }
            files.append(try inputs.file(value, place))
        }
        if let twice = Self.repeated(files.map { ($0.file.path, $0.place) }) {
            throw Failure(.usage, "\(twice.name) is written twice", place: twice.place, hint: "leave one of both out")
        }
        for (number, value) in (json["users"]?.array ?? []).enumerated() {
            guard let place = node["users"]?[number] else { continue }
            users.append(try inputs.user(value, place))
        }
        if let twice = Self.repeated(users.map { ($0.user.name, $0.place) }) {
            throw Failure(
                .usage, "the user \(twice.name) stands here twice", place: twice.place, hint: "leave one of both out")
        }
        for member in node["sshd"]?.members ?? [] {
            guard let value = json["sshd"]?[member.key]?.string else { continue }
            try Self.check(keyword: member)
            wishes.append(Wish(change: .sshdSet(member.key, value), place: member.place))
        }
        if let cloud = node["cloud-init"] { try addCloudInit(cloud, []) }
        try each("kernel-arguments") { text, place in
            guard text != "-root", !text.hasPrefix("-root=") else {
                throw Failure(
                    .usage, "without root= no kernel finds its root file system", place: place.place,
                    hint: "leave it; a build names the root by its UUID")
            }
            wish(text.hasPrefix("-") ? .kernelArgumentRemove(String(text.dropFirst())) : .kernelArgument(text), place)
        }
        each("initramfs-drivers") { wish(.initramfsDriver([$0]), $1) }
        each("dracut-modules") { text, place in
            dracutModules.append(text)
            moduleOrigins[GuestAdditions.inWords(dracutModule: text)] = place.place
        }
        growing = node["growpart"]?.place
        for verb in ["enable", "disable", "mask"] {
            for (number, value) in (json["units"]?[verb]?.array ?? []).enumerated() {
                guard let name = value.string, let place = node["units"]?[verb]?[number] else { continue }
                switch verb {
                case "enable": wish(.unitEnable([name]), place)
                case "disable": wish(.unitDisable([name]), place)
                default: wish(.unitMask([name]), place)
                }
            }
        }
    }

    private mutating func wish(_ change: Remediation, _ node: Node) {
        wishes.append(Wish(change: change, place: node.place))
    }

    private static func repeated(_ items: [(name: String, place: String)]) -> (name: String, place: String)? {
        var seen: Set<String> = []
        return items.first { !seen.insert($0.name).inserted }
    }

    /// sshd_config(5): a block would take in what other settings follow, and other files could say anything.
    private static func check(keyword member: Node.Member) throws(Failure) {
        let word = member.key.lowercased()
        guard !word.isEmpty, word.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }),
            word != "match", word != "include"
        else {
            throw Failure(
                .usage, "\(Printable.line(member.key)) is no keyword of sshd that stands by itself",
                place: member.place,
                hint: "write a keyword of sshd_config(5) and its value; blocks go into a file under files")
        }
    }

    /// Mappings become values by their keys with dots, since rules speak of those; lists and scalars stay whole.
    private mutating func addCloudInit(_ node: Node, _ path: [String]) throws(Failure) {
        for member in node.members ?? [] {
            try Self.refuseSecrets(member)
            let path = path + [member.key]
            guard !member.key.contains("."), !member.key.isEmpty else {
                throw Failure(
                    .usage, "the key \(Printable.line(member.key)) has a dot", place: member.place,
                    hint: "put such configuration into a file under /etc/cloud/cloud.cfg.d, by files")
            }
            if let inner = member.value.members, !inner.isEmpty, !inner.contains(where: { $0.key.contains(".") }) {
                try addCloudInit(member.value, path)
            } else {
                try Self.refuseSecrets(in: member.value)
                let change = Remediation.cloudInitSet(path.joined(separator: "."), member.value.json)
                wishes.append(Wish(change: change, place: member.place))
            }
        }
    }

    private static func refuseSecrets(in node: Node) throws(Failure) {
        for member in node.members ?? [] {
            try refuseSecrets(member)
            try refuseSecrets(in: member.value)
        }
        for element in node.elements ?? [] { try refuseSecrets(in: element) }
        if let text = node.json.string { try RecipeInputs.refusePrivateKey(text, node.place) }
    }

    /// What is in an image is everybody's (docs.cloud-init.io, modules set_passwords, users_groups and ssh).
    private static func refuseSecrets(_ member: Node.Member) throws(Failure) {
        let secret = [
            "password", "passwd", "plain_text_passwd", "hashed_passwd", "chpasswd", "ssh_keys", "rsa_private",
        ]
        guard secret.contains(member.key) else { return }
        throw Failure(
            .usage, "\(member.key) puts a password or a private key into the image", place: member.place,
            hint: "leave it out: who starts the image gives the user data, and users log in by authorized-keys")
    }

    /// Control characters end lines early and forge others. A file's text and cloud-init's values may have several lines.
    private static func refuseControls(_ node: Node, _ path: [String]) throws(Failure) {
        func check(_ text: String, _ place: String, mayHaveLines: Bool) throws(Failure) {
            let isControl = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
            guard
                let scalar = text.unicodeScalars.first(where: {
                    isControl($0) && !(mayHaveLines && "\n\t".unicodeScalars.contains($0))
                })
            else { return }
            throw Failure(
                .usage, "\(path.last ?? "the recipe") has the control character U+\(String(scalar.value, radix: 16))",
                place: place, hint: "remove it")
        }
        switch node.kind {
        case .string(let text):
            let mayHaveLines = path.first == "cloud-init" || path.last == "text"
            try check(text, node.place, mayHaveLines: mayHaveLines)
        case .array(let elements): for element in elements { try refuseControls(element, path) }
        case .object(let members):
            for member in members {
                try check(member.key, member.place, mayHaveLines: false)
                try refuseControls(member.value, path + [member.key])
            }
        default: break
        }
    }
}
