"""A bootable disk image from a tree of files, without a mount: partitions, file systems, GRUB for BIOS and UEFI."""
import os
import struct
import subprocess
import tempfile

SECTOR = 512
MIB = 1 << 20


def run(*command, **options):
    """Runs a program; what it says is told only if it fails."""
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: {result.stdout.decode(errors='replace')}")
    return result.stdout


class Disk:
    """A raw image under construction. Offsets and sizes in bytes."""

    def __init__(self, path, size):
        self.path = path
        self.size = size
        with open(path, "wb") as file:
            file.truncate(size)

    def partition(self, table):
        """table: what sfdisk reads; GPT and MBR alike."""
        run("sfdisk", "-q", "--no-tell-kernel", self.path, input=table.encode())

    def put(self, path, offset):
        """Copies a file's bytes, but not its holes."""
        with open(path, "rb") as source, open(self.path, "r+b") as target:
            place = 0
            while block := source.read(MIB):
                if block.strip(b"\0"):
                    target.seek(offset + place)
                    target.write(block)
                place += len(block)

    def write(self, offset, data):
        with open(self.path, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def grow(self, size):
        """Room behind the last partition, which takes none in the file."""
        self.size = size
        os.truncate(self.path, size)

    def ext4(self, tree, offset, size, label, uuid, options=()):
        run("mke2fs", "-q", "-F", "-t", "ext4", "-L", label, "-U", uuid, *options, "-d", tree,
            "-E", f"offset={offset},root_owner=0:0,hash_seed={uuid}", self.path, f"{size // 1024}k")

    def fat(self, tree, offset, size, label, volume, options=()):
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(size)
            run("mkfs.vfat", "-n", label, "-i", volume, *options, file.name)
            entries = sorted(os.listdir(tree))
            if entries:
                run("mcopy", "-s", "-m", "-Q", "-i", file.name, *[os.path.join(tree, name) for name in entries], "::")
            self.put(file.name, offset)

    def grub_bios(self, core, core_offset):
        """GRUB's boot code into the first sector and its core image where that finds it (GRUB's boot/i386/pc sources:
        the core's first sector at 0x5c of the boot code, the rest's block list at 0x1f4 of the core's first sector)."""
        with open("/usr/lib/grub/i386-pc/boot.img", "rb") as file:
            boot = bytearray(file.read(440))
        boot[0x5C:0x64] = struct.pack("<Q", core_offset // SECTOR)
        # A disk's number as the firmware gives it is believed.
        boot[0x66:0x68] = b"\x90\x90"
        core = bytearray(core)
        sectors = -(-len(core) // SECTOR)
        core[0x1F4:0x200] = struct.pack("<QHH", core_offset // SECTOR + 1, sectors - 1, 0x820)
        self.write(0, bytes(boot))
        self.write(core_offset, bytes(core))

    def finish(self, out):
        """As qcow2 if the name says so, else raw."""
        if out.endswith(".qcow2"):
            run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", self.path, out)
        else:
            run("cp", "--sparse=always", self.path, out)


def grub_image(target, early, modules, prefix):
    """A GRUB image that runs the early configuration; target: i386-pc or x86_64-efi."""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as config, tempfile.NamedTemporaryFile() as image:
        config.write(early)
        config.flush()
        run("grub-mkimage", "-O", target, "-o", image.name, "-p", prefix, "-c", config.name, *modules)
        return open(image.name, "rb").read()


GRUB_MODULES = ["part_gpt", "part_msdos", "ext2", "fat", "normal", "search", "search_fs_uuid", "search_label", "linux",
                "configfile", "echo", "test", "serial", "terminal", "all_video", "gzio", "password_pbkdf2", "ls", "cat",
                "boot", "halt", "reboot"]
