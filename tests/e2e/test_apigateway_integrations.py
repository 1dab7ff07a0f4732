"""What is behind methods of REST APIs: functions, the web, services of the cloud."""

import base64
import io
import json
import re
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from functions import create
from test_apigateway import FUNCTION, Api, refused

ROLE = "arn:aws:iam::000000000000:role/runner"
CODE = """
import json

def handler(event, context):
    if event.get("type") in ("TOKEN", "REQUEST"):
        return authorize(event)
    if "httpMethod" not in event:
        if event.get("fail"):
            raise ValueError(event["fail"])
        return {"got": event}
    path = event["path"]
    if path.endswith("/raise"):
        raise ValueError("no")
    if path.endswith("/odd"):
        return {"odd": True}
    if path.endswith("/bytes"):
        return {"statusCode": 200, "body": "AAEC", "isBase64Encoded": True, "headers": {"Content-Type": "image/png"}}
    return {"statusCode": 201, "body": json.dumps(event), "multiValueHeaders": {"Set-Cookie": ["a=b", "c=d"]}}

def authorize(event):
    token = event.get("authorizationToken") or event["headers"].get("x-token")
    if token == "raise":
        raise Exception("Unauthorized")
    if token == "odd":
        return {}
    effect = "Allow" if token.startswith("allow") else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": token, "policyDocument": policy, "context": {"n": 1, "id": context_id()}}

def context_id():
    import uuid
    return str(uuid.uuid4())
"""

TRACED = """
import json, os
def handler(event, context):
    return {"body": json.dumps([event["headers"]["x-amzn-trace-id"], os.environ["_X_AMZN_TRACE_ID"]])}
"""


@pytest.fixture
def api(cloud, name):
    return Api(cloud.client("apigateway"), cloud, name)


@pytest.fixture(scope="module")
def function(cloud):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", CODE)
    made = cloud.client("lambda").create_function(
        FunctionName="rest-apis",
        Runtime="python3.12",
        Role=ROLE,
        Handler="main.handler",
        Code={"ZipFile": buffer.getvalue()},
    )
    return made["FunctionArn"]


def proxy(api, path, function, verb="ANY", **settings):
    place = api.method(path, verb, **settings)
    api.gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=FUNCTION.format(function))
    return place


def test_a_function_as_proxy(api, function):
    proxy(api, "/{proxy+}", function)
    api.deploy(variables={"v": "1"})
    status, headers, body = api.ask("POST", "/a/b%20c?x=1&x=2", '{"k": "v"}', {"X-One": "1", "Content-Type": "application/json"})
    event = json.loads(body)
    assert (status, headers.get_all("set-cookie")) == (201, ["a=b", "c=d"])
    assert "version" not in event
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/{proxy+}", "/a/b%20c", "POST")
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["pathParameters"] == {"proxy": "a/b%20c"}
    assert (event["stageVariables"], event["body"], event["isBase64Encoded"]) == ({"v": "1"}, '{"k": "v"}', False)
    assert event["headers"]["x-one"] == "1" and event["multiValueHeaders"]["x-one"] == ["1"]
    context = event["requestContext"]
    assert (context["stage"], context["resourcePath"], context["apiId"]) == ("dev", "/{proxy+}", api.id)
    assert context["path"] == "/dev/a/b%20c" and context["identity"]["sourceIp"] == "127.0.0.1"
    event = json.loads(api.ask("GET", "/plain")[2])
    assert (event["queryStringParameters"], event["body"]) == (None, None)


def test_a_function_that_does_not_do_its_part(api, function):
    proxy(api, "/{proxy+}", function)
    api.deploy()
    for path in ["/raise", "/odd"]:
        status, headers, body = api.ask("GET", path)
        assert (status, json.loads(body)) == (502, {"message": "Internal server error"}), path
        assert headers["x-amzn-ErrorType"] == "InternalServerErrorException"


def test_bytes_are_for_those_who_accept_them(api, function):
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=[{"op": "add", "path": "/binaryMediaTypes/image~1png"}])
    proxy(api, "/{proxy+}", function)
    api.deploy()
    assert api.ask("GET", "/bytes", headers={"Accept": "image/png"})[2] == b"\0\1\2"
    assert api.ask("GET", "/bytes", headers={"Accept": "text/html"})[2] == b"AAEC"
    event = json.loads(api.ask("POST", "/in", b"\0\1\2", {"Content-Type": "image/png"})[2])
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\0\1\2", True)


def test_a_function_with_templates(api, function):
    place = api.method("/t", "POST")
    template = '{"name": $input.json("$.name"), "fail": "$input.params(\'fail\')"}'
    api.gateway.put_integration(
        **place, type="AWS", integrationHttpMethod="POST", uri=FUNCTION.format(function), requestTemplates={"application/json": template}
    )
    for status, pattern, response in [
        ("200", "", "$input.path('$.got.name')!"),
        ("404", "missing.*", "$input.path('$.errorMessage')"),
    ]:
        api.gateway.put_method_response(**place, statusCode=status)
        api.gateway.put_integration_response(
            **place, statusCode=status, selectionPattern=pattern, responseTemplates={"application/json": response}
        )
    api.deploy()
    assert api.ask("POST", "/t", '{"name": "x"}')[::2] == (200, b"x!")
    assert api.ask("POST", "/t?fail=missing%20trip", '{"name": "x"}')[::2] == (404, b"missing trip")


def authorized(api, function, kind, source, **settings):
    """An authorizer of the API."""
    uri = FUNCTION.format(function)
    return api.gateway.create_authorizer(
        restApiId=api.id, name=kind, type=kind, authorizerUri=uri, identitySource=source, **settings
    )


def test_token_authorizers_decide_and_are_remembered(api, function):
    source = "method.request.header.X-Token"
    authorizer = authorized(api, function, "TOKEN", source, identityValidationExpression="[a-z0-9-]+")
    api.mock("/a", response="$context.authorizer.principalId $context.authorizer.n $context.authorizer.id", authorization="CUSTOM", authorizerId=authorizer["id"])
    api.deploy()
    get = lambda token: api.ask("GET", "/a", headers={"X-Token": token} if token else {})  # noqa: E731
    status, _, first = get("allow-1")
    assert status == 200 and first.startswith(b"allow-1 1 ")
    assert get("allow-1")[2] == first, "it is asked once"
    api.gateway.flush_stage_authorizers_cache(restApiId=api.id, stageName="dev")
    assert get("allow-1")[2] != first
    for token, wanted, message in [
        (None, 401, "Unauthorized"),
        ("NOT VALID", 401, "Unauthorized"),
        ("raise", 401, "Unauthorized"),
        ("deny", 403, "User is not authorized to access this resource with an explicit deny"),
        ("odd", 500, None),
    ]:
        status, _, body = get(token)
        assert (status, json.loads(body)) == (wanted, {"message": message}), token


def test_an_authorizer_is_tried(api, function):
    authorizer = authorized(api, function, "TOKEN", "method.request.header.X-Token", identityValidationExpression="[a-z-]+")
    tried = lambda **headers: api.gateway.test_invoke_authorizer(restApiId=api.id, authorizerId=authorizer["id"], headers=headers)  # noqa: E731
    said = tried(**{"X-Token": "allow-me"})
    assert (said["clientStatus"], said["principalId"]) == (200, "allow-me")
    statement = json.loads(said["policy"])["Statement"][0]
    assert statement["Effect"] == "Allow" and f":{api.id}/test-invoke-stage/GET/" in statement["Resource"]
    assert json.loads(tried(**{"X-Token": "deny"})["policy"])["Statement"][0]["Effect"] == "Deny"
    assert [tried(**headers)["clientStatus"] for headers in [{}, {"X-Token": "RAISE"}, {"X-Token": "raise"}, {"X-Token": "odd"}]] == [401, 401, 401, 500]
    refused(lambda: api.gateway.test_invoke_authorizer(restApiId=api.id, authorizerId="none"), "NotFoundException")


def test_request_authorizers_see_the_request(api, function):
    source = "method.request.header.x-token,method.request.querystring.q"
    authorizer = authorized(api, function, "REQUEST", source)
    proxy(api, "/a", function, authorization="CUSTOM", authorizerId=authorizer["id"])
    api.deploy()
    status, _, body = api.ask("GET", "/a?q=1", headers={"X-Token": "allow-2"})
    assert (status, json.loads(body)["requestContext"]["authorizer"]["principalId"]) == (201, "allow-2")
    assert api.ask("GET", "/a", headers={"X-Token": "allow-2"})[0] == 401


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("content-length") or 0)
            seen = {"path": self.path, "method": self.command, "headers": dict(self.headers), "body": self.rfile.read(length).decode()}
            body = json.dumps(seen).encode() if "/big" not in self.path else b"b" * (9 << 20)
            self.send_response(418 if "/teapot" in self.path else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Back", "end")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_the_web_as_proxy(api, server):
    place = api.method("/w/{proxy+}", "ANY", requestParameters={"method.request.path.proxy": True})
    api.gateway.put_integration(
        **place,
        type="HTTP_PROXY",
        integrationHttpMethod="ANY",
        uri="http://${stageVariables.host}/to/{proxy}",
        requestParameters={"integration.request.path.proxy": "method.request.path.proxy", "integration.request.header.X-Added": "'yes'"},
    )
    api.deploy()
    api.patch_stage(("replace", "/variables/host", server.removeprefix("http://")))
    status, headers, body = api.ask("POST", "/w/a/b?q=1%202", "text", {"X-One": "1"})
    seen = json.loads(body)
    assert (status, headers["X-Back"], seen["method"], seen["body"]) == (200, "end", "POST", "text")
    assert seen["path"] == "/to/a/b?q=1+2"
    assert (seen["headers"]["x-one"], seen["headers"]["x-added"]) == ("1", "yes")
    assert api.ask("GET", "/w/teapot")[0] == 418
    assert len(api.ask("GET", "/w/big")[2]) == 9 << 20


def test_the_web_with_templates_and_nobody_there(api, server):
    place = api.method("/w", "POST")
    api.gateway.put_integration(
        **place,
        type="HTTP",
        integrationHttpMethod="POST",
        uri=f"{server}/in",
        requestTemplates={"application/json": '{"mapped": $input.json("$.a")}'},
        requestParameters={"integration.request.querystring.k": "method.request.header.X-K"},
    )
    api.gateway.put_method_response(**place, statusCode="200", responseParameters={"method.response.header.X-Back": False})
    api.gateway.put_integration_response(
        **place, statusCode="200", responseParameters={"method.response.header.X-Back": "integration.response.header.X-Back"}
    )
    away = api.method("/away")
    api.gateway.put_integration(**away, type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://127.0.0.1:1/")
    api.deploy()
    status, headers, body = api.ask("POST", "/w", '{"a": [1]}', {"X-K": "v"})
    seen = json.loads(body)
    assert (status, headers["X-Back"], seen["body"], seen["path"]) == (200, "end", '{"mapped": [1]}', "/in?k=v")
    status, headers, body = api.ask("GET", "/away")
    assert (status, json.loads(body)) == (504, {"message": "Internal server error"})


def test_services_of_the_cloud(api, cloud, name):
    queue = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    account = "000000000000"
    bucket = name.lower()[-40:].strip("-")
    cloud.client("s3").create_bucket(Bucket=bucket)

    def integrate(path, verb, target, **settings):
        place = api.method(path, verb, requestParameters={"method.request.path.key": True} if "{key}" in path else {})
        api.gateway.put_integration(
            **place, type="AWS", integrationHttpMethod=verb, uri=f"arn:aws:apigateway:us-east-1:{target}", credentials=ROLE, **settings
        )
        api.gateway.put_method_response(**place, statusCode="200")
        api.gateway.put_integration_response(**place, statusCode="200")

    form = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
    integrate(
        "/form",
        "POST",
        f"sqs:path/{account}/{name}",
        requestParameters=form,
        requestTemplates={"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
    )
    integrate(
        "/json",
        "POST",
        "sqs:action/SendMessage",
        requestTemplates={"application/json": '{"QueueUrl": "%s", "MessageBody": "$util.escapeJavaScript($input.body)"}' % queue},
    )
    integrate(
        "/objects/{key}",
        "PUT",
        f"s3:path/{bucket}/{{key}}",
        requestParameters={"integration.request.path.key": "method.request.path.key"},
    )
    api.deploy()
    for path in ["/form", "/json"]:
        status, _, body = api.ask("POST", path, '{"from": "%s"}' % path)
        assert status == 200 and b"MessageId" in body, body
        message = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]
        assert json.loads(message["Body"]) == {"from": path}
    assert api.ask("PUT", "/objects/a", '{"stored": true}')[0] == 200
    stored = cloud.client("s3").get_object(Bucket=bucket, Key="a")["Body"].read()
    assert json.loads(stored) == {"stored": True}


def test_access_logs_are_written(api, cloud, name):
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=name)
    api.mock("/a", response="ok")
    api.deploy()
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"
    line = '{"id": "$context.requestId", "status": "$context.status", "path": "$context.resourcePath", "none": "$context.authorizer.x"}'
    api.patch_stage(("replace", "/accessLogSettings/destinationArn", arn), ("replace", "/accessLogSettings/format", line))
    _, headers, _ = api.ask("GET", "/a")
    events = []
    while not events:
        events = logs.filter_log_events(logGroupName=name)["events"]
    assert json.loads(events[0]["message"]) == {
        "id": headers["x-amzn-RequestId"],
        "status": "200",
        "path": "/a",
        "none": "-",
    }


def test_access_logs_say_who_was_let_in(api, cloud, function, name):
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=name)
    authorizer = authorized(api, function, "TOKEN", "method.request.header.X-Token")
    proxy(api, "/a", function, authorization="CUSTOM", authorizerId=authorizer["id"])
    api.deploy()
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"
    names = ["status", "authorizer.status", "authorizer.principalId", "authorizer.error", "authorizer.requestId", "requestId", "xrayTraceId"]
    line = json.dumps({of: f"$context.{of}" for of in names})
    api.patch_stage(("replace", "/accessLogSettings/destinationArn", arn), ("replace", "/accessLogSettings/format", line))
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
    assert [api.ask("GET", "/a", headers={"X-Token": token, "X-Amzn-Trace-Id": trace})[0] for token in ["allow", "deny"]] == [201, 403]
    events = []
    while len(events) < 2:
        events = logs.filter_log_events(logGroupName=name)["events"]
    said = sorted((json.loads(event["message"]) for event in events), key=lambda line: line["status"])
    assert [(one["status"], one["authorizer.status"], one["authorizer.principalId"]) for one in said] == [("201", "200", "allow"), ("403", "403", "deny")]
    assert (said[0]["authorizer.error"], said[0]["xrayTraceId"]) == ("-", trace)
    assert "explicit deny" in said[1]["authorizer.error"] and said[1]["authorizer.requestId"] == said[1]["requestId"]


@pytest.mark.parametrize("given", [None, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"], ids=["new", "given"])
def test_a_trace_goes_through_to_the_function(api, cloud, name, given):
    function = create(cloud.client("lambda"), name, TRACED)["FunctionArn"]
    proxy(api, "/a", function)
    api.deploy()
    header, own = json.loads(api.ask("GET", "/a", headers={"X-Amzn-Trace-Id": given} if given else {})[2])
    root = re.match(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", header).group()
    assert own.startswith(root) and header == (given or root)


def test_logs_of_executions_hold_bodies_where_they_are_traced(api, cloud):
    logs = cloud.client("logs")
    api.mock("/a", "POST", request='{"statusCode": 200, "secret": "$input.path(\'$.s\')"}', response="ok")
    api.deploy()

    def lines_of(secret):
        answer = api.ask("POST", "/a", json.dumps({"s": secret}))
        assert answer[0] == 200
        group, found = f"API-Gateway-Execution-Logs_{api.id}/dev", []
        while not any("completed" in line for line in found):
            try:
                events = logs.filter_log_events(logGroupName=group)["events"]
            except logs.exceptions.ResourceNotFoundException:
                continue
            found = [event["message"] for event in events if answer[1]["x-amzn-RequestId"] in event["message"]]
        return "".join(found)

    api.patch_stage(("replace", "/*/*/logging/loglevel", "INFO"))
    assert "hidden-1" not in lines_of("hidden-1")
    api.patch_stage(("replace", "/*/*/logging/dataTrace", "true"))
    assert "shown-2" in lines_of("shown-2")
