"""Rubbish at every layer, from raw sockets up: a clean error in the client's own shape, and serving goes on."""

import http.client
import json
import re
import socket
import ssl
import threading
import urllib.parse

import pytest

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
LIST = b"X-Amz-Target: AmazonSQS.ListQueues\r\nContent-Type: application/x-amz-json-1.0\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def address(cloud):
    url = urllib.parse.urlsplit(cloud.url)
    return url.hostname, url.port


def talk(cloud, data, ends=False):
    """Sends bytes and reads until the server closes; an end of its own says that the client sends no more."""
    with socket.create_connection(address(cloud), timeout=15) as connection:
        answer = b""
        try:
            connection.sendall(data)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                answer += piece
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer


@pytest.fixture(autouse=True)
def goes_on(cloud):
    yield
    assert talk(cloud, b"GET /_cloudlet/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x00" * 100, 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / a b HTTP/1.1\r\n\r\n", 400),
        (b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", (400, 404)),
        (b"get / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Colour : red\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Colour: r\x01d\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 400_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"x%d: 1\r\n" % n for n in range(300)) + b"\r\n", 431),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"HEAD / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
        (b"HEAD /_cloudlet/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 200),
        (b"OPTIONS / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
        (b"TRACE / HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
        (b"CONNECT example.com:443 HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 404),
        (b"GET / HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: upgrade, close\r\n\r\n", 200),
        (b"GET http://localhost/_cloudlet/health HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n", 200),
        (b"GET /_cloudlet/health HTTP/1.0\r\n\r\n", 200),
        (b"POST / HTTP/1.1\r\n" + HOST + LIST + CLOSE + CHUNKED + b"\r\n2\r\n{}\r\n0\r\nX-Trailer: 1\r\n\r\n", 200),
        (b"POST / HTTP/1.1\r\n" + HOST + LIST + CLOSE + CHUNKED + b"\r\nzz\r\n{}\r\n", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + LIST + CLOSE + CHUNKED + b"\r\nffffffffffffffffff\r\n{}", 400),
        (b"POST / HTTP/1.1\r\n" + HOST + LIST + CLOSE + b"Content-Length: 200000000\r\n\r\n" + b"x" * 1000, 413),
        (b"POST / HTTP/1.1\r\n" + HOST + LIST + CLOSE + b"Expect: 100-continue\r\nContent-Length: 200000000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\n" + HOST + LIST + CLOSE + b"Expect: 200-perhaps\r\nContent-Length: 2\r\n\r\n{}", 200),
    ],
)
def test_http_1(cloud, data, status):
    answer = talk(cloud, data)
    wanted = status if isinstance(status, tuple) else (status,)
    assert int(answer.split(b" ")[1]) in wanted, answer[:300]
    if b"x-amzn-requestid" in answer and b"application/json" in answer and not data.startswith(b"HEAD"):
        json.loads(answer.split(b"\r\n\r\n", 1)[1])


@pytest.mark.parametrize("body", [b"Content-Length: 50\r\n\r\nabc", CHUNKED + b"\r\n5\r\nab", CHUNKED + b"\r\n"])
def test_a_body_that_breaks_off(cloud, body):
    answer = talk(cloud, b"POST / HTTP/1.1\r\n" + HOST + LIST + body, ends=True)
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert b"IncompleteBody" in answer


def test_expect_100_continue(cloud):
    with socket.create_connection(address(cloud), timeout=15) as connection:
        head = b"POST / HTTP/1.1\r\n" + HOST + LIST + CLOSE + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        connection.sendall(head)
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "data",
    [
        PREFACE + b"\xff" * 100,
        PREFACE + SETTINGS + b"\x00\xff\xff\x01\x05\x00\x00\x00\x01",
        PREFACE + SETTINGS + b"\x00\x00\x04\x01\x05\x00\x00\x00\x01\xff\xff\xff\xff",
        PREFACE + SETTINGS + b"\x00\x00\x04\x00\x00\x00\x00\x00\x01abcd",
        PREFACE[:10],
        PREFACE,
    ],
)
def test_http_2(cloud, data):
    answer = talk(cloud, data, ends=True)
    assert not answer or answer[3] == 4 or answer.startswith(b"HTTP/1.1 400"), answer[:100]


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x00\x05hello", b"\x16" + b"\xff" * 200, b"\x16", b"\x16\x03\x01\xff\xff"])
def test_tls(cloud, data):
    answer = talk(cloud, data, ends=True)
    assert not answer or answer[0] == 0x15, answer


def test_plain_clients_and_tls_clients_that_know_no_common_version(cloud):
    context = ssl.create_default_context(cafile=str(cloud.data / "ca.pem"))
    context.set_ciphers("AES128-SHA")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(address(cloud), timeout=10) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname="localhost")


def test_many_slow_clients_stop_nobody(cloud):
    """Clients that say half of a request and wait hold nothing that others need."""
    slow = [socket.create_connection(address(cloud), timeout=10) for _ in range(50)]
    for number, connection in enumerate(slow):
        connection.sendall([b"", b"G", b"POST / HTTP/1.1\r\nHo", b"\x16\x03", PREFACE[:20]][number % 5])
    assert cloud.client("sts").get_caller_identity()["Account"]
    for connection in slow:
        connection.close()


FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
CBOR = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
JSON_1_0 = {"Content-Type": "application/x-amz-json-1.0"}


def to(target, **more):
    return {**JSON_1_0, "X-Amz-Target": target, **more}


def ask(cloud, method, path, headers, body):
    connection = http.client.HTTPConnection(*address(cloud), timeout=15)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode(errors="replace")


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "code"),
    [
        # By target.
        ("POST", "/", to("AmazonSQS.Nothing"), "{}", 400, "UnknownOperationException"),
        ("POST", "/", to("Nobody.Nothing"), "{}", 404, "UnknownOperationException"),
        ("POST", "/", to(""), "{}", 404, "UnknownOperationException"),
        ("POST", "/", to("AmazonSQS"), "{}", 404, "UnknownOperationException"),
        ("POST", "/", to("DynamoDB_20120810.CreateGlobalTable"), "{}", 501, "NotImplemented"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), "{", 400, "SerializationException"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), "null", 400, "SerializationException"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), "{} {}", 400, "SerializationException"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), '{"Limit": "many"}', 400, "SerializationException"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), '{"Limit": 1e400}', 400, "SerializationException"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), '{"Limit": 0}', 400, "ValidationException"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), b'{"ExclusiveStartTableName": "\xff\xfe\xfd"}', 400, "SerializationException"),
        ("POST", "/", to("DynamoDB_20120810.ListTables"), "[" * 100_000, 400, "SerializationException"),
        # By action.
        ("POST", "/", FORM, "Action=Nothing&Version=2010-03-31", 400, "InvalidAction"),
        ("POST", "/", FORM, "Action=&Version=2010-03-31", 400, "InvalidAction"),
        ("POST", "/", FORM, "Action=ListTopics&Version=1999-01-01", 404, "UnknownOperationException"),
        ("POST", "/", FORM, "Version=2010-03-31", 404, "UnknownOperationException"),
        ("POST", "/", FORM, "", 404, "UnknownOperationException"),
        ("POST", "/", FORM, "%%%=&&&=&\x00", 404, "UnknownOperationException"),
        ("POST", "/", FORM, "Action=CreateUser&Version=2010-05-08", 400, "ValidationError"),
        ("POST", "/", FORM, "Action=ListUsers&Version=2010-05-08&MaxItems=many", 400, "MalformedInput"),
        ("POST", "/", FORM, "Action=AddUserToGroup&Version=2010-05-08", 501, "NotImplemented"),
        ("POST", "/", {**FORM, "Content-Encoding": "gzip"}, "no gzip", 400, "IncompleteBody"),
        ("GET", "/?Action=Nothing&Version=2011-06-15", {}, None, 400, "InvalidAction"),
        # By method and path.
        ("PATCH", "/nothing/here", {}, None, 404, "UnknownOperationException"),
        ("PATCH", "/2015-03-31/functions", {}, "{}", 404, "UnknownOperationException"),
        ("POST", "/2015-03-31/functions", {}, "{", 400, "SerializationException"),
        ("POST", "/2015-03-31/functions", {}, "{}", 400, "ValidationException"),
        ("GET", "/2015-03-31/functions/none", {}, None, 404, "ResourceNotFoundException"),
        ("POST", "/v2/apis", {}, "[]", 400, "SerializationException"),
        ("GET", "/v2/apis/none", {}, None, 404, "NotFoundException"),
        ("GET", "/2015-03-31/event-source-mappings/?MaxItems=many", {}, None, 400, "SerializationException"),
        # By the path of the CBOR protocol.
        ("POST", "/service/Nobody/operation/Nothing", CBOR, b"\xa0", 404, "UnknownOperationException"),
        ("POST", "/service/AmazonSQS/operation/ListQueues", CBOR, b"\xff\xff", 404, "UnknownOperationException"),
        # By nothing that is known.
        ("POST", "/", {"Content-Type": "text/plain"}, "Action=ListTopics&Version=2010-03-31", 404, "UnknownOperationException"),
        ("POST", "/", {"Content-Type": "application/xml"}, "<a/>", 404, "UnknownOperationException"),
        ("DELETE", "/%ff%00/../../etc/passwd", {}, None, 404, "UnknownOperationException"),
    ],
)
def test_each_protocol_has_its_own_shape(cloud, method, path, headers, body, status, code):
    got, answer, text = ask(cloud, method, path, headers, body)
    assert got == status, text
    request_id = answer["x-amzn-requestid"]
    if headers is FORM or headers.get("Content-Encoding") or path.startswith("/?"):
        assert answer["content-type"].startswith("text/xml")
        assert f"<Code>{code}</Code>" in text
        assert f"<RequestId>{request_id}</RequestId>" in text
        assert "<Type>Receiver</Type>" in text if status >= 500 else "<Type>Sender</Type>" in text
        return
    if "smithy-protocol" in headers:
        assert answer["content-type"] == "application/cbor"
        assert code in text
        return
    named = answer.get("x-amzn-errortype") or json.loads(text)["__type"]
    assert named.rsplit("#", 1)[-1] == code, text


def test_a_path_that_is_nobody_elses_is_a_bucket(cloud):
    got, answer, text = ask(cloud, "GET", "/nothing/here", {}, None)
    assert (got, answer["content-type"]) == (404, "application/xml")
    assert "<Code>NoSuchBucket</Code>" in text and f"<RequestId>{answer['x-amzn-requestid']}</RequestId>" in text


def test_a_queue_may_stand_in_the_path(cloud, name):
    """As plain curl and old clients speak to SQS."""
    url = urllib.parse.urlsplit(cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"])
    sent, _, text = ask(cloud, "POST", url.path, FORM, "Action=SendMessage&Version=2012-11-05&MessageBody=gr%C3%BC%C3%9Fe")
    assert sent == 200 and re.search("<MessageId>", text), text
    got, _, text = ask(cloud, "GET", url.path + "?Action=ReceiveMessage&Version=2012-11-05", {}, None)
    assert got == 200 and "<Body>grüße</Body>" in text, text
    code, _, text = ask(cloud, "GET", url.path + "x?Action=ReceiveMessage", {}, None)
    assert code == 400 and "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in text, text


def test_pipelined_and_repeated_requests_are_answered_in_order(cloud):
    one = b"POST / HTTP/1.1\r\n" + HOST + LIST + b"Content-Length: 2\r\n\r\n{}"
    last = b"GET /nothing HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
    answer = talk(cloud, one * 5 + last)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200"] * 5 + [b"404"]


def test_a_client_that_leaves_ends_its_long_poll(cloud, name):
    """Nobody else's message is taken by a poll whose client is gone."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    body = json.dumps({"QueueUrl": url, "WaitTimeSeconds": 20}).encode()
    with socket.create_connection(address(cloud), timeout=10) as connection:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Type: application/x-amz-json-1.0\r\n"
        connection.sendall(head + b"X-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        # The poll is under way when a request that came after it was answered.
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    taken = []
    thread = threading.Thread(target=lambda: taken.extend(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]))
    thread.start()
    sqs.send_message(QueueUrl=url, MessageBody="mine")
    thread.join(20)
    assert [message["Body"] for message in taken] == ["mine"]
