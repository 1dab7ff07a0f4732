"""Protocols that none of Cloudlet's services speaks yet, through the door, with stock clients and their signatures.

The server is `edge/http/examples/echo.rs`, whose services give back what they are told.
"""

import base64
import datetime
import hashlib
import hmac
import json
import math
import os
import subprocess
import zlib
from pathlib import Path
from urllib.request import Request, urlopen
from urllib.error import HTTPError

import botocore.session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ECHO = os.environ.get("CLOUDLET_ECHO", str(Path(__file__).parents[2] / "target/debug/examples/echo"))

MEMBERS = {
    "Text": {"shape": "Text"},
    "Long": {"shape": "Long"},
    "Double": {"shape": "Double"},
    "Flag": {"shape": "Flag"},
    "Blob": {"shape": "Blob"},
    "Moment": {"shape": "Moment"},
    "List": {"shape": "List"},
    "Map": {"shape": "Map"},
    "Inner": {"shape": "Echo"},
}
OBJECT_MEMBERS = {
    "Text": {"shape": "Text", "location": "uri", "locationName": "Text"},
    "Meta": {"shape": "Texts", "location": "headers", "locationName": "x-amz-meta-"},
    "Body": {"shape": "Blob", "streaming": True},
    "Algorithm": {"shape": "Text", "location": "header", "locationName": "x-amz-sdk-checksum-algorithm"},
}
SHAPES = {
    "Echo": {"type": "structure", "members": MEMBERS},
    "Object": {"type": "structure", "members": OBJECT_MEMBERS, "required": ["Text"], "payload": "Body"},
    "Text": {"type": "string"},
    "Long": {"type": "long"},
    "Double": {"type": "double"},
    "Flag": {"type": "boolean"},
    "Blob": {"type": "blob"},
    "Moment": {"type": "timestamp"},
    "List": {"type": "list", "member": {"shape": "Text", "locationName": "item"}},
    "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Long"}},
    "Texts": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
}


def description(name, protocol, shape, **more):
    operation = {"name": "Echo", "input": {"shape": shape}, "output": {"shape": shape}}
    operation["http"] = {"method": "POST" if shape == "Echo" else "PUT", "requestUri": "/" if shape == "Echo" else "/{Text+}"}
    if shape == "Object":
        operation["httpChecksum"] = {"requestAlgorithmMember": "Algorithm"}
    metadata = {"apiVersion": "2012-11-05", "endpointPrefix": name, "protocol": protocol, "protocols": [protocol],
                "serviceFullName": name, "serviceId": name, "signatureVersion": "v4", "uid": name, **more}
    return {"version": "2.0", "metadata": metadata, "operations": {"Echo": operation}, "shapes": SHAPES}


@pytest.fixture(scope="module")
def address():
    process = subprocess.Popen([ECHO], stdout=subprocess.PIPE, text=True)
    yield process.stdout.readline().strip()
    process.kill()
    process.wait(5)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, protocol, shape, more in [
        ("echocbor", "smithy-rpc-v2-cbor", "Echo", {"targetPrefix": "EchoCbor"}),
        ("echoec2", "ec2", "Echo", {}),
        ("echoxml", "rest-xml", "Object", {"signingName": "s3"}),
    ]:
        (folder / name / "2012-11-05").mkdir(parents=True)
        model = json.dumps(description(name, protocol, shape, **more))
        (folder / name / "2012-11-05/service-2.json").write_text(model)
    session = botocore.session.Session()
    session.get_component("data_loader").search_paths.insert(0, str(folder))
    return session


@pytest.fixture
def client(session, address):
    def make(name, **config):
        config = Config(retries={"total_max_attempts": 1}, **config)
        return session.create_client(
            name, region_name="us-east-1", endpoint_url=address, config=config,
            aws_access_key_id="test", aws_secret_access_key="test",
        )
    return make


VALUE = {
    "Text": "<é> & \"x\"\n",
    "Long": 2**63 - 1,
    "Double": -1.25,
    "Flag": False,
    "Blob": b"\0\xff",
    "Moment": datetime.datetime(2018, 1, 9, 20, 51, 21, tzinfo=datetime.timezone.utc),
    "List": ["a", "", "b"],
    "Inner": {"Inner": {"Long": -1}},
}


def told(client, **value):
    answer = client.echo(**value)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    return answer


def test_cbor(client):
    value = {**VALUE, "Map": {"k": 1, "": -(2**40)}}
    assert told(client("echocbor"), **value) == value
    assert told(client("echocbor")) == {}
    for number in (math.inf, -math.inf):
        assert told(client("echocbor"), Double=number) == {"Double": number}
    assert math.isnan(told(client("echocbor"), Double=math.nan)["Double"])


def test_ec2(client):
    assert told(client("echoec2"), **VALUE) == VALUE


@pytest.mark.parametrize("name", ["echocbor", "echoec2", "echoxml"])
def test_errors(client, name):
    with pytest.raises(ClientError) as caught:
        client(name).echo(Text="fail")
    assert caught.value.response["Error"]["Code"] == "Failed"
    assert caught.value.response["Error"]["Message"] == "You <asked> for it."
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert caught.value.response["ResponseMetadata"]["RequestId"]


def test_cbor_byte_by_byte(address):
    def post(path, body, **headers):
        headers = {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor", **headers}
        try:
            with urlopen(Request(address + path, body, headers)) as response:
                return response.status, response.headers, response.read()
        except HTTPError as error:
            return error.code, error.headers, error.read()

    path = "/service/EchoCbor/operation/Echo"
    # A map without end, a text in pieces, a list without end, a null, a stranger, a moment of whole seconds.
    body = b"\xbf\x64Text\x7f\x61a\x61b\xff\x64List\x9f\x61x\xff\x64Long\xf6\x61?\x82\x01\xa0\x66Moment\xc1\x01\xff"
    status, headers, answer = post(path, body)
    assert (status, headers["smithy-protocol"], headers["content-type"]) == (200, "rpc-v2-cbor", "application/cbor")
    assert answer == b"\xa3\x64Text\x62ab\x66Moment\xc1\xfb\x3f\xf0\0\0\0\0\0\0\x64List\x81\x61x"
    assert post(path, b"")[2] == b"\xa0"
    status, headers, answer = post(path, b"\xa1\x64Long\x61x")
    assert (status, headers["smithy-protocol"]) == (400, "rpc-v2-cbor")
    assert b"SerializationException" in answer and b"can not be converted to a Long" in answer
    assert post("/service/EchoCbor/operation/Other", b"\xa0")[0] == 400
    assert post("/service/Nobody/operation/Echo", b"\xa0")[0] == 404
    assert post(path, b"\xa1\x65Inner" * 1000 + b"\xa0")[0] == 400


def put(address, body, **headers):
    return put_to(address, body, headers | {"host": "echoxml.localhost"})


def put_to(address, body, headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(address + "/folder/a%20b/", body, headers, method="PUT")
    try:
        with urlopen(request) as response:
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()


def encoded(checksum):
    return base64.b64encode(checksum).decode()


CRC32 = encoded(zlib.crc32(b"body").to_bytes(4, "big"))


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_stock_client_sends_checksums(client, algorithm):
    answer = client("echoxml").echo(Text="folder/a b/", Body=b"body", Meta={"k": "v"}, Algorithm=algorithm)
    assert answer["Body"].read() == b"body"
    assert answer["Meta"] == {"k": "v"}


def test_a_wrong_checksum_is_refused(client, address):
    def lie(request, **_):
        request.headers.replace_header("x-amz-checksum-crc32", "AAAAAA==")

    liar = client("echoxml")
    liar.meta.events.register("before-sign", lie)
    with pytest.raises(ClientError) as caught:
        liar.echo(Text="k", Body=b"body", Algorithm="CRC32")
    assert caught.value.response["Error"]["Code"] == "BadDigest"
    md5 = encoded(hashlib.md5(b"body").digest())
    assert put(address, b"body", content_md5=md5) == (200, b"body")
    assert put(address, b"other", content_md5=md5)[0] == 400
    both = put(address, b"body", x_amz_checksum_crc32=CRC32, x_amz_checksum_sha1="x")
    assert both[0] == 400 and b"<Code>InvalidRequest</Code>" in both[1]


def test_a_checksum_may_come_in_the_trailer(address):
    headers = {
        "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x_amz_decoded_content_length": "4",
        "x_amz_trailer": "x-amz-checksum-crc32",
        "content_encoding": "aws-chunked",
    }
    body = b"2\r\nbo\r\n2\r\ndy\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n"
    assert put(address, body % CRC32.encode(), **headers) == (200, b"body")
    status, answer = put(address, body % b"AAAAAA==", **headers)
    assert (status, b"<Code>BadDigest</Code>" in answer) == (400, True)
    assert b"IncompleteBody" in put(address, body[:7], **headers)[1]


class ChunkSigner(S3SigV4Auth):
    """Signs a request whose chunks and trailer are signed after it, with a key that the server knows."""

    def __init__(self):
        super().__init__(Credentials("AKIAECHOECHOECHOECHO", "secret"), "s3", "us-east-1")

    def payload(self, request):
        return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"

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


def test_chunks_and_trailer_may_be_signed(address):
    signer = ChunkSigner()
    headers = {
        "x-amz-decoded-content-length": "4",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "aws-chunked",
    }
    request = AWSRequest("PUT", address + "/folder/a%20b/", headers)
    signer.add_auth(request)
    signed = {name.replace("-", "_"): value for name, value in request.headers.items()}
    body = signer.body(request, [b"bo", b"dy"], b"x-amz-checksum-crc32:" + CRC32.encode())
    assert put_to(address, body, signed) == (200, b"body")
    for wrong in [body.replace(b"dy", b"dx"), body.replace(CRC32.encode(), b"AAAAAA==")]:
        status, answer = put_to(address, wrong, signed)
        assert (status, b"<Code>SignatureDoesNotMatch</Code>" in answer) == (403, True)
    lie = signer.body(request, [b"bo", b"dy"], b"x-amz-checksum-crc32:AAAAAA==")
    assert b"<Code>BadDigest</Code>" in put_to(address, lie, signed)[1]
