"""An object store with TLS and signatures on 127.0.0.1 (tests/lib/s3_server.py).

    store = S3(users={"reader": allowed("GetObject", "ListBucket")})
    store.bucket("dumps")
    store.put("dumps", "shop/a.dump", content)
    box.add_published("s3://dumps/shop/", store, **store.login("reader"))
    store.requests()                    # (method, target, status, range, key that signed)

It is filled by boto3, whose signatures it checks like any other's.
"""

import json
import subprocess
import sys
from pathlib import Path

from . import postgres, processes, tap, tls

HOST = "s3.drillbox.test"
REGION = "eu-central-1"


def allowed(*actions, resource="*"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [f"s3:{action}" for action in actions], "Resource": resource}]}


# What the README tells people to give the box, and enough.
READ_ONLY = allowed("ListBucket", "GetObject", "GetObjectVersion")


class S3:
    def __init__(self, users=None, roles=None, public=(), skew=0, filled=None, certificates=None):
        self.host, self.certificates = HOST, certificates or tls.authority()
        certificate, key = self.certificates.server(HOST, also=(f"*.{HOST}", "127.0.0.1"))
        self.port = postgres.free_port()
        self.dir = tap.folder("s3")
        settings = {"port": self.port, "host": HOST, "region": REGION, "certificate": str(certificate), "key": str(key),
                    "users": {"admin": allowed("*"), **(users or {"reader": READ_ONLY})}, "roles": roles or {},
                    "public": list(public), "skew": skew, "filled": filled or {}}
        self.said = self.dir / "said"
        with open(self.said, "wb") as said, open(self.dir / "log", "wb") as log:
            self.process = processes.serve([sys.executable, Path(__file__).with_name("s3_server.py"), json.dumps(settings)],
                                           stdin=subprocess.DEVNULL, stdout=said, stderr=log)
        first = processes.wait_for(self._first_line, 60, saying="the object store did not start")
        self.keys = json.loads(first)
        self.s3 = self.client("admin")

    def _first_line(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the object store ended:\n{(self.dir / 'log').read_text()}")
        line, end, _ = self.said.read_text().partition("\n")
        return line if end else None

    @property
    def url(self):
        return f"https://{self.host}:{self.port}"

    def client(self, user, secret=None):
        """boto3's, as that user, perhaps with another secret."""
        import boto3
        from botocore.config import Config
        key = self.keys["users"][user]
        return boto3.client("s3", endpoint_url=f"https://127.0.0.1:{self.port}", region_name=REGION, verify=str(self.certificates.ca),
                            aws_access_key_id=key[0], aws_secret_access_key=secret or key[1],
                            config=Config(request_checksum_calculation="when_required", retries={"max_attempts": 1},
                                          proxies={}, s3={"addressing_style": "path"}))

    def login(self, user):
        """What a box needs to know for a user or a role, for Box.add_published()."""
        if user in self.keys["roles"]:
            key, secret, token = self.keys["roles"][user]
            return {"access-key": key, "secret-key-file": secret, "session-token-file": token}
        key, secret = self.keys["users"][user]
        return {"access-key": key, "secret-key-file": secret}

    def bucket(self, name, versions=True):
        self.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        if versions:
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def put(self, bucket, key, content, **options):
        """Bytes, a text or a file; 'options' are put_object's. Returns what boto3 says of it."""
        if isinstance(content, Path):
            content = content.read_bytes()
        return self.s3.put_object(Bucket=bucket, Key=key, Body=content, **options)

    def put_in_parts(self, bucket, key, content, size=5 << 20):
        """A multipart upload: its ETag is no MD5."""
        upload = self.s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        parts = []
        for number, at in enumerate(range(0, len(content), size), 1):
            done = self.s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=content[at:at + size])
            parts.append({"PartNumber": number, "ETag": done["ETag"]})
        return self.s3.complete_multipart_upload(Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    def requests(self):
        return [tuple(json.loads(line)) for line in self.said.read_text().splitlines()[1:]]
