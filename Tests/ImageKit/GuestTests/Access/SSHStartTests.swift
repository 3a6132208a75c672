import Documents
import FileSystems
import Guest
import ImageTesting
import Testing

/// How sshd is started, and what keeps it from starting.
@Suite struct SSHStartTests {
    private static func facts(_ files: [String: MemoryFileSystem.Node]) -> SSHFacts {
        let base: [String: MemoryFileSystem.Node] = [
            "/usr/sbin/sshd": .file("OpenSSH_9.6p1 ", mode: 0o755),
            "/etc/ssh/sshd_config": "PasswordAuthentication no\n",
            "/usr/lib/systemd/system/ssh.service":
                "[Unit]\nConditionPathExists=!/etc/ssh/sshd_not_to_be_run\n[Service]\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n",
        ]
        return SSHReader(GuestTree(MemoryFileSystem(base.merging(files) { $1 }))).facts()
    }

    private static let dropIn = "/etc/systemd/system/ssh.service.d/10.conf"

    @Test func aDropInsCommandLineCounts() {
        #expect(Self.facts([:]).setting("PasswordAuthentication").value?.text == "no")
        for text in [
            "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D -o PasswordAuthentication=yes\n",
            "[Service]\nEnvironment=\"SSHD_OPTS=-oPasswordAuthentication=yes\"\n",
        ] {
            let setting = Self.facts([Self.dropIn: .file(text)]).setting("PasswordAuthentication")
            #expect(setting.value?.text == "yes" && setting.evidence.first?.path == Self.dropIn)
        }
    }

    @Test func withoutItsFileItDoesNotStart() {
        #expect(Self.facts([:]).refused.value == [])
        let tree = GuestTree(MemoryFileSystem(["/usr/sbin/sshd": .file("OpenSSH_9.6p1 ", mode: 0o755)]))
        #expect(SSHReader(tree).facts().refused.value?.map(\.path) == ["/etc/ssh/sshd_config"])
        let vendor = GuestTree(
            MemoryFileSystem([
                "/usr/sbin/sshd": .file("OpenSSH_9.6p1 ", mode: 0o755), "/usr/etc/ssh/sshd_config": "Port 2222\n",
            ]))
        let facts = SSHReader(vendor).facts()
        #expect(facts.refused.value == [] && facts.setting("Port").value?.text == "2222")
    }

    @Test func aFileOfItsConditionKeepsItOff() {
        let facts = Self.facts(["/etc/ssh/sshd_not_to_be_run": ""])
        #expect(facts.refused.value?.map(\.path) == ["/etc/ssh/sshd_not_to_be_run"])
    }
}
