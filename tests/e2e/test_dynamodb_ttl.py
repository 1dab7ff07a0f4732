"""Time to live: items leave by themselves."""

import json
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, move

DAY = 86_400
YEAR = 365 * DAY


def now(cloud):
    with urllib.request.urlopen(cloud.url + "/_cloudlet/clock") as answer:
        return json.load(answer)["now_ms"] // 1000


class Table:
    """A table of items with a moment, in `ends`."""

    def __init__(self, cloud, name, ttl=True):
        self.cloud, self.name = cloud, name
        self.client = cloud.client("dynamodb")
        self.client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        if ttl:
            self.update(True)

    def update(self, enabled, attribute="ends"):
        specification = {"Enabled": enabled, "AttributeName": attribute}
        answer = self.client.update_time_to_live(TableName=self.name, TimeToLiveSpecification=specification)
        assert answer["TimeToLiveSpecification"] == specification

    def description(self):
        return self.client.describe_time_to_live(TableName=self.name)["TimeToLiveDescription"]

    def put(self, key, ends=None, **more):
        item = {"pk": {"S": key}, **more}
        if ends is not None:
            item["ends"] = {"N": str(ends)}
        self.client.put_item(TableName=self.name, Item=item)

    def keys(self):
        pages = self.client.get_paginator("scan").paginate(TableName=self.name)
        return sorted(item["pk"]["S"] for page in pages for item in page["Items"])

    def become(self, *keys):
        eventually(lambda: self.keys() == sorted(keys))


@pytest.fixture
def table(make_cloud, name):
    """A table whose clock is this test's own."""
    return Table(make_cloud().start(), name)


def refused(call, **parameters):
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    error = refusal.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def test_it_is_switched_on_and_off(cloud, name):
    table = Table(cloud, name, ttl=False)
    assert table.description() == {"TimeToLiveStatus": "DISABLED"}

    def refusal(enabled, attribute):
        specification = {"Enabled": enabled, "AttributeName": attribute}
        return refused(table.client.update_time_to_live, TableName=name, TimeToLiveSpecification=specification)

    assert refusal(False, "ends") == ("ValidationException", "TimeToLive is already disabled", 400)
    table.update(True)
    assert table.description() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ends"}
    assert refusal(True, "ends") == ("ValidationException", "TimeToLive is already enabled", 400)
    other = "TimeToLive is active on a different AttributeName: current AttributeName is ends"
    assert refusal(True, "other") == refusal(False, "other") == ("ValidationException", other, 400)
    table.update(False)
    assert table.description() == {"TimeToLiveStatus": "DISABLED"}
    table.update(True, "other")
    assert table.description()["AttributeName"] == "other"
    code, message, _ = refusal(True, "x" * 256)
    assert code == "ValidationException" and "timeToLiveSpecification.attributeName" in message
    missing = "Requested resource not found: Table: nobody-made-it not found"
    assert refused(table.client.describe_time_to_live, TableName="nobody-made-it") == (
        "ResourceNotFoundException",
        missing,
        400,
    )


def test_items_leave_when_their_moment_comes(table):
    at = now(table.cloud)
    table.put("soon", at + 100)
    table.put("later", at + 50 * DAY)
    table.put("at once", at - 1)
    table.put("years ago", at - 6 * YEAR)
    table.put("no moment")
    table.client.put_item(TableName=table.name, Item={"pk": {"S": "text"}, "ends": {"S": str(at)}})
    rest = ["later", "no moment", "text", "years ago"]
    table.become("soon", *rest)
    move(table.cloud, advance_seconds=101)
    table.become(*rest)
    move(table.cloud, advance_seconds=50 * DAY)
    rest.remove("later")
    table.become(*rest)


def test_an_item_that_changes_its_moment_lives_by_the_new_one(table):
    at = now(table.cloud)
    for key in ["moved on", "moved up", "freed", "replaced", "untouched"]:
        table.put(key, at + 1000)
    key = lambda key: {"TableName": table.name, "Key": {"pk": {"S": key}}}
    values = lambda ends: {":e": {"N": str(ends)}}
    set_ends = "SET ends = :e"
    table.client.update_item(**key("moved on"), UpdateExpression=set_ends, ExpressionAttributeValues=values(at + 3000))
    table.client.update_item(**key("moved up"), UpdateExpression=set_ends, ExpressionAttributeValues=values(at + 10))
    table.client.update_item(**key("freed"), UpdateExpression="REMOVE ends")
    table.client.delete_item(**key("replaced"))
    table.put("replaced", at + 2000)
    move(table.cloud, advance_seconds=20)
    table.become("freed", "moved on", "replaced", "untouched")
    move(table.cloud, advance_seconds=1000)
    table.become("freed", "moved on", "replaced")
    move(table.cloud, advance_seconds=1000)
    table.become("freed", "moved on")
    move(table.cloud, advance_seconds=1000)
    table.become("freed")


def test_what_was_there_before_leaves_too(table):
    table.update(False)
    at = now(table.cloud)
    for number in range(0, 1000, 25):
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": f"{one:04}"}, "ends": {"N": str(at + 100 if one % 2 else at - 10)}}}}
            for one in range(number, number + 25)
        ]
        table.client.batch_write_item(RequestItems={table.name: puts})
    assert len(table.keys()) == 1000
    table.update(True)
    # Killed while it walks over them, it goes on where it was.
    table.cloud.kill()
    table.cloud.start()
    table.client = table.cloud.client("dynamodb")
    table.become(*[f"{one:04}" for one in range(1, 1000, 2)])
    move(table.cloud, advance_seconds=101)
    table.become()


def test_a_table_without_it_keeps_its_items(table):
    at = now(table.cloud)
    table.put("kept", at + 10)
    table.put("other", **{"until": {"N": str(at + 10)}})
    table.update(False)
    move(table.cloud, advance_seconds=20)
    table.put("also kept", at)
    table.update(True, "until")
    table.become("also kept", "kept")


def test_no_moment_is_missed_by_a_crash(table):
    at = int(time.time())
    keys = [f"{number:03}" for number in range(200)]
    for number, key in enumerate(keys):
        table.put(key, at + 100 + number % 3)
        if number % 50 == 49:
            table.cloud.kill()
            table.cloud.start()
            table.client = table.cloud.client("dynamodb")
    move(table.cloud, advance_seconds=200)
    table.become()


def test_a_table_made_anew_has_nothing_of_the_old_one(table):
    at = now(table.cloud)
    table.put("key", at + 10)
    table.client.delete_table(TableName=table.name)
    again = Table(table.cloud, table.name, ttl=False)
    assert again.description() == {"TimeToLiveStatus": "DISABLED"}
    again.put("key", at + 10)
    again.update(True)
    again.put("late", at + 1000)
    move(table.cloud, advance_seconds=20)
    again.become("late")
