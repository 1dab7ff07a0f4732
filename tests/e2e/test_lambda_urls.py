"""Functions at addresses of their own."""

import base64
import http.client
import json
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from conftest import refused
from functions import create, package

ECHO = """
def handler(event, context):
    return event
"""
STREAMS = """
exports.handler = awslambda.streamifyResponse(async (event, stream) => {
  const what = event.queryStringParameters ?? {};
  if (what.raw) stream.setContentType('text/event-stream');
  else {
    const headers = { 'X-Own': 'yes', 'Content-Type': 'text/plain' };
    stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers, cookies: ['a=b', 'c=d'] });
  }
  for (let n = 0; n < 3; n++) stream.write('piece ' + n + '\\n');
  if (what.fail) throw new Error('halfway');
  stream.end();
});
"""


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


def visit(cloud, url, method="GET", path="/", body=None, headers=None):
    """What a web client gets at a function's URL: the host is in the header, as names of localhost need not resolve."""
    connection = http.client.HTTPConnection(urlsplit(cloud.url).netloc, timeout=60)
    host = urlsplit(url).netloc
    connection.request(method, path, body, {"Host": host, **(headers or {})})
    return Answer(connection.getresponse())


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


@pytest.fixture
def url(functions, name):
    def make(code=ECHO, auth="NONE", node=False, **parameters):
        if node:
            create(functions, name, "", Runtime="nodejs22.x", Code={"ZipFile": package(main__js=code)})
        else:
            create(functions, name, code)
        return functions.create_function_url_config(FunctionName=name, AuthType=auth, **parameters)["FunctionUrl"]

    return make


def test_a_request_is_an_event(cloud, url):
    address = url()
    assert urlsplit(address).netloc.split(".")[1:4] == ["lambda-url", "us-east-1", "localhost:" + cloud.url.rsplit(":", 1)[1]]
    headers = {"Cookie": "a=1; b=2", "X-Two": "x", "User-Agent": "tests", "Content-Type": "application/json"}
    got = visit(cloud, address, "POST", "/some%20way/x?q=1&q=2&e=", '{"ü":1}'.encode(), headers)
    assert (got.status, got.headers["Content-Type"]) == (200, "application/json")
    event = got.json()
    host = urlsplit(address).netloc.split(":")[0]
    assert event["headers"].pop("host") == urlsplit(address).netloc
    assert event["headers"]["x-two"] == "x" and event["headers"]["x-forwarded-proto"] == "http"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1" and "cookie" not in event["headers"]
    assert visit(cloud, address, path="/a/@connections/b").json()["rawPath"] == "/a/@connections/b"
    context = event.pop("requestContext")
    event.pop("headers")
    assert event == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/some%20way/x",
        "rawQueryString": "q=1&q=2&e=",
        "cookies": ["a=1", "b=2"],
        "queryStringParameters": {"q": "1,2", "e": ""},
        "body": '{"ü":1}',
        "isBase64Encoded": False,
    }
    assert isinstance(context.pop("timeEpoch"), int) and context.pop("time").endswith("+0000") and context.pop("requestId")
    assert context == {
        "accountId": "anonymous",
        "apiId": host.split(".")[0],
        "domainName": host,
        "domainPrefix": host.split(".")[0],
        "http": {
            "method": "POST",
            "path": "/some%20way/x",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "tests",
        },
        "routeKey": "$default",
        "stage": "$default",
    }
    binary = visit(cloud, address, "PUT", "/", b"\xff\x00", {"Content-Type": "image/png"}).json()
    assert (base64.b64decode(binary["body"]), binary["isBase64Encoded"]) == (b"\xff\x00", True)
    # The same without a host of its own.
    by_path = visit(cloud, cloud.url, "GET", f"/_aws/lambda-url/{context['apiId']}/x?y=z").json()
    assert (by_path["rawPath"], by_path["rawQueryString"]) == ("/x", "y=z")


def test_what_a_function_says_is_the_answer(cloud, url):
    code = """
import json
def handler(event, context):
    if event["rawPath"] == "/fails": raise ValueError("no")
    return json.loads(event["body"])
"""
    address = url(code)

    def answer(said):
        return visit(cloud, address, "POST", "/", json.dumps(said), {"Content-Type": "application/json"})

    got = answer({"statusCode": 418, "headers": {"X-A": "1", "Content-Type": "a/b"}, "cookies": ["a=b", "c=d"], "body": "hi"})
    assert (got.status, got.body, got.headers["X-A"], got.headers["Content-Type"]) == (418, b"hi", "1", "a/b")
    assert got.headers.get_all("Set-Cookie") == ["a=b", "c=d"]
    assert answer({"statusCode": 200, "body": "/wA=", "isBase64Encoded": True}).body == b"\xff\x00"
    assert (answer({"a": 1}).status, answer({"a": 1}).json()) == (200, {"a": 1})
    for odd in [{"statusCode": "x"}, {"statusCode": 200, "body": {}}]:
        assert (answer(odd).status, answer(odd).body) == (502, b"Internal Server Error")
    assert visit(cloud, address, path="/fails").status == 502
    none = address.replace(urlsplit(address).netloc.split(".")[0], "none")
    assert (visit(cloud, none).status, visit(cloud, none).json()) == (404, {"Message": None})


def test_pieces_come_where_the_url_streams(cloud, functions, url, name):
    address = url(STREAMS, node=True, InvokeMode="RESPONSE_STREAM")
    got = visit(cloud, address)
    assert (got.status, got.body, got.headers["X-Own"]) == (201, b"piece 0\npiece 1\npiece 2\n", "yes")
    assert (got.headers["Transfer-Encoding"], got.headers["Content-Type"]) == ("chunked", "text/plain")
    assert got.headers.get_all("Set-Cookie") == ["a=b", "c=d"]
    raw = visit(cloud, address, path="/?raw=1")
    assert (raw.status, raw.headers["Content-Type"]) == (200, "text/event-stream")
    with pytest.raises(http.client.IncompleteRead) as broken:
        visit(cloud, address, path="/?fail=1")
    assert broken.value.partial == b"piece 0\npiece 1\npiece 2\n"
    functions.update_function_url_config(FunctionName=name, InvokeMode="BUFFERED")
    whole = visit(cloud, address)
    assert (whole.status, whole.headers["Content-Length"], whole.headers["X-Own"]) == (201, "24", "yes")
    assert visit(cloud, address, path="/?fail=1").status == 502


def test_pages_of_other_origins(cloud, url):
    rules = {
        "AllowOrigins": ["https://a.example", "https://b.example"],
        "AllowMethods": ["GET", "PUT"],
        "AllowHeaders": ["x-one"],
        "ExposeHeaders": ["x-two"],
        "MaxAge": 60,
        "AllowCredentials": True,
    }
    code = "def handler(event, context): return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': 'own'}, 'body': event['requestContext']['http']['method']}"
    address = url(code, Cors=rules)
    asks = {"Origin": "https://b.example", "Access-Control-Request-Method": "PUT"}
    allowed = visit(cloud, address, "OPTIONS", headers=asks)
    assert (allowed.status, allowed.body) == (200, b"")
    names = ["Origin", "Methods", "Headers", "Credentials"]
    assert [allowed.headers[f"Access-Control-Allow-{one}"] for one in names] == ["https://b.example", "GET,PUT", "x-one", "true"]
    assert allowed.headers["Access-Control-Max-Age"] == "60"
    got = visit(cloud, address, headers={"Origin": "https://a.example"})
    assert (got.body, got.headers.get_all("Access-Control-Allow-Origin")) == (b"GET", ["https://a.example"])
    assert got.headers["Access-Control-Expose-Headers"] == "x-two"
    other = visit(cloud, address, "OPTIONS", headers={**asks, "Origin": "https://c.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    # Without a method that is asked for it is a request as any other.
    assert visit(cloud, address, "OPTIONS").body == b"OPTIONS"


def test_the_life_of_a_url(cloud, functions, url, name):
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert refused(functions.get_function_url_config, FunctionName=name) == missing
    nobody = ("ResourceNotFoundException", "Function does not exist")
    assert refused(functions.create_function_url_config, FunctionName="none", AuthType="NONE") == nobody
    address = url(auth="AWS_IAM")
    own = {"FunctionName": name}
    shown = functions.get_function_url_config(**own)
    assert (shown["FunctionUrl"], shown["AuthType"], shown["InvokeMode"]) == (address, "AWS_IAM", "BUFFERED")
    assert shown["FunctionArn"].endswith(name) and shown["CreationTime"].endswith("Z") and "Cors" not in shown
    code, message = refused(functions.create_function_url_config, **own, AuthType="NONE")
    assert code == "ResourceConflictException" and message.endswith("FunctionUrlConfig exists for this Lambda function")
    changed = functions.update_function_url_config(**own, AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    assert (changed["FunctionUrl"], changed["AuthType"], changed["Cors"]) == (address, "NONE", {"AllowOrigins": ["*"]})
    functions.publish_version(**own)
    functions.create_alias(**own, Name="live", FunctionVersion="1")
    live = functions.create_function_url_config(**own, AuthType="NONE", Qualifier="live")["FunctionUrl"]
    listed = functions.list_function_url_configs(**own)["FunctionUrlConfigs"]
    assert {one["FunctionUrl"] for one in listed} == {address, live}
    assert visit(cloud, live).status == 200
    functions.delete_function_url_config(**own, Qualifier="live")
    assert (visit(cloud, live).status, visit(cloud, address).status) == (404, 200)
    functions.delete_function(**own)
    assert visit(cloud, address).status == 404


def test_who_may_call(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    functions, iam = (cloud.client(service, key, secret) for service in ["lambda", "iam"])
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="runner", Path="/service-role/", AssumeRolePolicyDocument=document)
    create(functions, "f", ECHO)
    address = functions.create_function_url_config(FunctionName="f", AuthType="NONE")["FunctionUrl"]

    def permit(action, **condition):
        wish = {"StatementId": action, "Action": f"lambda:{action}", "Principal": "*", **condition}
        functions.add_permission(FunctionName="f", **wish)

    assert visit(cloud, address).status == 403
    assert visit(cloud, address).json()["Message"].startswith("Forbidden")
    permit("InvokeFunctionUrl", FunctionUrlAuthType="NONE")
    assert visit(cloud, address).status == 403, "the other permission is needed as well"
    permit("InvokeFunction", InvokedViaFunctionUrl=True)
    assert visit(cloud, address).status == 200

    functions.update_function_url_config(FunctionName="f", AuthType="AWS_IAM")
    assert visit(cloud, address).status == 403
    assert visit(cloud, address, headers=signature(address, key, secret, b"", "other")).status == 403
    event = visit(cloud, address, headers=signature(address, key, secret)).json()
    assert event["requestContext"]["accountId"] == "000000000000"
    user = event["requestContext"]["authorizer"]["iam"]
    assert (user["accessKey"], user["userArn"]) == (key, "arn:aws:iam::000000000000:root")
    wrong = visit(cloud, address, headers=signature(address, key, "not" + secret))
    assert wrong.status == 403
    body = b'{"signed": true}'
    assert visit(cloud, address, "POST", "/", body, signature(address, key, secret, body, method="POST")).status == 200
    assert visit(cloud, address, "POST", "/", b"other", signature(address, key, secret, body, method="POST")).status == 403


def signature(address, key, secret, body=b"", service="lambda", method="GET"):
    request = AWSRequest(method, address, data=body, headers={"Host": urlsplit(address).netloc})
    SigV4Auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
    return dict(request.headers)


def test_a_version_has_no_url(cloud, name):
    functions = cloud.client("lambda")
    create(functions, name, ECHO, Publish=True)
    for qualifier in ["1", "$LATEST"]:
        target = {"FunctionName": f"{name}:{qualifier}"}
        assert refused(functions.create_function_url_config, AuthType="NONE", **target)[0] == "ValidationException"
        assert refused(functions.get_function_url_config, **target)[0] == "ValidationException"
