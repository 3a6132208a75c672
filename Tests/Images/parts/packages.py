"""Root file systems of Debian's packages, made by mmdebstrap and kept: what is made once takes minutes, then seconds."""
import hashlib
import os
import re
import shutil
import tempfile

from parts.disk import run
from parts.files import put

SUITE = "bookworm"
# All files that a build writes carry this time, so that they are the same each time.
EPOCH = "1751011860"
PARTS = os.path.dirname(os.path.abspath(__file__))


def unpacked(tree, cache, name, include, after):
    """Unpacks the root file system of these packages.

    after: shell commands on the root "$1", run when all are installed; $IMAGE_PARTS is this folder. Downloaded packages
    are kept beside the root file systems, so that the next one downloads what it alone has.
    """
    # With the programs of this folder that it runs.
    used = [open(f"{PARTS}/{file}", "rb").read() for file in re.findall(r"\$IMAGE_PARTS/([\w.]+)", "\n".join(after))]
    recipe = hashlib.sha256(repr((SUITE, EPOCH, include, after, used)).encode()).hexdigest()[:12]
    archive = f"{cache}/{name}-{recipe}.tar"
    if not os.path.exists(archive):
        downloads = f"{cache}/packages"
        os.makedirs(downloads, exist_ok=True)
        # A folder of its own: where /tmp is no usual one, apt can't write there.
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            run("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=tar", f"--include={','.join(include)}",
                "--dpkgopt=force-unsafe-io", "--skip=download/empty", "--skip=essential/unlink",
                '--setup-hook=mkdir -p "$1/var/cache/apt/archives"',
                f"--setup-hook=sync-in {downloads} /var/cache/apt/archives",
                *[f"--customize-hook={command}" for command in after],
                f"--customize-hook=sync-out /var/cache/apt/archives {downloads}",
                SUITE, f"{temporary}/root.tar",
                # The initramfs is made once, at the end, and not by each package that would change it.
                env={**os.environ, "TMPDIR": temporary, "SOURCE_DATE_EPOCH": EPOCH, "INITRD": "No", "IMAGE_PARTS": PARTS})
            os.rename(f"{temporary}/root.tar", archive)
    os.makedirs(tree)
    run("tar", "-C", tree, "--numeric-owner", "--xattrs", "--xattrs-include=*", "--exclude=./dev/*", "-xf", archive)


def version(tree):
    """The kernel that is installed."""
    return sorted(os.listdir(tree + "/usr/lib/modules"))[-1]


def enable(tree, *units):
    for unit in units:
        run("systemctl", f"--root={tree}", "enable", unit)


def clean(tree):
    """What a build leaves of itself."""
    for path in ("/etc/machine-id", "/etc/resolv.conf"):
        if os.path.islink(tree + path):
            os.remove(tree + path)
        put(tree, path, "")
    for folder in ("/var/cache/apt", "/var/lib/apt/lists", "/var/log", "/tmp", "/var/tmp"):
        for name in os.listdir(tree + folder):
            path = f"{tree}{folder}/{name}"
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.remove(path)
    for name in os.listdir(tree + "/etc/ssh"):
        if name.startswith("ssh_host_"):
            os.remove(f"{tree}/etc/ssh/{name}")
    for name in ("/var/lib/dbus/machine-id", "/var/lib/systemd/random-seed", "/var/lib/dpkg/status-old",
                 "/etc/dpkg/dpkg.cfg.d/99mmdebstrap", "/etc/apt/apt.conf.d/99mmdebstrap", "/etc/hostname"):
        if os.path.lexists(tree + name):
            os.remove(tree + name)
