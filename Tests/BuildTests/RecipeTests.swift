import Foundation
import Glibc
import TestSupport
import Testing

/// What `build --recipe` and its options put into an image, read by debugfs.
@Suite(
    "Recipes of a build", .serialized,
    .enabled(if: stage != nil && canBuild, "run make test as root, with what makes images and changes them"))
struct RecipeTests {
    let scratch: Scratch
    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC4xVZcNBAAIZHgyGS0Ti5ZTzp0n9z5sTkWcEoFcXb4r me@here"

    init() throws {
        scratch = try Scratch()
        _ = try stockImage(in: scratch)
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/\(name)"))
    }

    private func debugfs(_ command: String, _ image: String = "new.raw") throws -> String {
        try run(["debugfs", "-R", command, "\(scratch.path)/\(image)?offset=\(33 << 20)"]).output
    }

    @Test("Files, users, kernel arguments and cloud-init are in the image, and its provenance names them")
    func carriedOut() async throws {
        // Larger than a file of configuration may be, and no text.
        let bytes = Data((0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 11) })
        try bytes.write(to: URL(fileURLWithPath: "\(scratch.path)/large"))
        try write("id.pub", Self.key + "\n")
        try write(
            "recipe.yaml",
            """
            version: 1
            files:
              - path: /opt/app/large
                from: large
                mode: 0750
                owner: daemon
                group: 1
              - path: /etc/motd
                text: |
                  topsecretword
                  second line
            users:
              - name: mary
                groups: [daemon]
                authorized-keys:
                  - file: id.pub
            cloud-init:
              system_info:
                default_user: {name: mary}
            kernel-arguments: [printk.time=1, -quiet]
            """)
        let answer = try await euler(
            [
                "build", "stock.qcow2", "--recipe", "recipe.yaml", "--file", "id.pub:/usr/share/id:600", "--user",
                "jim:id.pub", "-o", "new.raw",
            ], in: scratch.path)
        #expect(answer.status == 0, "\(answer.output)")
        let large = try debugfs("stat /opt/app/large")
        #expect(large.contains("Mode:  0750") && large.contains("User:     1   Group:     1"), "\(large)")
        try run([
            "debugfs", "-R", "dump /opt/app/large \(scratch.path)/out", "\(scratch.path)/new.raw?offset=\(33 << 20)",
        ])
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/out")) == bytes)
        #expect(try debugfs("cat /etc/motd").contains("topsecretword\nsecond line\n"))
        #expect(try debugfs("stat /usr/share/id").contains("Mode:  0600"))
        let passwd = try debugfs("cat /etc/passwd")
        #expect(passwd.contains("mary:x:1000:1000::/home/mary:/bin/bash"), "\(passwd)")
        #expect(passwd.contains("jim:x:1001:1001:"), "\(passwd)")
        #expect(try debugfs("cat /etc/shadow").contains("\nmary:!::"))
        #expect(try debugfs("cat /etc/group").contains("daemon:x:1:mary"))
        let keys = try debugfs("stat /home/mary/.ssh/authorized_keys")
        #expect(keys.contains("Mode:  0600") && keys.contains("User:  1000"), "\(keys)")
        let folder = try debugfs("stat /home/mary/.ssh")
        #expect(folder.contains("Mode:  0700") && folder.contains("User:  1000"), "\(folder)")
        #expect(try debugfs("cat /home/jim/.ssh/authorized_keys").contains(Self.key))
        #expect(try debugfs("cat /etc/cloud/cloud.cfg.d/99_eulerpublisher.cfg").contains("\"mary\""))
        let defaults = try debugfs("cat /etc/default/grub")
        #expect(defaults.contains("printk.time=1") && !defaults.contains("quiet"), "\(defaults)")
        let text = try String(contentsOfFile: "\(scratch.path)/new.raw.provenance.json", encoding: .utf8)
        let sum = try run(["sha256sum", "\(scratch.path)/recipe.yaml"]).output.prefix(64)
        let digest = try run(["sha256sum", "\(scratch.path)/large"]).output.prefix(64)
        #expect(text.contains(sum) && text.contains(digest) && text.contains("kernel.argument"), "\(text)")
        #expect(!text.contains("topsecretword") && !text.contains(scratch.path) && !text.contains("AAAAC3"))
    }

    @Test("A recipe that a rule contradicts is refused, both named, and nothing is written")
    func contradicted() async throws {
        try write(
            "recipe.yaml",
            "version: 1\nsshd:\n  X11Forwarding: yes\n  PermitRootLogin: prohibit-password\nunits:\n  enable: [a.service]\n  mask: [a.service]\n"
        )
        let own = try await euler(
            ["build", "stock.qcow2", "--recipe", "recipe.yaml", "-o", "new.raw"], in: scratch.path)
        #expect(own.status == 6 && own.output.contains("recipe.yaml:6:12"), "\(own.output)")
        #expect(own.output.contains("recipe.yaml:7:10"), "\(own.output)")
        try write("recipe.yaml", "version: 1\nremove: [cloud-init]\n")
        let rule = try await euler(
            ["build", "stock.qcow2", "--for", "aws", "--recipe", "recipe.yaml", "-o", "new.raw"], in: scratch.path)
        #expect(rule.status == 6 && rule.output.contains("recipe.yaml:2:10"), "\(rule.output)")
        #expect(rule.output.contains("aws.ami.cloud-init"), "\(rule.output)")
        #expect(!rule.output.contains("mount"), "\(rule.output)")
        #expect(try !names(scratch.path).contains { $0.hasPrefix("new.raw") || $0.hasPrefix(".eulerpublisher-") })
    }

    @Test("What only the guest can tell is said where the recipe asks for it")
    func guestLacks() async throws {
        for (line, lack) in [
            ("users: [{ name: mary, groups: [nosuchgroup] }]", "group nosuchgroup"),
            ("files: [{ path: /etc/a, text: a, owner: nosuchuser }]", "user nosuchuser"),
            ("files: [{ path: /etc, text: a }]", "/etc"),
            ("units: { enable: [nosuchunit.service] }", "nosuchunit.service"),
            ("users: [{ name: mary, shell: /bin/nosuchshell }]", "/bin/nosuchshell"),
        ] {
            try write("recipe.yaml", "version: 1\n\(line)\n")
            let answer = try await euler(
                ["build", "stock.qcow2", "--recipe", "recipe.yaml", "-o", "new.raw"], in: scratch.path)
            #expect(answer.status == 6 && answer.output.contains("recipe.yaml:2:"), "\(answer.output)")
            #expect(answer.output.contains(lack), "\(answer.output)")
        }
        #expect(try !names(scratch.path).contains { $0.hasPrefix("new.raw") })
    }

    @Test("A file that cannot fit is refused before anything is done")
    func tooLarge() async throws {
        try run(["truncate", "-s", "300M", "\(scratch.path)/huge"])
        let answer = try await euler(
            ["build", "stock.qcow2", "--file", "huge:/opt/huge", "-o", "new.raw"], in: scratch.path)
        #expect(answer.status == 2 && answer.output.contains("--file huge:/opt/huge"), "\(answer.output)")
        #expect(answer.output.contains("image resize") && !answer.output.contains("mount"), "\(answer.output)")
    }
}
