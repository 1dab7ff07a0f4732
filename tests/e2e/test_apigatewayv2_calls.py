"""HTTP APIs on the way of a request: stages and their deployments, the web behind them, pages of other origins, and who may pass."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from functions import create
from http_apis import ask, refused, started, to_web

CODE = """
import uuid

def handler(event, context):
    if event.get("type") != "REQUEST":
        return event
    token = event["headers"].get("x-token", "")
    if token == "raise":
        raise ValueError("no")
    if "routeArn" in event:
        return {"isAuthorized": token == "yes", "context": {"call": str(uuid.uuid4())}}
    effect = "Allow" if token == "yes" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "me", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
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
def servers():
    with started() as start:
        yield start


@pytest.fixture
def server(servers):
    return servers()


def test_stages_keep_their_deployments(cloud, apis, api, server):
    refused(apis.create_deployment, "BadRequestException", ApiId=api)
    integration, route = to_web(apis, api, "GET /x", f"{server.url}/first")
    first = apis.create_deployment(ApiId=api, Description="one")
    assert (first["AutoDeployed"], first["DeploymentStatus"]) == (False, "DEPLOYED")
    apis.create_stage(ApiId=api, StageName="fixed", DeploymentId=first["DeploymentId"])
    apis.create_stage(ApiId=api, StageName="auto", AutoDeploy=True)

    def path(stage):
        status, _, body = ask(cloud, api, "GET", f"/{stage}/x")
        return json.loads(body)["path"] if status == 200 else status

    assert (path("fixed"), path("auto"), path("none")) == ("/first", "/first", 404)
    apis.update_integration(ApiId=api, IntegrationId=integration, IntegrationUri=f"{server.url}/second")
    assert (path("fixed"), path("auto")) == ("/first", "/second")
    second = apis.create_deployment(ApiId=api, StageName="fixed")
    assert path("fixed") == "/second"
    apis.update_route(ApiId=api, RouteId=route, RouteKey="GET /y")
    assert (path("fixed"), path("auto")) == ("/second", 404)
    refused(apis.delete_deployment, "BadRequestException", ApiId=api, DeploymentId=second["DeploymentId"])
    apis.update_stage(ApiId=api, StageName="fixed", DeploymentId=first["DeploymentId"])
    assert path("fixed") == "/first"
    apis.delete_deployment(ApiId=api, DeploymentId=second["DeploymentId"])
    refused(apis.get_deployment, "NotFoundException", ApiId=api, DeploymentId=second["DeploymentId"])
    refused(apis.create_deployment, "BadRequestException", ApiId=api, StageName="auto")
    refused(apis.update_stage, "BadRequestException", ApiId=api, StageName="fixed", DeploymentId="none")
    kept = apis.get_stage(ApiId=api, StageName="auto")["DeploymentId"]
    apis.update_stage(ApiId=api, StageName="auto", AutoDeploy=False)
    apis.update_route(ApiId=api, RouteId=route, RouteKey="GET /x")
    assert (path("auto"), apis.get_stage(ApiId=api, StageName="auto")["DeploymentId"]) == (404, kept)


def test_what_is_changed_and_what_is_not(apis, api):
    apis.update_api(ApiId=api, Description="ü", CorsConfiguration={"AllowOrigins": ["*"]})
    shown = apis.get_api(ApiId=api)
    assert (shown["Description"], shown["CorsConfiguration"]) == ("ü", {"AllowOrigins": ["*"]})
    apis.update_api(ApiId=api, Version="2")
    apis.delete_cors_configuration(ApiId=api)
    shown = apis.get_api(ApiId=api)
    assert (shown["Description"], shown["Version"], "CorsConfiguration" in shown) == ("ü", "2", False)
    apis.create_stage(ApiId=api, StageName="s", StageVariables={"a": "1", "b": "2"})
    changed = apis.update_stage(ApiId=api, StageName="s", StageVariables={"a": "", "c": "3"})
    assert changed["StageVariables"] == {"b": "2", "c": "3"}
    refused(apis.update_api, "NotFoundException", ApiId="none", Name="a")
    refused(apis.update_route, "NotFoundException", ApiId=api, RouteId="none", RouteKey="GET /a")
    refused(apis.update_stage, "NotImplemented", ApiId=api, StageName="s", ClientCertificateId="a")


def test_the_web_as_proxy(cloud, apis, api, server):
    uri = "http://${stageVariables.host}/to/{proxy}"
    to_web(apis, api, "ANY /w/{proxy+}", uri)
    to_web(apis, api, "GET /away", "http://127.0.0.1:1/")
    apis.create_stage(
        ApiId=api, StageName="$default", AutoDeploy=True, StageVariables={"host": server.url.removeprefix("http://")}
    )
    status, headers, body = ask(cloud, api, "POST", "/w/a%20b/c?q=1&q=%26", "tëxt".encode(), {"X-One": "1"})
    seen = json.loads(body)
    assert (status, headers["X-Back"], seen["method"], seen["body"]) == (200, "end", "POST", "tëxt")
    assert (seen["path"], seen["headers"]["x-one"]) == ("/to/a%20b/c?q=1&q=%26", "1")
    assert "apigw-requestid" in headers
    assert ask(cloud, api, "GET", "/w/teapot")[0] == 418
    assert len(ask(cloud, api, "GET", "/w/big")[2]) == 9 << 20
    status, _, body = ask(cloud, api, "GET", "/away")
    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})


def test_parameters_are_mapped(cloud, apis, api, server):
    steps = {
        "append:header.x-id": "$request.path.id",
        "overwrite:header.x-mixed": "${stageVariables.v}-${request.querystring.q}",
        "remove:header.x-secret": "''",
        "overwrite:querystring.k": "$request.body.a.b[1]",
        "remove:querystring.q": "''",
        "overwrite:path": "/over/${request.path.id}",
    }
    answers = {"418": {"overwrite:statuscode": "202", "append:header.x-made": "$context.httpMethod", "remove:header.x-back": "''"}}
    to_web(apis, api, "POST /m/{id}", f"{server.url}/in", RequestParameters=steps)
    to_web(apis, api, "GET /teapot", f"{server.url}/teapot", ResponseParameters=answers)
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True, StageVariables={"v": "one"})
    _, _, body = ask(cloud, api, "POST", "/m/7?q=2", '{"a": {"b": [1, 2]}}', {"X-Secret": "s", "X-Mixed": "m"})
    seen = json.loads(body)
    assert (seen["path"], seen["headers"]["x-id"], "x-secret" in seen["headers"]) == ("/over/7?k=2", "7", False)
    assert seen["headers"]["x-mixed"] == "one-2"
    status, headers, _ = ask(cloud, api, "GET", "/teapot")
    assert (status, headers["x-made"], headers["x-back"]) == (202, "GET", None)
    refused(to_web, "BadRequestException", apis=apis, api=api, key="GET /n", uri=server.url, RequestParameters={"append:path": "a"})


def test_pages_of_other_origins(cloud, apis, api, server):
    rules = {"AllowOrigins": ["https://a"], "AllowMethods": ["GET", "POST"], "AllowHeaders": ["x-one"], "MaxAge": 60, "AllowCredentials": True}
    to_web(apis, api, "ANY /p", server.url)
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    assert ask(cloud, api, "GET", "/p")[1]["Access-Control-Allow-Origin"] == "https://theirs"
    apis.update_api(ApiId=api, CorsConfiguration=rules)
    asked = {"Origin": "https://a", "Access-Control-Request-Method": "POST"}
    status, headers, body = ask(cloud, api, "OPTIONS", "/any/where", None, asked)
    assert (status, body, headers["Access-Control-Allow-Origin"]) == (204, "", "https://a")
    assert (headers["Access-Control-Allow-Methods"], headers["Access-Control-Max-Age"]) == ("GET,POST", "60")
    assert (headers["Access-Control-Allow-Headers"], headers["Access-Control-Allow-Credentials"]) == ("x-one", "true")
    _, headers, _ = ask(cloud, api, "OPTIONS", "/p", None, {**asked, "Origin": "https://b"})
    assert headers["Access-Control-Allow-Origin"] is None
    _, headers, _ = ask(cloud, api, "GET", "/p", None, {"Origin": "https://a"})
    assert headers.get_all("Access-Control-Allow-Origin") == ["https://a"]
    assert ask(cloud, api, "GET", "/p")[1]["Access-Control-Allow-Origin"] is None


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs tokens, and shows its key."""

    def __init__(self, server):
        self.key = rsa.generate_private_key(65537, 2048)
        self.url = server.url
        numbers = self.key.public_key().public_numbers()
        jwk = {"kty": "RSA", "kid": "k", "alg": "RS256", "use": "sig", "n": b64(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
        server.pages["/.well-known/openid-configuration"] = {"issuer": server.url, "jwks_uri": f"{server.url}/keys"}
        server.pages["/keys"] = {"keys": [jwk]}

    def token(self, kid="k", alg="RS256", **claims):
        claims = {"iss": self.url, "aud": "me", "exp": 4102444800, "sub": "ü", **claims}
        text = ".".join(b64(json.dumps(part).encode()) for part in [{"alg": alg, "kid": kid}, claims])
        return f"{text}.{b64(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def test_tokens_of_an_issuer(cloud, apis, api, server, servers, function):
    issuer = Issuer(server)
    authorizer = apis.create_authorizer(
        ApiId=api,
        Name="tokens",
        AuthorizerType="JWT",
        IdentitySource=["$request.header.Authorization"],
        JwtConfiguration={"Issuer": server.url, "Audience": ["me"]},
    )["AuthorizerId"]
    behind = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    route = apis.create_route(
        ApiId=api, RouteKey="GET /t", Target=f"integrations/{behind}", AuthorizationType="JWT", AuthorizerId=authorizer
    )["RouteId"]
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)

    def status(token):
        return ask(cloud, api, "GET", "/t", None, {"Authorization": token} if token else {})[0]

    status_, headers, body = ask(cloud, api, "GET", "/t")
    assert (status_, headers["www-authenticate"], json.loads(body)) == (401, "Bearer", {"message": "Unauthorized"})
    good = issuer.token()
    assert [status(good), status(f"Bearer {good}")] == [200, 200]
    event = json.loads(ask(cloud, api, "GET", "/t", None, {"Authorization": good})[2])
    assert event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "ü"
    other = Issuer(servers()).token(iss=server.url)
    wrong = [issuer.token(aud="you"), issuer.token(exp=1), issuer.token(iss="https://x"), issuer.token(kid="l"), issuer.token(nbf=4102444000)]
    assert {status(token) for token in [*wrong, other, "a.b.c", "no", issuer.token(alg="none"), good[:-4]]} == {401}
    apis.update_route(ApiId=api, RouteId=route, AuthorizationScopes=["read"])
    assert status(good) == 403
    assert status(issuer.token(scope="write read")) == 200
    refused(apis.delete_authorizer, "ConflictException", ApiId=api, AuthorizerId=authorizer)


def test_functions_let_in(cloud, apis, api, function):
    def authorizer(name, version, **settings):
        return apis.create_authorizer(
            ApiId=api,
            Name=name,
            AuthorizerType="REQUEST",
            AuthorizerUri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
            AuthorizerPayloadFormatVersion=version,
            IdentitySource=["$request.header.X-Token"],
            **settings,
        )["AuthorizerId"]

    behind = apis.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    kinds = {
        "/new": authorizer("new", "2.0", EnableSimpleResponses=True),
        "/fresh": authorizer("fresh", "2.0", EnableSimpleResponses=True, AuthorizerResultTtlInSeconds=0),
        "/old": authorizer("old", "1.0"),
    }
    for path, one in kinds.items():
        apis.create_route(
            ApiId=api, RouteKey=f"GET {path}", Target=f"integrations/{behind}", AuthorizationType="CUSTOM", AuthorizerId=one
        )
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)

    def asked(path, token):
        status, _, body = ask(cloud, api, "GET", path, None, {"X-Token": token} if token else {})
        return status, json.loads(body)

    for path in kinds:
        found = [asked(path, token)[0] for token in ["yes", "no", None, "raise"]]
        assert found == [200, 403, 401, 500], path

    def call(path):
        return asked(path, "yes")[1]["requestContext"]["authorizer"]["lambda"]["call"]

    first = call("/new")
    assert call("/new") == first
    assert call("/fresh") != call("/fresh")
    apis.reset_authorizers_cache(ApiId=api, StageName="$default")
    assert call("/new") != first


def test_routes_are_throttled(cloud, apis, api, server):
    to_web(apis, api, "GET /slow", server.url)
    to_web(apis, api, "GET /fast", server.url)
    apis.create_stage(
        ApiId=api,
        StageName="$default",
        AutoDeploy=True,
        RouteSettings={"GET /slow": {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}},
    )
    answers = [ask(cloud, api, "GET", "/slow") for _ in range(3)]
    assert [status for status, *_ in answers] == [200, 200, 429]
    assert json.loads(answers[2][2]) == {"message": "Too Many Requests"}
    assert {ask(cloud, api, "GET", "/fast")[0] for _ in range(5)} == {200}
    apis.delete_route_settings(ApiId=api, StageName="$default", RouteKey="GET /slow")
    assert ask(cloud, api, "GET", "/slow")[0] == 200


def test_what_was_made_is_there_after_a_kill(make_cloud, name, server):
    cloud = make_cloud().start()
    apis = cloud.client("apigatewayv2")
    api = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    integration, _ = to_web(apis, api, "GET /x", f"{server.url}/first")
    deployment = apis.create_deployment(ApiId=api)["DeploymentId"]
    apis.create_stage(ApiId=api, StageName="fixed", DeploymentId=deployment)
    apis.update_integration(ApiId=api, IntegrationId=integration, IntegrationUri=f"{server.url}/second")
    cloud.kill()
    cloud.start()
    assert json.loads(ask(cloud, api, "GET", "/fixed/x")[2])["path"] == "/first"
