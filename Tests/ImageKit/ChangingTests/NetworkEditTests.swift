import Changing
import Documents
import FileSystems
import Foundation
import Guest
import ImageTesting
import TestSupport
import Testing

/// A network with one machine's addresses, turned to DHCP, and judged by what rules read.
@Suite struct NetworkEditTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    @Test(
        "What was fixed asks by DHCP, whoever sets the network up",
        arguments: [
            (
                "NetworkManager", "etc/sysconfig/network-scripts/ifcfg-ens3",
                "TYPE=Ethernet\nDEVICE=ens3\nBOOTPROTO=static\nIPADDR=10.0.0.5\nPREFIX=24\nGATEWAY=10.0.0.1\nDNS1=10.0.0.1\nHWADDR=52:54:00:12:34:56\nONBOOT=yes\n"
            ),
            (
                "NetworkManager", "etc/NetworkManager/system-connections/ens3.nmconnection",
                "[connection]\nid=ens3\ntype=ethernet\ninterface-name=ens3\n\n[ethernet]\nmac-address=52:54:00:12:34:56\n\n[ipv4]\naddress1=10.0.0.5/24,10.0.0.1\ndns=10.0.0.1;\nmethod=manual\n"
            ),
            (
                "systemd-networkd", "etc/systemd/network/10-ens3.network",
                "[Match]\nMACAddress=52:54:00:12:34:56\n\n[Network]\nAddress=10.0.0.5/24\nGateway=10.0.0.1\n\n[Route]\nGateway=10.0.0.2\n"
            ),
            (
                "systemd-networkd", "etc/netplan/01.yaml",
                "network:\n  version: 2\n  ethernets:\n    ens3:\n      match: {macaddress: \"52:54:00:12:34:56\"}\n      addresses: [10.0.0.5/24]\n"
            ),
            (
                "networking", "etc/network/interfaces",
                "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n  address 10.0.0.5/24\n  gateway 10.0.0.1\n"
            ),
            ("systemd-networkd", "etc/hostname", "localhost\n"),
        ])
    func fixed(_ manager: String, _ path: String, _ text: String) throws {
        let unit = "[Unit]\nDescription=\(manager)\n[Install]\nWantedBy=multi-user.target\n"
        try scratch.write("usr/lib/systemd/system/\(manager).service", unit)
        let wants = "\(scratch.path)/etc/systemd/system/multi-user.target.wants"
        try FileManager.default.createDirectory(atPath: wants, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(wants)/\(manager).service",
            withDestinationPath: "/usr/lib/systemd/system/\(manager).service")
        try scratch.write("usr/lib/systemd/system/multi-user.target", "[Unit]\nDescription=a\n")
        try scratch.write(path, text, mode: 0o600)
        let request = ChangeRequest(
            image: "", folder: "", architecture: "x86_64", volumes: [], changes: [.networkDHCP], packages: [],
            sanitises: false)
        let change = GuestChange(try GuestRoot(scratch.path), request) { _ in }
        for _ in 0..<2 {
            // Twice, as a guest may be changed in more than one pass.
            try change.carryOut()
            let facts = NetworkReader(
                GuestTree(try MemoryFileSystem(folder: scratch.path)), entries: Self.entries(manager)
            ).facts()
            let profiles = try #require(facts.profiles.value)
            #expect(!profiles.contains { $0.isStatic || $0.isBound || $0.clonedAddress != nil }, "\(profiles)")
            #expect(facts.anyCard.value == manager, "\(facts.anyCard) \(profiles)")
        }
        #expect(change.byHand.isEmpty)
    }

    /// ifupdown knows cards by name alone: the kernel's own.
    private static func entries(_ manager: String) -> [BootEntry] {
        guard manager == "networking" else { return [] }
        return [
            BootEntry(
                title: "x", id: nil, kernel: "/boot/vmlinuz", hasKernel: true, initramfs: [], missingInitramfs: [],
                commandLine: "net.ifnames=0", root: .absent(), evidence: Evidence("/boot/grub/grub.cfg", line: 3))
        ]
    }
}
