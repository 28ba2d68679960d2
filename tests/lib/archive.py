"""An archive of Debian packages on this machine's loopback, for an apt that is told to trust it.

    archive = Archive()
    archive.add(tar, status, {"triggers": "..."}, version="2")
    "deb [trusted=yes] http://127.0.0.1:{archive.port} ./"

A package is made of one that is installed somewhere: its files, its paragraph of dpkg's status, and what else dpkg keeps of it.
"""

import functools
import hashlib
import http.server
import io
import re
import subprocess
import tarfile
import threading

from . import tap

NOT_IN_A_PACKAGE = ("Status", "Conffiles")  # fields of what is installed


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Archive:
    def __init__(self):
        self.dir = tap.folder("archive")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Silent, directory=self.dir))
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        tap.at_exit(self.server.shutdown)

    def add(self, files, status, control, version):
        """'files': a tar; 'control': name -> text of dpkg's own files, but for the one that gives them their name."""
        fields = re.sub(rf"^({'|'.join(NOT_IN_A_PACKAGE)}):.*\n( .*\n)*", "", status, flags=re.MULTILINE).strip()
        fields = re.sub(r"^Version: .*", f"Version: {version}", fields, flags=re.MULTILINE)
        name = re.search(r"^Package: (.*)", fields, re.MULTILINE)[1]
        tree = tap.folder("package")
        with tarfile.open(fileobj=io.BytesIO(files)) as tar:
            tar.extractall(tree, filter="tar")
        (tree / "DEBIAN").mkdir()
        for file, text in {"control": fields + "\n", **control}.items():
            (tree / "DEBIAN" / file).write_text(text)
        package = self.dir / f"{name}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, package], check=True, capture_output=True)
        with open(self.dir / "Packages", "a", encoding="utf-8") as packages:
            packages.write(f"{fields}\nFilename: ./{package.name}\nSize: {package.stat().st_size}\n"
                           f"SHA256: {hashlib.sha256(package.read_bytes()).hexdigest()}\n\n")
