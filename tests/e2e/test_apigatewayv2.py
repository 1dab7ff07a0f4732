"""HTTP APIs as web clients meet them."""

import base64
import http.client
import io
import json
import urllib.parse
import zipfile

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/runner"
CODE = """
def handler(event, context):
    path = event.get("rawPath") or event.get("path")
    if path.endswith("/raise"):
        raise ValueError("no")
    if path.endswith("/plain"):
        return {"plain": True}
    body = event if not path.endswith("/text") else "text"
    import json
    return {"statusCode": 201, "headers": {"x-made": "here"}, "cookies": ["a=b"], "body": json.dumps(body)}
"""


@pytest.fixture
def apis(cloud):
    return cloud.client("apigatewayv2")


@pytest.fixture
def function(cloud, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", CODE)
    code = {"ZipFile": buffer.getvalue()}
    made = cloud.client("lambda").create_function(
        FunctionName=name, Runtime="python3.12", Role=ROLE, Handler="main.handler", Code=code
    )
    return made["FunctionArn"]


@pytest.fixture
def api(apis, function, name):
    api_id = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    integrations = {
        version: apis.create_integration(
            ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion=version
        )["IntegrationId"]
        for version in ["1.0", "2.0"]
    }
    for key, version in [("GET /trips/{id}", "2.0"), ("POST /trips", "2.0"), ("ANY /old/{proxy+}", "1.0")]:
        apis.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{integrations[version]}")
    apis.create_stage(ApiId=api_id, StageName="$default", AutoDeploy=True)
    apis.create_stage(ApiId=api_id, StageName="test", AutoDeploy=True, StageVariables={"v": "1"})
    return api_id


def ask(cloud, method, path, host=None, body=None, headers=None):
    address = urllib.parse.urlsplit(cloud.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request(method, path, body, {**({"Host": host} if host else {}), **(headers or {})})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


def test_a_request_in_format_2(cloud, api):
    host = f"{api}.execute-api.localhost"
    headers = {"Content-Type": "application/json", "X-Two": "2", "Cookie": "c=d; e=f"}
    status, answered, body = ask(cloud, "GET", "/trips/a%20b?x=1&x=2&y=%26", host, None, headers)
    assert (status, answered["x-made"], answered["set-cookie"]) == (201, "here", "a=b")
    event = json.loads(body)
    assert event["version"] == "2.0"
    assert (event["routeKey"], event["rawPath"]) == ("GET /trips/{id}", "/trips/a%20b")
    assert event["pathParameters"] == {"id": "a b"}
    assert event["queryStringParameters"] == {"x": "1,2", "y": "&"}
    assert event["cookies"] == ["c=d", "e=f"]
    assert (event["headers"]["x-two"], "cookie" in event["headers"]) == ("2", False)
    assert (event["headers"]["x-forwarded-for"], event["headers"]["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert event["headers"]["x-forwarded-port"] == "80"
    assert event["requestContext"]["http"]["method"] == "GET"
    assert (event["requestContext"]["apiId"], event["requestContext"]["stage"]) == (api, "$default")
    assert ("body" in event, event["isBase64Encoded"]) == (False, False)


def test_bodies(cloud, api):
    host = f"{api}.execute-api.localhost"
    send = lambda body, kind: json.loads(ask(cloud, "POST", "/trips", host, body, {"Content-Type": kind})[2])  # noqa: E731
    event = send("grüße".encode(), "application/json")
    assert (event["body"], event["isBase64Encoded"]) == ("grüße", False)
    event = send(b"\xff\x00", "application/octet-stream")
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\xff\x00", True)


def test_stages_and_the_path_without_a_host(cloud, api):
    event = json.loads(ask(cloud, "GET", f"/_aws/execute-api/{api}/test/trips/7")[2])
    assert (event["rawPath"], event["stageVariables"]) == ("/test/trips/7", {"v": "1"})
    event = json.loads(ask(cloud, "GET", f"/_aws/execute-api/{api}/trips/7")[2])
    assert event["requestContext"]["stage"] == "$default"


def test_a_request_in_format_1(cloud, api):
    event = json.loads(ask(cloud, "PUT", f"/_aws/execute-api/{api}/old/a/b?x=1&x=2")[2])
    assert (event["version"], event["httpMethod"], event["path"]) == ("1.0", "PUT", "/old/a/b")
    assert event["resource"] == "/old/{proxy+}"
    assert event["pathParameters"] == {"proxy": "a/b"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["queryStringParameters"] == {"x": "2"}


def test_answers_that_are_none(cloud, api):
    path = f"/_aws/execute-api/{api}"
    assert ask(cloud, "GET", f"{path}/nowhere")[0::2] == (404, '{"message":"Not Found"}')
    assert ask(cloud, "GET", "/_aws/execute-api/nothing/x")[0] == 404
    assert ask(cloud, "GET", f"{path}/trips/raise")[0::2] == (500, '{"message":"Internal Server Error"}')
    assert ask(cloud, "GET", f"{path}/trips/plain")[0::2] == (200, '{"plain": true}')
    assert ask(cloud, "GET", f"{path}/old/plain")[0] == 500


def test_a_quick_api(cloud, apis, function, name):
    made = apis.create_api(Name=name, ProtocolType="HTTP", Target=function)
    host = urllib.parse.urlsplit(made["ApiEndpoint"]).netloc
    event = json.loads(ask(cloud, "PATCH", "/any/where", host)[2])
    assert event["routeKey"] == "$default"


def test_what_belongs_to_an_api(apis, api, name):
    assert apis.get_api(ApiId=api)["Name"] == name
    assert api in [one["ApiId"] for one in apis.get_apis()["Items"]]
    routes = apis.get_routes(ApiId=api)["Items"]
    assert sorted(route["RouteKey"] for route in routes) == ["ANY /old/{proxy+}", "GET /trips/{id}", "POST /trips"]
    first = apis.get_routes(ApiId=api, MaxResults="2")
    second = apis.get_routes(ApiId=api, MaxResults="2", NextToken=first["NextToken"])
    assert [*first["Items"], *second["Items"]] == routes
    route = routes[0]
    assert apis.get_route(ApiId=api, RouteId=route["RouteId"])["RouteKey"] == route["RouteKey"]
    assert len(apis.get_integrations(ApiId=api)["Items"]) == 2
    assert {stage["StageName"] for stage in apis.get_stages(ApiId=api)["Items"]} == {"$default", "test"}
    integration = route["Target"].removeprefix("integrations/")
    assert apis.get_integration(ApiId=api, IntegrationId=integration)["TimeoutInMillis"] == 30000
    refused(apis.create_route, "ConflictException", ApiId=api, RouteKey=route["RouteKey"])
    refused(apis.create_route, "BadRequestException", ApiId=api, RouteKey="FETCH /x")
    refused(apis.create_route, "BadRequestException", ApiId=api, RouteKey="GET /x", AuthorizationType="JWT")
    refused(apis.delete_integration, "ConflictException", ApiId=api, IntegrationId=integration)
    for route in routes:
        apis.delete_route(ApiId=api, RouteId=route["RouteId"])
    apis.delete_integration(ApiId=api, IntegrationId=integration)
    apis.delete_stage(ApiId=api, StageName="test")
    refused(apis.get_stage, "NotFoundException", ApiId=api, StageName="test")
    apis.delete_api(ApiId=api)
    refused(apis.get_api, "NotFoundException", ApiId=api)


def refused(call, code, **parameters):
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    assert refusal.value.response["Error"]["Code"] == code
