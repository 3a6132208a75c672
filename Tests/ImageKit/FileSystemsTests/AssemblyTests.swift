import Blocks
import Documents
import Foundation
import ImageTesting
import TestSupport
import Testing

@testable import FileSystems

/// How a guest's tree is put together, on file systems in memory: what is decided, and what is said.
struct AssemblyTests {
    static let release: [String: MemoryFileSystem.Node] = ["/etc/os-release": "ID=openEuler\n"]

    static func root(_ fstab: String, _ more: [String: MemoryFileSystem.Node] = [:], uuid: String = "root-uuid")
        -> MemoryFileSystem
    {
        var files = release.merging(more) { $1 }
        files["/etc/fstab"] = .file(fstab)
        files["/boot/of-the-root"] = "below the mount"
        return MemoryFileSystem(files, kind: "ext4", label: "rootfs", uuid: uuid)
    }

    static let boot = MemoryFileSystem(
        ["/vmlinuz-6.6": "kernel", "/grub2/grub.cfg": "set x"], kind: "ext4", label: "BOOT", uuid: "boot-uuid")
    static let esp = MemoryFileSystem(["/EFI/BOOT/BOOTX64.EFI": "MZ"], kind: "vfat", label: "ESP", uuid: "12AB-34CD")

    static func volumes(_ root: MemoryFileSystem) -> [Volume] {
        [
            Volume(partition: 1, partitionUUID: "aaaa-1", partitionLabel: "esp", fileSystem: esp),
            Volume(partition: 2, partitionUUID: "AAAA-2", partitionLabel: "boot part", fileSystem: boot),
            Volume(partition: 3, partitionUUID: "aaaa-3", fileSystem: root),
        ]
    }

    @Test(
        arguments: [
            ("UUID=boot-uuid", "UUID=12AB-34CD"), ("UUID=\"BOOT-UUID\"", "LABEL=ESP"),
            ("LABEL=BOOT", "PARTUUID=AAAA-1"),
            ("PARTUUID=aaaa-2", "PARTLABEL=esp"), ("/dev/vda2", "/dev/sda1"), ("/dev/nvme0n1p2", "/dev/xvda1"),
            ("/dev/disk/by-uuid/boot-uuid", "/dev/disk/by-label/ESP"),
            ("/dev/disk/by-partlabel/boot\\x20part", "/dev/disk/by-partuuid/aaaa-1"), ("/dev/mmcblk0p2", "/dev/hda1"),
        ])
    func eachWayToNameAPartitionIsFollowed(_ boot: String, _ esp: String) throws {
        let root = Self.root(
            """
            # a comment
            UUID=root-uuid / ext4 defaults 0 1
              \(esp)\t/boot/efi vfat umask=0077 0 2
            \(boot) /boot ext4 defaults 0 2
            tmpfs /tmp tmpfs size=1G 0 0

            """)
        let assembly = GuestTree.assemble(Self.volumes(root))
        let tree = try #require(assembly.tree)
        #expect(
            assembly.facts.mounts.value == [
                MountFact(point: "/", partition: 3, kind: "ext4", source: "UUID=root-uuid", line: 2),
                MountFact(point: "/boot", partition: 2, kind: "ext4", source: boot, line: 4),
                MountFact(point: "/boot/efi", partition: 1, kind: "vfat", source: esp, line: 3),
            ])
        #expect(assembly.facts.unmounted.value == [])
        #expect(assembly.partitions == ["/": 3, "/boot": 2, "/boot/efi": 1])
        #expect(try tree.text("/boot/vmlinuz-6.6") == "kernel")
        #expect(try tree.text("/boot/of-the-root") == nil)
        #expect(try tree.text("/boot/efi/EFI/BOOT/BOOTX64.EFI") == "MZ")
        #expect(try tree.text("/boot/efi/../grub2/grub.cfg") == "set x")
    }

    @Test func whatIsNotMountedIsToldWithTheReason() throws {
        let root = Self.root(
            """
            UUID=root-uuid / ext4 defaults 0 1
            UUID=gone /data ext4 nofail 0 2
            /dev/vdb1 /more xfs defaults 0 0
            server:/export /net nfs defaults 0 0
            LABEL=BOOT /boot xfs defaults 0 0
            LABEL=ESP /boot/efi vfat noauto 0 0
            /dev/mapper/vg-home /home ext4 defaults 0 0
            /swapfile none swap sw 0 0
            /srv /var/srv none bind 0 0
            UUID=root-uuid /etc/os-release ext4 defaults 0 0
            /dev/vda9 /nine ext4 defaults 0 0
            """)
        let facts = GuestTree.assemble(Self.volumes(root)).facts
        #expect(facts.mounts.value?.map(\.point) == ["/"])
        let left = try #require(facts.unmounted.value)
        #expect(
            left.map { "\($0.line) \($0.point) \($0.inImage): \($0.why)" } == [
                "2 /data false: no partition of this disk has it",
                "3 /more false: it is on another disk than the first",
                "4 /net false: it is on the network",
                "5 /boot true: fstab says xfs, and partition 2 is ext4",
                "6 /boot/efi true: it is not mounted at boot (noauto)",
                "7 /home false: it is made of other volumes, and none is here",
                "8 none false: it is a file or directory of the guest, not a disk",
                "9 /var/srv false: it is a file or directory of the guest, not a disk",
                "10 /etc/os-release true: a file stands there",
                "11 /nine false: no partition of this disk has it",
            ])
        #expect(left.allSatisfy { !$0.isUncertain })
    }

    /// What the root has below a mount point is not what the guest sees there.
    @Test func whatCanNotBeReadIsNotTakenForAbsent() throws {
        let xfs = MemorySource(Array("XFSB".utf8) + [UInt8](repeating: 0, count: 8192))
        let pv = MemorySource(
            [UInt8](repeating: 0, count: 512) + Array("LABELONE".utf8) + [UInt8](repeating: 0, count: 16)
                + Array("LVM2 001".utf8) + [UInt8](repeating: 0, count: 8192))
        let root = Self.root(
            "/dev/vda4 /boot xfs defaults 0 0\n/dev/mapper/vg-var /var ext4 defaults 0 0\nUUID=x /x ext4\n")
        let volumes = Self.volumes(root) + [Volume(partition: 4, xfs), Volume(partition: 5, pv)]
        let assembly = GuestTree.assemble(volumes)
        let tree = try #require(assembly.tree)
        #expect(failure { try tree.find("/boot/vmlinuz") }.message.contains("partition 4: xfs is not read"))
        #expect(failure { try tree.find("/boot/vmlinuz") }.message.contains("libguestfs-xfs"))
        #expect(failure { try tree.find("/var/log") }.message.contains("partition 5 (LVM2_member)"))
        #expect(failure { try tree.find("/var/log") }.message.contains("install guestfish"))
        #expect(try tree.text("/etc/os-release") != nil)
        let left = try #require(assembly.facts.unmounted.value)
        #expect(left.map(\.inImage) == [true, true, true])
        #expect(left.map(\.isUncertain) == [false, true, true])
        #expect(left.filter(\.isUncertain).allSatisfy { $0.why.contains("guestfish") })
        let report = try tree.walk { _ in .goOn }
        #expect(report.problems.compactMap(\.place).sorted() == ["/boot", "/var", "/x"])
        #expect(assembly.facts.volumes.value?.map(\.kind.value) == ["vfat", "ext4", "ext4", "xfs", "LVM2_member"])
        #expect(assembly.facts.volumes.value?[3].readable.value == nil)
    }

    @Test func twoRootsAreToldAndNeitherIsTaken() {
        let volumes = [
            Volume(partition: 1, fileSystem: Self.root("")),
            Volume(partition: 2, fileSystem: Self.root("", uuid: "second")),
        ]
        let assembly = GuestTree.assemble(volumes)
        #expect(assembly.tree == nil)
        #expect(assembly.refusal?.message.hasPrefix("partition 1 and partition 2 each hold a root file system") == true)
        #expect(assembly.facts.mounts.value == nil)
    }

    @Test func noRootIsTold() {
        let assembly = GuestTree.assemble([Volume(partition: 2, fileSystem: Self.boot)])
        #expect(assembly.refusal?.message == "no root file system was found")
        let xfs = MemorySource(Array("XFSB".utf8) + [UInt8](repeating: 0, count: 8192))
        let why = GuestTree.assemble([Volume(partition: 1, xfs)]).refusal?.message ?? ""
        #expect(why.contains("partition 1: xfs is not read") && why.contains("libguestfs-xfs"), "\(why)")
    }

    @Test func theSameNameTwiceIsNotDecided() throws {
        var volumes = Self.volumes(Self.root("LABEL=BOOT /boot ext4\nLABEL=ESP /boot/efi vfat\n"))
        volumes.append(Volume(partition: 7, fileSystem: Self.boot))
        let assembly = GuestTree.assemble(volumes)
        #expect(assembly.facts.mounts.value?.map(\.point) == ["/", "/boot/efi"])
        #expect(
            assembly.facts.unmounted.value?.first?.why.hasPrefix("partition 2 and partition 7 answer to it") == true)
        #expect(failure { try assembly.tree?.find("/boot/vmlinuz-6.6") }.code == .refused)
    }

    @Test func theLaterOfTwoAtOnePlaceIsSeen() throws {
        let assembly = GuestTree.assemble(Self.volumes(Self.root("LABEL=ESP /boot vfat\nLABEL=BOOT /boot ext4\n")))
        #expect(assembly.facts.mounts.value?.map(\.partition) == [3, 2])
        #expect(assembly.facts.unmounted.value?.map(\.why) == ["line 2 mounts another one there"])
    }

    @Test func aRootOnAnotherPartitionThanFstabSaysIsTold() {
        let assembly = GuestTree.assemble(Self.volumes(Self.root("/dev/vda2 / ext4 defaults 0 1\n")))
        #expect(assembly.facts.mounts.value == [MountFact(point: "/", partition: 3, kind: "ext4")])
        #expect(
            assembly.facts.unmounted.value?.map(\.why) == [
                "it names partition 2, and the root file system is on partition 3"
            ])
    }

    /// On FAT, /boot/EFI and /boot/efi are one place.
    @Test func aMountPointOnFatHasNoCase() throws {
        let fat = MemoryFileSystem(["/efi/below": "below", "/vmlinuz": "k"], kind: "vfat", label: "B", uuid: nil)
        let tree = GuestTree(
            root: Self.root(""),
            mounts: [
                .init(point: "/boot", fileSystem: CaseIgnoring(base: fat)),
                .init(point: "/boot/efi", fileSystem: Self.esp),
            ])
        #expect(try tree.text("/boot/EFI/EFI/BOOT/BOOTX64.EFI") == "MZ")
    }

    @Test func escapesOfFstabAreRead() {
        let lines = FstabLine.parse("LABEL=a\\040b /mnt/with\\040blank ext4 ro,noauto\nshort\n#x y\n\\ /\n")
        #expect(lines.map(\.source) == ["LABEL=a b", "\\"])
        #expect(lines.first?.point == "/mnt/with blank")
        #expect(lines.first?.options == ["ro", "noauto"])
        #expect(MountSource("/dev/nvme1n1p1") == .elsewhere("it is on another disk than the first"))
        #expect(MountSource("/dev/vda") == .partition(nil))
        #expect(MountSource("tmpfs") == .none)
    }

    @Test func aWalkSeesEverythingOnceAndStopsWhereItIsTold() throws {
        let root = Self.root(
            "LABEL=BOOT /boot ext4\nLABEL=ESP /boot/efi vfat\n", ["/a/b/c/d": "deep", "/a/link": .link("/etc")])
        let tree = try #require(GuestTree.assemble(Self.volumes(root)).tree)
        var seen: [String] = []
        var report = try tree.walk { found in
            seen.append(found.path)
            return found.path == "/etc" ? .skip : .goOn
        }
        #expect(report.isComplete)
        #expect(
            seen.sorted() == [
                "/a", "/a/b", "/a/b/c", "/a/b/c/d", "/a/link", "/boot", "/boot/efi", "/boot/efi/EFI",
                "/boot/efi/EFI/BOOT",
                "/boot/efi/EFI/BOOT/BOOTX64.EFI", "/boot/grub2", "/boot/grub2/grub.cfg", "/boot/vmlinuz-6.6", "/etc",
            ])
        report = try tree.walk("/a", depth: 2) { _ in .goOn }
        #expect(report.problems.map(\.place) == ["/a/b/c"])
        report = try tree.walk { _ in .stop }
        #expect(report.count == 1 && report.wasStopped)
        #expect(failure { try tree.walk { _ throws(Failure) in throw Failure(.busy, "enough") } }.code == .busy)
    }
}

struct CaseIgnoring: FileSystem {
    let base: MemoryFileSystem
    var kind: String { base.kind }
    var label: String? { base.label }
    var uuid: String? { base.uuid }
    var root: FileNumber { base.root }
    var ignoresCase: Bool { true }
    func status(of file: FileNumber) throws(Failure) -> FileStatus { try base.status(of: file) }
    func entries(of directory: FileNumber) throws(Failure) -> [DirectoryEntry] { try base.entries(of: directory) }
    func entry(_ name: [UInt8], in directory: FileNumber) throws(Failure) -> FileNumber? {
        try base.entry(name, in: directory)
    }
    func read(_ file: FileNumber, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    {
        try base.read(file, at: offset, into: buffer)
    }
    func target(of link: FileNumber) throws(Failure) -> [UInt8] { try base.target(of: link) }
}
