"""A small tree that every provider's rules find nothing wrong with: openEuler's packages and paths, with cloud-init."""
from parts import tiny
from parts.files import elf, link, put

VERSION = "6.6.0-132.0.0.111.oe2403sp3.x86_64"
CLOUD_INIT_LOCAL = """\
[Unit]
Description=Initial cloud-init job (pre-networking)
DefaultDependencies=no
After=systemd-remount-fs.service
Before=NetworkManager.service
Before=network-pre.target
[Service]
Type=oneshot
ExecStart=/usr/bin/cloud-init init --local
[Install]
WantedBy=cloud-init.target
"""


def openeuler(tree, uuid, esp_volume):
    """/boot on the root, GRUB's menu for both firmwares, no password, nothing left behind."""
    tiny.common(tree, "openeuler")
    tiny.kernel(tree, (tree, "/boot"), VERSION, "dracut")
    with open(f"{tree}/boot/config-{VERSION}", "a", encoding="utf-8") as file:
        file.write("CONFIG_VIRTIO=m\nCONFIG_FW_CFG_SYSFS=y\n")
    put(tree, "/etc/dracut.conf.d/virtio.conf",
        'add_drivers+=" virtio virtio_ring virtio_pci virtio_blk virtio_net virtio_scsi "\n')
    put(tree, "/etc/os-release",
        'NAME="openEuler"\nVERSION="24.03 (LTS-SP3)"\nID="openEuler"\nVERSION_ID="24.03"\n'
        'PRETTY_NAME="openEuler 24.03 (LTS-SP3)"\nANSI_COLOR="0;31"\n')
    put(tree, "/etc/fstab", f"UUID={uuid} / ext4 defaults 1 1\nUUID={esp_volume} /boot/efi vfat umask=0077 0 2\n")
    put(tree, "/boot/efi", None)
    put(tree, "/usr", None)
    arguments = (f"root=UUID={uuid} ro rootfstype=ext4 console=tty0 console=ttyS0,115200n8 "
                 "nvme_core.io_timeout=4294967295")
    put(tree, "/boot/grub2/grub.cfg", f"""\
set default="0"
set timeout=1
menuentry 'openEuler (6.6.0) 24.03 (LTS-SP3)' --class openeuler {{
    search --no-floppy --fs-uuid --set=root {uuid}
    linux /boot/vmlinuz-{VERSION} {arguments}
    initrd /boot/initramfs-{VERSION}.img
}}
""")
    put(tree, "/etc/default/grub", f'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="{arguments}"\n')
    access(tree)
    services(tree)
    packages(tree)


def access(tree):
    """Who gets in, and what new passwords must be."""
    put(tree, "/etc/ssh/sshd_config",
        "Include /etc/ssh/sshd_config.d/*.conf\nPort 22\nPermitRootLogin prohibit-password\nPubkeyAuthentication yes\n"
        "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitEmptyPasswords no\nUsePAM yes\n"
        "X11Forwarding no\nClientAliveInterval 600\nSubsystem sftp /usr/libexec/openssh/sftp-server\n", 0o600)
    put(tree, "/etc/ssh/sshd_config.d", None, 0o700)
    put(tree, "/etc/login.defs", "PASS_MAX_DAYS 90\nPASS_MIN_LEN 8\nPASS_WARN_AGE 7\nENCRYPT_METHOD SHA512\n")
    put(tree, "/etc/security/faillock.conf", "deny = 5\nunlock_time = 600\n")
    put(tree, "/etc/security/pwquality.conf", "minlen = 8\nminclass = 3\n")
    put(tree, "/etc/pam.d/system-auth",
        "auth required pam_faillock.so preauth\nauth sufficient pam_unix.so\n"
        "account required pam_unix.so\npassword requisite pam_pwquality.so try_first_pass local_users_only\n"
        "password sufficient pam_unix.so sha512 shadow use_authtok\nsession required pam_unix.so\n")
    # The name that its users and the scanner of one vendor's marketplace expect; the others have none of their own.
    put(tree, "/etc/cloud/cloud.cfg.d/10_user.cfg", "system_info:\n  default_user:\n    name: ec2-user\n")
    put(tree, "/etc/cloud/cloud.cfg.d/90_datasources.cfg",
        "datasource_list: [ Ec2, OpenStack, ConfigDrive, AliYun, NoCloud, None ]\n")


def services(tree):
    tiny.units(tree, ["sshd.service", "NetworkManager.service", "rsyslog.service", "chronyd.service", "crond.service",
                      *tiny.CLOUD_INIT])
    base = "/usr/lib/systemd/system"
    put(tree, f"{base}/cloud-init-local.service", CLOUD_INIT_LOCAL)
    put(tree, f"{base}/cloud-init.target", "[Unit]\nDescription=Cloud-init target\n")
    link(tree, "/etc/systemd/system/multi-user.target.wants/cloud-init.target", f"{base}/cloud-init.target")
    for unit in ("firewalld.service", "sshd-keygen.target", "redis.service", "mariadb.service"):
        put(tree, f"{base}/{unit}", f"[Unit]\nDescription={unit}\n[Install]\nWantedBy=multi-user.target\n")
    put(tree, "/etc/firewalld/firewalld.conf", "DefaultZone=public\n")
    put(tree, "/usr/lib/firewalld/zones/public.xml",
        '<?xml version="1.0" encoding="utf-8"?>\n<zone>\n  <short>Public</short>\n  <service name="ssh"/>\n</zone>\n')
    put(tree, "/etc/NetworkManager/NetworkManager.conf", "[main]\nplugins=keyfile,ifcfg-rh\n")
    put(tree, "/etc/NetworkManager/system-connections", None, 0o700)
    put(tree, "/etc/selinux/config", "SELINUX=disabled\nSELINUXTYPE=targeted\n")
    put(tree, "/etc/selinux/targeted/policy/policy.33", bytes(64))
    put(tree, "/usr/lib/python3.11/site-packages/cloudinit/version.py", '__VERSION__ = "24.1.2"\n')
    put(tree, "/usr/bin/cloud-init", "#!/usr/bin/python3\n", 0o755)
    put(tree, "/usr/bin/growpart", "#!/bin/sh\n", 0o755)
    put(tree, "/usr/sbin/resize2fs", elf(), 0o755)


PACKAGES = {
    "openEuler-release": "24.03-70", "kernel": "6.6.0-132.0.0.111", "openssh-server": "9.6p1-5",
    "NetworkManager": "1.44.2-4", "dracut": "059-9", "chrony": "4.3-2", "sudo": "1.9.15p5-2", "curl": "8.4.0-15",
    "cloud-init": "24.1.2-3", "cloud-utils-growpart": "0.33-2", "e2fsprogs": "1.47.0-8", "rsyslog": "8.2312.0-3",
    "libpwquality": "1.4.5-3", "passwd": "0.80-8"}


def database(path, added=None, removed=()):
    """The packages that are installed; tests add and remove some."""
    wanted = {**PACKAGES, **(added or {})}
    tiny.rpm_database(path, [
        (name, *f"{version}.oe2403sp3".split("-"), "x86_64") for name, version in wanted.items() if name not in removed])


def packages(tree):
    base = "http://repo.openeuler.org/openEuler-24.03-LTS-SP3/OS/$basearch/"
    put(tree, "/etc/yum.repos.d/openEuler.repo",
        f"[OS]\nname=OS\nbaseurl={base}\nenabled=1\ngpgcheck=1\ngpgkey={base}RPM-GPG-KEY-openEuler\n")
    database(f"{tree}/usr/lib/sysimage/rpm/rpmdb.sqlite")
    link(tree, "/var/lib/rpm", "../../usr/lib/sysimage/rpm")
