"""Streams of tables that functions read."""

import json
import threading
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, move
from test_lambda import ROLE, package

# Tells the queue in OUT of every invocation, in their order, and does what the items tell it to.
TELL = """
import json, os, urllib.parse, urllib.request

def send(text, id):
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": text,
            "MessageGroupId": "g", "MessageDeduplicationId": id}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()

def handler(event, context):
    send(json.dumps(event), context.aws_request_id)
    wishes = {}
    for record in event["Records"]:
        change = record["dynamodb"]
        wishes[change["SequenceNumber"]] = change.get("NewImage", {}).get("do", {}).get("S")
    if "raise" in wishes.values():
        raise ValueError("as told")
    return {"batchItemFailures": [{"itemIdentifier": number} for number, wish in wishes.items() if wish == "fail"]}
"""


def refusal(call, **parameters):
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


class Trigger:
    """A table with a stream, a function that reads it, and the queue that the function writes to."""

    def __init__(self, cloud, name, position="TRIM_HORIZON", items=(), mode="PROVISIONED", failed=None, code=TELL, **mapping):
        self.cloud, self.name = cloud, name[-60:]
        self.connect()
        more = {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}} if mode == "PROVISIONED" else {}
        made = self.tables.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode=mode,
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            **more,
        )
        self.arn = made["TableDescription"]["LatestStreamArn"]
        self.out = self.queues.create_queue(QueueName=f"{self.name}-out.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        self.functions.create_function(
            FunctionName=self.name,
            Runtime="python3.12",
            Role=ROLE,
            Handler="main.handler",
            Timeout=10,
            Code={"ZipFile": package(main__py=code)},
            Environment={"Variables": {"OUT": self.out}},
        )
        for item in items:
            self.put(**item)
        if failed:
            mapping["DestinationConfig"] = {"OnFailure": {"Destination": failed}}
        self.mapping = self.functions.create_event_source_mapping(
            EventSourceArn=self.arn, FunctionName=self.name, StartingPosition=position, **mapping
        )

    def connect(self):
        self.tables, self.queues = self.cloud.client("dynamodb"), self.cloud.client("sqs")
        self.functions = self.cloud.client("lambda", read_timeout=60)

    def put(self, pk="k", **attributes):
        attributes = {name: {"S": str(value)} for name, value in attributes.items()}
        self.tables.put_item(TableName=self.name, Item={"pk": {"S": pk}, **attributes})

    def events(self, url=None, wait=1):
        """What the function was given since the last look."""
        answer = self.queues.receive_message(QueueUrl=url or self.out, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
        for message in answer.get("Messages", []):
            self.queues.delete_message(QueueUrl=url or self.out, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def batches(self, count):
        """The `n` of the items of so many invocations."""
        found = []
        eventually(lambda: found.extend(self.events()) or len(found) >= count)
        return [[record["dynamodb"]["NewImage"]["n"]["S"] for record in event["Records"]] for event in found]

    def numbers(self, count):
        """The `n` of so many records, in the order of invocations."""
        found = []
        eventually(lambda: found.extend(sum(self.batches(1), [])) or len(found) >= count)
        return found

    def result(self):
        return self.functions.get_event_source_mapping(UUID=self.mapping["UUID"])["LastProcessingResult"]


def dead(cloud, name):
    """A queue for what is given up."""
    queues = cloud.client("sqs")
    url = queues.create_queue(QueueName=name[-60:] + "-dead")["QueueUrl"]
    return url, queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def test_a_change_reaches_the_function(cloud, name):
    trigger = Trigger(cloud, name)
    item = {"pk": {"S": "k"}, "n": {"N": "1.50"}, "b": {"B": b"\x00"}, "l": {"L": [{"BOOL": True}, {"NULL": True}]}}
    trigger.tables.put_item(TableName=trigger.name, Item=item)
    [event] = eventually(trigger.events)
    [record] = event["Records"]
    change = record.pop("dynamodb")
    assert len(record.pop("eventID")) == 32
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": trigger.arn,
    }
    assert abs(change.pop("ApproximateCreationDateTime") - time.time()) < 20
    assert len(change.pop("SequenceNumber")) == 21
    image = {"pk": {"S": "k"}, "n": {"N": "1.5"}, "b": {"B": "AA=="}, "l": {"L": [{"BOOL": True}, {"NULL": True}]}}
    size = change.pop("SizeBytes")
    assert change == {"Keys": {"pk": {"S": "k"}}, "NewImage": image, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert size > 10
    eventually(lambda: trigger.result() == "OK")


def test_changes_come_in_order_and_once(cloud, name):
    trigger = Trigger(cloud, name, BatchSize=7)
    for number in range(50):
        trigger.put(n=number)
    assert trigger.numbers(50) == [str(number) for number in range(50)]


def test_a_mapping_begins_where_it_is_told(cloud, name):
    before = [{"n": number} for number in range(20)]
    old = Trigger(cloud, name + "-old", items=before, BatchSize=100)
    assert old.numbers(20) == [str(number) for number in range(20)]
    new = Trigger(cloud, name + "-new", position="LATEST", items=before)
    new.put(n="new")
    assert new.numbers(1) == ["new"]
    empty = Trigger(cloud, name + "-empty", position="LATEST")
    empty.put(n="first")
    assert empty.numbers(1) == ["first"]


def test_latest_is_when_the_mapping_was_made(make_cloud, name):
    trigger = Trigger(make_cloud().start(), name, position="LATEST", items=[{"n": "old"}], Enabled=False)
    trigger.put(n="new")
    trigger.cloud.kill()
    trigger.cloud.start()
    trigger.connect()
    trigger.functions.update_event_source_mapping(UUID=trigger.mapping["UUID"], Enabled=True)
    trigger.out = trigger.queues.get_queue_url(QueueName=f"{trigger.name}-out.fifo")["QueueUrl"]
    variables = {"OUT": trigger.out}
    trigger.functions.update_function_configuration(FunctionName=trigger.name, Environment={"Variables": variables})
    assert trigger.numbers(1)[-1] == "new"


def test_filters_choose_records(cloud, name):
    patterns = [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["wanted"]}}}},
        {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "also"}]}}}},
    ]
    criteria = {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}
    trigger = Trigger(cloud, name, FilterCriteria=criteria)
    trigger.put("a", kind="unwanted", n=1)
    trigger.put("b", kind="wanted", n=2)
    trigger.put("b", kind="wanted", n=3)
    trigger.put("also-c", n=4)
    assert trigger.numbers(2) == ["2", "4"]
    assert trigger.mapping["FilterCriteria"] == criteria
    trigger.functions.update_event_source_mapping(UUID=trigger.mapping["UUID"], FilterCriteria={"Filters": []})
    trigger.put("d", n=5)
    assert trigger.numbers(1) == ["5"]


def test_what_fails_too_often_is_told_and_left(cloud, name):
    url, arn = dead(cloud, name)
    items = [{"n": 1}, {"n": 2, "do": "raise"}, {"n": 3}]
    trigger = Trigger(cloud, name, items=items, failed=arn, BatchSize=2, MaximumRetryAttempts=1)
    assert trigger.batches(3) == [["1", "2"], ["1", "2"], ["3"]]
    [told] = eventually(lambda: trigger.events(url))
    assert len(told.pop("timestamp")) in (20, 24)
    request = told.pop("requestContext")
    assert len(request.pop("requestId")) == 36
    function = trigger.functions.get_function(FunctionName=trigger.name)["Configuration"]["FunctionArn"]
    assert request == {
        "functionArn": function,
        "condition": "RetryAttemptsExhausted",
        "approximateInvokeCount": 2,
    }
    assert told.pop("responseContext") == {
        "statusCode": 200,
        "executedVersion": "$LATEST",
        "functionError": "Unhandled",
    }
    batch = told.pop("DDBStreamBatchInfo")
    assert told == {"version": "1.0"}
    assert (batch["batchSize"], batch["streamArn"]) == (2, trigger.arn)
    assert int(batch["startSequenceNumber"]) < int(batch["endSequenceNumber"])
    assert batch["shardId"].startswith("shardId-")
    assert len(batch["approximateArrivalOfFirstRecord"]) == len(batch["approximateArrivalOfLastRecord"]) == 20
    # With what it was told, the records can be read again.
    streams = cloud.client("dynamodbstreams")
    place = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": batch["startSequenceNumber"]}
    iterator = streams.get_shard_iterator(StreamArn=trigger.arn, ShardId=batch["shardId"], **place)["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator, Limit=batch["batchSize"])["Records"]
    assert [record["dynamodb"]["NewImage"]["n"]["S"] for record in records] == ["1", "2"]


def test_a_topic_is_told_too(cloud, name):
    url, arn = dead(cloud, name)
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    trigger = Trigger(cloud, name, items=[{"n": 1, "do": "raise"}], failed=topic, MaximumRetryAttempts=0)
    [told] = eventually(lambda: trigger.events(url))
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1


def test_halving_finds_what_fails(cloud, name):
    url, arn = dead(cloud, name)
    items = [{"n": number, **({"do": "raise"} if number == 5 else {})} for number in range(8)]
    trigger = Trigger(
        cloud, name, items=items, failed=arn, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, BatchSize=8
    )
    expected = [range(8), range(4), range(4, 8), range(4, 6), range(4, 5), range(5, 6), range(6, 8)]
    assert trigger.batches(7) == [[str(number) for number in batch] for batch in expected]
    [told] = eventually(lambda: trigger.events(url))
    assert told["DDBStreamBatchInfo"]["batchSize"] == 1
    eventually(lambda: trigger.result() == "PROBLEM: Function call failed")


def test_the_answer_names_where_to_go_on(cloud, name):
    url, arn = dead(cloud, name)
    items = [{"n": 1}, {"n": 2}, {"n": 3, "do": "fail"}, {"n": 4}]
    trigger = Trigger(
        cloud, name, items=items, failed=arn, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=1
    )
    assert trigger.batches(2) == [["1", "2", "3", "4"], ["3", "4"]]
    [told] = eventually(lambda: trigger.events(url))
    assert told["DDBStreamBatchInfo"]["batchSize"] == 2


def test_what_is_too_old_is_left(make_cloud, name):
    cloud = make_cloud().start()
    url, arn = dead(cloud, name)
    trigger = Trigger(
        cloud, name, items=[{"n": 1}], failed=arn, Enabled=False, MaximumRecordAgeInSeconds=60, MaximumRetryAttempts=3
    )
    move(cloud, advance_seconds=100)
    trigger.put(n=2)
    trigger.functions.update_event_source_mapping(UUID=trigger.mapping["UUID"], Enabled=True)
    assert trigger.numbers(1) == ["2"]
    [told] = eventually(lambda: trigger.events(url))
    assert told["requestContext"]["condition"] == "RecordAgeExpired" and "responseContext" not in told


def test_lanes_keep_the_order_of_each_item(cloud, name):
    trigger = Trigger(cloud, name, mode="PAY_PER_REQUEST", ParallelizationFactor=4, BatchSize=5)
    for number in range(60):
        trigger.put(f"k{number % 6}", n=number)
    seen = [int(number) for number in trigger.numbers(60)]
    assert sorted(seen) == list(range(60))
    for item in range(6):
        assert [number for number in seen if number % 6 == item] == list(range(item, 60, 6))


def test_a_window_gathers(make_cloud, name):
    cloud = make_cloud().start()
    trigger = Trigger(cloud, name, MaximumBatchingWindowInSeconds=60, BatchSize=3)
    trigger.put(n=1)
    trigger.put(n=2)
    assert trigger.events() == []
    trigger.put(n=3)
    assert trigger.batches(1) == [["1", "2", "3"]]
    trigger.put(n=4)
    assert trigger.events() == []
    move(cloud, advance_seconds=61)
    assert trigger.batches(1) == [["4"]]


# Counts in the state, and tells of every invocation.
COUNT = TELL.replace("    wishes = {}", """    if "state" in event:
        return {"state": {"n": event["state"].get("n", 0) + len(event["Records"])}}
    wishes = {}""")


def test_records_of_a_window_share_a_state(make_cloud, name):
    cloud = make_cloud().start()
    trigger = Trigger(cloud, name, code=COUNT, BatchSize=2, TumblingWindowInSeconds=900)
    assert trigger.mapping["TumblingWindowInSeconds"] == 900
    # To the beginning of a window, so that it does not end before it is told to.
    move(cloud, frozen=True)
    with urllib.request.urlopen(cloud.url + "/_cloudlet/clock") as answer:
        now = json.load(answer)["now_ms"] / 1000
    move(cloud, advance_seconds=900 - now % 900 + 10)
    for number in range(4):
        trigger.put(n=number)
    told = []
    see = lambda count: eventually(lambda: told.extend(trigger.events(wait=0)) or sum(len(one["Records"]) for one in told) >= count)
    see(4)
    assert [one["isFinalInvokeForWindow"] for one in told] == [False] * len(told)
    window = told[0]["window"]
    assert all(one["window"] == window for one in told)
    assert told[0]["state"] == {} and told[-1]["state"]["n"] == 4 - len(told[-1]["Records"])
    assert told[0]["eventSourceARN"] == trigger.arn and told[0]["shardId"].startswith("shardId-")
    # It ends without records.
    move(cloud, advance_seconds=900)
    last = eventually(lambda: trigger.events(wait=0))[0]
    assert (last["Records"], last["state"], last["window"]) == ([], {"n": 4}, window)
    assert (last["isFinalInvokeForWindow"], last["isWindowTerminatedEarly"]) == (True, False)
    # The next window begins with nothing, and ends when a record of another one comes.
    trigger.put(n=5)
    [first] = eventually(lambda: trigger.events(wait=0))
    assert first["state"] == {} and first["window"]["start"] == window["end"]
    move(cloud, advance_seconds=1800)
    last = eventually(lambda: trigger.events(wait=0))[0]
    assert (last["isFinalInvokeForWindow"], last["state"]) == (True, {"n": 1})


def test_the_state_of_a_window_outlives_the_server(make_cloud, name):
    cloud = make_cloud().start()
    trigger = Trigger(cloud, name, code=COUNT, TumblingWindowInSeconds=900)
    trigger.put(n=1)
    [first] = eventually(trigger.events)
    eventually(lambda: trigger.result() == "OK")
    cloud.kill()
    cloud.start()
    trigger.connect()
    trigger.out = trigger.queues.get_queue_url(QueueName=f"{trigger.name}-out.fifo")["QueueUrl"]
    move(cloud, advance_seconds=902)
    told = eventually(trigger.events)[-1]
    assert (told["isFinalInvokeForWindow"], told["state"], told["window"]) == (True, {"n": 1}, first["window"])


def test_what_expires_is_filtered_by_who_removed_it(make_cloud, name):
    pattern = {"userIdentity": {"type": ["Service"], "principalId": ["dynamodb.amazonaws.com"]}}
    criteria = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    trigger = Trigger(make_cloud().start(), name, FilterCriteria=criteria)
    specification = {"Enabled": True, "AttributeName": "ends"}
    trigger.tables.update_time_to_live(TableName=trigger.name, TimeToLiveSpecification=specification)
    ends = {"N": str(int(time.time()) + 100)}
    trigger.tables.put_item(TableName=trigger.name, Item={"pk": {"S": "k"}, "ends": ends})
    move(trigger.cloud, advance_seconds=110)
    [event] = eventually(trigger.events)
    [record] = event["Records"]
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert record["eventName"] == "REMOVE" and record["dynamodb"]["OldImage"]["ends"] == ends


def test_nothing_is_lost_when_the_server_is_killed(make_cloud, name):
    trigger = Trigger(make_cloud().start(), name, BatchSize=5)
    is_over, written = threading.Event(), []

    def write():
        number = 0
        while not is_over.is_set():
            tables = trigger.cloud.client("dynamodb", connect_timeout=1, read_timeout=2)
            try:
                item = {"pk": {"S": f"k{number % 3}"}, "n": {"S": str(number)}}
                tables.put_item(TableName=trigger.name, Item=item)
                written.append(number)
                number += 1
            except Exception:
                is_over.wait(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for kill in range(3):
            eventually(lambda: len(written) > 20 * (kill + 1))
            trigger.cloud.kill()
            trigger.cloud.start()
    finally:
        is_over.set()
        writer.join()
    trigger.connect()
    trigger.out = trigger.queues.get_queue_url(QueueName=f"{trigger.name}-out.fifo")["QueueUrl"]
    seen = []
    eventually(lambda: seen.extend(sum(trigger.batches(1), [])) or set(map(int, seen)) >= set(written), seconds=60)
    # What was at work when it was killed may come twice, and then in its order again.
    firsts = list(dict.fromkeys(map(int, seen)))
    for item in range(3):
        assert [number for number in firsts if number % 3 == item] == sorted(n for n in firsts if n % 3 == item)


def test_a_mapping_is_shown_changed_and_deleted(cloud, name):
    url, arn = dead(cloud, name)
    trigger = Trigger(cloud, name)
    shown = dict(trigger.mapping)
    for variable in ["ResponseMetadata", "UUID", "LastModified", "EventSourceMappingArn", "FunctionArn"]:
        shown.pop(variable)
    assert shown == {
        "StartingPosition": "TRIM_HORIZON",
        "BatchSize": 100,
        "MaximumBatchingWindowInSeconds": 0,
        "ParallelizationFactor": 1,
        "EventSourceArn": trigger.arn,
        "LastProcessingResult": "No records processed",
        "State": "Creating",
        "StateTransitionReason": "User action",
        "DestinationConfig": {"OnFailure": {}},
        "MaximumRecordAgeInSeconds": -1,
        "BisectBatchOnFunctionError": False,
        "MaximumRetryAttempts": -1,
        "TumblingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
    }
    changes = {
        "BatchSize": 10000,
        "ParallelizationFactor": 10,
        "MaximumRecordAgeInSeconds": 60,
        "BisectBatchOnFunctionError": True,
        "MaximumRetryAttempts": 5,
        "DestinationConfig": {"OnFailure": {"Destination": arn}},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
    }
    uuid = trigger.mapping["UUID"]
    changed = trigger.functions.update_event_source_mapping(UUID=uuid, **changes)
    assert {key: changed[key] for key in changes} == changes
    again = refusal(
        trigger.functions.create_event_source_mapping,
        EventSourceArn=trigger.arn,
        FunctionName=trigger.name,
        StartingPosition="LATEST",
    )
    assert again[0] == "ResourceConflictException" and uuid in again[1]
    trigger.functions.delete_event_source_mapping(UUID=uuid)
    assert refusal(trigger.functions.get_event_source_mapping, UUID=uuid)[0] == "ResourceNotFoundException"
    listed = trigger.functions.list_event_source_mappings(EventSourceArn=trigger.arn)["EventSourceMappings"]
    assert listed == []


def test_a_function_that_comes_late_misses_nothing(cloud, name):
    trigger = Trigger(cloud, name)
    trigger.put(n=1)
    assert trigger.numbers(1) == ["1"]
    uuid = trigger.mapping["UUID"]
    trigger.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    trigger.put(n=2)
    trigger.tables.update_table(TableName=trigger.name, StreamSpecification={"StreamEnabled": False})
    trigger.put(n=3)
    trigger.functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    assert trigger.numbers(1) == ["2"]


def test_what_cannot_be_is_refused(cloud, name):
    trigger = Trigger(cloud, name)

    def create(**parameters):
        base = {"EventSourceArn": trigger.arn, "FunctionName": trigger.name, "StartingPosition": "LATEST"}
        wanted = {key: value for key, value in {**base, **parameters}.items() if value is not None}
        return refusal(trigger.functions.create_event_source_mapping, **wanted)

    invalid = "InvalidParameterValueException"
    assert create(StartingPosition=None) == (
        invalid,
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    )
    assert create(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=1)[0] == invalid
    missing = trigger.arn[:-1] + ("0" if trigger.arn[-1] != "0" else "1")
    assert create(EventSourceArn=missing) == (invalid, f"Stream not found: {missing}")
    assert create(EventSourceArn=trigger.arn.split("/stream/")[0]) == (invalid, "Unrecognized event source.")
    assert create(FilterCriteria={"Filters": [{"Pattern": "{"}]}) == (invalid, "Invalid filter pattern definition.")
    assert create(MaximumRecordAgeInSeconds=30)[0] == invalid
    assert create(ScalingConfig={"MaximumConcurrency": 2})[0] == invalid
    assert create(FunctionName="nobody-made-it")[0] == "ResourceNotFoundException"
    assert create(BatchSize=10001)[0] in ("ValidationException", invalid)
