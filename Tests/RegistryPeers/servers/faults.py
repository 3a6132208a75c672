"""Faults: which request they befall, and what they do to it.

A fault is {"server", "method", "path", "nth", "times", "do"}: it befalls requests to that server (registry, token, storage)
of that method (null: any) whose path and query have a match of the regular expression, from the nth on, as many times as
`times` says (null: always). What a fault does is a dictionary; several may befall one request, and are merged.

  before the request is executed
    hold       {"at": "before", "freezes", "after"}   waits until released; with bytes of the body that are read first, and then a reset
    revoke     true          forgets every token
    answer     {"status", "headers", "text", "content"}   not executed
    limited    {"style": "seconds" | "date" | "hub", "seconds"}   429 in a known way
    too_large  {"bytes", "status"}   for a longer body
    challenge  text          401 with this WWW-Authenticate
    storage    true          307 to the storage, which takes no Authorization
    reset      {"at": "before", "after": bytes of the body that are read first}
    raw        {"data": base64, "flood"}   these bytes in place of an answer, then so many more, then the end
    refuse_chunked  true     411 for a body without a length
  bidden to the registry: no_mount, relative, stuck, out_of_range, immutable (a status)
  after
    hold       {"at": "executed", "freezes"};  reset {"at": "executed"}
    status     another status;  set {header: value};  drop [header]
    malformed, corrupt, html (true): the body is broken JSON, has one bit wrong, is HTML
    huge       bytes of added headers
    quota      {"limit", "remaining", "window"}: the headers of a pull limit
    cut        bytes of the body after which the connection closes;  pace  seconds between two bytes
    hold       {"at": "answered", "freezes"}
"""
import email.utils, json, re, threading, time

from peer import Answer, error

HTML = b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Something is wrong</h1></body></html>\n"


class Fault:
    def __init__(self, text):
        self.server, self.method, self.do = text.get("server") or "registry", text.get("method"), text["do"]
        self.path, self.nth, self.times = re.compile(text.get("path") or ""), text.get("nth") or 1, text.get("times")
        self.seen = self.befell = 0

    def befalls(self, handler):
        if self.server != handler.server.role or self.method not in (None, handler.command):
            return False
        if not self.path.search(handler.path):
            return False
        self.seen += 1
        if self.seen < self.nth or self.times is not None and self.befell >= self.times:
            return False
        self.befell += 1
        return True


def merge(one, other):
    """Headers of several faults add up; of anything else the last holds."""
    if isinstance(one, list) and isinstance(other, list):
        return one + other
    return {**one, **other} if isinstance(one, dict) and isinstance(other, dict) else other


class Faults:
    def __init__(self):
        self.faults, self.lock = {}, threading.Lock()
        # Requests go on while the gate is open; what is held waits for the next release.
        self.gate, self.held, self.released = threading.Event(), 0, threading.Condition()
        self.gate.set()
        self.generation = 0

    def add(self, text):
        with self.lock:
            number = len(self.faults) + 1
            self.faults[number] = Fault(text)
            return number

    def clear(self):
        with self.lock:
            for fault in self.faults.values():
                fault.times = 0
        self.release()

    def befalling(self, handler):
        """What befalls the request, merged; {} is nothing."""
        self.gate.wait()
        merged = {}
        with self.lock:
            for fault in self.faults.values():
                if fault.befalls(handler):
                    for name, effect in fault.do.items():
                        merged[name] = merge(merged.get(name), effect)
        return merged

    def freeze(self, do, at):
        """Before an answer is sent that the client would go on after, and in any case before `hold`."""
        hold = do.get("hold")
        if hold and hold["at"] == at and hold.get("freezes"):
            self.gate.clear()

    def hold(self, do, at):
        hold = do.get("hold")
        if not hold or hold["at"] != at:
            return
        self.freeze(do, at)
        with self.released:
            self.held += 1
            generation = self.generation
            self.released.wait_for(lambda: self.generation != generation)
            self.held -= 1

    def release(self):
        with self.released:
            self.generation += 1
            self.gate.set()
            self.released.notify_all()

    def state(self):
        with self.lock:
            return {"held": self.held, "befell": {number: fault.befell for number, fault in self.faults.items()}}


def limited(style, seconds):
    headers, body = [], b'{"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests"}]}'
    if style == "seconds":
        headers.append(("Retry-After", str(int(seconds))))
    elif style == "date":
        headers.append(("Retry-After", email.utils.formatdate(time.time() + seconds, usegmt=True)))
    else:
        # https://docs.docker.com/docker-hub/usage/pulls/ and https://docs.docker.com/reference/api/hub/latest/
        headers += [("X-Retry-After", str(int(time.time() + seconds))), ("ratelimit-limit", "100;w=21600"),
                    ("ratelimit-remaining", "0;w=21600"), ("docker-ratelimit-source", "192.0.2.1")]
        body = b"Too Many Requests\n"
    return Answer(429, body, headers, "text/plain" if style == "hub" else "application/json")


def too_large(do):
    return Answer(do["too_large"]["status"], HTML, content="text/html")


def instead(do, handler):
    """The answer that is given without executing the request; None if there is none."""
    body = handler.body
    if "answer" in do:
        answer = do["answer"]
        return Answer(answer["status"], (answer.get("text") or "").encode(), list((answer.get("headers") or {}).items()),
                      answer.get("content") or "application/json")
    if "limited" in do:
        return limited(do["limited"]["style"], do["limited"]["seconds"])
    if "challenge" in do:
        return error(401, "UNAUTHORIZED", "authentication required", [("WWW-Authenticate", do["challenge"])])
    if "too_large" in do:
        if (body.length or 0) > do["too_large"]["bytes"]:
            return too_large(do)
        body.most = do["too_large"]["bytes"]
    if do.get("refuse_chunked") and body.chunked:
        return Answer(411, HTML, content="text/html")
    return None


def change(do, answer):
    """What a fault makes of the answer of an executed request."""
    if "status" in do:
        answer.status = do["status"]
    if do.get("html"):
        answer.replace(HTML, "text/html; charset=utf-8")
    if do.get("malformed"):
        answer.replace(b'{"schemaVersion": 2, "errors": [{"code": ')
    if do.get("corrupt") and answer.length:
        data = bytearray(b"".join(answer.pieces()))
        data[len(data) // 2] ^= 1
        answer.replace(bytes(data))
    for name in do.get("drop", []):
        answer.drop(name)
    for name, value in do.get("set", {}).items():
        answer.set(name, value)
    for number in range(do.get("huge", 0) // 1000):
        answer.headers.append((f"X-Filler-{number}", "y" * (1000 - len(f"X-Filler-{number}: \r\n"))))
    if "quota" in do:
        limit, remaining, window = (do["quota"][name] for name in ("limit", "remaining", "window"))
        answer.set("ratelimit-limit", f"{limit};w={window}")
        answer.set("ratelimit-remaining", f"{remaining};w={window}")
        answer.set("docker-ratelimit-source", "192.0.2.1")
    answer.cut, answer.pace = do.get("cut"), do.get("pace")
    return answer
