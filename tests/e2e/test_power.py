"""Power cuts: what was acknowledged at `--durability power` is on the disk, and at `crash` what is a second old.

See powercut.py for what a cut leaves. CLOUDLET_SEED repeats a run's choices.
"""

import os
import random
import threading
import time

import powercut
import pytest
from conftest import eventually
from raw import UNSURE, Raw

KINDS = ["late", "early", "torn"]


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return powercut.build(tmp_path_factory.mktemp("powercut"))


@pytest.fixture
def chance():
    seed = int(os.environ.get("CLOUDLET_SEED", 0)) or random.SystemRandom().getrandbits(32)
    print(f"CLOUDLET_SEED={seed} repeats this run")
    return random.Random(seed)


class Load:
    """Writers, and what was acknowledged to them, with the time of each acknowledgement."""

    def __init__(self, cloud, name, tried):
        self.cloud, self.name = cloud, name
        self.sent, self.put, self.counted, self.deleted = {}, {}, {}, {}
        # What anybody may have deleted, acknowledged or not.
        self.tried = tried
        self.counter_tries = 0
        self.stop = threading.Event()
        work = [self._send, self._send, self._put, self._put, self._count, self._delete]
        self.threads = [threading.Thread(target=self._quietly, args=(one, number)) for number, one in enumerate(work)]
        for thread in self.threads:
            thread.start()

    def acknowledged(self):
        return len(self.sent) + len(self.put) + len(self.counted) + len(self.deleted)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(20)

    def _quietly(self, work, number):
        client, count = Raw(self.cloud), 0
        try:
            while not self.stop.is_set():
                work(client, f"{self.name}-{number}-{count}")
                count += 1
        except UNSURE:
            pass

    def _send(self, client, body):
        client.sqs("SendMessage", QueueUrl=url(self.cloud), MessageBody=body + "-" + "x" * 300)
        self.sent[body] = time.monotonic()

    def _put(self, client, key):
        # Some are longer than a page, and cannot be compressed.
        padding = os.urandom(10_000).hex() if key.endswith("7") else "x" * 900
        client.dynamodb("PutItem", TableName="table", Item={"pk": {"S": key}, "padding": {"S": padding}})
        self.put[key] = time.monotonic()

    def _count(self, client, name):
        self.counter_tries += 1
        client.dynamodb(
            "UpdateItem",
            TableName="table",
            Key={"pk": {"S": "counter-" + self.name}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
        self.counted[name] = time.monotonic()

    def _delete(self, client, _):
        answer = client.sqs("ReceiveMessage", QueueUrl=url(self.cloud), VisibilityTimeout=600)
        for message in answer.get("Messages", []):
            body = message["Body"].removesuffix("-" + "x" * 300)
            self.tried.add(body)
            client.sqs("DeleteMessage", QueueUrl=url(self.cloud), ReceiptHandle=message["ReceiptHandle"])
            self.deleted[body] = time.monotonic()


class Found:
    """What a cloud has after a cut."""

    def __init__(self, cloud):
        client = Raw(cloud)
        # What was in flight at the cut, perhaps without its receiver's knowing it.
        client.advance(700)
        self.messages, self.items, self.counters = set(), set(), {}
        while messages := client.sqs(
            "ReceiveMessage", QueueUrl=url(cloud), MaxNumberOfMessages=10, VisibilityTimeout=600
        ).get("Messages"):
            self.messages.update(message["Body"].removesuffix("-" + "x" * 300) for message in messages)
        start = {}
        while start is not None:
            page = client.dynamodb("Scan", TableName="table", **start)
            for item in page["Items"]:
                self.items.add(item["pk"]["S"])
                if "n" in item:
                    self.counters[item["pk"]["S"].removeprefix("counter-")] = int(item["n"]["N"])
            last = page.get("LastEvaluatedKey")
            start = {"ExclusiveStartKey": last} if last else None

    def lost(self, load, before=float("inf")):
        """What was acknowledged before that time, and is not there."""
        acknowledged = lambda what: {name for name, at in what.items() if at < before}
        lost = acknowledged(load.sent) - load.tried - self.messages
        lost |= acknowledged(load.put) - self.items
        lost |= acknowledged(load.deleted) & self.messages
        counted = len(acknowledged(load.counted))
        if self.counters.get(load.name, 0) < counted:
            lost.add(f"{counted - self.counters.get(load.name, 0)} counts")
        assert self.counters.get(load.name, 0) <= load.counter_tries
        return lost


def url(cloud):
    return f"{cloud.url}/000000000000/q"


def prepare(cloud):
    client = Raw(cloud)
    client.sqs("CreateQueue", QueueName="q")
    client.dynamodb(
        "CreateTable",
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )


def test_at_power_nothing_acknowledged_is_lost(make_cloud, tmp_path, library, chance):
    loads, tried = [], set()
    root = tmp_path / "0"
    for number in range(3):
        cut = powercut.Cut(library, root)
        cloud = make_cloud("--durability", "power", data=cut.data, env=cut.env).start()
        if number == 0:
            prepare(cloud)
        load = Load(cloud, str(number), tried)
        goal = chance.randrange(50, 600)
        eventually(lambda: load.acknowledged() > goal, 60)
        cloud.kill()
        load.end()
        loads.append(load)
        for kind in KINDS:
            root = tmp_path / f"{number}-{kind}"
            after = make_cloud("--durability", "power", data=cut.left(kind, root, chance)).start()
            found = Found(after)
            for load in loads:
                assert found.lost(load) == set(), f"after cut {number}, {kind}"
            after.kill()
        # The next cloud starts on what the disk had at least; what the check received is not in it.
        root = tmp_path / f"{number}-next"
        cut.left("late", root)


def test_at_crash_what_is_two_seconds_old_is_not_lost(make_cloud, tmp_path, library, chance):
    """And what is younger is: the test itself would notice if it dropped nothing."""
    cut = powercut.Cut(library, tmp_path / "0")
    cloud = make_cloud("--durability", "crash", data=cut.data, env=cut.env).start()
    prepare(cloud)
    begun = time.monotonic()
    load = Load(cloud, "0", set())
    eventually(lambda: time.monotonic() > begun + 4 and load.acknowledged() > 100)
    killed = time.monotonic()
    cloud.kill()
    load.end()
    for kind in KINDS:
        after = make_cloud(data=cut.left(kind, tmp_path / kind, chance)).start()
        found = Found(after)
        assert found.lost(load, before=killed - 2) == set(), kind
        if kind == "late":
            assert found.lost(load), "the cut dropped nothing"
        after.kill()
