"""WebSocket APIs as their clients and the functions behind them meet them."""

import base64
import re
import socket as stdlib_socket
import ssl
import urllib.parse

import pytest
from sockets import Api, ending, heard, listening, manager
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012"


@pytest.fixture
def listener():
    with listening() as listener:
        yield listener


@pytest.fixture
def api(cloud, name, listener):
    return Api(cloud, name).whole(name, listener)


def test_a_connection_from_its_beginning_to_its_end(api, listener):
    headers = {"X-Two": "2"}
    with api.connect("/dev?a=1&a=2", additional_headers=headers, user_agent_header="tests") as socket:
        begun = listener.event("CONNECT")
        socket.send('{"action": "send", "text": "grüße"}')
        answer = heard(socket)
        assert (answer["route"], answer["heard"]) == ("send", '{"action": "send", "text": "grüße"}')
        said = listener.event("MESSAGE")
        socket.close(4001, "done")
    ended = listener.event("DISCONNECT")
    assert (begun["headers"]["X-Two"], begun["headers"]["Sec-WebSocket-Version"]) == ("2", "13")
    assert begun["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert begun["queryStringParameters"] == {"a": "2"}
    assert begun["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    first, second, third = (event["requestContext"] for event in (begun, said, ended))
    assert first["identity"] == {"sourceIp": "127.0.0.1", "userAgent": "tests"}
    assert (first["routeKey"], first["eventType"], first["messageDirection"]) == ("$connect", "CONNECT", "IN")
    assert (first["apiId"], first["stage"]) == (api.id, "dev")
    assert re.fullmatch(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000", first["requestTime"])
    assert first["domainName"].startswith(f"{api.id}.execute-api.us-east-1.localhost:")
    assert len(base64.urlsafe_b64decode(first["connectionId"])) == 11
    assert (second["routeKey"], second["eventType"]) == ("send", "MESSAGE")
    assert (said["isBase64Encoded"], "headers" in said) == (False, False)
    assert second["messageId"] != second["requestId"] == second["extendedRequestId"]
    assert (third["routeKey"], third["disconnectStatusCode"], third["disconnectReason"]) == ("$disconnect", 4001, "done")
    assert "body" not in ended
    assert {one["connectionId"] for one in (first, second, third)} == {first["connectionId"]}
    assert {one["connectedAt"] for one in (first, second, third)} == {first["connectedAt"]}
    assert len({one["requestId"] for one in (first, second, third)}) == 3


def test_a_close_without_a_status(api, listener):
    socket = api.connect()
    with socket.send_context():
        socket.protocol.send_close()
    socket.close()
    context = listener.event("DISCONNECT")["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1005, "Client-side close frame status not set")


def test_a_client_that_is_lost(api, listener):
    socket = api.connect()
    listener.event("CONNECT")
    socket.socket.shutdown(2)
    assert listener.event("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 1006
    socket.close()


def test_messages_take_routes(cloud, name, listener):
    api = Api(cloud, name, selection="${request.body.service}/${request.body.action}")
    to = api.integration("AWS_PROXY", IntegrationUri=api.function(name, listener))
    for key in ["chat/send", "$default"]:
        api.route(key, to, answers=True)
    with api.connect() as socket:
        for message, route in [
            ('{"service": "chat", "action": "send"}', "chat/send"),
            ('{"service": "chat"}', "$default"),
            ('{"service": "chat", "action": null}', "$default"),
            ('{"service": "chat", "action": {"a": 1}}', "$default"),
            ('{"service": "$connect", "action": "x"}', "$default"),
            ("no json", "$default"),
            ("[]", "$default"),
        ]:
            socket.send(message)
            assert heard(socket)["route"] == route, message


def test_messages_that_no_route_takes(cloud, name, listener):
    api = Api(cloud, name)
    to = api.integration("AWS_PROXY", IntegrationUri=api.function(name, listener))
    api.route("$connect", to)
    with api.connect() as socket:
        connection = listener.event("CONNECT")["requestContext"]["connectionId"]
        for message in ['{"action": "$connect"}', '{"action": "other"}', ""]:
            socket.send(message)
            refusal = heard(socket)
            assert (refusal["message"], refusal["connectionId"]) == ("Forbidden", connection)
            assert set(refusal) == {"message", "connectionId", "requestId"}


def test_functions_that_fail_are_told_of(api, listener):
    with api.connect() as socket:
        for message in ['{"action": "send", "raise": 1}', "nothing"]:
            socket.send(message)
            assert heard(socket)["message"] == "Internal server error"
        socket.send("goes on")
        assert heard(socket)["route"] == "$default"


def test_one_way_routes_answer_nothing(cloud, name, listener):
    api = Api(cloud, name)
    to = api.integration("AWS_PROXY", IntegrationUri=api.function(name, listener))
    api.route("quiet", to)
    api.route("loud", to, answers=True)
    with api.connect() as socket:
        socket.send('{"action": "quiet"}')
        assert listener.event("MESSAGE")["requestContext"]["routeKey"] == "quiet"
        socket.send('{"action": "loud"}')
        assert heard(socket)["route"] == "loud"


@pytest.mark.parametrize(("wants", "status"), [("401", 401), ("403", 403), ("500", 500), ("raise", 502)])
def test_connect_may_refuse(api, listener, wants, status):
    with pytest.raises(InvalidStatus) as refused:
        api.connect(f"/dev?wants={wants}")
    assert refused.value.response.status_code == status
    connection = listener.event("CONNECT")["requestContext"]["connectionId"]
    manager = api.management()
    with pytest.raises(manager.exceptions.GoneException):
        manager.post_to_connection(ConnectionId=connection, Data=b"x")


@pytest.mark.parametrize("path", ["/nothing", "/dev/more", "/"])
def test_what_is_no_stage(api, path):
    with pytest.raises(InvalidStatus) as refused:
        api.connect(path)
    assert refused.value.response.status_code == 403


def test_protocols_are_chosen_by_the_function(api):
    with api.connect(subprotocols=["chat", "trips"]) as socket:
        assert socket.subprotocol == "trips"
    with api.connect() as socket:
        assert socket.subprotocol is None


def test_large_messages_come_in_frames(api):
    part = "x" * (32 * 1024)
    with api.connect() as socket:
        socket.send([part] * 4)
        assert heard(socket)["size"] == 128 * 1024


@pytest.mark.parametrize(
    ("message", "status"),
    [("x" * (32 * 1024 + 1), 1009), (["x" * (32 * 1024)] * 4 + ["x"], 1009), (b"x", 1003)],
    ids=["frame", "message", "binary"],
)
def test_what_is_not_taken_ends_the_connection(api, listener, message, status):
    socket = api.connect()
    socket.send(message)
    assert ending(socket)[0] == status
    assert listener.event("DISCONNECT")["requestContext"]["disconnectStatusCode"] == status


def test_pings_are_answered(api):
    with api.connect() as socket:
        assert socket.ping().wait(30)


def test_a_new_deployment_is_for_open_connections_too(api):
    with api.connect() as socket:
        socket.send('{"action": "send"}')
        assert heard(socket)["route"] == "send"
        routes = api.client.get_routes(ApiId=api.id)["Items"]
        route = next(route for route in routes if route["RouteKey"] == "send")
        api.client.delete_route(ApiId=api.id, RouteId=route["RouteId"])
        socket.send('{"action": "send"}')
        assert heard(socket)["route"] == "$default"
        api.client.delete_api(ApiId=api.id)
        socket.send("{}")
        assert heard(socket)["message"] == "Forbidden"


def test_limits_of_a_stage(cloud, name, listener):
    limits = {"ThrottlingRateLimit": 0.001, "ThrottlingBurstLimit": 2}
    api = Api(cloud, name, DefaultRouteSettings=limits).whole(name, listener)
    with api.connect() as socket:
        for _ in range(2):
            socket.send("x")
            assert heard(socket)["route"] == "$default"
        socket.send("x")
        assert heard(socket)["message"] == "Too Many Requests"
        with api.connect(), pytest.raises(InvalidStatus) as refused:
            api.connect()
    assert refused.value.response.status_code == 429


def test_connections_over_tls(make_cloud, name, listener):
    cloud = make_cloud().start()
    api = Api(cloud, name).whole(name, listener)
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    port = urllib.parse.urlsplit(cloud.url).port
    with connect(f"wss://localhost:{port}/_aws/execute-api/{api.id}/dev", ssl=trust) as socket:
        assert listener.event("CONNECT")["headers"]["X-Forwarded-Proto"] == "https"
        socket.send("x")
        assert heard(socket)["route"] == "$default"


def test_names_of_the_users_own(cloud, api, listener):
    domain = f"{api.id}.sockets.example"
    api.client.create_domain_name(DomainName=domain, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}])
    api.client.create_api_mapping(DomainName=domain, ApiId=api.id, Stage="dev", ApiMappingKey="live")
    api.client.update_api(ApiId=api.id, DisableExecuteApiEndpoint=True)
    with pytest.raises(InvalidStatus):
        api.connect()
    address = urllib.parse.urlsplit(cloud.url)
    with stdlib_socket.create_connection((address.hostname, address.port)) as line, connect(
        f"ws://{domain}/live", sock=line
    ) as socket:
        context = listener.event("CONNECT")["requestContext"]
        assert (context["domainName"], context["stage"]) == (domain, "dev")
        socket.send("x")
        assert heard(socket)["route"] == "$default"
        way = manager(cloud, f"{cloud.url}/live")
        way.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("Host", domain))
        way.post_to_connection(ConnectionId=context["connectionId"], Data=b"{}")
        assert heard(socket) == {}
        api.client.create_stage(ApiId=api.id, StageName="other", AutoDeploy=True)
        mapping = api.client.get_api_mappings(DomainName=domain)["Items"][0]["ApiMappingId"]
        api.client.update_api_mapping(DomainName=domain, ApiId=api.id, ApiMappingId=mapping, Stage="other")
        with pytest.raises(way.exceptions.GoneException):
            way.post_to_connection(ConnectionId=context["connectionId"], Data=b"{}")
