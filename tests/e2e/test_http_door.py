"""Rubbish, signatures and control paths, as plain HTTP."""

import concurrent.futures
import contextlib
import gzip
import http.client
import json
import socket
import ssl
import urllib.parse

import pytest
from botocore.exceptions import ClientError

JSON = {"Content-Type": "application/x-amz-json-1.0"}


def ask(cloud, method, path, body=None, headers=None):
    address = urllib.parse.urlsplit(cloud.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read()


def target(name):
    return {**JSON, "X-Amz-Target": name}


def test_health_in_both_shapes(cloud):
    for path in ["/_cloudlet/health", "/_localstack/health"]:
        status, _, body = ask(cloud, "GET", path)
        health = json.loads(body)
        assert status == 200
        assert health["services"]["sqs"] == "running"
        assert "SendMessage" in health["operations"]["sqs"]
        assert health["version"]


def test_metrics_count_requests(cloud):
    cloud.client("sts").get_caller_identity()
    _, headers, body = ask(cloud, "GET", "/_cloudlet/metrics")
    assert headers["content-type"].startswith("text/plain")
    assert 'cloudlet_requests_total{service="sts",operation="GetCallerIdentity",code="ok"}' in body.decode()


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("PATCH", "/", {}, None, 404),
        ("POST", "/", {}, b"", 404),
        ("POST", "/", {}, b"\x00\xff rubbish", 404),
        ("DELETE", "/%ff%00/../../etc/passwd", {}, None, 404),
        ("POST", "/", target("NoSuch.Thing"), b"{}", 404),
        ("POST", "/", target("AmazonSQS.NoSuchOperation"), b"{}", 400),
        ("POST", "/", target("AmazonSQS.SendMessage"), b"{", 400),
        ("POST", "/", target("AmazonSQS.SendMessage"), b"[]", 400),
        ("POST", "/", target("AmazonSQS.SendMessage"), b"\xff\xfe", 400),
        ("POST", "/", target("AmazonSQS.SendMessage"), b'{"QueueUrl": 7}', 400),
        ("POST", "/", target("AmazonSQS.SendMessage"), b'{"a":' * 100_000, 400),
        ("POST", "/", {**target("AmazonSQS.ListQueues"), "Content-Encoding": "gzip"}, b"no gzip", 400),
        ("PUT", "/_cloudlet/health", {}, None, 405),
        ("POST", "/_cloudlet/clock", {}, b"7", 400),
        ("POST", "/_cloudlet/clock", {}, b'{"advance_seconds": -1}', 400),
        ("POST", "/_cloudlet/clock", {}, b'{"colour": 1}', 400),
    ],
)
def test_rubbish_gets_a_clean_error(cloud, method, path, headers, body, status):
    answer, got, text = ask(cloud, method, path, body, headers)
    assert answer == status, text
    assert got["x-amzn-requestid"]
    json.loads(text)


def test_a_gzipped_body_is_understood(cloud):
    headers = {**target("AmazonSQS.ListQueues"), "Content-Encoding": "gzip"}
    status, _, _ = ask(cloud, "POST", "/", gzip.compress(b"{}"), headers)
    assert status == 200


def test_broken_http_does_not_stop_the_server(cloud):
    address = urllib.parse.urlsplit(cloud.url)
    for rubbish in [b"\x00" * 100, b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"]:
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            # The server may close first, at any of these.
            with contextlib.suppress(OSError):
                connection.sendall(rubbish)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(4096):
                    pass
    assert ask(cloud, "GET", "/_cloudlet/health")[0] == 200


def test_tls_on_the_same_port_by_its_own_authority(cloud):
    context = ssl.create_default_context(cafile=str(cloud.data / "ca.pem"))
    address = urllib.parse.urlsplit(cloud.url)
    connection = http.client.HTTPSConnection("localhost", address.port, context=context, timeout=10)
    connection.request("GET", "/_cloudlet/health")
    assert connection.getresponse().status == 200


def code_of(call):
    with pytest.raises(ClientError) as refusal:
        call()
    return refusal.value.response["Error"]["Code"]


def test_a_known_key_must_sign_right_even_in_open_mode(cloud):
    key, secret = cloud.root_key()
    assert cloud.client("sts", key, secret).get_caller_identity()["Account"] == "000000000000"
    assert code_of(cloud.client("sts", key, "wrong").get_caller_identity) == "SignatureDoesNotMatch"
    assert code_of(cloud.client("sqs", key, "wrong").list_queues) == "InvalidSignatureException"


def test_enforced_signatures(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    identity = cloud.client("sts", key, secret).get_caller_identity()
    assert identity["Arn"] == "arn:aws:iam::000000000000:root"
    assert code_of(cloud.client("sts").get_caller_identity) == "InvalidClientTokenId"
    assert code_of(cloud.client("sqs").list_queues) == "UnrecognizedClientException"
    status, _, body = ask(cloud, "POST", "/", b"{}", target("AmazonSQS.ListQueues"))
    assert (status, json.loads(body)["__type"].split("#")[-1]) == (400, "MissingAuthenticationTokenException")


def test_temporary_credentials(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    given = cloud.client("sts", key, secret).get_session_token(DurationSeconds=900)["Credentials"]
    temporary = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert cloud.client("sts", *temporary).get_caller_identity()["Account"] == "000000000000"
    assert code_of(cloud.client("sts", *temporary[:2]).get_caller_identity) == "InvalidClientTokenId"
    assert code_of(cloud.client("sts", *temporary[:2], "wrong").get_caller_identity) == "InvalidClientTokenId"
    assert code_of(cloud.client("sqs", *temporary[:2], "wrong").list_queues) == "UnrecognizedClientException"
    assert code_of(cloud.client("sts", *temporary).get_session_token) == "AccessDenied"
    ask(cloud, "POST", "/_cloudlet/clock", b'{"advance_seconds": 901}')
    assert code_of(cloud.client("sts", *temporary).get_caller_identity) == "ExpiredToken"
    assert code_of(cloud.client("sqs", *temporary).list_queues) == "ExpiredTokenException"


def test_the_clock_moves_visibility(make_cloud):
    cloud = make_cloud().start()
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=900)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cloud.client("sqs").receive_message, QueueUrl=queue, WaitTimeSeconds=20)
        ask(cloud, "POST", "/_cloudlet/clock", b'{"advance_seconds": 900, "frozen": true}')
        assert waiting.result(timeout=15)["Messages"][0]["Body"] == "later"
    assert json.loads(ask(cloud, "GET", "/_cloudlet/clock")[2])["frozen"] is True


def test_reset_wipes_everything_but_the_root_key(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    sqs = cloud.client("sqs", *cloud.root_key())
    sqs.create_queue(QueueName="q")
    for path in ["/_cloudlet/reset", "/moto-api/reset"]:
        assert ask(cloud, "POST", path)[0] == 200
        assert "QueueUrls" not in sqs.list_queues()


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("sns.us-east-1.localhost:4566", "/?Action=ListTopics", 200),
        ("sns.us-east-1.localhost.localstack.cloud:4566", "/?Action=ListTopics", 200),
        ("sns.us-east-1.amazonaws.com", "/?Action=ListTopics", 200),
        ("localhost.localstack.cloud", "/?Action=ListTopics", 200),
        ("sts.localhost", "/?Action=GetCallerIdentity", 200),
        # The host says which service is meant, and that one has no such thing.
        ("sqs.us-east-1.localhost", "/?Action=ListTopics", 400),
        ("sqs.us-east-1.localhost", "/2015-03-31/functions", 404),
        ("lambda.eu-west-1.localhost", "/2015-03-31/functions", 200),
        ("lambda.eu-west-1.localhost", "/v2/apis", 404),
        ("apigateway.eu-west-1.localhost", "/v2/apis", 200),
        ("nobody.eu-west-1.localhost", "/v2/apis", 404),
        ("cloud.example.com", "/v2/apis", 200),
        ("none.execute-api.localhost:4566", "/", 404),
    ],
)
def test_services_are_known_by_their_hosts(cloud, host, path, status):
    answer, _, body = ask(cloud, "GET", path, headers={"Host": host})
    assert answer == status, body


def test_an_address_for_one_service_alone(cloud, monkeypatch):
    """As AWS_ENDPOINT_URL_SQS gives it."""
    import boto3

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", cloud.url)
    session = boto3.Session("test", "test", region_name="us-east-1")
    assert session.client("sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
