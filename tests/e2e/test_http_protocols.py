"""Protocols that none of Cloudlet's services speaks yet, through the door, with stock clients and their signatures.

The server is `edge/http/examples/echo.rs`, whose services give back what they are told.
"""

import datetime
import hashlib
import json
import math
import zlib
from urllib.request import Request, urlopen
from urllib.error import HTTPError

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import echo
from echo import CRC32, encoded, put

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
    with echo.served() as (address, _):
        yield address


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


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_a_stock_client_sends_checksums(client, algorithm):
    answer = client("echoxml").echo(Text="folder/a b/", Body=b"body", Meta={"k": "v"}, Algorithm=algorithm)
    assert answer["Body"].read() == b"body"
    assert answer["Meta"].pop("k") == "v"
    # What the operation knew of the body when all of it had come.
    sums = {"CRC32": zlib.crc32(b"body").to_bytes(4, "big"), "SHA1": hashlib.sha1(b"body").digest(),
            "SHA256": hashlib.sha256(b"body").digest()}
    md5 = hashlib.md5(b"body").hexdigest()
    assert answer["Meta"] == {algorithm.lower(): sums[algorithm].hex(), "content-md5": md5}


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
