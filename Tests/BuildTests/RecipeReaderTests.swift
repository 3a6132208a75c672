import Building
import Documents
import Foundation
import Glibc
import TestSupport
import Testing

/// What a recipe may not say, each told with its place and a remedy.
@Suite("Recipes as they are written")
struct RecipeReaderTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func failure(_ text: String) throws -> Failure? {
        do {
            _ = try Recipe(text: text, name: "recipe.yaml", folder: scratch.path)
            return nil
        } catch let failure as Failure {
            return failure
        }
    }

    @Test(
        "Each mistake has a place and a remedy",
        arguments: [
            ("packages: [a]", "recipe.yaml:1:1", "version"),
            ("version: 2", "recipe.yaml:1:10", "must be 1"),
            ("version: 1\npakages: [a]", "recipe.yaml:2:1", "unknown key"),
            ("version: 1\npackages: nginx", "recipe.yaml:2:11", "list"),
            ("version: 1\npackages: [-x]", "recipe.yaml:2:12", "must match"),
            ("version: 1\nfiles:\n  - path: ../etc/x\n    text: a", "recipe.yaml:3:11", "must match"),
            ("version: 1\nfiles:\n  - path: /etc/../x\n    text: a", "recipe.yaml:3:11", "no absolute path"),
            ("version: 1\nfiles:\n  - path: etc/x\n    text: a", "recipe.yaml:3:11", "must match"),
            ("version: 1\nfiles:\n  - path: \"/etc/x\\ny\"\n    text: a", "recipe.yaml:3:11", "control character"),
            ("version: 1\nfiles:\n  - path: /run/x\n    text: a", "recipe.yaml:3:11", "nothing stays"),
            ("version: 1\nfiles:\n  - path: /etc/x", "recipe.yaml:3:5", "text or from"),
            ("version: 1\nfiles:\n  - {path: /a, text: a, from: b}", "recipe.yaml:3:5", "text or from"),
            ("version: 1\nfiles:\n  - {path: /a, from: gone}", "recipe.yaml:3:22", "no such file"),
            ("version: 1\nfiles:\n  - {path: /a, from: .}", "recipe.yaml:3:22", "no regular file"),
            ("version: 1\nfiles:\n  - {path: /a, from: pipe}", "recipe.yaml:3:22", "no regular file"),
            ("version: 1\nfiles:\n  - {path: /a, text: a, mode: 9}", "recipe.yaml:3:31", "must match"),
            ("version: 1\nfiles:\n  - {path: /a, text: a}\n  - {path: /a, text: b}", "recipe.yaml:4:5", "twice"),
            ("version: 1\nusers: [{name: Root!}]", "recipe.yaml:2:16", "must match"),
            ("version: 1\nusers: [{name: a, password: b}]", "recipe.yaml:2:19", "unknown key"),
            ("version: 1\nusers: [{name: a, authorized-keys: [word]}]", "recipe.yaml:2:37", "no public key"),
            ("version: 1\nusers: [{name: a, authorized-keys: [{file: private}]}]", "recipe.yaml:2:37", "private key"),
            ("version: 1\nusers: [{name: a, authorized-keys: [{file: many}]}]", "recipe.yaml:2:37", "more than"),
            ("version: 1\nsshd: {Match: all}", "recipe.yaml:2:8", "no keyword"),
            ("version: 1\nsshd: {Port: \"22\\nMatch all\"}", "recipe.yaml:2:14", "control character"),
            ("version: 1\ncloud-init: {chpasswd: {expire: false}}", "recipe.yaml:2:14", "password"),
            ("version: 1\ncloud-init: {users: [{name: a, passwd: b}]}", "recipe.yaml:2:32", "password"),
            ("version: 1\nkernel-arguments: [\"a b\"]", "recipe.yaml:2:20", "must match"),
            ("version: 1\nkernel-arguments: [-root]", "recipe.yaml:2:20", "without root="),
            ("version: 1\nfiles:\n  - {path: /a, from: private}", "recipe.yaml:3:22", "private key"),
            (
                "version: 1\ncloud-init: {write_files: [{content: \"-----BEGIN RSA PRIVATE KEY-----\"}]}",
                "recipe.yaml:2:38", "private key"
            ),
            (
                "version: 1\nusers: [{name: a, authorized-keys: [ssh-ed25519 AAAA a]}]", "recipe.yaml:2:37",
                "no public key"
            ),
            (
                "version: 1\nusers: [{name: a, authorized-keys: [ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIC4x]}]",
                "recipe.yaml:2:37", "no public key"
            ),
            ("version: 1\ngrowpart: false", "recipe.yaml:2:11", "must be true"),
            ("version: 1\nunits: {start: [a]}", "recipe.yaml:2:9", "unknown key"),
        ])
    func wrong(_ text: String, _ place: String, _ words: String) throws {
        mkfifo("\(scratch.path)/pipe", 0o600)
        try Data("-----BEGIN OPENSSH PRIVATE KEY-----\n".utf8).write(
            to: URL(fileURLWithPath: "\(scratch.path)/private"))
        try run(["truncate", "-s", "2M", "\(scratch.path)/many"])
        let failure = try #require(try failure(text))
        #expect(failure.code == .usage && failure.place == place, "\(failure)")
        #expect(failure.message.contains(words) && failure.hint?.isEmpty == false, "\(failure)")
    }

    @Test("A huge recipe, a folder and a pipe are refused")
    func unreadable() throws {
        try run(["truncate", "-s", "5M", "\(scratch.path)/huge.yaml"])
        mkfifo("\(scratch.path)/pipe", 0o600)
        for name in ["huge.yaml", "pipe", ".", "gone.yaml"] {
            #expect(throws: Failure.self) { try Recipe(reading: "\(scratch.path)/\(name)") }
        }
    }

    @Test("Every part becomes a change with its place")
    func read() throws {
        let recipe = try Recipe(
            text: """
                version: 1
                packages: [nginx]
                remove: [telnet]
                sshd: {PermitRootLogin: no}
                cloud-init:
                  growpart: {mode: auto}
                  datasource_list: [NoCloud, None]
                kernel-arguments: [console=ttyS0, -quiet]
                initramfs-drivers: [virtio_blk]
                dracut-modules: [lvm]
                units: {mask: [cups.service]}
                """, name: "r.yaml", folder: scratch.path)
        #expect(
            recipe.wishes.map(\.change) == [
                .packageInstall(["nginx"]), .packageRemove(["telnet"]), .sshdSet("PermitRootLogin", "no"),
                .cloudInitSet("growpart.mode", "auto"), .cloudInitSet("datasource_list", ["NoCloud", "None"]),
                .kernelArgument("console=ttyS0"), .kernelArgumentRemove("quiet"), .initramfsDriver(["virtio_blk"]),
                .unitMask(["cups.service"]),
            ])
        #expect(recipe.dracutModules == ["lvm"])
        #expect(recipe.wishes.first?.place == "r.yaml:2:12")
    }

    @Test("Public keys of each kind are taken, as ssh-keygen makes them", arguments: ["ed25519", "rsa", "ecdsa"])
    func keys(_ kind: String) throws {
        let made = try run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "a b", "-f", "\(scratch.path)/id"])
        try #require(made.status == 0, "\(made.output)")
        try run(["ssh-keygen", "-q", "-s", "\(scratch.path)/id", "-I", "me", "\(scratch.path)/id.pub"])
        for name in ["id.pub", "id-cert.pub"] {
            let text = "version: 1\nusers: [{name: a, authorized-keys: [{file: \(name)}]}]"
            #expect(try failure(text) == nil, "\(name)")
        }
    }

    @Test(
        "Options say which of them is wrong",
        arguments: ["key:/etc/x", "a", "pipe:/etc/x", "gone:/etc/x", "ok:/etc/x:999", "ok:/../x"])
    func options(_ option: String) throws {
        mkfifo("\(scratch.path)/pipe", 0o600)
        try Data().write(to: URL(fileURLWithPath: "\(scratch.path)/ok"))
        try Data("words\n-----BEGIN PRIVATE KEY-----\n".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/key"))
        let whole = option.contains(":") ? "\(scratch.path)/\(option)" : option
        var recipe = Recipe()
        let failure = try #require(throws: Failure.self) { try recipe.add(file: whole) }
        #expect(failure.code == .usage && failure.place == "--file \(whole)" && failure.hint != nil, "\(failure)")
    }
}
