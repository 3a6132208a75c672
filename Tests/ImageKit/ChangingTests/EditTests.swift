import Changing
import Documents
import Foundation
import Glibc
import TestSupport
import Testing

/// Each change of a guest's files, on a folder that is one's root.
@Suite struct EditTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    @discardableResult
    private func carryOut(
        _ changes: Remediation..., volumes: [ChangeRequest.Volume] = [], sanitises: Bool = false
    ) throws -> GuestChange {
        let request = ChangeRequest(
            image: "", folder: "", architecture: "x86_64", volumes: volumes, changes: changes, packages: [],
            sanitises: sanitises)
        let change = GuestChange(try GuestRoot(scratch.path), request) { _ in }
        try change.carryOut()
        return change
    }

    private func mode(_ path: String) -> mode_t? {
        var found = stat()
        return stat("\(scratch.path)/\(path)", &found) == 0 ? found.st_mode & 0o7777 : nil
    }

    @Test("A locked account has no hash any more, in the copy neither; mode and other accounts stay")
    func lock() throws {
        let shadow = "root:$6$salt$hash:19700:0:99999:7:::\ndaemon:*:1:0:99999:7:::\nrootless:$6$a$b:1::::::\n"
        try scratch.write("etc/shadow", shadow, mode: 0o600)
        try scratch.write("etc/shadow-", shadow, mode: 0o600)
        try carryOut(.accountLock("root"))
        let expected = "root:!:19700:0:99999:7:::\ndaemon:*:1:0:99999:7:::\nrootless:$6$a$b:1::::::\n"
        #expect(try scratch.text("etc/shadow") == expected)
        #expect(try scratch.text("etc/shadow-") == expected)
        #expect(mode("etc/shadow") == 0o600)
        let failure = #expect(throws: Failure.self) { try carryOut(.accountLock("nobody")) }
        #expect(failure?.message.contains("nobody") == true)
    }

    @Test("A kernel's argument takes the place of its like in every menu, and consoles stand beside each other")
    func arguments() throws {
        let menu = "menuentry 'a' {\n\tlinux /vmlinuz-1 root=UUID=1 ro quiet io=5 console=tty1\n\tinitrd /initrd-1\n}\n"
        try scratch.write("boot/grub2/grub.cfg", menu)
        try scratch.write("boot/efi/EFI/openEuler/grub.cfg", menu)
        try scratch.write(
            "boot/loader/entries/a.conf", "title a\nlinux /vmlinuz-1\noptions root=UUID=1 ro quiet io=5\n")
        try scratch.write(
            "etc/default/grub",
            "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"quiet io=5\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet x\"\n")
        try carryOut(
            .kernelArgument("io=9"), .kernelArgument("console=ttyS0"), .kernelArgumentRemove("quiet"),
            .kernelArgument("io=9"))
        for path in ["boot/grub2/grub.cfg", "boot/efi/EFI/openEuler/grub.cfg"] {
            #expect(
                try scratch.text(path)
                    == "menuentry 'a' {\n\tlinux /vmlinuz-1 root=UUID=1 ro console=tty1 io=9 console=ttyS0\n\tinitrd /initrd-1\n}\n"
            )
        }
        #expect(
            try scratch.text("boot/loader/entries/a.conf")
                == "title a\nlinux /vmlinuz-1\noptions root=UUID=1 ro io=9 console=ttyS0\n")
        #expect(
            try scratch.text("etc/default/grub")
                == "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"io=9 console=ttyS0\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"x\"\n")
    }

    @Test("The root is named by the UUID of the file system that is mounted there")
    func rootByUUID() throws {
        try scratch.write("boot/grub2/grub.cfg", "linux /vmlinuz root=/dev/vda2 ro\n")
        try scratch.write(
            "etc/fstab",
            "# a\n/dev/vda2 / ext4 defaults 0 1\nUUID=9 /boot vfat defaults 0 0\n/dev/vdb1 /data ext4 nofail 0 0\n")
        let root = ChangeRequest.Volume(offset: 0, size: 1, type: "ext4", uuid: "5f1d", mountPoint: "/")
        try carryOut(.kernelRootByUUID, .fstabRemove("/data"), .fstabByUUID, volumes: [root])
        #expect(try scratch.text("boot/grub2/grub.cfg") == "linux /vmlinuz root=UUID=5f1d ro\n")
        #expect(try scratch.text("etc/fstab") == "# a\nUUID=5f1d / ext4 defaults 0 1\nUUID=9 /boot vfat defaults 0 0\n")
    }

    @Test("No menu has a password any more")
    func bootPassword() throws {
        let menu =
            "set timeout=1\nset superusers=\"root\"\npassword_pbkdf2 root grub.pbkdf2.sha512.10000.AA\nexport superusers\nmenuentry 'a' {\n}\n"
        for path in ["boot/grub2/grub.cfg", "etc/grub.d/01_users"] { try scratch.write(path, menu) }
        try scratch.write("boot/grub2/user.cfg", "GRUB2_PASSWORD=x\n")
        try carryOut(.bootPasswordRemove)
        for path in ["boot/grub2/grub.cfg", "etc/grub.d/01_users"] {
            #expect(try scratch.text(path) == "set timeout=1\nmenuentry 'a' {\n}\n")
        }
        #expect(mode("boot/grub2/user.cfg") == nil)
    }

    @Test("Values of cloud-init join in one file, which is read after the distribution's")
    func cloudInit() throws {
        try carryOut(.cloudInitSet("a.b", "x"))
        // A later round keeps what an earlier one wrote.
        try carryOut(.cloudInitSet("a.c", 1), .cloudInitSet("d", false))
        let text = try scratch.text("etc/cloud/cloud.cfg.d/99_eulerpublisher.cfg")
        let json = try JSONDecoder().decode(JSON.self, from: Data(text.drop { $0 != "\n" }.utf8))
        #expect(json == ["a": ["b": "x", "c": 1], "d": false])
    }

    @Test("A word's value is written as the file writes values")
    func words() throws {
        try scratch.write("etc/login.defs", "# PASS_MAX_DAYS 1\nPASS_MAX_DAYS\t99999\nPASS_MAX_DAYS_X 1\n")
        try scratch.write("etc/selinux/config", "SELINUX=enforcing\n")
        try carryOut(
            .fileSet("/etc/login.defs", key: "PASS_MAX_DAYS", value: "90"),
            .fileSet("/etc/selinux/config", key: "SELINUX", value: "disabled"),
            .fileSet("/etc/selinux/config", key: "SELINUXTYPE", value: "minimum"))
        #expect(try scratch.text("etc/login.defs") == "# PASS_MAX_DAYS 1\nPASS_MAX_DAYS 90\nPASS_MAX_DAYS_X 1\n")
        #expect(try scratch.text("etc/selinux/config") == "SELINUX=disabled\nSELINUXTYPE=minimum\n")
    }

    @Test("What a machine leaves behind is gone, what services need is there")
    func identity() throws {
        let gone = [
            "etc/ssh/ssh_host_rsa_key", "var/lib/systemd/random-seed", "var/log/messages", "var/log/nginx/access.log",
            "root/.bash_history", "home/a/.python_history", "var/lib/NetworkManager/secret_key",
            "var/lib/dhclient/dhclient.leases", "var/lib/cloud/instances/i-1/x", "var/cache/dnf/os/x.rpm",
            "var/lib/systemd/coredump/core.1", "tmp/x", "var/tmp/y/z", "var/log/journal/0123/system.journal",
        ]
        let kept = ["etc/ssh/sshd_config", "root/.bashrc", "var/log/README.d/keep/x"]
        for path in gone + kept.dropLast() { try scratch.write(path, "x") }
        try scratch.write("etc/passwd", "root:x:0:0::/root:/bin/sh\na:x:1000:1000::/home/a:/bin/sh\n")
        try scratch.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n", mode: 0o444)
        try scratch.write("var/lib/dbus/machine-id", "0123456789abcdef0123456789abcdef\n")
        try scratch.write("var/log/wtmp", "x", mode: 0o664)
        try carryOut(sanitises: true)
        for path in gone + ["var/lib/dbus/machine-id"] { #expect(mode(path) == nil, "\(path)") }
        for path in kept.dropLast() { #expect(mode(path) != nil, "\(path)") }
        #expect(try scratch.text("etc/machine-id") == "" && mode("etc/machine-id") == 0o444)
        #expect(try scratch.text("var/log/wtmp") == "" && mode("var/log/wtmp") == 0o664)
        #expect(mode("var/log/nginx") != nil && mode("tmp") != nil)
    }

    @Test("Links lead inside the guest, however they are written, and a file outside is neither read nor changed")
    func links() throws {
        let outside = try Scratch()
        try outside.write("shadow", "root:$6$a$b:1::::::\n")
        try scratch.write("real/shadow", "root:$6$a$b:1::::::\n", mode: 0o600)
        try FileManager.default.createDirectory(atPath: "\(scratch.path)/etc", withIntermediateDirectories: true)
        symlink("/real/shadow", "\(scratch.path)/etc/shadow")
        try carryOut(.accountLock("root"))
        #expect(try scratch.text("real/shadow") == "root:!:1::::::\n")
        #expect(mode("real/shadow") == 0o600)
        unlink("\(scratch.path)/etc/shadow")
        symlink("../../../../../../../..\(outside.path)/shadow", "\(scratch.path)/etc/shadow")
        #expect(throws: Failure.self) { try carryOut(.accountLock("root")) }
        symlink(outside.path, "\(scratch.path)/leak")
        #expect(throws: Failure.self) { try carryOut(.fileWrite("/leak/new", text: "x")) }
        try carryOut(.fileRemove("/leak/shadow"), .fileEmpty("/leak/shadow"))
        #expect(try outside.text("shadow") == "root:$6$a$b:1::::::\n")
        #expect(access("\(outside.path)/new", F_OK) != 0)
    }

    @Test(
        "What no program mends is told",
        arguments: [Remediation.byHand("do it"), .bootLoaderInstall("uefi")])
    func byHand(_ change: Remediation) throws {
        #expect(try carryOut(change).byHand.count == 1)
    }
}
