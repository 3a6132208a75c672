"""Trees from Debian's packages: of its own shape, and of openEuler's with Debian's builds of dracut, rpm and openssh."""
import os
import shutil
import subprocess
import tempfile

from parts.files import link, put
from parts.disk import run


def unpacked(tree, cache, name, include):
    """The root file system of these packages, kept in the cache as one archive."""
    archive = os.path.join(cache, f"{name}.tar") if cache else None
    if not archive or not os.path.exists(archive):
        os.makedirs(cache or os.path.dirname(tree), exist_ok=True)
        target = archive or f"{tree}.tar"
        # A folder of its own: where /tmp is no usual one, apt can't write there.
        with tempfile.TemporaryDirectory(dir=os.path.dirname(target)) as temporary:
            run("mmdebstrap", "--variant=minbase", f"--include={','.join(include)}",
                "--aptopt=Apt::Install-Recommends \"false\"", "bookworm", f"{target}.new",
                env={**os.environ, "TMPDIR": temporary})
        os.rename(f"{target}.new", target)
        archive = target
    os.makedirs(tree)
    run("tar", "-C", tree, "--numeric-owner", "--xattrs", "--xattrs-include=*", "--exclude=./dev/*", "-xf", archive)


def version(tree):
    """The kernel that is installed."""
    return sorted(os.listdir(tree + "/usr/lib/modules" if os.path.islink(tree + "/lib") else tree + "/lib/modules"))[-1]


def clean(tree):
    """What a build leaves of itself."""
    for path in ("/etc/machine-id", "/etc/resolv.conf"):
        put(tree, path, "")
    for folder in ("/var/cache/apt/archives", "/var/lib/apt/lists", "/var/log", "/tmp"):
        for name in os.listdir(tree + folder):
            path = f"{tree}{folder}/{name}"
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
    for name in os.listdir(tree + "/etc/ssh"):
        if name.startswith("ssh_host_"):
            os.remove(f"{tree}/etc/ssh/{name}")
    for name in ("/var/lib/dbus/machine-id", "/var/lib/systemd/random-seed", "/var/lib/dpkg/status-old"):
        if os.path.lexists(tree + name):
            os.remove(tree + name)


def debian(tree, cache, uuid, esp_volume):
    unpacked(tree, cache, "cloud", [
        "linux-image-cloud-amd64", "initramfs-tools", "systemd", "systemd-sysv", "dbus", "udev", "openssh-server",
        "cloud-init", "cloud-guest-utils", "chrony", "sudo", "ifupdown", "isc-dhcp-client", "netbase", "iproute2",
        "ca-certificates", "curl", "e2fsprogs", "grub2-common", "acpid", "locales"])
    kernel = version(tree)
    modules = "\n".join(["virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "nvme", "ena", "xen_blkfront",
                         "xen_netfront", "hv_storvsc", "hv_netvsc"])
    put(tree, "/etc/initramfs-tools/modules", modules + "\n")
    run("chroot", tree, "update-initramfs", "-u", "-k", kernel)
    put(tree, "/etc/fstab", f"UUID={uuid} / ext4 defaults,errors=remount-ro 0 1\n"
        f"UUID={esp_volume} /boot/efi vfat umask=0077,nofail 0 1\n")
    put(tree, "/boot/efi", None)
    put(tree, "/boot/grub/grub.cfg", f"""\
set default="0"
set timeout=1
serial --unit=0 --speed=115200
menuentry 'Debian GNU/Linux' --class debian {{
    search --no-floppy --fs-uuid --set=root {uuid}
    linux /boot/vmlinuz-{kernel} root=UUID={uuid} ro console=tty0 console=ttyS0,115200
    initrd /boot/initrd.img-{kernel}
}}
""")
    put(tree, "/etc/default/grub", 'GRUB_DEFAULT=0\nGRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="console=tty0 console=ttyS0"\n')
    put(tree, "/etc/ssh/sshd_config.d/10-cloud.conf",
        "PermitRootLogin no\nPasswordAuthentication no\nUseDNS no\nX11Forwarding no\nClientAliveInterval 420\n")
    put(tree, "/etc/cloud/cloud.cfg.d/90_dpkg.cfg",
        "datasource_list: [ Ec2, OpenStack, ConfigDrive, Aliyun, NoCloud, None ]\n")
    put(tree, "/etc/hostname", "localhost\n")
    put(tree, "/etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost\n")
    put(tree, "/etc/network/interfaces", "auto lo\niface lo inet loopback\n")
    for unit in ("ssh", "chrony"):
        subprocess.run(["systemctl", f"--root={tree}", "enable", unit], check=False, capture_output=True)
    run("chroot", tree, "passwd", "-l", "root")
    clean(tree)


def openeuler(tree, boot, cache, uuid, boot_volume, root_hash, grub_hash):
    unpacked(tree, cache, "openeuler", [
        "linux-image-cloud-amd64", "dracut", "systemd", "systemd-sysv", "dbus", "udev", "openssh-server", "rpm",
        "network-manager", "rsyslog", "chrony", "sudo", "iproute2", "ca-certificates", "curl", "e2fsprogs",
        "isc-dhcp-client"])
    kernel = version(tree)
    run("chroot", tree, "dracut", "--force", "--no-hostonly", "--gzip", "--add-drivers",
        "virtio_pci virtio_blk virtio_scsi virtio_net xen_blkfront xen_netfront ext4 vfat nls_cp437 nls_ascii",
        "--omit-drivers", "nvme ena nvme_core", f"/boot/initramfs-{kernel}.img", kernel)
    put(tree, "/etc/os-release",
        'NAME="openEuler"\nVERSION="24.03 (LTS-SP2)"\nID="openEuler"\nVERSION_ID="24.03"\n'
        'PRETTY_NAME="openEuler 24.03 (LTS-SP2)"\nANSI_COLOR="0;31"\n')
    run("chroot", tree, "rpm", "--initdb", "--dbpath", "/var/lib/rpm")
    rpms(tree, kernel)
    # /boot is a file system of its own: FAT, which knows no links.
    for name in os.listdir(tree + "/boot"):
        path = f"{tree}/boot/{name}"
        if os.path.isfile(path) and not os.path.islink(path) and not name.startswith("initrd"):
            shutil.copyfile(path, f"{boot}/{name}")
        if os.path.isfile(path) or os.path.islink(path):
            os.remove(path)
    arguments = (f"root=UUID={uuid} ro rootfstype=ext4 oops=panic softlockup_panic=1 nmi_watchdog=1 rd.shell=0 "
                 "selinux=0 panic=3 console=tty1 console=ttyS0")
    menu = f"""\
set default="0"
set timeout=1
set superusers="root"
password_pbkdf2 root {grub_hash}
menuentry 'openEuler ({kernel}) 24.03 (LTS-SP2)' --unrestricted {{
    search --no-floppy --fs-uuid --set=root {boot_volume}
    linux /vmlinuz-{kernel} {arguments}
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
    put(tree, "/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    put(tree, "/etc/hostname", "localhost\n")
    put(tree, "/etc/yum.repos.d/openEuler.repo",
        "[OS]\nname=OS\nbaseurl=http://repo.openeuler.org/openEuler-24.03-LTS-SP2/OS/$basearch/\nenabled=1\n"
        "gpgcheck=1\ngpgkey=http://repo.openeuler.org/openEuler-24.03-LTS-SP2/OS/$basearch/RPM-GPG-KEY-openEuler\n")
    for unit in ("ssh", "chrony", "NetworkManager", "rsyslog"):
        subprocess.run(["systemctl", f"--root={tree}", "enable", unit], check=False, capture_output=True)
    clean(tree)


def rpms(tree, kernel):
    """Real packages, with no files, so that the database has what a reader and rpm itself must agree about."""
    names = [("openEuler-release", "24.03", "60.oe2403sp2"), ("kernel", kernel.split("-")[0], "98.oe2403sp2"),
             ("openssh-server", "9.6p1", "5.oe2403sp2"), ("NetworkManager", "1.44.2", "4.oe2403sp2"),
             ("dracut", "059", "9.oe2403sp2"), ("chrony", "4.3", "2.oe2403sp2"), ("sudo", "1.9.15p5", "2.oe2403sp2"),
             ("curl", "8.4.0", "15.oe2403sp2"), ("systemd", "255", "50.oe2403sp2"), ("bash", "5.2.15", "9.oe2403sp2")]
    with tempfile.TemporaryDirectory() as work:
        for name, number, release in names:
            spec = f"{work}/{name}.spec"
            with open(spec, "w") as file:
                file.write(f"Name: {name}\nVersion: {number}\nRelease: {release}\nSummary: {name}\nLicense: MulanPSL-2.0\n"
                           f"Vendor: http://openeuler.org\n%description\n{name}\n%files\n")
            run("rpmbuild", "-bb", "--quiet", "--target", "x86_64", "--define", f"_topdir {work}/top", spec)
        packages = [os.path.join(folder, name) for folder, _, files in os.walk(f"{work}/top/RPMS") for name in files]
        run("rpm", "--root", tree, "--dbpath", "/var/lib/rpm", "-i", "--justdb", "--nodeps", "--noscripts",
            "--ignorearch", "--nosignature", *packages)
    link(tree, "/usr/lib/sysimage/rpm", "../../../var/lib/rpm")
