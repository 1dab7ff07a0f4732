"""FIFO topics of SNS: order and deduplication through to FIFO queues, across retries and kills."""

import json
import threading

import pytest
from conftest import eventually, refused
from raw import UNSURE, Raw


@pytest.fixture
def sns(cloud):
    return cloud.client("sns")


@pytest.fixture
def sqs(cloud):
    return cloud.client("sqs")


def make_topic(sns, name, **attributes):
    attributes = {"FifoTopic": "true", **attributes}
    return sns.create_topic(Name=name[-70:] + ".fifo", Attributes=attributes)["TopicArn"]


def make_queue(sqs, name, **attributes):
    queue = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return queue, arn


def subscribe(sns, topic, arn, raw="true"):
    attributes = {"RawMessageDelivery": raw}
    return sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)["SubscriptionArn"]


def drain(sqs, queue, count):
    """So many messages, in the order in which they come."""
    found = []

    def more():
        answer = sqs.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageSystemAttributeNames=["All"]
        )
        for message in answer.get("Messages", []):
            found.append(message)
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(found) >= count

    eventually(more)
    return found


def test_a_group_comes_in_order_to_every_queue(sns, sqs, name):
    topic = make_topic(sns, name, ContentBasedDeduplication="true")
    queues = [make_queue(sqs, f"{name[-60:]}-{at}.fifo", FifoQueue="true") for at in range(3)]
    queues.append(make_queue(sqs, name[-60:] + "-standard"))
    for _, arn in queues:
        subscribe(sns, topic, arn)
    published = [
        sns.publish(TopicArn=topic, Message=f"{group}:{number}", MessageGroupId=group)
        for number in range(20)
        for group in "ab"
    ]
    numbers = [answer["SequenceNumber"] for answer in published]
    assert numbers == sorted(numbers) and {len(number) for number in numbers} == {20}
    for queue, _ in queues:
        bodies = [message["Body"] for message in drain(sqs, queue, 40)]
        for group in "ab":
            of_group = [body for body in bodies if body.startswith(group)]
            expected = [f"{group}:{number}" for number in range(20)]
            assert of_group == expected if queue.endswith(".fifo") else sorted(of_group) == sorted(expected)


def test_the_same_message_is_published_once(sns, sqs, name):
    topic = make_topic(sns, name, ContentBasedDeduplication="true")
    queue, arn = make_queue(sqs, f"{name[-60:]}.fifo", FifoQueue="true")
    subscribe(sns, topic, arn, raw="false")
    first = sns.publish(TopicArn=topic, Message="same", MessageGroupId="g")
    second = sns.publish(TopicArn=topic, Message="same", MessageGroupId="h")
    assert (second["MessageId"], second["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    batch = sns.publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[
            {"Id": "again", "Message": "other", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
            {"Id": "and-again", "Message": "another", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
            {"Id": "bad", "Message": "no group"},
        ],
    )
    one, two = batch["Successful"]
    assert one["SequenceNumber"] == two["SequenceNumber"] and one["MessageId"] == two["MessageId"]
    assert [entry["Id"] for entry in batch["Failed"]] == ["bad"]
    messages = drain(sqs, queue, 2)
    envelopes = [json.loads(message["Body"]) for message in messages]
    assert [envelope["Message"] for envelope in envelopes] == ["same", "other"]
    assert envelopes[0]["SequenceNumber"] == first["SequenceNumber"]
    assert messages[1]["Attributes"]["MessageDeduplicationId"] == "d"
    assert messages[1]["Attributes"]["MessageGroupId"] == "g"


def test_groups_may_deduplicate_each_for_itself(sns, sqs, name):
    topic = make_topic(sns, name, FifoThroughputScope="MessageGroup")
    ids = {
        sns.publish(TopicArn=topic, Message="m", MessageGroupId=group, MessageDeduplicationId="d")["MessageId"]
        for group in ["g", "h", "g"]
    }
    assert len(ids) == 2


def test_what_a_fifo_topic_refuses(sns, sqs, name):
    create = sns.create_topic
    code, message = refused(create, Name="plain", Attributes={"FifoTopic": "true"})
    assert code == "InvalidParameter" and "must end with .fifo" in message
    assert refused(create, Name="x.fifo") == ("InvalidParameter", "Invalid parameter: Topic Name")
    plain = create(Name=name)["TopicArn"]
    _, fifo_arn = make_queue(sqs, f"{name[-60:]}.fifo", FifoQueue="true")
    assert refused(sns.subscribe, TopicArn=plain, Protocol="sqs", Endpoint=fifo_arn)[0] == "InvalidParameter"
    topic = make_topic(sns, name)
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["FifoTopic"], attributes["ContentBasedDeduplication"]) == ("true", "false")
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert refused(sns.subscribe, TopicArn=topic, Protocol="lambda", Endpoint=function)[0] == "InvalidParameter"
    code, message = refused(sns.publish, TopicArn=topic, Message="m")
    assert message == "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
    code, message = refused(sns.publish, TopicArn=topic, Message="m", MessageGroupId="g")
    assert message.startswith("Invalid parameter: The topic should either have ContentBasedDeduplication enabled")
    given = {"Message": "m", "MessageDeduplicationId": "d"}
    assert refused(sns.publish, TopicArn=plain, **given)[0] == "InvalidParameter"
    assert refused(sns.publish, TopicArn=topic, MessageGroupId="a b", **given)[0] == "InvalidParameter"


def test_the_order_survives_kills(make_cloud, name, chance):
    cloud = make_cloud().start()
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = make_topic(sns, name, ContentBasedDeduplication="true")
    queues = [make_queue(sqs, f"q-{at}.fifo", FifoQueue="true") for at in range(2)]
    for _, arn in queues:
        subscribe(sns, topic, arn)
    groups, each = 3, 60
    published = {f"g{at}": 0 for at in range(groups)}

    def publish(group):
        raw = None
        while published[group] < each:
            try:
                raw = raw or Raw(cloud, timeout=5)
                text = f"{group}:{published[group]}"
                raw.sns("Publish", TopicArn=topic, Message=text, MessageGroupId=group)
                published[group] += 1
            except UNSURE:
                # The same again: if it was published, it is known.
                raw = None

    threads = [threading.Thread(target=publish, args=[group]) for group in published]
    for thread in threads:
        thread.start()
    for kill in sorted(chance.sample(range(1, groups * each), 5)):
        eventually(lambda: sum(published.values()) >= kill)
        cloud.kill()
        cloud.start()
    for thread in threads:
        thread.join(60)
    sqs = cloud.client("sqs")
    for queue, _ in queues:
        bodies = [message["Body"] for message in drain(sqs, queue, groups * each)]
        for group in published:
            assert [body for body in bodies if body.startswith(group)] == [f"{group}:{at}" for at in range(each)]
