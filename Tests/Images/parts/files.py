"""Trees of files with owners and modes, and the small binaries that a guest's readers look into."""
import gzip
import os
import struct


def put(tree, path, content="", mode=0o644, owner=(0, 0)):
    """A file, or with bytes or text None a directory; parents are made."""
    target = tree + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if content is None:
        os.makedirs(target, exist_ok=True)
    else:
        with open(target, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
    os.chown(target, *owner)
    os.chmod(target, mode)


def link(tree, path, target):
    os.makedirs(os.path.dirname(tree + path), exist_ok=True)
    if os.path.lexists(tree + path):
        os.remove(tree + path)
    os.symlink(target, tree + path)


def cpio(entries):
    """A newc archive (cpio(5)); entries: path -> bytes, or None for a directory."""
    data = bytearray()

    def record(number, name, mode, content):
        nonlocal data
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        data += b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
        data += bytes(-len(data) % 4)
        data += content
        data += bytes(-len(data) % 4)

    for number, (path, content) in enumerate(sorted(entries.items()), 1):
        mode = 0o40755 if content is None else 0o100644
        record(number, path.encode(), mode, content or b"")
    record(0, b"TRAILER!!!", 0, b"")
    data += bytes(-len(data) % 512)
    return bytes(data)


def initramfs(version, modules, kind="initramfs-tools", compress=gzip.compress):
    """What initramfs-tools or dracut would leave, as far as its names tell."""
    base = f"usr/lib/modules/{version}/kernel"
    entries = {"usr": None, "usr/lib": None, f"usr/lib/modules/{version}": None}
    for module in modules:
        folder = {"virtio_net": "drivers/net", "virtio_blk": "drivers/block"}.get(module, "drivers")
        entries[f"{base}/{folder}/{module}.ko"] = b"\x7fELF" + bytes(60)
    if kind == "dracut":
        entries["usr/lib/dracut/dracut-102"] = b"102\n"
        entries["usr/lib/dracut/hooks/cmdline"] = None
    else:
        entries["conf/initramfs.conf"] = b"MODULES=most\n"
        entries["scripts/functions"] = b"# functions\n"
    return compress(cpio(entries))


def bzimage(version):
    """The head of an x86 kernel as the boot protocol has it (Documentation/arch/x86/boot.rst): magic, version string."""
    image = bytearray(0x1000)
    image[0:2] = b"MZ"
    image[0x1F1] = 4
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x202:0x206] = b"HdrS"
    image[0x206:0x208] = struct.pack("<H", 0x020F)
    # xloadflags: a 64-bit entry point.
    image[0x236:0x238] = struct.pack("<H", 1)
    text = f"{version} (builder@example.org) #1 SMP".encode()
    image[0x20E:0x210] = struct.pack("<H", 0x300 - 0x200)
    image[0x300:0x300 + len(text)] = text
    return bytes(image)


def elf(machine=62):
    """An ELF head: 62 is x86-64, 183 AArch64 (System V ABI, e_machine)."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, machine, 1) + bytes(40)
