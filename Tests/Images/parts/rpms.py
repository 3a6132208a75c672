"""An rpm database of what dpkg installed, written by rpm itself: its names and versions, without the files."""
import glob
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from parts.disk import run
from parts.files import link

VENDOR, DIST = "http://openeuler.org", "oe2403sp2"
# By the names that openEuler gives them.
NAMES = {"network-manager": "NetworkManager", "openssh-client": "openssh-clients", "iproute2": "iproute"}


def installed(tree):
    """The name and version of each package."""
    with open(f"{tree}/var/lib/dpkg/status", encoding="utf-8") as status:
        for block in status.read().split("\n\n"):
            fields = dict(re.findall(r"^(Package|Version): (.*)$", block, re.M))
            if "Package" in fields:
                yield fields["Package"], fields["Version"]


def split(version):
    """Epoch, version and release as rpm has them: without hyphens."""
    epoch, _, rest = version.rpartition(":")
    number, _, release = rest.rpartition("-") if "-" in rest else (rest, "", "1")
    return epoch, number.replace("-", "_"), release.replace("-", "_")


def described(name, version):
    """The lines of a spec for one package."""
    epoch, number, release = split(version)
    name = "kernel" if re.fullmatch(r"linux-image-\d.*", name) else NAMES.get(name, name)
    return (f"%package -n {name}\n" + (f"Epoch: {epoch}\n" if epoch else "") +
            f"Version: {number}\nRelease: {release}.{DIST}\nSummary: {name}\nAutoReqProv: no\n" +
            # What scriptlets ask for.
            ("Provides: /bin/sh\n" if name == "dash" else "") + f"%description -n {name}\n"
            f"{name}, as the system has it.\n%files -n {name}\n")


def rpms(tree):
    """Builds the packages of one spec, and has rpm note them in the tree's database."""
    work = tree + ".rpm"
    os.makedirs(work)
    with open(f"{work}/all.spec", "w", encoding="utf-8") as spec:
        spec.write(
            f"Name: openEuler-release\nVersion: 24.03\nRelease: 60.{DIST}\nSummary: openEuler\nLicense: MulanPSL-2.0\n"
            f"Vendor: {VENDOR}\nAutoReqProv: no\nProvides: system-release = 24.03\n%description\nopenEuler\n%files\n")
        for name, version in installed(tree):
            spec.write(described(name, version))
    run("rpmbuild", "-bb", "--quiet", "--target", "x86_64", "--define", f"_topdir {work}", f"{work}/all.spec")
    packages = sorted(glob.glob(f"{work}/RPMS/*/*.rpm"))
    database = ("--root", tree, "--dbpath", "/usr/lib/sysimage/rpm")
    run("rpm", *database, "--initdb")
    run("rpm", *database, "-i", "--justdb", "--nodeps", "--noscripts", "--nosignature", *packages)
    shutil.rmtree(work)
    if os.path.isdir(tree + "/var/lib/rpm"):
        shutil.rmtree(tree + "/var/lib/rpm")
    link(tree, "/var/lib/rpm", "../../usr/lib/sysimage/rpm")


if __name__ == "__main__":
    rpms(os.path.abspath(sys.argv[1]))
