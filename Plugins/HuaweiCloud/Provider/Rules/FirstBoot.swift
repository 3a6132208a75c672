import Documents
import ProviderKit

/// Whether a server becomes one of its own: sections NET, CI and TOOL of the table.
enum FirstBoot {
    static let rules: [Rule] = [
        Rule(
            "huaweicloud.ims.no-persistent-names", "HW-NET-1", .error,
            "No rule of udev's binds an interface's name, in the root or in an initramfs.",
            why: "The server's network card gets another name than the configuration has.",
            fix: "Remove the rules for persistent names and build the initramfs again.", source: Page.networkRules,
            .noPersistentNetworkRules),
        Rule(
            "huaweicloud.ims.dhcp", "HW-NET-2", .error, "Every interface gets its address by DHCP.",
            why: "The address is the platform's to give: with another one the server is out of reach.",
            fix: "Set BOOTPROTO=dhcp, or method=auto, and remove the address.", source: Page.dhcp, .dhcp),
        Rule(
            "huaweicloud.ims.no-hardware-address", "HW-NET-2", .error,
            "No configuration of the network is bound to one hardware address.",
            why: "Every server has another one, and stays without a network.",
            fix: "Remove HWADDR and mac-address from the configuration.", source: Page.dhcp, .noHardwareAddresses),
        Rule(
            "huaweicloud.ims.persistent-dhcp", "HW-NET-3", .info, "The DHCP client never gives up.",
            why: "A server whose lease could not be renewed loses its address otherwise.",
            fix: "Set PERSISTENT_DHCLIENT=\"y\" in /etc/sysconfig/network-scripts/ifcfg-eth0.", source: Page.dhcp,
            applies: .when(.files(anyOf: ["/etc/sysconfig/network-scripts/ifcfg-eth0"])),
            .setting(
                "PERSISTENT_DHCLIENT", in: "/etc/sysconfig/network-scripts/ifcfg-eth0",
                .oneOf(["y", "yes", "1", "true"]))),
        Rule(
            "huaweicloud.ims.cloud-init", "HW-CI-1", .warning, "cloud-init is installed and not disabled.",
            why: "Without it the platform sets neither password nor key, and only the image's own password works.",
            fix: "Install cloud-init and enable its units.", source: Page.cloudInit, .cloudInit()),
        Rule(
            "huaweicloud.ims.cloud-init-source", "HW-CI-2", .warning,
            "cloud-init's list of data sources has OpenStack or ConfigDrive, or there is no list.",
            why: "The platform tells its metadata as OpenStack does.",
            fix: "Add OpenStack to datasource_list in /etc/cloud/cloud.cfg.d.", source: Page.cloudInitSettings,
            applies: .when(.cloudInit()), .cloudInitSource(anyOf: ["OpenStack", "ConfigDrive"])),
        Rule(
            "huaweicloud.ims.cloud-init-clean", "HW-CI-3", .error, "Nothing is left of an earlier run of cloud-init.",
            why: "A new server is taken for the old one, and its password and key are not set.",
            fix: "Empty /var/lib/cloud: cloud-init clean.", source: Page.cloudInit, .cloudInitClean),
        Rule(
            "huaweicloud.ims.no-guest-tools", "HW-TOOL-1", .warning,
            "No tools of another virtualization are installed.",
            why: "Drivers and services of VMware and Xen disturb a server under KVM.",
            fix: "Remove the packages.", source: Page.automaticConfiguration,
            .noPackages([
                "open-vm-tools", "vmware-tools", "vmware-tools-core", "xe-guest-utilities",
                "xe-guest-utilities-latest",
            ])),
    ]
}
