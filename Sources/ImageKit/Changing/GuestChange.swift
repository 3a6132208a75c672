import CSystem
public import Documents
import Glibc

/// Carries out changes in a guest whose root is mounted; each is one of the closed vocabulary, and none reaches beyond the guest.
/// One thread.
public final class GuestChange {
    let root: GuestRoot
    let request: ChangeRequest
    /// Told of each step, in words for people.
    let report: (String) -> Void
    var needsSSHDTest = false
    var needsInitramfs = false
    /// What becomes of the guest's programs.
    let programs: GuestPrograms
    /// Processes of this machine's that serve the guest's file systems.
    private let servers: [pid_t]
    /// Those that are to be run elsewhere, in this order.
    public private(set) var commands: [[String]] = []
    /// Whether it stopped for them.
    public private(set) var isPaused = false
    /// What no program mends: told at the end.
    public private(set) var byHand: [String] = []

    public init(
        _ root: GuestRoot, _ request: ChangeRequest, programs: GuestPrograms = .here, servers: [Int32] = [],
        report: @escaping (String) -> Void
    ) {
        (self.root, self.request, self.programs) = (root, request, programs)
        (self.servers, self.report) = (servers, report)
    }

    /// All that was asked for, in the order that holds: packages bring files that are edited, and drivers are packed at the end.
    /// - Throws: `Failure` at the first step that fails, with the last words of the guest's program.
    public func carryOut() throws(Failure) {
        try changePackages()
        try add(request.additions)
        for change in request.changes where !change.isOfPackages {
            try step(change.inWords) { () throws(Failure) in try carryOut(change) }
        }
        try addDracutModules(request.additions.dracutModules)
        if needsInitramfs { report("make the initramfs again") }
        try makeInitramfs()
        try testSSHD()
        try settle()
        if request.sanitises {
            report("take out what a machine leaves behind")
            try reset(Remediation.Identity.allCases)
            try cleanPackages()
            try removeTemporary()
        }
    }

    private func add(_ additions: GuestAdditions) throws(Failure) {
        for user in additions.users { try step(user.inWords) { () throws(Failure) in try add(user) } }
        for file in additions.files { try step(file.inWords) { () throws(Failure) in try put(file) } }
    }

    /// A step that is told, and whose failure says where it was asked for, if a person did.
    private func step(_ words: String, _ carryOut: () throws(Failure) -> Void) throws(Failure) {
        report(words)
        do {
            try carryOut()
        } catch {
            guard let origin = request.origins[words] else { throw error }
            var failure = error
            failure.message += error.place.map { " (\($0))" } ?? ""
            failure.place = origin
            throw failure
        }
    }

    private func carryOut(_ change: Remediation) throws(Failure) {
        switch change {
        case .fileWrite(let path, let text, let mode): try root.write(path, Array(text.utf8), mode: mode)
        case .fileRemove(let path): try root.remove(path)
        case .fileEmpty(let path): try root.empty(path)
        case .fileChmod(let path, let mode): try root.setMode(path, mode)
        case .fileSet(let path, let key, let value): try set(path, key, value)
        case .sshdSet(let key, let value): try setSSHD(key, value)
        case .kernelArgument(let argument): try setKernelArgument(argument)
        case .kernelArgumentRemove(let argument): try removeKernelArgument(argument)
        case .kernelRootByUUID: try nameRootByUUID()
        case .initramfsDriver(let names):
            try addDrivers(names, isAsked: request.origins[change.inWords] != nil)
        // Done before, all at once.
        case .packageInstall, .packageRemove: break
        case .unitEnable(let names): try enable(names)
        case .unitDisable(let names): try disable(names)
        case .unitMask(let names): try mask(names)
        case .accountLock(let account): try lock(account)
        case .accountRemove(let account): try removeAccount(account)
        case .identityReset(let parts): try reset(parts)
        case .cloudInitSet(let key, let value): try setCloudInit(key, value)
        case .fstabByUUID: try nameVolumesByUUID()
        case .fstabRemove(let mountPoint): try removeMount(mountPoint)
        case .bootPasswordRemove: try removeBootPassword()
        // Of the disk as a whole: the host does these before and after.
        case .fileSystemRepair, .diskConvert, .diskResize: break
        case .networkDHCP: try askByDHCP()
        case .bootLoaderInstall(let firmware): byHand.append("install the loader for \(firmware)")
        case .byHand(let text): byHand.append(text)
        }
    }

    /// Runs a program of the guest's, found where a system has its programs.
    /// - Throws: `Failure` if it is not there, or ends with another status than 0.
    func run(_ command: [String]) throws(Failure) {
        guard let path = Self.folders.map({ "\($0)/\(command[0])" }).first(where: { root.exists($0) }) else {
            throw Failure(
                .refused, "the guest has no \(command[0])", hint: "install it in the guest: build --install PACKAGE")
        }
        switch programs {
        case .here: try run(path, command)
        case .never: throw Way.refusal(command[0])
        case .unable(let failure): throw failure
        case .later(let done):
            let words = [path] + command.dropFirst()
            if !done.contains(words) && !commands.contains(words) { commands.append(words) }
        }
    }

    private func run(_ path: String, _ command: [String]) throws(Failure) {
        try judge(
            command, try sharing { look throws(Failure) in try Command.run(in: root.path, path, command, look: look) })
    }

    /// Runs a program that shares a processor with the server of the guest's file system, as long as they take turns.
    func sharing(_ run: (_ look: () -> Void) throws(Failure) -> Command.Ending) throws(Failure) -> Command.Ending {
        let sharing = ProcessorSharing(root, servers: servers)
        defer { sharing.release() }
        return try run { sharing.look() }
    }

    /// What follows sees what the guest's programs did: where they run elsewhere, it is done again once they have.
    /// - Throws: `Failure` that nobody is told, if some are to be run.
    func settle() throws(Failure) {
        guard !commands.isEmpty else { return }
        isPaused = true
        throw Failure(.internal, "programs of the guest are to be run first")
    }

    /// - Parameter owner: whose program it was, if not the guest's own.
    /// - Throws: `Failure` without the passwords that it was given, if it ended badly.
    func judge(_ command: [String], _ ended: Command.Ending, owner: String? = nil) throws(Failure) {
        guard ended.status != 0 else { return }
        var failed = FailedProgram(command, status: Int(ended.status), lines: ended.output)
        failed.owner = owner
        failed.hide(request.repositories)
        throw failed.failure
    }

    private static let folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
}
