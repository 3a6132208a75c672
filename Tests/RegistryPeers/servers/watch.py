#!/usr/bin/env python3
"""Looks what tags stand for, all the time, and says when that changed: a witness beside the registries' own logs.

The first line of the standard input is JSON: a list of {"name", "url", "authority", "user", "password", "repository", "tag"}.
Prints a line when each was asked once. Each further line is answered, after a look that began later than it, by {NAME: {"polls", "failures", "sights": [{"time",
"digest"}]}}, in which the digest is null where there is no such tag; a registry that does not answer is no sight.
"""
import base64, http.client, json, re, ssl, sys, threading, time, urllib.parse

ACCEPT = ", ".join(f"application/vnd.{kind}+json" for kind in (
    "oci.image.index.v1", "oci.image.manifest.v1", "docker.distribution.manifest.list.v2", "docker.distribution.manifest.v2"))
PAUSE = 0.003


class Witness:
    def __init__(self, place):
        self.place, self.sights, self.polls, self.failures = place, [], 0, 0
        self.connection, self.authorization = None, None
        self.looks, self.looked = 0, threading.Condition()

    def connect(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "http":
            return http.client.HTTPConnection(parts.netloc, timeout=1)
        return http.client.HTTPSConnection(
            parts.netloc, timeout=1, context=ssl.create_default_context(cafile=self.place["authority"]))

    def basic(self):
        pair = f"{self.place['user']}:{self.place['password']}".encode()
        return "Basic " + base64.b64encode(pair).decode()

    def login(self, challenge):
        """The Authorization that is asked for."""
        if challenge.lower().startswith("basic"):
            return self.basic()
        words = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        scope = urllib.parse.urlencode({"service": words["service"], "scope": f"repository:{self.place['repository']}:pull"})
        connection = self.connect(words["realm"])
        connection.request("GET", f"{urllib.parse.urlsplit(words['realm']).path}?{scope}", headers={"Authorization": self.basic()})
        return "Bearer " + json.loads(connection.getresponse().read())["token"]

    def ask(self):
        """The digest that the tag stands for, or None."""
        self.connection = self.connection or self.connect(self.place["url"])
        for _ in range(2):
            headers = {"Accept": ACCEPT, "User-Agent": "witness"}
            if self.authorization:
                headers["Authorization"] = self.authorization
            self.connection.request("HEAD", f"/v2/{self.place['repository']}/manifests/{self.place['tag']}", headers=headers)
            answer = self.connection.getresponse()
            answer.read()
            if answer.status != 401:
                break
            self.authorization = self.login(answer.getheader("WWW-Authenticate"))
        if answer.status not in (200, 404):
            raise OSError(f"status {answer.status}")
        return answer.getheader("Docker-Content-Digest") if answer.status == 200 else None

    def watch(self):
        while True:
            try:
                found = self.ask()
                if not self.sights or self.sights[-1]["digest"] != found:
                    self.sights.append({"time": time.time(), "digest": found})
                self.polls += 1
            except (OSError, http.client.HTTPException, ValueError, KeyError):
                self.failures += 1
                self.connection = self.authorization = None
            with self.looked:
                self.looks += 1
                self.looked.notify_all()
            time.sleep(PAUSE)

    def wait(self, looks):
        """Until so many looks more have ended. The second of two began when the first had ended."""
        with self.looked:
            wanted = self.looks + looks
            self.looked.wait_for(lambda: self.looks >= wanted)


witnesses = {place["name"]: Witness(place) for place in json.loads(sys.stdin.readline())}
for witness in witnesses.values():
    threading.Thread(target=witness.watch, daemon=True).start()
for witness in witnesses.values():
    witness.wait(1 - min(witness.looks, 1))
print("{}", flush=True)
for _ in sys.stdin:
    for witness in witnesses.values():
        witness.wait(2)
    print(json.dumps({name: {"polls": one.polls, "failures": one.failures, "sights": one.sights}
                      for name, one in witnesses.items()}), flush=True)
