/// As an object: its action, and what that needs (schemas/result.schema.json): `{"action": "sshd.set", "key": "Port", "value": "22"}`.
extension Remediation: Codable {
    enum CodingKeys: String, CodingKey {
        case action, path, text, mode, key, value, argument, names, account, parts, bytes, boot, formats
    }

    /// The action's stable name.
    public var action: String {
        switch self {
        case .fileWrite: "file.write"
        case .fileRemove: "file.remove"
        case .fileEmpty: "file.empty"
        case .fileChmod: "file.chmod"
        case .fileSet: "file.set"
        case .sshdSet: "sshd.set"
        case .kernelArgument: "kernel.argument"
        case .kernelArgumentRemove: "kernel.argument.remove"
        case .kernelRootByUUID: "kernel.root-by-uuid"
        case .initramfsDriver: "initramfs.driver"
        case .packageInstall: "package.install"
        case .packageRemove: "package.remove"
        case .unitEnable: "unit.enable"
        case .unitDisable: "unit.disable"
        case .unitMask: "unit.mask"
        case .accountLock: "account.lock"
        case .accountRemove: "account.remove"
        case .identityReset: "identity.reset"
        case .cloudInitSet: "cloudinit.set"
        case .fstabByUUID: "fstab.by-uuid"
        case .fstabRemove: "fstab.remove"
        case .networkDHCP: "network.dhcp"
        case .bootPasswordRemove: "boot.password.remove"
        case .bootLoaderInstall: "boot.loader.install"
        case .fileSystemRepair: "filesystem.repair"
        case .diskConvert: "disk.convert"
        case .diskResize: "disk.resize"
        case .byHand: "by-hand"
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(action, forKey: .action)
        switch self {
        case .fileWrite(let path, let text, let mode):
            try values.encode(path, forKey: .path)
            try values.encode(text, forKey: .text)
            try values.encode(mode, forKey: .mode)
        case .fileRemove(let path), .fileEmpty(let path), .fstabRemove(let path): try values.encode(path, forKey: .path)
        case .fileChmod(let path, let mode):
            try values.encode(path, forKey: .path)
            try values.encode(mode, forKey: .mode)
        case .fileSet(let path, let key, let value):
            try values.encode(path, forKey: .path)
            try values.encode(key, forKey: .key)
            try values.encode(value, forKey: .value)
        case .sshdSet(let key, let value):
            try values.encode(key, forKey: .key)
            try values.encode(value, forKey: .value)
        case .kernelArgument(let argument), .kernelArgumentRemove(let argument):
            try values.encode(argument, forKey: .argument)
        case .initramfsDriver(let names), .packageInstall(let names), .packageRemove(let names), .unitEnable(let names),
            .unitDisable(let names), .unitMask(let names):
            try values.encode(names, forKey: .names)
        case .accountLock(let account), .accountRemove(let account): try values.encode(account, forKey: .account)
        case .identityReset(let parts): try values.encode(parts.map(\.rawValue), forKey: .parts)
        case .cloudInitSet(let key, let value):
            try values.encode(key, forKey: .key)
            try values.encode(value, forKey: .value)
        case .bootLoaderInstall(let boot): try values.encode(boot, forKey: .boot)
        case .diskConvert(let formats): try values.encode(formats, forKey: .formats)
        case .diskResize(let bytes): try values.encode(bytes, forKey: .bytes)
        case .byHand(let text): try values.encode(text, forKey: .text)
        case .kernelRootByUUID, .fstabByUUID, .networkDHCP, .bootPasswordRemove, .fileSystemRepair: break
        }
    }

    /// An action that is not in the list becomes `byHand`, with its name: a later provider may know more of them.
    /// - Throws: `DecodingError` if a known action lacks what it needs, or has what it can't be carried out with.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String { try values.decode(String.self, forKey: key) }
        func names() throws -> [String] { try values.decode([String].self, forKey: .names) }
        func mode() throws -> UInt32 {
            let mode = try values.decode(UInt32.self, forKey: .mode)
            guard mode <= 0o7777 else { throw Self.wrong(.mode, "\(mode) are no permission bits", values) }
            return mode
        }
        let action = try text(.action)
        switch action {
        case "file.write": self = .fileWrite(try text(.path), text: try text(.text), mode: try mode())
        case "file.remove": self = .fileRemove(try text(.path))
        case "file.empty": self = .fileEmpty(try text(.path))
        case "file.chmod": self = .fileChmod(try text(.path), mode: try mode())
        case "file.set": self = .fileSet(try text(.path), key: try text(.key), value: try text(.value))
        case "sshd.set": self = .sshdSet(try text(.key), try text(.value))
        case "kernel.argument": self = .kernelArgument(try text(.argument))
        case "kernel.argument.remove": self = .kernelArgumentRemove(try text(.argument))
        case "kernel.root-by-uuid": self = .kernelRootByUUID
        case "initramfs.driver": self = .initramfsDriver(try names())
        case "package.install": self = .packageInstall(try names())
        case "package.remove": self = .packageRemove(try names())
        case "unit.enable": self = .unitEnable(try names())
        case "unit.disable": self = .unitDisable(try names())
        case "unit.mask": self = .unitMask(try names())
        case "account.lock": self = .accountLock(try text(.account))
        case "account.remove": self = .accountRemove(try text(.account))
        case "identity.reset":
            let parts = try values.decode([String].self, forKey: .parts)
            let unknown = parts.filter { Identity(rawValue: $0) == nil }
            guard unknown.isEmpty else {
                throw Self.wrong(
                    .parts, "no part of an identity: \(unknown.map(Printable.line).joined(separator: ", "))", values)
            }
            self = .identityReset(parts.compactMap(Identity.init))
        case "cloudinit.set": self = .cloudInitSet(try text(.key), try values.decode(JSON.self, forKey: .value))
        case "fstab.by-uuid": self = .fstabByUUID
        case "fstab.remove": self = .fstabRemove(try text(.path))
        case "network.dhcp": self = .networkDHCP
        case "boot.password.remove": self = .bootPasswordRemove
        case "boot.loader.install":
            let boot = try text(.boot)
            guard boot == "bios" || boot == "uefi" else {
                throw Self.wrong(.boot, "neither bios nor uefi: \(Printable.line(boot))", values)
            }
            self = .bootLoaderInstall(boot)
        case "filesystem.repair": self = .fileSystemRepair
        case "disk.convert": self = .diskConvert(try values.decode([String].self, forKey: .formats))
        case "disk.resize": self = .diskResize(try values.decode(UInt64.self, forKey: .bytes))
        case "by-hand": self = .byHand(try text(.text))
        default: self = .byHand(action)
        }
    }
    private static func wrong(
        _ key: CodingKeys, _ why: String, _ values: KeyedDecodingContainer<CodingKeys>
    ) -> DecodingError {
        .dataCorruptedError(forKey: key, in: values, debugDescription: why)
    }
}
