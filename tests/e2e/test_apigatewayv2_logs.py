"""Access logs of HTTP and WebSocket APIs: a line for each request in the group that a stage names."""

import json

import pytest
from conftest import eventually
from http_apis import ask, refused, started, to_web
from sockets import Api, heard

FORMAT = (
    '{"route":"$context.routeKey","status":"$context.status","length":"$context.responseLength","ip":"$context.identity.sourceIp",'
    '"id":"$context.requestId","nothing":"$context.nothing"}'
)


@pytest.fixture
def group(cloud, name):
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=name)
    return f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"


def lines(cloud, name, count):
    """The lines of a group, once there are so many."""

    def come():
        events = cloud.client("logs").filter_log_events(logGroupName=name)["events"]
        return [json.loads(event["message"]) for event in events] if len(events) >= count else None

    return eventually(come)


def test_requests_of_http_apis(cloud, name, group):
    apis = cloud.client("apigatewayv2")
    api = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    settings = {"DestinationArn": group, "Format": FORMAT}
    stage = apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True, AccessLogSettings=settings)
    assert stage["AccessLogSettings"] == settings
    with started() as start:
        to_web(apis, api, "GET /teapot", start().url + "/teapot")
        status, headers, body = ask(cloud, api, "GET", "/teapot")
        assert status == 418
        assert ask(cloud, api, "GET", "/nowhere")[0] == 404
    found = {line["status"]: line for line in lines(cloud, name, 2)}
    known = {"route": "GET /teapot", "ip": "127.0.0.1", "id": headers["apigw-requestid"], "nothing": "-"}
    assert found["418"] == {**known, "status": "418", "length": str(len(body.encode()))}
    assert found["404"]["route"] == "-"
    apis.delete_access_log_settings(ApiId=api, StageName="$default")
    assert "AccessLogSettings" not in apis.get_stage(ApiId=api, StageName="$default")


def test_events_of_websocket_apis(cloud, name, group):
    api = Api(cloud, name, AccessLogSettings={"DestinationArn": group, "Format": FORMAT})
    to = api.integration("MOCK", RequestTemplates={"$default": '{"statusCode": 200}'})
    for key in ["$connect", "$disconnect", "known"]:
        api.route(key, to)
    with api.connect() as socket:
        socket.send('{"action": "known"}')
        socket.send('{"action": "unknown"}')
        assert heard(socket)["message"] == "Forbidden"
    found = {(line["route"], line["status"]) for line in lines(cloud, name, 4)}
    assert found == {("$connect", "200"), ("known", "200"), ("-", "403"), ("$disconnect", "200")}


def test_destinations_are_groups(cloud, name):
    apis = cloud.client("apigatewayv2")
    api = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    stage = {"ApiId": api, "StageName": "a"}
    for arn, code in [
        ("arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-x", "NotImplemented"),
        ("arn:aws:sqs:us-east-1:000000000000:x", "BadRequestException"),
    ]:
        refused(apis.create_stage, code, **stage, AccessLogSettings={"DestinationArn": arn, "Format": "$context.requestId"})
    missing = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:x"}
    refused(apis.create_stage, "BadRequestException", **stage, AccessLogSettings=missing)


def test_what_is_done_with_events_is_logged(cloud, name):
    settings = {"LoggingLevel": "INFO", "DataTraceEnabled": True}
    api = Api(cloud, name, DefaultRouteSettings=settings, RouteSettings={})
    to = api.integration("MOCK", RequestTemplates={"$default": '{"statusCode": 200, "said": $input.json("$.text")}'})
    api.route("$default", to)
    quiet = api.route("quiet", to)
    api.client.update_stage(ApiId=api.id, StageName="dev", RouteSettings={"quiet": {"LoggingLevel": "ERROR"}})
    with api.connect() as socket:
        socket.send('{"action": "quiet", "text": "unheard"}')
        socket.send('{"text": "heard"}')

        def come():
            group = f"/aws/apigateway/{api.id}/dev"
            try:
                events = cloud.client("logs").filter_log_events(logGroupName=group)["events"]
            except cloud.client("logs").exceptions.ResourceNotFoundException:
                return None
            text = "\n".join(event["message"] for event in events)
            return text if "Route completed with status: 200" in text else None

        text = eventually(come)
    assert "Message after transformations: {\"statusCode\": 200, \"said\": \"heard\"}" in text
    assert "unheard" not in text and quiet
    http = cloud.client("apigatewayv2").create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    stage = {"ApiId": http, "StageName": "a", "DefaultRouteSettings": settings}
    refused(cloud.client("apigatewayv2").create_stage, "BadRequestException", **stage)
