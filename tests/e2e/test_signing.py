"""Every piece of a signature, wrong in turn, in each protocol: AWS's own code, status and words."""

import contextlib
import datetime
import http.client
import json
import re
import urllib.parse
from types import SimpleNamespace

import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

MINUTE = datetime.timedelta(minutes=1)
# One operation for each protocol; each needs a signature.
CALLS = {
    "json": ("POST", "/", "sqs", {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}, "{}"),
    "query": ("POST", "/", "sns", {"Content-Type": "application/x-www-form-urlencoded"}, "Action=ListTopics&Version=2010-03-31"),
    "rest": ("GET", "/2015-03-31/functions/", "lambda", {}, None),
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    from conftest import Cloud

    cloud = Cloud(tmp_path_factory.mktemp("strict"), "--auth", "enforce").start()
    yield cloud
    assert cloud.stop() == 0
    assert not any("panicked" in line for line in cloud.log), "".join(cloud.log)


def send(cloud, method, path, headers, body):
    address = urllib.parse.urlsplit(cloud.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return read(answer.status, dict(answer.getheaders()), answer.read().decode())


def read(status, headers, text):
    """An error's parts, out of any protocol; its request id must be in the header and, in XML, in the body."""
    request_id = headers["x-amzn-requestid"]
    if text.startswith("<"):
        code = re.search("<Code>(.*?)</Code>", text)
        message = re.search("<Message>(.*?)</Message>", text, re.DOTALL)
        assert f"<RequestId>{request_id}</RequestId>" in text
        return SimpleNamespace(status=status, code=code and code[1], message=message and message[1], text=text)
    body = json.loads(text)
    code = headers.get("x-amzn-errortype") or body.get("__type")
    message = body.get("message", body.get("Message"))
    return SimpleNamespace(status=status, code=code and code.split("#")[-1], message=message, text=text)


def signed(cloud, call, *, service=None, region="us-east-1", keys=None, at=None, presigned=None):
    """Method, path, headers and body of a signed request."""
    method, path, scope, headers, body = CALLS[call]
    if presigned is not None and call == "query":
        # What a presigned form says stands in the address.
        method, path, headers, body = "GET", f"/?{body}", {}, None
    request = AWSRequest(method, cloud.url + path, data=body, headers=headers)
    credentials = Credentials(*(keys or cloud.root_key()))
    if presigned is None:
        auth = SigV4Auth(credentials, service or scope, region)
    else:
        auth = SigV4QueryAuth(credentials, service or scope, region, expires=presigned)
    if at is None:
        auth.add_auth(request)
    else:
        with moved(at):
            auth.add_auth(request)
    prepared = request.prepare()
    url = urllib.parse.urlsplit(prepared.url)
    return method, url.path + ("?" + url.query if url.query else ""), dict(prepared.headers), body


@contextlib.contextmanager
def moved(by):
    """The client's clock is wrong."""
    import botocore.auth

    right = botocore.auth.get_current_datetime
    botocore.auth.get_current_datetime = lambda *a, **k: right(*a, **k) + by
    try:
        yield
    finally:
        botocore.auth.get_current_datetime = right


def edit(pattern, replacement):
    """A change of the Authorization header."""

    def change(headers):
        text = headers["Authorization"]
        headers["Authorization"] = re.sub(pattern, replacement, text)
        assert headers["Authorization"] != text

    return change


def without(*names):
    def change(headers):
        for name in names:
            del headers[name]

    return change


MISMATCH = "The request signature we calculated does not match the signature you provided."
INCOMPLETE = ("IncompleteSignatureException", "IncompleteSignature")
INVALID = ("InvalidSignatureException", "SignatureDoesNotMatch")
UNKNOWN = ("UnrecognizedClientException", "InvalidClientTokenId")
MISSING = ("MissingAuthenticationTokenException", "MissingAuthenticationToken")

# What is done to the headers of a right request; what it is called in JSON and in XML; a part of what is said.
HEADERS = {
    "nothing": (without("Authorization"), MISSING, "Request is missing Authentication Token"),
    "another scheme": (edit("^.*$", "Basic dGVzdDp0ZXN0"), MISSING, "Request is missing"),
    "algorithm": (edit("^AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), INCOMPLETE, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA512'"),
    "no equals": (edit("SignedHeaders=", "SignedHeaders"), INCOMPLETE, "(missing equal-sign)"),
    "no credential": (edit("Credential=[^,]*, ", ""), INCOMPLETE, "requires 'Credential' parameter"),
    "no headers": (edit("SignedHeaders=[^,]*, ", ""), INCOMPLETE, "requires 'SignedHeaders' parameter"),
    "no signature": (edit(", Signature=.*", ""), INCOMPLETE, "requires 'Signature' parameter"),
    "nothing at all": (edit(" .*", ""), INCOMPLETE, "requires 'Credential' parameter"),
    "no date": (without("X-Amz-Date"), INCOMPLETE, "requires existence of either a 'X-Amz-Date' or a 'Date' header"),
    "a wrong date": (lambda headers: headers.update({"X-Amz-Date": "yesterday"}), INCOMPLETE, "Date must be in ISO-8601"),
    "four parts": (edit("/aws4_request", ""), INCOMPLETE, "Credential must have exactly 5 slash-delimited elements"),
    "six parts": (edit("/aws4_request", "/x/aws4_request"), INCOMPLETE, "exactly 5 slash-delimited elements"),
    "terminator": (edit("aws4_request", "aws5_request"), INVALID, "valid terminator: 'aws4_request', not 'aws5_request'"),
    "another day": (edit(r"/20\d{6}/", "/20200101/"), INVALID, "Date in Credential scope does not match"),
    "host": (edit("host;", ""), INVALID, "'Host' or ':authority' must be a 'SignedHeader'"),
    "signature": (edit("Signature=.", "Signature=x"), INVALID, MISMATCH),
    "a short signature": (edit("Signature=.*", "Signature=abc"), INVALID, MISMATCH),
    "unknown key": (edit("Credential=[^/]*", "Credential=AKIAIOSFODNN7EXAMPLE"), UNKNOWN, "The security token included in the request is invalid"),
    "a header that is not there": (edit("SignedHeaders=", "SignedHeaders=a;"), INVALID, MISMATCH),
    "a changed header": (lambda headers: headers.update({"Host": "elsewhere"}), INVALID, MISMATCH),
    "a token that nobody gave": (lambda headers: headers.update({"X-Amz-Security-Token": "x"}), UNKNOWN, "security token"),
}


def expected(call, codes):
    is_xml = call == "query"
    status = 400 if codes is INCOMPLETE and is_xml else 403 if is_xml or call == "rest" else 400
    return codes[is_xml], status


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("what", HEADERS)
def test_a_wrong_piece_of_the_header(strict, call, what):
    change, codes, says = HEADERS[what]
    method, path, headers, body = signed(strict, call)
    change(headers)
    error = send(strict, method, path, headers, body)
    assert (error.code, error.status) == expected(call, codes), error.text
    assert says in error.message.replace("&apos;", "'").replace("&quot;", '"')


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("more", "codes", "says"),
    [
        ({"at": -16 * MINUTE}, INVALID, "Signature expired"),
        ({"at": 16 * MINUTE}, INVALID, "Signature not yet current"),
        ({"region": "nowhere"}, INVALID, "Credential should be scoped to a valid region"),
        ({"keys": ("AKIAIOSFODNN7EXAMPLE", "secret")}, UNKNOWN, "security token"),
        ({"keys": ("test", "test")}, UNKNOWN, "security token"),
        ({"presigned": 60, "at": -16 * MINUTE}, INVALID, "Signature expired"),
        ({"presigned": 60, "at": 16 * MINUTE}, INVALID, "Signature not yet current"),
    ],
)
def test_signed_at_a_wrong_time_or_for_something_else(strict, call, more, codes, says):
    error = send(strict, *signed(strict, call, **more))
    assert (error.code, error.status) == expected(call, codes), error.text
    assert says in error.message


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("more", [{}, {"at": -14 * MINUTE}, {"at": 14 * MINUTE}, {"presigned": 60}, {"region": "eu-west-1"}])
def test_right_signatures_pass(strict, call, more):
    answer = send(strict, *signed(strict, call, **more))
    assert answer.status == 200, answer.text


PRESIGNED = {
    "no signature": ("&X-Amz-Signature=[^&]*", "", INCOMPLETE, "must include 'X-Amz-Signature'"),
    "no credential": ("X-Amz-Credential=[^&]*&", "", INCOMPLETE, "must include 'X-Amz-Credential'"),
    "no date": ("X-Amz-Date=[^&]*&", "", INCOMPLETE, "must include 'X-Amz-Date'"),
    "a wrong date": ("X-Amz-Date=[^&]*", "X-Amz-Date=x", INCOMPLETE, "Date must be in ISO-8601"),
    "words for expires": ("X-Amz-Expires=60", "X-Amz-Expires=soon", INCOMPLETE, "X-Amz-Expires should be a number"),
    "negative expires": ("X-Amz-Expires=60", "X-Amz-Expires=-1", INCOMPLETE, "X-Amz-Expires must be non-negative"),
    "a long time": ("X-Amz-Expires=60", "X-Amz-Expires=604801", INCOMPLETE, "must be less than a week"),
    "changed": ("X-Amz-Expires=60", "X-Amz-Expires=61", INVALID, MISMATCH),
    "signature": ("X-Amz-Signature=.", "X-Amz-Signature=x", INVALID, MISMATCH),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("what", PRESIGNED)
def test_a_wrong_piece_of_a_presigned_address(strict, call, what):
    pattern, replacement, codes, says = PRESIGNED[what]
    method, path, headers, body = signed(strict, call, presigned=60)
    changed = re.sub(pattern, replacement, path)
    assert changed != path
    error = send(strict, method, changed, headers, body)
    assert (error.code, error.status) == expected(call, codes), error.text
    assert says in error.message.replace("&apos;", "'")


def test_a_signature_for_another_service_is_none(strict):
    error = send(strict, *signed(strict, "json", service="sns"))
    assert (error.code, error.status) == expected("json", INVALID)
    assert "Credential should be scoped to correct service: 'sqs'" in error.message
    # Elsewhere the service is known by the scope alone.
    assert send(strict, *signed(strict, "query", service="s3")).status == 404
    error = send(strict, *signed(strict, "rest", service="s3"))
    assert (error.code, error.status) == ("InvalidArgument", 400), "S3 wants a digest of the body in the head"


def test_a_signature_in_both_places_is_none(strict):
    method, path, headers, body = signed(strict, "json", presigned=60)
    headers["Authorization"] = signed(strict, "json")[2]["Authorization"]
    error = send(strict, method, path, headers, body)
    assert error.code == "InvalidSignatureException" and "Found both" in error.message


def test_a_changed_body_is_not_what_was_signed(strict):
    method, path, headers, _ = signed(strict, "json")
    assert send(strict, method, path, headers, '{ }').code == "InvalidSignatureException"


def test_a_key_of_another_account_sees_its_own(cloud):
    """Twelve digits are an account, in open mode; regions and accounts are apart in every service."""
    calls = {
        "sqs": (lambda c, n: c.create_queue(QueueName=n), lambda c: c.list_queues().get("QueueUrls", [])),
        "sns": (lambda c, n: c.create_topic(Name=n), lambda c: c.list_topics()["Topics"]),
        "iam": (lambda c, n: c.create_user(UserName=n), lambda c: c.list_users()["Users"]),
        "logs": (lambda c, n: c.create_log_group(logGroupName=n), lambda c: c.describe_log_groups()["logGroups"]),
        "apigatewayv2": (lambda c, n: c.create_api(Name=n, ProtocolType="HTTP"), lambda c: c.get_apis()["Items"]),
        "dynamodb": (_table, lambda c: c.list_tables()["TableNames"]),
        "lambda": (_function, lambda c: c.list_functions()["Functions"]),
    }
    own, other = "210987654321", "210987654322"
    for service, (make, show) in calls.items():
        make(cloud.client(service, own, region="eu-central-1"), "mine")
        assert len(show(cloud.client(service, own, region="eu-central-1"))) == 1, service
        elsewhere = show(cloud.client(service, own, region="eu-central-2"))
        assert len(elsewhere) == (1 if service == "iam" else 0), service
        assert show(cloud.client(service, other, region="eu-central-1")) == [], service
    assert cloud.client("sts", own).get_caller_identity()["Account"] == own


def _table(client, name):
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    kinds = [{"AttributeName": "id", "AttributeType": "S"}]
    client.create_table(TableName=name, KeySchema=key, AttributeDefinitions=kinds, BillingMode="PAY_PER_REQUEST")


def _function(client, name):
    from test_lambda import package

    client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role="arn:aws:iam::210987654321:role/placeholder",
        Handler="main.handler",
        Code={"ZipFile": package(main__py="def handler(event, context): pass")},
    )
