"""What a strict registry keeps: blobs in files, manifests, tags and uploads in memory; and what a manifest must be."""
import contextlib, hashlib, json, os, re, secrets, threading

from peer import error

NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class Refusal(Exception):
    def __init__(self, status, code, message="", headers=(), detail=None):
        self.answer = error(status, code, message, headers, detail)


def digest_of(data, algorithm="sha256"):
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


class Manifest:
    def __init__(self, data, kind, document):
        self.data, self.kind, self.document = data, kind, document

    def descriptor(self, digest):
        """As the referrers API lists it."""
        found = {"mediaType": self.kind, "digest": digest, "size": len(self.data)}
        artifact = self.document.get("artifactType") or (self.document.get("config") or {}).get("mediaType")
        if artifact:
            found["artifactType"] = artifact
        if self.document.get("annotations"):
            found["annotations"] = self.document["annotations"]
        return found


class Repository:
    def __init__(self):
        self.blobs, self.manifests, self.tags = set(), {}, {}


class Upload:
    """A session. Its state changes with every answer, so that a Location holds until the next one is given."""

    def __init__(self, repository, path):
        self.repository, self.path, self.id = repository, path, secrets.token_hex(12)
        self.offset, self.first, self.short, self.chunks = 0, None, False, 0
        self.hash, self.lock = hashlib.sha256(), threading.Lock()
        self.renew()

    def renew(self):
        # Escapes that must come back as they are; in this spelling, which no re-encoding of a query changes.
        self.state = secrets.token_hex(8) + "%2F" + secrets.token_hex(8) + "%3D%3D"

    @property
    def range(self):
        return f"0-{max(self.offset - 1, 0)}"

    def cut(self, offset, digest):
        """Back to an earlier end."""
        os.truncate(self.path, offset)
        self.offset, self.hash = offset, digest


class Store:
    def __init__(self, directory):
        self.directory, self.repositories, self.uploads, self.lock = directory, {}, {}, threading.RLock()
        os.makedirs(f"{directory}/blobs", exist_ok=True)
        os.makedirs(f"{directory}/uploads", exist_ok=True)

    def repository(self, name):
        with self.lock:
            return self.repositories.setdefault(name, Repository())

    def known(self, name):
        with self.lock:
            if name not in self.repositories:
                raise Refusal(404, "NAME_UNKNOWN", "repository name not known to registry", detail={"name": name})
            return self.repositories[name]

    # Blobs

    def path(self, digest):
        return f"{self.directory}/blobs/{digest}"

    def has(self, name, digest):
        with self.lock:
            return name in self.repositories and digest in self.repositories[name].blobs

    def link(self, name, digest):
        with self.lock:
            self.repository(name).blobs.add(digest)

    def size(self, digest):
        return os.path.getsize(self.path(digest))

    # Uploads

    def begin(self, name):
        upload = Upload(name, f"{self.directory}/uploads/{secrets.token_hex(12)}")
        open(upload.path, "wb").close()
        with self.lock:
            self.uploads[upload.id] = upload
        return upload

    def upload(self, name, identity):
        with self.lock:
            found = self.uploads.get(identity)
        if not found or found.repository != name:
            raise Refusal(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        return found

    def end(self, upload):
        with self.lock:
            self.uploads.pop(upload.id, None)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(upload.path)

    def append(self, upload, pieces):
        with open(upload.path, "ab") as file:
            for piece in pieces:
                file.write(piece)
                file.flush()
                upload.hash.update(piece)
                upload.offset += len(piece)

    def commit(self, upload, digest):
        """The upload becomes the blob, or is gone."""
        algorithm = digest.split(":")[0]
        if algorithm == "sha256":
            found = "sha256:" + upload.hash.hexdigest()
        else:
            whole = hashlib.new(algorithm)
            with open(upload.path, "rb") as file:
                while piece := file.read(1 << 20):
                    whole.update(piece)
            found = f"{algorithm}:{whole.hexdigest()}"
        if found != digest:
            self.end(upload)
            raise Refusal(400, "DIGEST_INVALID", f"the bytes are {found}", detail={"digest": digest})
        os.replace(upload.path, self.path(digest))
        self.link(upload.repository, digest)
        self.end(upload)

    # Manifests

    def manifest(self, name, reference):
        """(digest, manifest)"""
        with self.lock:
            repository = self.known(name)
            digest = reference if DIGEST.fullmatch(reference) else repository.tags.get(reference)
            if digest not in repository.manifests:
                raise Refusal(404, "MANIFEST_UNKNOWN", "manifest unknown", detail={"reference": reference})
            return digest, repository.manifests[digest]

    def put(self, name, reference, manifest):
        with self.lock:
            repository = self.repository(name)
            if DIGEST.fullmatch(reference):
                digest = reference
            else:
                digest = digest_of(manifest.data)
                repository.tags[reference] = digest
            repository.manifests[digest] = manifest
            return digest

    def referrers(self, name, subject):
        with self.lock:
            manifests = self.repositories[name].manifests if name in self.repositories else {}
            return [manifest.descriptor(digest) for digest, manifest in sorted(manifests.items())
                    if (manifest.document.get("subject") or {}).get("digest") == subject]

    def forget(self, name, reference):
        """Behind every client's back: a tag, a manifest or a blob."""
        with self.lock:
            repository = self.known(name)
            repository.tags.pop(reference, None)
            repository.manifests.pop(reference, None)
            repository.blobs.discard(reference)

    def copy(self, name, to):
        """Another repository with all that this one has."""
        with self.lock:
            one, other = self.known(name), self.repository(to)
            other.blobs, other.manifests, other.tags = set(one.blobs), dict(one.manifests), dict(one.tags)

    def contents(self):
        with self.lock:
            return {name: {"tags": dict(one.tags), "manifests": sorted(one.manifests), "blobs": sorted(one.blobs)}
                    for name, one in self.repositories.items()}


def check_manifest(store, name, data, kind, dangling):
    """The manifest, if it is one that may be stored under that media type.

    https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests
    """
    def invalid(message):
        return Refusal(400, "MANIFEST_INVALID", message)

    try:
        document = json.loads(data)
    except ValueError:
        raise invalid("it is not JSON")
    if not isinstance(document, dict) or document.get("schemaVersion") != 2:
        raise invalid("its schemaVersion is not 2")
    if document.get("mediaType", kind) != kind:
        raise invalid(f"its mediaType is {document['mediaType']}, its Content-Type {kind}")
    if ("manifests" in document) == ("config" in document):
        raise invalid("it is neither an index nor a manifest")
    if ("index" in kind or "list" in kind) != ("manifests" in document):
        raise invalid(f"it is not what its media type says: {kind}")
    missing = []

    def check(descriptor, size):
        if not isinstance(descriptor, dict) or not DIGEST.fullmatch(str(descriptor.get("digest"))):
            raise invalid("a descriptor has no digest")
        if not descriptor.get("mediaType") or not isinstance(descriptor.get("size"), int):
            raise invalid(f"the descriptor of {descriptor['digest']} has no media type or size")
        if size is None:
            missing.append(descriptor["digest"])
        elif size != descriptor["size"]:
            raise invalid(f"{descriptor['digest']} has {size} bytes, not {descriptor['size']}")

    with store.lock:
        repository = store.repository(name)
        for child in document.get("manifests", []):
            found = repository.manifests.get(child.get("digest")) if isinstance(child, dict) else None
            check(child, len(found.data) if found else None)
        for blob in [document["config"]] if "config" in document else []:
            check(blob, store.size(blob["digest"]) if blob.get("digest") in repository.blobs else None)
        for blob in document.get("layers", []):
            check(blob, store.size(blob["digest"]) if blob.get("digest") in repository.blobs else None)
    if missing and not dangling:
        raise Refusal(400, "MANIFEST_BLOB_UNKNOWN", "what it names is not here", detail=[{"digest": d} for d in missing])
    return Manifest(data, kind, document)
