"""A small image of AArch64 whose programs are real: Debian's, unpacked and not configured, since that needs none of them to run."""
import os
import struct
import tempfile

from parts import tiny
from parts.disk import run
from parts.files import put
from parts.packages import EPOCH, SUITE

PROGRAMS = ["apt", "bash", "dash", "coreutils", "dpkg", "libc-bin", "tar", "sed", "grep", "diffutils"]
AARCH64 = 183


def userland(cache):
    archive = f"{cache}/arm64-userland-{SUITE}.tar"
    if not os.path.exists(archive):
        os.makedirs(cache, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            run("mmdebstrap", "--quiet", "--variant=extract", "--architectures=arm64", f"--include={','.join(PROGRAMS)}",
                SUITE, f"{temporary}/root.tar", env={**os.environ, "TMPDIR": temporary, "SOURCE_DATE_EPOCH": EPOCH})
            os.rename(f"{temporary}/root.tar", archive)
    return archive


def kernel_image():
    """The head of an arm64 kernel (Documentation/arch/arm64/booting.rst): its magic is at 56."""
    head = bytearray(0x1000)
    head[56:60] = b"ARM\x64"
    return bytes(head)


def loader():
    """The head of a program of UEFI's: MZ, and a PE header of AArch64 (0xaa64)."""
    head = bytearray(0x200)
    head[0:2] = b"MZ"
    head[0x3C:0x40] = struct.pack("<I", 0x80)
    head[0x80:0x98] = b"PE\0\0" + struct.pack("<HHIIIHH", 0xAA64, 0, 0, 0, 0, 0xF0, 0x22)
    head[0x98:0x9A] = struct.pack("<H", 0x20B)
    return bytes(head)


def arm64(tree, cache, uuid, esp_volume):
    tiny.debian(tree, uuid, esp_volume)
    for folder, _, names in os.walk(tree):
        for name in names:
            path = f"{folder}/{name}"
            if os.path.islink(path):
                continue
            with open(path, "r+b") as file:
                if file.read(4) == b"\x7fELF":
                    file.seek(18)
                    file.write(struct.pack("<H", AARCH64))
    for name in os.listdir(f"{tree}/boot"):
        if name.startswith("vmlinuz-"):
            put(tree, f"/boot/{name}", kernel_image())
    run("tar", "-C", tree, "--numeric-owner", "--exclude=./dev/*", "--exclude=./var/lib/dpkg/status",
        "--exclude=./etc/apt/sources.list", "-xf", userland(cache))
    for folder in ("info", "updates", "triggers", "alternatives"):
        put(tree, f"/var/lib/dpkg/{folder}", None)
