"""Reads and writes of single items by clients at once happen one after the other, across deaths of the cloud; and the search
that says so finds what is planted."""

import dataclasses
import itertools
import threading
import time

import pytest
from conftest import eventually
from linearizable import NOTHING, UNKNOWN, Operation, after, is_linearizable
from raw import UNSURE, Raw, Refused

CLIENTS = 8
ITEMS = ["a", "b", "c"]
OPERATIONS = 1500
TABLE = "table"


def operations(*rows):
    return [Operation(*row) for row in rows]


@pytest.mark.parametrize(
    "expected, history",
    [
        (True, operations(("set", 1, True, 0, 1), ("read", None, 1, 2, 3))),
        (True, operations(("set", 1, True, 0, 9), ("read", None, NOTHING, 1, 2), ("read", None, 1, 3, 4))),
        (False, operations(("set", 1, True, 0, 9), ("read", None, 1, 1, 2), ("read", None, NOTHING, 3, 4))),
        (False, operations(("set", 1, True, 0, 1), ("read", None, NOTHING, 2, 3))),
        (True, operations(("add", 1, 2, 0, 9), ("add", 1, 1, 0, 9), ("read", None, 2, 8, 10))),
        (False, operations(("add", 1, 1, 0, 9), ("add", 1, 1, 0, 9))),
        (False, operations(("swap", (NOTHING, 1), True, 0, 9), ("swap", (NOTHING, 2), True, 0, 9))),
        (True, operations(("swap", (NOTHING, 1), True, 0, 9), ("swap", (NOTHING, 2), False, 0, 9))),
        (True, operations(("set", 1, UNKNOWN, 0), ("read", None, NOTHING, 5, 6), ("read", None, 1, 7, 8))),
        (True, operations(("set", 1, UNKNOWN, 0), ("read", None, NOTHING, 5, 6))),
        (False, operations(("set", 1, UNKNOWN, 4), ("read", None, 1, 1, 2))),
    ],
)
def test_small_histories(expected, history):
    assert is_linearizable(history) == expected


def made_up(chance, count):
    """A history of clients whose operations really happened at moments in between."""
    history, free_at, state, moment = [], [0.0] * CLIENTS, NOTHING, 0.0
    for number in range(count):
        moment += chance.random()
        client = chance.randrange(CLIENTS)
        if free_at[client] > moment:
            continue
        kind = chance.choice(["read", "read", "set", "swap", "add"])
        argument = {"set": number + 1000, "swap": (chance.choice([state, -1]), number + 1000), "add": 1}.get(kind)
        answer = {"read": state, "swap": kind == "swap" and argument[0] == state, "add": (state or 0) + 1}.get(kind, True)
        operation = Operation(kind, argument, answer, moment - chance.random() * 3, moment + chance.random() * 3)
        # A client has one operation at a time.
        operation = dataclasses.replace(operation, begun=max(operation.begun, free_at[client]))
        free_at[client] = operation.ended
        history.append(operation)
        state = after(state, operation)
    return history


def test_a_planted_stale_read_is_found(chance):
    found = 0
    for _ in range(20):
        history = made_up(chance, 300)
        assert is_linearizable(history)
        reads = [at for at, operation in enumerate(history) if operation.kind == "read"]
        at = chance.choice(reads[len(reads) // 2 :])
        # What an operation wrote that another one, ended long before the read, had overwritten.
        old = next((one for one in history if one.kind == "set"), None)
        later = [one for one in history if one.kind == "set" and old and one.begun > old.ended]
        if not any(one.ended < history[at].begun for one in later):
            continue
        stale = dataclasses.replace(history[at], answer=old.argument)
        assert not is_linearizable([*history[:at], stale, *history[at + 1 :]])
        found += 1
    assert found > 10


class Clients:
    """Clients of some items, and what each of them saw."""

    def __init__(self, cloud, chance):
        self.cloud, self.chance = cloud, chance
        self.histories = {item: [] for item in ITEMS}
        self.alive, self.over = threading.Event(), threading.Event()
        self.wrong = []

    def count(self):
        return sum(map(len, self.histories.values()))

    def run(self, number):
        try:
            numbers = itertools.count(number * 1_000_000)
            while not self.over.is_set():
                self.alive.wait(0.1)
                try:
                    client, seen = Raw(self.cloud), dict.fromkeys(ITEMS)
                    while not self.over.is_set():
                        self.act(client, seen, next(numbers))
                except UNSURE:
                    pass
        except Exception as error:
            self.wrong.append(error)

    def act(self, client, seen, number):
        item = self.chance.choice(ITEMS)
        kind = self.chance.choice(["read", "read", "set", "swap", "swap", "swap", "add"])
        if kind == "swap" and self.chance.random() < 0.8:
            # What somebody else may change in between.
            seen[item] = self.note(client, item, "read", None)
        answer = self.note(client, item, kind, {"set": number, "swap": (seen[item], number), "add": 1}.get(kind))
        if kind in ("read", "add"):
            seen[item] = answer
        elif answer:
            seen[item] = number

    def note(self, client, item, kind, argument):
        begun = time.monotonic()
        try:
            answer = getattr(self, kind)(client, item, argument)
        except UNSURE:
            self.histories[item].append(Operation(kind, argument, UNKNOWN, begun))
            raise
        self.histories[item].append(Operation(kind, argument, answer, begun, time.monotonic()))
        return answer

    def read(self, client, item, _):
        answer = client.dynamodb("GetItem", TableName=TABLE, Key={"pk": {"S": item}}, ConsistentRead=True)
        return int(answer["Item"]["n"]["N"]) if "Item" in answer else NOTHING

    def set(self, client, item, value):
        client.dynamodb("PutItem", TableName=TABLE, Item={"pk": {"S": item}, "n": {"N": str(value)}})
        return True

    def swap(self, client, item, values):
        old, new = values
        condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        if old is not NOTHING:
            condition = {"ConditionExpression": "n = :old", "ExpressionAttributeValues": {":old": {"N": str(old)}}}
        try:
            client.dynamodb("PutItem", TableName=TABLE, Item={"pk": {"S": item}, "n": {"N": str(new)}}, **condition)
            return True
        except Refused as refusal:
            assert b"ConditionalCheckFailedException" in refusal.args[1]
            return False

    def add(self, client, item, value):
        answer = client.dynamodb(
            "UpdateItem",
            TableName=TABLE,
            Key={"pk": {"S": item}},
            UpdateExpression="ADD n :value",
            ExpressionAttributeValues={":value": {"N": str(value)}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["n"]["N"])


def test_what_clients_at_once_see_of_an_item_is_linearizable(make_cloud, chance):
    cloud = make_cloud().start()
    Raw(cloud).dynamodb(
        "CreateTable",
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )
    clients = Clients(cloud, chance)
    threads = [threading.Thread(target=clients.run, args=(number,)) for number in range(CLIENTS)]
    clients.alive.set()
    for thread in threads:
        thread.start()
    for part in range(1, 4):
        eventually(lambda: clients.wrong or clients.count() >= OPERATIONS * part // 3, 60)
        clients.alive.clear()
        cloud.kill()
        cloud.start()
        clients.alive.set()
    eventually(lambda: clients.wrong or clients.count() >= OPERATIONS * 4 // 3, 60)
    clients.over.set()
    for thread in threads:
        thread.join(30)
    assert not clients.wrong, clients.wrong
    for item, history in clients.histories.items():
        swaps = [operation for operation in history if operation.kind == "swap"]
        print(f"{item}: {len(history)} operations, {sum(swap.answer is True for swap in swaps)} of {len(swaps)} swaps")
        assert is_linearizable(history), item
