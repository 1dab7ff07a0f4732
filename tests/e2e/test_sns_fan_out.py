"""Fan-out: a message to many receivers, some of them gone, across kills."""

import json
import threading

from conftest import eventually
from raw import Raw

SUBSCRIBERS = 1000
MESSAGES = 5


def arn_of(name):
    return f"arn:aws:sqs:us-east-1:000000000000:{name}"


def subscribe(raw, topic, name, **attributes):
    url = raw.sqs("CreateQueue", QueueName=name)["QueueUrl"]
    flat = {}
    for index, (key, value) in enumerate(attributes.items(), 1):
        flat |= {f"Attributes.entry.{index}.key": key, f"Attributes.entry.{index}.value": value}
    raw.sns("Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn_of(name), **flat)
    return url


def count(raw, url):
    wish = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(raw.sqs("GetQueueAttributes", **wish)["Attributes"]["ApproximateNumberOfMessages"])


def bodies(raw, url):
    found = raw.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [message["Body"] for message in found]


def test_a_thousand_subscribers_get_everything_across_kills(make_cloud, chance):
    cloud = make_cloud().start()
    raw = Raw(cloud)
    raw.sns("CreateTopic", Name="many")
    topic = "arn:aws:sns:us-east-1:000000000000:many"
    urls = [subscribe(raw, topic, f"q{number}", RawMessageDelivery="true") for number in range(SUBSCRIBERS)]
    for number in range(MESSAGES):
        Raw(cloud).sns("Publish", TopicArn=topic, Message=f"message {number}")
        # Somewhere in the middle of its deliveries.
        threading.Event().wait(chance.random() * 0.1)
        cloud.kill()
        cloud.start()
    raw = Raw(cloud)
    paths = ["/".join(url.split("/")[3:]) for url in urls]
    urls = [f"{cloud.url}/{path}" for path in paths]
    # A delivery and its end are one transaction: nobody gets a message twice.
    eventually(lambda: all(count(raw, url) == MESSAGES for url in urls), 60)
    expected = {f"message {number}" for number in range(MESSAGES)}
    assert all(set(bodies(raw, url)) == expected for url in chance.sample(urls, 20))
    assert not any("panicked" in line for line in cloud.log)


def test_who_is_gone_takes_nothing_from_the_others(make_cloud):
    cloud = make_cloud().start()
    raw = Raw(cloud)
    raw.sns("CreateTopic", Name="some")
    topic = "arn:aws:sns:us-east-1:000000000000:some"
    dead = raw.sqs("CreateQueue", QueueName="dead")["QueueUrl"]
    redrive = json.dumps({"deadLetterTargetArn": arn_of("dead")})
    urls = [subscribe(raw, topic, f"q{number}", RedrivePolicy=redrive) for number in range(20)]
    for url in urls[::2]:
        raw.sqs("DeleteQueue", QueueUrl=url)
    # It is too long for those that take less.
    small = subscribe(raw, topic, "small", RedrivePolicy=redrive)
    raw.sqs("SetQueueAttributes", QueueUrl=small, Attributes={"MaximumMessageSize": "1024"})
    raw.sns("Publish", TopicArn=topic, Message="x" * 2000)
    eventually(lambda: count(raw, dead) == 11)
    for url in urls[1::2]:
        assert [json.loads(body)["Message"] for body in bodies(raw, url)] == ["x" * 2000]
    assert count(raw, small) == 0
