import Documents

/// What of sshd decides who gets in.
enum SSHText {
    private static let told = [
        "Port", "PermitRootLogin", "PasswordAuthentication", "PubkeyAuthentication", "KbdInteractiveAuthentication",
        "PermitEmptyPasswords",
    ]

    static func lines(_ ssh: SSHFacts) -> [String] {
        guard ssh.program.value != nil else { return ["not installed"] }
        let settings = told.compactMap { name -> String? in
            guard let value = ssh.setting(name).value else { return nil }
            return "\(name) \(value.text)\(value.isDefault ? " (default)" : "")"
        }
        let matches = ssh.matches.value?.count ?? 0
        return [settings.joined(separator: ", ")]
            + (matches > 0 ? ["\(matches) Match \(matches == 1 ? "block" : "blocks")"] : [])
    }
}

/// What starts by itself.
enum ServiceText {
    private static let limit = 12

    static func lines(_ services: ServiceFacts) -> [String] {
        guard let units = services.units.value else { return [] }
        let enabled = units.filter { $0.isEnabled && $0.name.hasSuffix(".service") }
            .map { String($0.name.dropLast(".service".count)) }
        let more = enabled.count > limit ? " and \(enabled.count - limit) more" : ""
        let masked = units.filter(\.isMasked).map(\.name)
        return [enabled.isEmpty ? "none enabled" : enabled.prefix(limit).joined(separator: " ") + more]
            + (masked.isEmpty ? [] : ["masked: " + masked.prefix(limit).joined(separator: " ")])
    }
}

/// What an image that is published should not have.
enum SecretText {
    static func lines(_ secrets: SecretFacts) -> [String] {
        let kinds: [(String, Fact<Leftovers>)] = [
            ("host keys", secrets.hostKeys), ("histories", secrets.histories), ("instance data", secrets.instanceData),
            ("leases", secrets.leases), ("random seeds", secrets.randomSeeds), ("logs", secrets.logs),
            ("journals", secrets.journals), ("core dumps", secrets.coreDumps),
            ("temporary files", secrets.temporaryFiles), ("package caches", secrets.packageCaches),
            ("mail", secrets.mail),
        ]
        var parts = kinds.compactMap { name, fact -> String? in
            guard let left = fact.value, left.count > 0 else { return nil }
            return "\(name) (\(left.count), \(Amounts.binary(left.bytes)))"
        }
        if let keys = secrets.privateKeys.value, !keys.isEmpty { parts.append("private keys (\(keys.count))") }
        if let files = secrets.credentials.value, !files.isEmpty { parts.append("credentials (\(files.count))") }
        if let id = secrets.machineID.value { parts.append("machine-id \(id.rawValue)") }
        return parts.isEmpty ? [] : [parts.joined(separator: ", ")]
    }
}
