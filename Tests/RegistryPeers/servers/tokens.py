"""The server that gives tokens to whoever may have them.

GET and POST as of https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/; Basic credentials or a
refresh token name the user, and a user has grants: {"repositories": REGULAR EXPRESSION, "actions": [...]}. Nobody may pull
what the option `anonymous` matches. Tokens are opaque to whoever keeps them here, and JWT to a registry that cannot ask.
"""
import base64, hashlib, json, re, secrets, subprocess, threading, time, urllib.parse

from peer import Answer, Handler, error

SERVICE = "registry.test"


def basic(header):
    """The name and password of an Authorization header; None if it has none."""
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name, password


def parse_scope(text):
    """(type, name, actions): the name may hold a colon."""
    kind, _, rest = text.partition(":")
    name, _, actions = rest.rpartition(":")
    return kind, name, [action for action in actions.split(",") if action]


class Users:
    def __init__(self, users, anonymous):
        self.users, self.anonymous = {user["name"]: user for user in users}, anonymous

    def known(self, credentials):
        user = self.users.get(credentials[0]) if credentials else None
        return user["name"] if user and secrets.compare_digest(user["password"].encode(), credentials[1].encode()) else None

    def allowed(self, name, repository):
        """Actions that the user may do there; nobody's, when the name is None."""
        found = {"pull"} if self.anonymous and re.fullmatch(self.anonymous, repository) else set()
        for grant in self.users[name]["grants"] if name else []:
            if re.fullmatch(grant["repositories"], repository):
                found |= set(grant["actions"])
        return found


class Opaque:
    """Tokens that only this process understands."""

    def __init__(self):
        self.tokens, self.given, self.lock = {}, [], threading.Lock()

    def make(self, subject, access, seconds):
        # As long as a signed one would be.
        token, repositories = secrets.token_urlsafe(900), {}
        for scope in access:
            repositories.setdefault(scope["name"], set()).update(scope["actions"])
        with self.lock:
            self.tokens[token] = (time.time() + seconds, repositories)
            self.given.append(token)
        return token

    def access(self, token):
        """The actions per repository, or None: unknown or expired."""
        with self.lock:
            found = self.tokens.get(token)
        return found[1] if found and found[0] > time.time() else None

    def forget(self):
        with self.lock:
            self.tokens.clear()


class Signed:
    """JWT, signed with ES256; the registry trusts DIRECTORY/token.pem."""

    def __init__(self, directory):
        self.key, certificate = f"{directory}/token.key", f"{directory}/token.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
             self.key, "-out", certificate, "-days", "2", "-subj", "/CN=Test tokens"], check=True, capture_output=True)
        with open(certificate) as file:
            lines = [line.strip() for line in file if "-----" not in line]
        self.header = {"typ": "JWT", "alg": "ES256", "x5c": ["".join(lines)]}

    @staticmethod
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    def make(self, subject, access, seconds):
        now = int(time.time())
        claims = {"iss": SERVICE, "sub": subject or "", "aud": SERVICE, "exp": now + seconds, "nbf": now - 5, "iat": now,
                  "jti": secrets.token_hex(8), "access": access}
        text = b".".join(self.encode(json.dumps(part).encode()) for part in (self.header, claims))
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text, check=True,
                             capture_output=True).stdout
        return (text + b"." + self.encode(self.raw(der))).decode()

    @staticmethod
    def raw(der):
        """DER's two integers as 32 bytes each, as RFC 7518 section 3.4 has them."""
        numbers, position = b"", 2
        for _ in range(2):
            size = der[position + 1]
            number = int.from_bytes(der[position + 2:position + 2 + size], "big")
            numbers += number.to_bytes(32, "big")
            position += 2 + size
        return numbers


class TokenServer:
    """Options: seconds, post ("yes", or the status that refuses it), field ("token", "access_token", "both",
    "empty": an empty token beside it), expires (whether expires_in is said), quoted (whether as a text), withheld (actions that are not granted whoever asks), rotating (a refresh token serves once)."""

    def __init__(self, options, users, maker):
        self.options, self.users, self.maker = options, users, maker
        self.refresh, self.lock = {}, threading.Lock()

    def answer(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        if url.path != "/token":
            return Answer(404, b"not here\n", content="text/plain")
        if handler.command == "GET":
            return self.get(handler, urllib.parse.parse_qs(url.query))
        if handler.command == "POST":
            return self.post(handler)
        return error(405, "UNSUPPORTED")

    def get(self, handler, query):
        user = None
        if handler.headers.get("Authorization"):
            user = self.users.known(basic(handler.headers["Authorization"]))
            if user is None:
                return self.unknown_user()
        offline = query.get("offline_token") == ["true"]
        return self.grant(query.get("service"), user, query.get("scope", []), offline)

    def post(self, handler):
        if self.options["post"] != "yes":
            return Answer(int(self.options["post"]), b"404 page not found\n", content="text/plain")
        if handler.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            return error(400, "UNSUPPORTED", "the Content-Type is not that of a form")
        form = urllib.parse.parse_qs((handler.body.whole(1 << 16) or b"").decode(), keep_blank_values=True)
        fields = {name: values[0] for name, values in form.items()}
        handler.record["form"] = {n: v for n, v in fields.items() if n not in ("password", "refresh_token")}
        if not fields.get("client_id"):
            return error(400, "UNSUPPORTED", "client_id is missing")
        if fields.get("grant_type") == "password":
            user = self.users.known((fields.get("username", ""), fields.get("password", "")))
        elif fields.get("grant_type") == "refresh_token":
            shown = hashlib.sha256(fields.get("refresh_token", "").encode()).digest()
            with self.lock:
                user = self.refresh.pop(shown, None) if self.options.get("rotating") else self.refresh.get(shown)
        else:
            return error(400, "UNSUPPORTED", "grant_type is neither password nor refresh_token")
        if user is None:
            return self.unknown_user()
        offline = fields.get("access_type") == "offline" or fields["grant_type"] == "refresh_token"
        return self.grant([fields.get("service")], user, fields.get("scope", "").split(), offline)

    def unknown_user(self):
        return Answer(401, json.dumps({"details": "incorrect username or password"}).encode())

    def refresh_token(self, user):
        token = secrets.token_urlsafe(64)
        with self.lock:
            self.refresh[hashlib.sha256(token.encode()).digest()] = user
        return token

    def grant(self, service, user, scopes, offline):
        if service != [SERVICE]:
            return error(400, "UNSUPPORTED", f"the service is {service}, not {SERVICE}")
        access = []
        for scope in scopes:
            kind, name, wanted = parse_scope(scope)
            allowed = self.users.allowed(user, name) - set(self.options["withheld"])
            actions = [action for action in wanted if action in allowed]
            if kind == "repository" and actions:
                access.append({"type": kind, "name": name, "actions": actions})
        token = self.maker.make(user, access, self.options["seconds"])
        field = self.options["field"]
        reply = {name: token for name in ("token", "access_token") if field in (name, "both")}
        if field == "empty":
            reply = {"token": "", "access_token": token}
        if self.options["expires"]:
            seconds = self.options["seconds"]
            reply["expires_in"] = str(seconds) if self.options.get("quoted") else seconds
            reply["issued_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if offline and user:
            reply["refresh_token"] = self.refresh_token(user)
        return Answer(200, json.dumps(reply).encode())


class TokenHandler(Handler):
    def respond(self):
        self.send(self.server.tokens.answer(self))
