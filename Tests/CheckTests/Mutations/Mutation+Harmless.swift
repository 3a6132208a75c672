// What looks like a defect, and is none.

extension Mutation {
    private static let config = "/etc/ssh/sshd_config"
    private static func starts(_ unit: String, _ target: String = "multi-user.target") -> Edit {
        .link("/etc/systemd/system/\(target).wants/\(unit)", to: "\(CleanImage.units)/\(unit)")
    }

    /// The same, said otherwise.
    static let otherForms = [
        Mutation("qcow2", .convert(["qcow2"])),
        Mutation("compressed qcow2", .convert(["qcow2", "-c"])),
        Mutation("qcow2 with large clusters", .convert(["qcow2", "-o", "cluster_size=2M"])),
        Mutation("a disk of 40 GiB", .size(40)),
        Mutation("a loader for UEFI alone", .bytes(0, [UInt8](repeating: 0, count: 440))),
        Mutation("a loader for BIOS alone", .esp(["mdel", "-i", "@", "::/EFI/BOOT/BOOTX64.EFI"])),
        Mutation(
            "fstab with quotes and capitals",
            .replace("/etc/fstab", "UUID=\(CleanImage.root)", with: "UUID=\"\(CleanImage.root)\""),
            .replace("/etc/fstab", "UUID=\(CleanImage.esp)", with: "UUID=\(CleanImage.esp.lowercased())")),
        Mutation(
            "fstab in another order, by tabs",
            .write(
                "/etc/fstab",
                "# made by hand\n\nUUID=\(CleanImage.esp)\t/boot/efi\tvfat\tumask=0077\n"
                    + "  UUID=\(CleanImage.root)\t/\text4\tdefaults\t1 1\n")),
        Mutation(
            "sshd's words in other letters",
            .replace(config, "PasswordAuthentication no", with: "  passwordauthentication = \"no\"  # none")),
        Mutation(
            "sshd's older words",
            .replace(config, "PermitRootLogin prohibit-password", with: "PermitRootLogin without-password"),
            .replace(config, "KbdInteractiveAuthentication no", with: "ChallengeResponseAuthentication no")),
        Mutation(
            "sshd's settings in a file that is read first",
            .replace(config, "PasswordAuthentication no\n", with: ""),
            .write("/etc/ssh/sshd_config.d/10-own.conf", "PasswordAuthentication no\n", mode: 0o600)),
        Mutation(
            "what sshd does by itself", .replace(config, "Port 22\nPermitRootLogin prohibit-password\n", with: "")),
        Mutation(
            "kernel arguments in quotes and in another order",
            .replace(
                CleanImage.menu, "root=UUID=\(CleanImage.root) ro rootfstype=ext4",
                with:
                    "ro 'rootfstype=ext4' \"root=UUID=\(CleanImage.root)\"")),
        Mutation(
            "the menu by a variable",
            .replace(CleanImage.menu, "set timeout=1\n", with: "set timeout=1\nset kernelopts=\"console=tty0\"\n"),
            .replace(CleanImage.menu, " console=tty0 ", with: " $kernelopts ")),
        Mutation("cloud-init tries every data source", .remove("/etc/cloud/cloud.cfg.d/90_datasources.cfg")),
        Mutation(
            "cloud-init's settings by other words",
            .write(
                "/etc/cloud/cloud.cfg.d/95_test.cfg",
                "disable_root: \"yes\"\nssh_pwauth: 'no'\ngrowpart:\n  mode: auto\n")),
        Mutation(
            "locked by other marks", .replace("/etc/shadow", "root:*:", with: "root:!locked:"),
            .replace("/etc/shadow", "daemon:*:", with: "daemon:!!:")),
        Mutation("the machine's id is yet to come", .write("/etc/machine-id", "uninitialized\n")),
        Mutation("the clock is in UTC", .write("/etc/adjtime", "0.0 0 0.0\n0\nUTC\n")),
        Mutation(
            "DHCP by a profile",
            .write(
                "/etc/NetworkManager/system-connections/any.nmconnection",
                "[connection]\nid=any\ntype=ethernet\n[ipv4]\nmethod=auto\n", mode: 0o600)),
        Mutation(
            "release in other quotes",
            .replace("/etc/os-release", "ID=\"openEuler\"", with: "ID='openEuler'"),
            .replace("/etc/os-release", "VERSION_ID=\"24.03\"", with: "VERSION_ID=24.03")),
        Mutation(
            "SELinux without a policy", .replace("/etc/selinux/config", "SELINUX=disabled", with: "SELINUX=enforcing"),
            .remove("/etc/selinux/targeted/policy/policy.33")),
    ]

    /// What stands there, and does not count.
    static let notInForce = [
        Mutation("sshd's comments", .append(config, "#PasswordAuthentication yes\n  # PermitRootLogin yes\n")),
        Mutation("sshd's second word", .append(config, "PasswordAuthentication yes\nPermitRootLogin yes\n")),
        Mutation(
            "a file of sshd's that is not read",
            .write("/etc/ssh/sshd_config.d/40-cloud.conf.bak", "PasswordAuthentication yes\n", mode: 0o600)),
        Mutation(
            "a Match block of other settings",
            .append(config, "Match Address 10.0.0.0/8\n  X11Forwarding yes\n  PasswordAuthentication no\n")),
        Mutation(
            "fstab's comments", .append("/etc/fstab", "#/dev/sda3 /srv ext4 defaults 0 2\n# /swapfile none swap\n")),
        Mutation(
            "fstab mounts what may be missing",
            .append("/etc/fstab", "LABEL=data /data ext4 nofail 0 2\n/dev/cdrom /media iso9660 noauto 0 0\n")),
        Mutation(
            "fstab mounts what needs no disk",
            .append("/etc/fstab", "tmpfs /tmp tmpfs defaults 0 0\nserver:/home /home nfs defaults 0 0\n")),
        Mutation(
            "menu's comments", .append(CleanImage.menu, "# linux /vmlinuz root=/dev/sda1\n# password_pbkdf2 root x\n")),
        Mutation(
            "public keys and certificates", .write("/root/.ssh/id_ed25519.pub", "ssh-ed25519 AAAAC3Nza a@b\n"),
            .folder("/root/.ssh", mode: 0o700),
            .write("/etc/pki/tls/certs/ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            .write("/etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAAC3Nza root@localhost\n")),
        Mutation(
            "no key in authorized_keys", .write("/root/.ssh/authorized_keys", "# ssh-ed25519 AAAAC3NzaC1l a@b\n\n"),
            .folder("/root/.ssh", mode: 0o700)),
        Mutation("empty logs and histories", .write("/var/log/messages", ""), .write("/root/.bash_history", "")),
        Mutation(
            "services that do not start", .write("\(CleanImage.units)/nftables.service", "[Unit]\nDescription=n\n"),
            .write(
                "/etc/nftables.conf", "table inet f { chain i { type filter hook input priority 0; policy drop; } }\n")),
        Mutation(
            "a firewall that is masked", starts("firewalld.service"),
            .link("/etc/systemd/system/firewalld.service", to: "/dev/null")),
        Mutation(
            "a repository that is off",
            .write(
                "/etc/yum.repos.d/region.repo",
                "[region]\nname=R\nbaseurl=https://repo.eu-west-1.amazonaws.com/os/\nenabled=0\n")),
        Mutation(
            "a second kernel's remains",
            .write("/usr/lib/modules/5.10.0-1.oe.x86_64/modules.dep", "kernel/drivers/virtio_blk.ko:\n")),
        Mutation(
            "a script of the network's for later",
            .write(
                "/etc/sysconfig/network-scripts/ifcfg-eth0.bak", "DEVICE=eth0\nIPADDR=10.0.0.5\nHWADDR=52:54:00:1:2:3\n"
            )),
        Mutation(
            "rules of udev's that name no card",
            .write("/etc/udev/rules.d/70-persistent-net.rules", "# NAME=\"eth0\"\n")),
        Mutation(
            "a seed for cloud-init's scripts", .write("/var/lib/cloud/scripts/per-boot/hello", "true\n", mode: 0o755)),
        Mutation(
            "a service's account with a number of its own",
            .append("/etc/passwd", "app:x:1001:1001::/srv/app:/usr/sbin/nologin\n"),
            .append("/etc/shadow", "app:!:19700::::::\n")),
        Mutation("a sticky folder for everybody", .folder("/etc/drop", mode: 0o1777)),
        Mutation(
            "settings that look like words",
            .write("/root/.app.conf", "password_file = /run/word\ntoken_url = https://a\n")),
    ]
}
