"""Web servers as production would have them, over TLS on 127.0.0.1, each with a folder of its own to serve.

    web = Nginx()                                   # or Caddy()
    publish(web.root / "shop.dump", dump, age=60)
    box.add_published(web.url + "/", web)           # tests/lib/box.py
    web.requests()                                  # what it was asked for: (method, path, status, range)

Both know how to ask for a client's certificate, which versions of TLS to speak, and to list a folder.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from . import postgres, processes, tap, tls

HOST = "web.drillbox.test"
CIPHERS = {  # of TLS 1.2 and of 1.3, for one that both know
    "AES-128-GCM": ("ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"),
    "AES-256-GCM": ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384"),
    "ChaCha20-Poly1305": ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256"),
}


def publish(path, content, age=0):
    """Put bytes, a text or another file's content there; 'age' in seconds is how long ago it was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".new")
    if isinstance(content, Path):
        shutil.copyfile(content, part)
    else:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
    then = time.time() - age
    os.utime(part, (then, then))
    part.replace(path)
    return path


def curl(url, *options, ca=None, host=HOST, address="127.0.0.1"):
    """What the curl program says to it: an independent client, to try the servers themselves. (status, headers and body)."""
    done = subprocess.run(["curl", "-sS", "-i", "--noproxy", "*", "--max-time", "20", "--connect-to", f"::{address}:",
                           "--cacert", ca or tls.authority().ca, *map(str, options), url], capture_output=True, text=True, errors="replace")
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr


class _Server:
    """What Nginx and Caddy have in common: a folder, a certificate, a port, a process."""

    def __init__(self, host=HOST, certificates=None, certificate=None, clients=None, versions=("1.2", "1.3"), **settings):
        self.host, self.certificates = host, certificates or tls.authority()
        self.certificate, self.key = certificate or self.certificates.server(host)
        self.clients, self.versions, self.settings = clients, versions, settings
        self.dir = tap.folder(type(self).__name__.lower())
        self.root = self.dir / "root"
        self.root.mkdir()
        self.process = None
        tap.at_exit(self.stop)
        self.start()

    @property
    def url(self):
        return f"https://{self.host}:{self.port}"

    def start(self):
        self.port = postgres.free_port()
        self._configure()
        with open(self.dir / "said", "ab") as said:
            self.process = processes.serve(self._argv(), "TERM", cwd=self.root, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                           env={"PATH": "/usr/bin:/usr/sbin", "HOME": str(self.dir), "TMPDIR": str(self.dir)})
        tap.at_exit(self.stop)  # before the one of serve(), whose signal would leave its workers
        processes.wait_for(self._listens, 20, saying=f"{type(self).__name__} did not start:\n{(self.dir / 'said').read_text()}")

    def _listens(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{type(self).__name__} ended:\n{(self.dir / 'said').read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process:
            processes.kill(self.process, signal.SIGTERM)
            self.process = None


class Nginx(_Server):
    """'cipher' is one of CIPHERS; 'user' and 'password' are asked for, or 'token'; 'more' are lines for its server block."""

    def _argv(self):
        return ["/usr/sbin/nginx", "-p", self.dir, "-e", self.dir / "said", "-c", self.dir / "nginx.conf"]

    def _login(self):
        if "token" in self.settings:
            return f"""if ($http_authorization != "Bearer {self.settings['token']}") {{ return 401; }}"""
        if "user" not in self.settings:
            return ""
        digest = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=self.settings["password"], check=True,
                                capture_output=True, text=True).stdout
        (self.dir / "users").write_text(f"{self.settings['user']}:{digest}")
        return f"auth_basic dumps; auth_basic_user_file {self.dir}/users;"

    def _tls(self):
        lines = [f"ssl_protocols {' '.join('TLSv' + version for version in self.versions)};"]
        if self.clients:
            lines.append(f"ssl_client_certificate {self.clients}; ssl_verify_client {self.settings.get('asked', 'on')};")
        if cipher := self.settings.get("cipher"):
            lines.append(f"ssl_ciphers {CIPHERS[cipher][0]}; ssl_conf_command Ciphersuites {CIPHERS[cipher][1]};")
        return "\n        ".join(lines)

    def _configure(self):
        temporary = "".join(f"    {kind}_temp_path {self.dir}/temp-{kind};\n" for kind in
                            ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.dir / "nginx.conf").write_text(f"""daemon off; worker_processes 1; pid {self.dir}/pid;
events {{ worker_connections 64; }}
http {{
    log_format asked escape=json '["$request_method","$request_uri",$status,"$http_range","$http_if_match","$ssl_protocol","$ssl_cipher"]';
    access_log {self.dir}/asked asked;
    sendfile on;
    types {{ text/html html; application/json json; }}
    default_type application/octet-stream;
{temporary}    server {{
        listen 127.0.0.1:{self.port} ssl;
        server_name {self.host};
        root {self.root};
        ssl_certificate {self.certificate}; ssl_certificate_key {self.key};
        {self._tls()}
        {self._login()}
        {self.settings.get("more", "")}
        location / {{ autoindex on; autoindex_format {self.settings.get("listing", "html")};
            autoindex_exact_size {self.settings.get("exact_size", "on")}; }}
    }}
}}
""")

    def requests(self):
        """(method, path, status, range, if-match, version of TLS, cipher) of each, oldest first."""
        path = self.dir / "asked"
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


class Caddy(_Server):
    def _argv(self):
        return ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", self.dir / "Caddyfile"]

    def _configure(self):
        versions = [f"tls{version}" for version in sorted(self.versions)]
        clients = f"client_auth {{\n mode require_and_verify\n trusted_ca_cert_file {self.clients}\n }}" if self.clients else ""
        # No name: it would fetch or make a certificate of its own. What is asked for by another name gets this one too.
        (self.dir / "Caddyfile").write_text(f"""{{
    admin off
    auto_https off
    skip_install_trust
    storage file_system {self.dir}/storage
    servers {{
        protocols h1 h2
    }}
}}
https://{self.host}:{self.port} {{
    bind 127.0.0.1
    log {{
        output file {self.dir}/asked
    }}
    tls {self.certificate} {self.key} {{
        protocols {versions[0]} {versions[-1]}
        {clients}
    }}
    root * {self.root}
    file_server browse
}}
""")

    def requests(self):
        path = self.dir / "asked"
        rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [(row["request"]["method"], row["request"]["uri"], row["status"],
                 *(row["request"]["headers"].get(name, [""])[0] for name in ("Range", "If-Match")))
                for row in rows if "request" in row]


class OpenSSL(_Server):
    """`openssl s_server`: another TLS than nginx's, with its command line as 'options'. With -HTTP a file is the whole answer, headers
    and all; with -WWW it is a body without a length."""

    def _argv(self):
        return ["/usr/bin/openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", self.certificate, "-key", self.key,
                *self.settings["options"]]

    def _configure(self):
        pass
