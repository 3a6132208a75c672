"""A cloud image of Debian's packages: cloud-init, initramfs-tools, no passwords."""
from parts.files import put
from parts.packages import clean, enable, unpacked, version

PACKAGES = [
    "linux-image-cloud-amd64", "initramfs-tools", "zstd", "kmod", "systemd", "systemd-sysv", "dbus", "udev", "login", "passwd",
    "openssh-server", "cloud-init", "cloud-guest-utils", "chrony", "sudo", "netplan.io", "netbase", "iproute2", "iputils-ping",
    "ca-certificates", "curl", "e2fsprogs", "fdisk", "dosfstools", "grub2-common", "grub-pc-bin", "grub-efi-amd64-bin",
    "acpid", "locales", "rsyslog", "logrotate", "cron", "less", "vim-tiny", "man-db", "bash-completion", "tzdata"]
MODULES = ["virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "virtio_console", "nvme", "ena", "xen_blkfront",
           "xen_netfront", "hv_storvsc", "hv_netvsc", "qemu_fw_cfg"]


def debian(tree, cache, uuid, esp_volume):
    """The tree of a careful image; /boot is in the root, the ESP at /boot/efi."""
    unpacked(
        tree, cache, "debian", PACKAGES,
        after=[f'printf "%s\\n" {" ".join(MODULES)} >"$1/etc/initramfs-tools/modules"',
               'chroot "$1" update-initramfs -c -k all'])
    kernel = version(tree)
    put(tree, "/etc/fstab", f"UUID={uuid} / ext4 defaults,errors=remount-ro 0 1\n"
        f"UUID={esp_volume} /boot/efi vfat umask=0077,nofail 0 1\n")
    put(tree, "/boot/efi", None)
    arguments = "console=tty0 console=ttyS0,115200n8 nvme_core.io_timeout=4294967295"
    put(tree, "/boot/grub/grub.cfg", f"""\
set default="0"
set timeout=1
menuentry 'Debian GNU/Linux' --class debian {{
    search --no-floppy --fs-uuid --set=root {uuid}
    linux /boot/vmlinuz-{kernel} root=UUID={uuid} ro {arguments}
    initrd /boot/initrd.img-{kernel}
}}
""")
    put(tree, "/etc/default/grub", f'GRUB_DEFAULT=0\nGRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="{arguments}"\n')
    put(tree, "/etc/ssh/sshd_config.d/10-cloud.conf",
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        "X11Forwarding no\nClientAliveInterval 420\nUseDNS no\n")
    put(tree, "/etc/cloud/cloud.cfg.d/90_dpkg.cfg",
        # cloud-init would set one that nobody generated, fail, and its unit with it.
        "locale: C.UTF-8\ndatasource_list: [ Ec2, OpenStack, ConfigDrive, AliYun, NoCloud, None ]\n")
    put(tree, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
    # Whatever the first card is called.
    put(tree, "/etc/systemd/network/80-ether.network", "[Match]\nType=ether\n\n[Network]\nDHCP=yes\n")
    enable(tree, "ssh", "chrony", "systemd-networkd")
    clean(tree)
