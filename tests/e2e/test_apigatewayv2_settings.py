"""Settings of HTTP APIs, seen by what they do to requests."""

import json
import socket
import urllib.parse

import pytest
from accounts import OTHER, OWN, Accounts
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from functions import create
from http_apis import ask, refused, started, to_web

CODE = """
import json

def handler(event, context):
    if event.get("type") == "REQUEST":
        return {"isAuthorized": event["headers"].get("x-token") == "yes", "context": {"who": "ann"}}
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@pytest.fixture
def apis(cloud):
    return cloud.client("apigatewayv2")


@pytest.fixture
def api(apis, name):
    return apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]


@pytest.fixture
def function(cloud, name):
    return create(cloud.client("lambda"), name, CODE)["FunctionArn"]


@pytest.fixture
def server():
    with started() as start:
        yield start()


def to_function(apis, api, key, function, version="2.0", parameters=None, **route):
    made = apis.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function,
        PayloadFormatVersion=version,
        RequestParameters=parameters or {},
    )
    apis.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{made['IntegrationId']}", **route)


def authorizer(apis, api, function, **settings):
    made = apis.create_authorizer(
        ApiId=api,
        Name="a",
        AuthorizerType="REQUEST",
        AuthorizerUri=function,
        AuthorizerPayloadFormatVersion="2.0",
        EnableSimpleResponses=True,
        IdentitySource=["$request.header.X-Token"],
        **settings,
    )
    return made["AuthorizerId"]


def serve(apis, api, **settings):
    return apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True, **settings)


def event_of(cloud, api, path, headers=None):
    status, _, body = ask(cloud, api, "GET", path, None, headers)
    assert status == 200, body
    return json.loads(body)


def signature(cloud, api, path, key="test", secret="test"):
    host = f"{api}.execute-api.localhost:{urllib.parse.urlsplit(cloud.url).port}"
    request = AWSRequest("GET", f"http://{host}{path}", headers={"Host": host})
    SigV4Auth(Credentials(key, secret), "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers)


def test_routes_for_whoever_signs(make_cloud, server):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    apis, iam = (cloud.client(service, key, secret) for service in ["apigatewayv2", "iam"])
    api = apis.create_api(Name="signed", ProtocolType="HTTP")["ApiId"]
    to_web(apis, api, "GET /in", server.url, AuthorizationType="AWS_IAM")
    serve(apis, api)
    iam.create_user(UserName="ann")
    ann = iam.create_access_key(UserName="ann")["AccessKey"]

    def status(*pair):
        found, _, body = ask(cloud, api, "GET", "/in", None, signature(cloud, api, "/in", *pair) if pair else {})
        assert found == 200 or json.loads(body) == {"message": "Forbidden"}
        return found

    assert [status(), status(key, secret), status(key, "not" + secret)] == [403, 200, 403]
    assert status(ann["AccessKeyId"], ann["SecretAccessKey"]) == 200
    iam.delete_access_key(UserName="ann", AccessKeyId=ann["AccessKeyId"])
    assert status(ann["AccessKeyId"], ann["SecretAccessKey"]) == 403


def test_routes_for_whoever_signs_are_for_one_account(make_cloud, server):
    accounts = Accounts(make_cloud, "apigatewayv2")
    api = accounts.root.create_api(Name="signed", ProtocolType="HTTP")["ApiId"]
    to_web(accounts.root, api, "GET /in", server.url, AuthorizationType="AWS_IAM")
    serve(accounts.root, api)
    pairs = {account: (key["AccessKeyId"], key["SecretAccessKey"]) for account, key in accounts.keys.items()}
    found = {account: ask(accounts.cloud, api, "GET", "/in", None, signature(accounts.cloud, api, "/in", *pair))[0] for account, pair in pairs.items()}
    assert found == {OWN: 200, OTHER: 403}


def test_functions_are_told_who_was_let_in(cloud, apis, api, function):
    custom = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer(apis, api, function)}
    for version in ["1.0", "2.0"]:
        to_function(apis, api, f"GET /signed/{version}", function, version, AuthorizationType="AWS_IAM")
        to_function(apis, api, f"GET /asked/{version}", function, version, **custom)
    serve(apis, api)

    def told(path):
        return event_of(cloud, api, path, {**signature(cloud, api, path), "X-Token": "yes"})["requestContext"]

    root = "arn:aws:iam::000000000000:root"
    assert told("/signed/2.0")["authorizer"]["iam"]["userArn"] == root
    assert told("/asked/2.0")["authorizer"] == {"lambda": {"who": "ann"}}
    old = told("/signed/1.0")
    assert (old["identity"]["userArn"], old["identity"]["accountId"]) == (root, "000000000000")
    assert "authorizer" not in old
    old = told("/asked/1.0")
    assert (old["authorizer"], old["identity"]["userArn"]) == ({"who": "ann"}, None)


def test_functions_behind_stage_variables_and_mappings(cloud, apis, api, function, name):
    named = function.removesuffix(name) + "${stageVariables.function}"
    steps = {
        "overwrite:header.x-who": "$request.querystring.who",
        "remove:querystring.who": "''",
        "append:querystring.way": "$request.path.id",
        "overwrite:path": "/over/${request.path.id}",
    }
    to_function(apis, api, "GET /new/{id}", named, "2.0", steps)
    to_function(apis, api, "GET /old/{id}", named, "1.0", steps)
    serve(apis, api, StageVariables={"function": name})
    event = event_of(cloud, api, "/new/7?who=ann", {"X-Who": "nobody"})
    assert (event["headers"]["x-who"], event["rawQueryString"], event["rawPath"]) == ("ann", "way=7", "/over/7")
    event = event_of(cloud, api, "/old/7?who=ann")
    assert (event["headers"]["x-who"], event["queryStringParameters"], event["path"]) == ("ann", {"way": "7"}, "/over/7")


def test_an_authorizer_changes(cloud, apis, api, function):
    one = authorizer(apis, api, function, AuthorizerResultTtlInSeconds=0)
    to_function(apis, api, "GET /x", function, AuthorizationType="CUSTOM", AuthorizerId=one)
    serve(apis, api)
    headers = {"X-Token": "yes"}
    assert ask(cloud, api, "GET", "/x", None, headers)[0] == 200
    changed = apis.update_authorizer(ApiId=api, AuthorizerId=one, IdentitySource=["$request.header.X-Other"])
    assert (changed["Name"], changed["IdentitySource"]) == ("a", ["$request.header.X-Other"])
    assert ask(cloud, api, "GET", "/x", None, headers)[0] == 401
    assert ask(cloud, api, "GET", "/x", None, {**headers, "X-Other": "a"})[0] == 200
    apis.update_authorizer(ApiId=api, AuthorizerId=one, EnableSimpleResponses=False)
    assert ask(cloud, api, "GET", "/x", None, {**headers, "X-Other": "a"})[0] == 500
    refused(apis.update_authorizer, "BadRequestException", ApiId=api, AuthorizerId=one, IdentitySource=["x"])
    refused(apis.update_authorizer, "NotFoundException", ApiId=api, AuthorizerId="none", Name="b")


def test_a_deployment_is_described(apis, api, server):
    to_web(apis, api, "GET /x", server.url)
    one = apis.create_deployment(ApiId=api, Description="one")["DeploymentId"]
    assert apis.update_deployment(ApiId=api, DeploymentId=one, Description="two")["Description"] == "two"
    assert apis.get_deployment(ApiId=api, DeploymentId=one)["Description"] == "two"
    refused(apis.update_deployment, "NotFoundException", ApiId=api, DeploymentId="none", Description="a")


def test_a_quick_api_before_a_server(cloud, apis, server, name):
    api = apis.create_api(Name=name, ProtocolType="HTTP", Target=f"{server.url}/first")["ApiId"]
    assert event_of(cloud, api, "/any?q=1")["path"] == "/first?q=1"
    apis.update_api(ApiId=api, Target=f"{server.url}/second")
    assert event_of(cloud, api, "/any")["path"] == "/second"
    apis.update_api(ApiId=api, RouteKey="GET /only")
    assert (event_of(cloud, api, "/only")["path"], ask(cloud, api, "GET", "/any")[0]) == ("/second", 404)
    (route,) = apis.get_routes(ApiId=api)["Items"]
    assert route["ApiGatewayManaged"]
    refused(apis.delete_route, "BadRequestException", ApiId=api, RouteId=route["RouteId"])


def test_an_api_that_is_reached_by_other_names_only(cloud, apis, api, server):
    to_web(apis, api, "GET /x", server.url)
    serve(apis, api)
    assert ask(cloud, api, "GET", "/x")[0] == 200
    apis.update_api(ApiId=api, DisableExecuteApiEndpoint=True)
    assert ask(cloud, api, "GET", "/x")[0] == 404
    assert ask(cloud, api, "GET", f"/_aws/execute-api/{api}/x")[0] == 404
    apis.update_api(ApiId=api, DisableExecuteApiEndpoint=False)
    assert ask(cloud, api, "GET", "/x")[0] == 200


def test_stages_are_throttled(cloud, apis, api, server):
    for path in ["/own", "/all"]:
        to_web(apis, api, f"GET {path}", server.url)
    limits = {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}
    serve(apis, api, DefaultRouteSettings=limits, RouteSettings={"GET /own": {"ThrottlingBurstLimit": 1}})

    def found(path):
        return [ask(cloud, api, "GET", path)[0] for _ in range(3)]

    assert (found("/own"), found("/all")) == ([200, 429, 429], [200, 200, 429])
    # One limit alone is a limit; the other is the account's.
    apis.update_stage(ApiId=api, StageName="$default", DefaultRouteSettings={"ThrottlingBurstLimit": 0}, RouteSettings={"GET /own": {}})
    assert found("/all") == [429, 429, 429]
    unknown = {"GET /none": limits}
    refused(apis.update_stage, "NotFoundException", ApiId=api, StageName="$default", RouteSettings=unknown)
    refused(apis.create_stage, "NotFoundException", ApiId=api, StageName="s", RouteSettings=unknown)


def test_what_answers_too_late(cloud, apis, api):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        to_web(apis, api, "GET /late", f"http://127.0.0.1:{silent.getsockname()[1]}/", TimeoutInMillis=50)
        serve(apis, api)
        status, _, body = ask(cloud, api, "GET", "/late")
    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})


def test_what_integrations_of_http_apis_do_not_have(apis, api, server):
    web = {"ApiId": api, "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET", "IntegrationUri": server.url}
    made = apis.create_integration(**web, PassthroughBehavior="WHEN_NO_MATCH")
    assert "PassthroughBehavior" not in apis.get_integration(ApiId=api, IntegrationId=made["IntegrationId"])
    refused(apis.create_integration, "NotImplemented", **web, TemplateSelectionExpression="$request.body.a")
