"""Queues that functions read."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, move
from functions import create
from test_lambda import ROLE, package
from test_lambda_concurrency import BUSY, Gate

# Passes each record on to the queue in OUT, and fails as the message tells it to.
RELAY = """
import json, os, urllib.parse, urllib.request

def send(text):
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": text}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()

def handler(event, context):
    send(json.dumps(event["Records"]))
    bodies = {record["messageId"]: record["body"] for record in event["Records"]}
    if "raise" in bodies.values():
        raise ValueError("as told")
    return {"batchItemFailures": [{"itemIdentifier": id} for id, body in bodies.items() if body == "fail"]}
"""


class Relay:
    """A queue, a function that reads it, and the queue that the function writes to."""

    def __init__(self, cloud, name, dead=None, fifo=False, **mapping):
        self.queues, self.functions = cloud.client("sqs"), cloud.client("lambda", read_timeout=60)
        self.out = self.queue(f"{name}-out")
        attributes = {"VisibilityTimeout": "3"}
        if dead:
            self.dead = self.queue(f"{name}-dead")
            attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": self.arn(self.dead), "maxReceiveCount": dead})
        if fifo:
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        self.source = self.queue(name + ".fifo" if fifo else name, **attributes)
        self.function = name
        self.functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=ROLE,
            Handler="main.handler",
            Timeout=3,
            Code={"ZipFile": package(main__py=RELAY)},
            Environment={"Variables": {"OUT": self.out}},
        )
        self.mapping = self.functions.create_event_source_mapping(
            EventSourceArn=self.arn(self.source), FunctionName=name, **mapping
        )

    def queue(self, name, **attributes):
        return self.queues.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def arn(self, url):
        answer = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return answer["Attributes"]["QueueArn"]

    def send(self, *bodies, **parameters):
        for body in bodies:
            self.queues.send_message(QueueUrl=self.source, MessageBody=body, **parameters)

    def batches(self, url=None):
        """What the function was given since the last look."""
        answer = self.queues.receive_message(QueueUrl=url or self.out, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            self.queues.delete_message(QueueUrl=url or self.out, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in answer.get("Messages", [])]

    def bodies(self):
        return [record["body"] for batch in self.batches() for record in json.loads(batch)]

    def is_empty(self, url=None):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.queues.get_queue_attributes(QueueUrl=url or self.source, AttributeNames=names)
        return all(answer["Attributes"][name] == "0" for name in names)


def refusal(call, **parameters):
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def test_messages_reach_the_function_and_leave_the_queue(cloud, name):
    relay = Relay(cloud, name)
    attributes = {"n": {"DataType": "Number", "StringValue": "1"}, "b": {"DataType": "Binary", "BinaryValue": b"\x00"}}
    relay.send("grüße", MessageAttributes=attributes)
    [record] = json.loads(eventually(relay.batches)[0])
    assert (record["body"], record["eventSource"], record["awsRegion"]) == ("grüße", "aws:sqs", "us-east-1")
    assert record["eventSourceARN"] == relay.arn(relay.source)
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    empty = {"stringListValues": [], "binaryListValues": []}
    assert record["messageAttributes"] == {
        "n": {"stringValue": "1", "dataType": "Number", **empty},
        "b": {"binaryValue": "AA==", "dataType": "Binary", **empty},
    }
    eventually(relay.is_empty)


def test_more_batches_are_at_work_while_there_is_more_to_do(own_cloud, name):
    move(own_cloud, frozen=True)
    queues, functions = own_cloud.client("sqs"), own_cloud.client("lambda", read_timeout=60)
    gate = Gate()
    code = f"event_of_gate = {gate.event!r}{BUSY.replace('event[', 'event_of_gate[')}"
    create(functions, name, code, Timeout=30)
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    for number in range(9):
        queues.send_message(QueueUrl=url, MessageBody=str(number))
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    mapping = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, BatchSize=1)
    for seconds, at_work in [(0, 5), (0.4, 7), (0.2, 8), (10, 9)]:
        move(own_cloud, advance_seconds=seconds)
        eventually(lambda at_work=at_work: gate.count >= at_work)
        assert gate.count == at_work
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    gate.open.set()
    eventually(lambda: queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0")
    gate.server.shutdown()


def test_a_group_of_a_fifo_queue_comes_in_order(cloud, name):
    relay = Relay(cloud, name, fifo=True, BatchSize=4)
    relay.send(*map(str, range(10)), MessageGroupId="g")
    numbers, batches = [], []
    while len(numbers) < 10:
        for batch in eventually(relay.batches):
            records = json.loads(batch)
            batches.append([int(record["body"]) for record in records])
            numbers += batches[-1]
            assert {record["attributes"]["MessageGroupId"] for record in records} == {"g"}
            assert all(len(record["attributes"]["SequenceNumber"]) == 20 for record in records)
    # The queue that they are passed on to has no order; each batch has, and none overlaps with another.
    assert sorted(numbers) == list(range(10))
    assert all(batch == list(range(batch[0], batch[0] + len(batch))) for batch in batches)
    eventually(relay.is_empty)


def test_a_window_gathers_a_large_batch(cloud, name):
    relay = Relay(cloud, name, BatchSize=25, MaximumBatchingWindowInSeconds=20)
    relay.send(*map(str, range(25)))
    [batch] = eventually(relay.batches)
    assert sorted(record["body"] for record in json.loads(batch)) == sorted(map(str, range(25)))
    eventually(relay.is_empty)


def test_a_failing_batch_comes_again_until_it_is_dead(cloud, name):
    relay = Relay(cloud, name, dead=2)
    relay.send("raise")
    seen = []
    eventually(lambda: seen.extend(relay.bodies()) or len(seen) == 2)
    assert eventually(lambda: relay.batches(relay.dead)) == ["raise"]
    assert relay.is_empty()


def test_only_the_reported_messages_come_again(cloud, name):
    relay = Relay(cloud, name, dead=1, FunctionResponseTypes=["ReportBatchItemFailures"], BatchSize=3,
                  MaximumBatchingWindowInSeconds=2)
    relay.send("a", "fail", "b")
    assert eventually(lambda: relay.batches(relay.dead)) == ["fail"]
    assert relay.is_empty()
    seen = []
    eventually(lambda: seen.extend(relay.bodies()) or len(seen) == 3)
    assert sorted(seen) == ["a", "b", "fail"]


def test_a_mapping_is_paused_changed_and_deleted(cloud, name):
    relay = Relay(cloud, name, Enabled=False, Tags={"team": "trips"})
    functions, uuid = relay.functions, relay.mapping["UUID"]
    assert relay.mapping["State"] == "Creating"
    shown = functions.get_event_source_mapping(UUID=uuid)
    assert (shown["State"], shown["BatchSize"], shown["MaximumBatchingWindowInSeconds"]) == ("Disabled", 10, 0)
    arn = shown["EventSourceMappingArn"]
    assert functions.list_tags(Resource=arn)["Tags"] == {"team": "trips"}
    functions.tag_resource(Resource=arn, Tags={"a": "1"})
    functions.untag_resource(Resource=arn, TagKeys=["team"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"a": "1"}

    relay.send("one")
    enabled = functions.update_event_source_mapping(UUID=uuid, Enabled=True, ScalingConfig={"MaximumConcurrency": 2})
    assert (enabled["State"], enabled["ScalingConfig"]) == ("Enabling", {"MaximumConcurrency": 2})
    assert eventually(relay.bodies) == ["one"]
    listed = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert [mapping["UUID"] for mapping in listed] == [uuid]
    assert functions.list_event_source_mappings(EventSourceArn=relay.arn(relay.out))["EventSourceMappings"] == []

    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    unknown = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert refusal(functions.get_event_source_mapping, UUID=uuid) == unknown
    relay.send("two")
    answer = relay.queues.receive_message(QueueUrl=relay.source, WaitTimeSeconds=5)
    assert [message["Body"] for message in answer["Messages"]] == ["two"]


def test_filters_choose_messages(cloud, name):
    patterns = [{"body": {"to": [{"prefix": "b"}], "n": [{"numeric": [">", 1]}]}}, {"body": ["plain"]}]
    criteria = {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}
    relay = Relay(cloud, name, FilterCriteria=criteria)
    assert relay.mapping["FilterCriteria"] == criteria
    wanted = ['{"to": "bern", "n": 2}', "plain", '{"n": 3e0, "to": "b"}']
    relay.send('{"to": "bern", "n": 1}', wanted[0], "plainly", "{", wanted[1], '{"to": "rome", "n": 2}', wanted[2])
    seen = []
    eventually(lambda: seen.extend(relay.bodies()) or len(seen) == 3)
    # The others are deleted.
    eventually(relay.is_empty)
    assert sorted(seen + relay.bodies()) == sorted(wanted)

    update, uuid = relay.functions.update_event_source_mapping, relay.mapping["UUID"]
    criteria = {"Filters": [{"Pattern": '{"messageAttributes": {"colour": {"stringValue": ["red"]}}}'}]}
    assert update(UUID=uuid, FilterCriteria=criteria)["FilterCriteria"] == criteria
    colour = lambda value: {"colour": {"DataType": "String", "StringValue": value}}
    relay.send("a", MessageAttributes=colour("blue"))
    relay.send("b", "{}", MessageAttributes=colour("red"))
    eventually(lambda: seen.extend(relay.bodies()) or len(seen) == 5)
    eventually(relay.is_empty)
    assert sorted(seen[3:]) == ["b", "{}"]

    assert "FilterCriteria" not in update(UUID=uuid, FilterCriteria={})
    relay.send("anything")
    assert eventually(relay.bodies) == ["anything"]


def test_what_is_no_filter_is_refused(cloud, name):
    relay = Relay(cloud, name, FilterCriteria={"Filters": [{"Pattern": '{"body": ["a"]}'}]})
    create, update = relay.functions.create_event_source_mapping, relay.functions.update_event_source_mapping
    source, uuid = relay.arn(relay.out), relay.mapping["UUID"]
    invalid = ("InvalidParameterValueException", "Invalid filter pattern definition.")
    for pattern in ["", "body", "[]", "{", '{"body": "a"}', '{"body": []}', '{"body": [{"starts-with": "a"}]}']:
        criteria = {"Filters": [{"Pattern": '{"body": ["a"]}'}, {"Pattern": pattern}]}
        assert refusal(create, EventSourceArn=source, FunctionName=name, FilterCriteria=criteria) == invalid, pattern
        assert refusal(update, UUID=uuid, FilterCriteria=criteria) == invalid, pattern
    assert refusal(update, UUID=uuid, FilterCriteria={"Filters": [{}]}) == invalid
    assert refusal(update, UUID=uuid, FilterCriteria={"Filters": [{"Pattern": "{}"}] * 11})[0] == invalid[0]
    assert refusal(update, UUID=uuid, FilterCriteria={"Filters": [{"Pattern": "x" * 4097}]})[0] == "ValidationException"
    shown = relay.functions.get_event_source_mapping(UUID=uuid)
    assert shown["FilterCriteria"] == {"Filters": [{"Pattern": '{"body": ["a"]}'}]}


def test_what_is_no_mapping_is_refused(cloud, name):
    relay = Relay(cloud, name)
    create, source = relay.functions.create_event_source_mapping, relay.arn(relay.source)
    code, message = refusal(create, EventSourceArn=source, FunctionName=name)
    assert code == "ResourceConflictException" and relay.mapping["UUID"] in message
    invalid = "InvalidParameterValueException"
    code, message = refusal(create, EventSourceArn=source + "-none", FunctionName=name)
    assert code == invalid and "AWS.SimpleQueueService.NonExistentQueue" in message
    code, message = refusal(create, EventSourceArn=source, FunctionName="nobody")
    assert (code, message.split(":")[0]) == ("ResourceNotFoundException", "Function not found")
    code, message = refusal(create, EventSourceArn=relay.arn(relay.out), FunctionName=name, BatchSize=11)
    assert code == invalid and message.startswith("Maximum batch window in seconds must be greater than 0")
    short = relay.arn(relay.queue(name + "-short", VisibilityTimeout="2"))
    assert refusal(create, EventSourceArn=short, FunctionName=name) == (
        invalid,
        "Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds",
    )
    stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
    assert refusal(create, EventSourceArn=stream, FunctionName=name)[0] == "NotImplemented"
    assert refusal(create, EventSourceArn=source, FunctionName=name, MaximumRetryAttempts=3)[0] == invalid


def test_no_message_is_lost_by_a_sigkill(make_cloud):
    cloud = make_cloud().start()
    relay = Relay(cloud, "f", BatchSize=5)
    relay.send(*map(str, range(40)))
    cloud.kill()
    cloud.start()
    relay.queues = cloud.client("sqs")
    seen = set()
    eventually(lambda: seen.update(relay.bodies()) or len(seen) == 40)
    eventually(relay.is_empty)
