#!/usr/bin/env python3
"""What registries have beside the registry, as their documents have it: the pages about repositories, and who may write them.

- hub: https://docs.docker.com/reference/api/hub/latest (auth/token, users/login, namespaces/../repositories/..), and the PATCH
  that its web pages send; answers as Django's REST framework does.
- quay: https://docs.quay.io/api/swagger (repository)
- harbor: https://github.com/goharbor/harbor/blob/main/api/v2.0/swagger.yaml (repository)

The first line of the standard input is JSON: directory, tls, kind, modern (whether there is auth/token), users [{name,
password, writes}], tokens [{value, writes}], repositories {NAME: {description, full_description}}, public, forgetful
(answers a change and does not make it). `state` on the standard input prints repositories and requests.
"""
import json, os, re, secrets, sys, threading

import peer, tokens
from peer import Answer

LIMIT = 1 << 20


class Refused(Exception):
    def __init__(self, status, document, headers=()):
        self.answer = Answer(status, json.dumps(document).encode(), headers, content="application/json")


class Handler(peer.Handler):
    def respond(self):
        try:
            answer = self.server.api.answer(self)
        except Refused as refused:
            answer = refused.answer
        self.send(answer)

    def document(self, known):
        """The body: JSON of a known form, or a refusal."""
        if (self.headers.get("Content-Type") or "").split(";")[0].strip() != "application/json":
            raise Refused(415, {"detail": "Unsupported media type in request.", "message": "unsupported media type"})
        body = self.body.whole(LIMIT)
        try:
            found = json.loads(body)
        except (TypeError, ValueError):
            raise Refused(400, {"detail": "JSON parse error", "message": "parse error"})
        if not isinstance(found, dict) or not found or not all(
                name in known and isinstance(value, str) for name, value in found.items()):
            raise Refused(400, {"message": "bad request", "fielderrors": {"non_field_errors": ["not these fields"]}})
        return found


def json_answer(document, status=200):
    return Answer(status, json.dumps(document).encode(), content="application/json")


class API:
    def __init__(self, wanted):
        self.wanted, self.repositories, self.lock = wanted, wanted["repositories"], threading.Lock()
        self.sessions = {}

    def user(self, name, password):
        for user in self.wanted["users"]:
            if user["name"] == name and secrets.compare_digest(user["password"].encode(), password.encode()):
                return user
        return None

    def answer(self, handler):
        if "?" in handler.path:
            raise Refused(404, {"message": "no such page"})
        for pattern, method, verb in self.routes:
            found = re.fullmatch(pattern, handler.path)
            if found and handler.command == method:
                return getattr(self, verb)(handler, *found.groups())
        raise Refused(404, {"message": "object not found", "detail": "Object not found"})

    def known(self, name):
        with self.lock:
            if name not in self.repositories:
                raise Refused(404, {"message": "object not found", "errors": [{"code": "NOT_FOUND", "message": "not found"}]})
            return dict(self.repositories[name])

    def change(self, name, change):
        with self.lock:
            if not self.wanted["forgetful"]:
                self.repositories[name].update(change)
            return dict(self.repositories[name])


class Hub(API):
    PART = r"([a-z0-9][a-z0-9_.-]*)"
    routes = [
        (r"/v2/auth/token", "POST", "token"), (r"/v2/users/login/?", "POST", "login"),
        (rf"/v2/namespaces/{PART}/repositories/{PART}", "GET", "read"),
        (rf"/v2/repositories/{PART}/{PART}/", "PATCH", "write"),
    ]

    def token(self, handler):
        if not self.wanted["modern"]:
            raise Refused(404, {"message": "404 page not found"})
        return self.session(handler, "Bearer", "identifier", "secret", "access_token")

    def login(self, handler):
        return self.session(handler, "JWT", "username", "password", "token")

    def session(self, handler, scheme, name, password, field):
        asked = handler.document({name, password})
        if set(asked) != {name, password}:
            raise Refused(400, {"fielderrors": {name: ["This field is required."]}})
        user = self.user(asked[name], asked[password])
        if not user:
            raise Refused(401, {"detail": "Incorrect authentication credentials"})
        value = secrets.token_urlsafe(60)
        self.sessions[value] = (scheme, user)
        return json_answer({field: value})

    def who(self, handler):
        scheme, _, value = (handler.headers.get("Authorization") or "").partition(" ")
        if not scheme:
            return None
        known, user = self.sessions.get(value, (None, None))
        if known != scheme:
            raise Refused(401, {"message": "unauthorized", "errinfo": {}})
        return user

    def read(self, handler, namespace, name):
        if not self.who(handler) and not self.wanted["public"]:
            raise Refused(404, {"message": "object not found"})
        return json_answer({"namespace": namespace, "name": name, **self.known(f"{namespace}/{name}")})

    def write(self, handler, namespace, name):
        user = self.who(handler)
        if not user:
            raise Refused(401, {"detail": "Authentication credentials were not provided."})
        change = handler.document({"description", "full_description"})
        self.known(f"{namespace}/{name}")
        if not user["writes"]:
            raise Refused(403, {"message": "access to the resource is forbidden with this token"})
        wrong = {field: [f"Ensure this field has no more than {most} characters."]
                 for field, most in [("description", 100), ("full_description", 25000)]
                 if len(change.get(field, "").encode()) > most}
        if wrong:
            raise Refused(400, {"message": "bad request", "fielderrors": wrong})
        # Django's fields take white space off.
        return json_answer(self.change(f"{namespace}/{name}", {key: value.strip() for key, value in change.items()}))


class Quay(API):
    routes = [(r"/api/v1/repository/([a-z0-9_-]+/[a-z0-9._/-]+)", "GET", "read"),
              (r"/api/v1/repository/([a-z0-9_-]+/[a-z0-9._/-]+)", "PUT", "write")]

    def who(self, handler):
        scheme, _, value = (handler.headers.get("Authorization") or "").partition(" ")
        if not scheme:
            return None
        for token in self.wanted["tokens"]:
            if scheme == "Bearer" and secrets.compare_digest(token["value"].encode(), value.encode()):
                return token
        raise Refused(401, {"message": "The provided token is invalid", "error_type": "invalid_token", "status": 401})

    def read(self, handler, name):
        if not self.who(handler) and not self.wanted["public"]:
            raise Refused(401, {"error_message": "Requires authentication", "status": 401})
        return json_answer({"name": name, "description": self.known(name).get("description")})

    def write(self, handler, name):
        token = self.who(handler)
        if not token:
            raise Refused(401, {"error_message": "Requires authentication", "status": 401})
        if not token["writes"]:
            raise Refused(403, {"detail": "Unauthorized", "error_message": "Unauthorized", "status": 403})
        change = handler.document({"description"})
        self.known(name)
        self.change(name, change)
        return json_answer({"success": True})


class Harbor(API):
    routes = [(r"/api/v2\.0/projects/([a-z0-9._-]+)/repositories/([^/]+)", "GET", "read"),
              (r"/api/v2\.0/projects/([a-z0-9._-]+)/repositories/([^/]+)", "PUT", "write")]

    def who(self, handler, writes):
        given = tokens.basic(handler.headers.get("Authorization"))
        user = self.user(*given) if given else None
        if not user:
            raise Refused(401, {"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]})
        if writes and not user["writes"]:
            raise Refused(403, {"errors": [{"code": "FORBIDDEN", "message": "forbidden"}]})

    def name(self, project, name):
        """A slash is to come as %252F: once decoded it would be %2F, which the router of some versions takes for a slash."""
        if "%2F" in name or "%2f" in name:
            raise Refused(404, {"errors": [{"code": "NOT_FOUND", "message": "path was not found"}]})
        return f"{project}/{name.replace('%252F', '/')}"

    def read(self, handler, project, name):
        self.who(handler, False)
        name = self.name(project, name)
        return json_answer({"name": name, "description": self.known(name).get("description") or ""})

    def write(self, handler, project, name):
        self.who(handler, True)
        change, name = handler.document({"description"}), self.name(project, name)
        self.known(name)
        self.change(name, change)
        return Answer(200)


def main():
    wanted = peer.options()
    context = None
    if wanted["tls"]:
        peer.certificates(wanted["directory"])
        context = peer.tls(wanted["directory"])
    api = {"hub": Hub, "quay": Quay, "harbor": Harbor}[wanted["kind"]](wanted)
    log = peer.Log(os.devnull)
    server = peer.Server("management", Handler, log, context, api=api)
    peer.end_with_parent(lambda: os._exit(1))
    peer.ready(port=server.port)
    for _ in sys.stdin:
        with api.lock:
            print(json.dumps({"repositories": api.repositories, "requests": json.loads(log.all())}), flush=True)
    os._exit(0)


main()
