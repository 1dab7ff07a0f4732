"""The server of `edge/http/examples/echo.rs`, and requests to its service whose objects are given back."""

import base64
import contextlib
import hashlib
import os
import subprocess
import zlib
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from botocore.auth import S3SigV4Auth
from botocore.credentials import Credentials

ECHO = os.environ.get("CLOUDLET_ECHO", str(Path(__file__).parents[2] / "target/debug/examples/echo"))
HOST = "echoxml.localhost"


@contextlib.contextmanager
def served():
    """Its address and its process."""
    process = subprocess.Popen([ECHO], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.kill()
        process.wait(5)


def put(address, body, method="PUT", path="/folder/a%20b/", **headers):
    """An unsigned request: a PUT has its body streamed, a POST has it read first."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(address, body, {"host": HOST, **headers}, method, path)


def send(address, body, headers, method="PUT", path="/folder/a%20b/"):
    request = Request(address + path, body, headers, method=method)
    try:
        with urlopen(request) as response:
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()


def encoded(checksum):
    return base64.b64encode(checksum).decode()


CRC32 = encoded(zlib.crc32(b"body").to_bytes(4, "big"))


class Signer(S3SigV4Auth):
    """Signs with a key that the server knows, over what is said to be the body's hash."""

    def __init__(self, payload):
        super().__init__(Credentials("AKIAECHOECHOECHOECHO", "secret"), "s3", "us-east-1")
        self.said = payload

    def payload(self, request):
        return self.said


class ChunkSigner(Signer):
    """Signs a request whose chunks and trailer are signed after it."""

    def __init__(self):
        super().__init__("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")

    def body(self, request, chunks, trailer):
        previous = request.headers["Authorization"].rsplit("Signature=", 1)[1]
        body = b""
        for chunk in [*chunks, b""]:
            hashes = [hashlib.sha256(b"").hexdigest(), hashlib.sha256(chunk).hexdigest()]
            previous = self.chained("AWS4-HMAC-SHA256-PAYLOAD", request, previous, hashes)
            body += b"%x;chunk-signature=%s\r\n" % (len(chunk), previous.encode())
            body += chunk + b"\r\n" if chunk else b""
        hashes = [hashlib.sha256(trailer + b"\n").hexdigest()]
        last = self.chained("AWS4-HMAC-SHA256-TRAILER", request, previous, hashes)
        return body + trailer + b"\r\nx-amz-trailer-signature:" + last.encode() + b"\r\n\r\n"

    def chained(self, algorithm, request, previous, hashes):
        lines = [algorithm, request.context["timestamp"], self.credential_scope(request), previous, *hashes]
        return self.signature("\n".join(lines), request)
