"""What others send to the clients of WebSocket APIs, and how connections end."""

import json
import threading
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import move
from sockets import Api, ending, heard, listening, manager

STAGE = "/_aws/execute-api"


@pytest.fixture
def listener():
    with listening() as listener:
        yield listener


@pytest.fixture
def api(cloud, name, listener):
    return Api(cloud, name).whole(name, listener)


def connected(api, listener):
    socket = api.connect()
    return socket, listener.event("CONNECT")["requestContext"]["connectionId"]


def test_what_others_send(cloud, api, listener):
    socket, connection = connected(api, listener)
    texts = ["first", "grüße", "", "x" * (128 * 1024)]
    ways = [api.management(), manager(cloud, f"{cloud.url}{STAGE}/{api.id}/dev"), manager(cloud, cloud.url)]
    with socket:
        for way in ways:
            for text in texts:
                way.post_to_connection(ConnectionId=connection, Data=text.encode())
                assert socket.recv(timeout=30) == text
        ways[0].post_to_connection(ConnectionId=connection, Data=b"\xff\x00")
        assert socket.recv(timeout=30) == b"\xff\x00"
        with pytest.raises(ways[0].exceptions.PayloadTooLargeException):
            ways[0].post_to_connection(ConnectionId=connection, Data=b"x" * (128 * 1024 + 1))


def test_what_is_known_of_a_connection(api, listener):
    socket, connection = connected(api, listener)
    with socket:
        known = api.management().get_connection(ConnectionId=connection)
        assert known["Identity"]["SourceIp"] == "127.0.0.1"
        assert known["Identity"]["UserAgent"].startswith("Python")
        assert known["ConnectedAt"] <= known["LastActiveAt"]


def test_others_end_a_connection(api, listener):
    socket, connection = connected(api, listener)
    way = api.management()
    way.delete_connection(ConnectionId=connection)
    assert ending(socket) == (1000, "Connection Closed Normally")
    assert listener.event("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 1000
    gone(way, connection)


def gone(way, connection):
    for call, more in [
        (way.post_to_connection, {"Data": b"x"}),
        (way.get_connection, {}),
        (way.delete_connection, {}),
    ]:
        with pytest.raises(way.exceptions.GoneException) as refusal:
            call(ConnectionId=connection, **more)
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 410


def test_connections_that_are_none(api):
    gone(api.management(), "L0SM9cOFvHcCIhw=")


def test_another_account_finds_nothing(api, listener):
    socket, connection = connected(api, listener)
    with socket:
        gone(api.management(key="111111111111"), connection)
        gone(api.management(region="eu-west-1"), connection)


def test_another_stage_finds_nothing(cloud, api, listener, name):
    other = Api(cloud, f"{name}-other").whole(f"{name}-other", listener)
    api.client.create_stage(ApiId=api.id, StageName="prod", AutoDeploy=True)
    socket, connection = connected(api, listener)
    with socket:
        gone(api.management("prod"), connection)
        gone(other.management(), connection)
        gone(manager(cloud, f"{cloud.url}{STAGE}/{other.id}/dev"), connection)
        gone(manager(cloud, f"{cloud.url}{STAGE}/{api.id}/prod"), connection)
        api.management().post_to_connection(ConnectionId=connection, Data=b"here")
        assert socket.recv(timeout=30) == "here"


def test_paths_of_others_stay_theirs(cloud, name):
    buckets = cloud.client("s3")
    buckets.create_bucket(Bucket=name)
    buckets.put_object(Bucket=name, Key="@connections/key", Body=b"mine")
    assert buckets.get_object(Bucket=name, Key="@connections/key")["Body"].read() == b"mine"
    # Unsigned as well: nothing but the path says whose it is.
    assert urllib.request.urlopen(f"{cloud.url}/{name}/@connections/key").read() == b"mine"


def test_many_clients_each_hear_their_own(api, listener):
    count = 50
    clients = [connected(api, listener) for _ in range(count)]
    way = api.management(max_pool_connections=count)

    def tell(number, connection):
        for turn in range(5):
            way.post_to_connection(ConnectionId=connection, Data=json.dumps([number, turn]).encode())

    threads = [threading.Thread(target=tell, args=(number, one[1])) for number, one in enumerate(clients)]
    [thread.start() for thread in threads]
    for number, (socket, _) in enumerate(clients):
        assert [heard(socket) for _ in range(5)] == [[number, turn] for turn in range(5)]
    [thread.join() for thread in threads]
    [socket.close() for socket, _ in clients]


def test_a_silent_connection_ends_after_ten_minutes(make_cloud, name, listener):
    cloud = make_cloud().start()
    api = Api(cloud, name).whole(name, listener)
    socket, connection = connected(api, listener)
    for _ in range(3):
        move(cloud, advance_seconds=9 * 60)
        socket.send("x")
        assert heard(socket)["route"] == "$default"
    move(cloud, advance_seconds=10 * 60 + 1)
    assert ending(socket) == (1001, "Going away")
    context = listener.event("DISCONNECT")["requestContext"]
    assert (context["disconnectStatusCode"], context["disconnectReason"]) == (1001, "Going away")
    gone(api.management(), connection)


def test_no_connection_lives_longer_than_two_hours(make_cloud, name, listener):
    cloud = make_cloud().start()
    api = Api(cloud, name).whole(name, listener)
    socket, connection = connected(api, listener)
    for _ in range(13):
        move(cloud, advance_seconds=9 * 60)
        api.management().post_to_connection(ConnectionId=connection, Data=b"{}")
        assert heard(socket) == {}
    move(cloud, advance_seconds=4 * 60)
    assert ending(socket)[0] == 1001


def test_a_stop_ends_connections_cleanly(make_cloud, name, listener):
    cloud = make_cloud().start()
    api = Api(cloud, name).whole(name, listener)
    sockets = [connected(api, listener)[0] for _ in range(5)]
    assert cloud.stop() == 0
    assert [ending(socket) for socket in sockets] == [(1001, "Going away")] * 5
    for _ in sockets:
        assert listener.event("DISCONNECT")["requestContext"]["disconnectStatusCode"] == 1001


def test_no_connection_survives_a_kill(make_cloud, name, listener):
    cloud = make_cloud().start()
    api = Api(cloud, name).whole(name, listener)
    socket, connection = connected(api, listener)
    cloud.kill()
    assert ending(socket) is None
    cloud.start()
    gone(api.management(), connection)
    with api.connect() as again:
        again.send("x")
        assert heard(again)["route"] == "$default"


def test_only_who_may_reaches_connections(make_cloud, name):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    client = cloud.client
    cloud.client = lambda service, **more: client(service, key, secret, **more)
    api = Api(cloud, name)
    to = api.integration("MOCK", RequestTemplates={"$default": '{"statusCode": 200}'})
    api.route("$default", to, answers=True)
    own_id = {"ResponseTemplates": {"$default": '"$context.connectionId"'}}
    api.client.create_integration_response(ApiId=api.id, IntegrationId=to, IntegrationResponseKey="$default", **own_id)
    with api.connect() as socket:
        socket.send("who am I")
        connection = heard(socket)
        api.management(key=key, secret=secret).post_to_connection(ConnectionId=connection, Data=b"hello")
        assert socket.recv(timeout=30) == "hello"
        stranger = api.management()
        with pytest.raises(ClientError) as refusal:
            stranger.post_to_connection(ConnectionId=connection, Data=b"hello")
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
