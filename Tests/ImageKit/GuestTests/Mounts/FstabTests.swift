import Documents
import FileSystems
import Foundation
import ImageTesting
import TestSupport
import Testing

@testable import Guest

private let hasFindmnt = (try? run(["findmnt", "--version"]))?.status == 0

struct FstabTests {
    static func facts(_ text: String, _ others: [String: MemoryFileSystem.Node] = [:]) -> FstabFacts {
        FstabReader(GuestTree(MemoryFileSystem(["/etc/fstab": .file(text)].merging(others) { $1 }))).facts()
    }

    static let files = [
        "UUID=1234 / ext4 defaults 0 1\nUUID=AB-CD\t/boot   vfat defaults 0 0\n",
        "# comment\n\n  /dev/sda1 /mnt/a\\040b xfs noatime,nofail 1 2\n",
        "LABEL=root / ext4\n/dev/vg/lv /data ext4 rw,x-systemd.device-timeout=5\n",
        "tmpfs /tmp tmpfs size=1G,mode=1777 0 0 # words\n",
        "/swapfile none swap sw 0 0\nUUID=x swap swap defaults\n",
        "server:/export /nfs nfs _netdev,vers=4 0 0\n//host/share /s cifs credentials=/root/.c 0 0\n",
        "PARTUUID=11-01 / btrfs subvol=@,compress=zstd 0\n",
        "/dev/x /y\n/dev/a /b ext4 defaults 0 0\n",
        "/dev/a /b ext4 defaults x 0\n/dev/c /d ext4 defaults 0 0\n",
        "/dev/disk/by-uuid/77 /u/ ext4 ro 0 0\r\n", "a\\134b /c\\011d none bind 0 0\n",
        "LABEL=\"my root\" / ext4 defaults 0 0\n", "/dev/a /b ext4 defaults 0 0 more words\n",
        "/dev/a\t/b\text4\tdefaults\t-1\t3\n", "", "#only\n",
    ]

    @Test("lines are those that findmnt finds", .enabled(if: hasFindmnt, "findmnt is not installed"), arguments: files)
    func peer(_ text: String) throws {
        let scratch = try Scratch()
        let path = try scratch.write("fstab", text)
        let answer = try run([
            "findmnt", "--tab-file", path, "--list", "--json", "-o", "SOURCE,TARGET,FSTYPE,OPTIONS,FREQ,PASSNO",
        ])
        let json = answer.output.firstIndex(of: "{").map { Data(String(answer.output[$0...]).utf8) }
        let root = try json.map { try JSONSerialization.jsonObject(with: $0) as? [String: Any] } ?? nil
        let listed = root?["filesystems"] as? [[String: Any]] ?? []
        let ours = Self.facts(text)
        let entries = try #require(ours.entries.value)
        #expect(entries.map(\.device.text) == listed.map { $0["source"] as? String ?? "" })
        #expect(entries.map(\.point) == listed.map { ($0["target"] as? String ?? "").replacing(/(.)\/$/) { $0.1 } })
        #expect(entries.map(\.type) == listed.map { $0["fstype"] as? String ?? "" })
        #expect(
            entries.map { $0.options.joined(separator: ",") } == listed.map { $0["options"] as? String ?? "defaults" })
        func number(_ value: Any?) -> Int { value as? Int ?? Int(value as? String ?? "") ?? 0 }
        #expect(entries.map(\.dump) == listed.map { number($0["freq"]) })
        #expect(entries.map(\.pass) == listed.map { number($0["passno"]) })
        #expect(ours.damaged.value?.isEmpty == !answer.output.contains("parse error"))
    }

    @Test(
        "devices are told by how they are named",
        arguments: [
            ("UUID=12", DeviceName.Kind.uuid, "12", true), ("LABEL=\"a b\"", .label, "a b", true),
            ("PARTUUID=1-2", .partitionUUID, "1-2", true),
            ("PARTLABEL=x", .partitionLabel, "x", true), ("/dev/disk/by-uuid/12", .uuid, "12", true),
            ("/dev/disk/by-id/ata-X", .hardware, "/dev/disk/by-id/ata-X", false),
            ("/dev/sda1", .disk, "/dev/sda1", false), ("/dev/vda", .disk, "/dev/vda", false),
            ("/dev/nvme0n1p2", .disk, "/dev/nvme0n1p2", false),
            ("/dev/xvda1", .disk, "/dev/xvda1", false), ("/dev/mmcblk0p1", .disk, "/dev/mmcblk0p1", false),
            ("/dev/mapper/vg-root", .mapper, "/dev/mapper/vg-root", true),
            ("/dev/vg/root", .mapper, "/dev/vg/root", true), ("/dev/dm-0", .mapper, "/dev/dm-0", true),
            ("/dev/md127", .mapper, "/dev/md127", true),
            ("tmpfs", .virtual, "tmpfs", true), ("host:/x", .network, "host:/x", true),
            ("//h/s", .network, "//h/s", true), ("/swapfile", .file, "/swapfile", true),
            ("/dev/sdx1y", .other, "/dev/sdx1y", false), ("", .other, "", false),
            ("/dev/vdata/root", .mapper, "/dev/vdata/root", true),
        ])
    func devices(_ text: String, _ kind: DeviceName.Kind, _ value: String, _ isStable: Bool) {
        let name = DeviceName(text)
        #expect(name.kind == kind && name.value == value && name.isStable == isStable)
    }

    @Test("what is asked of an entry, its line, and what it hides")
    func questions() throws {
        let facts = Self.facts(
            "# head\nUUID=1 / ext4 defaults 0 1\nUUID=2 /data ext4 nofail 0 0\nUUID=3 none swap sw 0 0\n//h/s /s cifs user=a,password=se,cret,ro 0 0\nproc /proc proc defaults 0 0\n",
            [
                "/etc/crypttab": "secret UUID=9 /etc/key luks\nswap /dev/sda2 /dev/urandom swap,cipher=x\n",
                "/etc/systemd/system/data.mount": "[Mount]\n", "/etc/systemd/system/x.service": "",
            ])
        let entries = try #require(facts.entries.value)
        #expect(entries.map(\.isOptional) == [false, true, false, false, false])
        #expect(entries.map(\.isSwap) == [false, false, true, false, false])
        #expect(entries.map(\.needsDisk) == [true, true, true, false, false])
        #expect(
            facts.entry(at: "/data")?.evidence == Evidence("/etc/fstab", line: 3, text: "UUID=2 /data ext4 nofail 0 0"))
        #expect(entries[3].evidence.text == "//h/s /s cifs user=a,password=***,cret,ro 0 0")
        #expect(facts.encrypted.value?.map(\.name) == ["secret", "swap"])
        #expect(facts.encrypted.value?.map(\.isThrowaway) == [false, true])
        #expect(facts.units.value == ["/etc/systemd/system/data.mount"])
        #expect(FstabReader(GuestTree([:])).facts().entries == .absent([Evidence("/etc/fstab")]))
        let broken = FstabReader(GuestTree(["/etc/fstab": .broken()])).facts()
        guard case .unknown = broken.entries, case .unknown = broken.damaged else {
            Issue.record("known")
            return
        }
    }
}
