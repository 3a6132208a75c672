"""Hostile contents of a sound file system: loops, bombs, names that steer a terminal, files that name this machine's."""
import gzip
import lzma
import os
import sqlite3
import struct
import subprocess
import tempfile

from parts.disk import MIB, run
from parts.files import cpio, elf, link, put

ESCAPE = "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\x7f\u202e\u2066\u2028\u200f\r"
SUBSTITUTES = "<script>alert(1)</script>\"'&]]>"
DISK = "label: dos\nlabel-id: 0x4a7b1c2d\nstart=2048, type=83, bootable\n"


def base(tree):
    """A guest that is found to be one."""
    put(tree, "/etc/os-release", "NAME=a\nID=debian\n")
    put(tree, "/etc/fstab", "LABEL=rootfs / ext4 defaults 0 1\n")
    put(tree, "/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n")
    put(tree, "/etc/shadow", "root:*:1:0:99999:7:::\n", 0o640)
    put(tree, "/etc/group", "root:x:0:\n")
    put(tree, "/usr/sbin/sshd", elf(), 0o755)
    put(tree, "/usr/bin/sudo", elf(), 0o4755)
    put(tree, "/etc/ssh/sshd_config", "PermitRootLogin no\n")
    put(tree, "/etc/sudoers", "root ALL=(ALL) ALL\n", 0o440)
    put(tree, "/usr/lib/systemd/systemd", elf(), 0o755)


def guest(folder, name, fill, commands="", size=16 * MIB, label="rootfs", options=()):
    """fill(tree) adds to the base; commands are debugfs's."""
    path = f"{folder}/{name}"
    with tempfile.TemporaryDirectory() as tree:
        base(tree)
        fill(tree)
        root = path + ".root"
        with open(root, "wb") as file:
            file.truncate(size)
        run("mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", "-O", "^has_journal,^resize_inode,^metadata_csum", *options, "-L", label, "-d", tree, root)
    if commands:
        answer = subprocess.run(["debugfs", "-w", "-f", "-", root], input=commands.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        wrong = [line for line in answer.stdout.decode(errors="replace").splitlines()
                 if not line.startswith("debugfs") and line.strip()]
        if answer.returncode or wrong:
            raise SystemExit(f"{name}: debugfs: {wrong}")
    with open(path, "wb") as file:
        file.truncate(MIB + size)
    run("sfdisk", "-q", "--no-tell-kernel", path, input=DISK.encode())
    run("dd", f"if={root}", f"of={path}", "bs=1M", "seek=1", "conv=notrunc,sparse", "status=none")
    os.unlink(root)
    return name, "read"


def trees(folder, secret):
    def cycles(tree):
        put(tree, "/a/b/c", None)
    yield guest(folder, "directory-circle.raw", cycles, "ln /a /a/b/c/up\nln / /a/b/root\n")

    def links(tree):
        for one, other in [("/etc/hostname", "hostname"), ("/etc/machine-id", "x"), ("/etc/x", "machine-id"), ("/etc/localtime", "../" * 300 + "etc/localtime")]:
            link(tree, one, other)
        for number in range(60):
            link(tree, f"/etc/l{number}", f"l{number + 1}/l{number + 1}")
        link(tree, "/etc/sudoers.d", "../etc/l0")
        link(tree, "/etc/netplan", "/")
    yield guest(folder, "link-circle.raw", links)

    def outside(tree):
        for path in ("/etc/hostname", "/etc/machine-id", "/etc/sudoers.d/a", "/etc/ssh/ssh_host_rsa_key", "/root/.bash_history", "/root/.ssh/authorized_keys",
                     "/etc/cloud/cloud.cfg", "/boot/grub/grub.cfg", "/etc/ssh/sshd_config.d/x.conf", "/var/lib/dpkg/status", "/boot/initrd.img-6.1.0", "/boot/vmlinuz-6.1.0"):
            link(tree, path, secret if "ssh" in path else "../" * 20 + secret.lstrip("/"))
        os.remove(tree + "/etc/shadow")
        link(tree, "/etc/shadow", secret)
        put(tree, "/etc/ssh/sshd_config", f"Include {secret}\nInclude /proc/self/environ\nInclude /etc/ssh/sshd_config.d/*.conf\nAuthorizedKeysFile {secret}\nBanner {secret}\nHostKey {secret}\n")
        put(tree, "/etc/sudoers", f"#include {secret}\n@includedir {os.path.dirname(secret)}\n", 0o440)
        put(tree, "/boot/grub2/grub.cfg", f"source {secret}\nconfigfile (hd0){secret}\nload_env -f {secret}\n")
        put(tree, "/etc/network/interfaces", f"source {secret}\nsource-directory {os.path.dirname(secret)}\n")
        put(tree, "/etc/nftables.conf", f'include "{secret}"\n')
        put(tree, "/etc/fstab", f"LABEL=rootfs / ext4 defaults 0 1\n{secret} /mnt auto loop 0 0\n/dev/loop0 /x ext4\n/dev/sda1 /../../x ext4\n")
        put(tree, "/etc/pam.d/common-password", f"@include {secret}\n")
        put(tree, "/boot/extlinux/extlinux.conf", f"INCLUDE {secret}\n")
        put(tree, "/etc/passwd", f"root:x:0:0:root:{os.path.dirname(secret)}:/bin/bash\na:x:0:0::/../..{os.path.dirname(secret)}:/bin/sh\n")
    yield guest(folder, "names-of-host.raw", outside)

    def special(tree):
        for path in ("/etc/hostname", "/etc/hosts", "/etc/machine-id", "/etc/sudoers.d/a", "/etc/ssh/sshd_config.d/a.conf", "/boot/initrd.img-6.1.0"):
            os.makedirs(os.path.dirname(tree + path), exist_ok=True)
            os.mkfifo(tree + path)
        os.remove(tree + "/etc/ssh/sshd_config")
        os.mkfifo(tree + "/etc/ssh/sshd_config")
        os.mknod(tree + "/etc/resolv.conf", 0o20666, os.makedev(1, 5))
        os.remove(tree + "/etc/os-release")
        put(tree, "/etc/os-release", None)
    yield guest(folder, "no-files.raw", special)

    def plain(_):
        pass
    sizes = "".join(f"set_inode_field {path} size 1099511627776\n" for path in
                    ("/etc/ssh/sshd_config", "/etc/shadow", "/etc/passwd", "/etc/sudoers", "/etc/os-release", "/etc/fstab"))
    yield guest(folder, "files-of-1t.raw", plain, sizes)

    def large(tree):
        for path in ("/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/boot/initrd.img-6.1.0", "/boot/vmlinuz-6.1.0", "/root/.bash_history", "/var/log/a.log"):
            put(tree, path, "x")
    yield guest(folder, "databases-of-1t.raw", large, "".join(
        f"set_inode_field {path} size 1099511627776\n" for path in
        ("/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite", "/boot/initrd.img-6.1.0", "/boot/vmlinuz-6.1.0", "/root/.bash_history", "/var/log/a.log")))

    def deep(tree):
        path = "/d" * 400
        put(tree, path + "/x", "y")
        link(tree, "/etc/ssh/sshd_config.d", path)
        for number in range(3000):
            put(tree, f"/etc/sudoers.d/{number:04}", "a ALL=(ALL) ALL\n", 0o440)
    yield guest(folder, "deep.raw", deep)

    def long(tree):
        name = "n" * 255
        for path in ("/etc/sudoers.d", "/etc/ssh/sshd_config.d", "/etc/systemd/system", "/etc/cloud/cloud.cfg.d", "/etc/netplan", "/boot", "/etc/yum.repos.d"):
            put(tree, f"{path}/{name[:240]}.conf", "x")
            put(tree, f"{path}/{name}", "x")
        link(tree, "/etc/hostname", "l" * 1000)
    yield guest(folder, "names-long.raw", long)


def texts(folder, secret):
    """What bites the readers of texts."""
    def with_files(name, files, **options):
        def fill(tree):
            for path, text in files.items():
                put(tree, path, text, 0o440 if "sudoers" in path else 0o644)
        return guest(folder, name, fill, **options)

    laughs = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join('*' + a for _ in range(9))}]\n" for a, b in zip("abcdefgh", "bcdefghi"))
    tabs = laughs.replace(": &", ":\t&")
    flow = '{"a":&a [x,x],' + "".join(f'"{b}":&{b} [{",".join("*" + a for _ in range(9))}],' for a, b in zip("abcdefgh", "bcdefghi")) + "}\n"
    keys = "".join(f"? &k{n + 1} {{? *k{n} : x, ? [*k{n}, *k{n}] : y}}\n: z\n" for n in range(30))
    yield with_files("yaml-bomb.raw", {
        "/etc/cloud/cloud.cfg": laughs, "/etc/cloud/cloud.cfg.d/a.cfg": tabs, "/etc/cloud/cloud.cfg.d/b.cfg": flow,
        "/etc/cloud/cloud.cfg.d/c.cfg": "? &k0 x\n: y\n" + keys, "/etc/cloud/cloud.cfg.d/d.cfg": "[" * 200_000, "/etc/cloud/cloud.cfg.d/e.cfg": "a: {" * 60_000,
        "/etc/cloud/cloud.cfg.d/f.cfg": "a: 1\n" * 50_000, "/etc/cloud/cloud.cfg.d/g.cfg": "".join(f"k{n}: 1\n" for n in range(25_000)) + "k1: 2\n" * 70,
        "/etc/netplan/a.yaml": laughs, "/etc/netplan/b.yaml": "- " * 120_000, "/etc/cloud/cloud.cfg.d/h.cfg": "? " * 120_000})
    yield with_files("includes.raw", {
        "/etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nInclude /etc/ssh/sshd_config\n" * 200,
        "/etc/ssh/sshd_config.d/a.conf": "Include /etc/ssh/sshd_config.d/*.conf /etc/ssh/*/*/*/*/*.conf\nMatch all\nInclude /etc/ssh/sshd_config.d/*\n" * 50,
        "/etc/ssh/sshd_config.d/b.conf": "Include *.conf\n" * 500, "/etc/ssh/sshd_config.d/c.conf": "Include " + "*a" * 400 + "b\n",
        "/etc/sudoers": "@include /etc/sudoers\n@includedir /etc/sudoers.d\n" * 200, "/etc/sudoers.d/a": "@includedir /etc/sudoers.d\n" * 200,
        "/etc/sudoers.d/b": "".join(f"User_Alias A{n} = A{n + 1}, A{n + 1}\nCmnd_Alias C{n} = C{n + 1}, !C{n + 1}\n" for n in range(100)) + "A0 ALL=(ALL) C0\n",
        "/etc/network/interfaces": "source /etc/network/interfaces\nsource /etc/network/*\n" * 100,
        "/etc/nftables.conf": 'include "/etc/nftables.conf"\n' * 100, "/etc/pam.d/common-password": "@include common-password\n" * 100,
        "/boot/extlinux/extlinux.conf": "INCLUDE /boot/extlinux/extlinux.conf\n" * 100})
    yield with_files("grub-loops.raw", {
        "/boot/grub/grub.cfg": "set a=x\nwhile true; do set a=$a$a; done\n",
        "/boot/grub2/grub.cfg": "function f { f; f; }\nf\nsource $prefix/grub.cfg\n" + "if true; then " * 5000 + "\n",
        "/boot/efi/EFI/x/grub.cfg": "for i in " + "a " * 1000 + "; do for j in " + "b " * 1000 + "; do for k in " + "c " * 1000 + "; do set x=$i$j$k; done; done; done\n",
        "/boot/loader/entries/a.conf": "title a\nlinux /a\noptions " + "x" * 900_000 + "\n", "/etc/default/grub": 'A="$A$A$A"\n' * 10_000})
    yield with_files("lines.raw", {
        "/etc/passwd": "".join(f"u{n}:x:{n}:0::/h:/bin/sh\n" for n in range(30_000)), "/etc/shadow": "".join(f"u{n}:$6$s$h:1::::::\n" for n in range(30_000)),
        "/etc/group": "wheel:x:10:" + ",".join(f"u{n}" for n in range(100_000)) + "\n", "/etc/ssh/sshd_config": "Match User u*\nPermitRootLogin yes\n" * 25_000,
        "/etc/sudoers": "".join(f"u{n} ALL=(ALL) NOPASSWD: ALL\n" for n in range(25_000)), "/etc/fstab": "/dev/sda1 /a ext4 x 0 0\n" * 40_000,
        "/etc/os-release": "A=b\n" * 200_000, "/etc/hosts": "1.1.1.1 a\n" * 90_000, "/etc/apt/sources.list": "deb http://a b c\n" * 50_000,
        "/etc/iptables/rules.v4": "*filter\n" + "-A INPUT -j ACCEPT\n" * 50_000, "/etc/nftables.conf": "table inet a { chain b { " * 30_000,
        "/etc/network/interfaces": "iface a inet dhcp\n" * 50_000, "/root/.ssh/authorized_keys": "ssh-rsa AAAA a\n" * 60_000, "/root/.bash_history": "password=abcdefgh\n" * 50_000}, size=32 * MIB)
    yield with_files("ends-of-lines.raw", {path: "\n" * 1_000_000 for path in (
        "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/ssh/sshd_config", "/etc/sudoers", "/etc/fstab", "/etc/os-release", "/boot/grub/grub.cfg",
        "/etc/cloud/cloud.cfg", "/etc/hosts", "/etc/network/interfaces", "/etc/login.defs", "/root/.bash_history")}, size=32 * MIB)
    noise = b"".join((n * 2654435761 & 0xFFFFFFFF).to_bytes(4, "little") for n in range(20_000))
    yield with_files("zeros-and-noise.raw", {path: b"\0\xff\xfe\n" * 100 + noise for path in (
        "/etc/passwd", "/etc/shadow", "/etc/group", "/etc/ssh/sshd_config", "/etc/sudoers", "/etc/fstab", "/etc/os-release", "/boot/grub/grub.cfg", "/etc/hostname",
        "/etc/cloud/cloud.cfg", "/etc/hosts", "/etc/network/interfaces", "/etc/login.defs", "/root/.bash_history", "/var/lib/dpkg/status", "/var/lib/rpm/rpmdb.sqlite",
        "/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db", "/boot/initrd.img-6.1.0", "/boot/vmlinuz-6.1.0", "/etc/selinux/config", "/etc/machine-id")})


def archives(folder, _):
    def boot(name, content, **options):
        def fill(tree):
            put(tree, "/boot/vmlinuz-6.1.0", "MZ")
            put(tree, "/boot/initrd.img-6.1.0", content)
            put(tree, "/usr/lib/modules/6.1.0/modules.dep", "a.ko:\n")
        return guest(folder, name, fill, **options)

    yield boot("cpio-escapes.raw", cpio({"../../../etc/passwd": b"x", "/etc/shadow": b"y", "a/../../b": b"z", "usr/lib/modules/6.1.0/../../../../../etc/x.ko": b"\x7fELF",
                                         "conf" + ESCAPE: b"", "usr/lib/modules/6.1.0/" + ESCAPE + ".ko": b"\x7fELF"}))
    head = b"070701" + b"0" * 40
    yield boot("cpio-huge-name.raw", b"070701" + b"00000001" + b"000081A4" + b"00000000" * 4 + b"FFFFFFFF" + b"00000000" * 4 + b"FFFFFFFF" + b"00000000" + bytes(512))
    yield boot("cpio-huge-file.raw", b"070701" + b"00000001" + b"000081A4" + b"00000000" * 4 + b"FFFFFFFF" + b"00000000" * 4 + b"00000002" + b"00000000" + b"a\0" + bytes(512) + head)
    zeros = bytes(64 * MIB)
    bomb = gzip.compress(zeros, mtime=0) * 60
    yield boot("cpio-bomb.raw", bomb, size=32 * MIB)
    many = cpio({f"usr/lib/modules/6.1.0/{n}.ko": b"" for n in range(60_000)})
    yield boot("cpio-entries.raw", gzip.compress(many * 3, mtime=0), size=32 * MIB)
    # A dictionary of 1.5 GiB, which xz would take.
    wide = bytearray(lzma.compress(b"0707", lzma.FORMAT_ALONE))
    wide[1:5] = struct.pack("<I", 0x60000000)
    yield boot("lzma-dictionary.raw", bytes(wide))
    yield boot("zstd-window.raw", b"\x28\xb5\x2f\xfd\x00\xf8" + b"\0" * 64)
    yield boot("archives-in-archives.raw", gzip.compress(gzip.compress(gzip.compress(cpio({"a": b""}))), mtime=0))

    def kernels(tree):
        for number in range(600):
            put(tree, f"/boot/vmlinuz-{number}", "MZ")
            put(tree, f"/boot/initrd.img-{number}", gzip.compress(bytes(MIB)))
    yield guest(folder, "kernels.raw", kernels, size=64 * MIB)


def databases(folder, _):
    def page_loop(tree):
        path = tree + "/var/lib/rpm/rpmdb.sqlite"
        os.makedirs(os.path.dirname(path))
        base = sqlite3.connect(path)
        base.execute("PRAGMA page_size=512")
        base.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        for number in range(300):
            base.execute("INSERT INTO Packages (blob) VALUES (?)", (b"\0" * 2000,))
        base.commit()
        root = base.execute("SELECT rootpage FROM sqlite_master WHERE name='Packages'").fetchone()[0]
        base.close()
        with open(path, "r+b") as file:
            data = bytearray(file.read())
            start = (root - 1) * 512
            # An inner page, all of whose children are itself.
            data[start] = 5
            data[start + 8:start + 12] = struct.pack(">I", root)
            for cell in range(struct.unpack(">H", data[start + 3:start + 5])[0]):
                at = struct.unpack(">H", data[start + 12 + 2 * cell:start + 14 + 2 * cell])[0] % 500
                data[start + at:start + at + 4] = struct.pack(">I", root)
            file.seek(0)
            file.write(data)
    yield guest(folder, "sqlite-circle.raw", page_loop)

    def many(tree):
        put(tree, "/var/lib/dpkg/status", "".join(f"Package: p{n}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n" for n in range(700_000)))
    yield guest(folder, "dpkg-many.raw", many, size=80 * MIB)

    def one_line(tree):
        put(tree, "/var/lib/dpkg/status", "Package: " + "x" * (60 * MIB) + "\n")
    yield guest(folder, "dpkg-line.raw", one_line, size=80 * MIB)


def steering(folder, _):
    """Every name and text that is told steers a terminal, and is markup."""
    bad = ESCAPE + SUBSTITUTES
    name = bad.replace("/", "|").replace("\0", "")

    def fill(tree):
        put(tree, "/etc/os-release", f'NAME="{ESCAPE}"\nPRETTY_NAME="{bad}"\nID={ESCAPE}\nVERSION_ID="{bad}"\n')
        put(tree, "/etc/hostname", bad + "\n")
        put(tree, "/etc/passwd", f"root:x:0:0:{bad}:/root:/bin/bash\n{ESCAPE}a:x:0:0:{bad}:/home/{ESCAPE}:/bin/{ESCAPE}\nb{ESCAPE}::0:0::/:/bin/sh\n")
        put(tree, "/etc/shadow", f"root:{ESCAPE}:1:::::: \n{ESCAPE}a::1::::::\nb{ESCAPE}:$6${ESCAPE}$x:1::::::\n")
        put(tree, "/etc/ssh/sshd_config", f"PermitRootLogin yes{ESCAPE}\nPasswordAuthentication yes\nPort 22{ESCAPE}\nMatch User {ESCAPE}\nBanner {bad}\nPermitEmptyPasswords yes\n{ESCAPE} x\n")
        put(tree, "/etc/sudoers", f"{ESCAPE}a ALL=(ALL) NOPASSWD: ALL, /bin/{ESCAPE}\n", 0o440)
        put(tree, f"/etc/sudoers.d/{name}", f"a{ESCAPE} ALL=(ALL) NOPASSWD: ALL\n", 0o440)
        put(tree, "/root/.ssh/authorized_keys", f"command=\"{ESCAPE}\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7dHZcQ5X1a5o1cZ9c0Xv2k1p0y5o9q0fQG6y6b2Q3d {bad}\n{ESCAPE} AAAA\n")
        put(tree, f"/root/{name}", "x")
        put(tree, "/root/.bash_history", f"export AWS_SECRET_ACCESS_KEY={ESCAPE}wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYAB\n")
        put(tree, f"/tmp/{name}", "x")
        put(tree, f"/var/log/{name}.log", "x")
        put(tree, f"/etc/ssh/ssh_host_{name}_key", "-----BEGIN OPENSSH PRIVATE KEY-----\n")
        put(tree, f"/home/{name}/.ssh/id_rsa", "-----BEGIN RSA PRIVATE KEY-----\nx\n")
        put(tree, f"/boot/vmlinuz-6.1.0{name}", "MZ")
        put(tree, f"/boot/initrd.img-6.1.0{name}", cpio({f"usr/lib/modules/6.1.0{name}/{name}.ko": elf()}))
        put(tree, f"/usr/lib/modules/6.1.0{name}/modules.dep", f"kernel/{name}.ko:\n")
        put(tree, "/boot/grub/grub.cfg", f"menuentry '{bad.replace(chr(39), '')}' {{\nlinux /boot/vmlinuz-6.1.0 root=/dev/vda1 {ESCAPE}\n}}\n")
        put(tree, f"/etc/systemd/system/{name}.service", f"[Service]\nExecStart=/bin/{bad}\n[Install]\nWantedBy=multi-user.target\n")
        link(tree, f"/etc/systemd/system/multi-user.target.wants/{name}.service", f"../{name}.service")
        put(tree, f"/etc/systemd/system/masked{name}.service", "")
        put(tree, "/etc/cloud/cloud.cfg", f"users:\n - name: \"a\\e[31m\"\n   plain_text_passwd: x\ndatasource_list: [\"E\\e[2J\", \"\\u202e\"]\ndisable_root: false\nssh_pwauth: true\n")
        put(tree, "/usr/bin/cloud-init", "x", 0o755)
        put(tree, "/usr/lib/python3/dist-packages/cloudinit/version.py", f'__VERSION__ = "{ESCAPE}"\n')
        put(tree, "/var/lib/dpkg/status", f"Package: {ESCAPE}\nStatus: install ok installed\nVersion: {ESCAPE}\nArchitecture: {ESCAPE}\n\n")
        put(tree, "/etc/fstab", f"LABEL=rootfs\x1b / ext4 defaults{ESCAPE.split(chr(13))[0]} 0 1\n/dev/{ESCAPE} /{ESCAPE} {ESCAPE}\n")
        put(tree, "/etc/network/interfaces", f"auto {ESCAPE}\niface {ESCAPE} inet dhcp\n")
        put(tree, f"/etc/netplan/{name}.yaml", "network: {ethernets: {\"e\\e[31m\": {dhcp4: true}}}\n")
        put(tree, "/etc/selinux/config", f"SELINUX={ESCAPE}\n")
        put(tree, "/etc/locale.conf", f"LANG={ESCAPE}\n")
        link(tree, "/etc/localtime", f"/usr/share/zoneinfo/{ESCAPE}")
        put(tree, "/etc/apt/sources.list", f"deb http://{ESCAPE}/ x main\n")
        put(tree, "/etc/chrony.conf", f"pool {ESCAPE}\n")
        for raw in (b"\xff\xfe\x1b[31m", b"new\nline", b"\xc2\x9b2J"):
            for place in (b"/etc/sudoers.d/", b"/root/", b"/tmp/", b"/boot/vmlinuz-", b"/etc/systemd/system/", b"/home/", b"/var/spool/cron/"):
                os.makedirs(os.path.dirname(os.fsencode(tree) + place), exist_ok=True)
                with open(os.fsencode(tree) + place + raw, "wb") as file:
                    file.write(b"x")
    yield guest(folder, "steering.raw", fill, label="\x1b[2J\u202elabel")


def make(folder, secret):
    for part in (trees, texts, archives, databases, steering):
        yield from part(folder, secret)
