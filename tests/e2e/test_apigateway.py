"""REST APIs as their owners and their clients meet them."""

import gzip
import http.client
import json
import urllib.parse
import urllib.request

import pytest
from botocore.exceptions import ClientError

FUNCTION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"


@pytest.fixture
def gateway(cloud):
    return cloud.client("apigateway")


class Api:
    """An API under construction."""

    def __init__(self, gateway, cloud, name, **settings):
        self.gateway, self.cloud = gateway, cloud
        made = gateway.create_rest_api(name=name, **settings)
        self.id, self.root = made["id"], made["rootResourceId"]
        self.resources = {"/": self.root}

    def resource(self, path):
        if path not in self.resources:
            above, _, part = path.rpartition("/")
            parent = self.resource(above or "/")
            made = self.gateway.create_resource(restApiId=self.id, parentId=parent, pathPart=part)
            assert made["path"] == path
            self.resources[path] = made["id"]
        return self.resources[path]

    def place(self, path, verb):
        return {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": verb}

    def method(self, path, verb="GET", authorization="NONE", **settings):
        place = self.place(path, verb)
        self.gateway.put_method(**place, authorizationType=authorization, **settings)
        return place

    def mock(self, path, verb="GET", request='{"statusCode": 200}', response=None, status="200", parameters=None, **settings):
        place = self.method(path, verb, **settings)
        self.gateway.put_integration(**place, type="MOCK", requestTemplates={"application/json": request})
        parameters = parameters or {}
        declared = {name: False for name in parameters}
        self.gateway.put_method_response(**place, statusCode=status, responseParameters=declared)
        self.gateway.put_integration_response(
            **place,
            statusCode=status,
            responseParameters=parameters,
            responseTemplates={"application/json": response} if response is not None else {},
        )
        return place

    def deploy(self, stage="dev", **settings):
        return self.gateway.create_deployment(restApiId=self.id, stageName=stage, **settings)["id"]

    def patch_stage(self, *operations, stage="dev"):
        operations = [{"op": op, "path": path, "value": value} for op, path, value in operations]
        return self.gateway.update_stage(restApiId=self.id, stageName=stage, patchOperations=operations)

    def ask(self, method, path, body=None, headers=None, stage="dev"):
        return ask(self.cloud, method, f"/_aws/execute-api/{self.id}/{stage}{path}", None, body, headers)


def ask(cloud, method, path, host=None, body=None, headers=None):
    address = urllib.parse.urlsplit(cloud.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request(method, path, body, {**({"Host": host} if host else {}), **(headers or {})})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


@pytest.fixture
def api(gateway, cloud, name):
    return Api(gateway, cloud, name)


def refused(call, code, text=""):
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] == code, error.value
    assert text in error.value.response["Error"]["Message"], error.value


def test_an_api_is_made_shown_changed_and_deleted(gateway, name):
    made = gateway.create_rest_api(name=name, description="d", tags={"a": "b"}, binaryMediaTypes=["image/png"])
    api_id = made["id"]
    assert (made["name"], made["tags"], made["apiKeySource"]) == (name, {"a": "b"}, "HEADER")
    assert made["endpointConfiguration"]["types"] == ["EDGE"]
    shown = gateway.get_rest_api(restApiId=api_id)
    assert {key: shown[key] for key in ["id", "name", "description"]} == {"id": api_id, "name": name, "description": "d"}
    assert api_id in [api["id"] for api in gateway.get_rest_apis(limit=500)["items"]]
    operations = [
        {"op": "replace", "path": "/name", "value": "other"},
        {"op": "add", "path": "/binaryMediaTypes/image~1gif"},
        {"op": "replace", "path": "/endpointConfiguration/types/EDGE", "value": "REGIONAL"},
        {"op": "replace", "path": "/minimumCompressionSize", "value": "10"},
    ]
    changed = gateway.update_rest_api(restApiId=api_id, patchOperations=operations)
    assert (changed["name"], changed["minimumCompressionSize"]) == ("other", 10)
    assert changed["binaryMediaTypes"] == ["image/png", "image/gif"]
    assert changed["endpointConfiguration"]["types"] == ["REGIONAL"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{api_id}"
    gateway.tag_resource(resourceArn=arn, tags={"c": "d"})
    gateway.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert gateway.get_tags(resourceArn=arn)["tags"] == {"c": "d"}
    gateway.delete_rest_api(restApiId=api_id)
    refused(lambda: gateway.get_rest_api(restApiId=api_id), "NotFoundException", "Invalid API identifier specified")
    refused(lambda: gateway.delete_rest_api(restApiId=api_id), "NotFoundException")


def test_what_is_wrong_is_said(gateway, api):
    refused(lambda: gateway.create_rest_api(name=""), "BadRequestException")
    wrong = [{"op": "replace", "path": "/nothing", "value": "x"}]
    refused(
        lambda: gateway.update_rest_api(restApiId=api.id, patchOperations=wrong),
        "BadRequestException",
        "Invalid patch path  '/nothing' specified for op 'replace'. Must be one of: [/name, ",
    )
    child = lambda part, parent=api.root: gateway.create_resource(restApiId=api.id, parentId=parent, pathPart=part)  # noqa: E731
    made = child("a")
    refused(lambda: child("a"), "ConflictException", "already has this name: a")
    child("{x}")
    refused(lambda: child("{y}"), "BadRequestException", "A sibling ({x}) of this resource")
    refused(lambda: child("a b"), "BadRequestException", "Resource's path part only allow")
    refused(lambda: child("b", "nowhere"), "NotFoundException", "Invalid Resource identifier specified")
    place = {"restApiId": api.id, "resourceId": made["id"], "httpMethod": "GET"}
    refused(lambda: gateway.get_method(**place), "NotFoundException", "Invalid Method identifier specified")
    refused(lambda: gateway.create_deployment(restApiId=api.id), "BadRequestException", "doesn't contain any methods")
    gateway.put_method(**place, authorizationType="NONE")
    refused(lambda: gateway.put_method(**place, authorizationType="NONE"), "ConflictException", "Method already exists")
    refused(lambda: gateway.create_deployment(restApiId=api.id), "BadRequestException", "No integration defined for method")
    refused(lambda: gateway.put_integration(**place, type="AWS", uri="x", integrationHttpMethod="POST"), "BadRequestException", "Invalid ARN")
    refused(lambda: gateway.put_integration(**place, type="HTTP", uri="ftp://x", integrationHttpMethod="GET"), "BadRequestException", "Invalid HTTP endpoint")
    refused(lambda: gateway.put_integration_response(**place, statusCode="200"), "NotFoundException")


def test_a_mock_with_templates(api):
    request = """{"statusCode": $input.params('status')}"""
    response = '{"id": "$input.params(\'id\')", "stage": "$context.stage", "v": "$stageVariables.v"}'
    parameters = {"method.response.header.X-Id": "'fixed'", "method.response.header.X-Path": "context.resourcePath"}
    api.mock("/trips/{id}", request=request, response=response, parameters=parameters)
    api.deploy(variables={"v": "one"})
    status, headers, body = api.ask("GET", "/trips/7?status=200")
    assert (status, json.loads(body)) == (200, {"id": "7", "stage": "dev", "v": "one"})
    assert (headers["X-Id"], headers["X-Path"]) == ("fixed", "/trips/{id}")
    assert headers["x-amzn-RequestId"] and headers["x-amz-apigw-id"]
    assert headers["content-type"] == "application/json"
    for path, host in [
        (f"/restapis/{api.id}/dev/_user_request_/trips/7?status=200", None),
        ("/dev/trips/7?status=200", f"{api.id}.execute-api.us-east-1.localhost:4566"),
        ("/dev/trips/7?status=200", f"{api.id}.execute-api.localhost.localstack.cloud:4566"),
    ]:
        assert ask(api.cloud, "GET", path, host)[0] == 200


def test_requests_are_counted(api, cloud):
    api.mock("/a", response="ok")
    api.deploy()

    def counted(code):
        text = urllib.request.urlopen(f"{cloud.url}/_cloudlet/metrics").read().decode()
        line = f'cloudlet_requests_total{{service="apigateway",operation="Visit",code="{code}"}} '
        return sum(int(found.removeprefix(line)) for found in text.splitlines() if found.startswith(line))

    before = [counted("ok"), counted("4xx")]
    assert [api.ask("GET", path)[0] for path in ["/a", "/b"]] == [200, 403]
    after = [counted("ok"), counted("4xx")]
    assert all(now > then for now, then in zip(after, before, strict=True))


def test_what_leads_nowhere(api):
    api.mock("/trips")
    api.deploy()
    for verb, path in [("GET", "/"), ("GET", "/other"), ("POST", "/trips"), ("GET", "/trips/7")]:
        status, headers, body = api.ask(verb, path)
        assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"}), path
        assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    api.mock("/any", "ANY")
    api.deploy()
    assert [api.ask(verb, "/any")[0] for verb in ["PATCH", "ANY", "OTHER"]] == [200, 403, 403]
    status, headers, body = api.ask("GET", "/trips", stage="nowhere")
    assert (status, json.loads(body), headers["x-amzn-ErrorType"]) == (403, {"message": "Forbidden"}, "ForbiddenException")


def test_siblings_and_greedy_paths(api):
    for path in ["/a", "/a/{x}", "/a/{x}/b", "/{proxy+}"]:
        api.mock(path, response=f"{path} $input.params('x') $input.params('proxy')")
    api.deploy()
    for path, wanted in [
        ("/a", "/a"),
        ("/a/1", "/a/{x} 1"),
        ("/a/1/b", "/a/{x}/b 1"),
        ("/a/1/c", "/{proxy+}  a/1/c"),
        ("/b/c/d", "/{proxy+}  b/c/d"),
    ]:
        assert api.ask("GET", path)[2].decode().strip() == wanted


def test_a_deployment_is_frozen(gateway, api):
    place = api.mock("/v", response="one")
    first = api.deploy()
    change = [{"op": "replace", "path": "/responseTemplates/application~1json", "value": "two"}]
    gateway.update_integration_response(**place, statusCode="200", patchOperations=change)
    assert api.ask("GET", "/v")[2] == b"one"
    second = api.deploy("prod")
    assert (api.ask("GET", "/v")[2], api.ask("GET", "/v", stage="prod")[2]) == (b"one", b"two")
    api.patch_stage(("replace", "/deploymentId", second))
    assert api.ask("GET", "/v")[2] == b"two"
    refused(
        lambda: gateway.delete_deployment(restApiId=api.id, deploymentId=second),
        "BadRequestException",
        "Active stages pointing to this deployment must be moved or deleted",
    )
    gateway.delete_deployment(restApiId=api.id, deploymentId=first)
    summary = gateway.get_deployment(restApiId=api.id, deploymentId=second, embed=["apisummary"])["apiSummary"]
    assert summary == {"/v": {"GET": {"authorizationType": "NONE", "apiKeyRequired": False}}}


def test_canaries_take_their_part(gateway, api):
    place = api.mock("/v", response="one $stageVariables.who")
    api.deploy(variables={"who": "all"})
    change = [{"op": "replace", "path": "/responseTemplates/application~1json", "value": "two $stageVariables.who"}]
    gateway.update_integration_response(**place, statusCode="200", patchOperations=change)
    api.deploy(canarySettings={"percentTraffic": 50.0, "stageVariableOverrides": {"who": "few"}})
    seen = {api.ask("GET", "/v")[2] for _ in range(60)}
    assert seen == {b"one all", b"two few"}
    api.patch_stage(("replace", "/canarySettings/percentTraffic", "20"))
    few = sum(api.ask("GET", "/v")[2] == b"two few" for _ in range(1000))
    assert 120 <= few <= 280, "six standard deviations"
    gateway.update_stage(
        restApiId=api.id,
        stageName="dev",
        patchOperations=[
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"},
            {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
            {"op": "remove", "path": "/canarySettings"},
        ],
    )
    assert {api.ask("GET", "/v")[2] for _ in range(10)} == {b"two few"}


def test_gateway_responses_are_the_apis_own(gateway, api):
    api.mock("/a")
    gateway.put_gateway_response(
        restApiId=api.id,
        responseType="MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters={"gatewayresponse.header.X-Why": "'none'"},
        responseTemplates={"application/json": '{"error": $context.error.messageString, "type": "$context.error.responseType"}'},
    )
    api.deploy()
    status, headers, body = api.ask("GET", "/b")
    assert (status, headers["X-Why"]) == (404, "none")
    assert json.loads(body) == {"error": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN"}
    kinds = {response["responseType"] for response in gateway.get_gateway_responses(restApiId=api.id)["items"]}
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED"} <= kinds


def test_selection_and_overrides(gateway, api):
    place = api.mock("/s", request='{"statusCode": $input.params("status")}', response="ok")
    for status, pattern in [("400", "4\\d{2}"), ("500", "5\\d{2}")]:
        gateway.put_method_response(**place, statusCode=status)
        template = f'#set($context.responseOverride.header.X-Of = "{status}")$context.status'
        gateway.put_integration_response(
            **place, statusCode=status, selectionPattern=pattern, responseTemplates={"application/json": template}
        )
    api.deploy()
    for asked, got in [("200", 200), ("302", 200), ("404", 400), ("503", 500)]:
        status, headers, _ = api.ask("GET", f"/s?status={asked}")
        assert (status, headers["X-Of"]) == (got, str(got) if got >= 400 else None)
    assert api.ask("GET", "/s")[0] == 500, "a template that makes no status"


def test_passing_on_and_media_types(gateway, api):
    for path, passthrough in [("/never", "NEVER"), ("/templates", "WHEN_NO_TEMPLATES"), ("/match", "WHEN_NO_MATCH")]:
        place = api.mock(path, "POST", request='{"statusCode": 200}')
        change = [{"op": "replace", "path": "/passthroughBehavior", "value": passthrough}]
        gateway.update_integration(**place, patchOperations=change)
    api.deploy()
    other = {"Content-Type": "text/plain"}
    for path, wanted in [("/never", 415), ("/templates", 415), ("/match", 200)]:
        status, _, body = api.ask("POST", path, '{"statusCode": 200}', other)
        assert status == wanted, path
        assert status == 200 or json.loads(body) == {"message": "Unsupported Media Type"}
        assert api.ask("POST", path, "{}", {"Content-Type": "application/json; charset=utf-8"})[0] == 200


def test_requests_are_validated(gateway, api):
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "required": ["to"],
        "properties": {"to": {"type": "string"}, "n": {"type": "integer", "minimum": 1}},
    }
    gateway.create_model(restApiId=api.id, name="Trip", contentType="application/json", schema=json.dumps(schema))
    validator = gateway.create_request_validator(
        restApiId=api.id, name="all", validateRequestBody=True, validateRequestParameters=True
    )
    api.mock(
        "/trips",
        "POST",
        response="ok",
        requestValidatorId=validator["id"],
        requestModels={"application/json": "Trip"},
        requestParameters={"method.request.querystring.q": True, "method.request.header.X-H": True},
    )
    api.deploy()
    good = {"X-H": "1"}
    assert api.ask("POST", "/trips?q=1", '{"to": "x", "n": 1}', good)[0] == 200
    status, headers, body = api.ask("POST", "/trips", '{"to": "x"}')
    message = json.loads(body)["message"]
    assert status == 400 and message.startswith("Missing required request parameters: [") and "q" in message
    assert headers["x-amzn-ErrorType"] == "BadRequestException"
    for wrong in ["{}", '{"to": 1}', '{"to": "x", "n": 0}', "no json", ""]:
        status, _, body = api.ask("POST", "/trips?q=1", wrong, good)
        assert (status, json.loads(body)) == (400, {"message": "Invalid request body"}), wrong


def test_keys_plans_and_quotas(gateway, api, name):
    api.mock("/paid", response="ok", apiKeyRequired=True)
    api.deploy()
    key = gateway.create_api_key(name=name, enabled=True)
    plan = gateway.create_usage_plan(
        name=name,
        apiStages=[{"apiId": api.id, "stage": "dev"}],
        quota={"limit": 3, "period": "DAY"},
        throttle={"rateLimit": 1000.0, "burstLimit": 1000},
    )
    headers = {"x-api-key": key["value"]}
    for sent in [None, headers, {"x-api-key": "wrong"}]:
        status, answered, body = api.ask("GET", "/paid", headers=sent)
        assert (status, json.loads(body), answered["x-amzn-ErrorType"]) == (403, {"message": "Forbidden"}, "ForbiddenException")
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert [api.ask("GET", "/paid", headers=headers)[0] for _ in range(3)] == [200] * 3
    status, answered, body = api.ask("GET", "/paid", headers=headers)
    assert (status, json.loads(body)) == (429, {"message": "Limit Exceeded"})
    assert answered["x-amzn-ErrorType"] == "LimitExceededException"
    more = [{"op": "replace", "path": "/remaining", "value": "1"}]
    gateway.update_usage(usagePlanId=plan["id"], keyId=key["id"], patchOperations=more)
    assert [api.ask("GET", "/paid", headers=headers)[0] for _ in range(2)] == [200, 429]
    off = [{"op": "replace", "path": "/enabled", "value": "false"}]
    gateway.update_api_key(apiKey=key["id"], patchOperations=off)
    assert api.ask("GET", "/paid", headers=headers)[0] == 403
    refused(lambda: gateway.delete_usage_plan(usagePlanId=plan["id"]), "BadRequestException", "associated API stages")


def test_methods_are_throttled(api):
    api.mock("/slow", response="ok")
    api.mock("/fast", response="ok")
    api.deploy()
    stage = api.patch_stage(
        ("replace", "/~1slow/GET/throttling/rateLimit", "0.001"), ("replace", "/~1slow/GET/throttling/burstLimit", "2")
    )
    assert stage["methodSettings"]["slow/GET"]["throttlingBurstLimit"] == 2
    answers = [api.ask("GET", "/slow") for _ in range(4)]
    assert [status for status, _, _ in answers] == [200, 200, 429, 429]
    assert json.loads(answers[3][2]) == {"message": "Too Many Requests"}
    assert answers[3][1]["x-amzn-ErrorType"] == "TooManyRequestsException"
    assert api.ask("GET", "/fast")[0] == 200


def test_answers_are_kept(gateway, api):
    place = api.mock("/t", response="$context.requestId")
    change = [{"op": "add", "path": "/cacheKeyParameters/method.request.querystring.q"}]
    gateway.update_integration(**place, patchOperations=change)
    api.deploy()
    api.patch_stage(
        ("replace", "/cacheClusterEnabled", "true"),
        ("replace", "/*/*/caching/enabled", "true"),
        ("replace", "/*/*/caching/requireAuthorizationForCacheControl", "false"),
    )
    get = lambda query="", headers=None: api.ask("GET", f"/t{query}", headers=headers)[2]  # noqa: E731
    first = get()
    assert get() == first
    assert get("?q=1") != first
    anew = get(headers={"Cache-Control": "max-age=0"})
    assert anew != first and get() == anew
    gateway.flush_stage_cache(restApiId=api.id, stageName="dev")
    assert get() != anew


def test_what_is_not_built_is_refused_by_name(gateway, api):
    place = api.mock("/t")
    api.deploy()
    firehose = "arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-x"
    for path, value in [
        ("/clientCertificateId", "abc"),
        ("/accessLogSettings/destinationArn", firehose),
    ]:
        refused(lambda path=path, value=value: api.patch_stage(("replace", path, value)), "NotImplemented", path.split("/")[-1])
    refused(lambda: gateway.test_invoke_method(**place, clientCertificateId="abc"), "NotImplemented", "clientCertificateId")
    insecure = {"type": "HTTP", "integrationHttpMethod": "GET", "uri": "https://localhost", "tlsConfig": {"insecureSkipVerification": True}}
    refused(lambda: gateway.put_integration(**place, **insecure), "NotImplemented", "insecureSkipVerification")


def test_a_deployment_turns_the_cache_of_its_stage_on(gateway, api):
    api.mock("/t", response="x")
    api.deploy()
    api.deploy(cacheClusterEnabled=True, cacheClusterSize="1.6")
    stage = gateway.get_stage(restApiId=api.id, stageName="dev")
    assert (stage["cacheClusterEnabled"], stage["cacheClusterStatus"], stage["cacheClusterSize"]) == (True, "AVAILABLE", "1.6")


def test_long_answers_are_compressed(gateway, cloud, name):
    api = Api(gateway, cloud, name, minimumCompressionSize=100)
    api.mock("/long", response="a" * 1000)
    api.mock("/short", response="a")
    api.deploy()
    status, headers, body = api.ask("GET", "/long", headers={"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"], gzip.decompress(body)) == (200, "gzip", b"a" * 1000)
    assert api.ask("GET", "/long")[2] == b"a" * 1000
    assert api.ask("GET", "/short", headers={"Accept-Encoding": "gzip"})[2] == b"a"
    api.patch_stage(("replace", "/cacheClusterEnabled", "true"), ("replace", "/*/*/caching/enabled", "true"))
    assert api.ask("GET", "/long", headers={"Accept-Encoding": "gzip"})[1]["content-encoding"] == "gzip"
    assert api.ask("GET", "/long")[2] == b"a" * 1000, "what is kept for others is read by those who take nothing packed"


def test_a_resource_policy_decides(gateway, cloud, name):
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/dev/GET/open"}
    deny = {**allow, "Effect": "Deny", "Resource": "execute-api:/dev/GET/denied"}
    allow = {**allow, "Resource": ["execute-api:/dev/GET/open", "execute-api:/dev/GET/denied*"]}
    api = Api(gateway, cloud, name, policy=json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}))
    api.mock("/denied", response="ok")
    api.mock("/open", response="ok")
    api.mock("/shut", response="ok")
    api.deploy()
    assert api.ask("GET", "/open")[0] == 200
    status, headers, body = api.ask("GET", "/shut")
    assert [api.ask("GET", path)[0] for path in ["/denied", "/denied/"]] == [403, 403]
    assert (status, headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")
    assert json.loads(body)["message"].startswith("User: anonymous is not authorized to perform: execute-api:Invoke on resource: ")


def test_a_method_is_tried(gateway, api):
    place = api.mock("/trips/{id}", response="$input.params('id') $input.params('q')")
    tried = gateway.test_invoke_method(**place, pathWithQueryString="/trips/7?q=x")
    assert (tried["status"], tried["body"]) == (200, "7 x")
    assert "Method completed with status: 200" in tried["log"]


def test_what_was_made_is_there_after_a_kill(make_cloud, name):
    cloud = make_cloud().start()
    api = Api(cloud.client("apigateway"), cloud, name)
    api.mock("/a", response="ok")
    api.deploy()
    assert api.ask("GET", "/a")[0] == 200
    cloud.kill()
    cloud.start()
    api.gateway = cloud.client("apigateway")
    assert api.ask("GET", "/a")[2] == b"ok"
    assert api.gateway.get_resources(restApiId=api.id)["items"]


def test_signed_requests_are_checked(make_cloud, name):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    api = Api(cloud.client("apigateway", key, secret), cloud, name)
    api.mock("/mine", response="ok", authorization="AWS_IAM")
    api.deploy()
    path = f"/_aws/execute-api/{api.id}/dev/mine"

    def signed(secret):
        request = AWSRequest("GET", cloud.url + path)
        SigV4Auth(Credentials(key, secret), "execute-api", "us-east-1").add_auth(request)
        return dict(request.headers)

    status, _, body = ask(cloud, "GET", path)
    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
    assert ask(cloud, "GET", path, None, None, signed(secret))[0] == 200
    status, headers, _ = ask(cloud, "GET", path, None, None, signed("wrong"))
    assert (status, headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


def test_a_stage_that_goes_leaves_its_usage_plans(gateway, api, name):
    api.mock("/t")
    api.deploy()
    api.deploy("test")
    stages = [{"apiId": api.id, "stage": stage} for stage in ["dev", "test"]]
    plan = gateway.create_usage_plan(name=name, apiStages=stages)["id"]
    gateway.delete_stage(restApiId=api.id, stageName="dev")
    assert [one["stage"] for one in gateway.get_usage_plan(usagePlanId=plan)["apiStages"]] == ["test"]
    gateway.update_usage_plan(usagePlanId=plan, patchOperations=[{"op": "replace", "path": "/name", "value": "other"}])
    gateway.delete_rest_api(restApiId=api.id)
    assert gateway.get_usage_plan(usagePlanId=plan)["apiStages"] == []


def test_levels_of_logs_and_private_apis_are_checked(gateway, cloud, api, name):
    api.mock("/t")
    api.deploy()
    refused(lambda: api.patch_stage(("replace", "/*/*/logging/loglevel", "LOUD")), "BadRequestException", "LOUD")
    api.patch_stage(("replace", "/*/*/logging/loglevel", "ERROR"))
    private = Api(gateway, cloud, name, endpointConfiguration={"types": ["PRIVATE"]})
    private.mock("/t")
    refused(private.deploy, "BadRequestException", "Private REST API doesn't have a resource policy attached to it")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    gateway.update_rest_api(restApiId=private.id, patchOperations=[{"op": "replace", "path": "/policy", "value": policy}])
    private.deploy()
    assert private.ask("GET", "/t")[0] == 200
