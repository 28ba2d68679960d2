"""Certificates: an authority of the test's own and what it signs, made with the openssl program."""

import base64
import functools
import hashlib
import subprocess

from . import tap

HOST = "db.drillbox.test"  # the name every source is verified as
VALIDITY = {
    "valid": ("-days", "30"),
    "expired": ("-not_before", "20200101000000Z", "-not_after", "20210101000000Z"),
    "to-come": ("-not_before", "20700101000000Z", "-not_after", "20710101000000Z"),
}


def _openssl(*argv, stdin=None):
    done = subprocess.run(["openssl", *map(str, argv)], input=stdin, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {argv[0]}: {done.stderr}")


class Certificates:
    """An authority. 'ca' is its certificate; server() and client() give (certificate, key)."""

    def __init__(self, name="drillbox test authority", extension=None):
        self.dir = tap.folder("certificates")
        self.ca, self.ca_key = self.dir / "ca.pem", self.dir / "ca.key"
        more = ("-addext", extension) if extension else ()
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                 "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign", *more,
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

    def server(self, host=HOST, when="valid", also=()):
        """For a name, or a numeric address; 'also' for these. 'when' is of VALIDITY."""
        names = ",".join(("IP:" if name.replace(".", "").isdigit() else "DNS:") + name for name in (host, *also))
        return self._issue("-".join((host.replace("*", "any"), when, *(str(len(also)) if also else ""))), host,
                           f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n", *VALIDITY[when])

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


def pin(certificate):
    """Of its public key (RFC 7469, section 2.4), made with the openssl program: 'sha256/BASE64'."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key, check=True, capture_output=True).stdout
    return "sha256/" + base64.b64encode(hashlib.sha256(der).digest()).decode()
