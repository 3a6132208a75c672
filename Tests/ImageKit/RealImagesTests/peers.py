#!/usr/bin/env python3
"""What other programs say of a disk image, one line a file, in the words of RealImagesTests.

Usage: peers.py ext RAW OFFSET FOLDER     debugfs: every file of an ext file system; its bytes are copied into FOLDER
       peers.py fat RAW OFFSET FOLDER     mtools: the same of FAT
       peers.py data IMAGE RAW            qemu-img: the stretches with data, and the digest of their bytes in RAW
       peers.py lsinitrd FILE             lsinitrd: the names in an initramfs
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile


def run(*command, **environment):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **environment})
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: {result.stderr.decode(errors='replace')}")
    return result.stdout.decode("utf-8", "surrogateescape")


def digest(path):
    hasher = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            hasher.update(block)
    return hasher.hexdigest()


def ask(image, commands):
    """debugfs's answer to each command."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(commands) + "\n")
        file.flush()
        text = run("debugfs", "-f", file.name, image, DEBUGFS_PAGER="cat")
    return re.split(r"^debugfs: .*\n", text, flags=re.M)[1:]


KINDS = {"regular": "file", "directory": "directory", "symlink": "symlink", "FIFO": "fifo", "socket": "socket",
         "character": "characterDevice", "block": "blockDevice"}


def ext(raw, offset, folder):
    image = f"{raw}?offset={offset}"
    names, level = {}, [("", 2)]
    while level:
        answers, below = ask(image, [f"ls -p <{inode}>" for _, inode in level]), []
        for (parent, _), answer in zip(level, answers):
            for line in answer.split("\n"):
                fields = line.split("/")
                if len(fields) < 7 or fields[1] in ("", "0") or fields[5] in (".", ".."):
                    continue
                path = f"{parent}/{fields[5]}"
                names[path] = int(fields[1])
                if fields[2].startswith("04"):
                    below.append((path, int(fields[1])))
        level = below
    os.makedirs(folder)
    run("debugfs", "-R", f"rdump / {folder}", image)
    inodes = sorted(set(names.values()))
    told = dict(zip(inodes, ask(image, [f"stat <{inode}>" for inode in inodes])))
    for path, inode in names.items():
        value = {key: re.search(rf"\b{key}: +(\S+)", told[inode]).group(1)
                 for key in ("Type", "Mode", "User", "Group", "Size", "Links", "mtime")}
        seconds = int(value["mtime"].split(":")[0], 16)
        # The lower two bits behind the colon count rounds of 2^32 seconds.
        seconds = (seconds - (1 << 32) if seconds >> 31 else seconds) + ((int(value["mtime"].split(":")[1], 16) & 3) << 32)
        kind, last = KINDS[value["Type"]], ""
        if kind == "file":
            last = digest(folder + path)
        elif kind == "symlink":
            last = os.readlink(folder + path)
        print(path, kind, oct(int(value["Mode"], 8))[2:], value["User"], value["Group"], value["Size"], seconds,
              value["Links"], last, sep="\t")


def fat(raw, offset, folder):
    os.makedirs(folder)
    run("mcopy", "-s", "-n", "-m", "-i", f"{raw}@@{offset}", "::/", folder, TZ="UTC", MTOOLS_SKIP_CHECK="1")
    for parent, folders, files in os.walk(folder):
        for name in folders:
            print(os.path.join(parent, name)[len(folder):], "directory", sep="\t")
        for name in files:
            path = os.path.join(parent, name)
            print(path[len(folder):], "file", os.path.getsize(path), int(os.path.getmtime(path)), digest(path), sep="\t")


def data(image, raw):
    stretches = []
    for part in json.loads(run("qemu-img", "map", "--output=json", "-f", "qcow2", image)):
        if part["zero"] and not part["data"]:
            continue
        if stretches and sum(stretches[-1]) == part["start"]:
            stretches[-1][1] += part["length"]
        else:
            stretches.append([part["start"], part["length"]])
    with open(raw, "rb") as file:
        for start, length in stretches:
            hasher = hashlib.sha256()
            file.seek(start)
            for at in range(0, length, 1 << 20):
                hasher.update(file.read(min(1 << 20, length - at)))
            print(start, length, hasher.hexdigest(), sep="\t")


def lsinitrd(path):
    pattern = re.compile(r"[-dlcbps][-rwxsStT]{9} +\d+ \S+ +\S+ +(?:\d+, *)?\d+ \w+ +\d+ +[\d:]+ (.*)")
    for line in run("lsinitrd", path).split("\n"):
        if match := pattern.fullmatch(line):
            print(match.group(1).split(" -> ")[0] if line.startswith("l") else match.group(1))


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="surrogateescape")
    {"ext": ext, "fat": fat, "data": data, "lsinitrd": lsinitrd}[sys.argv[1]](*sys.argv[2:])
