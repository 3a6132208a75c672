"""An rpm database of what dpkg installed: real packages with their files, written by rpm itself."""
import glob
import os
import re
import shutil

from parts.disk import run
from parts.files import link

VENDOR, DIST = "http://openeuler.org", "oe2403sp2"
# By the names that openEuler gives them.
NAMES = {"network-manager": "NetworkManager", "openssh-client": "openssh-clients", "iproute2": "iproute"}


def installed(tree):
    """(name, version, files) of each package; files that rpm can name in a list."""
    for block in open(f"{tree}/var/lib/dpkg/status", encoding="utf-8").read().split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture): (.*)$", block, re.M))
        if "Package" not in fields:
            continue
        base = f"{tree}/var/lib/dpkg/info/{fields['Package']}"
        lists = glob.glob(f"{base}.list") + glob.glob(f"{base}:{fields['Architecture']}.list")
        paths = open(lists[0], encoding="utf-8").read().split("\n") if lists else []
        files = [path for path in paths if re.fullmatch(r"/[\w./+:@,=-]+", path)
                 and os.path.lexists(tree + path) and not os.path.isdir(tree + path)]
        yield fields["Package"], fields["Version"], files


def described(name, version, files, list_path):
    """The lines of a spec for one package. rpm's versions and releases have no hyphens."""
    epoch, _, rest = version.rpartition(":")
    number, _, release = rest.rpartition("-") if "-" in rest else (rest, "", "1")
    name = "kernel" if re.fullmatch(r"linux-image-\d.*", name) else NAMES.get(name, name)
    number, release = number.replace("-", "_"), release.replace("-", "_")
    with open(list_path, "w", encoding="utf-8") as file:
        file.write("".join(f'"{path}"\n' for path in files))
    return (f"%package -n {name}\n" + (f"Epoch: {epoch}\n" if epoch else "") +
            f"Version: {number}\nRelease: {release}.{DIST}\nSummary: {name}\n%description -n {name}\n{name}\n"
            f"%files -n {name} -f {list_path}\n")


def rpms(tree):
    """Builds the packages of one spec, without compression, and has rpm note them in the tree's database."""
    work = tree + ".rpm"
    os.makedirs(work)
    with open(f"{work}/all.spec", "w", encoding="utf-8") as spec:
        spec.write(
            f"Name: openEuler-release\nVersion: 24.03\nRelease: 60.{DIST}\nSummary: openEuler\nLicense: MulanPSL-2.0\n"
            f"Vendor: {VENDOR}\nAutoReqProv: no\n%description\nopenEuler\n%files\n/etc/os-release\n"
            f"%install\nmkdir -p %{{buildroot}}\ncp -al {tree}/. %{{buildroot}}/\n")
        for number, (name, version, files) in enumerate(installed(tree)):
            spec.write(described(name, version, files, f"{work}/{number}.files"))
    run("rpmbuild", "-bb", "--quiet", "--target", "x86_64", f"{work}/all.spec", *[
        word for macro in (
            f"_topdir {work}", "_binary_payload w0.gzdio", "debug_package %{nil}", "__os_install_post %{nil}",
            "_unpackaged_files_terminate_build 0", "_build_id_links none", "_missing_build_ids_terminate_build 0",
            "__brp_mangle_shebangs %{nil}", "__spec_install_post %{nil}", "_use_internal_dependency_generator 0")
        for word in ("--define", macro)])
    packages = sorted(glob.glob(f"{work}/RPMS/*/*.rpm"))
    run("rpm", "--root", tree, "--dbpath", "/usr/lib/sysimage/rpm", "--initdb")
    run("rpm", "--root", tree, "--dbpath", "/usr/lib/sysimage/rpm", "-i", "--justdb", "--nodeps", "--noscripts", "--ignoresize",
        "--nosignature", "--nodigest", "--excludedocs", *packages)
    shutil.rmtree(work)
    if os.path.isdir(tree + "/var/lib/rpm"):
        shutil.rmtree(tree + "/var/lib/rpm")
    link(tree, "/var/lib/rpm", "../../usr/lib/sysimage/rpm")
