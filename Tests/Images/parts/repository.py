"""A signed rpm repository of cloud-init and what it needs beside openEuler's shape, made of Debian's packages."""
import os
import re
import shutil
import subprocess
import tempfile

from parts.disk import run
from parts.rpms import DIST, NAMES, split

# By the name that openEuler gives it.
NAMES = {**NAMES, "cloud-guest-utils": "cloud-utils-growpart"}
UNITS = "cloud-init-local.service cloud-init.service cloud-config.service cloud-final.service"
# The network is NetworkManager's here; and cloud-init would set a locale that nobody generated, fail, and its unit with it.
CONFIGURATION = "locale: C.UTF-8\nsystem_info:\n  network: {renderers: ['network-manager']}\n  default_user: {name: openeuler}\n"


def unpack(deb, tree):
    """The package's files, where a system with a merged /usr has them."""
    run("dpkg-deb", "-x", deb, tree)
    for name in ("bin", "sbin", "lib"):
        if os.path.isdir(f"{tree}/{name}"):
            shutil.copytree(f"{tree}/{name}", f"{tree}/usr/{name}", symlinks=True, dirs_exist_ok=True)
            shutil.rmtree(f"{tree}/{name}")


def listed(tree):
    """The lines of %files: all but the folders that others have as well."""
    for folder, folders, names in os.walk(tree):
        inside = folder[len(tree):]
        names += [name for name in folders if os.path.islink(f"{folder}/{name}")]
        for name in names:
            yield ('%config(noreplace) ' if inside.startswith("/etc") else "") + f'"{inside}/{name}"'
        if not names and not folders and inside:
            yield f'%dir "{inside}"'


def described(name, version, architecture, requires, work):
    """A spec whose files lie in the tree already."""
    epoch, number, release = split(version)
    post = f"%post\nsystemctl enable {UNITS}\n" if name == "cloud-init" else ""
    return (f"Name: {name}\n" + (f"Epoch: {epoch}\n" if epoch else "") +
            f"Version: {number}\nRelease: {release}.{DIST}\nSummary: {name}\nLicense: as upstream\nAutoReqProv: no\n" +
            ("BuildArch: noarch\n" if architecture == "all" else "") +
            "".join(f"Requires: {other}\n" for other in requires) +
            f"%description\n{name}, packaged anew.\n%install\nmkdir -p %{{buildroot}}\ncp -a {work}/tree/. %{{buildroot}}\n"
            f"%files -f {work}/files\n{post}")


def build(deb, requires, out):
    with tempfile.TemporaryDirectory() as work:
        fields = dict(re.findall(r"^(\w+): (.*)$", run("dpkg-deb", "-f", deb, "Package", "Version", "Architecture").decode(), re.M))
        name = NAMES.get(fields["Package"], fields["Package"])
        unpack(deb, f"{work}/tree")
        if name == "cloud-init":
            with open(f"{work}/tree/etc/cloud/cloud.cfg.d/05_openeuler.cfg", "w", encoding="utf-8") as file:
                file.write(CONFIGURATION)
        with open(f"{work}/files", "w", encoding="utf-8") as file:
            file.write("\n".join(sorted(listed(f"{work}/tree"))) + "\n")
        with open(f"{work}/one.spec", "w", encoding="utf-8") as file:
            file.write(described(name, fields["Version"], fields["Architecture"],
                                 [other for other in requires if other != name] if name == "cloud-init" else [], work))
        run("rpmbuild", "-bb", "--quiet", "--target", "noarch" if fields["Architecture"] == "all" else "x86_64",
            "--define", f"_topdir {work}/top", "--define", "__os_install_post %{nil}", "--define", "debug_package %{nil}",
            "--define", "_build_id_links none", "--define", f"_rpmdir {out}", "--define", "_rpmfilename %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm",
            f"{work}/one.spec")


def sign(out):
    """With a key that is made for this repository and lost with this call."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "GNUPGHOME": home}
        run("gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "repository@example.org", "rsa2048", "sign",
            "never", env=environment)
        packages = sorted(f"{out}/Packages/{name}" for name in os.listdir(f"{out}/Packages"))
        # Where rpm expects another name of it.
        run("rpmsign", "--define", f"__gpg {shutil.which('gpg')}", "--define", "_gpg_name repository@example.org", "--define", f"_gpg_path {home}", "--addsign", *packages,
            env=environment)
        key = run("gpg", "--batch", "--armor", "--export", "repository@example.org", env=environment)
        with open(f"{out}/RPM-GPG-KEY-openEuler", "wb") as file:
            file.write(key)
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False)


def repository(debs, out):
    """debs: a folder of Debian's packages, cloud-init among them; out: a folder that must not be there."""
    os.makedirs(f"{out}/Packages")
    files = sorted(f"{debs}/{name}" for name in os.listdir(debs) if name.endswith(".deb"))
    packages = [run("dpkg-deb", "-f", file, "Package").decode().strip() for file in files]
    for file in files:
        build(file, [NAMES.get(name, name) for name in packages], f"{out}/Packages")
    sign(out)
    run("createrepo_c", "--quiet", out)
