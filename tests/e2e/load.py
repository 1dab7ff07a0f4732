"""Load on a cloud that is about to die, and what was acknowledged to it.

A `Ledger` is what clients know, over all deaths of a cloud. `Load` is a handful of clients that write it until the cloud
is gone. `Found` is what a cloud has afterwards, and `lost` compares the two. What was asked for and not acknowledged may
have happened or not, but as a whole.
"""

import itertools
import json
import os
import threading
import time
import urllib.request

from raw import UNSURE, Raw

TABLE = "table"
QUEUES = ["q", "fan-1", "fan-2"]
ONE = {":one": {"N": "1"}}


class Ledger:
    def __init__(self):
        # What was acknowledged, with the time of it.
        self.sent, self.deleted, self.put, self.removed, self.published = {}, {}, {}, {}, {}
        self.counted, self.moved = {}, {}
        # What was asked for.
        self.tried_to_delete, self.tried_to_remove, self.tried_to_publish = set(), set(), set()
        self.tries = 0
        self.tries_to_move = 0
        # The counter that only one client writes, on a condition: what it surely reached.
        self.reached = 0

    def __len__(self):
        parts = [self.sent, self.deleted, self.put, self.removed, self.published, self.counted, self.moved]
        return sum(map(len, parts))

    def __str__(self):
        parts = ["sent", "deleted", "put", "removed", "published", "counted", "moved"]
        return ", ".join(f"{len(getattr(self, part))} {part}" for part in parts) + f", {self.reached} reached"


def prepare(cloud):
    client = Raw(cloud)
    for queue in QUEUES:
        client.sqs("CreateQueue", QueueName=queue)
    client.dynamodb(
        "CreateTable",
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    client.dynamodb("PutItem", TableName=TABLE, Item={"pk": {"S": "conditional"}, "n": {"N": "0"}})
    client.sns("CreateTopic", Name="topic")
    for queue in QUEUES[1:]:
        arn = f"arn:aws:sqs:us-east-1:000000000000:{queue}"
        client.sns("Subscribe", TopicArn=topic(), Protocol="sqs", Endpoint=arn, **raw_delivery())


def topic():
    return "arn:aws:sns:us-east-1:000000000000:topic"


def raw_delivery():
    return {"Attributes.entry.1.key": "RawMessageDelivery", "Attributes.entry.1.value": "true"}


def url(cloud, queue):
    return f"{cloud.url}/000000000000/{queue}"


class Load:
    """Clients at work, each on a connection of its own, until the cloud dies or `end` is called."""

    def __init__(self, cloud, ledger, name, padding=900):
        self.cloud, self.ledger, self.name, self.padding = cloud, ledger, name, padding
        self.stop = threading.Event()
        self.wrong = []
        work = [self._send, self._send, self._delete, self._put, self._put, self._count, self._set, self._publish]
        if can_transact(cloud):
            work.append(self._move)
        self.threads = [threading.Thread(target=self._run, args=(one, number)) for number, one in enumerate(work)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
        assert not self.wrong, self.wrong

    def _run(self, work, number):
        try:
            client = Raw(self.cloud)
            for count in itertools.count():
                if self.stop.is_set():
                    return
                work(client, f"{self.name}-{number}-{count}")
        except UNSURE:
            pass
        except Exception as error:
            self.wrong.append(error)

    def _send(self, client, name):
        client.sqs("SendMessage", QueueUrl=url(self.cloud, "q"), MessageBody=f"{name} {'x' * 300}")
        self.ledger.sent[name] = time.monotonic()

    def _delete(self, client, _):
        queue = url(self.cloud, "q")
        for message in client.sqs("ReceiveMessage", QueueUrl=queue, VisibilityTimeout=600).get("Messages", []):
            name = message["Body"].split(" ")[0]
            self.ledger.tried_to_delete.add(name)
            client.sqs("DeleteMessage", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            self.ledger.deleted[name] = time.monotonic()

    def _put(self, client, name):
        # Some are longer than a page, and cannot be compressed.
        padding = os.urandom(10_000).hex() if name.endswith("7") else os.urandom(self.padding // 2).hex()
        client.dynamodb("PutItem", TableName=TABLE, Item={"pk": {"S": name}, "padding": {"S": padding}})
        self.ledger.put[name] = time.monotonic()
        if name.endswith("5"):
            self.ledger.tried_to_remove.add(name)
            client.dynamodb("DeleteItem", TableName=TABLE, Key={"pk": {"S": name}})
            self.ledger.removed[name] = time.monotonic()

    def _count(self, client, name):
        self.ledger.tries += 1
        self._update(client, "counter", "ADD n :one", ExpressionAttributeValues=ONE)
        self.ledger.counted[name] = time.monotonic()

    def _set(self, client, _):
        """One more than what is there; nobody else writes it, so that the condition always holds."""
        item = client.dynamodb("GetItem", TableName=TABLE, Key={"pk": {"S": "conditional"}}, ConsistentRead=True)["Item"]
        old = int(item["n"]["N"])
        assert self.ledger.reached <= old <= self.ledger.reached + 1, "a conditional update is half there"
        self.ledger.reached = old
        values = {":new": {"N": str(old + 1)}, ":old": {"N": str(old)}}
        self._update(
            client, "conditional", "SET n = :new", ConditionExpression="n = :old", ExpressionAttributeValues=values
        )
        self.ledger.reached = old + 1

    def _publish(self, client, name):
        self.ledger.tried_to_publish.add(name)
        client.sns("Publish", TopicArn=topic(), Message=name)
        self.ledger.published[name] = time.monotonic()

    def _move(self, client, name):
        """From one item to another, and a note of it."""
        self.ledger.tries_to_move += 1
        change = lambda item, expression: {
            "Update": {
                "TableName": TABLE,
                "Key": {"pk": {"S": item}},
                "UpdateExpression": expression,
                "ExpressionAttributeValues": ONE if "one" in expression else {":less": {"N": "-1"}},
            }
        }
        note = {"Put": {"TableName": TABLE, "Item": {"pk": {"S": "moved-" + name}}}}
        parts = [change("from", "ADD n :less"), change("to", "ADD n :one"), note]
        client.dynamodb("TransactWriteItems", TransactItems=parts)
        self.ledger.moved[name] = time.monotonic()

    def _update(self, client, item, expression, **more):
        client.dynamodb("UpdateItem", TableName=TABLE, Key={"pk": {"S": item}}, UpdateExpression=expression, **more)


def can_transact(cloud):
    health = json.load(urllib.request.urlopen(cloud.url + "/_cloudlet/health"))
    return "TransactWriteItems" in health["operations"]["dynamodb"]


class Found:
    """What a cloud has. It receives all messages, for good; whoever needs them gives a copy."""

    def __init__(self, cloud):
        self.client, self.cloud = Raw(cloud), cloud
        # What was in flight when it died, perhaps without its receiver's knowing it.
        self.client.advance(700)
        self.messages = self.received("q")
        self.items = {item["pk"]["S"]: item for item in self._scan()}

    def received(self, queue):
        names = set()
        ask = {"QueueUrl": url(self.cloud, queue), "MaxNumberOfMessages": 10, "VisibilityTimeout": 600}
        while messages := self.client.sqs("ReceiveMessage", **ask).get("Messages"):
            names.update(message["Body"].split(" ")[0] for message in messages)
        return names

    def number(self, item):
        return int(self.items.get(item, {}).get("n", {"N": "0"})["N"])

    def lost(self, ledger, before=float("inf")):
        """What was acknowledged before that time, and is not so."""
        acknowledged = lambda what: {name for name, at in what.items() if at < before}
        lost = {f"message {name}" for name in acknowledged(ledger.sent) - ledger.tried_to_delete - self.messages}
        lost |= {f"deleted message {name}" for name in acknowledged(ledger.deleted) & self.messages}
        lost |= {f"item {name}" for name in acknowledged(ledger.put) - ledger.tried_to_remove - set(self.items)}
        lost |= {f"removed item {name}" for name in acknowledged(ledger.removed) & set(self.items)}
        lost |= {f"move {name}" for name in acknowledged(ledger.moved) if "moved-" + name not in self.items}
        if self.number("counter") < len(acknowledged(ledger.counted)):
            lost.add(f"counts: {self.number('counter')} of {len(acknowledged(ledger.counted))}")
        if before == float("inf") and self.number("conditional") < ledger.reached:
            lost.add(f"a conditional update: {self.number('conditional')} of {ledger.reached}")
        return lost

    def half_there(self, ledger):
        """What cannot be, whatever was acknowledged."""
        moved = sum(name.startswith("moved-") for name in self.items)
        wrong = []
        if not (moved == self.number("to") == -self.number("from") <= ledger.tries_to_move):
            wrong.append(f"moves: {moved}, {self.number('from')}, {self.number('to')}")
        if self.number("counter") > ledger.tries:
            wrong.append("more counts than anybody asked for")
        if self.number("conditional") > ledger.reached + 1:
            wrong.append("more conditional updates than anybody asked for")
        return wrong

    def _scan(self):
        start = {}
        while start is not None:
            page = self.client.dynamodb("Scan", TableName=TABLE, **start)
            yield from page["Items"]
            last = page.get("LastEvaluatedKey")
            start = {"ExclusiveStartKey": last} if last else None


