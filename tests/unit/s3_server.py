#!/usr/bin/env python3
"""An object store for tests/unit/test_s3.c, over TLS, that checks every signature by a reckoning of its own.

Prints its port and its certificate's path and serves until standard input ends. What it holds and which errors it plays is
told by the names of buckets, keys and access keys below.
"""
import base64
import datetime
import hashlib
import hmac
import http.server
import re
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

HOST = "s3.drillbox.test"
REGION = "eu-central-1"
BEFORE = "/storage/v1/s3"  # some stores have a path before the bucket's; it is signed too
SECRETS = {"AKTEST": "s3cr3t/+", "AKTEMP": "temporary", "AKGET": "get", "AKBELOW": "below", "AKEXPIRED": "x", "AKWRONG": "right"}
TOKEN = "Fwo/+token=="
PAGE, FULL_PAGE = 3, 1000

BODY = bytes(range(256)) * 40
OLD = b"the older revision " * 100


def content(key):
    return {"daily/empty.dump": b"", "daily/old.dump": OLD}.get(key, BODY)


def etag(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


# key -> LastModified
BACKUPS = {
    "daily/empty.dump": "2026-11-19T04:15:07.000Z",
    "daily/shop_20261121_041500.dump": "2026-11-21T04:15:07.000Z",
    "daily/shop_20261122_041500.dump": "2026-11-22T04:15:07.000Z",
    "daily/shop_20261122_041500.dump.sha256": "2026-11-22T04:15:08.000Z",
    "daily/a b+c:d%(\u00e9)\u65e5.dump": "2026-11-20T04:15:07.000Z",
    "daily/archived.dump": "2026-11-01T04:15:07.000Z",
    "daily/parts.dump": "2026-11-02T04:15:07.000Z",
    "daily/composite.dump": "2026-11-02T04:15:07.000Z",
    "daily/no-ranges.dump": "2026-11-02T04:15:07.000Z",
    "daily/odd-range.dump": "2026-11-02T04:15:07.000Z",
    "daily/versions.dump": "2026-11-02T04:15:07.000Z",
    "daily/old.dump": "2026-11-02T04:15:07.000Z",
    "daily/locked.dump": "2026-11-02T04:15:07.000Z",
    "daily/deeper/shop.dump": "2026-11-23T04:15:07.000Z",
    "other.dump": "2026-11-24T04:15:07.000Z",
}
# beside what else is archived there, of which no name is a dump's
CROWDED = {f"wal/9{i:023X}": "2026-11-23T04:15:07.000Z" for i in range(6500)} | {
    "wal/0_20261120_041500.dump": "2026-11-20T04:15:07.000Z",
    "wal/0_20261122_041500.dump": "2026-11-22T04:15:07.000Z",
    "wal/0_20261122_041500.dump.sha256": "2026-11-22T04:15:08.000Z",
    "wal/z_20261121_041500.dump": "2026-11-21T04:15:07.000Z",
}
BUCKETS = {"backups": BACKUPS, "public": {"p.dump": "2026-11-22T04:15:07.000Z"}, "empty": {}, "circle": BACKUPS, "crowded": CROWDED}


class Refused(Exception):
    def __init__(self, status, code, message="", extra="", **headers):
        super().__init__(code)
        self.status, self.headers = status, {k.replace("_", "-"): v for k, v in headers.items()}
        self.body = "" if code is None else f"<?xml version='1.0'?>\n<Error><Code>{code}</Code><Message>{message}</Message>{extra}</Error>"


# buckets that are not to be had -> what they answer to everything
ILL = {
    "elsewhere": Refused(301, "PermanentRedirect", "must be addressed using the specified endpoint", x_amz_bucket_region="eu-west-1"),
    "malformed": Refused(400, "AuthorizationHeaderMalformed", "the region is wrong", "<Region>eu-north-1</Region>"),
    "moving": Refused(307, "TemporaryRedirect", "Please re-send", x_amz_bucket_region=REGION, Location=f"https://{HOST}/elsewhere"),
    "skewed": Refused(403, "RequestTimeTooSkewed", "too large", "<ServerTime>2031-02-03T04:05:06Z</ServerTime>"),
    "skewed-date": Refused(403, "RequestTimeTooSkewed", Date="Mon, 03 Feb 2031 04:05:06 GMT"),
    "slow": Refused(503, "SlowDown", "Please reduce your request rate.", Retry_After="7"),
    "mute": Refused(403, None),
    "html": Refused(200, None),
}


def signature(secret, date, scope, canonical):
    key = ("AWS4" + secret).encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", date, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.params = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        host = self.headers["Host"].split(":")[0]
        shown = path.removeprefix(BEFORE)
        self.bucket = host.removesuffix("." + HOST) if host != HOST else shown.split("/")[1]
        self.key = unquote(shown[1:] if host != HOST else shown[1:].partition("/")[2])
        try:
            self.who = self.check_signature(path, query)
            if self.bucket in ILL:
                raise ILL[self.bucket]
            if self.bucket not in BUCKETS:
                raise Refused(404, "NoSuchBucket", "The specified bucket does not exist")
            if self.who is None and self.bucket != "public":
                raise Refused(403, "AccessDenied", "Access Denied")
            self.get() if self.key else self.list()
        except Refused as refused:
            self.answer(refused.status, refused.body.encode(), **refused.headers)

    def check_signature(self, path, query):
        """Who it is; None for nobody. Nothing is taken over from the request but what has to be."""
        if "Authorization" not in self.headers:
            return None
        found = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*SignedHeaders=([^,]+),"
                             r"\s*Signature=([0-9a-f]{64})", self.headers["Authorization"])
        who, day, region, names, given = found.groups()
        names, date = names.split(";"), self.headers["x-amz-date"]
        if who not in SECRETS:
            raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        if abs(int(now[9:11]) - int(date[9:11])) > 1 or not date.startswith(day) or names != sorted(names) or "host" not in names:
            raise Refused(400, "BadDate", f"{now} {date} {names}")
        if region != REGION:
            raise Refused(400, "AuthorizationHeaderMalformed", "wrong region", f"<Region>{REGION}</Region>")
        if missing := [name for name in map(str.lower, self.headers) if name.startswith("x-amz-") and name not in names]:
            raise Refused(403, "AccessDenied", f"headers not signed: {missing}")
        pairs = sorted((quote(k, "-._~"), quote(v, "-._~")) for k, v in self.params.items())
        canonical = "\n".join(["GET", quote(unquote(path), "/-._~"), "&".join(f"{k}={v}" for k, v in pairs),
                               *(f"{name}:{self.headers[name].strip()}" for name in names), "", ";".join(names),
                               hashlib.sha256(b"").hexdigest()])
        if self.headers["x-amz-content-sha256"] != hashlib.sha256(b"").hexdigest():
            raise Refused(400, "XAmzContentSHA256Mismatch")
        if signature(SECRETS[who], date, (day, region, "s3", "aws4_request"), canonical) != given:
            raise Refused(403, "SignatureDoesNotMatch", escape(canonical))
        if who == "AKTEMP" and self.headers["x-amz-security-token"] != TOKEN:
            raise Refused(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
        if who == "AKEXPIRED":
            raise Refused(400, "ExpiredToken", "The provided token has expired.")
        return who

    def list(self):
        prefix, token = self.params.get("prefix", ""), self.params.get("continuation-token", "")
        delimiter = self.params.get("delimiter")
        if self.who == "AKGET" or self.who == "AKBELOW" and not prefix.startswith("daily/"):
            raise Refused(403, "AccessDenied", "not authorized to perform: s3:ListBucket")
        if self.params.get("list-type") != "2" or self.params.get("encoding-type") != "url":
            raise Refused(400, "InvalidArgument")
        keys = sorted(k for k in BUCKETS[self.bucket] if k.startswith(prefix))
        common = sorted({prefix + k[len(prefix):].split("/")[0] + "/" for k in keys if delimiter and "/" in k[len(prefix):]})
        keys = [k for k in keys if not any(k.startswith(c) for c in common)]
        start = keys.index(unquote(token.removeprefix("after+/="))) + 1 if token and self.bucket != "circle" else 0
        most = FULL_PAGE if self.bucket == "crowded" else PAGE
        page, more = keys[start:start + most], keys[start + most:]
        xml = "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
        xml += f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
        if more:
            last = "same" if self.bucket == "circle" else quote(page[-1], "")
            xml += f"<NextContinuationToken>after+/={last}</NextContinuationToken>"
        for k in page:
            body = content(k)
            xml += (f"<Contents><Key>{quote(k, '/').replace('%20', '+')}</Key><LastModified>{BUCKETS[self.bucket][k]}</LastModified>"
                    f"<ETag>{escape(etag(body), {chr(34): '&quot;'})}</ETag><Size>{len(body)}</Size></Contents>")
        xml += "".join(f"<CommonPrefixes><Prefix>{quote(c, '/')}</Prefix></CommonPrefixes>" for c in common)
        self.answer(200, (xml + "<EncodingType>url</EncodingType></ListBucketResult>").encode())

    def get(self):
        name, headers = self.key.rpartition("/")[2], {}
        version = self.params.get("versionId")
        if self.key not in BUCKETS[self.bucket]:
            denied = self.who == "AKBELOW"
            raise Refused(403 if denied else 404, "AccessDenied" if denied else "NoSuchKey")
        if name == "archived.dump":
            raise Refused(403, "InvalidObjectState", "not valid for the object's storage class", "<StorageClass>GLACIER</StorageClass>")
        body = content(self.key)
        if name == "versions.dump":
            if version == "secret":
                raise Refused(403, "AccessDenied", "not authorized to perform: s3:GetObjectVersion")
            if version not in (None, "v1", "v2"):
                raise Refused(404, "NoSuchVersion")
            body = OLD if version == "v1" else body
            headers["x-amz-version-id"] = version or "v2"
        elif version:
            raise Refused(400, "InvalidArgument", "version")
        tag = '"0123456789abcdef0123456789abcdef-3"' if name == "parts.dump" else etag(body)
        if self.headers["If-Match"] not in (None, tag):
            raise Refused(412, "PreconditionFailed")
        if name.endswith(".sha256"):
            body = f"{hashlib.sha256(BODY).hexdigest()}  {name.removesuffix('.sha256')}\n".encode()
        if self.headers["x-amz-checksum-mode"] == "ENABLED" and not self.headers["Range"]:
            headers |= self.checksum(name, body)
        if name == "locked.dump":
            headers |= {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": "2036-01-01T00:00:00Z",
                        "x-amz-object-lock-legal-hold": "ON", "x-amz-server-side-encryption": "AES256"}
        headers |= {"ETag": tag, "Last-Modified": "Sun, 22 Nov 2026 04:15:07 GMT"}
        if self.headers["Range"] and name != "no-ranges.dump":
            start = int(re.fullmatch(r"bytes=(\d+)-", self.headers["Range"])[1])
            if start >= len(body):
                raise Refused(416, "InvalidRange")
            shown = start - 1 if name == "odd-range.dump" else start
            headers["Content-Range"] = f"bytes {shown}-{len(body) - 1}/{len(body)}"
            self.answer(206, body[start:], **headers)
        else:
            self.answer(200, body, **headers)

    @staticmethod
    def checksum(name, body):
        sha = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if name == "parts.dump":
            return {"x-amz-checksum-sha256": sha + "-3"}
        if name == "composite.dump":
            return {"x-amz-checksum-sha256": sha, "x-amz-checksum-type": "COMPOSITE"}
        if name == "no-ranges.dump":
            return {"x-amz-checksum-crc64nvme": "AAAAAAAAAAA=", "x-amz-checksum-type": "FULL_OBJECT"}
        return {"x-amz-checksum-sha256": sha, "x-amz-checksum-type": "FULL_OBJECT"}

    def answer(self, status, body, **headers):
        self.send_response_only(status)
        for name, value in ({"Date": self.date_time_string()} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request, client_address):
        tls = self.context.wrap_socket(request, server_side=True)
        try:
            super().finish_request(tls, client_address)
            tls.unwrap()  # close_notify
        except OSError:
            pass

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    with tempfile.TemporaryDirectory(prefix="s3-") as folder:
        cert, key = Path(folder, "cert.pem"), Path(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=object store", "-addext", f"subjectAltName=DNS:{HOST},DNS:*.{HOST}", "-keyout", key, "-out", cert],
                       check=True, capture_output=True)
        server = Server(("127.0.0.1", 0), Store)
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(cert, key)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], cert, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
