#!/usr/bin/env python3
"""Web servers for unit tests, good ones and broken ones: tests/unit/peer.py FOLDER

Makes certificates in FOLDER with the openssl program, then listens on a port of the loopback for each name in PEERS,
says "NAME PORT" for each and "." on standard output, and serves until its standard input ends.
"""
import contextlib
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

HOST = "db.drillbox.test"
FOLDER = Path(sys.argv[1])
ENOUGH = 60  # seconds after which a peer that is to say nothing gives up


# -------- certificates

def openssl(*argv):
    done = subprocess.run(["openssl", *map(str, argv)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {argv}: {done.stderr}")


EC, WEAK_RSA = ("EC", "ec_paramgen_curve:P-256"), ("RSA", "rsa_keygen_bits:1024")


def new_key(name, algorithm, option):
    openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", FOLDER / f"{name}.key")


def authority(name, subject, *extensions, parent=None, validity=("-days", "30")):
    new_key(name, *EC)
    signed_by = () if parent is None else ("-CA", FOLDER / f"{parent}.pem", "-CAkey", FOLDER / f"{parent}.key")
    more = [part for extension in extensions for part in ("-addext", extension)]
    openssl("req", "-x509", "-new", "-key", FOLDER / f"{name}.key", "-subj", f"/CN={subject}", *validity, *signed_by,
            "-addext", "keyUsage=critical,keyCertSign,cRLSign", *more, "-out", FOLDER / f"{name}.pem")


def leaf(name, *extensions, by="ca", subject=HOST, validity=("-days", "30"), key=EC):
    new_key(name, *key)
    more = [part for extension in extensions for part in ("-addext", extension)]
    openssl("req", "-x509", "-new", "-key", FOLDER / f"{name}.key", "-subj", f"/CN={subject}", *validity,
            "-CA", FOLDER / f"{by}.pem", "-CAkey", FOLDER / f"{by}.key",
            "-addext", "basicConstraints=critical,CA:FALSE", *more, "-out", FOLDER / f"{name}.pem")


def make_certificates():
    names = f"subjectAltName=DNS:{HOST},IP:127.0.0.1"
    authority("ca", "drillbox test authority")
    authority("stranger", "somebody else")
    authority("bound", "bound authority", f"nameConstraints=critical,permitted;DNS:{HOST}", parent="ca")
    authority("bound-root", "bound root", f"nameConstraints=critical,permitted;DNS:{HOST}")
    leaf("good", names)
    leaf("named", f"subjectAltName=DNS:{HOST},DNS:other.test", subject="unused")
    leaf("starred", "subjectAltName=DNS:*.0.0.1", subject="127.0.0.1")
    leaf("plain", subject=HOST)
    leaf("strange", names, by="stranger")
    leaf("old", names, validity=("-not_before", "20200101000000Z", "-not_after", "20210203040506Z"))
    leaf("early", names, validity=("-not_before", "20900102030405Z", "-not_after", "20910101000000Z"))
    leaf("client", "extendedKeyUsage=clientAuth", subject="box")
    leaf("client-strange", "extendedKeyUsage=clientAuth", subject="box", by="stranger")
    leaf("bound-leaf", names, by="bound")
    (FOLDER / "bound-leaf.pem").write_text((FOLDER / "bound-leaf.pem").read_text() + (FOLDER / "bound.pem").read_text())
    leaf("weak", names, key=WEAK_RSA)
    new_key("self", *EC)
    openssl("req", "-x509", "-new", "-key", FOLDER / "self.key", "-subj", f"/CN={HOST}", "-addext", names, "-days", "30",
            "-out", FOLDER / "self.pem")
    (FOLDER / "mixed.pem").write_text((FOLDER / "bound-root.pem").read_text() + (FOLDER / "ca.pem").read_text())
    openssl("ec", "-in", FOLDER / "client.key", "-aes128", "-passout", "pass:secret", "-out", FOLDER / "locked.key")
    public = subprocess.run(f"openssl x509 -in {FOLDER}/good.pem -noout -pubkey | openssl pkey -pubin -outform DER | "
                            "openssl dgst -sha256 -binary | openssl base64", shell=True, capture_output=True, text=True)
    (FOLDER / "pin").write_text("sha256/" + public.stdout.strip())


# -------- peers

PEERS = {}


def peer(*names, cert="good", tls=True, version=None, wants_client=False, ciphers=None):
    """A function that is given each connection, and how many there were before it."""
    def register(function):
        for name in names:
            PEERS[name] = (function, cert, tls, version, wants_client, ciphers)
        return function
    return register


def context(cert, version, wants_client, ciphers):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE  # what the client puts first is taken
    if ciphers:
        made.set_ciphers(ciphers)
    made.load_cert_chain(FOLDER / f"{cert}.pem", FOLDER / f"{cert}.key")
    if version:
        made.minimum_version = made.maximum_version = version
    if wants_client:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(FOLDER / "ca.pem")
    return made


def serve(listener, function, tls, made):
    before = 0
    while True:
        raw, _ = listener.accept()
        threading.Thread(target=one, args=(raw, function, tls, made, before), daemon=True).start()
        before += 1


def one(raw, function, tls, made, before):
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw.settimeout(ENOUGH)
    with contextlib.suppress(OSError), raw:
        if tls:
            with made.wrap_socket(raw, server_side=True) as conn:
                function(conn, before)
        else:
            function(raw, before)


def ask(conn):
    """The head of the next request, and its body; b"" at the end."""
    got = b""
    while b"\r\n\r\n" not in got:
        piece = conn.recv(65536)
        if not piece:
            return b"", b""
        got += piece
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += conn.recv(65536)
    return head, body


def answer(conn, body=b"", *headers, status="200 OK"):
    conn.sendall(("\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers)) + "\r\n\r\n").encode() + body)


def farewell(conn):
    """End as it should be, with close_notify."""
    conn.unwrap()


def each(conn):
    while (asked := ask(conn))[0]:
        yield asked


def path_of(head):
    return head.split(b" ")[1].decode()


@peer("good")
@peer("tls12", version=ssl.TLSVersion.TLSv1_2)
@peer("chacha", version=ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-ECDSA-CHACHA20-POLY1305")
@peer("tls11", version=ssl.TLSVersion.TLSv1_1, ciphers="DEFAULT@SECLEVEL=0")
@peer("no-cipher", version=ssl.TLSVersion.TLSv1_2, ciphers="AES128-SHA256:AES256-SHA")
@peer("client", wants_client=True)
@peer("client12", wants_client=True, version=ssl.TLSVersion.TLSv1_2)
@peer("named", cert="named")
@peer("starred", cert="starred")
@peer("plain-name", cert="plain")
@peer("strange", cert="strange")
@peer("old", cert="old")
@peer("early", cert="early")
@peer("bound", cert="bound-leaf")
@peer("self", cert="self")
@peer("weak", cert="weak", ciphers="DEFAULT@SECLEVEL=0")
@peer("client-as-server", cert="client")
def echo(conn, before):
    """What was asked, and on which connection."""
    for head, body in each(conn):
        answer(conn, b"connection %d\n" % before + head + b"\n" + body)


@peer("http", tls=False)
def plain_http(conn, before):
    conn.recv(65536)
    conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@peer("mute", tls=False)
def mute(conn, before):
    while conn.recv(65536):
        pass


@peer("closing", tls=False)
def closing(conn, before):
    conn.recv(1)


@peer("stream")
def stream(conn, before):
    """What it gets, back; then the end as the first byte says."""
    got = conn.recv(65536)
    conn.sendall(got)
    if got[:1] == b"f":
        farewell(conn)
    elif got[:1] == b"r":
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif got[:1] == b"l":
        conn.recv(65536)  # what is no record of TLS is answered by an alert
    elif got[:1] == b"w":
        time.sleep(ENOUGH)


BIG = bytes(range(256)) * 4096  # 1 MiB


def in_chunks(body, size, extension=""):
    return b"".join(b"%x%s\r\n%s\r\n" % (len(body[i:i + size]), extension.encode(), body[i:i + size])
                    for i in range(0, len(body), size))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def raw_answers():
    """Path to the bytes of an answer; after it the connection ends with close_notify."""
    return {
        "/short": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly these",
        "/cut-chunk": CHUNKED + b"a\r\n0123",
        "/no-last-chunk": CHUNKED + b"a\r\n0123456789\r\n",
        "/no-length": b"HTTP/1.1 200 OK\r\n\r\nall there is",
        "/old-http": b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
        "/both": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "/two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "/signed-length": b"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc",
        "/huge-length": b"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nabc",
        "/gzip-coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "/flood": b"HTTP/1.1 200 OK\r\n" + b"X-Flood: 0123456789\r\n" * 8000 + b"\r\n",
        "/blanks": b"HTTP/1.1 200 OK\r\nX-Blank:" + b" " * 300000 + b"\r\nContent-Length: 0\r\n\r\n",
        "/one-header": b"HTTP/1.1 200 OK\r\nX-Flood: " + b"x" * 70000 + b"\r\n\r\n",
        "/trailers": CHUNKED + b"3\r\nabc\r\n0\r\n" + b"X-Trailer: 0123456789\r\n" * 8000 + b"\r\n",
        "/few-trailers": CHUNKED + b"3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n",
        "/extension": CHUNKED + b"3;" + b"x" * 5000 + b"\r\nabc\r\n0\r\n\r\n",
        "/some-extension": CHUNKED + b"3;name=value\r\nabc\r\n0\r\n\r\n",
        "/interim": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal",
        "/interims": b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
        "/switch": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "/no-http": b"220 mail.example.com ESMTP\r\n",
        "/http2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "/half-head": b"HTTP/1.1 200 OK\r\nContent-Le",
        "/gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        "/surplus": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nevl",
        "/nothing": b"",
    }


@peer("answers")
def answers(conn, before):
    head, _ = ask(conn)
    conn.sendall(raw_answers()[path_of(head)])
    farewell(conn)


@peer("abrupt")
def abrupt(conn, before):
    """The same, ended without close_notify."""
    head, _ = ask(conn)
    conn.sendall(raw_answers()[path_of(head)])


@peer("bodies")
def bodies(conn, before):
    for head, _ in each(conn):
        path = path_of(head)
        if path == "/big":
            answer(conn, BIG)
        elif path == "/chunks":
            conn.sendall(CHUNKED + in_chunks(BIG, 10007) + b"0\r\n\r\n")
        elif path == "/small-chunks":
            conn.sendall(CHUNKED + in_chunks(BIG[:30000], 1) + b"0\r\n\r\n")
        elif path == "/bytes":
            for byte in CHUNKED + in_chunks(b"one byte at a time", 5) + b"0\r\n\r\n":
                conn.sendall(bytes((byte,)))
        elif path == "/204":
            conn.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        elif path == "/304":
            conn.sendall(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\nETag: \"x\"\r\n\r\n")
        elif path == "/head":
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        elif path == "/stall":
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")
            time.sleep(ENOUGH)
        elif path == "/drip":
            conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            for _ in range(1200):
                conn.sendall(b"x")
                time.sleep(0.05)
        elif path == "/silent":
            time.sleep(ENOUGH)
        else:
            answer(conn, b"connection %d" % before)


@peer("forgetful")
def forgetful(conn, before):
    """Keeps the connection open, as it says, and closes it after one answer all the same."""
    ask(conn)
    answer(conn, b"connection %d" % before)
    farewell(conn)


@peer("reading-only")
def reading_only(conn, before):
    """Reads what is asked on the first connection, and closes without a word."""
    ask(conn)
    if before > 0:
        answer(conn, b"connection %d" % before)


@peer("sulking")
def sulking(conn, before):
    """Answers once, takes the next question too, and closes without a word."""
    ask(conn)
    answer(conn, b"connection %d" % before)
    ask(conn)


@peer("forward")
def forward(conn, before):
    """Says something before it is asked again: what servers do that are tired of waiting."""
    ask(conn)
    answer(conn, b"connection %d" % before)
    time.sleep(0.05)
    answer(conn, b"too late", status="408 Request Timeout")
    ask(conn)


@peer("elsewhere")
def elsewhere(conn, before):
    """Redirects, with what was behind a '?': /to/URL-ENCODED, /circle/1 to /circle/2 and back, /steps/N to /steps/N-1."""
    for head, body in each(conn):
        path, mark, query = path_of(head).partition("?")
        query = mark + query
        if path.startswith("/to/"):
            place = bytes.fromhex(path[4:]).decode()
            answer(conn, b"moved", f"Location: {place}{query}", status="302 Found")
        elif path == "/circle/1":
            answer(conn, b"", f"Location: 2{query}", status="307 Temporary Redirect")
        elif path == "/circle/2":
            answer(conn, b"", f"Location: /circle/1{query}", status="308 Permanent Redirect")
        elif path.startswith("/steps/") and path != "/steps/0":
            answer(conn, b"x" * 100, f"Location: /steps/{int(path[7:]) - 1}{query}", status="301 Moved Permanently")
        elif path == "/lost":
            answer(conn, status="302 Found")
        else:
            answer(conn, b"connection %d\n" % before + head + b"\n" + body)


def proxied(conn, login):
    head, _ = ask(conn)
    lines = head.decode().split("\r\n")
    _, where, _ = lines[0].split(" ")
    if login and f"Proxy-Authorization: Basic {login}" not in lines:
        return answer(conn, b"login, please", 'Proxy-Authenticate: Basic realm="x"', status="407 Proxy Authentication Required")
    if where.startswith("forbidden"):
        return answer(conn, b"", status="403 Forbidden")
    if where.startswith("unreachable"):
        return answer(conn, b"", status="502 Bad Gateway")
    other = socket.create_connection(("127.0.0.1", int(where.rsplit(":", 1)[1])))
    conn.sendall(b"HTTP/1.1 200 Connection established\r\nVia: proxy\r\n\r\n")
    threading.Thread(target=pump, args=(other, conn), daemon=True).start()
    pump(conn, other)
    return None


def pump(source, sink):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@peer("proxy", tls=False)
def proxy(conn, before):
    proxied(conn, None)


@peer("login-proxy", tls=False)
def login_proxy(conn, before):
    proxied(conn, "dXNlcjpwQHNz")  # user:p@ss


@peer("mad-proxy", tls=False)
def mad_proxy(conn, before):
    ask(conn)
    conn.sendall(b"HTTP/1.1 200 OK\r\n\r\n\x15\x03\x03\x00\x02\x02\x28")


def main(begin=lambda: None, end=lambda: None):
    make_certificates()
    begin()
    for name, (function, cert, tls, version, wants_client, ciphers) in PEERS.items():
        listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        made = context(cert, version, wants_client, ciphers) if tls else None
        threading.Thread(target=serve, args=(listener, function, tls, made), daemon=True).start()
        print(name, listener.getsockname()[1])
    print(".", flush=True)
    sys.stdin.read()
    end()
    os._exit(0)


if __name__ == "__main__":
    main()
