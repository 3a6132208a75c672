import CArchive
public import Documents
import Glibc

/// The disc by which a guest's cloud-init is told who may log in and what to run: data source NoCloud
/// (docs.cloud-init.io, "NoCloud").
public struct Seed: Sendable {
    /// The account that the test logs in as.
    public static let user = "ep-boot-test"
    /// What the guest writes about itself, as root, for that account to read.
    static let facts = "/run/eulerpublisher-boot-test"

    /// Only this boot knows it.
    public let marker: String
    let userData: String
    let metaData: String

    /// - Parameters:
    ///   - marker: letters and digits.
    ///   - publicKey: one line as in authorized_keys.
    public init(marker: String, publicKey: String) {
        self.marker = marker
        // JSON is YAML. The marker is written by its halves, so that no echo of this text is it.
        let half = marker.index(marker.startIndex, offsetBy: marker.count / 2)
        let script = """
            { sed -n 's/^root:\\(.\\).*/root-field=\\1/p' /etc/shadow; \
            stat -f -c 'root-size=%b*%S' /; cat /sys/block/vda/size | sed 's/^/disk-sectors=/'; } >\(Self.facts); \
            chmod 644 \(Self.facts); a=\(marker[..<half]); b=\(marker[half...]); \
            for line in ttyS0 ttyAMA0; do [ -c /dev/$line ] && echo "eulerpublisher: $a$b" >/dev/$line; done; true
            """
        let user: JSON = [
            "name": .string(Self.user), "gecos": "boot test", "lock_passwd": true, "shell": "/bin/sh",
            "ssh_authorized_keys": [.string(publicKey)],
        ]
        let document: JSON = [
            "users": [user], "ssh_genkeytypes": ["ed25519"],
            "runcmd": [["sh", "-c", .string(script)]],
        ]
        userData = "#cloud-config\n" + ((try? document.text()) ?? "{}") + "\n"
        metaData = "instance-id: ep-\(marker)\nlocal-hostname: boot-test\n"
    }

    /// Writes the disc, readable by its owner alone.
    /// - Throws: `Failure` if it can't be written.
    public func write(to path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(.internal, "cannot write: \(String(cString: strerror(errno)))", place: path)
        }
        defer { close(descriptor) }
        var said: UnsafeMutablePointer<CChar>?
        defer { free(said) }
        let (user, meta) = (Array(userData.utf8), Array(metaData.utf8))
        let status = user.withUnsafeBytes { user in
            meta.withUnsafeBytes { meta in
                "user-data".withCString { userName in
                    "meta-data".withCString { metaName in
                        let files = [
                            ep_disc_file(name: userName, bytes: user.baseAddress, size: user.count),
                            ep_disc_file(name: metaName, bytes: meta.baseAddress, size: meta.count),
                        ]
                        return ep_disc_write(descriptor, "cidata", files, files.count, &said)
                    }
                }
            }
        }
        guard status == 0 else {
            let reason = said.map { String(cString: $0) } ?? "no memory"
            throw Failure(.internal, "the seed disc cannot be written: \(reason)", place: path)
        }
    }
}
