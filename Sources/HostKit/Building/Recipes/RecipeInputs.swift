import Changing
import Digest
import Documents
import Files
import FoundationEssentials
import Glibc
import Schema

/// The files of this machine's that a recipe names, looked at before anything is done.
struct RecipeInputs {
    /// What relative paths start from.
    let folder: String

    /// Bytes of a file of keys.
    private static let keysLimit: UInt64 = 1 << 20

    func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        let folder =
            folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
        return "\(folder)/\(path)"
    }

    /// - Parameter place: where it is named; nil: at the path itself.
    /// - Throws: `Failure` if it is no regular file that can be read.
    static func size(_ path: String, named place: String?) throws(Failure) -> UInt64 {
        func refusal(_ why: String, _ hint: String) -> Failure {
            Failure(.usage, "\(Printable.line(path)): \(why)", place: place ?? path, hint: hint)
        }
        var found = stat()
        guard stat(path, &found) == 0 else {
            throw refusal(
                String(cString: strerror(errno)).lowercased(),
                "check the path; relative ones start from the recipe's folder")
        }
        guard found.st_mode & S_IFMT == S_IFREG else {
            throw refusal("this is no regular file", "name a regular file, not a folder, a device or a pipe")
        }
        guard access(path, R_OK) == 0 else { throw refusal("this user may not read it", "let this user read it") }
        return UInt64(max(0, found.st_size))
    }

    func file(_ value: JSON, _ node: Node) throws -> Recipe.File {
        let path = value["path"]?.string ?? ""
        try Self.check(path, (node["path"] ?? node).place)
        let mode = value["mode"]?.string.flatMap { UInt32($0, radix: 8) }
        var file = CopiedFile(
            path: path, content: .text(value["text"]?.string ?? ""), mode: mode, owner: value["owner"]?.string,
            group: value["group"]?.string)
        switch (value["text"]?.string, value["from"]?.string) {
        case (let text?, nil):
            try Self.refusePrivateKey(text, node.place)
            return Recipe.File(
                file: file, place: node.place, digest: sha256(Array(text.utf8)), size: UInt64(text.utf8.count))
        case (nil, let from?):
            let source = absolute(from)
            let place = (node["from"] ?? node).place
            let size = try Self.size(source, named: place)
            try stays(from, place)
            try Self.refusePrivateKey(inFile: source, place)
            file.content = .file(source)
            return Recipe.File(
                file: file, place: node.place, digest: try Digest.sha256(ofFile: source), size: size)
        default:
            throw Failure(
                .usage, "\(path) has to have either text or from", place: node.place,
                hint: "write text: WHAT IT HOLDS, or from: FILE")
        }
    }

    /// A recipe that somebody else wrote must not carry this machine's files away in silence: what lies beside it does, and what it
    /// names whole.
    private func stays(_ path: String, _ place: String) throws(Failure) {
        guard !path.hasPrefix("/"), let home = realpath(absolute("."), nil), let real = realpath(absolute(path), nil)
        else { return }
        defer {
            free(home)
            free(real)
        }
        let folder = String(cString: home)
        guard !String(cString: real).hasPrefix(folder == "/" ? "/" : folder + "/") else { return }
        throw Failure(
            .usage,
            "\(Printable.line(path)) leads out of the recipe's folder, to \(Printable.line(String(cString: real)))",
            place: place, hint: "name that file by its whole path, if it is meant")
    }

    static func refusePrivateKey(_ text: String, _ place: String) throws(Failure) {
        guard text.contains("PRIVATE KEY-----") else { return }
        throw Failure(
            .usage, "this is a private key, and everybody who has the image would have it", place: place,
            hint: "have each machine make its own when it first starts")
    }

    /// A key's armour is at the beginning of its file, behind a few lines of words at most.
    static func refusePrivateKey(inFile path: String, _ place: String) throws {
        let beginning = try File(path, O_RDONLY).read(count: 64 << 10, at: 0)
        try refusePrivateKey(String(decoding: beginning, as: UTF8.self), place)
    }

    /// A path of the guest's at which a file stays.
    static func check(_ path: String, _ place: String) throws(Failure) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard path.hasPrefix("/"), !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
            !path.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }),
            path.utf8.count < 4000, parts.allSatisfy({ $0.utf8.count < 256 })
        else {
            throw Failure(
                .usage, "\(Printable.short(Printable.line(path))) is no absolute path of a file", place: place,
                hint: "write it from the guest's root, without . and .. and doubled slashes: /etc/motd")
        }
        let lost = ["proc", "sys", "dev", "run", "tmp"]
        guard !lost.contains(String(parts.first ?? "")), !path.hasPrefix("/var/tmp/"), !path.hasPrefix("/var/run/")
        else {
            throw Failure(
                .usage, "nothing stays at \(Printable.line(path)): a running system makes that folder anew",
                place: place,
                hint: "name another path")
        }
    }

    func user(_ value: JSON, _ node: Node) throws -> Recipe.User {
        var user = GuestUser(
            name: value["name"]?.string ?? "", groups: (value["groups"]?.array ?? []).compactMap(\.string),
            shell: value["shell"]?.string)
        for (number, key) in (value["authorized-keys"]?.array ?? []).enumerated() {
            let place = (node["authorized-keys"]?[number] ?? node).place
            if let line = key.string {
                user.keys += try Self.keys(line, place)
            } else if let path = key["file"]?.string {
                user.keys += try keys(inFile: path, place)
            }
        }
        return Recipe.User(user: user, place: node.place)
    }

    func keys(inFile path: String, _ place: String) throws -> [String] {
        let source = absolute(path)
        guard try Self.size(source, named: place) <= Self.keysLimit else {
            throw Failure(
                .usage, "\(Printable.line(path)): more than \(Self.keysLimit) bytes of keys", place: place,
                hint: "name a file of public keys")
        }
        let bytes = try File.contents(source)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(
                .usage, "\(Printable.line(path)): this is no text", place: place, hint: "name a file of public keys")
        }
        return try Self.keys(text, place)
    }

    /// Lines of authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT). A private key is not repeated in the error.
    private static func keys(_ text: String, _ place: String) throws(Failure) -> [String] {
        guard !text.contains("PRIVATE KEY") else {
            throw Failure(
                .usage, "this is a private key", place: place, hint: "name the public one, whose file ends in .pub")
        }
        let lines = text.split { $0 == "\n" || $0 == "\r\n" }.map(String.init).filter { !$0.hasPrefix("#") }
            .filter { $0.contains { $0 != " " && $0 != "\t" } }
        let kinds = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        let areKeys = lines.allSatisfy { line in
            let words = line.split { $0 == " " || $0 == "\t" }
            let isPrintable = !line.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\t" }
            return isPrintable
                && words.indices.dropLast().contains { index in
                    kinds.contains { words[index].hasPrefix($0) }
                        && isKey(String(words[index + 1]), kind: String(words[index]))
                }
        }
        guard areKeys, !lines.isEmpty else {
            throw Failure(
                .usage, "this is no public key", place: place,
                hint: "write it as in id_ed25519.pub: ssh-ed25519 AAAA...")
        }
        return lines
    }

    /// Whether it is the base64 of such a key: its kind and its numbers, each behind its length (RFC 4253, 6.6). A certificate has
    /// others behind them (OpenSSH, PROTOCOL.certkeys).
    private static func isKey(_ text: String, kind: String) -> Bool {
        guard let bytes = Data(base64Encoded: text).map(Array.init) else { return false }
        var fields: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard length <= rest.count - 4 else { break }
            fields.append(rest.dropFirst(4).prefix(length))
            rest = rest.dropFirst(4 + length)
        }
        guard let first = fields.first, first.elementsEqual(kind.utf8), fields.count > 1 else { return false }
        return kind.contains("-cert-") || rest.isEmpty && (kind != "ssh-ed25519" || fields[1].count == 32)
    }
}
