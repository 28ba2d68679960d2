#!/usr/bin/env python3
"""A web server with dumps for unit tests: tests/unit/web_peer.py FOLDER

Those of peer.py, and one more, "web": what it does with a file or a folder stands in its path. Beside them the real
nginx, "nginx", which serves FOLDER/www; its folder no-index/ is not listed, local/ in the way that tells least.
"""
import base64
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import peer

SIZE = 100_000
BYTES = bytes(i % 251 for i in range(SIZE))
OTHER = bytes(i % 241 for i in range(SIZE))
AT = "Sun, 22 Nov 2026 04:15:{:02} GMT"
SHA = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


def value(head, name):
    found = re.search(rb"(?i)\r\n" + name.encode() + rb": *([^\r]*)", head)
    return found[1].decode() if found else None


def send(conn, head, body, *headers, status="200 OK"):
    """As answer() does, but without the body after HEAD."""
    if head.startswith(b"HEAD "):
        conn.sendall(("\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)) + "\r\n\r\n").encode())
    else:
        peer.answer(conn, body, *headers, status=status)


# -------- one file

def file(conn, head, body=BYTES, tag='"one"', second=7):
    """As a good server has it: Range, If-Match, a strong tag."""
    said = ([] if tag is None else [f"ETag: {tag}"]) + ([] if second is None else [f"Last-Modified: {AT.format(second)}"])
    wanted, begin = value(head, "if-match"), re.match(r"bytes=(\d+)-(\d*)$", value(head, "range") or "")
    if wanted and wanted != tag:
        return send(conn, head, b"", status="412 Precondition Failed")
    if not begin or head.startswith(b"HEAD "):
        return send(conn, head, body, *said)
    first, last = int(begin[1]), int(begin[2] or len(body) - 1)
    if first >= len(body):
        return send(conn, head, b"", f"Content-Range: bytes */{len(body)}", status="416 Range Not Satisfiable")
    return send(conn, head, body[first:last + 1], *said, f"Content-Range: bytes {first}-{last}/{len(body)}",
                status="206 Partial Content")


def no_ranges(conn, head):
    send(conn, head, BYTES, 'ETag: "one"')


def wrong_range(conn, head):
    if value(head, "range"):
        send(conn, head, BYTES[5:], 'ETag: "one"', f"Content-Range: bytes 5-{SIZE - 1}/{SIZE}", status="206 Partial Content")
    else:
        file(conn, head)


def open_range(conn, head):
    if value(head, "range"):
        begin = int(value(head, "range")[6:-1])
        send(conn, head, BYTES[begin:], 'ETag: "one"', f"Content-Range: bytes {begin}-{SIZE - 1}/*", status="206 Partial Content")
    else:
        file(conn, head)


def careless(conn, head):
    """Sends a rest of another revision, whatever If-Match says."""
    if value(head, "range"):
        begin = int(value(head, "range")[6:-1])
        send(conn, head, OTHER[begin:], 'ETag: "two"', f"Content-Range: bytes {begin}-{SIZE - 1}/{SIZE}", status="206 Partial Content")
    else:
        file(conn, head, OTHER, '"two"')


def no_head(conn, head):
    if head.startswith(b"HEAD "):
        return send(conn, head, b"", status="405 Method Not Allowed")
    return file(conn, head)


def no_head_no_ranges(conn, head):
    if head.startswith(b"HEAD "):
        return send(conn, head, b"", status="501 Not Implemented")
    return no_ranges(conn, head)


def chunked(conn, head):
    if head.startswith(b"HEAD "):
        conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    else:
        conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (SIZE, BYTES))


def with_login(conn, head):
    expected = "Basic " + base64.b64encode("me:s3cr3t ö".encode()).decode()
    if value(head, "authorization") == expected:
        file(conn, head)
    else:
        send(conn, head, b"", 'WWW-Authenticate: Basic realm="dumps"', status="401 Unauthorized")


def with_token(conn, head):
    if value(head, "authorization") == "Bearer t0k3n" and value(head, "x-key") == "k:1" and value(head, "x-other") == "":
        file(conn, head)
    else:
        send(conn, head, b"", status="401 Unauthorized")


def is_busy(conn, head):
    send(conn, head, b"", "Retry-After: 120", status="503 Service Unavailable")


FILES = {
    "good": file,
    "weak": lambda conn, head: file(conn, head, tag='W/"one"'),
    "untagged": lambda conn, head: file(conn, head, tag=None),
    "timeless": lambda conn, head: file(conn, head, second=None),
    "replaced": lambda conn, head: file(conn, head, OTHER, '"two"'),
    "shrunk": lambda conn, head: file(conn, head, BYTES[:1000], '"three"'),
    "careless-shrunk": lambda conn, head: file(conn, re.sub(rb"(?i)if-match: .*?\r\n", b"", head), BYTES[:1000], '"three"'),
    "no-ranges": no_ranges,
    "wrong-range": wrong_range,
    "open-range": open_range,
    "careless": careless,
    "no-head": no_head,
    "no-head-no-ranges": no_head_no_ranges,
    "chunked": chunked,
    "gzip": lambda conn, head: send(conn, head, BYTES, "Content-Encoding: gzip"),
    "dated": lambda conn, head: send(conn, head, BYTES, "Date: Sun, 22 Nov 2026 05:00:00 GMT"),
    "cached": lambda conn, head: send(conn, head, BYTES, "Date: Sun, 22 Nov 2026 05:00:00 GMT", "Age: 3600"),
    "login": with_login,
    "token": with_token,
    "busy": is_busy,
    "folder": lambda conn, head: send(conn, head, b"", "Location: /nginx/", status="301 Moved Permanently"),
}


# -------- folders

def row(name, when="22-Nov-2026 04:15", size="100000"):
    return f'<a href="{name}">{name}</a>   {when}  {size}\r\n'


def page(*rows):
    return ("<html><head><title>Index of /x/</title></head><body><pre><a href=\"../\">../</a>\r\n" + "".join(rows) +
            "</pre></body></html>").encode()


def index(*names):
    dumps = ",".join(f'{{"file":"{name}","bytes":100000,"sha256":"{SHA}","data_as_of":"2026-11-2{i}T04:15:00Z",'
                     f'"manifest_sha256":"{SHA}"}}' for i, name in enumerate(names))
    return f'{{"schema":1,"source":"shop","dumps":[{dumps}]}}'.encode()


def missing(conn, head):
    send(conn, head, b"no such file", status="404 Not Found")


def folder(answer, index=missing, **files):
    """What is said of the folder itself, of index.json, and of its files by name ('x_dump' is x.dump)."""
    named = {name.replace("_", "."): function for name, function in files.items()}

    def serve(conn, head, name):
        if name == "":
            answer(conn, head)
        elif name == "index.json":
            index(conn, head)
        else:
            named.get(name, missing)(conn, head)
    return serve


def says(body, *headers, status="200 OK"):
    return lambda conn, head: send(conn, head, body, *headers, status=status)


def of_second(second):
    return lambda conn, head: file(conn, head, second=second)


FOLDERS = {
    # by name z is the last, and by the page all are of one minute
    "nginx": folder(says(page(row("a.dump"), row("m.dump"), row("z.dump"), row("old.dump", "21-Nov-2026 04:15"),
                              row("m.dump.sha256", size="80"))),
                    a_dump=of_second(10), m_dump=of_second(50), z_dump=of_second(20), old_dump=of_second(55),
                    **{"m_dump_sha256": says(f"{SHA}  m.dump\n".encode(), "Content-Type: text/plain"),
                       "m_dump_json": says(b"<html>", "Content-Type: text/html; charset=utf-8")}),
    # a page of a server at the other end of the world, sizes rounded; what is listed hours earlier is not asked about
    "apache": folder(says(page(row("new.dump", "2026-11-22 18:15", "98K"), row("less.dump", "2026-11-22 18:00", "98K"),
                               row("old.dump", "2026-11-22 16:15", "98K"))),
                     new_dump=of_second(1), less_dump=of_second(0), old_dump=is_busy),
    "plain": folder(says(page('<a href="a.dump">a.dump</a>', '<a href="b.dump">b.dump</a>')),
                    a_dump=of_second(9), b_dump=of_second(8)),
    "gone": folder(says(page(row("a.dump"), row("b.dump"))), a_dump=of_second(9)),
    "half-timed": folder(says(page(row("a.dump"), row("b.dump"))), a_dump=of_second(9),
                         b_dump=lambda conn, head: file(conn, head, second=None)),
    "all-untimed": folder(says(page(row("a.dump"), row("b.dump", "22-Nov-2026 04:16"))),
                          a_dump=lambda conn, head: file(conn, head, second=None),
                          b_dump=lambda conn, head: file(conn, head, second=None)),
    "many": folder(says(page(*(f'<a href="{i}.dump">{i}.dump</a>\n' for i in range(21))))),
    "json": folder(lambda conn, head: send(conn, head, b'[{"name":"a.dump","type":"file","mtime":"Sun, 22 Nov 2026 04:15:03 GMT",'
                                           b'"size":5}]', status="200 OK" if "json" in value(head, "accept") else "406 No")),
    "indexed": folder(is_busy, index=says(index("a.dump", "b.dump")), a_dump=of_second(1), b_dump=of_second(2)),
    "bad-index": folder(says(page(row("a.dump"))), index=says(b'{"schema":1,"dumps":[{"file":"../x"}]}')),
    "spa": folder(says(page(row("a.dump"))), index=says(b"<html>hello</html>"), a_dump=of_second(4)),
    "closed": folder(says(b"", status="403 Forbidden"), index=says(b"", status="403 Forbidden")),
    "login-only": folder(says(b"", status="401 Unauthorized"), index=says(b"", status="401 Unauthorized")),
    "broken-index": folder(says(page(row("a.dump"))), index=is_busy),
    "empty": folder(says(page())),
    "no-listing": folder(says(b"PGDMP")),
    "to-file": folder(says(b"", "Location: /files/good/shop.dump", status="302 Found")),
    "renamed": folder(says(b"", "Location: /nginx/", status="301 Moved Permanently")),
}


@peer.peer("web")
def web(conn, before):
    for head, _ in peer.each(conn):
        path = peer.path_of(head).split("?")[0].split("/")
        if path[1] == "files":
            FILES.get(path[2], missing)(conn, head)
        elif path[1] == "away":  # /away/PORT/: another origin
            to = f"https://{peer.HOST}:{path[2]}/nginx/{path[3]}"
            send(conn, head, b"", f"Location: {to}", status="302 Found")
        elif path[1] in FOLDERS and len(path) == 3:
            FOLDERS[path[1]](conn, head, path[2])
        else:
            missing(conn, head)


@peer.peer("web-too")
def web_too(conn, before):
    web(conn, before)


# -------- nginx

CONF = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/n1; proxy_temp_path {folder}/n2; fastcgi_temp_path {folder}/n3;
    uwsgi_temp_path {folder}/n4; scgi_temp_path {folder}/n5;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/good.pem; ssl_certificate_key {folder}/good.key;
        root {folder}/www; autoindex on;
        location /no-index/ {{ autoindex off; }}
        location /local/ {{ autoindex_exact_size off; autoindex_localtime on; }}
        location /json/ {{ autoindex_format json; }}
    }}
}}
"""


class Nginx:
    def begin(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        for name in ("dumps", "no-index", "local", "json"):
            (peer.FOLDER / "www" / name).mkdir(parents=True)
        conf = peer.FOLDER / "nginx.conf"
        conf.write_text(CONF.format(folder=peer.FOLDER, port=port))
        self.process = subprocess.Popen(["nginx", "-c", conf], env={**os.environ, "TZ": "Pacific/Auckland"},
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.wait(port)
        print("nginx", port)

    def wait(self, port):
        until = time.monotonic() + 20
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.process.kill()
        raise RuntimeError(f"nginx does not serve: {self.process.stderr.read()}")

    def end(self):
        self.process.terminate()
        self.process.wait()


if __name__ == "__main__":
    nginx = Nginx()
    peer.main(nginx.begin, nginx.end)
