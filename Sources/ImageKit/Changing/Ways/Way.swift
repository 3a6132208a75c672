public import Documents

/// How a guest's files are reached, and what runs its programs.
public enum Way: String, Sendable, Equatable, Codable, CaseIterable {
    /// Mounted by fuse2fs in namespaces of the builder's own, programs run by chroot: any user, no virtual machine.
    case namespaces
    /// Mounted by this machine's kernel from a loop device, programs run by chroot: root alone, and for images that are trusted.
    case loop
    /// Mounted as by `namespaces`; nothing of the guest is run.
    case files
    /// Mounted as by `namespaces`; the guest's programs run on its own kernel, in a virtual machine.
    case boot

    /// Whether the guest's programs are started on this machine's kernel.
    var runsHere: Bool { self == .namespaces || self == .loop }
}

extension Way {
    /// What is told of a program that `files` does not run.
    static func refusal(_ what: String) -> Failure {
        Failure(
            .refused, "\(what) needs the guest's programs, and the way files runs none",
            hint: "leave --way out, or see --help for the others")
    }
}

extension ChangeRequest {
    /// What of it needs the guest's programs, in words for people; none of it: nothing has to be run.
    public var needs: [String] {
        (packages.isEmpty ? [] : ["install \(packages.joined(separator: " "))"])
            + changes.filter { $0.need != .none }.map(\.inWords) + modules
    }

    private var modules: [String] {
        additions.dracutModules.isEmpty ? [] : ["dracut: \(additions.dracutModules.joined(separator: " "))"]
    }

    /// - Throws: `Failure` naming the first change that files alone do not bring about.
    public func checkFiles() throws(Failure) {
        if !packages.isEmpty { throw Way.refusal("install \(packages.joined(separator: " "))") }
        if let change = changes.first(where: { $0.need == .programs }) { throw Way.refusal(change.inWords) }
        if let module = modules.first { throw Way.refusal(module) }
    }
}

extension Remediation {
    /// Whether the guest's programs do it.
    enum Need { case none, links, programs }

    fileprivate var need: Need {
        switch self {
        case .initramfsDriver, .packageInstall, .packageRemove, .accountRemove: .programs
        // Files say these too; but the guest's own programs know them better.
        case .unitEnable, .unitDisable, .unitMask, .sshdSet: .links
        default: .none
        }
    }
}
