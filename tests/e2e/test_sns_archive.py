"""Archives of FIFO topics, and their replays."""

import datetime
import json

from conftest import eventually, move, refused
from test_sns_fifo import drain, make_queue, make_topic, subscribe


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def begins(sns, topic):
    return sns.get_topic_attributes(TopicArn=topic)["Attributes"]["BeginningArchiveTime"]


def status(sns, subscription):
    return sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"].get("ReplayStatus")


def replay(sns, subscription, start, end=None):
    policy = {"PointType": "Timestamp", "StartingPoint": start, **({"EndingPoint": end} if end else {})}
    return {"SubscriptionArn": subscription, "AttributeName": "ReplayPolicy", "AttributeValue": json.dumps(policy)}


def publish(sns, topic, numbers, group=lambda number: str(number % 3), **attributes):
    for number in numbers:
        attributes = {"parity": {"DataType": "String", "StringValue": "odd" if number % 2 else "even"}}
        sns.publish(TopicArn=topic, Message=str(number), MessageGroupId=group(number), MessageDeduplicationId=str(number), MessageAttributes=attributes)


def in_order(messages, numbers):
    """Whether these are the numbers, in order in each group."""
    found = [int(message["Body"]) for message in messages]
    assert sorted(found) == sorted(numbers)
    for group in range(3):
        mine = [number for number in found if number % 3 == group]
        assert mine == sorted(mine)


ARCHIVE = {"ArchivePolicy": '{"MessageRetentionPeriod": "30"}'}


def test_a_new_subscription_gets_everything_from_the_beginning(cloud, name):
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = make_topic(sns, name, **ARCHIVE)
    publish(sns, topic, range(120))
    queue, arn = make_queue(sqs, f"{name}.fifo"[-80:], FifoQueue="true")
    policy = replay(sns, "", begins(sns, topic))["AttributeValue"]
    attributes = {"RawMessageDelivery": "true", "ReplayPolicy": policy}
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)["SubscriptionArn"]
    publish(sns, topic, range(120, 150))
    eventually(lambda: status(sns, subscription) == "Completed")
    publish(sns, topic, range(150, 180))
    messages = drain(sqs, queue, 180)
    in_order(messages, range(180))


def test_a_replay_of_a_while_respects_the_filter_and_says_what_it_is(cloud, name):
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = make_topic(sns, name, **ARCHIVE)
    queue, arn = make_queue(sqs, f"{name}.fifo"[-80:], FifoQueue="true")
    subscription = subscribe(sns, topic, arn, raw="false")
    publish(sns, topic, range(6))
    first = [json.loads(message["Body"]) for message in drain(sqs, queue, 6)]
    start, end = begins(sns, topic), stamp(datetime.datetime.now(datetime.UTC))
    publish(sns, topic, range(6, 9))
    drain(sqs, queue, 3)
    change = {"SubscriptionArn": subscription, "AttributeName": "FilterPolicy"}
    sns.set_subscription_attributes(**change, AttributeValue='{"parity": ["odd"]}')
    sns.set_subscription_attributes(**replay(sns, subscription, start, end))
    again = [json.loads(message["Body"]) for message in drain(sqs, queue, 3)]
    assert sorted(one["Message"] for one in again) == ["1", "3", "5"]
    originals = {one["MessageId"]: one for one in first}
    for one in again:
        assert one["MessageAttributes"]["Replayed"] == {"Type": "String", "Value": "true"}
        assert one["Timestamp"] == originals[one["MessageId"]]["Timestamp"]
    eventually(lambda: status(sns, subscription) == "Completed")
    # A replay that takes the place of another one, of the same messages.
    sns.set_subscription_attributes(**replay(sns, subscription, start, end))
    assert len(drain(sqs, queue, 3)) == 3
    sns.set_subscription_attributes(**{**replay(sns, subscription, start), "AttributeValue": "{}"})
    assert status(sns, subscription) is None


def test_a_replay_survives_kills(make_cloud):
    cloud = make_cloud().start()
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = make_topic(sns, "t", **ARCHIVE)
    publish(sns, topic, range(300))
    queue, arn = make_queue(sqs, "q.fifo", FifoQueue="true")
    subscription = subscribe(sns, topic, arn)
    sns.set_subscription_attributes(**replay(sns, subscription, begins(sns, topic)))
    for _ in range(3):
        cloud.kill()
        cloud.start()
    messages = drain(cloud.client("sqs"), queue, 300)
    in_order(messages, range(300))


def test_archives_forget_what_is_too_old(make_cloud):
    cloud = make_cloud().start()
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = make_topic(sns, "t", ArchivePolicy='{"MessageRetentionPeriod": "1"}')
    publish(sns, topic, range(3))
    move(cloud, advance_seconds=23 * 3600)
    publish(sns, topic, range(3, 6))
    move(cloud, advance_seconds=2 * 3600)
    queue, arn = make_queue(sqs, "q.fifo", FifoQueue="true")
    subscription = subscribe(sns, topic, arn)
    # The archive's beginning moves on with the time.
    begin = datetime.datetime.fromisoformat(begins(sns, topic)) + datetime.timedelta(minutes=5)
    sns.set_subscription_attributes(**replay(sns, subscription, stamp(begin)))
    in_order(drain(sqs, queue, 3), range(3, 6))


def test_what_is_refused(cloud, name):
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = make_topic(sns, name, **ARCHIVE)
    queue, arn = make_queue(sqs, f"{name}.fifo"[-80:], FifoQueue="true")
    subscription = subscribe(sns, topic, arn)
    why = "Invalid state: Cannot delete a topic with an ArchivePolicy"
    assert refused(sns.delete_topic, TopicArn=topic) == ("InvalidState", why)
    change = {"TopicArn": topic, "AttributeName": "ArchivePolicy"}
    for policy in ["", "{", '{"MessageRetentionPeriod": "0"}', '{"MessageRetentionPeriod": "366"}', '{"Days": "1"}']:
        assert refused(sns.set_topic_attributes, **change, AttributeValue=policy)[0] == "InvalidParameter"
    assert refused(sns.create_topic, Name=name, Attributes=ARCHIVE)[0] == "InvalidParameter"
    now = datetime.datetime.now(datetime.UTC)
    early, late = stamp(now - datetime.timedelta(days=2)), stamp(now + datetime.timedelta(days=2))
    for start, end in [(early, None), (late, None), ("yesterday", None), (begins(sns, topic), early)]:
        code, message = refused(sns.set_subscription_attributes, **replay(sns, subscription, start, end))
        assert code == "InvalidParameter" and message.startswith("Invalid parameter: ReplayPolicy: ")
    assert status(sns, subscription) is None
    sns.set_topic_attributes(**change, AttributeValue="{}")
    assert "BeginningArchiveTime" not in sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    code, message = refused(sns.set_subscription_attributes, **replay(sns, subscription, stamp(now)))
    assert message == "Invalid parameter: ReplayPolicy: the topic has no ArchivePolicy"
    sns.delete_topic(TopicArn=topic)
