"""What stands behind the routes of WebSocket APIs, who may connect, and how both are set."""

import http.client
import json
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from http_apis import refused
from sockets import Api, heard, listening
from websockets.exceptions import InvalidStatus

AUTHORIZER = """
def handler(event, context):
    token = event["queryStringParameters"].get("token")
    if token == "raise":
        raise ValueError("no")
    if token == "unknown":
        raise Exception("Unauthorized")
    assert event["type"] == "REQUEST" and event["requestContext"]["eventType"] == "CONNECT"
    effect = "Allow" if token == "yes" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": "me", "policyDocument": policy, "context": {"level": 3}}
"""
TWICE = """
def handler(event, context):
    if event.get("fails"):
        raise ValueError("as told")
    return {"twice": event["number"] * 2}
"""


@pytest.fixture
def listener():
    with listening() as listener:
        yield listener


@pytest.fixture
def api(cloud, name):
    return Api(cloud, name)


def test_mocks_answer_by_their_templates(api):
    to = api.integration("MOCK", RequestTemplates={"200": '{"statusCode": 200}'}, TemplateSelectionExpression="200")
    api.route("$connect", to)
    route = api.route("$default", to, answers=True)
    template = '{"you": "$context.connectionId", "said": $input.json("$.text")}'
    made = api.client.create_integration_response(
        ApiId=api.id, IntegrationId=to, IntegrationResponseKey="/2\\d\\d/", ResponseTemplates={"$default": template}
    )
    with api.connect() as socket:
        socket.send('{"text": "hello"}')
        # The answer of a mock has no body of its own.
        assert heard(socket)["you"]
        api.client.update_integration_response(
            ApiId=api.id,
            IntegrationId=to,
            IntegrationResponseId=made["IntegrationResponseId"],
            ResponseTemplates={"$default": "[1, 2]"},
        )
        socket.send("again")
        assert heard(socket) == [1, 2]
    assert api.client.get_route_responses(ApiId=api.id, RouteId=route)["Items"][0]["RouteResponseKey"] == "$default"


def test_servers_of_the_web(api, listener):
    mapped = {
        "integration.request.header.x-connection": "context.connectionId",
        "integration.request.querystring.text": "route.request.body.text",
        "integration.request.header.x-fixed": "'fixed'",
    }
    proxy = api.integration(
        "HTTP_PROXY", IntegrationUri=listener.url + "/proxy", IntegrationMethod="POST", RequestParameters=mapped
    )
    api.route("$connect", proxy)
    api.route("$default", proxy, answers=True)
    changed = api.integration(
        "HTTP",
        IntegrationUri=listener.url + "/missing",
        IntegrationMethod="POST",
        RequestTemplates={"$default": '{"now": $input.json("$.text")}'},
    )
    api.route("changed", changed, answers=True)
    for key, template in [("200", "ok"), ("/4\\d\\d/", '{"no": $input.json("$.echo")}')]:
        api.client.create_integration_response(
            ApiId=api.id, IntegrationId=changed, IntegrationResponseKey=key, ResponseTemplates={"$default": template}
        )
    with api.connect(additional_headers={"X-Mine": "1"}) as socket:
        begun = listener.next()["headers"]
        assert (begun["x-mine"], begun["x-fixed"]) == ("1", "fixed")
        socket.send('{"text": "a b"}')
        assert heard(socket)["echo"] == '{"text": "a b"}'
        sent = listener.next()
        assert (sent["path"], sent["headers"]["x-connection"]) == ("/proxy?text=a%20b", begun["x-connection"])
        socket.send('{"action": "changed", "text": "t"}')
        assert heard(socket) == {"no": '{"now": "t"}'}
        assert listener.next()["body"] == '{"now": "t"}'


def test_functions_with_mapped_messages(cloud, api, name, listener):
    uri = api.function(name, listener, TWICE)
    to = api.integration("AWS", IntegrationUri=uri, RequestTemplates={"$default": '$input.json("$.data")'})
    api.route("$default", to, answers=True)
    for key, template in [("$default", '{"is": $input.json("$.twice")}'), ("/as t.*/", '{"failed": true}')]:
        api.client.create_integration_response(
            ApiId=api.id, IntegrationId=to, IntegrationResponseKey=key, ResponseTemplates={"$default": template}
        )
    with api.connect() as socket:
        socket.send('{"data": {"number": 21}}')
        assert heard(socket) == {"is": 42}
        socket.send('{"data": {"fails": true}}')
        assert heard(socket) == {"failed": True}


def test_actions_of_services(cloud, api, name):
    queue = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    template = '{"QueueUrl": "%s", "MessageBody": "$util.escapeJavaScript($input.body)"}' % queue
    uri = "arn:aws:apigateway:us-east-1:sqs:action/SendMessage"
    to = api.integration("AWS", IntegrationUri=uri, IntegrationMethod="POST", RequestTemplates={"$default": template})
    api.route("$default", to, answers=True)
    with api.connect() as socket:
        socket.send('{"a": 1}')
        sent = heard(socket)
    found = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]
    assert (found["MessageId"], found["Body"]) == (sent["MessageId"], '{"a": 1}')


def test_functions_that_nobody_waits_for(api, name, listener):
    to = api.integration(
        "AWS",
        IntegrationUri=api.function(name, listener),
        RequestParameters={"integration.request.header.X-Amz-Invocation-Type": "'Event'"},
        RequestTemplates={"$default": '{"requestContext": {"eventType": "LATER"}, "said": $input.body}'},
    )
    api.client.create_integration_response(
        ApiId=api.id,
        IntegrationId=to,
        IntegrationResponseKey="$default",
        ResponseTemplates={"$default": '["$context.routeKey", "$input.path(\'$.statusCode\')"]'},
    )
    api.route("$default", to, answers=True)
    with api.connect() as socket:
        socket.send("7")
        assert heard(socket) == ["$default", ""]
        assert listener.event("LATER")["said"] == 7


def test_functions_say_who_may_connect(cloud, api, name, listener):
    authorizer = api.client.create_authorizer(
        ApiId=api.id,
        AuthorizerType="REQUEST",
        Name="function",
        AuthorizerUri=api.function(name + "-a", listener, AUTHORIZER),
        IdentitySource=["route.request.querystring.token"],
    )["AuthorizerId"]
    to = api.integration("AWS_PROXY", IntegrationUri=api.function(name, listener))
    api.route("$connect", to, AuthorizationType="CUSTOM", AuthorizerId=authorizer)
    api.route("$default", to, answers=True)
    for token, status in [("no", 403), ("", 401), ("raise", 500), ("unknown", 401)]:
        with pytest.raises(InvalidStatus) as refusal:
            api.connect(f"/dev?token={token}")
        assert refusal.value.response.status_code == status, token
    with api.connect("/dev?token=yes") as socket:
        assert listener.event("CONNECT")["requestContext"]["authorizer"] == {"principalId": "me", "level": 3}
        socket.send("x")
        heard(socket)
        assert listener.event("MESSAGE")["requestContext"]["authorizer"]["principalId"] == "me"


def test_signatures_say_who_may_connect(make_cloud, name, listener):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    client = cloud.client
    cloud.client = lambda service, **more: client(service, key, secret, **more)
    api = Api(cloud, name)
    to = api.integration("MOCK", RequestTemplates={"$default": '{"statusCode": 200}'})
    api.route("$connect", to, AuthorizationType="AWS_IAM")
    with pytest.raises(InvalidStatus) as refusal:
        api.connect()
    assert refusal.value.response.status_code == 403
    url = f"{api.endpoint.replace('ws://', 'http://')}/dev"
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key, secret), "execute-api", "us-east-1").add_auth(request)
    headers = {name: request.headers[name] for name in ["Authorization", "X-Amz-Date"]}
    with api.connect(additional_headers=headers) as socket:
        socket.send("x")
        assert heard(socket)["message"] == "Forbidden"
    with pytest.raises(InvalidStatus) as refusal:
        api.connect(additional_headers={**headers, "X-Amz-Date": "20200101T000000Z"})
    assert refusal.value.response.status_code == 403


def test_a_stage_that_does_not_deploy_by_itself(cloud, name, api):
    mock = {"RequestTemplates": {"$default": '{"statusCode": 200}'}}
    api.route("$default", api.integration("MOCK", **mock))
    client = api.client
    client.create_stage(ApiId=api.id, StageName="slow")
    with pytest.raises(InvalidStatus):
        api.connect("/slow")
    client.create_deployment(ApiId=api.id, StageName="slow")
    with api.connect("/slow"):
        pass


def test_what_belongs_to_a_websocket_api(api):
    client = api.client
    made = client.get_api(ApiId=api.id)
    assert made["ApiEndpoint"].startswith(f"ws://{api.id}.execute-api.us-east-1.localhost:")
    assert (made["ProtocolType"], made["RouteSelectionExpression"]) == ("WEBSOCKET", "$request.body.action")
    assert made["ApiKeySelectionExpression"] == "$request.header.x-api-key"
    to = api.integration("MOCK")
    shown = client.get_integration(ApiId=api.id, IntegrationId=to)
    assert (shown["TimeoutInMillis"], shown["PassthroughBehavior"]) == (29000, "WHEN_NO_MATCH")
    response = {"ApiId": api.id, "IntegrationId": to}
    first = client.create_integration_response(**response, IntegrationResponseKey="$default")["IntegrationResponseId"]
    refused(client.create_integration_response, "ConflictException", **response, IntegrationResponseKey="$default")
    refused(client.create_integration_response, "BadRequestException", **response, IntegrationResponseKey="/(/")
    assert [one["IntegrationResponseId"] for one in client.get_integration_responses(**response)["Items"]] == [first]
    client.delete_integration_response(**response, IntegrationResponseId=first)
    refused(client.get_integration_response, "NotFoundException", **response, IntegrationResponseId=first)
    route = api.route("send", to, answers=True)
    refused(client.create_route, "ConflictException", ApiId=api.id, RouteKey="send")
    refused(client.create_route, "BadRequestException", ApiId=api.id, RouteKey="$other")
    refused(client.create_route, "NotImplemented", ApiId=api.id, RouteKey="$disconnect", ApiKeyRequired=True)
    refused(client.create_route_response, "NotFoundException", ApiId=api.id, RouteId="none", RouteResponseKey="$default")
    only = client.get_route_responses(ApiId=api.id, RouteId=route)["Items"][0]["RouteResponseId"]
    assert client.get_route_response(ApiId=api.id, RouteId=route, RouteResponseId=only)["RouteResponseKey"] == "$default"
    client.delete_route(ApiId=api.id, RouteId=route)
    refused(client.get_route_responses, "NotFoundException", ApiId=api.id, RouteId=route)
    refused(client.create_api, "BadRequestException", Name="x", ProtocolType="WEBSOCKET")
    http = client.create_api(Name="x", ProtocolType="HTTP")["ApiId"]
    plain = client.create_route(ApiId=http, RouteKey="GET /")["RouteId"]
    refused(client.create_route_response, "BadRequestException", ApiId=http, RouteId=plain, RouteResponseKey="$default")


def test_requests_that_ask_for_no_socket(cloud, api):
    api.route("$default", api.integration("MOCK"))
    address = urllib.parse.urlsplit(cloud.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("GET", f"/_aws/execute-api/{api.id}/dev")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())) == (426, {"message": "Upgrade Required"})
