import Documents
import ProviderKit

extension TencentRules {
    /// Network, accounts and programs.
    static let system: [Rule] = [
        Rule(
            "tencentcloud.cvm.system", "TC-OS-1", .warning,
            "The system is one that the vendor knows by name, or openEuler, which goes in as Other Linux.",
            why: "What the vendor does not know it can't set up, and may not import.",
            fix: "Keep /etc/os-release as the distribution made it; try an unknown system in a test account first.",
            source: Page.importing,
            .system(in: [
                "openEuler", "centos", "ubuntu", "debian", "coreos", "opensuse", "opensuse-leap", "suse", "sles",
                "kylin",
                "uos", "uniontech", "tencentos", "opencloudos", "fedora", "almalinux", "rocky", "rhel",
            ])),
        Rule(
            "tencentcloud.cvm.dhcp", "TC-NET-1", .warning,
            "The one network interface gets its address by DHCP, whatever it is called.",
            why: "A machine has one interface, eth0, and an address that it learns when it starts.",
            fix: "Ask for addresses by DHCP, without an interface's name.", source: Page.importing, .dhcp),
        Rule(
            "tencentcloud.cvm.network-names", "TC-NET-1", .warning,
            "No network configuration is bound to one machine's hardware.",
            why: "The new machine's card has another address, and would stay unconfigured or get another name.",
            fix: "Remove hardware addresses and udev's rules for names from the network's configuration.",
            source: Page.making, .allOf([.noHardwareAddresses, .noPersistentNetworkRules])),
        Rule(
            "tencentcloud.cvm.no-display-configuration", "TC-HW-1", .warning,
            "No configuration is bound to a graphics card.",
            why: "The graphics card is a Cirrus one there.",
            fix: "Remove /etc/X11/xorg.conf; the display server finds the card by itself.", source: Page.making,
            .noFiles(["/etc/X11/xorg.conf"])),
        Rule(
            "tencentcloud.cvm.no-guest-tools", "TC-TOOL-1", .error,
            "No tools and drivers of other hypervisors are installed.",
            why: "They are known to clash with those of the vendor's own.",
            fix: "Remove VMware's, Xen's and VirtualBox's guest tools.", source: Page.making,
            .allOf([
                .noPackages([
                    "open-vm-tools*", "vmware-tools*", "xe-guest-utilities*", "xen-tools", "xentools*",
                    "virtualbox-guest-*",
                    "VirtualBox-guest-*",
                ]),
                .noFiles([
                    "/etc/vmware-tools/manifest.txt", "/usr/bin/vmware-uninstall-tools.pl", "/usr/sbin/VBoxService",
                    "/usr/sbin/xe-daemon",
                ]),
                .unitsDisabled([
                    "vboxadd.service", "vboxadd-service.service", "vmtoolsd.service", "vmware-tools.service",
                    "xe-linux-distribution.service", "xe-daemon.service",
                ]),
            ])),
        Rule(
            "tencentcloud.cvm.shadow", "TC-SHADOW-1", .error,
            "/etc/shadow is root's, with usual permissions, and can be changed.",
            why: "The password of a new machine could not be set, or everybody could read it.",
            fix: "Give /etc/shadow to root with mode 0640 or less, and take chattr's +i away.", source: Page.making,
            .shadowFile),
    ]
}
