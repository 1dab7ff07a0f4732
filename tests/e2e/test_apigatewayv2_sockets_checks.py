"""What WebSocket APIs ask of connections and messages, and services by their own protocols behind them."""

import http.client
import json
import urllib.parse

import pytest
from http_apis import refused
from sockets import Api, heard
from test_states_tasks import OPTIMISED, Tasks
from websockets.exceptions import InvalidStatus

MOCK = {"RequestTemplates": {"$default": '{"statusCode": 200}'}}
TRIP = {"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}}


@pytest.fixture
def api(cloud, name):
    return Api(cloud, name)


def echo(api):
    """A mock that says `true`."""
    to = api.integration("MOCK", **MOCK)
    api.client.create_integration_response(
        ApiId=api.id, IntegrationId=to, IntegrationResponseKey="$default", ResponseTemplates={"$default": "true"}
    )
    return to


def test_messages_fit_their_models(api):
    client = api.client
    made = client.create_model(ApiId=api.id, Name="Trip", Schema=json.dumps(TRIP))
    assert made["ContentType"] == "application/json"
    trips = {"type": "array", "items": {"$ref": f"https://apigateway.amazonaws.com/restapis/{api.id}/models/Trip"}}
    client.create_model(ApiId=api.id, Name="Trips", Schema=json.dumps({"type": "object", "properties": {"all": trips}}))
    to = echo(api)
    route = api.route(
        "book", to, answers=True, ModelSelectionExpression="$request.body.kind", RequestModels={"one": "Trip", "many": "Trips"}
    )
    api.route("free", to, answers=True)
    with api.connect() as socket:

        def said(message):
            socket.send(json.dumps(message))
            return heard(socket)

        assert said({"action": "book", "kind": "one", "to": "x"}) is True
        assert said({"action": "book", "kind": "many", "all": [{"to": "x"}]}) is True
        for wrong in [{"kind": "one"}, {"kind": "one", "to": 1}, {"kind": "many", "all": [{}]}, {"kind": "other"}, {}]:
            answer = said({"action": "book", **wrong})
            assert answer["message"] == "Bad request body" and set(answer) == {"message", "connectionId", "requestId"}, wrong
        assert said({"action": "free"}) is True
        client.update_route(ApiId=api.id, RouteId=route, RequestModels={"$default": "Trip"})
        assert said({"action": "book", "to": "x"}) is True, "one for all that no other is for"
        client.update_model(ApiId=api.id, ModelId=made["ModelId"], Schema="{}")
        assert said({"action": "book"}) is True, "its stage deploys by itself"


def test_models_are_kept(api):
    client = api.client
    made = client.create_model(ApiId=api.id, Name="Trip", Schema=json.dumps(TRIP), Description="d")
    place = {"ApiId": api.id, "ModelId": made["ModelId"]}
    assert client.get_model(**place)["Description"] == "d"
    assert [one["Name"] for one in client.get_models(ApiId=api.id)["Items"]] == ["Trip"]
    assert client.get_model_template(**place)["Value"].endswith('{\n  "to" : "foo"\n}')
    refused(client.create_model, "ConflictException", ApiId=api.id, Name="Trip", Schema="{}")
    for settings in [{"Name": "a b", "Schema": "{}"}, {"Name": "a", "Schema": "x"}, {"Name": "a", "Schema": "[]"}]:
        refused(client.create_model, "BadRequestException", ApiId=api.id, **settings)
    selecting = {"ApiId": api.id, "ModelSelectionExpression": "$request.body.kind"}
    refused(client.create_route, "BadRequestException", **selecting, RouteKey="a", RequestModels={"$default": "None"})
    # Nothing that nobody looks at is kept.
    models = {"RequestModels": {"$default": "Trip"}}
    refused(client.create_route, "NotImplemented", ApiId=api.id, RouteKey="a", **models)
    refused(client.create_route, "NotImplemented", **selecting, RouteKey="$disconnect", **models)
    required = {"RequestParameters": {"route.request.querystring.q": {"Required": True}}}
    refused(client.create_route, "NotImplemented", ApiId=api.id, RouteKey="a", **required)
    route = client.create_route(**selecting, RouteKey="a", **models)["RouteId"]
    refused(client.delete_model, "ConflictException", **place)
    client.delete_route(ApiId=api.id, RouteId=route)
    client.delete_model(**place)
    refused(client.get_model, "NotFoundException", **place)
    plain = client.create_api(Name="x", ProtocolType="HTTP")["ApiId"]
    refused(client.create_model, "BadRequestException", ApiId=plain, Name="Trip", Schema="{}")


def test_connections_have_what_is_required(api):
    required = {"route.request.querystring.room": {"Required": True}, "route.request.header.X-Free": {"Required": False}}
    route = api.route("$connect", api.integration("MOCK", **MOCK), RequestParameters=required)
    api.route("$default", echo(api), answers=True)
    with pytest.raises(InvalidStatus) as refusal:
        api.connect()
    response = refusal.value.response
    assert (response.status_code, json.loads(response.body)["message"]) == (400, "Bad request parameters")
    with api.connect("/dev?room=1"):
        pass
    key = {"ApiId": api.id, "RouteId": route, "RequestParameterKey": "route.request.querystring.room"}
    api.client.delete_route_request_parameter(**key)
    assert set(api.client.get_route(ApiId=api.id, RouteId=route)["RequestParameters"]) == {"route.request.header.X-Free"}
    with api.connect():
        pass
    refused(api.client.delete_route_request_parameter, "NotFoundException", **key)
    refused(api.client.create_route, "BadRequestException", ApiId=api.id, RouteKey="a", RequestParameters={"header.a": {"Required": True}})


def test_paths_of_services(cloud, api, name):
    queue = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    to = api.integration(
        "AWS",
        IntegrationUri="arn:aws:apigateway:us-east-1:sqs:path/000000000000/{queue}",
        IntegrationMethod="POST",
        RequestParameters={
            "integration.request.path.queue": f"'{name}'",
            "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'",
        },
        RequestTemplates={"$default": 'Action=SendMessage&MessageBody=$util.urlEncode($input.json("$.trip"))'},
    )
    api.route("$default", to, answers=True)
    with api.connect() as socket:
        socket.send('{"trip": {"a": "ü&"}}')
        assert "<SendMessageResponse" in socket.recv(timeout=30)
    body = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]["Body"]
    assert json.loads(body) == {"a": "ü&"}


def test_a_route_sends_to_connections(cloud, api):
    """`@connections` as what stands behind a route: one client writes to another."""
    own = api.integration("MOCK", **MOCK)
    api.client.create_integration_response(
        ApiId=api.id, IntegrationId=own, IntegrationResponseKey="$default", ResponseTemplates={"$default": '"$context.connectionId"'}
    )
    api.route("who", own, answers=True)
    to = api.integration(
        "AWS",
        IntegrationUri=f"arn:aws:apigateway:us-east-1:{api.id}.execute-api:path/{{stage}}/@connections/{{to}}",
        IntegrationMethod="POST",
        RequestParameters={"integration.request.path.stage": "context.stage", "integration.request.path.to": "route.request.body.to"},
        RequestTemplates={"$default": '$input.json("$.text")'},
    )
    api.route("tell", to)
    with api.connect() as one, api.connect() as other:
        other.send('{"action": "who"}')
        connection = heard(other)
        one.send(json.dumps({"action": "tell", "to": connection, "text": "hello"}))
        assert heard(other) == "hello"
        parameters = {"ApiEndpoint": urllib.parse.urlsplit(api.endpoint).netloc, "Stage": "dev", "Method": "POST"}
        connections = {**parameters, "Path": f"/@connections/{connection}", "RequestBody": {"from": "a machine"}, "AuthType": "IAM_ROLE"}
        answer = Tasks(cloud).result(OPTIMISED + "apigateway:invoke", connections)
        assert (answer["StatusCode"], heard(other)) == (200, {"from": "a machine"})
        gone = {**connections, "Path": "/@connections/L0SM9cOFvHcCIhw="}
        assert Tasks(cloud).failure(OPTIMISED + "apigateway:invoke", gone)[0] == "ApiGateway.410"


def test_paths_that_look_like_connections_stay_with_their_api(cloud, api, name):
    """Of an HTTP or a REST API `@connections` is a path like any other."""
    rest = cloud.client("apigateway")
    description = {"openapi": "3.0.1", "info": {"title": name, "version": "1"}, "paths": {"/@connections/{id}": {"post": {}}}}
    function = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    function["responses"] = {"default": {"statusCode": "200", "responseTemplates": {"application/json": '"mine"'}}}
    description["paths"]["/@connections/{id}"]["post"]["x-amazon-apigateway-integration"] = function
    address = urllib.parse.urlsplit(cloud.url)

    def ask(host, path):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.request("POST", path, "{}", {"Host": f"{host}.execute-api.us-east-1.localhost", "Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    made = cloud.client("apigatewayv2").create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    cloud.client("apigatewayv2").create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    assert ask(made, "/dev/@connections/x") == (404, '{"message":"Not Found"}')
    assert ask(api.id, "/dev/@connections/x")[0] != 404, "behind a WebSocket API they are connections"
    resource = rest.import_rest_api(body=json.dumps(description))
    rest.create_deployment(restApiId=resource["id"], stageName="dev")
    assert ask(resource["id"], "/dev/@connections/x") == (200, '"mine"')


def telling_of_keys(api):
    """An integration whose answer is the id of the key, or nothing."""
    to = api.integration("MOCK", **MOCK)
    api.client.create_integration_response(
        ApiId=api.id, IntegrationId=to, IntegrationResponseKey="$default", ResponseTemplates={"$default": '"$!context.identity.apiKeyId"'}
    )
    return to


def key_for_two(gateway, api, name):
    """A key that is good for two requests a day."""
    key = gateway.create_api_key(name=name, value="k" * 20 + name[-9:], enabled=True)
    plan = gateway.create_usage_plan(name=name, apiStages=[{"apiId": api.id, "stage": "dev"}], quota={"limit": 2, "period": "DAY"})["id"]
    gateway.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
    return key


def test_keys_let_clients_connect(cloud, api, name):
    gateway, to = cloud.client("apigateway"), telling_of_keys(api)
    api.route("$connect", to, ApiKeyRequired=True)
    api.route("$default", to, answers=True)
    key = key_for_two(gateway, api, name)
    other = gateway.create_api_key(name=name, value="o" * 20 + name[-9:], enabled=True)

    def status(value=None):
        try:
            with api.connect(additional_headers={"x-api-key": value} if value else {}) as socket:
                socket.send("who am I")
                assert heard(socket) == key["id"]
                return 101
        except InvalidStatus as refusal:
            return refusal.response.status_code

    assert [status(), status("none"), status(other["value"])] == [403, 403, 403]
    assert [status(key["value"]) for _ in range(3)] == [101, 101, 429], "the quota is used up"
    gateway.update_api_key(apiKey=key["id"], patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
    assert status(key["value"]) == 403
    wrong = [{"apiId": api.id, "stage": "none"}]
    with pytest.raises(gateway.exceptions.NotFoundException):
        gateway.create_usage_plan(name=name, apiStages=wrong)


def test_keys_let_messages_through(cloud, api, name):
    gateway, to = cloud.client("apigateway"), telling_of_keys(api)
    api.route("$default", to, answers=True)
    api.route("paid", to, answers=True, ApiKeyRequired=True)
    key = key_for_two(gateway, api, name)

    def said(socket, message):
        socket.send(json.dumps({"action": message}))
        answer = heard(socket)
        return answer["message"] if isinstance(answer, dict) else answer

    with api.connect() as socket:
        assert [said(socket, "free"), said(socket, "paid")] == ["", "Forbidden"], "nobody has said who pays"
    with api.connect(additional_headers={"x-api-key": key["value"]}) as socket:
        assert [said(socket, message) for message in ["paid", "free", "paid", "paid"]] == [key["id"], "", key["id"], "Limit Exceeded"]
        gateway.update_api_key(apiKey=key["id"], patchOperations=[{"op": "replace", "path": "/enabled", "value": "false"}])
        assert said(socket, "paid") == "Forbidden"
