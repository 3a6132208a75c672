import Documents
import Foundation
import Glibc
import TestSupport
import Testing

/// Whether a machine of libguestfs can be started at all, as far as that shows without starting one.
private let hasGuestfish =
    (try? run(["sh", "-c", "command -v guestfish && ls /boot/vmlinuz-* && command -v mkfs.xfs mkfs.btrfs"]).status) == 0
private let hasLVM = (try? run(["sh", "-c", "command -v lvm && losetup -f"]).status) == 0
/// The long form, which scripts/libguestfs-test runs.
private let isLong = ProcessInfo.processInfo.environment["EULERPUBLISHER_LIBGUESTFS"] == "all"

/// The same guest on each file system: facts and findings are those of ext4.
@Suite(
    "Guests on other file systems",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct LibguestfsTests {
    private struct Report {
        /// All that was read but of the disk and its division.
        var facts: [String: JSON]
        /// `PROVIDER RULE: OUTCOME`.
        var findings: [String]
        var volumes: [JSON]
        var mounts: [JSON]
    }

    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func remade(_ kind: String) async throws -> String {
        let out = "\(scratch.path)/\(kind).raw"
        let made = try await runApart(
            ["\(root)/Tests/Images/remake-root", kind, try await Images.shared.path(.openEuler), out])
        try #require(made.status == 0, "\(made.output)")
        return out
    }

    private func report(_ image: String, _ options: [String] = []) async throws -> Report {
        let answer = try await euler(["check", image, "--json"] + options, in: scratch.path)
        let document = try JSONDecoder().decode(JSON.self, from: Data(answer.output.utf8))
        guard var facts = document["facts"]?.object, let mounts = facts["mounts"] else {
            throw ImageFailure(description: answer.output)
        }
        for name in ["disk", "partitions", "mounts"] { facts[name] = nil }
        let findings = (document["providers"]?.array ?? []).flatMap { provider in
            (provider["findings"]?.array ?? []).map {
                "\(provider["id"]?.string ?? "") \($0["rule"]?.string ?? ""): \($0["outcome"]?.string ?? "")"
            }
        }
        return Report(
            facts: facts, findings: findings, volumes: mounts["volumes"]?["value"]?.array ?? [],
            mounts: mounts["mounts"]?["value"]?.array ?? [])
    }

    /// What differs, by its path.
    private func differences(_ one: JSON?, _ other: JSON?, _ path: String = "") -> [String] {
        if one == other { return [] }
        if let one = one?.object, let other = other?.object {
            return Set(one.keys).union(other.keys).sorted().flatMap {
                differences(one[$0], other[$0], path.isEmpty ? $0 : "\(path).\($0)")
            }
        }
        if let one = one?.array, let other = other?.array, one.count == other.count {
            return zip(one, other).enumerated().flatMap { differences($1.0, $1.1, "\(path)[\($0)]") }
        }
        return [path]
    }

    private func compare(_ kind: String, _ fileSystem: String, through: String?)
        async throws
    {
        let plain = try await report(try await remade("ext4"))
        try #require(plain.findings.count > 150 && plain.mounts.count == 2, "\(plain.findings.count)")
        let other = try await report(try await remade(kind))
        let root = try #require(other.mounts.first)
        #expect(root["point"]?.string == "/" && root["kind"]?.string == fileSystem)
        let volume = try #require(
            other.volumes.first { $0["kind"]?["value"]?.string == fileSystem }, "\(other.volumes)")
        #expect(volume["through"]?.string == through)
        #expect(volume["uuid"]?["value"]?.string == "5f1d7c1e-3b8e-4a57-9c2e-0d6a1b2c3d4e")
        #expect(volume["label"]?["value"]?.string == "rootfs")
        for name in ["size", "used", "free", "clean", "needs_recovery", "has_errors", "features", "readable"] {
            #expect(volume[name]?["unknown"] == nil, "\(name): \(volume)")
        }
        let differing = differences(.object(plain.facts), .object(other.facts)).filter { path in
            // Its line of fstab says what it is, and a copy does not have what chattr(1) sets.
            !path.hasPrefix("fstab.entries") && !path.hasPrefix("accounts.shadow_file.value.is_immutable")
        }
        #expect(differing.isEmpty, "\(differing)")
        let lost = Set(plain.findings).subtracting(other.findings).sorted()
        let known = lost.filter { finding in
            // What asks for a kind of file system, for LVM, for a name in fstab or for chattr(1) of /etc/shadow says something else.
            !Self.aboutKinds.contains { finding.contains($0) }
        }
        #expect(known.isEmpty, "\(known) became \(Set(other.findings).subtracting(plain.findings).sorted())")
    }

    private static let aboutKinds = ["file-system", "filesystem", "lvm", "fstab", ".shadow:"]

    @Test(
        "XFS is read through libguestfs, and all is known of it that is of ext4",
        .enabled(if: hasGuestfish, "guestfish, a kernel in /boot, mkfs.xfs or mkfs.btrfs is not here"))
    func xfs() async throws { try await compare("xfs", "xfs", through: "libguestfs") }

    @Test(
        "Btrfs with subvolumes, and XFS in LVM",
        .enabled(if: hasGuestfish && hasLVM && isLong, "scripts/libguestfs-test runs it, with guestfish and lvm2"),
        arguments: [
            ("btrfs", "btrfs"), ("btrfs-subvolume", "btrfs"), ("lvm-xfs", "xfs"),
        ])
    func others(_ kind: String, _ fileSystem: String) async throws {
        try await compare(kind, fileSystem, through: "libguestfs")
    }

    @Test(
        "A signal ends guestfish and its machine, and removes what they made",
        .enabled(if: hasGuestfish && isLong, "scripts/libguestfs-test runs it, with guestfish"),
        arguments: [2, 8])
    func interrupted(_ seconds: Int) async throws {
        let image = try await remade("xfs")
        let temporary = "\(scratch.path)/temporary"
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
        let answer = try await runApart(
            [
                "sh", "-c", "timeout --preserve-status -k 60 -s INT \(seconds) $0 image inspect $1; echo status $?",
                "\(stage ?? "")/bin/eulerpublisher", image,
            ], in: scratch.path,
            environment: ["HOME": scratch.path, "TMPDIR": temporary, "XDG_STATE_HOME": scratch.path])
        #expect(answer.output.contains("status 130"), "\(answer.output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)
        // The machine's disks lie there: their path is among its arguments.
        #expect(try run(["pgrep", "-f", "overlay.*\(temporary)|\(temporary).*overlay"]).status == 1)
    }

    @Test(
        "Volumes of LVM are read without it", .enabled(if: hasLVM, "lvm2 is not installed, or there is no loop device"),
        arguments: ["lvm", "lvm-striped"])
    func lvm(_ kind: String) async throws { try await compare(kind, "ext4", through: nil) }
}
