#!/usr/bin/env python3
"""A strict registry, its storage and its token server on free ports of 127.0.0.1; they end with the standard input.

The first line of the standard input is JSON: directory, tls, auth, users, anonymous, tokens, and what protocol.py reads.
Prints the ports when it is ready. The control port takes POST /_control with {"do": VERB, ...}; see Control.
"""
import base64, json, os, secrets, sys

import faults, peer, protocol, store, tokens
from peer import Answer, TooLarge


class Faulty(peer.Handler):
    """A request goes past the faults; `execute` is what the server would do."""

    def respond(self):
        present = self.server.faults
        do = present.befalling(self)
        if do:
            self.record["fault"] = True
        if do.get("revoke"):
            self.server.keeper.forget()
        if do.get("hold", {}).get("at") == "before":
            self.read(do["hold"].get("after") or 0)
        present.hold(do, "before")
        if do.get("hold", {}).get("after"):
            # What was read is lost: the rest of the body must not be taken for the whole.
            self.reset()
        reset = do.get("reset")
        if reset and reset["at"] == "before":
            self.read(reset.get("after") or 0)
            self.reset()
        if "raw" in do:
            return self.send_raw(do["raw"])
        answer = faults.instead(do, self)
        if answer is None:
            try:
                answer = self.server.storage.redirect(self) if do.get("storage") else self.execute(do)
            except TooLarge:
                answer = faults.too_large(do)
        present.hold(do, "executed")
        if reset and reset["at"] == "executed":
            self.reset()
        present.freeze(do, "answered")
        self.send(faults.change(do, answer))
        present.hold(do, "answered")

    def send_raw(self, raw):
        """Whatever it is, and then the end: nothing of it is HTTP unless the test says so."""
        self.close_connection = True
        if not self.body.waits:
            self.body.drain(1)
            self.connection.settimeout(None)
        self.wfile.write(base64.b64decode(raw["data"]))
        left, piece = raw.get("flood") or 0, b"x" * (1 << 16)
        while left > 0:
            self.wfile.write(piece[:left])
            left -= len(piece)

    def read(self, count):
        for _ in self.body.pieces() if count else ():
            if self.body.received >= count:
                break


class RegistryHandler(Faulty):
    def execute(self, do):
        return self.server.registry.answer(protocol.Call(self, do))


class TokenHandler(Faulty):
    def execute(self, _):
        return self.server.tokens.answer(self)


class StorageHandler(Faulty):
    """What a registry redirects to: the address itself is the credential, and another one is an error."""

    def execute(self, do):
        path, host = self.server.storage.paths.get(self.path, (None, None))
        if path is None:
            return Answer(403, faults.HTML, content="text/html")
        if self.headers.get("Authorization"):
            return Answer(400, b"<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>",
                          content="application/xml")
        # A Location in the answer is the registry's.
        self.path = path
        self.headers.replace_header("Host", host)
        return self.server.registry.answer(protocol.Call(self, do), trusted=True)


class Storage:
    """Which address stands for which request."""

    def __init__(self):
        self.paths, self.base = {}, ""

    def redirect(self, handler):
        path = f"/storage/{secrets.token_hex(8)}?signature={secrets.token_hex(32)}"
        self.paths[path] = handler.path, handler.headers.get("Host", "")
        return Answer(307, b"", [("Location", self.base + path)])


class Control(peer.Handler):
    """fault {fault} -> {number}; clear; release; revoke; forget {name, reference}; copy {name, to};
    state; contents; requests; tokens."""

    def respond(self):
        asked = json.loads(self.body.whole(1 << 24) or b"{}")
        if self.command != "POST" or self.path != "/_control":
            return self.send(Answer(404))
        self.send(Answer(200, getattr(self, "do_" + asked["do"])(asked)))

    def do_fault(self, asked):
        return json.dumps({"number": self.server.faults.add(asked["fault"])}).encode()

    def do_clear(self, _):
        self.server.faults.clear()
        return b"{}"

    def do_release(self, _):
        self.server.faults.release()
        return b"{}"

    def do_revoke(self, _):
        self.server.keeper.forget()
        return b"{}"

    def do_forget(self, asked):
        self.server.store.forget(asked["name"], asked["reference"])
        return b"{}"

    def do_copy(self, asked):
        self.server.store.copy(asked["name"], asked["to"])
        return b"{}"

    def do_state(self, _):
        return json.dumps({**self.server.faults.state(), "uploads": len(self.server.store.uploads)}).encode()

    def do_contents(self, _):
        return json.dumps(self.server.store.contents()).encode()

    def do_tokens(self, _):
        return json.dumps(self.server.keeper.given).encode()

    def do_requests(self, _):
        return self.server.requests.all()


def main():
    wanted = peer.options()
    directory, context = wanted["directory"], None
    if wanted["tls"]:
        peer.certificates(directory)
        context = peer.tls(directory)
    scheme, host = ("https", "localhost") if context else ("http", "127.0.0.1")
    log, present, storage, keeper = peer.Log(f"{directory}/access.log"), faults.Faults(), Storage(), tokens.Opaque()
    users, kept = tokens.Users(wanted["users"], wanted["anonymous"]), store.Store(f"{directory}/storage")
    shared = {"faults": present, "storage": storage, "keeper": keeper}
    service = tokens.TokenServer(wanted["tokens"], users, keeper)
    giver = peer.Server("token", TokenHandler, log, context, tokens=service, **shared)
    registry = protocol.Registry(wanted, kept, users, keeper, f"{scheme}://{host}:{giver.port}/token")
    second = peer.Server("storage", StorageHandler, log, context, registry=registry, **shared)
    storage.base = f"{scheme}://{host}:{second.port}"
    first = peer.Server("registry", RegistryHandler, log, context, registry=registry, **shared)
    control = peer.Server("control", Control, peer.Log(os.devnull), None, requests=log, store=kept, **shared)
    peer.end_with_parent(lambda: os._exit(1))
    peer.ready(port=first.port, token=giver.port, storage=second.port, control=control.port)
    sys.stdin.read()
    os._exit(0)


main()
