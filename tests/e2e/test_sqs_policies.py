"""Policies of queues decide, where identities are enforced: with users of two accounts, nobody known, and SNS."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from accounts import OTHER, OWN, Accounts, denial
from conftest import eventually, refused


class Place(Accounts):
    """With a queue in the first account."""

    def __init__(self, make_cloud):
        super().__init__(make_cloud, "sqs")
        self.sns = self.cloud.client("sns", *self.cloud.root_key())
        self.queue = self.make("trips")

    def make(self, name):
        return self.root.create_queue(QueueName=name)["QueueUrl"]

    def set_policy(self, *statements, name="trips"):
        document = {"Version": "2012-10-17", "Statement": [{"Resource": arn(name), **one} for one in statements]}
        policy = json.dumps(document) if statements else ""
        url = self.queue.replace("trips", name)
        self.root.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


@pytest.fixture
def place(make_cloud):
    return Place(make_cloud)


def arn(name, service="sqs"):
    return f"arn:aws:{service}:us-east-1:{OWN}:{name}"


def statement(principal, *actions, effect="Allow", **condition):
    made = {"Effect": effect, "Principal": principal, "Action": [f"sqs:{action}" for action in actions]}
    return {**made, "Condition": condition} if condition else made


def denied(account, action, why):
    return "AccessDenied", denial(account, f"sqs:{action}", arn("trips"), why)


def test_an_explicit_denial_wins_in_the_own_account(place):
    place.own.send_message(QueueUrl=place.queue, MessageBody="a")
    user = {"AWS": f"arn:aws:iam::{OWN}:user/ada"}
    place.set_policy(statement("*", "*"), statement(user, "SendMessage", effect="Deny"))
    why = "with an explicit deny in a resource-based policy"
    message = {"QueueUrl": place.queue, "MessageBody": "b"}
    assert refused(place.own.send_message, **message) == denied(OWN, "sendmessage", why)
    entries = [{"Id": "1", "MessageBody": "b"}]
    batch = refused(place.own.send_message_batch, QueueUrl=place.queue, Entries=entries)
    assert batch == denied(OWN, "sendmessage", why)
    assert place.own.receive_message(QueueUrl=place.queue)["Messages"][0]["Body"] == "a"
    place.root.send_message(**message)
    place.set_policy()
    place.own.send_message(**message)


def test_another_account_needs_the_policy(place):
    message = {"QueueUrl": place.queue, "MessageBody": "a"}
    silent = denied(OTHER, "sendmessage", "because no resource-based policy allows the sqs:sendmessage action")
    wanted = {"QueueName": "trips", "QueueOwnerAWSAccountId": OWN}
    assert refused(place.other.send_message, **message) == silent
    assert refused(place.other.get_queue_url, **wanted)[0] == "AccessDenied"
    place.set_policy(statement({"AWS": OTHER}, "SendMessage", "GetQueueUrl", "DeleteQueue"))
    assert place.other.get_queue_url(**wanted)["QueueUrl"] == place.queue
    place.other.send_message(**message)
    assert refused(place.other.receive_message, QueueUrl=place.queue)[0] == "AccessDenied"
    # Some actions are the owner's, whatever the policy says.
    assert refused(place.other.delete_queue, QueueUrl=place.queue)[0] == "AccessDenied"
    gone = place.queue.replace("trips", "gone")
    assert refused(place.other.send_message, QueueUrl=gone, MessageBody="a")[0].endswith("NonExistentQueue")
    place.set_policy()
    place.root.add_permission(QueueUrl=place.queue, Label="l", AWSAccountIds=[OTHER], Actions=["ReceiveMessage"])
    assert refused(place.other.send_message, **message) == silent
    assert place.other.receive_message(QueueUrl=place.queue)["Messages"][0]["Body"] == "a"


def post(url, **form):
    """Asks without a signature."""
    body = urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def test_who_is_unknown_needs_a_policy_for_everyone(place):
    send = {"Action": "SendMessage", "MessageBody": "a", "Version": "2012-11-05"}
    for statements in ([], [statement({"AWS": OWN}, "*")]):
        place.set_policy(*statements)
        status, text = post(place.queue, **send)
        assert (status, "<Code>AccessDenied</Code>" in text) == (403, True), text
        assert f"Access to the resource {place.queue} is denied." in text
    place.set_policy(statement("*", "SendMessage", IpAddress={"aws:SourceIp": "127.0.0.0/8"}))
    assert post(place.queue, **send)[0] == 200
    place.set_policy(statement("*", "SendMessage", IpAddress={"aws:SourceIp": "10.0.0.0/8"}))
    assert post(place.queue, **send)[0] == 403


def count(place, name):
    attribute = "ApproximateNumberOfMessages"
    url = place.queue.replace("trips", name)
    return int(place.root.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"][attribute])


def test_a_topic_delivers_where_the_policy_lets_it(place):
    topic = place.sns.create_topic(Name="news")["TopicArn"]
    place.make("dead")
    sns = {"Service": "sns.amazonaws.com"}
    is_topic = {"ArnEquals": {"aws:SourceArn": topic}}
    place.set_policy(statement(sns, "SendMessage", **is_topic), name="dead")
    redrive = json.dumps({"deadLetterTargetArn": arn("dead")})
    place.sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn("trips"), Attributes={"RedrivePolicy": redrive}
    )
    lets_in = [
        is_topic,
        {"ArnLike": {"aws:SourceArn": arn("n*", "sns")}, "StringEquals": {"aws:SourceAccount": OWN}},
        {},
    ]
    for number, conditions in enumerate(lets_in, 1):
        place.set_policy(statement(sns, "SendMessage", **conditions))
        place.sns.publish(TopicArn=topic, Message="in")
        eventually(lambda wanted=number: count(place, "trips") == wanted)
    assert count(place, "dead") == 0
    keeps_out = [
        [],
        [statement({"AWS": OWN}, "SendMessage")],
        [statement({"Service": "s3.amazonaws.com"}, "SendMessage")],
        [statement(sns, "SendMessage", ArnLike={"aws:SourceArn": arn("old*", "sns")})],
        [statement(sns, "SendMessage", StringEquals={"aws:SourceAccount": OTHER})],
        [statement(sns, "SendMessage"), statement("*", "SendMessage", effect="Deny")],
    ]
    for number, statements in enumerate(keeps_out, 1):
        place.set_policy(*statements)
        place.sns.publish(TopicArn=topic, Message="out")
        eventually(lambda wanted=number: count(place, "dead") == wanted)
    assert count(place, "trips") == len(lets_in)
    letter = place.root.receive_message(QueueUrl=place.queue.replace("trips", "dead"), MessageAttributeNames=["All"])
    assert letter["Messages"][0]["MessageAttributes"]["ErrorCode"]["StringValue"].startswith("AccessDenied")
