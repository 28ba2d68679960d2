"""Certificates: an authority of the test's own and what it signs, made with the openssl program."""

import functools
import subprocess

from . import tap

HOST = "db.drillbox.test"  # the name every source is verified as


def _openssl(*argv, stdin=None):
    done = subprocess.run(["openssl", *map(str, argv)], input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {argv[0]}: {done.stderr}")


class Certificates:
    """An authority. 'ca' is its certificate; server() and client() give (certificate, key)."""

    def __init__(self, name="drillbox test authority"):
        self.dir = tap.folder("certificates")
        self.ca, self.ca_key = self.dir / "ca.pem", self.dir / "ca.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                 "-keyout", self.ca_key, "-out", self.ca)

    def _issue(self, file, subject, extensions, *validity):
        cert, key, request = (self.dir / f"{file}.{kind}" for kind in ("pem", "key", "csr"))
        if not cert.exists():
            _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={subject}",
                     "-keyout", key, "-out", request)
            config = self.dir / f"{file}.cnf"
            config.write_text("basicConstraints=CA:FALSE\n" + extensions)
            _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-extfile", config,
                     "-out", cert, *validity)
            key.chmod(0o600)
        return cert, key

    def server(self, host=HOST, expired=False):
        validity = ("-not_before", "20200101000000Z", "-not_after", "20210101000000Z") if expired else ("-days", "30")
        return self._issue(f"{host}{'-expired' if expired else ''}", host,
                           f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n", *validity)

    def client(self, role):
        return self._issue(f"client-{role}", role, "extendedKeyUsage=clientAuth\n", "-days", "30")


@functools.lru_cache
def authority():
    """The one that the program's sources are signed by, unless a test says otherwise."""
    return Certificates()


@functools.lru_cache
def stranger():
    """Another one, for a certificate that must not be believed."""
    return Certificates("somebody else")
