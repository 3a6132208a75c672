public import Changing
import Digest
public import Documents

/// What people ask a build to change, beside what providers' rules ask for; everything with the place that it was written at.
public struct Recipe: Sendable, Equatable {
    /// A change of the closed vocabulary.
    public struct Wish: Sendable, Equatable {
        public var change: Remediation
        /// `file:line:column`, or the option.
        public var place: String
    }

    public struct File: Sendable, Equatable {
        public var file: CopiedFile
        public var place: String
        var digest: Digest
        var size: UInt64
    }

    public struct User: Sendable, Equatable {
        public var user: GuestUser
        public var place: String
    }

    /// The file's own name and digest; nil if there are options alone.
    var source: Source?
    struct Source: Sendable, Equatable {
        var name: String
        var digest: Digest
    }
    public internal(set) var wishes: [Wish] = []
    public internal(set) var files: [File] = []
    public internal(set) var users: [User] = []
    public internal(set) var dracutModules: [String] = []
    /// Where each of them stands, by its words.
    var moduleOrigins: [String: String] = [:]
    /// Where it says that the root grows with its disk.
    var growing: String?

    public init() {}

    var additions: GuestAdditions {
        var additions = GuestAdditions()
        additions.files = files.map(\.file)
        additions.users = users.map(\.user)
        additions.dracutModules = dracutModules
        return additions
    }

    /// Where each of the builder's steps was asked for, by its words.
    var origins: [String: String] {
        let steps =
            wishes.map { ($0.change.inWords, $0.place) } + files.map { ($0.file.inWords, $0.place) }
            + users.map { ($0.user.inWords, $0.place) }
        return Dictionary(steps) { first, _ in first }.merging(moduleOrigins) { first, _ in first }
    }

    /// What each part decides, for comparison with what rules ask for.
    var demands: [(subject: String, value: String, place: String)] {
        var demands = wishes.flatMap { wish in
            wish.change.demands.map { (subject: $0.subject, value: $0.value, place: wish.place) }
        }
        for file in files {
            demands.append((file.file.path, "a file with the SHA-256 \(file.digest.hex.prefix(16))", file.place))
            if let mode = file.file.mode {
                demands.append(("the mode of \(file.file.path)", String(mode, radix: 8), file.place))
            }
        }
        for user in users {
            demands.append(("the account \(user.user.name)", "there", user.place))
            guard !user.user.keys.isEmpty else { continue }
            let home = user.user.name == "root" ? "/root" : "/home/\(user.user.name)"
            demands.append(("\(home)/.ssh/authorized_keys", "the keys of \(user.user.name)", user.place))
        }
        return demands
    }

    /// What does not fit is told before anything is done.
    /// - Parameter volumes: the guest's.
    func check(fits volumes: [ChangeRequest.Volume]) throws(Failure) {
        for file in files {
            let above = volumes.filter {
                $0.mountPoint == "/" || file.file.path == $0.mountPoint || file.file.path.hasPrefix($0.mountPoint + "/")
            }
            guard let volume = above.max(by: { $0.mountPoint.utf8.count < $1.mountPoint.utf8.count }),
                file.size > volume.size
            else { continue }
            throw Failure(
                .usage, "\(file.file.path) gets \(file.size) bytes, and \(volume.mountPoint) has \(volume.size) in all",
                place: file.place, hint: "make the disk larger first: eulerpublisher image resize")
        }
    }

    /// The growing of the root as changes. cloud-init does it (docs.cloud-init.io, modules growpart and resizefs) by a program of
    /// the package cloud-utils-growpart, which Debian calls cloud-guest-utils.
    /// - Parameter facts: of the guest.
    /// - Returns: the same with those changes.
    /// - Throws: `Failure` if the guest's cloud-init is told to leave the modules out.
    func settled(_ facts: ImageFacts) throws(Failure) -> Recipe {
        guard let place = growing else { return self }
        var recipe = self
        recipe.growing = nil
        // Lists of modules are replaced, not joined: another would lose what the distribution's has.
        if let modules = facts.cloudInit?.modules.value, !modules.isEmpty,
            let left = ["growpart", "resizefs"].first(where: { !modules.contains($0) })
        {
            throw Failure(
                .refused, "the guest's cloud-init leaves the module \(left) out", place: place,
                hint: "name it in cloud_init_modules of the guest's cloud.cfg, by cloud-init of the recipe")
        }
        let packages = facts.packages?.packages.value ?? []
        let isDebian = packages.contains { $0.manager == .dpkg } && !packages.contains { $0.manager == .rpm }
        let needed = ["cloud-init", isDebian ? "cloud-guest-utils" : "cloud-utils-growpart"]
        let missing = needed.filter { name in !packages.contains { $0.name == name } }
        if !missing.isEmpty { recipe.wishes.append(Wish(change: .packageInstall(missing), place: place)) }
        recipe.wishes.append(Wish(change: .cloudInitSet("growpart.mode", "auto"), place: place))
        recipe.wishes.append(Wish(change: .cloudInitSet("growpart.devices", ["/"]), place: place))
        recipe.wishes.append(Wish(change: .cloudInitSet("resize_rootfs", true), place: place))
        return recipe
    }
}
