import Documents
import ProviderKit

extension AliyunRules {
    /// Addresses, names of interfaces, and what lets in.
    static let network: [Rule] = [
        Rule(
            "aliyun.ecs.dhcp", "AL-30", .error, "The network interface gets its address by DHCP.",
            why: "A fixed address is another machine's there: the new one is not reached.",
            fix: "Ask for addresses by DHCP.", source: Page.inGuestCheck, .dhcp),
        Rule(
            "aliyun.ecs.network-names", "AL-31", .warning,
            "No network configuration is bound to one machine's hardware.",
            why: "The new machine's card has another address, and would stay unconfigured or get another name.",
            fix: "Remove hardware addresses and udev's rules for names from the network's configuration.",
            source: Page.instructions, .allOf([.noHardwareAddresses, .noPersistentNetworkRules])),
        Rule(
            "aliyun.ecs.network-service", "AL-32", .info, "A network service starts at boot.",
            why: "Nothing asks for an address otherwise.",
            fix: "Enable NetworkManager, systemd-networkd or network.", source: Page.compliance,
            .unitEnabled(anyOf: [
                "NetworkManager.service", "systemd-networkd.service", "network.service", "networking.service",
                "wicked.service",
            ])),
        Rule(
            "aliyun.ecs.sshd", "AL-33", .error, "sshd starts at boot, with a configuration that it takes.",
            why: "There is no other way in to a new machine.",
            fix: "Install openssh-server, enable sshd, and mend what sshd -t names.", source: Page.compliance,
            .allOf([
                .unitEnabled(anyOf: ["sshd.service", "ssh.service", "sshd.socket", "ssh.socket"]), .sshdConfiguration,
            ])),
        Rule(
            "aliyun.ecs.ssh-port", "AL-33", .warning, "sshd listens on port 22.",
            why: "The default security group lets in there, and the console's own connections use it.",
            fix: "Set Port 22, or leave it out.", source: Page.instructions, .sshd("Port", in: ["22"])),
        Rule(
            "aliyun.ecs.root-login", "AL-33", .warning, "sshd does not keep root out altogether.",
            why: "The console connects as root, by a key that is put in for it.",
            fix: "Leave PermitRootLogin out, or set it to prohibit-password.", source: Page.compliance,
            .sshd("PermitRootLogin", .noneOf(["no"])),
            remediations: [.sshdSet("PermitRootLogin", "prohibit-password")]),
        Rule(
            "aliyun.ecs.host-keys", "AL-33", .warning, marketplace: .error, "The image has no host keys of sshd.",
            why: "All machines would answer with the same key, and whoever has the image could pose as any of them.",
            fix: "Remove /etc/ssh/ssh_host_*; new ones are made at first boot.", source: Page.credentials, .noHostKeys),
        Rule(
            "aliyun.ecs.firewall", "AL-34", .warning, "No firewall of the system's own starts at boot.",
            why: "Security groups do that work, and a port that is opened there stays closed for no visible reason.",
            fix: "Disable firewalld, nftables and iptables.", source: Page.instructions, .firewallOff),
    ]
}
