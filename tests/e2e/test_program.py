"""The program from outside: its command line, its data folder, and what survives a SIGKILL."""

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import types
import urllib.request
from pathlib import Path

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from conftest import BINARY, eventually
from raw import Raw


def run(*arguments, **environment):
    return subprocess.run(
        [BINARY, *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
    )


def test_runtimes_are_listed():
    listed = run("runtimes", "list")
    assert listed.returncode == 0, listed.stderr
    lines = dict(line.split(maxsplit=1) for line in listed.stdout.splitlines())
    assert lines["provided.al2023"] == "the function brings what it runs"
    assert f"{sys.version_info[0]}.{sys.version_info[1]} " in lines[f"python3.{sys.version_info[1]}"]
    assert run("runtimes").returncode != 0


def test_help_and_version():
    assert "up" in run("--help").stdout
    assert run("--version").stdout.startswith("cloudlet ")


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["up", "--prot", "1"], {}, "--prot"),
        (["up", "--durability", "often"], {}, "possible values"),
        (["up"], {"CLOUDLET_PORT": "many"}, "--port"),
        (["up"], {"CLOUDLET_PROT": "1"}, "CLOUDLET_PROT"),
        (["up", "--listen", "0.0.0.0"], {}, "--auth enforce"),
        (["up", "--listen", "0.0.0.0", "--auth", "enforce", "--durability", "none"], {}, "--tls-certificate"),
        (["up", "--listen", "192.0.2.1", "--auth", "enforce", "--data", "/tmp/cloudlet-nobody"], {}, "192.0.2.1:4566"),
        (["up", "--auth", "enforce", "--durability", "none"], {}, "root key"),
        (["up", "--tls-key", "/nonexistent.pem"], {}, "--tls-certificate"),
        (["up", "--log", "=,="], {}, "log"),
        (["up", "--port", "65536"], {}, "65536"),
        (["up", "--region", "Mars"], {}, "Mars"),
        ([], {}, "Usage"),
        (["down"], {}, "down"),
        (["up", "--account", "12"], {}, "12 digits"),
        (["up", "--data", "/proc/no"], {}, "/proc/no"),
        (["up", "--config", "/nonexistent.toml"], {}, "/nonexistent.toml"),
        (["status", "--port", "1"], {}, "no cloud answers"),
    ],
)
def test_mistakes_are_named(arguments, environment, says):
    done = run(*arguments, **environment)
    assert done.returncode != 0
    assert says in done.stderr


def test_status(cloud):
    done = run("status", "--port", cloud.url.rsplit(":", 1)[1])
    assert done.returncode == 0, done.stderr
    assert "sqs" in done.stdout


def test_a_taken_port_and_a_locked_folder(make_cloud, tmp_path):
    cloud = make_cloud().start()
    port = cloud.url.rsplit(":", 1)[1]
    taken = run("up", "--port", port, "--data", str(tmp_path / "other"))
    assert taken.returncode != 0
    assert f"127.0.0.1:{port}" in taken.stderr
    locked = run("up", "--port", "0", "--data", str(cloud.data))
    assert locked.returncode != 0
    assert str(cloud.data) in locked.stderr


def test_memory_leaves_nothing_behind(make_cloud):
    cloud = make_cloud("--durability", "none").start()
    cloud.client("sqs").create_queue(QueueName="q")
    assert cloud.stop() == 0
    assert not cloud.data.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_ends_long_polls_quickly(make_cloud, number):
    cloud = make_cloud().start()
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    polls = [
        threading.Thread(target=_quietly, args=(sqs.receive_message,), kwargs=dict(QueueUrl=queue, WaitTimeSeconds=20))
        for _ in range(8)
    ]
    for poll in polls:
        poll.start()
    _until_open(cloud, len(polls))
    begun = time.monotonic()
    cloud.process.send_signal(number)
    assert cloud.process.wait(10) == 0
    # A second or two, and some for a busy machine.
    assert time.monotonic() - begun < 4
    for poll in polls:
        poll.join(10)
        assert not poll.is_alive()


def _until_open(cloud, count):
    """Waits until that many connections to the cloud are established, as the system sees it."""
    port = int(cloud.url.rsplit(":", 1)[1])

    def established():
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(int(row[1].split(":")[1], 16) == port and row[3] == "01" for row in rows) >= count

    eventually(established)


def test_every_setting_in_each_of_three_places(make_cloud, tmp_path):
    """Account, region, durability, authentication and log, by flag, by variable and by file."""
    values = {"account": "123456789012", "region": "eu-west-1", "durability": "power", "auth": "open", "log": "debug"}
    file = tmp_path / "cloudlet.toml"
    file.write_text("".join(f'{name} = "{value}"\n' for name, value in values.items()))
    flags = [part for name, value in values.items() for part in (f"--{name}", value)]
    variables = {f"CLOUDLET_{name.upper()}": value for name, value in values.items()}
    for place, (arguments, environment) in {
        "flags": (flags, {}),
        "variables": ([], variables),
        "file": (["--config", str(file)], {}),
        "file by variable": ([], {"CLOUDLET_CONFIG": str(file)}),
        # Flags go before variables, and those before the file.
        "all": (["--log", "debug"], {**variables, "CLOUDLET_LOG": "error", "CLOUDLET_CONFIG": str(file)}),
    }.items():
        cloud = make_cloud(*arguments, data=tmp_path / place, env=environment).start()
        arn = cloud.client("sqs", region="nowhere-land").create_queue(QueueName="q")["QueueUrl"]
        assert "/123456789012/" in arn, place
        serving = next(json.loads(line) for line in cloud.log if '"serving"' in line)
        assert (serving["durability"], serving["auth"]) == ("Power", "Open"), place
        cloud.stop()


def test_a_newer_format_is_refused(make_cloud):
    cloud = make_cloud().start()
    cloud.stop()
    format_file = cloud.data / "format"
    format_file.write_text(format_file.read_text().replace("1", "99"))
    refused = run("up", "--port", "0", "--data", str(cloud.data))
    assert refused.returncode != 0
    assert "newer" in refused.stderr, refused.stderr


def test_a_file_in_place_of_the_folder(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    refused = run("up", "--port", "0", "--data", str(file))
    assert refused.returncode != 0 and str(file) in refused.stderr


def test_logs_are_json_for_programs_and_text_for_people(make_cloud):
    cloud = make_cloud().start()
    cloud.client("sts").get_caller_identity()
    cloud.stop()
    lines = [json.loads(line) for line in cloud.log]
    [request] = [line for line in lines if line.get("operation") == "GetCallerIdentity"]
    assert request["service"] == "sts" and request["status"] == 200 and request["request_id"]
    leader, follower = os.openpty()
    command = [BINARY, "up", "--port", "0", "--data", str(cloud.data)]
    process = subprocess.Popen(command, stderr=follower, env={"PATH": os.environ["PATH"]})
    os.close(follower)
    text = b""
    while b"serving" not in text:
        text += os.read(leader, 4096)
    process.terminate()
    assert process.wait(5) == 0
    os.close(leader)
    assert not text.lstrip().startswith(b"{")


@pytest.mark.skipif("release" in BINARY, reason="releases are built without spans")
def test_spans_tell_what_each_layer_took(make_cloud):
    cloud = make_cloud("--log", "info,cloudlet::layer=trace").start()
    cloud.client("sqs").create_queue(QueueName="q")
    cloud.stop()
    lines = [json.loads(line) for line in cloud.log]
    layers = [line["span"] for line in lines if line["target"] == "cloudlet::layer" and line["time.busy"]]
    # Who is inside ends first.
    assert layers[-5:] == ["store", "store", "service", "frame", "door"]


def test_a_log_that_nobody_reads_stops_nothing(tmp_path):
    """A pipe that is full: the cloud goes on, and tells how much is missing when its reader is back."""
    command = [BINARY, "up", "--port", "0", "--data", str(tmp_path / "data")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"]})
    # The end of the log, if what is waited for never comes.
    end = threading.Timer(30, process.kill)
    end.start()
    lines = map(json.loads, process.stderr)
    try:
        url = next("http://" + line["address"] for line in lines if line.get("message") == "serving")
        raw = Raw(types.SimpleNamespace(url=url))
        requests = 2_500
        for _ in range(requests):
            raw.sqs("ListQueues")
        kept, dropped = 0, 0
        while not dropped:
            line = next(lines)
            kept += line.get("operation") == "ListQueues"
            dropped = line.get("dropped", 0)
        assert kept + dropped == requests and kept > 500 and dropped > 100
        raw.sqs("CreateQueue", QueueName="after")
        next(line for line in lines if line.get("operation") == "CreateQueue")
        process.terminate()
        assert process.wait(5) == 0
    finally:
        process.kill()
        end.cancel()


def test_others_need_tls_or_a_signature_by_the_root_key(make_cloud):
    """Control paths are open on loopback alone."""
    own = _own_address()
    if own is None:
        pytest.skip("this machine has no address but loopback")
    cloud = make_cloud("--listen", "0.0.0.0", "--auth", "enforce").start()
    port = int(cloud.url.rsplit(":", 1)[1])
    cloud.url = f"http://127.0.0.1:{port}"
    for host, statuses in [("127.0.0.1", (200, 200)), (own, (400, 400))]:
        for path, status in zip(["/_cloudlet/health", "/_cloudlet/metrics"], statuses):
            connection = http.client.HTTPConnection(host, port, timeout=10)
            connection.request("GET", path)
            assert connection.getresponse().status == status, (host, path)
    status = run("status", "--listen", own, "--port", str(port))
    assert status.returncode != 0 and "root key" in status.stderr
    for method, path, body in [("GET", "/_cloudlet/health", b""), ("POST", "/_cloudlet/reset", b"")]:
        request = AWSRequest(method, f"http://{own}:{port}{path}", data=body)
        for keys, status in [(cloud.root_key(), 200), ((cloud.root_key()[0], "wrong"), 400)]:
            SigV4Auth(Credentials(*keys), "cloudlet", "us-east-1").add_auth(request)
            connection = http.client.HTTPConnection(own, port, timeout=10)
            connection.request(method, path, body, dict(request.headers))
            assert connection.getresponse().status == status
            del request.headers["Authorization"], request.headers["X-Amz-Date"]


def _own_address():
    """The machine's address towards others; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        address = probe.getsockname()[0]
    return None if address.startswith("127.") else address


def test_metrics_are_prometheus_text(cloud):
    cloud.client("sts").get_caller_identity()
    with urllib.request.urlopen(cloud.url + "/_cloudlet/metrics") as answer:
        text = answer.read().decode()
    sample = re.compile(r'[a-z_:]+(\{([a-z_]+="[^"\\]*",?)*\})? [0-9.e+-]+')
    kinds = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, metric, kind = line.split(" ")
            assert metric not in kinds
            kinds[metric] = kind
        elif not line.startswith("# HELP "):
            assert sample.fullmatch(line), line
            assert line.split("{")[0].split(" ")[0] in kinds
    assert "counter" in kinds.values()


def _quietly(call, **parameters):
    try:
        return call(**parameters)
    except (BotoCoreError, ClientError):
        return None


@pytest.mark.parametrize("durability", ["crash", "power"])
def test_nothing_acknowledged_is_lost(make_cloud, durability):
    """Senders and receivers run while the server is killed again and again."""
    cloud = make_cloud("--durability", durability)
    cloud.start()
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "0"})["QueueUrl"].rsplit("/", 1)[1]
    sent, deleted, unsure = set(), set(), set()
    chance = random.Random(7)
    for round_number in range(12):
        stop = threading.Event()
        senders = [
            threading.Thread(target=_send, args=(cloud, queue, f"{round_number}-{n}", sent, unsure, stop))
            for n in range(4)
        ]
        deleter = threading.Thread(target=_delete, args=(cloud, queue, deleted, unsure, stop))
        for thread in [*senders, deleter]:
            thread.start()
        goal = len(sent) + chance.randrange(20, 120)
        eventually(lambda: len(sent) >= goal)
        cloud.kill()
        stop.set()
        for thread in [*senders, deleter]:
            thread.join(30)
        cloud.start()
    left = _drain(cloud, queue)
    assert not (sent - deleted - unsure) - left, "acknowledged messages are gone"
    assert not left & deleted, "deleted messages are back"
    assert left <= sent | unsure, "messages that nobody sent"


def _send(cloud, queue, prefix, sent, unsure, stop):
    sqs = cloud.client("sqs")
    url = f"{cloud.url}/000000000000/{queue}"
    for n in range(1_000_000):
        body = f"{prefix}-{n}"
        try:
            sqs.send_message(QueueUrl=url, MessageBody=body)
        except (BotoCoreError, ClientError):
            unsure.add(body)
            return
        sent.add(body)
        if stop.is_set():
            return


def _delete(cloud, queue, deleted, unsure, stop):
    sqs = cloud.client("sqs")
    url = f"{cloud.url}/000000000000/{queue}"
    while not stop.is_set():
        body = None
        try:
            for message in sqs.receive_message(QueueUrl=url, VisibilityTimeout=30).get("Messages", []):
                body = message["Body"]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                deleted.add(body)
        except (BotoCoreError, ClientError):
            if body:
                unsure.add(body)
            return


def _drain(cloud, queue):
    sqs = cloud.client("sqs")
    url = f"{cloud.url}/000000000000/{queue}"
    # Messages that were in flight when the server died become visible again.
    move = urllib.request.Request(cloud.url + "/_cloudlet/clock", b'{"advance_seconds": 60}', method="POST")
    urllib.request.urlopen(move).read()
    left = set()
    while True:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600)
        if not answer.get("Messages"):
            return left
        left.update(message["Body"] for message in answer["Messages"])


def test_the_aws_cli(cloud):
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def aws(*arguments):
        command = [sys.executable, "-m", "awscli", "--endpoint-url", cloud.url, "--output", "text", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout

    url = aws("sqs", "create-queue", "--queue-name", "from-the-cli").strip()
    aws("sqs", "send-message", "--queue-url", url, "--message-body", "grüße")
    assert "grüße" in aws("sqs", "receive-message", "--queue-url", url)
    assert "arn:aws:iam::000000000000:root" in aws("sts", "get-caller-identity")


def test_the_first_request_needs_no_warm_up(make_cloud):
    cloud = make_cloud().start()
    with socket.create_connection(("127.0.0.1", int(cloud.url.rsplit(":", 1)[1])), timeout=5) as connection:
        connection.sendall(b"GET /_cloudlet/health HTTP/1.0\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.0 200"
