#!/usr/bin/env python3
"""An object store: moto's S3 behind TLS, and at its door a check of every signature, as strict as Amazon's.

    s3_server.py SETTINGS   (JSON: port, host, region, certificate, key, users {name: policy}, roles {name: policy}, public, skew,
     filled {bucket: number of objects})

Once it listens it prints a line of JSON, {"users": {name: [key, secret]}, "roles": {name: [key, secret, token]}}; then a line for each
request: [method, target, status, range, key that signed it]. tests/lib/s3.py starts it.

Moto's own check works on paths that were decoded, so it refuses what every real store takes as soon as a key holds a space. So the door
takes the target as it came and encodes it anew, once, as Amazon does (RFC 3986 without any normalising of the path), and lets
botocore compute the signature from that. What a signed request may do is moto's to say, from the policies.
"""

import base64
import datetime
import email.utils
import hashlib
import io
import json
import os
import ssl
import sys
import threading
import time
import warnings
from urllib.parse import quote, unquote, urlsplit
from xml.sax.saxutils import escape

SETTINGS = json.loads(sys.argv[1])
HOST, PORT, REGION = SETTINGS["host"], SETTINGS["port"], SETTINGS["region"]
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
os.environ["MOTO_S3_CUSTOM_ENDPOINTS"] = f"https://{HOST}:{PORT}"  # by this name buckets are in the path, below it in the name
warnings.simplefilter("ignore")

from botocore.auth import S3SigV4Auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.core.responses import ActionAuthenticatorMixin  # noqa: E402
from moto.iam import iam_backends  # noqa: E402
from moto.iam.access_control import S3IAMRequest  # noqa: E402
from moto.moto_server.werkzeug_app import create_backend_app  # noqa: E402
from moto.s3 import s3_backends  # noqa: E402
from moto.sts import sts_backends  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

IAM = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
S3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
STS = sts_backends[DEFAULT_ACCOUNT_ID]["aws"]
LONGEST_SKEW = 15 * 60


def now():
    return time.time() + SETTINGS.get("skew", 0)


class Refused(Exception):
    def __init__(self, status, code, message, **more):
        super().__init__(message)
        self.status, self.code, self.more = status, code, more

    def xml(self):
        more = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in self.more.items())
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{self.code}</Code><Message>{escape(str(self))}</Message>{more}'
                f"<RequestId>4442587FB7D0A2F9</RequestId></Error>").encode()


# ---------------------------------------------------------------- the door

def secret_of(key, token):
    for user in IAM.users.values():
        for have in user.access_keys:
            if have.access_key_id == key:
                return have.secret_access_key
    for role in STS.assumed_roles:
        if role.access_key_id == key:
            if token != role.session_token:
                raise Refused(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
            return role.secret_access_key
    raise Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", AWSAccessKeyId=key)


def encoded_anew(text):
    return quote(unquote(text, errors="surrogateescape"), safe="-_.~", errors="surrogateescape")


def canonical(target):
    parts = urlsplit(target)
    path = "/".join(encoded_anew(part) for part in parts.path.split("/"))
    query = "&".join("=".join((encoded_anew(name), encoded_anew(value)))
                     for name, _, value in (pair.partition("=") for pair in parts.query.split("&") if pair))
    return f"https://{HOST}{path}" + (f"?{query}" if query else "")


def check_time(headers):
    try:
        asked = datetime.datetime.strptime(headers.get("x-amz-date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        raise Refused(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header") from None
    if abs(asked.timestamp() - now()) > LONGEST_SKEW:
        raise Refused(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
                      RequestTime=headers["x-amz-date"], MaxAllowedSkewMilliseconds=LONGEST_SKEW * 1000,
                      ServerTime=datetime.datetime.fromtimestamp(now(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))


def check_body(headers, body):
    digest = headers.get("x-amz-content-sha256")
    if digest is None:
        raise Refused(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    if digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(body).hexdigest():
        raise Refused(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")


def check_signature(method, target, headers, body):
    """The key that signed it."""
    algorithm, _, rest = headers["authorization"].partition(" ")
    fields = dict(field.strip().partition("=")[::2] for field in rest.split(","))
    try:
        key, day, region, service, last = fields["Credential"].split("/")
        signed, signature = fields["SignedHeaders"].split(";"), fields["Signature"]
    except (KeyError, ValueError):
        raise Refused(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.") from None
    if (algorithm, service, last) != ("AWS4-HMAC-SHA256", "s3", "aws4_request") or day != headers.get("x-amz-date", "")[:8]:
        raise Refused(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.")
    secret = secret_of(key, headers.get("x-amz-security-token"))
    if region != REGION:
        raise Refused(400, "AuthorizationHeaderMalformed", f"The authorization header is malformed; the region '{region}' is wrong; "
                      f"expecting '{REGION}'", Region=REGION)
    check_time(headers)
    check_body(headers, body)
    unsigned = [name for name in headers if (name == "host" or name.startswith("x-amz-")) and name not in signed]
    if unsigned:
        raise Refused(403, "AccessDenied", "There were headers present in the request which were not signed", HeadersNotSigned=unsigned[0])
    request = AWSRequest(method=method, url=canonical(target), headers={name: headers.get(name, "") for name in signed})
    request.context["timestamp"] = headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials(key, secret), service, region)
    if auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request) != signature:
        raise Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. "
                      "Check your key and signing method.", AWSAccessKeyId=key)
    return key


def check_sum(headers, body):
    """The checksum that the store is to keep with the object. Moto computes one, and forgets it."""
    sum = headers.get("x-amz-checksum-sha256")
    if sum and sum != base64.b64encode(hashlib.sha256(body).digest()).decode():
        raise Refused(400, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
    return sum


class Door:
    def __init__(self, app):
        self.app, self.sums = app, {}  # by path, of what was put last

    def __call__(self, environ, start_response):
        target, method = environ["RAW_URI"], environ["REQUEST_METHOD"]
        headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        row = [method, target, 0, headers.get("range", ""), ""]

        def start(status, answer, *rest):
            row[2] = int(status.split()[0])
            if method == "PUT" and row[2] == 200:
                self.sums[environ["PATH_INFO"]] = sum
            elif row[2] == 200 and headers.get("x-amz-checksum-mode") == "ENABLED" and self.sums.get(environ["PATH_INFO"]):
                answer.append(("x-amz-checksum-sha256", self.sums[environ["PATH_INFO"]]))
            print(json.dumps(row), flush=True)
            return start_response(status, answer, *rest)

        sum = None
        try:
            if "authorization" in headers:
                row[4] = check_signature(method, target, headers, body)
            elif not self.public(headers.get("host", ""), target, method):
                raise Refused(403, "AccessDenied", "Access Denied")
            sum = check_sum(headers, body)
            local.anonymous = "authorization" not in headers
            return self.app(environ, start)
        except Refused as refused:
            answer = refused.xml()
            start(f"{refused.status} Refused", [("Content-Type", "application/xml"), ("Content-Length", str(len(answer)))])
            return [b"" if method == "HEAD" else answer]

    @staticmethod
    def public(host, target, method):
        bucket = host.removesuffix(f".{HOST}:{PORT}") if host.endswith(f".{HOST}:{PORT}") else target.split("/")[1].partition("?")[0]
        return method in ("GET", "HEAD") and bucket in SETTINGS.get("public", ())


# Whether the request at hand bears no signature: set at the door, and the policies are then not asked.
local = threading.local()
ask_policies = ActionAuthenticatorMixin._authenticate_and_authorize_action


def authorize(self, *argv, **named):
    if not local.anonymous:
        ask_policies(self, *argv, **named)


ActionAuthenticatorMixin._authenticate_and_authorize_action = authorize
S3IAMRequest.check_signature = lambda self: None  # it was checked at the door


# ---------------------------------------------------------------- the server

class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(now(), usegmt=True)

    def log(self, type, message, *args):
        pass


def users():
    keys = {"users": {}, "roles": {}}
    for name, policy in SETTINGS["users"].items():
        IAM.create_user(REGION, name)
        IAM.put_user_policy(name, "policy", json.dumps(policy))
        key = IAM.create_access_key(name)
        keys["users"][name] = [key.access_key_id, key.secret_access_key]
    for name, policy in SETTINGS.get("roles", {}).items():
        role = IAM.create_role(name, "{}", "/", None, "", [], None)
        IAM.put_role_policy(name, "policy", json.dumps(policy))
        session = STS.assume_role(REGION, "box", role.arn, None, 3600, None)
        keys["roles"][name] = [session.access_key_id, session.secret_access_key, session.session_token]
    return keys


def fill():
    """Many objects would take long by requests."""
    for bucket, number in SETTINGS.get("filled", {}).items():
        S3.create_bucket(bucket, REGION)
        for n in range(1, number + 1):
            S3.put_object(bucket, f"old/{n:04}.dump", b"x")


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SETTINGS["certificate"], SETTINGS["key"])
    server = make_server("127.0.0.1", PORT, Door(create_backend_app("s3")), threaded=True, request_handler=Handler, ssl_context=context)
    fill()
    print(json.dumps(users()), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
