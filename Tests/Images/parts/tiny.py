"""Small trees with all that rules look at and nothing else: made in a second, changed by tests one defect at a time."""
import os
import sqlite3
import struct
import time

from parts.files import bzimage, elf, initramfs, link, put

DRIVERS = ["virtio", "virtio_ring", "virtio_console", "nvme_core", "virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "xen_blkfront", "xen_netfront", "nvme", "ena",
           "hv_storvsc", "hv_netvsc"]


def kernel(tree, boot, version, kind, drivers=DRIVERS):
    """A kernel, its configuration, its initramfs and its modules. boot: the tree that /boot is in."""
    put(boot[0], f"{boot[1]}/vmlinuz-{version}", bzimage(version))
    name = f"initrd.img-{version}" if kind == "initramfs-tools" else f"initramfs-{version}.img"
    put(boot[0], f"{boot[1]}/{name}", initramfs(version, drivers, kind))
    options = ["VIRTIO_BLK", "VIRTIO_NET", "VIRTIO_PCI", "SCSI_VIRTIO", "XEN_BLKDEV_FRONTEND", "XEN_NETDEV_FRONTEND",
               "BLK_DEV_NVME", "ENA_ETHERNET"]
    put(boot[0], f"{boot[1]}/config-{version}",
        "CONFIG_X86_64=y\nCONFIG_64BIT=y\n" + "".join(f"CONFIG_{option}=m\n" for option in options))
    modules = f"/usr/lib/modules/{version}"
    put(tree, f"{modules}/modules.builtin", "kernel/fs/ext4/ext4.ko\nkernel/drivers/block/loop.ko\n")
    put(tree, f"{modules}/modules.dep", "".join(f"kernel/drivers/{driver}.ko:\n" for driver in drivers))
    for driver in drivers:
        put(tree, f"{modules}/kernel/drivers/{driver}.ko", b"\x7fELF" + bytes(60))
    link(tree, "/lib", "usr/lib")


def common(tree, distribution):
    """What every guest has."""
    for folder, mode in {"/root": 0o700, "/tmp": 0o1777, "/var/tmp": 0o1777, "/home": 0o755, "/dev": 0o755,
                         "/proc": 0o555, "/sys": 0o555, "/run": 0o755, "/var/log": 0o755, "/etc/ssh": 0o755,
                         "/var/lib/cloud": 0o755, "/mnt": 0o755, "/boot": 0o755, "/usr/sbin": 0o755}.items():
        put(tree, folder, None, mode)
    link(tree, "/bin", "usr/bin")
    link(tree, "/sbin", "usr/sbin")
    put(tree, "/usr/bin/bash", elf(), 0o755)
    link(tree, "/usr/bin/sh", "bash")
    put(tree, "/usr/lib/systemd/systemd", elf(), 0o755)
    link(tree, "/usr/sbin/init", "../lib/systemd/systemd")
    put(tree, "/usr/sbin/sshd", elf(), 0o755)
    put(tree, "/usr/bin/passwd", elf(), 0o4755)
    put(tree, "/usr/bin/sudo", elf(), 0o4755)
    put(tree, "/etc/login.defs", "PASS_MAX_DAYS 99999\nPASS_MIN_LEN 8\nENCRYPT_METHOD SHA512\n")
    put(tree, "/usr/sbin/dhclient", elf(), 0o755)
    put(tree, "/etc/passwd",
        "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
        "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n")
    put(tree, "/etc/group", "root:x:0:\ndaemon:x:1:\nshadow:x:42:\nnogroup:x:65534:\n")
    put(tree, "/etc/shadow",
        "root:*:19700:0:99999:7:::\ndaemon:*:19700:0:99999:7:::\nnobody:*:19700:0:99999:7:::\nsshd:!:19700::::::\n",
        0o640, (0, 42))
    put(tree, "/etc/sudoers", "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n", 0o440)
    put(tree, "/etc/sudoers.d", None, 0o750)
    put(tree, "/etc/hostname", "localhost\n")
    put(tree, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
    put(tree, "/etc/machine-id", "")
    put(tree, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    put(tree, "/etc/cloud/cloud.cfg", f"""\
users:
  - default
disable_root: true
ssh_pwauth: false
preserve_hostname: false
cloud_init_modules: [seed_random, bootcmd, write_files, growpart, resizefs, set_hostname, update_hostname,
  update_etc_hosts, users_groups, ssh]
cloud_config_modules: [locale, set_passwords, ntp, timezone, runcmd]
cloud_final_modules: [package_update_upgrade_install, scripts_user, final_message]
system_info:
  distro: {distribution}
  default_user:
    name: {distribution}
    lock_passwd: true
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
""")
    put(tree, "/etc/chrony/chrony.conf" if distribution == "debian" else "/etc/chrony.conf",
        "pool pool.ntp.org iburst\nmakestep 1 3\n")
    link(tree, "/etc/localtime", "../usr/share/zoneinfo/UTC")
    put(tree, "/usr/share/zoneinfo/UTC", b"TZif2" + bytes(39))


def units(tree, enabled):
    """Units under multi-user.target, each with its link: names, or (name, target)."""
    base = "/usr/lib/systemd/system"
    put(tree, f"{base}/multi-user.target", "[Unit]\nDescription=Multi-User System\n")
    put(tree, f"{base}/graphical.target", "[Unit]\nDescription=Graphical Interface\n")
    link(tree, "/etc/systemd/system/default.target", f"{base}/multi-user.target")
    for unit in enabled:
        name, target = unit if isinstance(unit, tuple) else (unit, "multi-user.target")
        put(tree, f"{base}/{name}",
            f"[Unit]\nDescription={name}\n[Service]\nExecStart=/usr/bin/true\n[Install]\nWantedBy={target}\n")
        link(tree, f"/etc/systemd/system/{target}.wants/{name}", f"{base}/{name}")


CLOUD_INIT = [("cloud-init-local.service", "cloud-init.target"), ("cloud-init.service", "cloud-init.target"),
              ("cloud-config.service", "cloud-init.target"), ("cloud-final.service", "cloud-init.target")]


def debian(tree, uuid, esp_volume):
    """A cloud image of Debian's shape: /boot on the root, GPT, cloud-init, no passwords."""
    common(tree, "debian")
    version = "6.1.0-18-cloud-amd64"
    kernel(tree, (tree, "/boot"), version, "initramfs-tools")
    put(tree, "/etc/os-release",
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
        'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n')
    put(tree, "/etc/fstab",
        f"UUID={uuid} / ext4 defaults,errors=remount-ro 0 1\nUUID={esp_volume} /boot/efi vfat umask=0077 0 1\n")
    put(tree, "/boot/efi", None)
    put(tree, "/boot/grub/grub.cfg", f"""\
set default="0"
set timeout=1
menuentry 'Debian GNU/Linux' --class debian {{
    search --no-floppy --fs-uuid --set=root {uuid}
    linux /boot/vmlinuz-{version} root=UUID={uuid} ro console=tty0 console=ttyS0,115200
    initrd /boot/initrd.img-{version}
}}
""")
    put(tree, "/etc/default/grub",
        'GRUB_DEFAULT=0\nGRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"\n')
    put(tree, "/etc/ssh/sshd_config",
        "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nUsePAM yes\nUseDNS no\nX11Forwarding no\nClientAliveInterval 420\n"
        "Subsystem sftp /usr/lib/openssh/sftp-server\n")
    put(tree, "/etc/ssh/sshd_config.d", None)
    put(tree, "/etc/cloud/cloud.cfg.d/90_dpkg.cfg",
        "datasource_list: [ Ec2, OpenStack, ConfigDrive, Aliyun, NoCloud, None ]\n")
    units(tree, ["ssh.service", "chrony.service", "cron.service", *CLOUD_INIT])
    link(tree, "/etc/systemd/system/sshd.service", "/usr/lib/systemd/system/ssh.service")
    put(tree, "/usr/lib/systemd/system/cloud-init.target", "[Unit]\nDescription=Cloud-init target\n")
    put(tree, "/usr/lib/python3/dist-packages/cloudinit/version.py", '__VERSION__ = "24.4"\n')
    put(tree, "/usr/bin/cloud-init", "#!/usr/bin/python3\n", 0o755)
    put(tree, "/usr/bin/growpart", "#!/bin/sh\n", 0o755)
    put(tree, "/etc/network/interfaces", "auto lo\niface lo inet loopback\nallow-hotplug eth0\niface eth0 inet dhcp\n")
    put(tree, "/etc/apt/sources.list", "deb https://deb.debian.org/debian bookworm main\n")
    packages = {"linux-image-6.1.0-18-cloud-amd64": "6.1.76-1", "cloud-init": "24.4-1", "openssh-server": "1:9.2p1-2",
                "cloud-guest-utils": "0.33-1", "chrony": "4.3-2", "sudo": "1.9.13p3-1", "isc-dhcp-client": "4.4.3-1",
                "curl": "7.88.1-10", "python3": "3.11.2-1", "acpid": "1:2.0.33-2", "e2fsprogs": "1.47.0-2"}
    put(tree, "/var/lib/dpkg/status", "\n".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nDescription: {name}\n"
        for name, version in packages.items()))


# --- openEuler's own shape

# The fixed hashes that the published images carry are not in this repository: these are of the word "test".
def rpm_header(name, version, release, arch):
    """An rpm header without its magic, as the database keeps it (rpm's documentation, "RPM Package File Structure")."""
    tags = [(1000, 6, name), (1001, 6, version), (1002, 6, release), (1022, 6, arch), (1021, 6, "linux"),
            (1011, 6, "http://openeuler.org")]
    index, store = b"", b""
    for tag, kind, value in sorted(tags):
        index += struct.pack(">IIII", tag, kind, len(store), 1)
        store += value.encode() + b"\0"
    return struct.pack(">II", len(tags), len(store)) + index + store


def rpm_database(path, packages):
    """The sqlite form: a table of header blobs, and an index of names."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=DELETE")
    database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
    database.execute("CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
    for name, version, release, arch in packages:
        cursor = database.execute("INSERT INTO Packages (blob) VALUES (?)", (rpm_header(name, version, release, arch),))
        database.execute("INSERT INTO Name VALUES (?, ?, 0)", (name, cursor.lastrowid))
    database.commit()
    database.close()


def openeuler(tree, boot, uuid, boot_volume, root_hash, grub_hash):
    """The virtual machine image's shape: MBR, FAT /boot with both loaders, dracut, rpm, no cloud-init."""
    common(tree, "openEuler")
    version = "6.6.0-98.0.0.103.oe2403sp2.x86_64"
    kernel(tree, (boot, ""), version, "dracut", [driver for driver in DRIVERS if driver not in ("nvme", "nvme_core", "ena")])
    os.remove(tree + "/etc/cloud/cloud.cfg")
    os.rmdir(tree + "/etc/cloud")
    os.rmdir(tree + "/var/lib/cloud")
    put(tree, "/etc/os-release",
        'NAME="openEuler"\nVERSION="24.03 (LTS-SP2)"\nID="openEuler"\nVERSION_ID="24.03"\n'
        'PRETTY_NAME="openEuler 24.03 (LTS-SP2)"\nANSI_COLOR="0;31"\n')
    put(tree, "/etc/fstab", f"UUID={uuid} / ext4 defaults 1 1\nUUID={boot_volume} /boot vfat defaults 0 0\n")
    put(tree, "/etc/shadow", f"root:{root_hash}:19700:0:99999:7:::\ndaemon:*:19700:0:99999:7:::\n"
        "nobody:*:19700:0:99999:7:::\nsshd:!:19700::::::\n", 0o000)
    arguments = (f"root=UUID={uuid} ro rootfstype=ext4 quiet oops=panic softlockup_panic=1 nmi_watchdog=1 rd.shell=0 "
                 "selinux=0 crashkernel=256M panic=3 console=tty1 console=ttyS0")
    menu = f"""\
set default="0"
set timeout=5
set superusers="root"
password_pbkdf2 root {grub_hash}
menuentry 'openEuler (6.6.0) 24.03 (LTS-SP2)' --unrestricted {{
    search --no-floppy --fs-uuid --set=root {boot_volume}
    linux /vmlinuz-{version} {arguments}
    initrd /initramfs-{version}.img
}}
"""
    put(boot, "/grub2/grub.cfg", menu)
    put(boot, "/efi/EFI/openEuler/grub.cfg", menu)
    put(tree, "/etc/default/grub", f'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="{arguments}"\n')
    put(tree, "/etc/ssh/sshd_config",
        "PermitRootLogin yes\nPasswordAuthentication yes\nUsePAM yes\nX11Forwarding no\n"
        "Subsystem sftp /usr/libexec/openssh/sftp-server\n", 0o600)
    put(tree, "/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    units(tree, ["sshd.service", "NetworkManager.service", "rsyslog.service", "chronyd.service", "crond.service"])
    put(tree, "/etc/NetworkManager/NetworkManager.conf", "[main]\nplugins=keyfile,ifcfg-rh\n")
    put(tree, "/etc/yum.repos.d/openEuler.repo",
        "[OS]\nname=OS\nbaseurl=http://repo.openeuler.org/openEuler-24.03-LTS-SP2/OS/$basearch/\nenabled=1\n"
        "gpgcheck=1\ngpgkey=http://repo.openeuler.org/openEuler-24.03-LTS-SP2/OS/$basearch/RPM-GPG-KEY-openEuler\n")
    put(tree, "/etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC4x root@localhost\n")
    rpm_database(f"{tree}/usr/lib/sysimage/rpm/rpmdb.sqlite", [
        ("openEuler-release", "24.03", "60.oe2403sp2", "x86_64"), ("kernel", "6.6.0", "98.0.0.103.oe2403sp2", "x86_64"),
        ("openssh-server", "9.6p1", "5.oe2403sp2", "x86_64"), ("NetworkManager", "1.44.2", "4.oe2403sp2", "x86_64"),
        ("dracut", "059", "9.oe2403sp2", "x86_64"), ("chrony", "4.3", "2.oe2403sp2", "x86_64"),
        ("sudo", "1.9.15p5", "2.oe2403sp2", "x86_64"), ("curl", "8.4.0", "15.oe2403sp2", "x86_64")])
    link(tree, "/var/lib/rpm", "../../usr/lib/sysimage/rpm")
