import Changing
import Digest
import Documents
import FoundationEssentials

/// What a build's provenance says of its recipe: what was asked for, with digests where a value could be nobody else's business.
extension Recipe {
    /// The recipe itself; null if there is none.
    var document: JSON {
        guard let source else { return .null }
        return ["name": .string(source.name), "digest": ["sha256": .string(source.digest.hex)]]
    }

    /// All that was changed in the guest, and what else was put into it.
    func documents(of changes: [Remediation]) -> [JSON] {
        let own = wishes.map(\.change)
        return changes.compactMap { change in
            if case .cloudInitSet(let key, let value) = change, own.contains(change) {
                return ["action": .string(change.action), "key": .string(key), "sha256": .string(Self.digest(value))]
            }
            return try? JSON(encoding: change)
        } + users.map(Self.document) + files.map(Self.document)
            + dracutModules.map { ["action": "initramfs.dracut-module", "names": [.string($0)]] }
    }

    private static func digest(_ value: JSON) -> String {
        sha256((try? DocumentCoding.encode(value)).map { Array($0) } ?? []).hex
    }

    private static func document(_ user: User) -> JSON {
        [
            "action": "account.add", "account": .string(user.user.name),
            "groups": .array(user.user.groups.map { .string($0) }),
            "shell": user.user.shell.map { .string($0) } ?? .null,
            "keys": .array(user.user.keys.map { ["sha256": .string(sha256(Array($0.utf8)).hex)] }),
        ]
    }

    private static func document(_ file: File) -> JSON {
        var members: [String: JSON] = [
            "action": "file.copy", "path": .string(file.file.path), "sha256": .string(file.digest.hex),
            "bytes": .integer(Int64(file.size)),
        ]
        if let mode = file.file.mode { members["mode"] = .string("0" + String(mode, radix: 8)) }
        if let owner = file.file.owner { members["owner"] = .string(owner) }
        if let group = file.file.group { members["group"] = .string(group) }
        return .object(members)
    }
}
