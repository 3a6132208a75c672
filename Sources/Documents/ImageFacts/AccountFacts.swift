/// Who can log in to a guest: its users and groups, what their passwords are, which keys are let in.
///
/// passwd(5), shadow(5), group(5), crypt(5), sshd(8) "AUTHORIZED_KEYS FILE FORMAT". No hash is in it, only its kind.
public struct AccountFacts: Sendable, Equatable, Codable {
    /// In the order of /etc/passwd.
    public var users: Fact<[User]>
    /// In the order of /etc/group.
    public var groups: Fact<[Group]>
    /// Lines of passwd, shadow and group that the C library passes over, in file order.
    public var damaged: Fact<[Evidence]>
    /// How /etc/shadow stands there; absent where passwd holds the passwords.
    public var shadowFile: Fact<FileMode>
    /// The path of passwd(1); what sets a password at first boot needs it.
    public var passwdProgram: Fact<String>
    /// Every key that sshd would let in, of every account and every AuthorizedKeysFile; an empty list if there is none.
    public var authorizedKeys: Fact<[AuthorizedKey]>
    public var policy: PasswordPolicy

    enum CodingKeys: String, CodingKey {
        case users, groups, damaged, policy
        case shadowFile = "shadow_file"
        case passwdProgram = "passwd_program"
        case authorizedKeys = "authorized_keys"
    }

    public init(
        users: Fact<[User]>, groups: Fact<[Group]>, damaged: Fact<[Evidence]>, shadowFile: Fact<FileMode>,
        passwdProgram: Fact<String>, authorizedKeys: Fact<[AuthorizedKey]>, policy: PasswordPolicy
    ) {
        self.users = users
        self.groups = groups
        self.damaged = damaged
        self.shadowFile = shadowFile
        self.passwdProgram = passwdProgram
        self.authorizedKeys = authorizedKeys
        self.policy = policy
    }

    /// The first account of that name: the one that logs in; nil if there is none.
    public func user(_ name: String) -> User? { users.value?.first { $0.name == name } }

    /// Every account of uid 0 that is not called root.
    public var rootTwins: [User] { users.value?.filter { $0.uid == 0 && $0.name != "root" } ?? [] }
}

/// A line of /etc/passwd, with its line of /etc/shadow.
public struct User: Sendable, Equatable, Codable {
    public var name: String
    public var uid: UInt32
    public var gid: UInt32
    public var home: String
    /// As written; empty means /bin/sh.
    public var shell: String
    /// Whether a login ends in a shell: it is in the image, may be run, and is none that turns away (nologin, false, sync, halt, ...).
    public var hasLoginShell: Bool
    /// The names of its groups, its own first.
    public var groups: [String]
    /// Unknown if /etc/shadow can't be read.
    public var password: Fact<Password>
    /// The line of /etc/passwd, what stands for a password there replaced by its kind.
    public var evidence: Evidence

    enum CodingKeys: String, CodingKey {
        case name, uid, gid, home, shell, groups, password, evidence
        case hasLoginShell = "has_login_shell"
    }

    public init(
        name: String, uid: UInt32, gid: UInt32, home: String, shell: String, hasLoginShell: Bool, groups: [String],
        password: Fact<Password>, evidence: Evidence
    ) {
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home
        self.shell = shell
        self.hasLoginShell = hasLoginShell
        self.groups = groups
        self.password = password
        self.evidence = evidence
    }
}

/// What an account's password is; never the password's hash.
public struct Password: Sendable, Equatable, Codable {
    public enum State: String, Sendable, Codable, CaseIterable {
        /// No password fits: `*`, `!`, `!!`, or anything else that is no hash.
        case locked
        /// Locked by a `!` before a hash that is still there, and counts again once unlocked: `!$6$...`.
        case lockedHash = "locked_hash"
        /// The field is empty: no password is asked for.
        case empty
        /// A hash: whoever knows the password gets in.
        case hash
        /// passwd points at a shadow line that is not there: no password fits.
        case missing
    }

    public var state: State
    /// The hash's kind as crypt(5) begins it: `$6$`, `$y$`, `des` of the old one without a mark; nil without a hash.
    public var kind: String?
    /// It is the hash of a password that is printed somewhere as that of images.
    public var isStock: Bool
    /// Why printed passwords were not tried on the hash, and `isStock` may be wrong; nil if they were, or there is none.
    public var untried: String?
    /// The account is past its day in shadow's eighth field, or in the first of 1970: login is refused whatever the password.
    public var expires: Int64?
    /// The day of the last change is 0: login demands a new password first.
    public var mustChange: Bool

    enum CodingKeys: String, CodingKey {
        case state, kind, untried, expires
        case isStock = "is_stock"
        case mustChange = "must_change"
    }

    public init(
        state: State, kind: String? = nil, isStock: Bool = false, expires: Int64? = nil, mustChange: Bool = false
    ) {
        self.state = state
        self.kind = kind
        self.isStock = isStock
        self.expires = expires
        self.mustChange = mustChange
    }

    /// Whether somebody gets in by it, where passwords are taken at all.
    public var isUsable: Bool { state == .hash || state == .empty }
    /// Whether a hash lies in the image, in force or not.
    public var hasHash: Bool { state == .hash || state == .lockedHash }
}

public struct Group: Sendable, Equatable, Codable {
    public var name: String
    public var gid: UInt32
    /// As the line lists them; those whose own group it is are not in it.
    public var members: [String]
    public var evidence: Evidence

    public init(name: String, gid: UInt32, members: [String], evidence: Evidence) {
        (self.name, self.gid, self.members, self.evidence) = (name, gid, members, evidence)
    }
}

/// How a file stands in its directory, as stat(1) and lsattr(1) tell it.
public struct FileMode: Sendable, Equatable, Codable {
    /// Permissions with set-id and sticky bits: 0o640 is 416 in JSON.
    public var permissions: UInt16
    public var user: UInt32
    public var group: UInt32
    /// Made unchangeable by `chattr +i`; unknown where the file system does not tell.
    public var isImmutable: Fact<Bool>

    enum CodingKeys: String, CodingKey {
        case permissions, user, group
        case isImmutable = "is_immutable"
    }

    public init(permissions: UInt16, user: UInt32, group: UInt32, isImmutable: Fact<Bool>) {
        (self.permissions, self.user, self.group, self.isImmutable) = (permissions, user, group, isImmutable)
    }
}

/// One key of an authorized_keys file.
public struct AuthorizedKey: Sendable, Equatable, Codable {
    /// Whose login it opens.
    public var user: String
    /// `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, `sk-ssh-ed25519@openssh.com`, ...
    public var type: String
    /// As ssh-keygen -l prints it: `SHA256:...`.
    public var fingerprint: String
    public var comment: String
    /// What stands before the key: `no-port-forwarding,command="..."`; empty if nothing does.
    public var options: String
    /// The file's resolved path and the line; the key itself is not in its text.
    public var evidence: Evidence

    public init(
        user: String, type: String, fingerprint: String, comment: String, options: String, evidence: Evidence
    ) {
        self.user = user
        self.type = type
        self.fingerprint = fingerprint
        self.comment = comment
        self.options = options
        self.evidence = evidence
    }
}

/// What a new password must be, and how long it lasts: login.defs(5), pwquality.conf(5), faillock(8), pam_unix(8).
///
/// Each is absent if nothing in the image sets it; a setting of a module that no PAM service calls has no effect and is absent too.
public struct PasswordPolicy: Sendable, Equatable, Codable {
    /// Least length that pam_pwquality takes, in characters.
    public var minimumLength: Fact<Int>
    /// How many of the four kinds of characters pam_pwquality asks for.
    public var minimumClasses: Fact<Int>
    /// A PAM stack that sets passwords calls pam_pwquality, and where.
    public var qualityModule: Fact<String>
    /// What passwords are hashed with: `SHA512`, `YESCRYPT`, as login.defs or pam_unix names it (upper case).
    public var hashMethod: Fact<String>
    /// PASS_MAX_DAYS.
    public var maximumDays: Fact<Int>
    /// PASS_WARN_AGE, in days.
    public var warningDays: Fact<Int>
    /// PASS_MIN_LEN of login.defs.
    public var minimumLengthOfLoginDefs: Fact<Int>
    /// After how many failures pam_faillock or pam_tally2 refuses.
    public var failuresAllowed: Fact<Int>
    /// For how many seconds it then refuses.
    public var lockSeconds: Fact<Int>

    enum CodingKeys: String, CodingKey {
        case minimumLength = "minimum_length"
        case minimumClasses = "minimum_classes"
        case qualityModule = "quality_module"
        case hashMethod = "hash_method"
        case maximumDays = "maximum_days"
        case warningDays = "warning_days"
        case minimumLengthOfLoginDefs = "login_defs_minimum_length"
        case failuresAllowed = "failures_allowed"
        case lockSeconds = "lock_seconds"
    }

    /// What is known before anything was read.
    public init() {
        (minimumLength, minimumClasses, qualityModule, hashMethod) = (.absent(), .absent(), .absent(), .absent())
        (maximumDays, warningDays, minimumLengthOfLoginDefs) = (.absent(), .absent(), .absent())
        (failuresAllowed, lockSeconds) = (.absent(), .absent())
    }
}
