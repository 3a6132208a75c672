"""What the servers of this folder share: ports, certificates, bodies read only when wanted, a log, an end.

A server ends with its standard input, and when whoever started it is gone.
"""
import http.server, json, os, select, socket, socketserver, ssl, struct, subprocess, sys, threading, time
from email.utils import formatdate
from http import HTTPStatus

PIECE = 1 << 18
# An unread body up to this size is read away, so that the connection can go on; a longer one costs the connection.
SMALL = 1 << 16
# What the log never keeps.
SECRET = {"authorization", "proxy-authorization", "cookie"}


class Gone(Exception):
    """The client closed the connection, or we did: there is nobody to answer."""


def certificates(directory):
    """An authority of its own, and a certificate for localhost and 127.0.0.1: ca.pem, server.pem, server.key."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=directory, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority",
            "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(f"{directory}/names", "w") as file:
        file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", "server.pem", "-days", "2", "-extfile", "names")


def tls(directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{directory}/server.pem", f"{directory}/server.key")
    return context


def end_with_parent(end):
    """Calls `end` when the process that started this one is gone. Its threads may go: PR_SET_PDEATHSIG would heed those."""
    parent = os.getppid()

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        end()

    threading.Thread(target=watch, daemon=True).start()


class TooLarge(Exception):
    """More of a body came than may."""


class Log:
    """Every request, in the order in which they came; the file has a line of JSON for each that is over."""

    def __init__(self, path):
        self.records, self.lock, self.file = [], threading.Lock(), open(path, "a", buffering=1)

    def begin(self, handler):
        scheme = (handler.headers.get("Authorization") or "").split(" ")[0]
        record = {
            "server": handler.server.role, "method": handler.command, "path": handler.path, "status": None, "received": 0,
            "scheme": scheme or None, "connection": handler.number, "time": time.time(), "ended": None, "form": {},
            "headers": {name.lower(): value for name, value in handler.headers.items() if name.lower() not in SECRET},
        }
        with self.lock:
            record["number"] = len(self.records) + 1
            self.records.append(record)
        return record

    def end(self, record):
        record["ended"] = time.time()
        with self.lock:
            self.file.write(json.dumps(record) + "\n")

    def all(self):
        with self.lock:
            return json.dumps(self.records).encode()


class Answer:
    def __init__(self, status, body=b"", headers=(), content="application/json; charset=utf-8", file=None, span=None):
        self.status, self.body, self.file, self.content = status, body, file, content
        self.headers = list(headers)
        # Of a file: where to begin, how many bytes.
        self.start, self.length = span if span else (0, os.path.getsize(file) if file else len(body))
        # Bytes of the body after which the connection is closed; seconds between two bytes.
        self.cut = self.pace = None

    def header(self, name):
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)

    def drop(self, name):
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]

    def set(self, name, value):
        self.drop(name)
        self.headers.append((name, value))

    def replace(self, body, content=None):
        self.body, self.file, self.start, self.length = body, None, 0, len(body)
        self.content = content or self.content

    def pieces(self):
        if not self.file:
            yield self.body
            return
        with open(self.file, "rb") as file:
            file.seek(self.start)
            left = self.length
            while left > 0 and (piece := file.read(min(left, PIECE))):
                left -= len(piece)
                yield piece


def error(status, code, message="", headers=(), detail=None):
    body = json.dumps({"errors": [{"code": code, "message": message or code, "detail": detail}]}).encode()
    return Answer(status, body, headers)


class Body:
    """A request's body: sized, chunked or none. `100 Continue` is sent when it is first read, so refusals come before."""

    def __init__(self, handler):
        self.handler, self.received, self.most = handler, 0, None
        self.chunked = "chunked" in (handler.headers.get("Transfer-Encoding") or "").lower()
        length = handler.headers.get("Content-Length")
        self.length = None if self.chunked or length is None else int(length)
        self.complete = not self.chunked and not self.length
        self.waits = (handler.headers.get("Expect") or "").lower() == "100-continue"

    def _read(self, count):
        try:
            data = self.handler.rfile.read1(count)
        except (OSError, ValueError) as problem:
            raise Gone from problem
        if not data:
            raise Gone
        return data

    def _line(self):
        line = self.handler.rfile.readline(1 << 12)
        if not line.endswith(b"\n"):
            raise Gone
        return line.strip()

    def _count(self, piece):
        self.received += len(piece)
        self.handler.record["received"] = self.received
        if self.most is not None and self.received > self.most:
            self.most = None
            raise TooLarge
        return piece

    def pieces(self):
        if self.complete:
            return
        if self.waits:
            self.waits = False
            self.handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self.chunked:
            while size := int(self._line().split(b";")[0], 16):
                while size:
                    piece = self._read(min(size, PIECE))
                    size -= len(piece)
                    yield self._count(piece)
                self._line()
            while self._line():
                pass
        else:
            while self.received < self.length:
                yield self._count(self._read(min(self.length - self.received, PIECE)))
        self.complete = True

    def whole(self, most):
        """The bytes, or None if there are more than `most`."""
        found = b""
        for piece in self.pieces():
            found += piece
            if len(found) > most:
                return None
        return found

    def drain(self, seconds):
        """Reads away what still comes: closing a socket with unread bytes would reset it, and the answer be lost."""
        end = time.time() + seconds
        self.handler.connection.settimeout(1)
        try:
            for _ in self.pieces():
                if time.time() > end:
                    break
        except (Gone, OSError, ValueError):
            pass


class Handler(http.server.BaseHTTPRequestHandler):
    """A request at a time; `respond` gives the answer."""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    numbers, numbers_lock = 0, threading.Lock()

    def setup(self):
        super().setup()
        with Handler.numbers_lock:
            Handler.numbers += 1
            self.number = Handler.numbers

    def handle_expect_100(self):
        return True

    def log_message(self, *_):
        pass

    def serve(self):
        # A client that was given this as its proxy writes whole addresses: any registry in the clear is here.
        if self.path.startswith("http://"):
            self.path = "/" + self.path.split("/", 3)[3]
        self.record = self.server.log.begin(self)
        try:
            self.body = Body(self)
            self.respond()
        except (Gone, OSError, ValueError):
            self.close_connection = True
        finally:
            self.server.log.end(self.record)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def reset(self):
        """RST, not FIN: no client can take it for an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        raise Gone

    def is_closed_by_client(self):
        return bool(select.select([self.connection], [], [], 0)[0]) and not self.rfile.peek(1)

    def write(self, data, pace):
        if pace is None:
            self.wfile.write(data)
            return
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(pace)

    def send(self, answer):
        unread = not self.body.complete
        if unread and not self.body.waits and self.body.length is not None and self.body.length <= SMALL:
            self.body.drain(1)
            self.connection.settimeout(None)
            unread = not self.body.complete
        if unread or answer.cut is not None:
            self.close_connection = True
        try:
            reason = HTTPStatus(answer.status).phrase
        except ValueError:
            reason = "Unknown"
        head = [f"HTTP/1.1 {answer.status} {reason}", f"Date: {formatdate(usegmt=True)}"]
        if answer.status not in (204, 304):
            head.append(f"Content-Length: {answer.length}")
        if answer.content and (answer.length or self.command == "HEAD"):
            head.append(f"Content-Type: {answer.content}")
        head += [f"{name}: {value}" for name, value in answer.headers]
        if self.close_connection:
            head.append("Connection: close")
        self.record["status"] = answer.status
        self.write("\r\n".join(head).encode("latin-1") + b"\r\n\r\n", answer.pace)
        if self.command != "HEAD" and answer.status not in (204, 304):
            left = answer.length if answer.cut is None else min(answer.cut, answer.length)
            for piece in answer.pieces():
                self.write(piece[:left], answer.pace)
                left -= min(left, len(piece))
                if not left:
                    break
        if unread:
            self.body.drain(5)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads, request_queue_size = True, 128

    def __init__(self, role, handler, log, context=None, **attributes):
        """Listens on a port of 127.0.0.1 that the kernel chooses."""
        self.role, self.log, self.context = role, log, context
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        for name, value in attributes.items():
            setattr(self, name, value)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self):
        # Not HTTPServer's, which asks for the host's name and may wait for that.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def get_request(self):
        accepted, address = super().get_request()
        if self.context:
            # The handshake is the thread's: one client's must not keep the others waiting.
            accepted = self.context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        return accepted, address

    def handle_error(self, *_):
        """Clients that leave are what tests are about."""


def ready(**facts):
    """The line that says we are there, to whoever started us."""
    print(json.dumps(facts), flush=True)


def options():
    """The first line of the standard input: arguments could be read by everybody."""
    return json.loads(sys.stdin.readline())
