public import Documents

extension Remediation {
    /// What is done, for people who watch.
    public var inWords: String {
        switch self {
        case .fileWrite(let path, _, _): "write \(path)"
        case .fileRemove(let path): "remove \(path)"
        case .fileEmpty(let path): "empty \(path)"
        case .fileChmod(let path, let mode): "chmod \(String(mode, radix: 8)) \(path)"
        case .fileSet(let path, let key, let value): "set \(key) to \(value) in \(path)"
        case .sshdSet(let key, let value): "sshd: \(key) \(value)"
        case .kernelArgument(let argument): "kernel: \(argument)"
        case .kernelArgumentRemove(let argument): "kernel: no \(argument)"
        case .kernelRootByUUID: "kernel: the root by its UUID"
        case .initramfsDriver(let names): "initramfs: \(names.joined(separator: " "))"
        case .packageInstall(let names): "install \(names.joined(separator: " "))"
        case .packageRemove(let names): "remove the packages \(names.joined(separator: " "))"
        case .unitEnable(let names): "enable \(names.joined(separator: " "))"
        case .unitDisable(let names): "disable \(names.joined(separator: " "))"
        case .unitMask(let names): "mask \(names.joined(separator: " "))"
        case .accountLock(let account): "lock \(account)"
        case .accountRemove(let account): "remove the account \(account)"
        case .identityReset(let parts): "reset \(parts.map(\.rawValue).joined(separator: " "))"
        case .cloudInitSet(let key, _): "cloud-init: \(key)"
        case .fstabByUUID: "fstab: by UUID"
        case .fstabRemove(let path): "fstab: no \(path)"
        case .networkDHCP: "network: DHCP"
        case .bootPasswordRemove: "boot: no password"
        case .bootLoaderInstall(let firmware): "boot: the loader for \(firmware)"
        case .fileSystemRepair: "repair file systems"
        case .diskConvert(let formats): "convert to \(formats.joined(separator: " or "))"
        case .diskResize(let bytes): "resize to \(bytes >> 20) MiB"
        case .byHand(let text): "by hand: \(text)"
        }
    }
}

extension CopiedFile {
    public var inWords: String { "put \(path)" }
}

extension GuestUser {
    public var inWords: String { "user \(name)" }
}
