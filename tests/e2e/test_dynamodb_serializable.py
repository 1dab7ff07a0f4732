"""Transactions and single writes by clients at once happen one after the other, across deaths of the cloud, and the table's
index and stream tell the same story; and the search that says so finds what is planted."""

import dataclasses
import json
import os
import threading
import time

import pytest
from conftest import eventually
from raw import UNSURE, Raw, Refused, Survivors
from serializable import DONE, REFUSED, UNKNOWN, Anomaly, Transaction, check
from test_dynamodb_streams import Follower

# Some seconds have about ten kills; minutes say more.
SECONDS = float(os.environ.get("CLOUDLET_STRESS_SECONDS", "5"))
CLIENTS = 8
TABLE, INDEX = "lists", "newest"
# Lists that are written at a time, and how many appends to one are asked for before another one takes its place.
ITEMS, APPENDS = 10, 30


def transactions(*rows):
    """From reads, appends, and if it matters the beginning, the end and the outcome. They all overlap otherwise."""
    return [Transaction(*row) if len(row) > 2 else Transaction(*row, 0, 1) for row in rows]


HISTORIES = {
    "nothing": (None, []),
    "one after the other": (
        None,
        [({}, {"x": (1,)}, 0, 1), ({"x": (1,)}, {"x": (2,)}, 2, 3), ({"x": (1, 2)}, {}, 4, 5)],
    ),
    "at once, in whatever order": (None, [({"x": (2,)}, {"x": (1,)}), ({"x": ()}, {"x": (2,)}), ({"x": (2, 1)}, {})]),
    "unknown, and it happened": (
        None,
        [({}, {"x": (1,)}, 0, 9, UNKNOWN), ({"x": ()}, {}, 20, 21), ({"x": (1,)}, {}, 22, 23)],
    ),
    "unknown, and it did not": (None, [({"x": ()}, {"x": (1,)}, 0, 9, UNKNOWN), ({"x": ()}, {}, 20, 21)]),
    "refused": (None, [({}, {"x": (1,)}, 0, 1, REFUSED), ({"x": ()}, {}, 2, 3)]),
    "what nobody wrote": ("garbage read", [({"x": (1,)}, {})]),
    "refused and seen": ("G1a: aborted read", [({}, {"x": (1,)}, 0, 1, REFUSED), ({"x": (1,)}, {})]),
    "half of a write": ("G1b: intermediate read", [({}, {"x": (1, 2)}), ({"x": (1,)}, {})]),
    "another's value in a write": (
        "G1b: intermediate read",
        [({}, {"x": (1, 2)}), ({}, {"x": (3,)}), ({"x": (1, 3, 2)}, {})],
    ),
    "happened twice": ("duplicate", [({}, {"x": (1,)}), ({"x": (1, 1)}, {})]),
    "two orders": (
        "incompatible orders",
        [({}, {"x": (1,)}), ({}, {"x": (2,)}), ({"x": (1, 2)}, {}), ({"x": (2,)}, {})],
    ),
    "two writes of both, each first once": (
        "G0",
        [({}, {"x": (1,), "y": (1,)}), ({}, {"x": (2,), "y": (2,)}), ({"x": (1, 2)}, {}), ({"y": (2, 1)}, {})],
    ),
    "each saw the other": ("G1c", [({"y": (2,)}, {"x": (1,)}), ({"x": (1,)}, {"y": (2,)})]),
    "lost update": ("G-single", [({"x": ()}, {"x": (1,)}), ({"x": ()}, {"x": (2,)}), ({"x": (1, 2)}, {})]),
    "a part of a transaction": ("G-single", [({}, {"x": (1,), "y": (1,)}), ({"x": (1,), "y": ()}, {})]),
    "a part of an unknown one": ("G-single", [({}, {"x": (1,), "y": (1,)}, 0, 1, UNKNOWN), ({"x": (1,), "y": ()}, {})]),
    "write skew": ("G2", [({"y": ()}, {"x": (1,)}), ({"x": ()}, {"y": (2,)})]),
    "long fork": (
        "G2",
        [({}, {"x": (1,)}), ({}, {"y": (2,)}), ({"x": (1,), "y": ()}, {}), ({"x": (), "y": (2,)}, {})],
    ),
    "stale read": ("G-single in real time", [({}, {"x": (1,)}, 0, 1), ({"x": ()}, {}, 2, 3)]),
    "acknowledged and gone": (
        "G0 in real time",
        [({}, {"x": (1,)}, 0, 1), ({}, {"x": (2,)}, 2, 3), ({"x": (2,)}, {}, 4, 5)],
    ),
    "later and before": (
        "G0 in real time",
        [({}, {"x": (1,)}, 0, 1), ({}, {"x": (2,)}, 2, 3), ({"x": (2, 1)}, {}, 4, 5)],
    ),
    "seen before it began": ("G1c in real time", [({"x": (1,)}, {}, 0, 1), ({}, {"x": (1,)}, 2, 3)]),
}


@pytest.mark.parametrize("case", HISTORIES)
def test_small_histories(case):
    expected, rows = HISTORIES[case]
    assert anomaly(transactions(*rows)) == expected


def anomaly(history):
    try:
        check(history)
    except Anomaly as found:
        return found.name


def made_up(chance, count):
    """A history of clients whose transactions really happened at moments in between."""
    lists, history, free_at = {item: () for item in range(ITEMS)}, [], [0.0] * CLIENTS
    for number in range(count):
        moment, client = float(number), chance.randrange(CLIENTS)
        if free_at[client] > moment:
            continue
        read, written = (chance.sample(sorted(lists), chance.randrange(1, 4)) for _ in range(2))
        appends = {item: (f"{number}", f"{number}+")[: chance.randrange(1, 3)] for item in written}
        one = Transaction(
            {item: lists[item] for item in read},
            appends if chance.random() < 0.5 else {},
            max(free_at[client], moment - 5 * chance.random()),
            moment + 5 * chance.random(),
            chance.choice([DONE] * 9 + [UNKNOWN]),
        )
        free_at[client] = one.ended
        lists.update({item: lists[item] + values for item, values in one.appends.items()})
        history.append(one)
    return history + [Transaction(lists, {}, count + 10, count + 11)]


def without_update(chance, history):
    """One write did not see what had been appended to the same item just before."""
    found = [(at, item) for at, one in enumerate(history) for item in one.reads if item in one.appends and one.reads[item]]
    at, item = chance.choice([(at, item) for at, item in found if history[at].outcome == DONE])
    writer = next(one for one in history if history[at].reads[item][-1] in one.appends.get(item, ()))
    before = history[at].reads[item][: -len(writer.appends[item])]
    return replaced(history, at, reads={**history[at].reads, item: before})


def without_part(chance, history):
    """One transaction is not whole: one of its items never had it."""
    at = chance.choice([at for at, one in enumerate(history) if len(one.appends) > 1 and one.outcome == DONE])
    item = chance.choice(sorted(history[at].appends))
    gone = history[at].appends[item]
    for place, one in enumerate(history):
        if item in one.reads:
            left = tuple(value for value in one.reads[item] if value not in gone)
            history = replaced(history, place, reads={**one.reads, item: left})
    return history


def replaced(history, at, **members):
    return [*history[:at], dataclasses.replace(history[at], **members), *history[at + 1 :]]


@pytest.mark.parametrize("plant", [without_update, without_part])
def test_what_is_planted_is_found(chance, plant):
    for _ in range(20):
        history = made_up(chance, 300)
        check(history)
        assert anomaly(plant(chance, history))


class Lists(Survivors):
    """Clients of some lists, and what each of them saw, over all deaths of their cloud."""

    def __init__(self, cloud, chance):
        super().__init__(cloud)
        self.chance, self.history = chance, []
        self.items = [f"{number}" for number in range(ITEMS)]
        self.asked = dict.fromkeys(self.items, 0)

    def step(self, client, names):
        act = self.chance.choice([self.look, self.get, self.append, self.write, self.write, self.write_after_look])
        act(client, names)

    def some(self):
        return self.chance.sample(self.items, self.chance.randrange(2, 5))

    def values(self, item, names):
        """New values for an item; one that had enough of them makes room for another item."""
        self.asked[item] += 1
        if self.asked[item] >= APPENDS and item in self.items:
            new = f"{item}+"
            self.asked[new] = 0
            self.items = [new if other == item else other for other in self.items]
        return tuple(next(names) for _ in range(self.chance.randrange(1, 3)))

    def note(self, begun, reads, appends, outcome=DONE):
        self.history.append(Transaction(reads, appends, begun, time.monotonic(), outcome))

    def look(self, client, _=None, items=None):
        items, begun = items or self.some(), time.monotonic()
        gets = [{"Get": {"TableName": TABLE, "Key": key(item)}} for item in items]
        responses = client.dynamodb("TransactGetItems", TransactItems=gets)["Responses"]
        seen = {item: listed(response.get("Item")) for item, response in zip(items, responses)}
        self.note(begun, seen, {})
        return seen

    def get(self, client, _=None, item=None):
        item, begun = item or self.chance.choice(self.items), time.monotonic()
        answer = client.dynamodb("GetItem", TableName=TABLE, Key=key(item), ConsistentRead=True)
        self.note(begun, {item: listed(answer.get("Item"))}, {})

    def append(self, client, names):
        """A single write, which tells what the list is after it."""
        item, begun = self.chance.choice(self.items), time.monotonic()
        values = self.values(item, names)
        try:
            answer = client.dynamodb("UpdateItem", ReturnValues="ALL_NEW", **appending(item, values))
        except UNSURE:
            self.note(begun, {}, {item: values}, UNKNOWN)
            raise
        after = listed(answer["Attributes"])
        assert after[-len(values) :] == values
        self.note(begun, {item: after[: -len(values)]}, {item: values})

    def write(self, client, names):
        """Appends to lists whatever they are."""
        appends = {item: self.values(item, names) for item in self.some()}
        self.transact(client, names, {}, appends)

    def write_after_look(self, client, names):
        """Appends to some lists, if they and others still are as they were."""
        seen = self.look(client, items=self.chance.sample(self.items, 2))
        written = self.chance.sample(sorted(seen), self.chance.randrange(1, len(seen) + 1))
        appends = {item: self.values(item, names) for item in written}
        self.transact(client, names, seen, appends)

    def transact(self, client, names, seen, appends):
        actions = {
            item: {"Update" if item in appends else "ConditionCheck": action(item, seen.get(item), appends.get(item))}
            for item in {**seen, **appends}
        }
        request = {"TransactItems": list(actions.values())}
        if self.chance.random() < 0.5:
            request["ClientRequestToken"] = next(names)
        begun = time.monotonic()
        try:
            try:
                client.dynamodb("TransactWriteItems", **request)
            except UNSURE:
                if "ClientRequestToken" not in request:
                    raise
                # Once more when the cloud is back, which must not happen twice.
                self.alive.wait(20)
                Raw(self.cloud).dynamodb("TransactWriteItems", **request)
        except UNSURE:
            self.note(begun, seen, appends, UNKNOWN)
            raise
        except Refused as refusal:
            self.note(begun, {}, appends, REFUSED)
            self.note_reasons(begun, seen, list(actions), json.loads(refusal.args[1]))
        else:
            self.note(begun, seen, appends)

    def note_reasons(self, begun, seen, items, refusal):
        """Who was refused saw why."""
        assert refusal["__type"].endswith("TransactionCanceledException"), refusal
        reasons = {item: reason for item, reason in zip(items, refusal["CancellationReasons"]) if reason["Code"] != "None"}
        for item, reason in reasons.items():
            assert reason["Code"] == "ConditionalCheckFailed", refusal
            now = listed(reason.get("Item"))
            assert now != seen[item], refusal
            self.note(begun, {item: now}, {})


def key(item):
    return {"pk": {"S": item}}


def texts(values):
    return {"L": [{"S": value} for value in values]}


def listed(item):
    return tuple(value["S"] for value in item["l"]["L"]) if item else ()


def appending(item, values):
    return {
        "TableName": TABLE,
        "Key": key(item),
        "UpdateExpression": "SET l = list_append(if_not_exists(l, :none), :values), newest = :newest",
        "ExpressionAttributeValues": {":none": texts([]), ":values": texts(values), ":newest": {"S": values[-1]}},
    }


def action(item, seen, values):
    """Appends, or looks whether the list is as it was seen, or both."""
    made = appending(item, values) if values else {"TableName": TABLE, "Key": key(item)}
    if seen is None:
        return made
    made["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if seen == ():
        return {**made, "ConditionExpression": "attribute_not_exists(l)"}
    values = {**made.get("ExpressionAttributeValues", {}), ":seen": texts(seen)}
    return {**made, "ConditionExpression": "l = :seen", "ExpressionAttributeValues": values}


def make_table(client):
    client.dynamodb(
        "CreateTable",
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ["pk", "newest"]],
        GlobalSecondaryIndexes=[
            {
                "IndexName": INDEX,
                "KeySchema": [{"AttributeName": "newest", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def test_what_clients_at_once_do_to_many_items_is_serializable(make_cloud, chance):
    cloud = make_cloud().start()
    make_table(Raw(cloud))
    lists = Lists(cloud, chance)
    threads = [threading.Thread(target=lists.run, args=(lists.step, number)) for number in range(CLIENTS)]
    lists.alive.set()
    for thread in threads:
        thread.start()
    until, kills = time.monotonic() + SECONDS, 0
    while time.monotonic() < until and not lists.wrong:
        goal = len(lists.history) + chance.randrange(50, 500)
        eventually(lambda: lists.wrong or len(lists.history) >= goal, 60)
        lists.alive.clear()
        cloud.kill()
        cloud.start()
        lists.alive.set()
        kills += 1
    lists.over.set()
    for thread in threads:
        thread.join(30)
    assert not lists.wrong, lists.wrong
    client = Raw(cloud)
    lists.look(client, items=lists.items)
    for item in lists.asked:
        lists.get(client, item=item)
    tell(lists.history, kills)
    check(lists.history)
    index_and_stream_agree(cloud)
    assert not any("panicked" in line for line in cloud.log)


def tell(history, kills):
    counts = {outcome: sum(one.outcome == outcome for one in history) for outcome in [DONE, REFUSED, UNKNOWN]}
    counts["written after a look"] = sum(one.outcome == DONE and len(one.reads) > 1 and bool(one.appends) for one in history)
    print(f"{len(history)} transactions: {counts}; {kills} kills")


def index_and_stream_agree(cloud):
    client = cloud.client("dynamodb")
    pages = lambda **more: client.get_paginator("scan").paginate(TableName=TABLE, **more)
    by_key = lambda pages: {item["pk"]["S"]: item for page in pages for item in page["Items"]}
    items = by_key(pages(ConsistentRead=True))
    assert by_key(pages(IndexName=INDEX)) == items
    assert sum(page["Count"] for page in pages(IndexName=INDEX)) == len(items)
    follower = Follower(cloud, client.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"], limit=1000)
    while follower.step():
        pass
    assert follower.items == items
