"""Streams of tables, as their consumers read them."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import eventually, move, refused

DAY = 86_400


class Table:
    """A table with a stream, and all that the stream has shown."""

    def __init__(self, cloud, name, view="NEW_AND_OLD_IMAGES", mode="PAY_PER_REQUEST", sort=False, make=True):
        self.cloud, self.name = cloud, name
        self.connect()
        if not make:
            return
        keys = ["pk", "sk"] if sort else ["pk"]
        more = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}} if view else {}
        if mode == "PROVISIONED":
            more["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
        self.client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ["HASH", "RANGE"])],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode=mode,
            **more,
        )

    def connect(self):
        self.client, self.streams = self.cloud.client("dynamodb"), self.cloud.client("dynamodbstreams")

    def describe(self):
        return self.client.describe_table(TableName=self.name)["Table"]

    @property
    def arn(self):
        return self.describe()["LatestStreamArn"]

    def put(self, key, **attributes):
        item = {"pk": {"S": key}, **{name: {"S": text} for name, text in attributes.items()}}
        self.client.put_item(TableName=self.name, Item=item)

    def delete(self, key):
        self.client.delete_item(TableName=self.name, Key={"pk": {"S": key}})

    def update(self, **specification):
        return self.client.update_table(TableName=self.name, StreamSpecification=specification)["TableDescription"]

    def shards(self, arn=None):
        return self.streams.describe_stream(StreamArn=arn or self.arn)["StreamDescription"]["Shards"]

    def iterator(self, shard, kind="TRIM_HORIZON", arn=None, **more):
        return self.streams.get_shard_iterator(
            StreamArn=arn or self.arn, ShardId=shard, ShardIteratorType=kind, **more
        )["ShardIterator"]

    def walk(self, iterator, **more):
        """All records from there on, and the iterator behind them."""
        records = []
        while iterator:
            answer = self.streams.get_records(ShardIterator=iterator, **more)
            records += answer["Records"]
            iterator = answer.get("NextShardIterator")
            if not answer["Records"]:
                break
        return records, iterator

    def records(self, arn=None, **more):
        arn = arn or self.arn
        return [one for shard in self.shards(arn) for one in self.walk(self.iterator(shard["ShardId"], arn=arn), **more)[0]]


def test_a_record_tells_what_became_of_an_item(cloud, name):
    table = Table(cloud, name)
    table.put("k", a="one")
    table.put("k", a="two")
    table.delete("k")
    records = table.records()
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    one, two = ({"pk": {"S": "k"}, "a": {"S": text}} for text in ["one", "two"])
    assert [record["dynamodb"].get("NewImage") for record in records] == [one, two, None]
    assert [record["dynamodb"].get("OldImage") for record in records] == [None, one, two]
    assert [record["dynamodb"]["SizeBytes"] for record in records] == [10, 17, 10]
    for record in records:
        assert (record["eventVersion"], record["eventSource"], record["awsRegion"]) == ("1.1", "aws:dynamodb", "us-east-1")
        assert record["dynamodb"]["Keys"] == {"pk": {"S": "k"}}
        assert record["dynamodb"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
        assert abs(record["dynamodb"]["ApproximateCreationDateTime"].timestamp() - time.time()) < 20
        assert len(record["eventID"]) == 32 and "userIdentity" not in record
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert numbers == sorted(numbers, key=int) and {len(number) for number in numbers} == {21}
    assert len({record["eventID"] for record in records}) == 3


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_a_view_has_its_images(cloud, name, view, images):
    table = Table(cloud, name, view)
    table.put("k", a="1")
    table.put("k", a="2")
    modified = table.records()[1]["dynamodb"]
    assert set(modified) & {"NewImage", "OldImage"} == images
    assert modified["StreamViewType"] == view


def test_what_changes_nothing_leaves_no_record(cloud, name):
    table = Table(cloud, name)
    key = {"TableName": name, "Key": {"pk": {"S": "k"}}}
    table.delete("k")
    table.put("k", a="1")
    table.put("k", a="1")
    values = {":a": {"S": "1"}}
    table.client.update_item(**key, UpdateExpression="SET a = :a", ExpressionAttributeValues=values)
    refused(table.client.put_item, TableName=name, Item={"pk": {"S": "k"}}, ConditionExpression="attribute_not_exists(pk)")
    assert [record["eventName"] for record in table.records()] == ["INSERT"]


def test_every_way_to_write_leaves_records(cloud, name):
    table = Table(cloud, name)
    requests = [{"PutRequest": {"Item": {"pk": {"S": f"{number}"}}}} for number in range(25)]
    table.client.batch_write_item(RequestItems={name: requests})
    values = {":n": {"N": "1"}}
    table.client.update_item(
        TableName=name, Key={"pk": {"S": "new"}}, UpdateExpression="ADD n :n", ExpressionAttributeValues=values
    )
    table.client.batch_write_item(RequestItems={name: [{"DeleteRequest": {"Key": {"pk": {"S": "3"}}}}]})
    run = lambda statement: table.client.execute_statement(Statement=statement)
    run(f"INSERT INTO \"{name}\" VALUE {{'pk': 'told'}}")
    run(f"UPDATE \"{name}\" SET a = 1 WHERE pk = 'told'")
    run(f"DELETE FROM \"{name}\" WHERE pk = 'told'")
    told = [record["eventName"] for record in table.records() if record["dynamodb"]["Keys"] == {"pk": {"S": "told"}}]
    assert told == ["INSERT", "MODIFY", "REMOVE"]
    records = [record for record in table.records() if record["dynamodb"]["Keys"] != {"pk": {"S": "told"}}]
    inserted = {record["dynamodb"]["Keys"]["pk"]["S"] for record in records if record["eventName"] == "INSERT"}
    assert inserted == {"new", *map(str, range(25))}
    assert [record["dynamodb"]["Keys"] for record in records if record["eventName"] == "REMOVE"] == [{"pk": {"S": "3"}}]
    assert len({record["dynamodb"]["SequenceNumber"] for record in records}) == 27


def test_a_transaction_leaves_all_its_records_or_none(cloud, name):
    table = Table(cloud, name)
    for key in ["changed", "deleted", "checked"]:
        table.put(key, a="1")
    key = lambda key: {"TableName": name, "Key": {"pk": {"S": key}}}
    values = {":a": {"S": "2"}}
    writes = [
        {"Put": {"TableName": name, "Item": {"pk": {"S": "new"}}}},
        {"Update": {**key("changed"), "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": values}},
        {"Delete": key("deleted")},
        {"ConditionCheck": {**key("checked"), "ConditionExpression": "attribute_exists(pk)"}},
    ]
    refused_writes = [*writes, {"Delete": {**key("other"), "ConditionExpression": "attribute_exists(pk)"}}]
    assert refused(table.client.transact_write_items, TransactItems=refused_writes)[0] == "TransactionCanceledException"
    assert len(table.records()) == 3
    table.client.transact_write_items(TransactItems=writes)
    names = {record["dynamodb"]["Keys"]["pk"]["S"]: record["eventName"] for record in table.records()}
    assert names == {"new": "INSERT", "changed": "MODIFY", "deleted": "REMOVE", "checked": "INSERT"}
    assert len(table.records()) == 6


def test_a_stream_and_its_shards_are_described(cloud, name):
    table = Table(cloud, name, sort=True)
    table.client.put_item(TableName=name, Item={"pk": {"S": "p"}, "sk": {"S": "s"}})
    shown = table.describe()
    label = shown["LatestStreamLabel"]
    assert shown["LatestStreamArn"] == f"{shown['TableArn']}/stream/{label}"
    assert shown["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    stream = table.streams.describe_stream(StreamArn=table.arn)["StreamDescription"]
    assert (stream["StreamArn"], stream["StreamLabel"], stream["TableName"]) == (table.arn, label, name)
    assert (stream["StreamStatus"], stream["StreamViewType"]) == ("ENABLED", "NEW_AND_OLD_IMAGES")
    assert stream["KeySchema"] == shown["KeySchema"]
    ids = [shard["ShardId"] for shard in stream["Shards"]]
    assert ids == sorted(ids)
    for shard in stream["Shards"]:
        assert set(shard["SequenceNumberRange"]) == {"StartingSequenceNumber"}
    paged, after = [], {}
    while True:
        page = table.streams.describe_stream(StreamArn=table.arn, Limit=1, **after)["StreamDescription"]
        paged += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            break
        after = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    assert paged == stream["Shards"]
    provisioned = Table(cloud, name + "-p", mode="PROVISIONED")
    assert len(provisioned.shards()) == 1


def test_streams_are_listed(make_cloud, name):
    cloud = make_cloud().start()
    tables = [Table(cloud, f"{name}-{number}") for number in range(3)]
    Table(cloud, f"{name}-none", view=None)
    streams = tables[0].streams
    expected = [
        {"StreamArn": table.arn, "TableName": table.name, "StreamLabel": table.describe()["LatestStreamLabel"]}
        for table in tables
    ]
    assert streams.list_streams()["Streams"] == expected
    assert streams.list_streams(TableName=tables[1].name)["Streams"] == expected[1:2]
    assert streams.list_streams(TableName="nobody-made-it")["Streams"] == []
    first = streams.list_streams(Limit=2)
    assert first["Streams"] == expected[:2] and first["LastEvaluatedStreamArn"] == tables[1].arn
    rest = streams.list_streams(Limit=2, ExclusiveStartStreamArn=first["LastEvaluatedStreamArn"])
    assert rest["Streams"] == expected[2:] and "LastEvaluatedStreamArn" not in rest
    assert cloud.client("dynamodbstreams", region="eu-west-1").list_streams()["Streams"] == []


def test_iterators_begin_where_they_are_told(cloud, name):
    table = Table(cloud, name, mode="PROVISIONED")
    for number in range(5):
        table.put("k", n=str(number))
    [shard] = [shard["ShardId"] for shard in table.shards()]
    all_of_it, _ = table.walk(table.iterator(shard))
    numbers = [record["dynamodb"]["SequenceNumber"] for record in all_of_it]
    for kind, skipped in [("AT_SEQUENCE_NUMBER", 2), ("AFTER_SEQUENCE_NUMBER", 3)]:
        records, _ = table.walk(table.iterator(shard, kind, SequenceNumber=numbers[2]))
        assert records == all_of_it[skipped:]
    latest = table.iterator(shard, "LATEST")
    assert table.walk(latest)[0] == []
    table.put("k", n="more")
    records, behind = table.walk(latest)
    assert [record["dynamodb"]["NewImage"]["n"]["S"] for record in records] == ["more"]
    assert table.walk(behind)[0] == []
    # An iterator can be used again, and a page has what it may.
    page = table.streams.get_records(ShardIterator=table.iterator(shard), Limit=2)
    assert page["Records"] == all_of_it[:2]
    assert table.walk(page["NextShardIterator"], Limit=1)[0][:3] == all_of_it[2:]
    assert table.walk(table.iterator(shard, "AT_SEQUENCE_NUMBER", SequenceNumber=numbers[0]))[0][:5] == all_of_it


def test_a_page_has_a_megabyte_at_most(cloud, name):
    table = Table(cloud, name, mode="PROVISIONED", view="NEW_IMAGE")
    for number in range(10):
        table.put(str(number), text="x" * 300_000)
    [shard] = [shard["ShardId"] for shard in table.shards()]
    page = table.streams.get_records(ShardIterator=table.iterator(shard))
    assert len(page["Records"]) == 3
    assert len(table.walk(table.iterator(shard))[0]) == 10


def test_a_stream_is_switched_on_and_off(cloud, name):
    table = Table(cloud, name, view=None)
    shown = table.describe()
    assert not {"StreamSpecification", "LatestStreamArn", "LatestStreamLabel"} & set(shown)
    update = lambda **specification: refused(
        table.client.update_table, TableName=name, StreamSpecification=specification
    )
    values = "One or more parameter values were invalid: "
    assert update(StreamEnabled=False) == (
        "ValidationException",
        f"Table has no stream to disable: TableName: {name}",
    )
    assert update(StreamEnabled=True) == (
        "ValidationException",
        values + "If stream is being enabled then UpdateViewType is required",
    )
    assert table.update(StreamEnabled=True, StreamViewType="KEYS_ONLY")["StreamSpecification"]["StreamEnabled"]
    table.put("k")
    first = table.arn
    assert update(StreamEnabled=True, StreamViewType="NEW_IMAGE") == (
        "ValidationException",
        f"Table already has an enabled stream: TableName: {name}",
    )
    assert update(StreamEnabled=False, StreamViewType="KEYS_ONLY") == (
        "ValidationException",
        values + "If stream is being disabled, then UpdateViewType must not be specified",
    )
    table.update(StreamEnabled=False)
    table.put("k", a="unseen")
    shown = table.describe()
    assert shown["LatestStreamArn"] == first and "StreamSpecification" not in shown
    # What is closed can be read to its end.
    old = table.streams.describe_stream(StreamArn=first)["StreamDescription"]
    assert old["StreamStatus"] == "DISABLED"
    assert all("EndingSequenceNumber" in shard["SequenceNumberRange"] for shard in old["Shards"])
    for shard in old["Shards"]:
        records, behind = table.walk(table.iterator(shard["ShardId"]))
        assert behind is None
    assert len(table.records(first)) == 1
    table.update(StreamEnabled=True, StreamViewType="NEW_IMAGE")
    table.put("k", a="seen")
    assert table.arn != first
    assert [record["dynamodb"]["NewImage"]["a"]["S"] for record in table.records()] == ["seen"]
    arns = [stream["StreamArn"] for stream in table.streams.list_streams(TableName=name)["Streams"]]
    assert arns == [first, table.arn]


def test_a_deleted_table_leaves_its_stream_for_a_day(make_cloud, name):
    table = Table(make_cloud().start(), name)
    table.put("k")
    arn = table.arn
    table.client.delete_table(TableName=name)
    assert [record["eventName"] for record in table.records(arn)] == ["INSERT"]
    again = Table(table.cloud, name)
    assert again.arn != arn and again.records() == []
    assert [record["eventName"] for record in table.records(arn)] == ["INSERT"]
    move(table.cloud, advance_seconds=DAY + 60)
    eventually(lambda: len(table.streams.list_streams()["Streams"]) == 1)
    code, message = refused(table.streams.describe_stream, StreamArn=arn)
    assert (code, message) == ("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")


def test_records_go_after_a_day(make_cloud, name):
    table = Table(make_cloud().start(), name, mode="PROVISIONED")
    for number in range(300):
        table.put("k", n=str(number))
    [shard] = [shard["ShardId"] for shard in table.shards()]
    first = table.walk(table.iterator(shard))[0][0]["dynamodb"]["SequenceNumber"]
    move(table.cloud, advance_seconds=DAY // 2)
    table.put("k", n="later")
    old = table.iterator(shard, "AT_SEQUENCE_NUMBER", SequenceNumber=first)
    assert len(table.walk(old)[0]) == 301
    move(table.cloud, advance_seconds=DAY // 2 - 600)
    assert len(table.walk(table.iterator(shard))[0]) == 301
    old = table.iterator(shard, "AT_SEQUENCE_NUMBER", SequenceNumber=first)
    horizon = table.iterator(shard)
    move(table.cloud, advance_seconds=670)
    eventually(lambda: len(table.walk(table.iterator(shard))[0]) == 1)
    gone = "The operation attempted to read past the oldest stream record in a shard."
    assert refused(table.streams.get_records, ShardIterator=old) == ("TrimmedDataAccessException", gone)
    assert refused(table.iterator, shard=shard, kind="AFTER_SEQUENCE_NUMBER", SequenceNumber=first)[0] == (
        "TrimmedDataAccessException"
    )
    assert [record["dynamodb"]["NewImage"]["n"]["S"] for record in table.walk(horizon)[0]] == ["later"]
    move(table.cloud, advance_seconds=DAY)
    eventually(lambda: table.records() == [])
    table.put("k", n="new")
    assert len(table.records()) == 1


def test_an_iterator_is_good_for_a_quarter_of_an_hour(make_cloud, name):
    table = Table(make_cloud().start(), name)
    iterator = table.iterator(table.shards()[0]["ShardId"])
    move(table.cloud, advance_seconds=14 * 60)
    behind = table.walk(iterator)[1]
    move(table.cloud, advance_seconds=2 * 60)
    assert refused(table.streams.get_records, ShardIterator=iterator)[0] == "ExpiredIteratorException"
    assert table.walk(behind)[0] == []


def test_what_is_not_there_is_refused(cloud, name):
    table = Table(cloud, name)
    shard = table.shards()[0]["ShardId"]
    arn = table.arn
    missing = arn[:-1] + ("0" if arn[-1] != "0" else "1")
    not_found = ("ResourceNotFoundException", f"Requested resource not found: Stream: {missing} not found")
    assert refused(table.streams.describe_stream, StreamArn=missing) == not_found
    assert refused(table.iterator, shard=shard, arn=missing) == not_found
    assert refused(table.iterator, shard="shardId-00000000000000000000-00000000")[0] == "ResourceNotFoundException"
    assert refused(table.iterator, shard=shard, kind="AT_SEQUENCE_NUMBER")[0] == "ValidationException"
    wrong = {"kind": "AT_SEQUENCE_NUMBER", "SequenceNumber": "x" * 21}
    assert refused(table.iterator, shard=shard, **wrong)[0] == "ValidationException"
    assert refused(table.streams.describe_stream, StreamArn="arn:aws:sqs:us-east-1:000000000000:queue")[0] == "ValidationException"
    assert refused(table.streams.get_records, ShardIterator="rubbish")[0] == "ValidationException"
    assert refused(table.streams.get_records, ShardIterator=table.iterator(shard), Limit=1001)[0] == "ValidationException"
    assert refused(table.streams.list_streams, Limit=101)[0] == "ValidationException"


def test_what_expires_is_removed_by_the_service(make_cloud, name):
    table = Table(make_cloud().start(), name)
    specification = {"Enabled": True, "AttributeName": "ends"}
    table.client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    item = {"pk": {"S": "k"}, "ends": {"N": str(int(time.time()) + 100)}}
    table.client.put_item(TableName=name, Item=item)
    move(table.cloud, advance_seconds=110)
    inserted, removed = eventually(lambda: len(records := table.records()) == 2 and records)
    assert "userIdentity" not in inserted
    assert removed["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert (removed["eventName"], removed["dynamodb"]["OldImage"]) == ("REMOVE", item)


def rebuilt(records, items):
    """Applies records of one shard, in their order, to what earlier ones left; each must fit to what is there."""
    for record in records:
        change = record["dynamodb"]
        key = change["Keys"]["pk"]["S"]
        assert change.get("OldImage") == items.get(key), (record["eventName"], key)
        assert record["eventName"] == {(False, True): "INSERT", (True, True): "MODIFY", (True, False): "REMOVE"}[
            key in items, "NewImage" in change
        ]
        if "NewImage" in change:
            items[key] = change["NewImage"]
        else:
            del items[key]


def test_writers_at_once_leave_an_exact_history(cloud, name):
    table = Table(cloud, name)

    def write(writer):
        client = cloud.client("dynamodb")
        for number in range(100):
            key = {"pk": {"S": f"{number % 7}"}}
            if (number + writer) % 5 == 0:
                client.delete_item(TableName=name, Key=key)
            else:
                client.put_item(TableName=name, Item={**key, "by": {"N": f"{writer * 1000 + number}"}})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    items = {}
    for shard in table.shards():
        rebuilt(table.walk(table.iterator(shard["ShardId"]))[0], items)
    scanned = table.client.scan(TableName=name, ConsistentRead=True)["Items"]
    assert items == {item["pk"]["S"]: item for item in scanned}


class Follower:
    """Follows a stream by sequence numbers alone, as a consumer with checkpoints does, and rebuilds its table."""

    def __init__(self, cloud, arn, limit=100):
        self.cloud, self.arn, self.limit = cloud, arn, limit
        self.items, self.checkpoints = {}, {}

    def step(self):
        """Reads on in every shard; says whether there was something."""
        streams = self.cloud.client("dynamodbstreams")
        found = False
        for shard in streams.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]:
            shard = shard["ShardId"]
            after = self.checkpoints.get(shard)
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after} if after else {}
            place = place or {"ShardIteratorType": "TRIM_HORIZON"}
            iterator = streams.get_shard_iterator(StreamArn=self.arn, ShardId=shard, **place)["ShardIterator"]
            records = streams.get_records(ShardIterator=iterator, Limit=self.limit)["Records"]
            rebuilt(records, self.items)
            if records:
                self.checkpoints[shard] = records[-1]["dynamodb"]["SequenceNumber"]
                found = True
        return found


def test_a_follower_rebuilds_the_table_while_the_server_is_killed(make_cloud, name, chance):
    cloud = make_cloud().start()
    table = Table(cloud, name)
    follower = Follower(cloud, table.arn)
    is_over = threading.Event()

    def write(seed):
        chance = random.Random(seed)
        while not is_over.is_set():
            client = cloud.client("dynamodb", connect_timeout=1, read_timeout=2)
            try:
                while not is_over.is_set():
                    key = {"pk": {"S": f"{chance.randrange(20)}"}}
                    if chance.random() < 0.3:
                        client.delete_item(TableName=name, Key=key)
                    else:
                        client.put_item(TableName=name, Item={**key, "v": {"N": f"{chance.getrandbits(30)}"}})
            except Exception:
                is_over.wait(0.01)

    writers = [threading.Thread(target=write, args=(chance.getrandbits(32),)) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(5):
            read = sum(map(bool, follower.checkpoints.values()))
            deadline = time.monotonic() + chance.uniform(0.2, 0.6)
            while time.monotonic() < deadline:
                follower.step()
            cloud.kill()
            cloud.start()
            assert sum(map(bool, follower.checkpoints.values())) >= read
    finally:
        is_over.set()
        for writer in writers:
            writer.join()
    while follower.step():
        pass
    scanned = cloud.client("dynamodb").scan(TableName=name)["Items"]
    assert follower.items == {item["pk"]["S"]: item for item in scanned}
    assert follower.checkpoints
