import Documents
import ProviderKit

extension SoundImage {
    /// fstab wants a disk that no server made of this image has.
    mutating func mountsAnotherDisk() {
        fstab(mount("UUID=77", "/data", "ext4", line: 3))
        facts.mounts?.unmounted = .known([
            UnmountedFact(point: "/data", kind: "ext4", source: "UUID=77", line: 3, inImage: false, why: "not there")
        ])
    }

    /// The same files for another machine, by what uname -m calls it.
    mutating func becomes(_ architecture: String) {
        facts.system?.architecture = .known(architecture)
        kernels { $0.architecture = .known(architecture) }
    }

    mutating func lets(in comment: String) {
        facts.accounts?.authorizedKeys = .known([
            AuthorizedKey(
                user: "root", type: "ssh-ed25519", fingerprint: "SHA256:AAAA", comment: comment, options: "",
                evidence: Evidence("/root/.ssh/authorized_keys", line: 1))
        ])
    }

    mutating func hasPrivateKey(_ path: String) {
        facts.secrets?.privateKeys = .known([
            PrivateKeyFile(
                path: path, kind: "OPENSSH PRIVATE KEY", isEncrypted: false, evidence: Evidence(path, line: 1))
        ])
    }

    mutating func hasAccount(_ name: String, _ uid: UInt32) {
        guard var users = facts.accounts?.users.value else { return }
        users.append(
            User(
                name: name, uid: uid, gid: uid, home: "/home/\(name)", shell: "/bin/bash", hasLoginShell: true,
                groups: [name], password: .known(Password(state: .locked)), evidence: Evidence("/etc/passwd", line: 20))
        )
        facts.accounts?.users = .known(users)
    }

    /// Whom cloud-init makes for the cloud's keys.
    mutating func defaultUser(_ name: String) {
        facts.cloudInit?.users = .known([
            CloudInitUser(
                name: name, isDefault: true, locksPassword: true, hasPassword: false,
                sudo: ["ALL=(ALL) NOPASSWD:ALL"], groups: ["wheel"], shell: "/bin/bash", authorizedKeys: 0)
        ])
    }
}
