import Documents
import ProviderKit

/// An image that every cloud takes: MBR, a root that is last, loaders for BIOS and UEFI, cloud-init, nothing left behind. Tests
/// break one thing of it at a time.
struct SoundImage {
    var facts = ImageFacts()
    var files = MemoryFiles()
    var declared = Architecture.amd64
    var today = "2026-11-29"

    var subject: CheckSubject {
        CheckSubject(facts: facts, files: files, declaredArchitecture: declared, today: today)
    }

    init() {
        storage()
        boot()
        accounts()
        programs()
        system()
        defaultUser("openeuler")
    }

    private mutating func storage() {
        var disk = DiskFacts(format: "qcow2", variant: nil, fileSize: 600 << 20, virtualSize: 40 << 30)
        disk.usedSize = .known(2 << 30)
        disk.extents = .known([DataExtent(offset: 0, length: 2 << 30)])
        facts.disk = disk
        facts.partitions = PartitionFacts(
            table: .known(.mbr),
            partitions: .known([
                Partition(
                    number: 1, start: 1 << 20, size: 200 << 20, type: "ef", role: .efiSystem, uuid: "1f0f0f0f-01",
                    isBootable: true, content: "vfat"),
                Partition(
                    number: 2, start: 201 << 20, size: (40 << 30) - (202 << 20), type: "83", role: .linux,
                    uuid: "1f0f0f0f-02", content: "ext4"),
            ]), defects: .known([]))
        facts.mounts = MountFacts(
            volumes: .known([
                volume(1, "vfat", "1234-ABCD", features: []),
                volume(2, "ext4", Self.root, features: ["64bit", "extent"]),
            ]),
            mounts: .known([
                MountFact(point: "/", partition: 2, kind: "ext4", source: "UUID=\(Self.root)", line: 1),
                MountFact(point: "/boot/efi", partition: 1, kind: "vfat", source: "UUID=1234-ABCD", line: 2),
            ]), unmounted: .known([]))
        facts.fstab = FstabFacts(
            entries: .known([
                mount("UUID=\(Self.root)", "/", "ext4", line: 1),
                mount("UUID=1234-ABCD", "/boot/efi", "vfat", line: 2),
            ]), damaged: .known([]), encrypted: .known([]), units: .known([]))
    }

    private mutating func boot() {
        facts.kernels = KernelFacts(kernels: .known([kernel("6.6.0-28.0.0.34.oe2403.x86_64", "x86_64")]))
        facts.boot = BootFacts(
            bios: .known(
                BIOSLoader(
                    program: .grub, coreSector: 1, core: .known(true), corePlace: .known("behind the first sector"),
                    modules: .known("/boot/grub2/i386-pc"))),
            efi: .known([
                EFILoader(path: "EFI/BOOT/BOOTX64.EFI", architecture: "x86_64", isFallback: true, isSigned: false)
            ]),
            menus: .known([menu("root=UUID=\(Self.root) ro console=ttyS0,115200 nvme_core.io_timeout=4294967295")]),
            defaults: .known([]), kernelInstallCommandLine: .absent())
    }

    private mutating func accounts() {
        let locked = Fact.known(Password(state: .locked), [Evidence("/etc/shadow", line: 1)])
        var policy = PasswordPolicy()
        policy.hashMethod = .known("SHA512", [Evidence("/etc/login.defs", line: 20)])
        policy.qualityModule = .known("pam_pwquality.so")
        policy.minimumLength = .known(8)
        policy.minimumClasses = .known(3)
        facts.accounts = AccountFacts(
            users: .known([
                User(
                    name: "root", uid: 0, gid: 0, home: "/root", shell: "/bin/bash", hasLoginShell: true,
                    groups: ["root"], password: locked, evidence: Evidence("/etc/passwd", line: 1))
            ]),
            groups: .known([]), damaged: .known([]),
            shadowFile: .known(FileMode(permissions: 0, user: 0, group: 0, isImmutable: .known(false))),
            passwdProgram: .known("/usr/bin/passwd"), authorizedKeys: .known([]), policy: policy)
        facts.sudo = SudoFacts(
            program: .known("/usr/bin/sudo"), rules: .known([]), administrators: .known([]), defaults: .known([]),
            damaged: .known([]))
        facts.ssh = SSHFacts(
            program: .known("/usr/sbin/sshd"), version: .known("9.6p1"), files: .known(["/etc/ssh/sshd_config"]),
            settings: [
                "port": .known(SSHSetting(values: ["22"], isDefault: true)),
                "permitrootlogin": .known(SSHSetting(values: ["without-password"], isDefault: true)),
                "passwordauthentication": .known(SSHSetting(values: ["no"])),
                "kbdinteractiveauthentication": .known(SSHSetting(values: ["no"])),
                "pubkeyauthentication": .known(SSHSetting(values: ["yes"], isDefault: true)),
                "permitemptypasswords": .known(SSHSetting(values: ["no"], isDefault: true)),
                "clientaliveinterval": .known(SSHSetting(values: ["600"])),
            ], matches: .known([]), refused: .known([]), hostKeys: .known([]))
        var secrets = SecretFacts(unknown: "not asked")
        let none = Fact.known(Leftovers(count: 0, bytes: 0, files: []))
        (secrets.machineID, secrets.dbusMachineID) = (.known(.empty), .absent())
        (secrets.hostKeys, secrets.histories, secrets.instanceData, secrets.leases) = (none, none, none, none)
        (secrets.randomSeeds, secrets.logs, secrets.journals, secrets.coreDumps) = (none, none, none, none)
        (secrets.temporaryFiles, secrets.packageCaches, secrets.mail) = (none, none, none)
        (secrets.writableByAll, secrets.setID) = (none, none)
        (secrets.privateKeys, secrets.credentials) = (.known([]), .known([]))
        facts.secrets = secrets
    }

    private mutating func programs() {
        facts.services = ServiceFacts(
            manager: .known("systemd"), defaultTarget: .known("multi-user.target"),
            units: .known(
                [
                    "sshd.service", "NetworkManager.service", "rsyslog.service", "chronyd.service",
                    "cloud-init-local.service", "cloud-init.service", "cloud-config.service", "cloud-final.service",
                ].map { unit($0, starts: true) }), scripts: .known([]))
        facts.packages = PackageFacts(
            manager: .known(.rpm),
            packages: .known(
                [
                    ("kernel", "6.6.0-28.0.0.34.oe2403"), ("cloud-init", "23.4.1-5.oe2403"),
                    ("cloud-utils-growpart", "0.33-2.oe2403"), ("e2fsprogs", "1.47.0-8.oe2403"),
                    ("openssh-server", "9.6p1-4.oe2403"),
                ].map { Package(manager: .rpm, name: $0.0, version: $0.1, architecture: "x86_64") },
                [Evidence("/usr/lib/sysimage/rpm/rpmdb.sqlite")]), databases: [])
        var cloudInit = CloudInitFacts(unknown: "not asked")
        cloudInit.program = .known("/usr/bin/cloud-init")
        cloudInit.version = .known("23.4.1")
        cloudInit.stages = .known(
            ["cloud-init-local.service", "cloud-init.service", "cloud-config.service", "cloud-final.service"].map {
                CloudInitStage(unit: $0, isEnabled: true, evidence: [])
            })
        (cloudInit.disabled, cloudInit.datasources) = (.absent(), .absent())
        (cloudInit.passwords, cloudInit.users, cloudInit.seeds) = (.known([]), .known([]), .known([]))
        cloudInit.authorizedKeys = .known([])
        (cloudInit.detectionPolicy, cloudInit.detectionDatasource) = (.absent(), .absent())
        (cloudInit.growMode, cloudInit.resizeRoot) = (.known("auto"), .known("true"))
        (cloudInit.disableRoot, cloudInit.sshPasswords) = (.known(true), .absent())
        cloudInit.modules = .known(["growpart", "resizefs", "users_groups", "ssh"])
        facts.cloudInit = cloudInit
    }

    private mutating func system() {
        var network = NetworkFacts(unknown: "not asked")
        network.profiles = .known([])
        network.anyCard = .known("NetworkManager")
        (network.persistentNames, network.boundLinks) = (.known([]), .known([]))
        facts.network = network
        var system = SystemFacts(unknown: "not asked")
        system.release = [
            "ID": .known("openEuler"), "VERSION": .known("24.03 (LTS-SP3)"), "VERSION_ID": .known("24.03"),
        ]
        system.architecture = .known("x86_64")
        system.initProgram = .known("/usr/lib/systemd/systemd")
        system.clocks = .known([ClockProgram(name: "chronyd", isEnabled: true, servers: [], evidence: [])])
        system.hardwareClock = .absent()
        system.selinux = SELinux(mode: .known("disabled"), policy: .absent(), hasPolicy: .known(false))
        (system.firewalls, system.repositories) = (.known([]), .known([]))
        facts.system = system
        files = [
            "/etc/login.defs": "PASS_MAX_DAYS\t90\nPASS_WARN_AGE\t7\nPASS_MIN_LEN\t8\nENCRYPT_METHOD SHA512\n",
            "/etc/security/faillock.conf": "deny = 5\nunlock_time = 600\n",
            "/usr/bin/cloud-init": "#!/usr/bin/python3\n",
            "/usr/bin/growpart": "#!/bin/sh\n",
            "/usr/lib/systemd/system/cloud-init-local.service":
                "[Unit]\nBefore=NetworkManager.service\nBefore=network-pre.target shutdown.target\n",
        ]
    }

    /// The root's UUID.
    static let root = "0b9c7e3e-5a0c-4b7e-9d55-0d7e2a4f6a10"
}

/// A guest's files in memory.
struct MemoryFiles: GuestFiles, ExpressibleByDictionaryLiteral {
    /// Regular files, of root's, with mode 0644 where `modes` says nothing else.
    var texts: [String: String] = [:]
    var links: [String: String] = [:]
    var modes: [String: UInt32] = [:]
    /// Nothing can be read.
    var isCutOff = false

    init() {}
    init(dictionaryLiteral elements: (String, String)...) { texts = Dictionary(uniqueKeysWithValues: elements) }

    private func whole() throws { if isCutOff { throw Failure(.refused, CheckExample.cutOff) } }

    func stat(_ path: String) throws -> Tree.Stat? {
        try whole()
        if let link = links[path] { return Tree.Stat(size: UInt64(link.utf8.count), mode: 0o120777) }
        if let text = texts[path] {
            return Tree.Stat(size: UInt64(text.utf8.count), mode: 0o100000 | (modes[path] ?? 0o644))
        }
        return modes[path].map { Tree.Stat(size: 0, mode: 0o040000 | $0) }
    }

    func read(_ path: String, limit: Int) throws -> [UInt8]? {
        try whole()
        return (links[path] ?? texts[path]).map { Array($0.utf8.prefix(limit)) }
    }

    func list(_ path: String) throws -> [String]? {
        try whole()
        let folder = path.hasSuffix("/") ? path : path + "/"
        let all = Array(texts.keys) + Array(links.keys)
        let names = all.filter { $0.hasPrefix(folder) }.map { String($0.dropFirst(folder.count).prefix { $0 != "/" }) }
        return names.isEmpty ? nil : Set(names).sorted()
    }
}

func volume(_ partition: Int?, _ kind: String, _ uuid: String, features: [String]) -> VolumeFacts {
    var volume = VolumeFacts(partition: partition, kind: .known(kind), unknown: "not asked")
    (volume.label, volume.uuid, volume.readable) = (.absent(), .known(uuid), .known(true))
    (volume.size, volume.used, volume.free) = (.known(8 << 30), .known(2 << 30), .known(6 << 30))
    (volume.inodes, volume.freeInodes) = (.known(500_000), .known(400_000))
    (volume.blockSize, volume.features) = (.known(4096), .known(features))
    (volume.clean, volume.needsRecovery, volume.hasErrors) = (.known(true), .known(false), .known(false))
    return volume
}

func mount(_ device: String, _ point: String, _ type: String, line: Int) -> FstabEntry {
    FstabEntry(
        device: DeviceName(device), point: point, type: type, options: ["defaults"], dump: 0, pass: 0,
        evidence: Evidence("/etc/fstab", line: line, text: "\(device) \(point) \(type) defaults 0 0"))
}

func kernel(_ version: String, _ architecture: String) -> Kernel {
    Kernel(
        version: version, architecture: .known(architecture), image: .known("/boot/vmlinuz-\(version)"),
        imageVersion: .known(version), modules: .known("/lib/modules/\(version)"),
        config: .known(["CONFIG_FW_CFG_SYSFS": "y", "CONFIG_VIRTIO_BLK": "m"], [Evidence("/boot/config-\(version)")]),
        initramfs: .known(
            Initramfs(
                path: "/boot/initramfs-\(version).img", size: 20 << 20, unpackedSize: 60 << 20, compressions: ["gzip"],
                generator: .known(.dracut), entries: 1000, modules: [], persistentNetworkRules: [])),
        drivers: Driver.asked.map { name in
            Driver(
                name: name, builtIn: .absent(), initramfs: .known("/usr/lib/modules/\(version)/\(name).ko.xz"),
                modules: .known("/lib/modules/\(version)/\(name).ko.xz"))
        })
}

func menu(_ commandLine: String) -> BootMenu {
    let root = KernelArguments.values(of: "root", in: commandLine).last
    let entry = BootEntry(
        title: "openEuler", id: nil, kernel: "/vmlinuz", hasKernel: true, initramfs: ["/initramfs.img"],
        missingInitramfs: [], commandLine: commandLine, root: root.map { .known(DeviceName($0)) } ?? .absent(),
        evidence: Evidence("/boot/grub2/grub.cfg", line: 80))
    return BootMenu(
        path: "/boot/grub2/grub.cfg", firmware: .any, files: ["/boot/grub2/grub.cfg"], entries: [entry],
        defaultIndex: .known(0), timeout: .known(1), superusers: .absent(), passwords: [], serialMenu: .absent())
}

func unit(_ name: String, starts: Bool) -> ServiceUnit {
    ServiceUnit(
        name: name, state: starts ? .enabled : .disabled, path: "/usr/lib/systemd/system/\(name)", starts: starts,
        evidence: [Evidence("/usr/lib/systemd/system/\(name)")])
}

func leftovers(_ paths: String..., mode: UInt16 = 0o600) -> Fact<Leftovers> {
    .known(
        Leftovers(
            count: paths.count, bytes: 100,
            files: paths.map { LeftFile(path: $0, size: 100, user: 0, permissions: mode) }))
}
