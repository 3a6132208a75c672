#!/usr/bin/env python3
"""Runs docker-registry on a free port of 127.0.0.1, and its token server; both end with the standard input.

The first line of the standard input is JSON: directory, tls, auth, users, anonymous, tokens, limit (bytes of the storage,
or null). Prints a line when it is ready; then a line `stop` ends the registry, `kill` ends it with SIGKILL, `freeze` stops it
with SIGSTOP and `thaw` lets it go on, `start` starts it again on its port and storage, and each is answered by a line.
"""
import ctypes, json, os, re, secrets, shutil, signal, subprocess, sys, time

import peer, tokens

wanted = peer.options()
directory = wanted["directory"]
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, CLONE_NEWNS, CLONE_NEWUSER, MS_REC, MS_PRIVATE = 1, 0x20000, 0x10000000, 0x4000, 0x40000


def fail(message):
    peer.ready(error=message)
    sys.exit(1)


def bcrypt(password):
    """docker-registry takes no other hash; Python's own module for it is gone since 3.13."""
    for name in ("libcrypt.so.1", "libcrypt.so.2"):
        try:
            crypt = ctypes.CDLL(name).crypt
            break
        except OSError:
            continue
    else:
        fail("neither libcrypt.so.1 nor libcrypt.so.2 is here")
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    hashed = crypt(password.encode(), b"$2b$05$" + secrets.token_hex(11).encode())
    if not hashed or not hashed.startswith(b"$2b$"):
        fail("libcrypt knows no bcrypt")
    return hashed.decode()


def limit_storage(size):
    """A file system of that size, which goes with this process: only it and its children see it."""
    def call(result):
        if result != 0:
            fail(f"the storage cannot be limited: {os.strerror(ctypes.get_errno())}")

    user, group = os.geteuid(), os.getegid()
    call(libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user else 0)))
    if user:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    call(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    call(libc.mount(b"tmpfs", f"{directory}/storage".encode(), b"tmpfs", 0, f"size={size}".encode()))


def configuration(port, secret, realm):
    settings = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": False}},
        "storage": {"filesystem": {"rootdirectory": f"{directory}/storage"}, "delete": {"enabled": True},
                    "maintenance": {"uploadpurging": {"enabled": False}}},
        # Uploads outlive a restart: their state is signed with the secret.
        "http": {"addr": f"127.0.0.1:{port}", "secret": secret},
    }
    if wanted["tls"]:
        settings["http"]["tls"] = {"certificate": f"{directory}/server.pem", "key": f"{directory}/server.key"}
    if wanted["auth"] == "basic":
        settings["auth"] = {"htpasswd": {"realm": "test", "path": f"{directory}/htpasswd"}}
    if wanted["auth"] == "bearer":
        settings["auth"] = {"token": {"realm": realm, "service": tokens.SERVICE, "issuer": tokens.SERVICE,
                                      "rootcertbundle": f"{directory}/token.pem"}}
    return settings


class Registry:
    def __init__(self, realm):
        self.program = shutil.which("docker-registry") or shutil.which("registry")
        if not self.program:
            fail("docker-registry is not on the PATH")
        self.realm, self.port, self.process, self.secret = realm, 0, None, secrets.token_hex(16)

    def start(self):
        """The kernel gives the port the first time; later it may have been lent to a client for a moment."""
        for _ in range(20):
            if self.attempt():
                return
            time.sleep(0.1)
        fail("docker-registry does not start: " + open(f"{directory}/registry.log").read()[-500:])

    def attempt(self):
        # JSON is YAML.
        with open(f"{directory}/config.yml", "w") as file:
            json.dump(configuration(self.port, self.secret, self.realm), file)
        log = f"{directory}/registry.log"
        before = os.path.getsize(log) if os.path.exists(log) else 0
        with open(f"{directory}/access.log", "a") as out, open(log, "a") as err:
            self.process = subprocess.Popen(
                [self.program, "serve", f"{directory}/config.yml"], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                preexec_fn=self.prepare)
        while self.process.poll() is None:
            with open(log) as file:
                file.seek(before)
                found = re.search(r"listening on 127\.0\.0\.1:(\d+)", file.read())
            if found:
                self.port = int(found.group(1))
                return True
            time.sleep(0.01)
        return False

    @staticmethod
    def prepare():
        """In the child: it goes with us, and it hears signals, which whoever started us may have blocked."""
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])

    def stop(self, number=signal.SIGTERM):
        if self.process:
            self.process.send_signal(number)
            self.process.wait()
        self.process = None

    def kill(self):
        self.stop(signal.SIGKILL)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)


os.makedirs(f"{directory}/storage", exist_ok=True)
if wanted["limit"]:
    limit_storage(wanted["limit"])
context, realm = None, ""
if wanted["tls"]:
    peer.certificates(directory)
    context = peer.tls(directory)
if wanted["auth"] == "basic":
    with open(f"{directory}/htpasswd", "w") as file:
        file.writelines(f"{user['name']}:{bcrypt(user['password'])}\n" for user in wanted["users"])
log = peer.Log(f"{directory}/tokens.log")
if wanted["auth"] == "bearer":
    users = tokens.Users(wanted["users"], wanted["anonymous"])
    service = tokens.TokenServer(wanted["tokens"], users, tokens.Signed(directory))
    server = peer.Server("token", tokens.TokenHandler, log, context, tokens=service)
    realm = f"{'https' if context else 'http'}://{'localhost' if context else '127.0.0.1'}:{server.port}/token"


# Docker-registry goes with the thread that started it, which is this one: so it is this one that waits.
registry = Registry(realm)
peer.end_with_parent(lambda: os.kill(os.getpid(), signal.SIGKILL))
registry.start()
peer.ready(port=registry.port, realm=realm)
for line in sys.stdin:
    if line.strip() not in {"stop", "kill", "freeze", "thaw", "start"}:
        fail(f"{line.strip()} is not understood")
    getattr(registry, line.strip())()
    peer.ready(port=registry.port)
registry.kill()
os._exit(0)
