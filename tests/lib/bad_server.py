"""A web server over TLS that can be told to do anything a server should not.

    server = BadServer({"/shop.dump": Published(content)})
    server.trouble = cut(100_000)            # what becomes of an answer that is a dump's, every time; or of the next one:
    server.next_trouble = [reset(5000)]      # these, one an answer, before 'trouble'
    server.answers["/away"] = lambda ask: ask.answer(302, location="/shop.dump")
    server.asked                             # every Ask so far

Without trouble it serves as one should: GET and HEAD, one Range, If-Match, ETag, connections kept alive.
"""

import contextlib
import email.utils
import fcntl
import hashlib
import re
import socket
import ssl
import struct
import termios
import threading
import time

from . import postgres, tap, tls
from .web import HOST

REASONS = {200: "OK", 206: "Partial Content", 302: "Found", 404: "Not Found", 412: "Precondition Failed",
           416: "Range Not Satisfiable", 429: "Too Many Requests", 503: "Service Unavailable"}
LONGEST_STALL = 100


class Published:
    """A file as it stands now. A new revision of it is another one of these."""

    def __init__(self, content, age=60, etag=None):
        self.content = content
        self.modified = email.utils.formatdate(time.time() - age, usegmt=True)
        self.etag = etag or f'"{hashlib.sha256(content).hexdigest()[:16]}"'


class Ask:
    """One request: what was asked, and the ways to answer."""

    def __init__(self, server, line, socket):
        lines = line.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        self.path = self.target.partition("?")[0]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in (text.partition(":") for text in lines[1:])}
        self.server, self.socket, self.sent, self.ended = server, socket, 0, False

    @property
    def range_from(self):
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        return int(found[1]) if found else None

    # ------------------------------------------------------------ sending

    def send(self, data):
        self.socket.sendall(data)

    def body(self, data):
        """Bytes of a body, counted in 'sent'."""
        view = memoryview(data)
        for at in range(0, len(view), 1 << 16):
            self.send(view[at:at + (1 << 16)])
            self.sent += len(view[at:at + (1 << 16)])

    def head(self, status, headers):
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}", f"Date: {email.utils.formatdate(usegmt=True)}"]
        self.send("\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode())

    def answer(self, status, content=b"", **headers):
        """A whole answer. Headers with '_' for '-'."""
        self.head(status, {**{name.replace("_", "-"): value for name, value in headers.items()}, "Content-Length": len(content)})
        if self.method != "HEAD":
            self.send(content)

    # ------------------------------------------------------------ ends

    def end(self):
        """As TLS wants it, with close_notify."""
        self.ended = True
        with contextlib.suppress(OSError, ValueError):
            self.socket.settimeout(1)
            self.socket.unwrap()
        self.socket.close()

    def cut(self):
        """FIN without close_notify: what anyone on the line can do."""
        self.ended = True
        self.socket.close()

    def reset(self):
        """A line that breaks, once the other side's kernel has what was sent."""
        self.ended = True
        until = time.monotonic() + 5
        while struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, b"\0" * 4))[0] and time.monotonic() < until:
            time.sleep(0.001)
        with contextlib.suppress(OSError):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def stall(self, seconds=LONGEST_STALL):
        """Say nothing more until the other side goes away."""
        until = time.monotonic() + seconds
        self.socket.settimeout(0.1)
        while time.monotonic() < until and not self.server.over.is_set():
            with contextlib.suppress(TimeoutError, ssl.SSLWantReadError):
                if not self.socket.recv(1):
                    break
        self.cut()


# ---------------------------------------------------------------- what becomes of an answer: f(ask, status, headers, content)

def none(ask, status, headers, content):
    ask.head(status, headers)
    if ask.method != "HEAD":
        ask.body(content)


def _after(n, then):
    """The head is as it should be, so are 'n' bytes; then ..."""
    def trouble(ask, status, headers, content):
        ask.head(status, headers)
        ask.body(content[:n])
        then(ask)
    return trouble


def truncated(n):
    return _after(n, Ask.end)


def cut(n):
    return _after(n, Ask.cut)


def reset(n):
    return _after(n, Ask.reset)


def stalled(n, seconds=LONGEST_STALL):
    return _after(n, lambda ask: ask.stall(seconds))


def reset_at(offset):
    """Reset where the file's byte 'offset' would come, whatever range was asked for; whole where that was passed before."""
    def trouble(ask, status, headers, content):
        begin = int(re.match(r"bytes (\d+)", headers["Content-Range"])[1]) if status == 206 else 0
        if not begin < offset < begin + len(content):
            return none(ask, status, headers, content)
        return reset(offset - begin)(ask, status, headers, content)
    return trouble


def length(change):
    """Content-Length is wrong by that many bytes."""
    def trouble(ask, status, headers, content):
        ask.head(status, {**headers, "Content-Length": len(content) + change})
        ask.body(content)
        ask.end()
    return trouble


def chunked(n=None, last=True, then=Ask.end):
    """In chunks: 'n' bytes of it (None: all), and the last chunk only if told."""
    def trouble(ask, status, headers, content):
        ask.head(status, {**{k: v for k, v in headers.items() if k != "Content-Length"}, "Transfer-Encoding": "chunked"})
        for at in range(0, len(content if n is None else content[:n]), 8000):
            part = content[:n][at:at + 8000]
            ask.send(f"{len(part):x}\r\n".encode())
            ask.body(part)
            ask.send(b"\r\n")
        if last:
            ask.send(b"0\r\n\r\n")
        else:
            then(ask)
    return trouble


def until_the_end(then):
    """No length at all: the end of the connection would be the end of the body."""
    def trouble(ask, status, headers, content):
        ask.head(status, {**{k: v for k, v in headers.items() if k != "Content-Length"}, "Connection": "close"})
        ask.body(content)
        then(ask)
    return trouble


def a_byte_at_a_time(n):
    """Head and the first 'n' bytes, each in a record and a packet of its own."""
    def trouble(ask, status, headers, content):
        whole, ask.send = ask.send, lambda data: [whole(bytes([byte])) for byte in bytes(data)]
        ask.head(status, headers)
        ask.body(content[:n])
        ask.send = whole
        ask.body(content[n:])
    return trouble


def trickle(bytes_a_second, first=0):
    """'first' bytes at once, then that few."""
    def trouble(ask, status, headers, content):
        ask.head(status, headers)
        ask.body(content[:first])
        for at in range(first, len(content), bytes_a_second):
            if ask.server.over.wait(1):
                return ask.cut()
            ask.body(content[at:at + bytes_a_second])
        return None
    return trouble


def flood(ask, status, headers, content):
    """Headers without end."""
    ask.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000_000):
        ask.send(f"X-{number}: {'x' * 1000}\r\n".encode())


def with_headers(**changed):
    """As it should be, but for these ('_' for '-'; None takes one out)."""
    changed = {name.replace("_", "-"): value for name, value in changed.items()}

    def trouble(ask, status, headers, content):
        none(ask, status, {k: v for k, v in {**headers, **changed}.items() if v is not None}, content)
    return trouble


def says(status, **headers):
    """Only that."""
    return lambda ask, *_: ask.answer(status, b"no\n", **headers)


# ---------------------------------------------------------------- the server

class BadServer:
    def __init__(self, files=None, host=HOST, certificates=None, certificate=None, context=None):
        self.files, self.answers, self.asked, self.host = dict(files or {}), {}, [], host
        self.trouble, self.next_trouble, self.over = none, [], threading.Event()
        self.head = none  # what becomes of an answer to HEAD
        self.ranges = True  # False: a server that knows none, and says so to nobody
        self.connections, self._open, self._lock = 0, set(), threading.Lock()
        self.certificates = certificates or tls.authority()
        self._context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*map(str, certificate or self.certificates.server(host)))
        self.port = postgres.free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=16)
        threading.Thread(target=self._accept, daemon=True).start()
        tap.at_exit(self.close)

    @property
    def url(self):
        return f"https://{self.host}:{self.port}"

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for raw in self._open:
                with contextlib.suppress(OSError):
                    raw.close()

    def of(self, path):
        """What was asked about that path."""
        return [ask for ask in self.asked if ask.path == path]

    def _accept(self):
        while not self.over.is_set():
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        try:
            connection = self._context.wrap_socket(raw, server_side=True)
        except OSError:  # a handshake that was refused, too
            return raw.close()
        with self._lock:
            self._open.add(connection)
        try:
            self._talk(connection)
        except (OSError, ValueError):
            pass  # the other side went away in the middle
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _talk(self, connection):
        rest = b""
        while not self.over.is_set():
            while b"\r\n\r\n" not in rest:
                more = connection.recv(1 << 16)
                if not more or len(rest) > 1 << 20:
                    return
                rest += more
            line, _, rest = rest.partition(b"\r\n\r\n")
            ask = Ask(self, line, connection)
            self.asked.append(ask)
            if ask.path in self.answers:
                self.answers[ask.path](ask)
            else:
                self._file(ask)
            if ask.ended:
                return

    def _file(self, ask):
        file = self.files.get(ask.path)
        if file is None:
            return ask.answer(404, b"no such file\n")
        if not ask.path.endswith(".dump"):
            return ask.answer(200, file.content, ETag=file.etag, Last_Modified=file.modified)
        if ask.method == "HEAD":
            return self.head(ask, *self._part(ask, file))
        trouble = self.next_trouble.pop(0) if self.next_trouble else self.trouble
        return trouble(ask, *self._part(ask, file))

    def _part(self, ask, file):
        headers = {"ETag": file.etag, "Last-Modified": file.modified, "Accept-Ranges": "bytes"}
        content, status = file.content, 200
        if self.ranges and "if-match" in ask.headers and file.etag not in ask.headers["if-match"]:
            content, status, headers = b"", 412, {}
        elif self.ranges and ask.range_from is not None and ask.range_from >= len(content):
            content, status, headers = b"", 416, {"Content-Range": f"bytes */{len(content)}"}
        elif self.ranges and ask.range_from is not None:
            headers["Content-Range"] = f"bytes {ask.range_from}-{len(content) - 1}/{len(content)}"
            content, status = content[ask.range_from:], 206
        headers["Content-Length"] = len(content)
        return status, headers, content
