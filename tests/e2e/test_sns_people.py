"""SNS and people: e-mails and text messages, in the outbox and at a mail server."""

import json
import re
import urllib.parse
import urllib.request

import pytest
from aiosmtpd.controller import Controller
from conftest import eventually, refused
from test_sns_web import get


class OnFreePort(Controller):
    """A controller that asks for any port."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Inbox:
    """A mail server of the test's own."""

    def __init__(self):
        self.mails, self.refusals = [], 0
        self.controller = OnFreePort(self, hostname="127.0.0.1", port=0)
        self.controller.start()
        self.port = self.controller.port

    async def handle_DATA(self, server, session, envelope):
        if self.refusals:
            self.refusals -= 1
            return "451 later"
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox():
    inbox = Inbox()
    yield inbox
    inbox.controller.stop()


def letters(cloud, to):
    query = urllib.parse.urlencode({"to": to})
    return json.loads(get(f"{cloud.url}/_cloudlet/outbox?{query}"))["letters"]


def test_an_address_is_asked_first_and_then_gets_mail(cloud, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name, Attributes={"DisplayName": "Trips"})["TopicArn"]
    for protocol, to in [("email", "grüße@example.com"), ("email-json", "json@example.com")]:
        answer = topics.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=to)
        assert answer["SubscriptionArn"] == "pending confirmation"
        question = eventually(lambda: letters(cloud, to))[0]
        assert (question["carrier"], question["service"], question["from"]) == ("email", "sns", '"Trips" <no-reply@sns.amazonaws.com>')
        assert question["subject"] == "AWS Notification - Subscription Confirmation"
        link = re.search(r"http://localhost:\d+/\?Action=ConfirmSubscription[^\s\"]*", question["text"]).group()
        get(link)
    message = json.dumps({"default": "d", "email": "hello"})
    topics.publish(TopicArn=topic, Message=message, MessageStructure="json", Subject="news")
    topics.publish(TopicArn=topic, Message="no subject")
    first, second = eventually(lambda: letters(cloud, "grüße@example.com")[1:] if len(letters(cloud, "grüße@example.com")) == 3 else None)
    assert (first["subject"], second["subject"]) == ("news", "AWS Notification Message")
    assert first["text"].startswith("hello\n") and "Action=Unsubscribe" in first["text"]
    as_json = json.loads(eventually(lambda: letters(cloud, "json@example.com")[1:])[0]["text"])
    assert (as_json["Message"], as_json["Subject"]) == ("d", "news")
    get(re.search(r"http://localhost:\d+/\?Action=Unsubscribe\S*", first["text"]).group())
    assert [one["Endpoint"] for one in topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]] == ["json@example.com"]
    eventually(lambda: letters(cloud, "grüße@example.com")[-1]["subject"] == "AWS Notification - Unsubscribe Confirmation")


def test_text_messages(cloud, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name, Attributes={"DisplayName": "Trips"})["TopicArn"]
    arn = topics.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15550100001")["SubscriptionArn"]
    assert arn.startswith(topic)
    topics.publish(TopicArn=topic, Message="booked")
    letter = eventually(lambda: letters(cloud, "+15550100001"))[0]
    assert (letter["carrier"], letter["text"], letter["subject"]) == ("sms", "Trips> booked", None)
    sent = topics.publish(PhoneNumber="+15550100002", Message="directly")
    assert sent["MessageId"] and eventually(lambda: letters(cloud, "+15550100002"))[0]["text"] == "directly"
    why = "Invalid parameter: PhoneNumber Reason: 12 does not meet the E164 format"
    assert refused(topics.publish, PhoneNumber="12", Message="x") == ("InvalidParameter", why)


def test_mail_goes_on_to_a_mail_server(make_cloud, inbox):
    cloud = make_cloud("--smtp", f"smtp://127.0.0.1:{inbox.port}").start()
    topics = cloud.client("sns")
    topic = topics.create_topic(Name="t")["TopicArn"]
    inbox.refusals = 1
    topics.subscribe(TopicArn=topic, Protocol="email", Endpoint="somebody@example.com")

    def arrived():
        urllib.request.urlopen(f"{cloud.url}/_cloudlet/clock", b'{"advance_seconds": 10}').close()
        return inbox.mails

    mail = eventually(arrived)[0]
    assert (mail.mail_from, mail.rcpt_tos) == ("no-reply@sns.amazonaws.com", ["somebody@example.com"])
    assert b"Subject: AWS Notification - Subscription Confirmation" in mail.content
    assert len(letters(cloud, "somebody@example.com")) == 1


def test_the_outbox_survives_a_kill_and_can_be_emptied(make_cloud):
    cloud = make_cloud().start()
    for number in range(5):
        cloud.client("sns").publish(PhoneNumber="+15550100003", Message=str(number))
    cloud.kill()
    cloud.start()
    eventually(lambda: [one["text"] for one in letters(cloud, "+15550100003")] == list("01234"))
    assert letters(cloud, "+15550100004") == []
    request = urllib.request.Request(f"{cloud.url}/_cloudlet/outbox", method="DELETE")
    urllib.request.urlopen(request).close()
    assert letters(cloud, "+15550100003") == []
