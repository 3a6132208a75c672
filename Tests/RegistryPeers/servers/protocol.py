"""A registry as https://github.com/opencontainers/distribution-spec/blob/main/spec.md has it, and a stickler for it.

What a lenient registry lets pass is refused here: a scope that was not asked for, a Content-Type that is not the
mediaType, a Content-Range out of order, a Location that is not the latest, a manifest whose children are not there.
"""
import json, re, urllib.parse

import tokens
from peer import Answer, Gone, TooLarge
from store import DIGEST, NAME, TAG, Refusal, check_manifest, digest_of

MANIFEST_LIMIT = 4 << 20
BYTES = "application/octet-stream"
ROUTES = [(re.compile(f"/v2/(?P<name>.+)/{pattern}"), verb) for pattern, verb in [
    (r"blobs/uploads/", "uploads"),
    (r"blobs/uploads/(?P<last>[^/]+)", "upload"),
    (r"blobs/(?P<last>[^/]+)", "blob"),
    (r"manifests/(?P<last>[^/]+)", "manifest"),
    (r"tags/(?P<last>list)", "tags"),
    (r"referrers/(?P<last>[^/]+)", "referrers"),
]]
ACTIONS = {"GET": ["pull"], "HEAD": ["pull"], "DELETE": ["delete"]}


class Call:
    """A request as the registry sees it, and what a fault bids it do otherwise."""

    def __init__(self, handler, bidden):
        self.handler, self.body, self.headers, self.method = handler, handler.body, handler.headers, handler.command
        self.bidden = bidden
        self.url, _, self.raw = handler.path.partition("?")
        self.query = dict(urllib.parse.parse_qsl(self.raw, keep_blank_values=True))

    @property
    def base(self):
        scheme = "https" if self.handler.server.context else "http"
        return f"{scheme}://{self.headers.get('Host')}"


class Registry:
    def __init__(self, options, store, users, keeper, realm):
        self.options, self.store, self.users, self.keeper, self.realm = options, store, users, keeper, realm

    def answer(self, call, trusted=False):
        """`trusted`: the storage's own address says who may, not a credential."""
        try:
            if not trusted and not call.url.startswith("/v2/"):
                raise Refusal(404, "UNSUPPORTED", "404 page not found")
            if call.url == "/v2/":
                self.authorize(call, [])
                return Answer(200, b"{}")
            for pattern, verb in ROUTES:
                if found := pattern.fullmatch(call.url):
                    break
            else:
                return Answer(404, b"404 page not found\n", content="text/plain; charset=utf-8")
            name, last = found["name"], found.groupdict().get("last")
            if not NAME.fullmatch(name) or len(name) > 255:
                raise Refusal(400, "NAME_INVALID", "invalid repository name")
            if not trusted:
                self.authorize(call, self.needs(call, name, verb))
            run = getattr(self, f"{verb}_{call.method.replace('HEAD', 'GET').lower()}", None)
            if not run:
                raise Refusal(405, "UNSUPPORTED", "the operation is unsupported")
            return run(call, name, last)
        except Refusal as refusal:
            return refusal.answer

    # Who may

    def needs(self, call, name, verb):
        actions = ACTIONS.get(call.method, ["pull", "push"])
        if verb == "upload":
            # Whoever may begin an upload may look at it and give it up.
            actions = ["pull", "push"]
        needs = [(name, actions)]
        if verb == "uploads" and "from" in call.query:
            needs.append((call.query["from"], ["pull"]))
        return needs

    def authorize(self, call, needs):
        kind, header = self.options["auth"], call.headers.get("Authorization")
        if kind == "none":
            return
        if kind == "basic":
            user = self.users.known(tokens.basic(header))
            if header and user is None or not header and not all(
                    set(actions) <= self.users.allowed(None, name) for name, actions in needs or [("", ["push"])]):
                raise Refusal(401, "UNAUTHORIZED", "authentication required",
                              [("WWW-Authenticate", 'Basic realm="test"')])
            for name, actions in needs:
                if not set(actions) <= self.users.allowed(user, name):
                    raise Refusal(403, "DENIED", f"requested access to {name} is denied")
            return
        scheme, _, token = (header or "").partition(" ")
        access = self.keeper.access(token) if scheme.lower() == "bearer" else None
        if access is not None and all(set(actions) <= access.get(name, set()) for name, actions in needs):
            return
        challenge = f'Bearer realm="{self.realm}",service="{tokens.SERVICE}"'
        if needs:
            scopes = " ".join(f"repository:{name}:{','.join(actions)}" for name, actions in needs)
            challenge += f',scope="{scopes}"'
        if header:
            challenge += f',error="{"invalid_token" if access is None else "insufficient_scope"}"'
        raise Refusal(401, "UNAUTHORIZED", "authentication required", [("WWW-Authenticate", challenge)])

    # Blobs

    def blob_get(self, call, name, digest):
        digest = self.digest(digest)
        if not self.store.has(name, digest):
            raise Refusal(404, "BLOB_UNKNOWN", "blob unknown to registry", detail=digest)
        size, headers = self.store.size(digest), [("Docker-Content-Digest", digest), ("Accept-Ranges", "bytes")]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", call.headers.get("Range") or "")
        if not wanted:
            return Answer(200, headers=headers, content=BYTES, file=self.store.path(digest))
        start, end = int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)
        if start > end:
            raise Refusal(416, "RANGE_INVALID", "no such bytes", [("Content-Range", f"bytes */{size}")])
        headers.append(("Content-Range", f"bytes {start}-{end}/{size}"))
        return Answer(206, headers=headers, content=BYTES, file=self.store.path(digest), span=(start, end - start + 1))

    def blob_delete(self, call, name, digest):
        digest = self.digest(digest)
        if not self.store.has(name, digest):
            raise Refusal(404, "BLOB_UNKNOWN", "blob unknown to registry", detail=digest)
        with self.store.lock:
            self.store.known(name).blobs.discard(digest)
        return Answer(202)

    @staticmethod
    def digest(text):
        digest = urllib.parse.unquote(text or "")
        if not DIGEST.fullmatch(digest):
            raise Refusal(400, "DIGEST_INVALID", "the digest is none", detail=digest)
        return digest

    # Uploads

    def uploads_post(self, call, name, _):
        if "mount" in call.query:
            digest, source = self.digest(call.query["mount"]), call.query.get("from")
            if source and not call.bidden.get("no_mount") and self.store.has(source, digest):
                self.store.link(name, digest)
                return self.created(call, name, digest)
        single = "digest" in call.query and not call.body.complete
        upload = self.store.begin(name)
        if single and self.options["single_post"]:
            self.take(call, upload, closing=True)
            return self.commit(call, name, upload, self.digest(call.query["digest"]))
        return self.accepted(call, upload, first=True)

    def location(self, call, path):
        relative = call.bidden.get("relative", self.options["relative"])
        return path if relative else call.base + path

    def accepted(self, call, upload, status=202, first=False, renew=True):
        if renew:
            upload.renew()
        path = f"/v2/{upload.repository}/blobs/uploads/{upload.id}?_state={upload.state}"
        stuck = call.bidden.get("stuck") and upload.first is not None and not first
        headers = [("Location", self.location(call, path)), ("Docker-Upload-UUID", upload.id),
                   ("Range", upload.first if stuck else upload.range)]
        if first and self.options["chunk_minimum"]:
            headers.append(("OCI-Chunk-Min-Length", str(self.options["chunk_minimum"])))
        return Answer(status, headers=headers)

    def created(self, call, name, digest):
        return Answer(201, headers=[("Location", self.location(call, f"/v2/{name}/blobs/{digest}")),
                                    ("Docker-Content-Digest", digest)])

    def latest(self, call, upload):
        """Only the latest Location holds, and its query as it was given."""
        states = [part[7:] for part in call.raw.split("&") if part.startswith("_state=")]
        if states != [upload.state]:
            raise Refusal(404, "BLOB_UPLOAD_UNKNOWN", "this is not the latest Location of the upload")

    def take(self, call, upload, closing):
        """Adds the body, which must be what comes next."""
        asked, length = call.headers.get("Content-Range"), call.body.length

        def out(message, status=416, code="RANGE_INVALID"):
            headers = self.accepted(call, upload, renew=False).headers if status == 416 else ()
            return Refusal(status, code, message, headers)

        if call.bidden.get("out_of_range"):
            raise out("not these bytes")
        if not call.body.complete and call.headers.get("Content-Type") != BYTES:
            raise out(f"the Content-Type is not {BYTES}", 400, "UNSUPPORTED")
        if asked is not None:
            found = re.fullmatch(r"(\d+)-(\d+)", asked)
            if not found or int(found[1]) != upload.offset:
                raise out(f"{asked} does not go on at {upload.offset}")
            if length != int(found[2]) - int(found[1]) + 1:
                raise out(f"{asked} is not the length of the body", 400, "SIZE_INVALID")
        elif upload.offset and not call.body.complete:
            raise out("a chunk after the first says where it belongs")
        elif not closing and not self.options["streamed"]:
            raise out("a chunk says where it belongs")
        if upload.short and not call.body.complete:
            raise out("a chunk before this one was too short", 400, "SIZE_INVALID")
        before, digest = upload.offset, upload.hash.copy()
        try:
            self.store.append(upload, call.body.pieces())
        except TooLarge:
            upload.cut(before, digest)
            raise
        except (Gone, OSError, ValueError):
            if self.options["after_cut"] == "discard":
                upload.cut(before, digest)
            elif self.options["after_cut"] == "lose":
                self.store.end(upload)
            raise
        upload.short = asked is not None and upload.offset - before < (self.options["chunk_minimum"] or 0)
        upload.first = upload.first or upload.range

    def upload_patch(self, call, name, identity):
        upload = self.store.upload(name, identity)
        with upload.lock:
            self.latest(call, upload)
            self.take(call, upload, closing=False)
            return self.accepted(call, upload)

    def upload_get(self, call, name, identity):
        upload = self.store.upload(name, identity)
        if self.options["status_needs_latest"]:
            self.latest(call, upload)
        with upload.lock:
            return self.accepted(call, upload, 204)

    def upload_put(self, call, name, identity):
        upload = self.store.upload(name, identity)
        with upload.lock:
            self.latest(call, upload)
            digest = self.digest(call.query.get("digest"))
            self.take(call, upload, closing=True)
            return self.commit(call, name, upload, digest)

    def commit(self, call, name, upload, digest):
        self.store.commit(upload, digest)
        return self.created(call, name, digest)

    def upload_delete(self, call, name, identity):
        upload = self.store.upload(name, identity)
        self.latest(call, upload)
        self.store.end(upload)
        return Answer(204)

    # Manifests

    def manifest_get(self, call, name, reference):
        digest, manifest = self.store.manifest(name, urllib.parse.unquote(reference))
        accepted = [part.split(";")[0].strip() for line in call.headers.get_all("Accept") or [] for part in line.split(",")]
        if manifest.kind not in accepted:
            raise Refusal(404, "MANIFEST_UNKNOWN", f"{manifest.kind} is not among what is accepted")
        return Answer(200, manifest.data, [("Docker-Content-Digest", digest), ("ETag", f'"{digest}"')], manifest.kind)

    def manifest_put(self, call, name, reference):
        reference, kind = urllib.parse.unquote(reference), call.headers.get("Content-Type")
        if not DIGEST.fullmatch(reference) and not TAG.fullmatch(reference):
            raise Refusal(400, "TAG_INVALID", "the reference is neither a tag nor a digest")
        if not kind or not re.fullmatch(r"[\w.+-]+/[\w.+-]+", kind):
            raise Refusal(400, "MANIFEST_INVALID", f"the Content-Type is {kind}")
        data = call.body.whole(MANIFEST_LIMIT)
        if data is None:
            raise Refusal(413, "MANIFEST_INVALID", "the manifest is too large")
        if DIGEST.fullmatch(reference) and digest_of(data, reference.split(":")[0]) != reference:
            raise Refusal(400, "DIGEST_INVALID", "the manifest has another digest")
        immutable = call.bidden.get("immutable", self.options["immutable"])
        with self.store.lock:
            if immutable and reference in self.store.repository(name).tags:
                raise Refusal(immutable, "TAG_INVALID", f"the tag {reference} is there and is immutable")
            manifest = check_manifest(self.store, name, data, kind, self.options["accept_dangling"])
            digest = self.store.put(name, reference, manifest)
        answer = self.created(call, name, digest)
        answer.set("Location", self.location(call, f"/v2/{name}/manifests/{digest}"))
        subject = manifest.document.get("subject")
        if subject and self.options["referrers"]:
            answer.set("OCI-Subject", subject["digest"])
        return answer

    def manifest_delete(self, call, name, reference):
        reference = urllib.parse.unquote(reference)
        digest, _ = self.store.manifest(name, reference)
        with self.store.lock:
            repository = self.store.known(name)
            if DIGEST.fullmatch(reference):
                del repository.manifests[digest]
                repository.tags = {tag: known for tag, known in repository.tags.items() if known != digest}
            elif self.options["tag_deletes"]:
                del repository.tags[reference]
            else:
                raise Refusal(400, "DIGEST_INVALID", "provided digest did not match")
        return Answer(202)

    # Lists

    def page(self, call, key, items):
        """A page of the items, and the address of the next in the headers."""
        most = self.options["page"] or len(items)
        if "n" in call.query:
            if not call.query["n"].isdigit():
                raise Refusal(400, "PAGINATION_NUMBER_INVALID", "n is not a number")
            most = min(most, int(call.query["n"]))
        last = call.query.get("last")
        left = [item for item in items if last is None or key(item) > last]
        page, headers = left[:most], []
        if page and len(left) > len(page):
            query = {**call.query, "n": most, "last": key(page[-1])}
            headers = [("Link", f'<{call.url}?{urllib.parse.urlencode(query)}>; rel="next"')]
        return page, headers

    def tags_get(self, call, name, _):
        tags, headers = self.page(call, lambda tag: tag, sorted(self.store.known(name).tags))
        return Answer(200, json.dumps({"name": name, "tags": tags}).encode(), headers)

    def referrers_get(self, call, name, digest):
        if not self.options["referrers"]:
            return Answer(404, b"404 page not found\n", content="text/plain; charset=utf-8")
        found, kind = self.store.referrers(name, self.digest(digest)), call.query.get("artifactType")
        if kind:
            found = [one for one in found if one.get("artifactType") == kind]
        page, headers = self.page(call, lambda one: one["digest"], found)
        if kind:
            headers.append(("OCI-Filters-Applied", "artifactType"))
        index = "application/vnd.oci.image.index.v1+json"
        body = {"schemaVersion": 2, "mediaType": index, "manifests": page}
        return Answer(200, json.dumps(body).encode(), headers, index)
