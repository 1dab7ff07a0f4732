"""Notifications of S3: queues, topics and functions are told what happened to objects, once it has happened."""

import json
import threading

import pytest
from botocore.exceptions import BotoCoreError

def messages(sqs, url, count):
    """The records of so many messages, but for the test's own."""
    found = []
    while len(found) < count:
        got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10, MaxNumberOfMessages=10)["Messages"]
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            if body.get("Event") != "s3:TestEvent":
                found.append(body)
    return found


def is_empty(sqs, url):
    return not sqs.receive_message(QueueUrl=url).get("Messages")


@pytest.fixture
def queue(cloud, request):
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="told-" + request.node.name[:40])["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return sqs, url, arn


def test_a_queue_is_told(cloud, queue):
    sqs, url, arn = queue
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="events-queue")
    rules = [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".json"}]
    wanted = {"Id": "mine", "QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"]}
    s3.put_bucket_notification_configuration(
        Bucket="events-queue",
        NotificationConfiguration={"QueueConfigurations": [{**wanted, "Filter": {"Key": {"FilterRules": rules}}}]},
    )
    test = json.loads(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"])
    assert test["Event"] == "s3:TestEvent" and test["Bucket"] == "events-queue"
    sqs.purge_queue(QueueUrl=url)
    for key in ("out/a.json", "in/a.txt", "in/grüße 1.json"):
        put = s3.put_object(Bucket="events-queue", Key=key, Body=b"12345")
    [told] = messages(sqs, url, 1)
    [record] = told["Records"]
    assert record["eventName"] == "ObjectCreated:Put" and record["eventSource"] == "aws:s3"
    assert record["awsRegion"] == "us-east-1" and record["s3"]["configurationId"] == "mine"
    assert record["s3"]["bucket"]["name"] == "events-queue"
    assert record["s3"]["bucket"]["arn"] == "arn:aws:s3:::events-queue"
    written = record["s3"]["object"]
    assert written["key"] == "in/gr%C3%BC%C3%9Fe+1.json" and written["size"] == 5
    assert written["eTag"] == put["ETag"].strip('"') and "versionId" not in written
    s3.delete_object(Bucket="events-queue", Key="in/grüße 1.json")
    [told] = messages(sqs, url, 1)
    gone = told["Records"][0]
    assert gone["eventName"] == "ObjectRemoved:Delete" and "size" not in gone["s3"]["object"]
    assert gone["s3"]["object"]["sequencer"] >= written["sequencer"]
    assert is_empty(sqs, url)


def test_versions_are_told_by_their_ids(cloud, queue):
    sqs, url, arn = queue
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="events-versions")
    s3.put_bucket_versioning(Bucket="events-versions", VersioningConfiguration={"Status": "Enabled"})
    wanted = [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}]
    s3.put_bucket_notification_configuration(
        Bucket="events-versions", NotificationConfiguration={"QueueConfigurations": wanted}
    )
    put = s3.put_object(Bucket="events-versions", Key="k", Body=b"")["VersionId"]
    marker = s3.delete_object(Bucket="events-versions", Key="k")["VersionId"]
    s3.delete_object(Bucket="events-versions", Key="k", VersionId=put)
    records = sorted(
        (told["Records"][0] for told in messages(sqs, url, 3)), key=lambda record: record["eventName"]
    )
    told = [(record["eventName"], record["s3"]["object"]["versionId"]) for record in records]
    assert told == [
        ("ObjectCreated:Put", put),
        ("ObjectRemoved:Delete", put),
        ("ObjectRemoved:DeleteMarkerCreated", marker),
    ]


def test_topics_are_told(cloud, queue):
    sqs, url, arn = queue
    sns, s3 = cloud.client("sns"), cloud.client("s3")
    topic = sns.create_topic(Name="told")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    s3.create_bucket(Bucket="events-topic")
    s3.put_bucket_notification_configuration(
        Bucket="events-topic",
        NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:Put"]}]
        },
    )
    s3.put_object(Bucket="events-topic", Key="k", Body=b"x")
    [told] = messages(sqs, url, 1)
    assert told["Records"][0]["s3"]["object"]["key"] == "k"


def test_nothing_is_lost_when_the_cloud_is_killed(make_cloud):
    cloud = make_cloud().start()
    s3, sqs = cloud.client("s3"), cloud.client("sqs")
    sqs.create_queue(QueueName="told")
    s3.create_bucket(Bucket="events")
    arn = "arn:aws:sqs:us-east-1:000000000000:told"
    s3.put_bucket_notification_configuration(
        Bucket="events",
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    written, half = set(), threading.Event()

    def write():
        for number in range(100_000):
            try:
                s3.put_object(Bucket="events", Key=str(number), Body=b"")
            except (ConnectionError, BotoCoreError):
                return
            written.add(str(number))
            if number == 30:
                half.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert half.wait(60)
    cloud.kill()
    writer.join()
    cloud.start()
    sqs = cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="told")["QueueUrl"]
    told = set()
    while not written <= told:
        told.update(message["Records"][0]["s3"]["object"]["key"] for message in messages(sqs, url, 1))
