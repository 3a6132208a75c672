#!/usr/bin/env python3
"""An HTTP server on raw sockets that does what a proper one never would; ends with its standard input.

    odd.py        listens on two free ports of 127.0.0.1 and prints them

A path is /BEHAVIOUR/KEY; /log/KEY answers with what came for the key, as JSON.
"""
import email.utils, functools, hashlib, json, os, socket, sys, threading, time, urllib.parse

log, locks = {}, threading.Lock()


class Gone(Exception):
    pass


class Request:
    def __init__(self, connection, number, head):
        self.connection, self.number = connection, number
        line, *fields = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = line.split(" ", 2)
        self.headers = [tuple(part.strip() for part in field.split(":", 1)) for field in fields if field]
        parts = urllib.parse.urlsplit(self.target)
        names = parts.path.strip("/").split("/")
        self.behaviour, self.key = names[0], names[1] if len(names) > 1 else ""
        self.query = dict(urllib.parse.parse_qsl(parts.query))
        self.record = {"method": self.method, "target": self.target, "headers": self.headers, "body": 0,
                       "connection": number, "time": time.time(), "closed": False}
        with locks:
            entries = log.setdefault(self.key, [])
            entries.append(self.record)
            self.count = len(entries)

    def header(self, name):
        return next((value for known, value in self.headers if known.lower() == name), None)

    def int(self, name, default=0):
        return int(self.query.get(name, default))

    def read_body(self):
        left, digest = int(self.header("content-length") or 0), hashlib.sha256()
        while left > 0:
            piece = self.connection.receive(min(left, 1 << 18))
            left -= len(piece)
            self.record["body"] += len(piece)
            digest.update(piece)
        return digest.hexdigest()

    def answer(self, status, body=b"", headers=(), length=None, keep=True):
        lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body) if length is None else length}", *headers]
        if not keep:
            lines.append("Connection: close")
        if self.method == "HEAD":
            body = b""
        self.connection.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return keep


@functools.lru_cache
def content(size):
    """The same bytes for the same size, and no two blocks alike."""
    blocks = b"".join(hashlib.sha256(b"%d" % index).digest() for index in range((size + 31) // 32))
    return blocks[:size]


def do_log(request):
    key = request.query.get("of", "")
    with locks:
        text = json.dumps(log.get(key, [])).encode()
    return request.answer(200, text)


def do_echo(request):
    if (request.header("expect") or "").lower() == "100-continue" and "ignore" not in request.query:
        request.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    return request.answer(200, request.read_body().encode())


def do_fail(request):
    """The first `times` requests fail with `status`; Retry-After from `after` (seconds) or `date` (seconds from now)."""
    request.read_body()
    if request.count > request.int("times", 1):
        return request.answer(200, b"at last")
    headers = []
    if "after" in request.query:
        headers.append(f"Retry-After: {request.query['after']}")
    if "date" in request.query:
        headers.append("Retry-After: " + email.utils.formatdate(time.time() + float(request.query["date"]), usegmt=True))
    return request.answer(request.int("status"), b"<Error>not now</Error>", headers)


def do_close(request):
    """Closes without an answer: the first `times` requests, those after `after` on the same connection."""
    request.read_body()
    if request.count > request.int("after") and request.count <= request.int("after") + request.int("times", 1):
        raise Gone
    return request.answer(200, b"still here")


def do_silent(request):
    request.read_body()
    request.connection.wait_for_end()
    request.record["closed"] = True
    raise Gone


def do_drip(request):
    """A byte every 0.2 seconds."""
    request.connection.send(b"HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        request.connection.send(b".")
        time.sleep(0.2)
    return True


def do_redirect(request):
    request.read_body()
    return request.answer(request.int("status", 302), b"moved", [f"Location: {request.query['to']}"])


def do_circle(request):
    return request.answer(302, b"", [f"Location: {request.target}"])


def do_headers(request):
    return request.answer(200, b"", [f"X-Filler-{index}: {'y' * 1000}" for index in range(request.int("count"))])


def do_plain(request):
    request.connection.send(
        b"HTTP/1.1 103 Early Hints\r\nLink: </early>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n"
        b"Set-Cookie: a=1\r\nset-cookie: b=2\r\nX-Folded: one\r\n  two\r\nX-Empty:\r\n\r\nbody")
    return True


def do_refuse(request):
    """401 as soon as the headers are there; then counts what of the body comes all the same."""
    request.connection.send(b"HTTP/1.1 401 x\r\nContent-Length: 5\r\nWWW-Authenticate: Basic\r\n\r\nlogin")
    request.connection.socket.settimeout(0.5)
    try:
        while piece := request.connection.receive(1 << 18):
            request.record["body"] += len(piece)
    except (Gone, TimeoutError):
        pass
    raise Gone


def do_expectation(request):
    """417 to whoever expects anything."""
    if request.header("expect"):
        return request.answer(417)
    return request.answer(200, request.read_body().encode())


def do_range(request):
    """`size` bytes with an ETag; each answer breaks off after `cut` bytes. `plain`: no ranges. `wrong`: another range."""
    data, tag = content(request.int("size")), f'"{request.query.get("tag", "v1")}"'
    if request.count >= request.int("changes", 1 << 30):
        data, tag = data[::-1], '"v2"'
    wanted, start, status, headers = request.header("range"), 0, 200, [f"ETag: {tag}", "Accept-Ranges: bytes"]
    if wanted and "plain" not in request.query and request.header("if-range") in (None, tag):
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(data):
            return request.answer(416, b"", [f"Content-Range: bytes */{len(data)}"])
        status = 206
        shown = start + 1 if "wrong" in request.query else start
        headers.append(f"Content-Range: bytes {shown}-{len(data) - 1}/{len(data)}")
    body = data[start:]
    cut = request.int("cut", len(body))
    request.answer(status, body[:cut], headers, length=len(body))
    if cut < len(body):
        raise Gone
    return True


class Connection:
    number = 0

    def __init__(self, accepted):
        self.socket, self.buffer = accepted, b""
        with locks:
            Connection.number += 1
            self.id = Connection.number

    def send(self, data):
        self.socket.sendall(data)

    def receive(self, most):
        if self.buffer:
            piece, self.buffer = self.buffer[:most], self.buffer[most:]
        else:
            piece = self.socket.recv(most)
        if not piece:
            raise Gone
        return piece

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            piece = self.socket.recv(1 << 16)
            if not piece:
                raise Gone
            self.buffer += piece
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head

    def wait_for_end(self):
        while self.socket.recv(1 << 16):
            pass

    def serve(self):
        try:
            while True:
                request = Request(self, self.id, self.head())
                if request.method == "CONNECT":
                    request.answer(407, keep=False)
                elif request.target.startswith("http://"):
                    # Asked as a proxy: the answer is ours whatever host was meant.
                    request.answer(200, b"by proxy")
                elif not globals()["do_" + request.behaviour](request):
                    break
        except (Gone, ConnectionError, OSError):
            pass
        finally:
            self.socket.close()


def listen():
    server = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept():
        while True:
            accepted, _ = server.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Connection(accepted).serve, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


print(listen(), listen(), flush=True)
sys.stdin.read()
os._exit(0)
