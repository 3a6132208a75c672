"""What the campaign of kills at registries publishes, and the registries that it publishes to."""
import hashlib, http.client, json, os, random, re, subprocess, sys, tarfile

SERVERS = f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}/RegistryPeers/servers"
OCI = "application/vnd.oci.image."
TAGS = ["v1", "latest"]
PIECE = 1 << 20


class Violation(Exception):
    """The publication did not end as it must."""


def layer(source, size):
    """A tar of one file, in pieces: it may be larger than memory."""
    member = tarfile.TarInfo(f"opt/data-{size}")
    member.size, member.mtime = size, 1
    yield member.tobuf(tarfile.USTAR_FORMAT)
    for start in range(0, size, PIECE):
        yield source.randbytes(min(PIECE, size - start))
    yield bytes(-size % 512 + 1024)


class Image:
    """A layout of two platforms, and small parts of the second for another repository.

    `layers` has the sizes of the layers' files by architecture.
    """

    def __init__(self, path, seed, layers):
        self.path, self.blobs, self.manifests, self.sizes = path, [], [], {}
        source = random.Random(seed)
        os.makedirs(f"{path}/blobs/sha256")
        entries = []
        for architecture, sizes in layers.items():
            parts = [self.add(layer(source, size), "layer.v1.tar", self.blobs) for size in sizes]
            config = self.add({"architecture": architecture, "os": "linux", "rootfs": {
                "type": "layers", "diff_ids": [part["digest"] for part in parts]}}, "config.v1+json", self.blobs)
            manifest = self.add({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config,
                                 "layers": parts}, "manifest.v1+json", self.manifests)
            entries.append({**manifest, "platform": {"os": "linux", "architecture": architecture}})
        index = self.add({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries},
                         "index.v1+json", self.manifests)
        self.digest = index["digest"]
        self.mountable = [parts[-1]["digest"], config["digest"]]
        index["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
        for name, document in ("oci-layout", {"imageLayoutVersion": "1.0.0"}), (
                "index.json", {"schemaVersion": 2, "manifests": [index]}):
            with open(f"{path}/{name}", "w") as file:
                json.dump(document, file)

    def add(self, content, kind, list):
        pieces, hash, size = [json.dumps(content).encode()] if isinstance(content, dict) else content, hashlib.sha256(), 0
        with open(f"{self.path}/blobs/new", "wb") as file:
            for piece in pieces:
                file.write(piece)
                hash.update(piece)
                size += len(piece)
        digest = "sha256:" + hash.hexdigest()
        os.rename(f"{self.path}/blobs/new", f"{self.path}/blobs/sha256/{digest[7:]}")
        list.append(digest)
        self.sizes[digest] = size
        return {"mediaType": OCI + kind, "digest": digest, "size": size}

    def data(self, digest):
        with open(f"{self.path}/blobs/sha256/{digest[7:]}", "rb") as file:
            return file.read()


class Registry:
    """A strict registry of this case's own; another repository has one platform's blobs already."""

    def __init__(self, folder, image):
        self.process = subprocess.Popen([sys.executable, "-B", f"{SERVERS}/strict.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps({
            "directory": folder, "tls": False, "auth": "none", "users": [], "anonymous": None, "relative": False,
            "tokens": {"seconds": 60, "post": "yes", "field": "both", "expires": True, "withheld": []}, "single_post": False,
            "chunk_minimum": None, "streamed": True, "after_cut": "discard", "status_needs_latest": False, "immutable": None,
            "accept_dangling": False, "tag_deletes": True, "referrers": True, "page": None}) + "\n")
        self.process.stdin.flush()
        ports = json.loads(self.process.stdout.readline())
        self.host, self.control = f"127.0.0.1:{ports['port']}", f"127.0.0.1:{ports['control']}"
        for digest in image.mountable:
            self.put_blob("team/base", digest, image.data(digest))
        # The image that the first tag stood for before we came.
        config = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
        digest = "sha256:" + hashlib.sha256(config).hexdigest()
        self.put_blob("team/image", digest, config)
        manifest = json.dumps({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "layers": [], "config": {
            "mediaType": OCI + "config.v1+json", "digest": digest, "size": len(config)}}).encode()
        self.predecessor = "sha256:" + hashlib.sha256(manifest).hexdigest()
        self.ask(self.host, "PUT", f"/v2/team/image/manifests/{TAGS[0]}", manifest, {"Content-Type": OCI + "manifest.v1+json"})
        self.before = len(self.order("requests"))

    @staticmethod
    def ask(host, method, path, body=None, headers={}):
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.text = answer.read()
            if answer.status >= 300:
                raise Violation(f"{method} {path}: {answer.text.decode()}")
            return answer
        finally:
            connection.close()

    def put_blob(self, repository, digest, data):
        location = self.ask(self.host, "POST", f"/v2/{repository}/blobs/uploads/").getheader("Location")
        path = location.split(self.host)[1] + "&digest=" + digest
        self.ask(self.host, "PUT", path, data, {"Content-Type": "application/octet-stream"})

    def order(self, verb, **more):
        return json.loads(self.ask(self.control, "POST", "/_control", json.dumps({"do": verb, **more})).text)

    def requests(self):
        """Those of the publications."""
        return self.order("requests")[self.before:]

    def changes(self):
        return [one for one in self.requests() if one["method"] not in ("GET", "HEAD")]

    def sent(self):
        return sum(one["received"] for one in self.changes())

    def hold(self, method, path, nth, point, half):
        at = {"a": "executed", "b": "answered", "m": "before"}[point]
        self.order("fault", fault={"method": method, "path": path, "nth": nth, "times": 1,
                                   "do": {"hold": {"at": at, "freezes": True, "after": half}}})

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class DockerRegistry:
    """docker-registry, which cannot be told to wait; what it has is read from its storage."""

    def __init__(self, folder):
        self.process = subprocess.Popen([sys.executable, "-B", f"{SERVERS}/docker.py"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps({
            "directory": folder, "tls": False, "auth": "none", "users": [], "anonymous": None, "limit": None,
            "tokens": {"seconds": 60, "post": "yes", "field": "both", "expires": True, "withheld": []}}) + "\n")
        self.process.stdin.flush()
        self.folder, self.host = folder, f"127.0.0.1:{json.loads(self.process.stdout.readline())['port']}"
        self.repository = f"{folder}/storage/docker/registry/v2/repositories/team/image"

    def _digests(self, folder):
        path = f"{self.repository}/{folder}/sha256"
        return {f"sha256:{name}" for name in os.listdir(path) if os.path.exists(f"{path}/{name}/link")} if os.path.isdir(path) else set()

    def contents(self):
        """Tags, and the digests of what is there whole."""
        tags = {}
        for tag in TAGS:
            path = f"{self.repository}/_manifests/tags/{tag}/current/link"
            if os.path.exists(path):
                with open(path) as file:
                    tags[tag] = file.read()
        return {"tags": tags, "manifests": sorted(self._digests("_manifests/revisions")), "blobs": sorted(self._digests("_layers"))}

    def uploads(self):
        path = f"{self.repository}/_uploads"
        return len(os.listdir(path)) if os.path.isdir(path) else 0

    def changes(self):
        with open(f"{self.folder}/access.log") as file:
            return len(re.findall(r'"(?:POST|PUT|PATCH|DELETE) ', file.read()))

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
