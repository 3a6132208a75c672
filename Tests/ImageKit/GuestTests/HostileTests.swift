import Documents
import FileSystems
import ImageTesting
import Testing

@testable import Guest

/// Files of an image are anybody's: readers answer whatever stands in them, in bounded time.
@Suite(.timeLimit(.minutes(2)))
struct HostileTests {
    /// One file of every kind that the readers know.
    static let files: [String: MemoryFileSystem.Node] = {
        var files: [String: MemoryFileSystem.Node] = [
            "/boot/grub/grub.cfg": .file(GRUBSamples.debian), "/boot/grub2/grub.cfg": .file(GRUBSamples.openEuler()),
            "/boot/grub/grubenv": .file(GRUBEnvironment.signature + "saved_entry=1>1\nkernelopts=a b\n##"),
            "/loader/entries/m-1.0-2.conf": "title x\nlinux /v\ninitrd /i\noptions root=UUID=1 $kernelopts\n",
            "/etc/default/grub": "GRUB_CMDLINE_LINUX=\"console=ttyS0 \\\"x\\\"\"\nGRUB_DEFAULT=saved\n",
            "/etc/fstab": "UUID=1 / ext4 defaults 0 1\n/dev/sda2\t/a\\040b swap sw,nofail\n",
            "/etc/crypttab": "a UUID=1 none luks\n", "/etc/cloud/cloud.cfg": .file(CloudMergeTests.standard),
            "/etc/cloud/cloud.cfg.d/a.cfg":
                "base: &b {x: 1}\no: {<<: *b}\nmerge_how: 'list(append)+dict(recurse_array)'\nusers: [{name: x}]\n",
            "/etc/cloud/ds-identify.cfg": "policy: enabled\n", "/usr/bin/cloud-init": "x",
            "/etc/sysconfig/network-scripts/ifcfg-eth0": "DEVICE=eth0\nIPADDR0=1.2.3.4\nPREFIX0=24\nHWADDR='x'\n",
            "/etc/NetworkManager/system-connections/a": .file(
                "[connection]\nid=a\ntype=ethernet\n[ipv4]\naddress1=1.2.3.4/24,1.2.3.1\nmethod=manual\n", mode: 0o600),
            "/etc/systemd/network/a.network": "[Match]\nName=e*\n[Network]\nDHCP=yes\nAddress=1.2.3.4/24\n",
            "/etc/systemd/network/a.link": "[Match]\nMACAddress=x\n",
            "/etc/udev/rules.d/70.rules": "SUBSYSTEM==\"net\", ATTR{address}==\"x\", NAME=\"eth0\"\n",
            "/etc/netplan/a.yaml":
                "network: {ethernets: {a: {match: {name: 'e*'}, dhcp4: true, addresses: [1.2.3.4/24]}}}\n",
            "/etc/network/interfaces": "auto eth0\niface eth0 inet static\n address 1.2.3.4\nsource /etc/network/*\n",
            "/etc/resolv.conf": "nameserver 1.1.1.1\n", "/etc/hosts": "1.1.1.1 a\n", "/etc/os-release": "ID=\"x\"\n",
            "/etc/chrony.conf": "server a\nconfdir /etc\n", "/etc/selinux/config": "SELINUX=enforcing\n",
            "/etc/adjtime": "0\n0\nUTC\n",
            "/etc/firewalld/firewalld.conf": "DefaultZone=public\n",
            "/etc/firewalld/zones/public.xml": "<zone target='x'><service name=\"ssh\"/><!-- x --></zone>",
            "/etc/ufw/user.rules": "### tuple ### allow tcp 22 0 any 0 in\n",
            "/etc/nftables.conf": .file(FirewallTests.tables[0].0),
            "/etc/sysconfig/iptables": "*filter\n:INPUT DROP\n-A INPUT -p tcp --dport 22 -j ACCEPT\n",
            "/etc/yum.repos.d/a.repo": "[a]\nbaseurl=http://u:p@x/\n http://y\n",
            "/etc/apt/sources.list": "deb [trusted=yes] http://x y z\n",
            "/etc/apt/sources.list.d/a.sources": "URIs: x\nSuites: y\n z\n\n",
            "/bin/bash": .bytes([0x7f, 0x45, 0x4c, 0x46, 2, 1] + [UInt8](repeating: 0, count: 58)),
        ]
        for unit in [
            "NetworkManager", "systemd-networkd", "chronyd", "firewalld", "ufw", "nftables", "iptables", "cloud-init",
        ] {
            files.merge(NetworkTests.unit(unit)) { $1 }
        }
        return files
    }()

    static func readAll(_ tree: GuestTree) {
        let boot = BootReader(tree, disk: nil).facts()
        let cloudInit = CloudInitReader(tree, entries: boot.defaultEntries).facts()
        _ = NetworkReader(tree, entries: boot.defaultEntries, cloudInit: cloudInit).facts()
        _ = FstabReader(tree).facts()
        _ = SystemReader(tree).facts()
    }

    @Test("files with bytes changed, cut off and doubled", arguments: 0..<8)
    func damage(_ seed: Int) {
        var random = Seeded(UInt64(seed))
        let paths = Self.files.keys.sorted()
        for _ in 0..<25 {
            var files = Self.files
            for _ in 0..<6 {
                guard let path = paths.randomElement(using: &random), let node = files[path], node.status.kind == .file
                else { continue }
                files[path] = .bytes(random.damage(node.content), mode: node.status.permissions)
            }
            Self.readAll(GuestTree(MemoryFileSystem(files)))
        }
    }

    @Test("a folder, a link in a circle, a device, and what can't be read in each file's place")
    func kinds() {
        for path in Self.files.keys.sorted() {
            for node: MemoryFileSystem.Node in [.folder(), .link(path), .special(.fifo), .broken(), .file("")] {
                var files = Self.files
                files[path] = node
                Self.readAll(GuestTree(MemoryFileSystem(files)))
            }
        }
    }

    @Test(
        "scripts that loop, call themselves, include themselves and grow",
        arguments: [
            "while true; do set a=b; done\n", "function f { f; }\nf\n", "source $prefix/grub.cfg\n",
            "configfile $prefix/grub.cfg\n",
            "set a=xxxxxxxxxxxxxxxx\nwhile true; do set a=$a$a; done\n",
            "set a='x x x x'\nwhile true; do set a=\"$a $a\"; for b in $a; do true; done; done\n",
            "until false; do menuentry x { linux /v; }; done\n",
            "submenu x { source $prefix/grub.cfg; }\nmenuentry y { source $prefix/grub.cfg; }\n",
            "menuentry x { while true; do true; done; }\n",
            "function f { g; }\nfunction g { f; }\nmenuentry a { f; }\n",
            "for a in 1 2 3 4 5 6 7 8 9; do for b in 1 2 3 4 5 6 7 8 9; do for c in 1 2 3 4 5 6 7 8 9; do for d in 1 2 3 4 5 6 7 8 9; do for e in 1 2 3 4 5 6 7 8 9; do for f in 1 2 3 4 5 6 7 8 9; do set x$a$b$c$d$e$f=1; done; done; done; done; done; done\n",
            String(repeating: "if true; then ", count: 300) + "a; " + String(repeating: "fi; ", count: 300),
            String(repeating: "menuentry x { ", count: 300) + "a" + String(repeating: "}", count: 300),
            String(repeating: "! ", count: 5000) + "true\n",
            "if [ " + String(repeating: "! ", count: 5000) + "x ]; then a; fi\n",
            String(repeating: "menuentry 'x' { linux /v }\n", count: 3000),
        ])
    func scripts(_ script: String) {
        let facts = BootReader(GuestTree(["/boot/grub/grub.cfg": .file(script)]), disk: nil).facts()
        switch facts.menus {
        case .unknown: break
        case .absent: Issue.record("absent")
        case .known(let menus, _): #expect(menus.flatMap(\.entries).count <= GRUBInterpreter.itemLimit)
        }
    }

    @Test("a folder of files each of which is as long as may be")
    func longFolders() {
        var files = Self.files
        let repository = String(repeating: "[a]\nbaseurl=http://x\nenabled=1\n", count: 3500)
        for index in 0..<400 { files["/etc/yum.repos.d/\(index).repo"] = .file(repository) }
        let list = String(repeating: "a: [b, c]\n", count: 20_000)
        for index in 0..<150 { files["/etc/cloud/cloud.cfg.d/\(index).cfg"] = .file(list) }
        let tree = GuestTree(MemoryFileSystem(files))
        let time = ContinuousClock().measure { Self.readAll(tree) }
        #expect(time < .seconds(60))
        guard case .unknown(let why) = SystemReader(tree).facts().repositories else {
            Issue.record("40 MB of repositories were read")
            return
        }
        #expect(why.contains("/etc/yum.repos.d"))
    }

    @Test("more files, lines and words than anybody writes")
    func many() {
        var files = Self.files
        let line = "UUID=1 / ext4 defaults 0 0\n"
        files["/etc/fstab"] = .file(String(repeating: line, count: 30_000))
        files["/etc/hosts"] = .file(String(repeating: "1.1.1.1 a\n", count: 90_000))
        files["/etc/resolv.conf"] = .file(String(repeating: "nameserver 1.1.1.1\n", count: 50_000))
        files["/etc/default/grub"] = .file(String(repeating: "A=b\n", count: 200_000))
        files["/etc/yum.repos.d/a.repo"] = .file(String(repeating: "[a]\nbaseurl=http://x\n", count: 40_000))
        files["/etc/nftables.conf"] = .file(String(repeating: "{ ; } ", count: 150_000))
        files["/etc/firewalld/zones/public.xml"] = .file(String(repeating: "<a b='", count: 150_000))
        for index in 0..<600 { files["/etc/cloud/cloud.cfg.d/\(index).cfg"] = "a: 1\n" }
        for index in 0..<600 { files["/etc/sysconfig/network-scripts/ifcfg-eth\(index)"] = "BOOTPROTO=dhcp\n" }
        for index in 0..<2000 { files["/var/lib/cloud/instances/i/\(index)"] = "x" }
        let tree = GuestTree(MemoryFileSystem(files))
        let clock = ContinuousClock()
        let time = clock.measure { Self.readAll(tree) }
        #expect(time < .seconds(30))
        #expect(FstabReader(tree).facts().entries.value?.count == FstabReader.limit)
        #expect(CloudInitReader(tree).facts().leftovers.value?.count == CloudInitReader.leftoverLimit)
    }
}
