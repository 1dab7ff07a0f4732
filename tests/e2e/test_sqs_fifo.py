"""FIFO queues of SQS: order, exclusivity, deduplication, receives that are tried again, dead letters, kills."""

import json
import threading

import pytest
from conftest import eventually, refused
from raw import UNSURE, Raw, Refused


@pytest.fixture
def own(make_cloud):
    """A cloud whose clock a test may move."""
    return make_cloud().start()


def make(sqs, name, **attributes):
    attributes = {"FifoQueue": "true", **attributes}
    return sqs.create_queue(QueueName=name[-70:] + ".fifo", Attributes=attributes)["QueueUrl"]


@pytest.fixture
def sqs(cloud):
    return cloud.client("sqs")


@pytest.fixture
def queue(sqs, name):
    return make(sqs, name, ContentBasedDeduplication="true")


def send(sqs, queue, body, group="g", **more):
    return sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=group, **more)


def receive(sqs, queue, count=10, **more):
    more = {"MessageSystemAttributeNames": ["All"], **more}
    return sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=count, **more).get("Messages", [])


def delete(sqs, queue, message):
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def bodies(messages):
    return [message["Body"] for message in messages]


def counts(sqs, queue):
    kinds = ["", "NotVisible", "Delayed"]
    names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return [int(found[name]) for name in names]


def test_a_queue_is_what_its_name_and_its_attribute_say(sqs, name):
    create = sqs.create_queue
    code, message = refused(create, QueueName="plain", Attributes={"FifoQueue": "true"})
    assert code == "InvalidParameterValue" and "must end with .fifo suffix" in message
    assert refused(create, QueueName="x.fifo")[0] == "InvalidParameterValue"
    for attributes, code in [
        ({"FifoQueue": "false"}, "InvalidAttributeName"),
        ({"ContentBasedDeduplication": "true"}, "InvalidAttributeName"),
        ({"DeduplicationScope": "queue"}, "InvalidAttributeName"),
    ]:
        assert refused(create, QueueName="plain", Attributes=attributes)[0] == code
    for wrong in [{"DeduplicationScope": "group"}, {"FifoThroughputLimit": "perMessageGroupId"}]:
        fifo = {"FifoQueue": "true", **wrong}
        assert refused(create, QueueName="x.fifo", Attributes=fifo)[0] == "InvalidAttributeValue"
    queue = make(sqs, name)
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert found["FifoQueue"] == "true" and found["ContentBasedDeduplication"] == "false"
    assert found["DeduplicationScope"] == "queue" and found["FifoThroughputLimit"] == "perQueue"
    code, message = refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes={"FifoQueue": "false"})
    assert code == "InvalidAttributeValue"
    fast = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes=fast)
    back = {"DeduplicationScope": "queue"}
    assert refused(sqs.set_queue_attributes, QueueUrl=queue, Attributes=back)[0] == "InvalidAttributeValue"
    plain = sqs.create_queue(QueueName=name)["QueueUrl"]
    assert "FifoQueue" not in sqs.get_queue_attributes(QueueUrl=plain, AttributeNames=["All"])["Attributes"]


def test_a_message_needs_its_group_and_an_id(sqs, name):
    queue = make(sqs, name)
    message = {"QueueUrl": queue, "MessageBody": "m"}
    code, text = refused(sqs.send_message, **message)
    assert (code, text) == ("MissingParameter", "The request must contain the parameter MessageGroupId.")
    code, text = refused(sqs.send_message, MessageGroupId="g", **message)
    assert code == "InvalidParameterValue"
    assert text.startswith("The queue should either have ContentBasedDeduplication enabled")
    for wrong in ["with space", "ä", "x" * 129]:
        for other in [
            {"MessageGroupId": wrong, "MessageDeduplicationId": "d"},
            {"MessageGroupId": "g", "MessageDeduplicationId": wrong},
        ]:
            code, text = refused(sqs.send_message, **message, **other)
            assert code == "InvalidParameterValue" and "1 to 128 in length" in text
    code, text = refused(
        sqs.send_message, DelaySeconds=5, MessageGroupId="g", MessageDeduplicationId="d", **message
    )
    assert code == "InvalidParameterValue" and text.endswith("not valid for this queue type.")
    sent = sqs.send_message_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": "good", "MessageBody": "1", "MessageGroupId": "g", "MessageDeduplicationId": "1"},
            {"Id": "bad", "MessageBody": "2", "MessageDeduplicationId": "2"},
        ],
    )
    assert [entry["Id"] for entry in sent["Successful"]] == ["good"]
    assert [(entry["Id"], entry["Code"]) for entry in sent["Failed"]] == [("bad", "MissingParameter")]


def test_a_standard_queue_refuses_what_is_of_fifo(sqs, name):
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    code, text = refused(
        sqs.send_message, QueueUrl=queue, MessageBody="m", MessageDeduplicationId="d"
    )
    assert code == "InvalidParameterValue" and text.endswith("not valid for this queue type.")
    code, _ = refused(sqs.receive_message, QueueUrl=queue, ReceiveRequestAttemptId="a")
    assert code == "InvalidParameterValue"
    # A group alone makes a queue fair; it is given back.
    send(sqs, queue, "grouped", group="tenant-1")
    [message] = receive(sqs, queue)
    assert message["Attributes"]["MessageGroupId"] == "tenant-1"
    assert "SequenceNumber" not in message["Attributes"]


def test_a_group_is_received_in_order_and_alone(sqs, queue):
    sent = [send(sqs, queue, str(number)) for number in range(5)]
    send(sqs, queue, "other", group="h")
    numbers = [entry["SequenceNumber"] for entry in sent]
    assert numbers == sorted(numbers) and {len(number) for number in numbers} == {20}
    first = receive(sqs, queue, 2)
    assert bodies(first) == ["0", "1"]
    assert first[0]["Attributes"]["SequenceNumber"] == numbers[0]
    assert first[0]["Attributes"]["MessageGroupId"] == "g"
    assert len(first[0]["Attributes"]["MessageDeduplicationId"]) == 64
    assert bodies(receive(sqs, queue)) == ["other"], "the group is locked, the other one is not"
    assert counts(sqs, queue) == [3, 3, 0]
    delete(sqs, queue, first[0])
    assert receive(sqs, queue) == [], "one of it is still in flight"
    delete(sqs, queue, first[1])
    assert bodies(receive(sqs, queue)) == ["2", "3", "4"]


def test_what_is_visible_again_comes_before_what_was_sent_later(own, name):
    sqs, raw = own.client("sqs"), Raw(own)
    queue = make(sqs, name, ContentBasedDeduplication="true", VisibilityTimeout="30")
    for number in range(4):
        send(sqs, queue, str(number))
    first = receive(sqs, queue, 2)
    raw.advance(31)
    code, text = refused(sqs.delete_message, QueueUrl=queue, ReceiptHandle=first[0]["ReceiptHandle"])
    assert code == "InvalidParameterValue" and text.endswith("The receipt handle has expired.")
    again = receive(sqs, queue, 3)
    assert bodies(again) == ["0", "1", "2"]
    assert [message["Attributes"]["ApproximateReceiveCount"] for message in again] == ["2", "2", "1"]
    for message in again:
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    assert bodies(receive(sqs, queue)) == ["0", "1", "2", "3"]
    stale = {"QueueUrl": queue, "ReceiptHandle": first[0]["ReceiptHandle"], "VisibilityTimeout": 5}
    assert refused(sqs.change_message_visibility, **stale)[0] == "AWS.SimpleQueueService.MessageNotInflight"


def test_the_same_message_within_five_minutes_is_one(own, name):
    sqs, raw = own.client("sqs"), Raw(own)
    queue = make(sqs, name, ContentBasedDeduplication="true")
    first = send(sqs, queue, "same")
    second = send(sqs, queue, "same", group="another")
    assert (second["MessageId"], second["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    by_id = send(sqs, queue, "text", MessageDeduplicationId="d")
    assert send(sqs, queue, "other text", MessageDeduplicationId="d")["MessageId"] == by_id["MessageId"]
    messages = receive(sqs, queue)
    assert bodies(messages) == ["same", "text"]
    for message in messages:
        delete(sqs, queue, message)
    assert send(sqs, queue, "same")["MessageId"] == first["MessageId"], "deleted is not forgotten"
    assert receive(sqs, queue) == []
    raw.advance(301)
    assert send(sqs, queue, "same")["MessageId"] != first["MessageId"]
    assert bodies(receive(sqs, queue)) == ["same"]


def test_groups_may_deduplicate_each_for_itself(sqs, name):
    fast = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    queue = make(sqs, name, **fast)
    for group in ["g", "h", "g"]:
        send(sqs, queue, group, group=group, MessageDeduplicationId="d")
    assert sorted(bodies(receive(sqs, queue))) == ["g", "h"]


def test_a_receive_that_is_tried_again_gets_the_same_messages(own, name):
    sqs, raw = own.client("sqs"), Raw(own)
    queue = make(sqs, name, ContentBasedDeduplication="true", VisibilityTimeout="60")
    for number in range(3):
        send(sqs, queue, str(number))
    attempt = {"ReceiveRequestAttemptId": "a-1"}
    first = receive(sqs, queue, 2, **attempt)
    raw.advance(50)
    again = receive(sqs, queue, 2, **attempt)
    assert bodies(again) == ["0", "1"]
    assert [m["ReceiptHandle"] for m in again] == [m["ReceiptHandle"] for m in first]
    raw.advance(50)
    delete(sqs, queue, first[0])
    assert receive(sqs, queue, 2, **attempt) == [], "what it gave has changed, and the group is locked"
    assert refused(sqs.receive_message, QueueUrl=queue, ReceiveRequestAttemptId="a b")[0] == "InvalidParameterValue"


def test_dead_letters_stay_in_order(own, name):
    sqs = own.client("sqs")
    dead = make(sqs, name + "-dead")
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 1}
    queue = make(sqs, name, ContentBasedDeduplication="true", RedrivePolicy=json.dumps(policy))
    standard = {"RedrivePolicy": json.dumps(policy)}
    assert refused(sqs.create_queue, QueueName=name, Attributes=standard)[0] == "InvalidParameterValue"
    for number in range(4):
        send(sqs, queue, str(number))
    for message in receive(sqs, queue, 3):
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    assert bodies(receive(sqs, queue)) == ["3"]
    buried = receive(sqs, dead)
    assert bodies(buried) == ["0", "1", "2"]
    assert buried[0]["Attributes"]["DeadLetterQueueSourceArn"].endswith(name[-70:] + ".fifo")
    assert buried[0]["Attributes"]["MessageGroupId"] == "g"


def test_delay_purge_and_retention(own, name):
    sqs, raw = own.client("sqs"), Raw(own)
    queue = make(
        sqs, name, ContentBasedDeduplication="true", DelaySeconds="10", MessageRetentionPeriod="60"
    )
    send(sqs, queue, "late")
    assert receive(sqs, queue) == [] and counts(sqs, queue) == [0, 0, 1]
    raw.advance(11)
    assert bodies(receive(sqs, queue, VisibilityTimeout=0)) == ["late"]
    raw.advance(61)
    assert counts(sqs, queue) == [0, 0, 0] and receive(sqs, queue) == []
    send(sqs, queue, "purged")
    sqs.purge_queue(QueueUrl=queue)
    raw.advance(11)
    assert receive(sqs, queue) == []
    send(sqs, queue, "after")
    raw.advance(11)
    assert bodies(receive(sqs, queue)) == ["after"]


def test_a_waiting_receive_is_woken_by_a_send_and_by_a_delete(sqs, queue):
    found = []
    waiting = threading.Thread(target=lambda: found.extend(receive(sqs, queue, 1, WaitTimeSeconds=20)))
    waiting.start()
    send(sqs, queue, "first")
    waiting.join(15)
    assert bodies(found) == ["first"]
    send(sqs, queue, "second")
    waiting = threading.Thread(target=lambda: found.extend(receive(sqs, queue, 1, WaitTimeSeconds=20)))
    waiting.start()
    delete(sqs, queue, found[0])
    waiting.join(15)
    assert bodies(found) == ["first", "second"]


class Patient:
    """A client that goes on when its server was away; nobody knows then whether it did what it was asked."""

    def __init__(self, cloud, finished):
        self.cloud, self.finished, self.raw = cloud, finished, None

    def sqs(self, operation, **parameters):
        while not self.finished.is_set():
            try:
                self.raw = self.raw or Raw(self.cloud, timeout=5)
                return self.raw.sqs(operation, **parameters)
            except UNSURE:
                self.raw = None
                self.finished.wait(0.01)
        return {}


def test_consumers_keep_the_order_across_kills(make_cloud, name, chance):
    """As Shoryuken does: several consumers, each group in order, while the server is killed ten times."""
    groups, each = 5, 40
    cloud = make_cloud().start()
    queue = make(cloud.client("sqs"), name, ContentBasedDeduplication="true", VisibilityTimeout="1")
    received, lock, finished = {f"g{number}": [] for number in range(groups)}, threading.Lock(), threading.Event()

    def produce(group):
        client = Patient(cloud, finished)
        for number in range(each):
            body = {"MessageBody": f"{group}:{number}", "MessageGroupId": group}
            client.sqs("SendMessage", QueueUrl=queue, **body)

    def consume():
        client = Patient(cloud, finished)
        while not finished.is_set():
            answer = client.sqs("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=3, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                group, number = message["Body"].split(":")
                with lock:
                    received[group].append(int(number))
                    if sum(len(set(numbers)) for numbers in received.values()) == groups * each:
                        finished.set()
                try:
                    client.sqs("DeleteMessage", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                except Refused as refusal:
                    # Its time was over: it is received again.
                    assert b"has expired" in refusal.args[1]

    threads = [threading.Thread(target=produce, args=[group]) for group in received]
    threads += [threading.Thread(target=consume) for _ in range(4)]
    for thread in threads:
        thread.start()
    for kill in sorted(chance.sample(range(1, groups * each), 10)):
        eventually(lambda: sum(len(set(numbers)) for numbers in received.values()) >= kill)
        cloud.kill()
        cloud.start()
    assert finished.wait(60), {group: len(set(numbers)) for group, numbers in received.items()}
    for thread in threads:
        thread.join(30)
    for group, numbers in received.items():
        first_seen = list(dict.fromkeys(numbers))
        assert first_seen == list(range(each)), f"{group} was received as {numbers}"
