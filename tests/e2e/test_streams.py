"""Bodies that pass the door as they come: framed, signed, summed, too short, too slow to ask for, and larger than memory.

The server is `edge/http/examples/echo.rs`. What it gets by PUT streams; by POST the same is read first, and answered alike.
"""

import gzip
import hashlib
import http.client
import io
import os
import socket
import threading
import zlib

import pytest
from botocore.awsrequest import AWSRequest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum

import echo
from echo import CRC32, HOST, ChunkSigner, Signer, encoded, put, send

TRAILER = {
    "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x_amz_decoded_content_length": "4",
    "x_amz_trailer": "x-amz-checksum-crc32",
    "content_encoding": "aws-chunked",
}


@pytest.fixture(scope="module")
def server():
    with echo.served() as server:
        yield server


@pytest.fixture
def address(server):
    return server[0]


@pytest.fixture(params=["PUT", "POST"])
def method(request):
    return request.param


def code(outcome):
    status, answer = outcome
    return status, answer.split(b"<Code>")[1].split(b"</Code>")[0].decode()


def test_a_checksum_may_come_in_the_trailer(address, method):
    body = b"2\r\nbo\r\n2\r\ndy\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n"
    assert put(address, body % CRC32.encode(), method, **TRAILER) == (200, b"body")
    assert code(put(address, body % b"AAAAAA==", method, **TRAILER)) == (400, "BadDigest")
    assert code(put(address, body[:7], method, **TRAILER)) == (400, "IncompleteBody")
    assert code(put(address, b"x" * 600, method, **TRAILER)) == (400, "InvalidRequest")
    longer = TRAILER | {"x_amz_decoded_content_length": "5"}
    assert code(put(address, body % CRC32.encode(), method, **longer)) == (400, "IncompleteBody")
    without = TRAILER | {"x_amz_decoded_content_length": ""}
    assert code(put(address, body % CRC32.encode(), method, **without)) == (411, "MissingContentLength")


def signed(address, signer, method, **headers):
    request = AWSRequest(method, address + "/folder/a%20b/", headers)
    signer.add_auth(request)
    return request


def test_chunks_and_trailer_may_be_signed(address):
    signer = ChunkSigner()
    headers = {
        "x-amz-decoded-content-length": "4",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "aws-chunked",
    }
    request = signed(address, signer, "PUT", **headers)
    headers = dict(request.headers.items())
    body = signer.body(request, [b"bo", b"dy"], b"x-amz-checksum-crc32:" + CRC32.encode())
    assert send(address, body, headers) == (200, b"body")
    for wrong in [body.replace(b"dy", b"dx"), body.replace(CRC32.encode(), b"AAAAAA==")]:
        assert code(send(address, wrong, headers)) == (403, "SignatureDoesNotMatch")
    lie = signer.body(request, [b"bo", b"dy"], b"x-amz-checksum-crc32:AAAAAA==")
    assert code(send(address, lie, headers)) == (400, "BadDigest")


def test_a_signature_covers_the_body_that_comes(address):
    request = signed(address, Signer(hashlib.sha256(b"body").hexdigest()), "PUT")
    headers = dict(request.headers.items())
    assert send(address, b"body", headers) == (200, b"body")
    assert code(send(address, b"bodx", headers)) == (400, "XAmzContentSHA256Mismatch")
    assert code(send(address, b"body", headers, path="/other")) == (403, "SignatureDoesNotMatch")
    headers = dict(signed(address, Signer("UNSIGNED-PAYLOAD"), "PUT").headers.items())
    assert send(address, b"anything", headers) == (200, b"anything")


def test_a_stock_clients_chunks_are_read(address):
    data = os.urandom(300_000)
    wrapper = AwsChunkedWrapper(io.BytesIO(data), Crc32Checksum, "x-amz-checksum-crc32", chunk_size=70_000)
    headers = TRAILER | {"x_amz_decoded_content_length": str(len(data))}
    framed = wrapper.read()
    assert put(address, framed, **headers) == (200, data)
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    pieces = (framed[at : at + 7_919] for at in range(0, len(framed), 7_919))
    connection.request("PUT", "/k", pieces, {"host": HOST, "content-length": str(len(framed)), **headers})
    response = connection.getresponse()
    assert response.read() == data
    assert response.headers["x-amz-meta-crc32"] == f"{zlib.crc32(data):08x}"
    assert response.headers["x-amz-meta-content-md5"] == hashlib.md5(data).hexdigest()


def test_a_body_is_taken_as_it_is(address):
    packed = gzip.compress(b"body")
    assert put(address, packed, content_encoding="gzip") == (200, packed)
    assert put(address, b"body", "POST", content_encoding="identity") == (200, b"body")
    assert put(address, b"Action=X", content_type="application/x-www-form-urlencoded") == (200, b"Action=X")
    assert put(address, b"") == (200, b"")


def spoken(address, head, body=b""):
    """A connection on which this was said."""
    host, port = address.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(f"{head} HTTP/1.1\r\nhost: {HOST}\r\n".encode() + body)
    return connection


def heard(connection):
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


def test_a_length_is_needed(address):
    with spoken(address, "PUT /k", b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n") as connection:
        assert code(heard(connection)) == (411, "MissingContentLength")
    with spoken(address, "PUT /k", b"\r\n") as connection:
        assert code(heard(connection)) == (411, "MissingContentLength")


def test_a_client_that_asks_hears_yes_when_its_body_is_wanted(address):
    with spoken(address, "PUT /k", b"content-length: 4\r\nexpect: 100-continue\r\n\r\n") as connection:
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"body")
        assert heard(connection) == (200, b"body")
    with spoken(address, "PUT /fail", b"content-length: 4\r\nexpect: 100-continue\r\n\r\n") as connection:
        assert code(heard(connection)) == (409, "Failed")


def test_a_body_that_breaks_off_is_no_body(address):
    with spoken(address, "PUT /k", b"content-length: 5\r\n\r\nbody") as connection:
        connection.shutdown(socket.SHUT_WR)
        assert code(heard(connection)) == (400, "IncompleteBody")


def test_an_answer_is_heard_by_a_client_that_sends_first(address):
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    for _ in range(2):
        connection.request("PUT", "/fail", b"x" * 20_000_000, {"host": HOST})
        response = connection.getresponse()
        assert code((response.status, response.read())) == (409, "Failed")


def test_an_answer_that_turns_out_wrong_breaks_off(address):
    md5 = encoded(hashlib.md5(b"body").digest())
    assert put(address, b"body", path="/pass", content_md5=md5) == (200, b"body")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        put(address, b"bodx", path="/pass", content_md5=md5)


def test_what_passes_is_never_in_memory_as_a_whole(server):
    address, process = server
    size, piece = 256 * 1024 * 1024, os.urandom(1024 * 1024)
    connection = http.client.HTTPConnection(address.removeprefix("http://"))
    connection.putrequest("PUT", "/pass", skip_host=True)
    connection.putheader("host", HOST)
    connection.putheader("content-length", str(size))
    connection.endheaders()

    def speak():
        for _ in range(size // len(piece)):
            connection.send(piece)

    before = peak_bytes(process)
    speaker = threading.Thread(target=speak)
    speaker.start()
    response = connection.getresponse()
    assert int(response.headers["content-length"]) == size
    while said := response.read(len(piece)):
        assert said == piece
    speaker.join()
    assert peak_bytes(process) - before < 8 * 1024 * 1024


def peak_bytes(process):
    with open(f"/proc/{process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
