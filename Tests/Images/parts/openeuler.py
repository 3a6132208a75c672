"""openEuler's own shape of Debian's packages: dracut, rpm, a FAT /boot, published passwords, no cloud-init."""
import os
import shutil

from parts.files import put
from parts.packages import clean, enable, unpacked, version
from parts.repository import repository as rpm_repository

PACKAGES = [
    "linux-image-cloud-amd64", "dracut", "zstd", "kmod", "systemd", "systemd-sysv", "dbus", "udev", "login", "passwd",
    "openssh-server", "openssh-client", "rpm", "dnf", "gpg", "network-manager", "rsyslog", "logrotate", "cron", "chrony", "sudo",
    "iproute2", "net-tools", "iputils-ping", "kexec-tools", "isc-dhcp-client", "ca-certificates", "curl", "e2fsprogs", "fdisk",
    "dosfstools", "grub2-common", "grub-pc-bin", "grub-efi-amd64-bin", "locales", "less", "vim-tiny", "man-db", "tzdata"]
# dracut of openEuler is told of virtio and Xen by name, and takes neither nvme nor ena.
DRACUT = """\\
add_drivers+=" virtio virtio_ring virtio_pci virtio_blk virtio_scsi virtio_net xen_blkfront xen_netfront ext4 vfat nls_cp437 nls_ascii "
omit_drivers+=" nvme nvme_core ena "
hostonly="no"
compress="gzip"
"""


# What is not in the image and can be installed: by its own dnf, from a repository that is made of it.
LATER = ["cloud-init", "cloud-guest-utils"]
DOWNLOADED = "/var/cache/later"


def openeuler(tree, boot, cache, uuid, boot_volume, root_hash, grub_hash, repository=None):
    """tree: the root; boot: what lies in the FAT file system at /boot; repository: takes rpms of what is not installed."""
    unpacked(
        tree, cache, "openeuler", PACKAGES,
        after=[f"cat >\"$1/etc/dracut.conf.d/10-openeuler.conf\" <<'END'\n{DRACUT}END",
               'version=$(ls "$1/usr/lib/modules"); '
               'chroot "$1" dracut --force "/boot/initramfs-$version.img" "$version"',
               'python3 -B "$IMAGE_PARTS/rpms.py" "$1"',
               f'mkdir -p "$1{DOWNLOADED}/partial"; chroot "$1" apt-get -qq -y --no-install-recommends --download-only '
               f'-o Dir::Cache::archives={DOWNLOADED} install {" ".join(LATER)}'])
    if repository:
        rpm_repository(tree + DOWNLOADED, repository)
    shutil.rmtree(tree + DOWNLOADED)
    kernel = version(tree)
    # /boot is a file system of its own: FAT, which knows no links.
    for name in os.listdir(tree + "/boot"):
        path = f"{tree}/boot/{name}"
        if os.path.isfile(path) and not os.path.islink(path):
            shutil.copy2(path, f"{boot}/{name}")
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
    put(tree, "/etc/os-release",
        'NAME="openEuler"\nVERSION="24.03 (LTS-SP2)"\nID="openEuler"\nVERSION_ID="24.03"\n'
        'PRETTY_NAME="openEuler 24.03 (LTS-SP2)"\nANSI_COLOR="0;31"\n')
    arguments = ("rootfstype=ext4 quiet oops=panic softlockup_panic=1 nmi_watchdog=1 rd.shell=0 selinux=0 "
                 "crashkernel=256M panic=3 console=tty1 console=ttyS0")
    menu = f"""\
set default="0"
set timeout=1
set superusers="root"
password_pbkdf2 root {grub_hash}
menuentry 'openEuler ({kernel}) 24.03 (LTS-SP2)' --unrestricted {{
    search --no-floppy --fs-uuid --set=root {boot_volume}
    linux /vmlinuz-{kernel} root=UUID={uuid} ro {arguments}
    initrd /initramfs-{kernel}.img
}}
"""
    put(boot, "/grub2/grub.cfg", menu)
    put(boot, "/efi/EFI/openEuler/grub.cfg", menu)
    put(tree, "/etc/fstab", f"UUID={uuid} / ext4 defaults 1 1\nUUID={boot_volume} /boot vfat defaults 0 0\n")
    put(tree, "/etc/default/grub", f'GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX="{arguments}"\n')
    put(tree, "/etc/ssh/sshd_config",
        "PermitRootLogin yes\nPasswordAuthentication yes\nUsePAM yes\nX11Forwarding no\n"
        "Subsystem sftp /usr/lib/openssh/sftp-server\n", 0o600)
    with open(tree + "/etc/shadow") as file:
        lines = [f"root:{root_hash}:19700:0:99999:7:::" if line.startswith("root:") else line.rstrip("\n")
                 for line in file]
    put(tree, "/etc/shadow", "\n".join(lines) + "\n", 0o000)
    # Where openEuler's rpm has its database; Debian's has it in each user's home.
    put(tree, "/etc/rpm/macros.dbpath", "%_dbpath /var/lib/rpm\n")
    put(tree, "/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    put(tree, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    put(tree, "/etc/yum.repos.d/openEuler.repo",
        "[OS]\nname=OS\nbaseurl=http://repo.openeuler.org/openEuler-24.03-LTS-SP2/OS/$basearch/\nenabled=1\n"
        "gpgcheck=1\ngpgkey=http://repo.openeuler.org/openEuler-24.03-LTS-SP2/OS/$basearch/RPM-GPG-KEY-openEuler\n")
    # Host keys are made at first boot, as openEuler's own unit does.
    put(tree, "/usr/lib/systemd/system/sshd-keygen.service",
        "[Unit]\nDescription=OpenSSH Server Key Generation\nBefore=ssh.service\n[Service]\nType=oneshot\n"
        "ExecStart=/usr/bin/ssh-keygen -A\n[Install]\nWantedBy=multi-user.target\n")
    enable(tree, "sshd-keygen", "ssh", "chrony", "NetworkManager", "rsyslog")
    clean(tree)
