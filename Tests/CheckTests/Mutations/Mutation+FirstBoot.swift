// cloud-init and the network.

extension Mutation {
    private static func cloud(_ text: String) -> Edit { .write("/etc/cloud/cloud.cfg.d/95_test.cfg", text) }
    private static func sources(_ list: String) -> Edit {
        .write("/etc/cloud/cloud.cfg.d/90_datasources.cfg", "datasource_list: [ \(list) ]\n")
    }
    private static let cloudWants = "/etc/systemd/system/cloud-init.target.wants"

    static let cloudInit = [
        Mutation(
            "no cloud-init", .remove("/usr/bin/cloud-init"),
            aws: "cloud-init! root-grows host-key-generation! administrator!",
            huawei: "cloud-init", tencent: "cloud-init!", aliyun: "cloud-init^ grows-root^"),
        Mutation(
            "cloud-init is switched off", .write("/etc/cloud/cloud-init.disabled", ""),
            aws: "cloud-init! host-key-generation!", huawei: "cloud-init", tencent: "cloud-init-units!",
            aliyun: "cloud-init^"),
        Mutation(
            "the kernel's arguments switch cloud-init off",
            .replace(CleanImage.menu, " ro ", with: " ro cloud-init=disabled "),
            aws: "cloud-init! host-key-generation!",
            huawei: "cloud-init", tencent: "cloud-init-units!", aliyun: "cloud-init^"),
        Mutation(
            "one stage of cloud-init does not start", .remove("\(cloudWants)/cloud-final.service"),
            aws: "cloud-init! host-key-generation!", huawei: "cloud-init", tencent: "cloud-init-units!",
            aliyun: "cloud-init^"),
        Mutation(
            "one stage of cloud-init is masked", .link("/etc/systemd/system/cloud-config.service", to: "/dev/null"),
            aws: "cloud-init! host-key-generation!", huawei: "cloud-init", tencent: "cloud-init-units!",
            aliyun: "cloud-init^"),
        Mutation(
            "cloud-init is too old for tokens",
            .write("/usr/lib/python3.11/site-packages/cloudinit/version.py", "__VERSION__ = \"19.4\"\n"),
            aws: "cloud-init-tokens"),
        Mutation(
            "cloud-init is very old",
            .write("/usr/lib/python3.11/site-packages/cloudinit/version.py", "__VERSION__ = \"0.7.9\"\n"),
            aws: "cloud-init-tokens", aliyun: "cloud-init^"),
        Mutation(
            "cloud-init does not ask Ec2", sources("OpenStack, ConfigDrive, AliYun, None"), aws: "cloud-init-source!"),
        Mutation(
            "cloud-init asks neither OpenStack nor ConfigDrive", sources("Ec2, AliYun, None"),
            huawei: "cloud-init-source", tencent: "cloud-init-source"),
        Mutation(
            "cloud-init does not ask ConfigDrive", sources("Ec2, OpenStack, AliYun, None"), tencent: "cloud-init-source"
        ),
        Mutation(
            "cloud-init does not ask AliYun", sources("Ec2, OpenStack, ConfigDrive, None"), aliyun: "cloud-init-source"),
        Mutation("cloud-init lets passwords in", cloud("ssh_pwauth: yes\n"), aws: "cloud-init-password!"),
        Mutation(
            "cloud-init opens root", cloud("disable_root: 0\n"), aws: "cloud-init-root", huawei: "cloud-init-root"),
        Mutation(
            "cloud-init's user has another name", cloud("system_info: { default_user: { name: ann } }\n"),
            aws: "user-name?"),
        Mutation(
            "the partition does not grow", cloud("growpart: { mode: off }\n"), aws: "root-grows", aliyun: "grows-root^"),
        Mutation(
            "the file system does not grow", cloud("resize_rootfs: false\n"), aws: "root-grows", aliyun: "grows-root^"),
        Mutation(
            "nothing is there to grow the partition", .remove("/usr/bin/growpart"),
            .packages(removed: ["cloud-utils-growpart"]), aws: "root-grows", aliyun: "grows-root^"),
        Mutation(
            "an instance is left", .write("/var/lib/cloud/instances/i-1/user-data.txt", "#!/bin/sh\n"),
            aws: "cloud-init-clean^", huawei: "cloud-init-clean!", tencent: "cloud-init-clean!"),
        Mutation(
            "a seed is in the image", .write("/var/lib/cloud/seed/nocloud/user-data", "#cloud-config\n"),
            aws: "cloud-init-clean^", huawei: "cloud-init-clean!", tencent: "cloud-init-clean!"),
        Mutation(
            "cloud-init gives its user a key", cloud("ssh_authorized_keys: [ssh-ed25519 AAAA ann]\n"),
            aws: "no-authorized-keys!", huawei: "no-authorized-keys!", aliyun: "no-authorized-keys^",
            local: "no-authorized-keys"),
        Mutation(
            "cloud-init comes after the network",
            .replace("\(CleanImage.units)/cloud-init-local.service", "Before=NetworkManager.service\n", with: ""),
            tencent: "cloud-init-order?"),
    ]

    private static let profiles = "/etc/NetworkManager/system-connections"
    private static let scripts = "/etc/sysconfig/network-scripts"

    static let network = [
        Mutation(
            "a fixed address, by NetworkManager",
            .write(
                "\(profiles)/eth0.nmconnection",
                "[connection]\nid=eth0\ntype=ethernet\n[ipv4]\nmethod=manual\naddress1=10.0.0.5/24,10.0.0.1\n",
                mode: 0o600),
            aws: "dhcp!", huawei: "dhcp!", tencent: "dhcp", aliyun: "dhcp!"),
        Mutation(
            "a fixed address, by a script",
            .write(
                "\(scripts)/ifcfg-eth0",
                "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=none\nIPADDR=10.0.0.5\nPREFIX=24\nPERSISTENT_DHCLIENT=y\n"),
            aws: "dhcp!", huawei: "dhcp!", tencent: "dhcp", aliyun: "dhcp!"),
        Mutation(
            "a script bound to one card",
            .write(
                "\(scripts)/ifcfg-eth0",
                "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\nHWADDR=52:54:00:12:34:56\nPERSISTENT_DHCLIENT=y\n"),
            aws: "no-hardware-address!", huawei: "no-hardware-address!", tencent: "network-names",
            aliyun: "network-names"),
        Mutation(
            "a profile bound to one card",
            .write(
                "\(profiles)/eth0.nmconnection",
                "[connection]\nid=eth0\ntype=ethernet\n[ethernet]\nmac-address=52:54:00:12:34:56\n[ipv4]\nmethod=auto\n",
                mode: 0o600),
            aws: "no-hardware-address!", huawei: "no-hardware-address!", tencent: "network-names",
            aliyun: "network-names"),
        Mutation(
            "a link bound to one card",
            .write(
                "/etc/systemd/network/10-eth0.link", "[Match]\nMACAddress=52:54:00:12:34:56\n[Link]\nName=eth0\n"),
            aws: "no-hardware-address!", huawei: "no-hardware-address!", tencent: "network-names",
            aliyun: "network-names"),
        Mutation(
            "udev names one card",
            .write(
                "/etc/udev/rules.d/70-persistent-net.rules",
                "SUBSYSTEM==\"net\", ACTION==\"add\", ATTR{address}==\"52:54:00:12:34:56\", NAME=\"eth0\"\n"),
            aws: "no-persistent-names!", huawei: "no-persistent-names!", tencent: "network-names",
            aliyun: "network-names"),
        Mutation(
            "udev names one card in the initramfs", .initramfs(adding: "etc/udev/rules.d/70-persistent-net.rules"),
            aws: "no-persistent-names!", huawei: "no-persistent-names!", tencent: "network-names",
            aliyun: "network-names"),
        Mutation(
            "the DHCP client gives up", .write("\(scripts)/ifcfg-eth0", "DEVICE=eth0\nONBOOT=yes\nBOOTPROTO=dhcp\n"),
            huawei: "persistent-dhcp?"),
        Mutation(
            "nothing asks for an address", .remove("\(CleanImage.wants)/NetworkManager.service"),
            cloud("network: { config: disabled }\n"), aws: "dhcp!", huawei: "dhcp!", tencent: "dhcp",
            aliyun: "dhcp! network-service?"),
        Mutation(
            "no network service", .remove("\(CleanImage.wants)/NetworkManager.service"), aliyun: "network-service?"),
    ]
}
