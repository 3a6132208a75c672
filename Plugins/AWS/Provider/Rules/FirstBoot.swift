import Documents
import ProviderKit

/// Whether an instance becomes one of its own: cloud-init, the network, the root's size, what another machine left.
enum FirstBoot {
    static let rules: [Rule] = [
        Rule(
            "aws.ami.cloud-init", "BR-8, MP-16", .error, "cloud-init is installed and not disabled.",
            why: "It puts the key pair of whoever launches an instance there, and nobody can log in without it.",
            fix: "Install cloud-init and enable its units.", source: Page.keyPairs, .cloudInit()),
        Rule(
            "aws.ami.cloud-init-source", "BR-8, MP-16", .error,
            "cloud-init's list of data sources has Ec2, or there is no list.",
            why: "It finds no metadata otherwise, and so no key pair.",
            fix: "Add Ec2 to datasource_list in /etc/cloud/cloud.cfg.d.", source: Page.keyPairs,
            applies: .when(.cloudInit()), .cloudInitSource(anyOf: ["Ec2"])),
        Rule(
            "aws.ami.key-login", "BR-8, MP-16", .error, "sshd starts, and lets the default user in with a key.",
            why: "A key pair is the one way into a new instance.",
            fix: "Mend what sshd -t names, and let cloud-init's default user in by key.", source: Page.keyPairs,
            .allOf([.sshdConfiguration, .sshdKeyLogin])),
        Rule(
            "aws.ami.cloud-init-tokens", "MP-28", .warning, "cloud-init is of version 20.1 or later.",
            why: "Instances ask for a token before they tell metadata (IMDSv2), which older ones do not send.",
            fix: "Install a newer cloud-init.", source: Page.metadata, applies: .when(.cloudInit()),
            .cloudInit(from: "20.1")),
        Rule(
            "aws.ami.dhcp", "BR-9", .error, "The first interface gets its address by DHCP, whatever it is called.",
            why: "Every instance has an address of its own, and an interface ens5, eth0 or another.",
            fix: "Configure DHCP for any interface, without an address and a name.",
            source: Page.importPrerequisites, .dhcp),
        Rule(
            "aws.ami.no-hardware-address", "BR-9", .error,
            "No configuration of the network is bound to one hardware address.",
            why: "Every instance has another one, and stays without a network.",
            fix: "Remove HWADDR and mac-address from the configuration.", source: Page.importPrerequisites,
            .noHardwareAddresses),
        Rule(
            "aws.ami.no-persistent-names", "BR-9", .error,
            "No rule of udev's binds an interface's name, in the root or in an initramfs.",
            why: "The instance's interface gets another name than the configuration has.",
            fix: "Remove the rules for persistent names and build the initramfs again.",
            source: Page.importPrerequisites, .noPersistentNetworkRules),
        Rule(
            "aws.ami.root-grows", "BR-10", .warning, "The root grows to the size of its volume.",
            why: "Who launches an instance with a larger volume gets the image's size otherwise.",
            fix: "Install growpart (cloud-utils-growpart) and the file system's own tool.", source: Page.growth,
            .growsRoot),
        Rule(
            "aws.ami.machine-id", "BR-11", .warning, "/etc/machine-id is empty.",
            why: "All instances of the image have the same id otherwise, for DHCP and logs too.",
            fix: "Empty /etc/machine-id.", source: Page.identity, .machineIDEmpty),
        Rule(
            "aws.ami.no-random-seed", "BR-11", .warning, "No random seed is stored in the image.",
            why: "All instances begin with the same one.", fix: "Remove /var/lib/systemd/random-seed.",
            source: Page.identity, .noRandomSeed),
        Rule(
            "aws.ami.cloud-init-clean", "BR-11, MP-12", .warning, marketplace: .error,
            "Nothing is left of an earlier run of cloud-init.",
            why: "The user data of another instance may be in it, and what ran once is not run again.",
            fix: "Empty /var/lib/cloud: cloud-init clean.", source: Page.shared, .cloudInitClean),
        Rule(
            "aws.ami.no-logs", "BR-11", .warning, "The logs are empty.",
            why: "They tell every user about the machine that the image was made on.",
            fix: "Empty the files below /var/log.", source: Page.shared, .noLogs),
    ]
}
