/// What lies in a guest that must not be handed to others with it: keys, tokens, one machine's identity, traces of its life.
///
/// Values are never in it, only where they are. A search that met one of its limits and found nothing is unknown, not absent.
public struct SecretFacts: Sendable, Equatable, Codable {
    public enum MachineID: String, Sendable, Codable, CaseIterable {
        /// An empty file: set at first boot (machine-id(5)).
        case empty
        /// The word `uninitialized`: set at first boot, and units of first boot run.
        case uninitialized
        /// An id: every copy of the image has the same.
        case set
        /// Something else; systemd sets a new one.
        case invalid
    }

    /// /etc/machine-id; absent if there is no file: then it can't be set on a read-only root.
    public var machineID: Fact<MachineID>
    /// /var/lib/dbus/machine-id, where it is a file of its own and no link to the other.
    public var dbusMachineID: Fact<MachineID>
    /// Private host keys of sshd: /etc/ssh/ssh_host_*_key and what HostKey names.
    public var hostKeys: Fact<Leftovers>
    /// Files that hold a private key (its body, not only the words) in their first MiB, wherever they lie, and on file systems that the
    /// guest does not mount (`partition 1:/key`). Under /usr only what its name or mode says to be private is opened, but for /usr/local;
    /// what packages document, and host keys of sshd, are not in it.
    public var privateKeys: Fact<[PrivateKeyFile]>
    /// Files that hold passwords or tokens of clouds, registries, hosts, installers.
    public var credentials: Fact<[CredentialFile]>
    /// Histories of shells and other programs, in every home, that are not empty.
    public var histories: Fact<Leftovers>
    /// What cloud-init keeps of an instance under /var/lib/cloud: user data, vendor data, the data source's answers.
    public var instanceData: Fact<Leftovers>
    /// Leases of DHCP clients.
    public var leases: Fact<Leftovers>
    /// Seeds of the random number generator: two copies of the image begin with the same.
    public var randomSeeds: Fact<Leftovers>
    /// Files under /var/log that are not empty, the journal's not counted.
    public var logs: Fact<Leftovers>
    /// Files of the journal, under /var/log/journal.
    public var journals: Fact<Leftovers>
    /// Memory of programs that crashed: /var/lib/systemd/coredump, /var/crash, /var/spool/abrt.
    public var coreDumps: Fact<Leftovers>
    /// What is under /tmp and /var/tmp.
    public var temporaryFiles: Fact<Leftovers>
    /// What dnf, yum and apt keep under /var/cache.
    public var packageCaches: Fact<Leftovers>
    /// Mail that waits in /var/mail and /var/spool/mail.
    public var mail: Fact<Leftovers>
    /// Files and folders that everyone may write to (folders without the sticky bit), wherever they lie but in /tmp, /var/tmp, /dev,
    /// /proc, /sys and /run.
    public var writableByAll: Fact<Leftovers>
    /// Programs in /usr/bin, /usr/sbin, /usr/libexec, /usr/lib (two levels), /usr/local and /opt that run as their owner or group.
    public var setID: Fact<Leftovers>

    enum CodingKeys: String, CodingKey {
        case credentials, histories, leases, logs, journals, mail
        case machineID = "machine_id"
        case dbusMachineID = "dbus_machine_id"
        case hostKeys = "host_keys"
        case privateKeys = "private_keys"
        case instanceData = "instance_data"
        case randomSeeds = "random_seeds"
        case coreDumps = "core_dumps"
        case temporaryFiles = "temporary_files"
        case packageCaches = "package_caches"
        case writableByAll = "writable_by_all"
        case setID = "set_id"
    }

    /// What is known before it was read.
    /// - Parameter why: what every member says until it is set.
    public init(unknown why: String) {
        (machineID, dbusMachineID) = (.unknown(why), .unknown(why))
        (privateKeys, credentials) = (.unknown(why), .unknown(why))
        (hostKeys, histories, instanceData, leases) = (.unknown(why), .unknown(why), .unknown(why), .unknown(why))
        (randomSeeds, logs, journals, coreDumps) = (.unknown(why), .unknown(why), .unknown(why), .unknown(why))
        (temporaryFiles, packageCaches, mail) = (.unknown(why), .unknown(why), .unknown(why))
        (writableByAll, setID) = (.unknown(why), .unknown(why))
    }
}

/// Files of one sort that were found: how many, and the largest of them by path.
public struct Leftovers: Sendable, Equatable, Codable {
    /// How many paths are listed.
    public static let limit = 50

    public var count: Int
    /// Of all of them together.
    public var bytes: UInt64
    /// The largest, biggest first, then by path; at most `limit`.
    public var files: [LeftFile]
    /// The search ended at one of its limits: there may be more.
    public var isCut: Bool

    enum CodingKeys: String, CodingKey {
        case count, bytes, files
        case isCut = "is_cut"
    }

    public init(count: Int, bytes: UInt64, files: [LeftFile], isCut: Bool = false) {
        (self.count, self.bytes, self.files, self.isCut) = (count, bytes, files, isCut)
    }
}

public struct LeftFile: Sendable, Equatable, Codable {
    public var path: String
    /// In bytes.
    public var size: UInt64
    public var user: UInt32
    /// With set-id and sticky bits.
    public var permissions: UInt16

    public init(path: String, size: UInt64, user: UInt32, permissions: UInt16) {
        (self.path, self.size, self.user, self.permissions) = (path, size, user, permissions)
    }
}

public struct PrivateKeyFile: Sendable, Equatable, Codable {
    public var path: String
    /// What its first line calls it: `OPENSSH PRIVATE KEY`, `RSA PRIVATE KEY`, `PRIVATE KEY`, `PGP PRIVATE KEY BLOCK`, `PuTTY-User-Key-File`.
    public var kind: String
    /// A passphrase protects it; nil where its form does not tell.
    public var isEncrypted: Bool?
    /// The line that it begins at.
    public var evidence: Evidence

    enum CodingKeys: String, CodingKey {
        case path, kind, evidence
        case isEncrypted = "is_encrypted"
    }

    public init(path: String, kind: String, isEncrypted: Bool?, evidence: Evidence) {
        (self.path, self.kind, self.isEncrypted, self.evidence) = (path, kind, isEncrypted, evidence)
    }
}

public struct CredentialFile: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// Access keys or tokens of a cloud's tools.
        case cloud
        /// Logins of container registries.
        case registry
        /// Logins by host name: .netrc, .git-credentials, .pgpass, .my.cnf.
        case login
        /// Answers of an installer with password hashes: kickstart, preseed.
        case installer
        /// Pre-shared keys of networks.
        case network
        /// The identity of a subscription.
        case subscription
        /// Anything else that names a secret and has a value for it.
        case token
    }

    public var kind: Kind
    /// The line that holds it, the value replaced.
    public var evidence: Evidence

    public init(kind: Kind, evidence: Evidence) { (self.kind, self.evidence) = (kind, evidence) }
}
