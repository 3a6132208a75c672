import Foundation
import Glibc
import TestSupport
import Testing

/// Images and repositories of real packages, made once in .build/images.
enum Packages {
    static let folder = "\(root)/.build/images"
    static let mirror = "\(folder)/mirror"
    static let repository = "\(mirror)/openEuler-24.03-LTS-SP2/OS/x86_64"
    static let cloud = "\(folder)/cloud.qcow2"
    static let arm = "\(folder)/tiny-arm64.qcow2"

    /// Why they can't be had; nil if they are there.
    static let missing: String? = {
        guard canBuild, (try? run(["sh", "-c", "command -v mmdebstrap rpmbuild createrepo_c"]).status) == 0 else {
            return "mmdebstrap, rpmbuild or createrepo_c is not here, or what builds images"
        }
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for command in [
            ["env", "IMAGE_CACHE=\(folder)/cache", "\(root)/scripts/make-disk-mirror", mirror],
            ["sh", "-c", "[ -e \(cloud) ] || \(root)/Tests/Images/make-image cloud \(cloud) --cache \(folder)/cache"],
        ] {
            let answer = try? run(command)
            if answer?.status != 0 { return String((answer?.output ?? "\(command[0]) can't be run").suffix(400)) }
        }
        return nil
    }()

    /// Why the image of another architecture can't be had.
    static let foreign: String? = {
        let answer = try? run([
            "sh", "-c",
            "[ -e \(arm) ] || \(root)/Tests/Images/make-image tiny-arm64 \(arm) --cache \(folder)/cache",
        ])
        return answer?.status == 0 ? nil : String((answer?.output ?? "make-image can't be run").suffix(400))
    }()

    static let areThere: Bool = {
        if let missing { print("builds with packages are not tried: \(missing)") }
        return missing == nil
    }()
}

/// What the guest's own dnf and apt install, with scriptlets, from repositories on this machine.
@Suite(
    "Packages of a build", .serialized,
    .enabled(if: stage != nil && Packages.areThere, "run make test as root, with what makes images"))
struct GuestPackagesTests {
    let scratch: Scratch
    private static let user = "ep-package-test"

    init() throws {
        scratch = try Scratch()
        chmod(scratch.path, 0o777)
    }

    /// An account of this test's own, with subordinate ids.
    private func ordinary() throws -> [String] {
        try run(["useradd", "--create-home", "--home-dir", "\(scratch.path)/home", Self.user])
        let ranges = try run([
            "sh", "-c",
            "grep -q ^\(Self.user): /etc/subuid"
                + " || usermod --add-subuids 3100000-3165535 --add-subgids 3100000-3165535 \(Self.user)",
        ])
        try #require(ranges.status == 0, "\(ranges.output)")
        return ["setpriv", "--reuid=\(Self.user)", "--regid=\(Self.user)", "--init-groups"]
    }

    /// Packages' names and the units that are enabled.
    private func inspect(_ image: String) async throws -> String {
        let answer = try await euler(["image", "inspect", image, "--json"], in: scratch.path)
        #expect(answer.status == 0, "\(answer.output)")
        return answer.output
    }

    @Test(
        "cloudimg gen build has the guest's dnf install a list, as root and as an ordinary user",
        arguments: [true, false])
    func dnf(_ asRoot: Bool) async throws {
        try Data("cloud-init # and what it needs\n\ncloud-utils-growpart\n".utf8)
            .write(to: URL(fileURLWithPath: "\(scratch.path)/list"))
        let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)
        let user = asRoot ? [] : try ordinary()
        defer { if !asRoot { _ = try? run(["userdel", "--force", Self.user]) } }
        let answer = try await euler(
            [
                "cloudimg", "gen", "build", "-v", "24.03-lts-sp2", "-arch", "x86_64", "-o", "cloud.raw", "-p", "list",
                "--mirror", Packages.mirror, "--repository", Packages.repository,
                "--repository-key", "\(Packages.repository)/RPM-GPG-KEY-openEuler",
            ], in: scratch.path, as: user)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("install cloud-init cloud-utils-growpart"), "\(answer.output)")
        let facts = try await inspect("cloud.raw")
        let provenance = try String(contentsOfFile: "\(scratch.path)/cloud.raw.provenance.json", encoding: .utf8)
        for file in ["repodata/repomd.xml", "RPM-GPG-KEY-openEuler"] {
            let sum = try run(["sha256sum", "\(Packages.repository)/\(file)"]).output.prefix(64)
            #expect(provenance.contains(sum), "\(file): \(provenance)")
        }
        for package in ["cloud-init", "cloud-utils-growpart", "python3-jsonschema"] {
            #expect(facts.contains("\"\(package)\""), "\(package) is not installed")
        }
        // A scriptlet of its own enabled this.
        let links = try run([
            "debugfs", "-R", "ls /etc/systemd/system/cloud-init.target.wants",
            "\(scratch.path)/cloud.raw?offset=\(257 << 20)",
        ])
        #expect(links.output.contains("cloud-final.service"), "\(links.output)")
        // Nothing of this machine's stayed in it, and nothing of it here.
        let traces = try run(["debugfs", "-R", "ls /run", "\(scratch.path)/cloud.raw?offset=\(257 << 20)"])
        #expect(!traces.output.contains("eulerpublisher"), "\(traces.output)")
        #expect(try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8) == mounts)
        let fsck = try run(["e2fsck", "-fn", "\(scratch.path)/cloud.raw?offset=\(257 << 20)"])
        #expect(fsck.status == 0, "\(fsck.output)")
    }

    @Test(
        "Killed while the guest's dnf is at work, and while its disk is packed, it leaves nothing",
        arguments: ["install", "write"])
    func killed(_ step: String) async throws {
        let prepared = try await euler(
            ["image", "prepare", "-v", "24.03-LTS-SP2", "-a", "x86_64", "--mirror", Packages.mirror], in: scratch.path)
        let stock = prepared.output.split(separator: "\n").last.map(String.init) ?? ""
        let before = try machine()
        let process = try start(
            [
                "build", stock, "--install", "cloud-init", "--repository", Packages.repository, "--repository-key",
                "\(Packages.repository)/RPM-GPG-KEY-openEuler", "-o", "killed.qcow2",
            ], in: scratch.path, until: step)
        try await Task.sleep(for: .seconds(1))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        for _ in 0..<100 where try machine()[1] != before[1] { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try machine() == before)
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/killed.qcow2"))
    }

    @Test("Packages that another key signed are refused, and the image is not made")
    func wrongKey() async throws {
        let key = "\(scratch.path)/other.asc"
        let made = try run([
            "sh", "-c",
            "export GNUPGHOME=\(scratch.path)/keys && mkdir -m 700 $GNUPGHOME && gpg --batch --quiet --passphrase '' "
                + "--quick-generate-key other@example.org rsa2048 sign never && gpg --armor --export >\(key); "
                + "gpgconf --kill all",
        ])
        try #require(made.status == 0, "\(made.output)")
        let prepared = try await euler(
            ["image", "prepare", "-v", "24.03-LTS-SP2", "-a", "x86_64", "--mirror", Packages.mirror], in: scratch.path)
        let image = prepared.output.split(separator: "\n").last.map(String.init) ?? ""
        let answer = try await euler(
            [
                "build", image, "--install", "cloud-init", "--repository", Packages.repository, "--repository-key", key,
                "-o", "x.raw",
            ], in: scratch.path)
        #expect(answer.status == 6 && answer.output.contains("Public key for"), "\(answer.output)")
        #expect(answer.output.contains("signed with: --repository-key"), "\(answer.status): \(answer.output)")
        #expect(!FileManager.default.fileExists(atPath: "\(scratch.path)/x.raw"))
    }

    @Test("What is built for azure is a fixed VHD with Hyper-V's drivers, and it is told who did not judge it")
    func azure() async throws {
        try Data("cloud-utils-growpart\n".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/list"))
        try Data("version: 24.03-LTS-SP2\narch: x86_64\nrpmlist: list\n".utf8)
            .write(to: URL(fileURLWithPath: "\(scratch.path)/cloudimg.yaml"))
        let command = [
            "cloudimg", "build", "-c", "cloudimg.yaml", "-t", "azure", "--mirror", Packages.mirror, "--repository",
            Packages.repository, "--repository-key", "\(Packages.repository)/RPM-GPG-KEY-openEuler", "-o",
        ]
        let wrong = try await euler(command + ["azure.qcow2"], in: scratch.path)
        #expect(wrong.status == 2 && wrong.output.contains("Azure takes fixed VHD"), "\(wrong.output)")
        let answer = try await euler(command + ["azure.vhd"], in: scratch.path)
        #expect(answer.status == 0 && answer.output.contains("no provider azure is installed"), "\(answer.output)")
        let size = try #require(
            FileManager.default.attributesOfItem(atPath: "\(scratch.path)/azure.vhd")[.size] as? Int)
        #expect((size - 512) % (1 << 20) == 0, "\(size)")
        let facts = try await inspect("azure.vhd")
        #expect(facts.contains("\"fixed\""))
        let dracut = try run([
            "debugfs", "-R", "cat /etc/dracut.conf.d/90-eulerpublisher.conf",
            "\(scratch.path)/azure.vhd?offset=\(257 << 20)",
        ])
        #expect(dracut.output.contains("hv_vmbus hv_storvsc hv_netvsc"), "\(dracut.output)")
    }

    private func stock() async throws -> String {
        let prepared = try await euler(
            ["image", "prepare", "-v", "24.03-LTS-SP2", "-a", "x86_64", "--mirror", Packages.mirror], in: scratch.path)
        return prepared.output.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test("Drivers, modules and settings that the guest does not know are told where the recipe asks for them")
    func unknown() async throws {
        let stock = try await stock()
        for (recipe, place, words) in [
            ("initramfs-drivers:\n- nvme\n- no-such-driver", "recipe.yaml:4:3", "has no driver no-such-driver"),
            ("dracut-modules: [no-such-module]", "recipe.yaml:2:18", "has no module no-such-module"),
            ("sshd:\n  X11Forwarding: no\n  Nonsense: yes", "recipe.yaml:4:3", "Nonsense"),
        ] {
            try Data("version: 1\n\(recipe)\n".utf8)
                .write(to: URL(fileURLWithPath: "\(scratch.path)/recipe.yaml"))
            let answer = try await euler(
                ["build", stock, "--recipe", "recipe.yaml", "-o", "new.raw"], in: scratch.path)
            #expect(answer.status == 6 && answer.output.contains("\n\(place): "), "\(answer.output)")
            #expect(answer.output.contains(words), "\(answer.output)")
        }
        #expect(try !names(scratch.path).contains { $0.hasPrefix("new") })
    }

    @Test("Signatures are judged by the keys that lie in the guest; without one, and without an index, it is told so")
    func guestKeys() async throws {
        let guest = "\(scratch.path)/guest.raw"
        try run(["qemu-img", "convert", "-O", "raw", try await stock(), guest])
        let build = ["build", guest, "--install", "cloud-utils-growpart", "-o", "new.raw", "--repository"]
        let empty = try await euler(build + [scratch.path], in: scratch.path)
        #expect(empty.status == 2 && empty.output.contains("no repodata/repomd.xml"), "\(empty.output)")
        try run(["debugfs", "-w", "-R", "rm /etc/pki/rpm-gpg/RPM-GPG-KEY-openEuler", "\(guest)?offset=\(257 << 20)"])
        let unsigned = try await euler(build + [Packages.repository], in: scratch.path)
        #expect(unsigned.status == 6 && unsigned.output.contains("--repository-key"), "\(unsigned.output)")
        for command in [
            "mkdir /etc/pki", "mkdir /etc/pki/rpm-gpg",
            "write \(Packages.repository)/RPM-GPG-KEY-openEuler /etc/pki/rpm-gpg/RPM-GPG-KEY-openEuler",
        ] {
            try run(["debugfs", "-w", "-R", command, "\(guest)?offset=\(257 << 20)"])
        }
        let signed = try await euler(build + [Packages.repository], in: scratch.path)
        #expect(signed.status == 0, "\(signed.output)")
        #expect(try await inspect("new.raw").contains("\"cloud-utils-growpart\""))
    }

    @Test("apt installs from a repository on loopback, with a maintainer script")
    func apt() async throws {
        let site = try DebianSite(in: scratch.path)
        let answer = try await euler(
            [
                "build", Packages.cloud, "--install", DebianSite.package, "--repository", site.url,
                "--repository-key", "none", "-o", "apt.raw",
            ], in: scratch.path)
        #expect(answer.status == 0, "\(answer.output)")
        let file = try run(["debugfs", "-R", "cat \(DebianSite.trace)", "\(scratch.path)/apt.raw?offset=\(66 << 20)"])
        #expect(file.output.contains("0\nx86_64\n10000 removed\nfsync of nothing: 0\n"), "\(file.output)")
        let beside = try run(["debugfs", "-R", "ls -p /etc", "\(scratch.path)/apt.raw?offset=\(66 << 20)"]).output
        #expect(beside.contains("/passwd/") && !beside.contains("ep-a") && !beside.contains("hidden"), "\(beside)")
        let provenance = try String(contentsOfFile: "\(scratch.path)/apt.raw.provenance.json", encoding: .utf8)
        #expect(provenance.contains("unsigned packages are taken"), "\(provenance)")
    }

    @Test(
        "Programs of another architecture run, and this machine's table of formats stays as it is",
        arguments: [true, false])
    func foreign(_ asRoot: Bool) async throws {
        try #require(Packages.foreign == nil, "\(Packages.foreign ?? "")")
        let site = try DebianSite(in: scratch.path)
        let user = asRoot ? [] : try ordinary()
        defer { if !asRoot { _ = try? run(["userdel", "--force", Self.user]) } }
        let formats = { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/sys/fs/binfmt_misc")) ?? [] }
        let before = formats()
        let answer = try await euler(
            [
                "build", Packages.arm, "--install", DebianSite.package, "--repository", site.url,
                "--repository-key", "none", "-o", "arm.raw",
            ], in: scratch.path, as: user)
        #expect(answer.status == 0, "\(answer.output)")
        let file = try run(["debugfs", "-R", "cat \(DebianSite.trace)", "\(scratch.path)/arm.raw?offset=\(66 << 20)"])
        #expect(file.output.contains("0\naarch64\n"), "\(file.output)")
        #expect(formats() == before)
    }

    @Test("Where the guest has no dnf, this machine's installs into it, by nothing of this machine's")
    func withoutDNF() async throws {
        let prepared = try await euler(
            ["image", "prepare", "-v", "24.03-LTS-SP2", "-a", "x86_64", "--mirror", Packages.mirror], in: scratch.path)
        let stock = prepared.output.split(separator: "\n").last.map(String.init) ?? ""
        let guest = "\(scratch.path)/guest.raw"
        try run(["qemu-img", "convert", "-O", "raw", stock, guest])
        for program in ["dnf", "yum", "microdnf", "apt-get"] {
            try run(["debugfs", "-w", "-R", "rm /usr/bin/\(program)", "\(guest)?offset=\(257 << 20)"])
        }
        let own = {
            try run([
                "sh", "-c", "ls -laR --time-style=full-iso /var/cache/dnf /var/lib/dnf /var/log/dnf* ~/.rpmdb /etc/dnf",
            ])
        }
        let before = try own().output
        let answer = try await euler(
            [
                "build", guest, "--install", "cloud-utils-growpart", "--repository", Packages.repository,
                "--repository-key", "\(Packages.repository)/RPM-GPG-KEY-openEuler", "-o", "outside.raw",
            ], in: scratch.path)
        #expect(answer.status == 0, "\(answer.output)")
        #expect(answer.output.contains("the guest has no dnf: this machine's does it"), "\(answer.output)")
        #expect(try await inspect("outside.raw").contains("\"cloud-utils-growpart\""))
        #expect(try own().output == before)
        let found = try run([
            "debugfs", "-R", "stat /usr/bin/growpart", "\(scratch.path)/outside.raw?offset=\(257 << 20)",
        ])
        #expect(found.output.contains("Type: regular"), "\(found.output)")
    }
}
