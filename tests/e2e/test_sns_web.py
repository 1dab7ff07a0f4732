"""SNS and web servers: confirmation, signatures, retries, and what slow, broken and redirecting servers do to others."""

import hashlib
import json
import re
import subprocess
import time
import urllib.error
import urllib.request

import pytest
import trustme
from conftest import eventually, move, refused
from receiver import Receiver
from sns_message_validator import SNSMessageValidator
from test_js import FOLDER
from test_sns import queue_of, receive


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def other():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def cloud_of_one(make_cloud):
    """A cloud whose clock may be moved."""
    return make_cloud().start()


def get(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()


def confirmed(topics, topic, receiver, attributes=None, url=None):
    """Subscribes a server, which says yes by the link that it gets."""
    url = url or receiver.url
    before = len(receiver.of("SubscriptionConfirmation"))
    arguments = {"TopicArn": topic, "Protocol": url.split(":")[0], "Endpoint": url, "Attributes": attributes or {}}
    arn = topics.subscribe(**arguments, ReturnSubscriptionArn=True)["SubscriptionArn"]
    eventually(lambda: len(receiver.of("SubscriptionConfirmation")) > before)
    said = get(receiver.of("SubscriptionConfirmation")[-1].json()["SubscribeURL"])
    assert f"<SubscriptionArn>{arn}</SubscriptionArn>" in said
    return arn


def attributes_of(topics, topic):
    return topics.get_topic_attributes(TopicArn=topic)["Attributes"]


def test_a_server_is_asked_first_and_may_leave_by_a_link(cloud, receiver, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    subscribe = {"TopicArn": topic, "Protocol": "http", "Endpoint": receiver.url}
    assert topics.subscribe(**subscribe)["SubscriptionArn"] == "pending confirmation"
    question = eventually(lambda: receiver.of("SubscriptionConfirmation"))[0]
    assert question.path == "/hook"
    assert question.headers["content-type"] == "text/plain; charset=UTF-8"
    assert question.headers["x-amz-sns-topic-arn"] == topic
    assert question.headers["x-amz-sns-message-id"] == question.json()["MessageId"]
    assert question.headers["x-amz-sns-subscription-arn"] is None
    assert question.headers["user-agent"] == "Amazon Simple Notification Service Agent"
    assert list(question.json()) == [
        "Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL",
    ]
    listed = topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [(one["SubscriptionArn"], one["Endpoint"]) for one in listed] == [("PendingConfirmation", receiver.url)]
    assert attributes_of(topics, topic)["SubscriptionsPending"] == "1"
    topics.publish(TopicArn=topic, Message="too early")

    # Asked again, it is asked with another token; the first one is void.
    assert topics.subscribe(**subscribe)["SubscriptionArn"] == "pending confirmation"
    eventually(lambda: len(receiver.of("SubscriptionConfirmation")) == 2)
    old = question.json()["Token"]
    assert refused(topics.confirm_subscription, TopicArn=topic, Token=old) == ("InvalidParameter", "Invalid parameter: Token")
    for token in ["x", "0" * 160, receiver.requests[1].json()["Token"][:-1] + "x"]:
        assert refused(topics.confirm_subscription, TopicArn=topic, Token=token)[1] == "Invalid parameter: Token"
    link = receiver.requests[1].json()["SubscribeURL"]
    arn = re.search("<SubscriptionArn>(.*)</SubscriptionArn>", get(link)).group(1)
    assert get(link) and attributes_of(topics, topic)["SubscriptionsConfirmed"] == "1"
    own = topics.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (own["PendingConfirmation"], own["ConfirmationWasAuthenticated"]) == ("false", "false")
    assert json.loads(own["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"] == 3
    assert topics.subscribe(**subscribe)["SubscriptionArn"] == arn

    topics.publish(TopicArn=topic, Message="grüße", Subject="s")
    notification = eventually(receiver.notifications)[0]
    assert notification.headers["x-amz-sns-subscription-arn"] == arn
    assert notification.json()["Message"] == "grüße"
    get(notification.json()["UnsubscribeURL"])
    assert topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
    assert attributes_of(topics, topic)["SubscriptionsDeleted"] == "1"
    back = eventually(lambda: receiver.of("UnsubscribeConfirmation"))[0].json()
    topics.publish(TopicArn=topic, Message="unheard")
    assert topics.confirm_subscription(TopicArn=topic, Token=back["Token"])["SubscriptionArn"] == arn
    topics.publish(TopicArn=topic, Message="heard")
    eventually(lambda: len(receiver.notifications()) == 2)
    assert [one.json()["Message"] for one in receiver.notifications()] == ["grüße", "heard"]


def test_only_the_owner_ends_a_locked_subscription(cloud, receiver, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    token = eventually(lambda: receiver.of("SubscriptionConfirmation"))[0].json()["Token"]
    arn = topics.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    assert topics.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["ConfirmationWasAuthenticated"] == "true"
    with pytest.raises(urllib.error.HTTPError) as refusal:
        get(f"{cloud.url}/?Action=Unsubscribe&SubscriptionArn={arn}")
    assert refusal.value.code == 403 and "<Code>AuthorizationError</Code>" in refusal.value.read().decode()
    topics.unsubscribe(SubscriptionArn=arn)
    assert refused(topics.get_subscription_attributes, SubscriptionArn=arn)[0] == "NotFound"


def test_links_work_where_everything_else_needs_a_signature(make_cloud, receiver):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    topics = cloud.client("sns", key, secret)
    topic = topics.create_topic(Name="t")["TopicArn"]
    arn = confirmed(topics, topic, receiver)
    get(f"{cloud.url}/?Action=Unsubscribe&SubscriptionArn={arn}")
    assert topics.list_subscriptions()["Subscriptions"] == []
    with pytest.raises(urllib.error.HTTPError) as refusal:
        get(f"{cloud.url}/?Action=ListTopics&Version=2010-03-31")
    assert refusal.value.code == 403


def test_what_nobody_confirms_ends_after_two_days(cloud_of_one, receiver):
    topics = cloud_of_one.client("sns")
    topic = topics.create_topic(Name="t")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    token = eventually(lambda: receiver.of("SubscriptionConfirmation"))[0].json()["Token"]
    move(cloud_of_one, advance_seconds=47 * 3600)
    assert attributes_of(topics, topic)["SubscriptionsPending"] == "1"
    move(cloud_of_one, advance_seconds=3600)
    eventually(lambda: attributes_of(topics, topic)["SubscriptionsPending"] == "0")
    assert refused(topics.confirm_subscription, TopicArn=topic, Token=token)[1] == "Invalid parameter: Token"


@pytest.mark.parametrize("version", ["1", "2"])
def test_validators_accept_what_is_signed(cloud, receiver, name, version, monkeypatch):
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    topic = topics.create_topic(Name=name, Attributes={"SignatureVersion": version})["TopicArn"]
    arn = confirmed(topics, topic, receiver)
    queue, _ = queue_of(queues, topics, topic, name)
    attributes = {"kind": {"DataType": "String", "StringValue": "a"}}
    topics.publish(TopicArn=topic, Message="with\n\"quotes\" and 🚀\u2028", Subject="subject: é", MessageAttributes=attributes)
    topics.publish(TopicArn=topic, Message="plain")
    eventually(lambda: len(receiver.notifications()) == 2)
    get(f"{cloud.url}/?Action=Unsubscribe&SubscriptionArn={arn}")
    eventually(lambda: receiver.of("UnsubscribeConfirmation"))
    messages = [request.json() for request in receiver.requests]
    messages += [json.loads(message["Body"]) for message in receive(queues, queue, 2)]
    assert {message["SignatureVersion"] for message in messages} == {version}
    authority = str(cloud.data / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority)
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", authority)
    host = messages[0]["SigningCertURL"].split("/")[2]
    command = ["node", "validate.mjs", re.escape(host)]
    forged = {**messages[0], "Message": "another"}

    def run(messages):
        return subprocess.run(command, cwd=FOLDER, input=json.dumps(messages), capture_output=True, text=True, timeout=60)

    # This library leaves out the token of an UnsubscribeConfirmation, which AWS signs.
    accepted = run([message for message in messages if message["Type"] != "UnsubscribeConfirmation"])
    assert accepted.returncode == 0, accepted.stderr
    assert "signature is invalid" in run([forged]).stderr
    if version == "1":
        validator = SNSMessageValidator(cert_url_regex=f"^https://{re.escape(host)}/")
        for message in messages:
            validator.validate_message(message)
        with pytest.raises(Exception, match="signature"):
            validator.validate_message(forged)


def test_envelopes_are_spelt_as_aws_spells_them(cloud, receiver, name):
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    topic = topics.create_topic(Name=name)["TopicArn"]
    arn = confirmed(topics, topic, receiver)
    queue, of_queue = queue_of(queues, topics, topic, name)
    attributes = {
        "b": {"DataType": "String.Array", "StringValue": '["x", 1]'},
        "a": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = topics.publish(TopicArn=topic, Message='{"a": "/"}', Subject="s", MessageAttributes=attributes)
    over_http = eventually(receiver.notifications)[0].body
    in_queue = receive(queues, queue)[0]["Body"]
    for text, subscription in [(over_http, arn), (in_queue, of_queue)]:
        expected = f"""{{
  "Type" : "Notification",
  "MessageId" : "{sent["MessageId"]}",
  "TopicArn" : "{topic}",
  "Subject" : "s",
  "Message" : "{{\\"a\\": \\"/\\"}}",
  "Timestamp" : "TIME",
  "SignatureVersion" : "1",
  "Signature" : "SIGNATURE",
  "SigningCertURL" : "CERTIFICATE",
  "UnsubscribeURL" : "ENDPOINT/?Action=Unsubscribe&SubscriptionArn={subscription}",
  "MessageAttributes" : {{
    "a" : {{"Type":"Binary","Value":"AP8="}},
    "b" : {{"Type":"String.Array","Value":"[\\"x\\", 1]"}}
  }}
}}"""
        text = re.sub(r'(?<="Timestamp" : ")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', "TIME", text)
        text = re.sub(r'(?<="Signature" : ")[A-Za-z0-9+/]{342}==', "SIGNATURE", text)
        text = re.sub(r"https://[^/]*/SimpleNotificationService-[0-9a-f]{32}\.pem", "CERTIFICATE", text)
        assert re.sub(r"http://localhost:\d+", "ENDPOINT", text) == expected


def test_messages_go_as_they_are_where_that_is_asked_for(cloud, receiver, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    policy = json.dumps({"requestPolicy": {"headerContentType": "application/json"}})
    confirmed(topics, topic, receiver, {"RawMessageDelivery": "true", "DeliveryPolicy": policy})
    message = json.dumps({"default": "d", "http": '{"a": 1}'})
    topics.publish(TopicArn=topic, Message=message, MessageStructure="json")
    request = eventually(receiver.notifications)[0]
    assert request.body == '{"a": 1}'
    assert request.headers["x-amz-sns-rawdelivery"] == "true"
    assert request.headers["content-type"] == "application/json"


def test_a_name_and_a_password_are_said_when_they_are_asked_for(cloud, receiver, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    receiver.answers = [(401, {"WWW-Authenticate": 'Basic realm="r"'})]
    url = receiver.url.replace("://", "://me:secret@")
    arn = confirmed(topics, topic, receiver, url=url)
    eventually(lambda: any(request.headers["authorization"] == "Basic bWU6c2VjcmV0" for request in receiver.requests))
    assert "secret" not in str(topics.list_subscriptions())
    assert topics.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["Endpoint"] == url


def test_a_password_is_proved_where_a_digest_is_asked_for(cloud, receiver, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    receiver.answers = [(401, {"WWW-Authenticate": f'Digest realm="r", qop="auth", nonce="{nonce}", algorithm=MD5'})]
    confirmed(topics, topic, receiver, url=receiver.url.replace("://", "://me:secret@"))

    def md5(*parts):
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    [said] = [said for said in (one.headers["authorization"] for one in receiver.requests) if said]
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', said))
    first, second = md5("me", "r", "secret"), md5("POST", given["uri"])
    proof = md5(first, nonce, given["nc"], given["cnonce"], given["qop"], second)
    assert (given["username"], given["response"]) == ("me", proof)


def test_a_server_that_fails_is_tried_again(cloud_of_one, receiver):
    topics = cloud_of_one.client("sns")
    topic = topics.create_topic(Name="t")["TopicArn"]

    def tried_twice():
        move(cloud_of_one, advance_seconds=5)
        return len(receiver.requests) == 2

    receiver.answers = [500]
    topics.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    eventually(tried_twice)
    get(receiver.requests[1].json()["SubscribeURL"])
    for answer in [500, 503, 429, "close"]:
        receiver.requests.clear()
        receiver.answers = [answer]
        topics.publish(TopicArn=topic, Message=str(answer))
        eventually(tried_twice)
        assert receiver.requests[0].body == receiver.requests[1].body


def test_what_cannot_be_delivered_is_buried(cloud_of_one, receiver, other):
    topics, queues = cloud_of_one.client("sns"), cloud_of_one.client("sqs")
    topic = topics.create_topic(Name="t")["TopicArn"]
    letters = queues.create_queue(QueueName="letters")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:letters"})
    policy = json.dumps({"healthyRetryPolicy": {"numRetries": 2, "minDelayTarget": 1, "maxDelayTarget": 1}})
    arn = confirmed(topics, topic, receiver, {"RedrivePolicy": redrive, "DeliveryPolicy": policy})

    # Refused for good: 4xx and redirects, which nobody follows.
    for answer in [400, 404, 410, (302, {"location": other.url, "connection": "close"})]:
        receiver.requests.clear()
        receiver.answers = [answer]
        topics.publish(TopicArn=topic, Message=str(answer))
        letter = receive(queues, letters)[0]
        status = str(answer[0] if isinstance(answer, tuple) else answer)
        assert json.loads(letter["Body"])["Message"] == str(answer)
        assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == status
        assert len(receiver.requests) == 1 and other.requests == []

    # Nobody there: two retries, a second apart.
    receiver.close()
    topics.publish(TopicArn=topic, Message="nobody")

    def buried():
        move(cloud_of_one, advance_seconds=1)
        return queues.receive_message(QueueUrl=letters, MessageAttributeNames=["All"], VisibilityTimeout=600).get("Messages")

    letter = eventually(lambda: [one for one in buried() or [] if "nobody" in one["Body"]])[0]
    assert letter["MessageAttributes"]["ErrorCode"]["StringValue"] == "Unreachable"
    assert topics.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"


def test_a_slow_server_delays_nobody(cloud, receiver, other, name):
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    topic = topics.create_topic(Name=name)["TopicArn"]
    confirmed(topics, topic, receiver)
    confirmed(topics, topic, other)
    queue, _ = queue_of(queues, topics, topic, name, RawMessageDelivery="true")
    # More of them hang than are sent to one server at once.
    receiver.answers = ["hang"] * 100
    for number in range(50):
        topics.publish(TopicArn=topic, Message=str(number))
    eventually(lambda: len(other.notifications()) == 50)
    assert len(receive(queues, queue, 50)) == 50
    assert 1 <= len(receiver.notifications()) < 50


def test_a_throttle_holds(cloud, receiver, name):
    topics = cloud.client("sns")
    policy = json.dumps({"http": {"defaultThrottlePolicy": {"maxReceivesPerSecond": 10}}})
    topic = topics.create_topic(Name=name, Attributes={"DeliveryPolicy": policy})["TopicArn"]
    confirmed(topics, topic, receiver)
    begun = time.monotonic()
    for number in range(12):
        topics.publish(TopicArn=topic, Message=str(number))
    eventually(lambda: len(receiver.notifications()) == 12)
    # Twelve messages are eleven gaps of a tenth of a second: they cannot have come sooner.
    assert time.monotonic() - begun >= 1.1


def test_certificates_of_servers_are_proved(make_cloud, tmp_path, name):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    trusted = Receiver(authority.issue_cert("localhost"))
    stranger = Receiver(trustme.CA().issue_cert("localhost"))
    cloud = make_cloud(env={"SSL_CERT_FILE": str(tmp_path / "authority.pem")}).start()
    topics = cloud.client("sns")
    topic = topics.create_topic(Name="t")["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="https", Endpoint=stranger.url)
    confirmed(topics, topic, trusted)
    topics.publish(TopicArn=topic, Message="secret")
    eventually(trusted.notifications)
    assert stranger.requests == []
    eventually(lambda: any("a receiver is asked again later" in line and "UnknownIssuer" in line for line in cloud.log))
    trusted.close()
    stranger.close()


def test_nothing_is_lost_by_kills(make_cloud, receiver, tmp_path):
    cloud = make_cloud().start()
    topics = cloud.client("sns")
    topic = topics.create_topic(Name="t")["TopicArn"]
    confirmed(topics, topic, receiver)
    sent = set()
    for round in range(4):
        receiver.answers = ["close", 200, 500, 200, 200]
        for number in range(10):
            message = f"{round} {number}"
            topics.publish(TopicArn=topic, Message=message)
            sent.add(message)
        cloud.kill()
        cloud.start()
        topics = cloud.client("sns")

    def all_there():
        move(cloud, advance_seconds=20)
        return {request.json()["Message"] for request in receiver.notifications()} == sent

    eventually(all_there)


def test_what_servers_cannot_be_subscribed(cloud, name):
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    fifo = topics.create_topic(Name=f"{name}.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]

    def refusal(protocol, endpoint, topic=topic, **attributes):
        code, message = refused(topics.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)
        assert code == "InvalidParameter"
        return message.removeprefix("Invalid parameter: ")

    for protocol, endpoint in [("http", "https://a.b"), ("https", "http://a.b"), ("http", ""), ("http", "a@b.c")]:
        assert refusal(protocol, endpoint) == "Endpoint must match the specified protocol"
    for endpoint in ["http://", "http://a_b.c/", "http:///x"]:
        assert refusal("http", endpoint) == "Unreachable Endpoint"
    assert refusal("email", "nobody") == "Email address"
    assert refusal("sms", "5551234") == "Invalid SMS endpoint: 5551234"
    assert refusal("http", "http://a.b", fifo) == "Protocol Reason: FIFO topics deliver to SQS queues only"
    raw = "Delivery protocol [email] does not support raw message delivery."
    assert refusal("email", "a@b.c", RawMessageDelivery="true") == f"Attributes Reason: {raw}"
    policy = json.dumps({"healthyRetryPolicy": {"numRetries": 101}})
    why = "Attributes Reason: DeliveryPolicy: healthyRetryPolicy.numRetries must be between 0 and 100"
    assert refusal("http", "http://a.b", DeliveryPolicy=policy) == why
    wrong = {"TopicArn": topic, "AttributeName": "DeliveryPolicy", "AttributeValue": "{"}
    assert refused(topics.set_topic_attributes, **wrong)[1] == "Invalid parameter: DeliveryPolicy: failed to parse JSON"
