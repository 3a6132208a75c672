"""Hostile formats, partition tables and file systems: their numbers lie."""
import os
import struct
import subprocess
import zlib

from parts.disk import run

MIB = 1 << 20


def qcow2(size, *, version=3, bits=16, backing=b"", l1=None, l1_at=None, incompatible=0, crypt=0, snapshots=0, extra=b""):
    """A header as qemu's docs/interop/qcow2.rst has it; the tables are the caller's."""
    cluster = 1 << bits
    l1 = l1 if l1 is not None else max(1, -(-size // (cluster * cluster // 8)))
    head = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", version, 112 if backing else 0, len(backing), bits, size, crypt, l1,
                       l1_at if l1_at is not None else cluster, 2 * cluster & (1 << 63) - 1, 1, snapshots, 0)
    head += struct.pack(">QQQII", incompatible, 0, 0, 4, 104)
    head += extra
    return head.ljust(112, b"\0") + backing


def sparse(path, size, parts):
    with open(path, "wb") as file:
        file.truncate(size)
        for place, data in parts:
            file.seek(place)
            file.write(data)


def qcow2s(folder, secret):
    name = secret.encode()
    def put(file, size, parts):
        sparse(f"{folder}/{file}", size, parts)
    put("backing.qcow2", 4 * 65536, [(0, qcow2(MIB, backing=name))])
    yield "backing.qcow2", "refused"
    put("backing-json.qcow2", 4 * 65536, [(0, qcow2(MIB, backing=b'json:{"driver":"raw","file.filename":"' + name + b'"}'))])
    yield "backing-json.qcow2", "refused"
    put("data-file.qcow2", 4 * 65536, [(0, qcow2(MIB, incompatible=4) + struct.pack(">II", 0x44415441, len(name)) + name)])
    yield "data-file.qcow2", "refused"
    put("data-file-bit-only.qcow2", 4 * 65536, [(0, qcow2(MIB, incompatible=1 << 40))])
    yield "data-file-bit-only.qcow2", "refused"
    put("encrypted.qcow2", 4 * 65536, [(0, qcow2(MIB, crypt=2))])
    yield "encrypted.qcow2", "refused"
    put("l1-huge.qcow2", 4 * 65536, [(0, qcow2(MIB, l1=0xFFFFFFFF))])
    yield "l1-huge.qcow2", "refused"
    put("l1-past-end.qcow2", 4 * 65536, [(0, qcow2(MIB, l1_at=(1 << 63) + 65536))])
    yield "l1-past-end.qcow2", "refused"
    put("disk-huge.qcow2", 4 * 65536, [(0, qcow2(1 << 63, l1=1))])
    yield "disk-huge.qcow2", "refused"
    put("cluster-bits.qcow2", 4 * 65536, [(0, qcow2(MIB, bits=63, l1=1, l1_at=65536))] )
    yield "cluster-bits.qcow2", "refused"
    # 17 TiB of nothing in a small file.
    run("qemu-img", "create", "-q", "-f", "qcow2", f"{folder}/empty-17t.qcow2", "17T")
    yield "empty-17t.qcow2", "read"
    # Every first-level entry leads to the one table, which leads to itself: 64 TiB of data in 2 MiB.
    bits = 16
    count = (64 << 40) // (1 << (2 * bits - 3))
    table = struct.pack(">Q", 3 * 65536 | 1 << 63) * count
    start = 3 * 65536
    first = 4 * 65536
    put("tables-in-circles.qcow2", first + len(table), [
        (0, qcow2(64 << 40, l1_at=first)), (start, struct.pack(">Q", start | 1 << 63) * 8192), (first, table)])
    yield "tables-in-circles.qcow2", "any"
    # The same with a hole after each piece, so that no two of them are one stretch.
    put("fragments.qcow2", first + len(table), [
        (0, qcow2(64 << 40, l1_at=first)), (start, struct.pack(">QQ", start | 1 << 63, 0) * 4096), (first, table)])
    yield "fragments.qcow2", "any"
    # The smallest pieces, a table of which is small as well.
    count = (8 << 30) // (1 << 15)
    put("small-pieces.qcow2", MIB + count * 8, [
        (0, qcow2(8 << 30, bits=9, l1_at=MIB)), (4096, struct.pack(">QQ", 4096 | 1 << 63, 0) * 32),
        (MIB, struct.pack(">Q", 4096 | 1 << 63) * count)])
    yield "small-pieces.qcow2", "any"
    # Each piece of 2 MiB is the same few packed bytes, and unpacks to more than it may.
    for file, content in [("bomb.qcow2", bytes(2 * MIB)), ("bomb-too-long.qcow2", bytes(256 * MIB))]:
        packer = zlib.compressobj(9, zlib.DEFLATED, -12)
        packed = packer.compress(content) + packer.flush()
        bits = 21
        cluster = 1 << bits
        shift = 62 - (bits - 8)
        entry = 1 << 62 | ((len(packed) + 511) // 512) << shift | 3 * cluster
        size = 32 << 40
        put(file, 5 * cluster, [
            (0, qcow2(size, bits=bits, l1_at=cluster)), (cluster, struct.pack(">Q", 2 * cluster | 1 << 63) * (size >> 39)),
            (2 * cluster, struct.pack(">Q", entry) * (cluster // 8)), (3 * cluster, packed)])
        yield file, "any"
    put("snapshots.qcow2", 4 * 65536, [(0, qcow2(MIB, snapshots=0xFFFFFFFF))])
    yield "snapshots.qcow2", "any"


def others(folder, secret):
    name = secret.encode()
    sparse(f"{folder}/descriptor.vmdk", 65536, [(0, b"# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n"
           b'createType="monolithicFlat"\nRW 2048 FLAT "' + name + b'" 0\n')])
    yield "descriptor.vmdk", "refused"
    raw = f"{folder}/source.raw"
    sparse(raw, 4 * MIB, [(MIB, b"data" * 1000)])
    for kind, options, file in [("vpc", [], "a.vhd"), ("vhdx", [], "a.vhdx"), ("vmdk", [], "a.vmdk"),
                                ("vmdk", ["-o", "subformat=streamOptimized"], "s.vmdk")]:
        run("qemu-img", "convert", "-f", "raw", "-O", kind, *options, raw, f"{folder}/{file}")

    def changed(source, target, *changes, sums=()):
        with open(f"{folder}/{source}", "rb") as file:
            data = bytearray(file.read())
        for place, value in changes:
            data[place:place + len(value)] = value
        for start, length, at in sums:
            data[at:at + 4] = bytes(4)
            data[at:at + 4] = struct.pack(">I", ~sum(data[start:start + length]) & 0xFFFFFFFF)
        with open(f"{folder}/{target}", "wb") as file:
            file.write(data)
    with open(f"{folder}/a.vhd", "rb") as file:
        vhd = file.read()
    end = len(vhd) - 512
    header = struct.unpack(">Q", vhd[end + 16:end + 24])[0]
    changed("a.vhd", "parent.vhd", (end + 60, struct.pack(">I", 4)), (header + 64, name.decode().encode("utf-16-be")[:512]),
            sums=[(end, 512, end + 64), (header, 1024, header + 36)])
    yield "parent.vhd", "refused"
    changed("a.vhd", "disk-huge.vhd", (end + 48, struct.pack(">Q", 1 << 62)), sums=[(end, 512, end + 64)])
    yield "disk-huge.vhd", "refused"
    changed("a.vhd", "table-huge.vhd", (header + 28, struct.pack(">I", 0xFFFFFFFF)), (header + 32, struct.pack(">I", 1)),
            sums=[(header, 1024, header + 36)])
    yield "table-huge.vhd", "refused"
    changed("a.vhdx", "sum.vhdx", (65536 + 8, b"\xff" * 8), (131072 + 8, b"\xff" * 8))
    yield "sum.vhdx", "refused"
    changed("a.vmdk", "disk-huge.vmdk", (12, struct.pack("<Q", 1 << 60)))
    yield "disk-huge.vmdk", "refused"
    changed("a.vmdk", "grain-huge.vmdk", (20, struct.pack("<Q", 1 << 62)))
    yield "grain-huge.vmdk", "refused"
    changed("s.vmdk", "footer.vmdk", (56, b"\xff" * 8))
    yield "footer.vmdk", "any"
    for file in ("source.raw", "a.vhd", "a.vhdx", "a.vmdk", "s.vmdk"):
        os.unlink(f"{folder}/{file}")
    for file, magic in [("packed.xz", b"\xfd7zXZ\0"), ("packed.gz", b"\x1f\x8b\x08"), ("archive.zip", b"PK\x03\x04")]:
        sparse(f"{folder}/{file}", 65536, [(0, magic)])
        yield file, "refused"
    sparse(f"{folder}/zeros.raw", 8 << 40, [])
    yield "zeros.raw", "any"
    with open(f"{folder}/noise.raw", "wb") as file:
        file.write(b"".join(zlib.crc32(bytes([n & 255, n >> 8 & 255, n >> 16])).to_bytes(4, "little") for n in range(65536)))
    yield "noise.raw", "any"


def gpt(entries, width, at=2, names=b"", first=2048, last=4096, type_=bytes.fromhex("af3dc60f838472478e793d69d8477de4")):
    array = type_ + b"\1" * 16 + struct.pack("<QQQ", first, last, 0) + names.ljust(72, b"\0")[:72]
    table = array.ljust(min(entries * width, 16384), b"\0")
    head = bytearray(b"EFI PART" + struct.pack("<IIIIQQQQ", 0x10000, 92, 0, 0, 1, 8191, 34, 8000) + b"\2" * 16
                     + struct.pack("<QIII", at, entries, width, zlib.crc32(table)))
    head[16:20] = struct.pack("<I", zlib.crc32(bytes(head)))
    mbr = bytes(446) + b"\0\0\2\0\xee\xff\xff\xff" + struct.pack("<II", 1, 8191) + bytes(48) + b"\x55\xaa"
    return [(0, mbr), (512, bytes(head)), (1024, table)]


def tables(folder, _):
    def put(file, parts, size=4 * MIB):
        sparse(f"{folder}/{file}", size, parts)
    put("gpt-entries.raw", gpt(0xFFFFFFFF, 128))
    yield "gpt-entries.raw", "any"
    put("gpt-width.raw", gpt(4, 0xFFFFFF80))
    yield "gpt-width.raw", "any"
    put("gpt-nothing.raw", gpt(128, 0))
    yield "gpt-nothing.raw", "any"
    put("gpt-far.raw", gpt(4, 128, at=1 << 55))
    yield "gpt-far.raw", "any"
    put("gpt-backwards.raw", gpt(4, 128, first=(1 << 64) - 1, last=0))
    yield "gpt-backwards.raw", "any"
    put("gpt-whole-range.raw", gpt(4, 128, first=0, last=(1 << 64) - 1))
    yield "gpt-whole-range.raw", "any"
    entry = struct.pack("<BBBBBBBBII", 0, 0, 0, 0, 5, 0, 0, 0, 64, 4000)
    chain = bytes(446) + struct.pack("<BBBBBBBBII", 0, 0, 0, 0, 0x83, 0, 0, 0, 1, 1) + struct.pack(
        "<BBBBBBBBII", 0, 0, 0, 0, 5, 0, 0, 0, 0, 4000) + bytes(32) + b"\x55\xaa"
    put("mbr-circle.raw", [(0, bytes(446) + entry + bytes(48) + b"\x55\xaa"), (64 * 512, chain)])
    yield "mbr-circle.raw", "any"


def file_systems(folder, _):
    def changed(file, base, *changes):
        with open(base, "rb") as source:
            data = bytearray(source.read())
        for place, form, value in changes:
            struct.pack_into(form, data, place, value)
        with open(f"{folder}/{file}", "wb") as target:
            target.write(data)
    base = f"{folder}/base"
    sparse(base, 4 * MIB, [])
    run("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^metadata_csum,^has_journal", base)
    for name, place, form, value in [
        ("ext-blocks", 1024 + 4, "<I", 0xFFFFFFFF), ("ext-inodes", 1024, "<I", 0xFFFFFFFF), ("ext-groups", 1024 + 32, "<I", 1),
        ("ext-no-groups", 1024 + 32, "<I", 0), ("ext-inodes-in-group", 1024 + 40, "<I", 0), ("ext-block-size", 1024 + 24, "<I", 255),
        ("ext-inode-size", 1024 + 88, "<H", 65535), ("ext-descriptors", 1024 + 254, "<H", 65535), ("ext-first-block", 1024 + 20, "<I", 0xFFFFFFFF),
    ]:
        changed(name + ".raw", base, (place, form, value))
        yield name + ".raw", "any"
    sparse(base, 4 * MIB, [])
    run("mkfs.vfat", base)
    for name, place, form, value in [
        ("fat-sectors", 13, "<B", 0), ("fat-sector-size", 11, "<H", 1), ("fat-root", 17, "<H", 65535), ("fat-tables", 16, "<B", 255),
        ("fat-size", 32, "<I", 0xFFFFFFFF), ("fat-table-size", 22, "<H", 65535),
    ]:
        changed(name + ".raw", base, (place, form, value))
        yield name + ".raw", "any"
    os.unlink(base)


def make(folder, secret):
    for part in (qcow2s, others, tables, file_systems):
        yield from part(folder, secret)
