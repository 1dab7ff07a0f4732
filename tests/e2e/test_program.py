"""The program from outside: its command line, its data folder, and what survives a SIGKILL."""

import os
import random
import socket
import subprocess
import sys
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from conftest import BINARY, eventually


def run(*arguments, **environment):
    return subprocess.run(
        [BINARY, *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment},
    )


def test_help_and_version():
    assert "up" in run("--help").stdout
    assert run("--version").stdout.startswith("cloudlet ")


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        (["up", "--prot", "1"], {}, "--prot"),
        (["up", "--durability", "often"], {}, "possible values"),
        (["up"], {"CLOUDLET_PORT": "many"}, "--port"),
        (["up", "--listen", "0.0.0.0"], {}, "--auth enforce"),
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


def test_stopping_ends_long_polls_quickly(make_cloud):
    cloud = make_cloud().start()
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    poll = threading.Thread(target=_quietly, args=(sqs.receive_message,), kwargs=dict(QueueUrl=queue, WaitTimeSeconds=20))
    poll.start()
    assert cloud.stop() == 0
    poll.join(10)
    assert not poll.is_alive()


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
    import urllib.request

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
