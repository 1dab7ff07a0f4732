"""SQS through boto3, and through the query protocol of old clients."""

import concurrent.futures
import hashlib
import json
import socket
import threading
import time
import urllib.parse
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from conftest import eventually
from raw import Raw


@pytest.fixture
def sqs(cloud):
    return cloud.client("sqs")


@pytest.fixture
def queue(sqs, name):
    return sqs.create_queue(QueueName=name)["QueueUrl"]


def refused(call, **parameters):
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    return refusal.value.response


def test_a_message_goes_through(sqs, queue):
    attributes = {
        "text": {"DataType": "String", "StringValue": "grüße 🚀"},
        "number": {"DataType": "Number.int", "StringValue": "42"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    body = "héllo \"wörld\" \t\n 漢字"
    # botocore itself checks the digests of body and attributes.
    sent = sqs.send_message(QueueUrl=queue, MessageBody=body, MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    [message] = sqs.receive_message(
        QueueUrl=queue, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == body
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["SenderId"] == "000000000000"
    assert abs(int(message["Attributes"]["SentTimestamp"]) - time.time() * 1000) < 60_000
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def test_message_attributes_are_chosen_by_name_and_prefix(sqs, queue):
    attributes = {name: {"DataType": "String", "StringValue": name} for name in ["a.one", "a.two", "b"]}
    sqs.send_message(QueueUrl=queue, MessageBody="m", MessageAttributes=attributes)
    for wanted, expected in [(["a.*"], {"a.one", "a.two"}), (["b"], {"b"}), ([], set()), (["c"], set())]:
        [message] = sqs.receive_message(
            QueueUrl=queue, MessageAttributeNames=wanted, VisibilityTimeout=0
        )["Messages"]
        assert set(message.get("MessageAttributes", {})) == expected


def test_visibility(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    first = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    change = dict(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    sqs.change_message_visibility(VisibilityTimeout=0, **change)
    second = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"])["Messages"][0]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    # The first handle is of an earlier receive: it deletes nothing.
    sqs.delete_message(**change)
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    third = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"])
    again = refused(
        sqs.change_message_visibility, QueueUrl=queue, ReceiptHandle=third["ReceiptHandle"], VisibilityTimeout=0
    )
    assert again["Error"]["Code"] == "AWS.SimpleQueueService.MessageNotInflight"
    rubbish = refused(sqs.delete_message, QueueUrl=queue, ReceiptHandle="rubbish")
    assert rubbish["Error"]["Code"] == "ReceiptHandleIsInvalid"


def test_a_delete_after_a_change_of_visibility_deletes(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    message = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    handle = dict(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    sqs.change_message_visibility(VisibilityTimeout=600, **handle)
    sqs.delete_message(**handle)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert counts == dict.fromkeys(names, "0")


def test_a_long_poll_wakes_with_the_message(cloud, queue):
    received = concurrent.futures.Future()

    def poll():
        received.set_result(cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20))

    threading.Thread(target=poll, daemon=True).start()
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="wake up")
    assert received.result(timeout=15)["Messages"][0]["Body"] == "wake up"


def test_batches(sqs, queue):
    entries = [{"Id": f"e{n}", "MessageBody": f"body {n}"} for n in range(9)]
    entries.append({"Id": "bad", "MessageBody": "control \x01"})
    sent = sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert {entry["Id"] for entry in sent["Successful"]} == {f"e{n}" for n in range(9)}
    assert [(entry["Id"], entry["SenderFault"]) for entry in sent["Failed"]] == [("bad", True)]
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in messages) == [f"body {n}" for n in range(9)]
    handles = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
    changes = [{**handle, "VisibilityTimeout": 100} for handle in handles]
    assert len(sqs.change_message_visibility_batch(QueueUrl=queue, Entries=changes)["Successful"]) == 9
    assert len(sqs.delete_message_batch(QueueUrl=queue, Entries=handles)["Successful"]) == 9
    empty = refused(sqs.send_message_batch, QueueUrl=queue, Entries=[])
    assert empty["Error"]["Code"] == "AWS.SimpleQueueService.EmptyBatchRequest"
    twice = refused(sqs.send_message_batch, QueueUrl=queue, Entries=[entries[0], entries[0]])
    assert twice["Error"]["Code"] == "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"


def test_dead_letters(sqs, queue, name):
    dead = sqs.create_queue(QueueName=name + "-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    for _ in range(2):
        assert sqs.receive_message(QueueUrl=queue)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    [message] = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"]
    assert message["Body"] == "poison"
    assert message["Attributes"]["DeadLetterQueueSourceArn"].endswith(name)


def test_queues_are_listed_found_and_deleted(sqs, name):
    urls = [sqs.create_queue(QueueName=f"{name}-{n}")["QueueUrl"] for n in range(5)]
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=name, PaginationConfig={"PageSize": 2})
    assert [page["QueueUrls"] for page in pages] == [urls[0:2], urls[2:4], urls[4:]]
    assert sqs.get_queue_url(QueueName=f"{name}-3")["QueueUrl"] == urls[3]
    sqs.delete_queue(QueueUrl=urls[3])
    gone = refused(sqs.get_queue_url, QueueName=f"{name}-3")
    assert gone["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_creating_twice(sqs, queue, name):
    assert sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "30"})["QueueUrl"] == queue
    other = refused(sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "31"})
    assert other["Error"]["Code"] == "QueueAlreadyExists"
    assert "VisibilityTimeout" in other["Error"]["Message"]


def test_purge(sqs, queue):
    for n in range(20):
        sqs.send_message(QueueUrl=queue, MessageBody=str(n))
    sqs.purge_queue(QueueUrl=queue)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    again = refused(sqs.purge_queue, QueueUrl=queue)
    assert again["Error"]["Code"] == "AWS.SimpleQueueService.PurgeQueueInProgress"


def test_tags(sqs, queue):
    sqs.tag_queue(QueueUrl=queue, Tags={"team": "booking", "stage": "dev"})
    sqs.untag_queue(QueueUrl=queue, TagKeys=["stage", "nothing"])
    assert sqs.list_queue_tags(QueueUrl=queue)["Tags"] == {"team": "booking"}


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ({"MaxNumberOfMessages": 0}, "InvalidParameterValue"),
        ({"WaitTimeSeconds": 21}, "InvalidParameterValue"),
        ({"VisibilityTimeout": 43201}, "InvalidParameterValue"),
    ],
)
def test_receives_are_checked(sqs, queue, parameters, code):
    assert refused(sqs.receive_message, QueueUrl=queue, **parameters)["Error"]["Code"] == code


def test_accounts_and_regions_are_apart(cloud, queue, name):
    for other in [cloud.client("sqs", key="111111111111"), cloud.client("sqs", region="eu-west-1")]:
        assert refused(other.get_queue_url, QueueName=name)["Error"]["Code"].endswith("NonExistentQueue")
        assert other.create_queue(QueueName=name)["QueueUrl"]


def test_a_queue_is_known_by_every_form_of_its_url(cloud, sqs, queue, name):
    port = cloud.url.rsplit(":", 1)[1]
    for number, url in enumerate(
        [
            f"http://sqs.us-east-1.localhost.localstack.cloud:{port}/000000000000/{name}",
            f"http://us-east-1.queue.localhost.localstack.cloud:{port}/000000000000/{name}",
            f"http://localhost:{port}/queue/us-east-1/000000000000/{name}",
            f"https://queue.amazonaws.com/000000000000/{name}",
            f"https://sqs.us-east-1.amazonaws.com/000000000000/{name}/",
        ]
    ):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
        [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
        assert message["Body"] == str(number), url
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    # A region in the URL is meant, whatever the client's.
    with pytest.raises(ClientError) as refusal:
        sqs.send_message(QueueUrl=f"{cloud.url}/queue/eu-west-1/000000000000/{name}", MessageBody="x")
    assert refusal.value.response["Error"]["Code"].endswith("NonExistentQueue")


def test_a_queue_is_spoken_to_at_its_own_address(cloud, sqs, queue, name):
    """As curl does, without a signature."""
    form = urllib.parse.urlencode({"Action": "SendMessage", "MessageBody": "grüße"})
    hosts = [("localhost", f"/000000000000/{name}"), ("localhost", f"/queue/us-east-1/000000000000/{name}")]
    hosts += [(host, f"/000000000000/{name}") for host in ("queue.amazonaws.com", "eu-west-1.queue.localhost")]
    for host, path in hosts:
        request = urllib.request.Request(f"{cloud.url}{path}", form.encode(), {"Host": host})
        with urllib.request.urlopen(request) as answer:
            assert b"SendMessageResponse" in answer.read()
    bodies = [message["Body"] for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]]
    assert bodies == ["grüße"] * len(hosts)


def test_names_of_deleted_queues_rest_where_that_is_asked_for(make_cloud, name):
    cloud = make_cloud("--set", "sqs.queue-name-rest-seconds=60").start()
    sqs = cloud.client("sqs")
    for wait in [59, 1]:
        sqs.create_queue(QueueName=name)
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])
        Raw(cloud).advance(wait)
        with pytest.raises(ClientError) as refusal:
            sqs.create_queue(QueueName=name)
        error = refusal.value.response["Error"]
        assert error["Code"] == "AWS.SimpleQueueService.QueueDeletedRecently"
        assert error["Message"].startswith("You must wait 60 seconds after deleting a queue")
        sqs.create_queue(QueueName=f"{name}-{wait}")
        Raw(cloud).advance(60)


def test_a_name_may_be_used_again_at_once(sqs, queue, name):
    sqs.send_message(QueueUrl=queue, MessageBody="old")
    sqs.delete_queue(QueueUrl=queue)
    sqs.create_queue(QueueName=name)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)


def test_every_message_is_received_once_by_many(cloud, queue):
    """Twenty receivers and five senders at once: none lost, none twice while in flight."""
    sent, received = set(), []
    done = threading.Event()
    lock = threading.Lock()

    def send(sender):
        client = cloud.client("sqs")
        for n in range(40):
            body = f"{sender}-{n}"
            client.send_message(QueueUrl=queue, MessageBody=body)
            with lock:
                sent.add(body)

    def receive():
        client = cloud.client("sqs")
        while not done.is_set():
            answer = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=3, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                with lock:
                    received.append(message["Body"])
                    if len(received) >= 200:
                        done.set()
                client.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        workers = [pool.submit(send, sender) for sender in range(5)] + [pool.submit(receive) for _ in range(20)]
        for worker in workers:
            worker.result(timeout=60)
    assert len(sent) == 200
    assert sorted(received) == sorted(sent)


def query(cloud, **parameters):
    """One call as a client of before 2023 makes it: a form in, XML out."""
    body = urllib.parse.urlencode({"Version": "2012-11-05", **parameters})
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    request = AWSRequest("POST", cloud.url + "/", headers, body)
    SigV4Auth(Credentials("test", "test"), "sqs", "us-east-1").add_auth(request)
    request = urllib.request.Request(request.url, body.encode(), dict(request.headers))
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def test_the_query_protocol(cloud, queue, name):
    status, text = query(cloud, Action="GetQueueUrl", QueueName=name)
    assert status == 200
    assert f"<GetQueueUrlResult><QueueUrl>{queue}</QueueUrl></GetQueueUrlResult>" in text
    attribute = {
        "MessageAttribute.1.Name": "k",
        "MessageAttribute.1.Value.DataType": "String",
        "MessageAttribute.1.Value.StringValue": "v & w",
    }
    status, _ = query(cloud, Action="SendMessage", QueueUrl=queue, MessageBody="<m>", **attribute)
    assert status == 200
    wanted = {"MessageAttributeName.1": "All", "AttributeName.1": "All"}
    status, text = query(cloud, Action="ReceiveMessage", QueueUrl=queue, **wanted)
    assert "<Body>&lt;m&gt;</Body>" in text
    assert "<MessageAttribute><Name>k</Name><Value>" in text
    assert "<StringValue>v &amp; w</StringValue>" in text
    assert "<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>" in text
    status, text = query(cloud, Action="GetQueueUrl", QueueName="there-is-none")
    assert status == 400
    assert "<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code>" in text
    status, text = query(cloud, Action="NoSuchAction")
    assert (status, "<Code>InvalidAction</Code>" in text) == (400, True)


@pytest.mark.parametrize(
    ("attributes", "code", "message"),
    [
        ({"Colour": "red"}, "InvalidAttributeName", "Unknown Attribute Colour."),
        ({"QueueArn": "x"}, "InvalidAttributeName", "Unknown Attribute QueueArn."),
        ({"FifoQueue": "true"}, "InvalidAttributeName", "Unknown Attribute FifoQueue."),
        ({"DelaySeconds": "901"}, "InvalidAttributeValue", "Invalid value for the parameter DelaySeconds."),
        (
            {"RedrivePolicy": '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}'},
            "InvalidParameterValue",
            'Value {"deadLetterTargetArn": "dummy", "maxReceiveCount": 42} for parameter RedrivePolicy is invalid. '
            "Reason: Invalid value for deadLetterTargetArn.",
        ),
        (
            {"RedrivePolicy": "dummy"},
            "InvalidParameterValue",
            "Value dummy for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map.",
        ),
        (
            {"KmsMasterKeyId": "key", "SqsManagedSseEnabled": "true"},
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
        ),
    ],
)
def test_attributes_are_checked(sqs, queue, attributes, code, message):
    with pytest.raises(ClientError) as refusal:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=attributes)
    error = refusal.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)


def test_keys_of_encryption_take_each_others_place(sqs, queue):
    def shown():
        names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
        return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]

    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"KmsMasterKeyId": "key", "KmsDataKeyReusePeriodSeconds": "6000"})
    assert shown() == {"KmsMasterKeyId": "key", "KmsDataKeyReusePeriodSeconds": "6000", "SqsManagedSseEnabled": "false"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"SqsManagedSseEnabled": "true"})
    assert shown() == {"SqsManagedSseEnabled": "true"}


def test_words_for_what_is_missing_and_empty(sqs, queue):
    with pytest.raises(ClientError) as refusal:
        sqs.send_message(QueueUrl=queue, MessageBody="")
    error = refusal.value.response["Error"]
    assert error["Message"] == "The request must contain the parameter MessageBody."
    assert (error["Code"], error["QueryErrorCode"]) == ("MissingParameter", "MissingRequiredParameterException")
    empty = {"Details": {"DataType": "String", "StringValue": ""}}
    with pytest.raises(ClientError, match=r"Message \(user\) attribute 'Details' must contain a non-empty value of type 'String'"):
        sqs.send_message(QueueUrl=queue, MessageBody="x", MessageAttributes=empty)


def test_words_for_parameters_that_are_not_there(cloud, queue):
    sqs = cloud.client("sqs", parameter_validation=False)
    for call, parameters, name in [
        (sqs.send_message, {"QueueUrl": queue}, "MessageBody"),
        (sqs.send_message, {"MessageBody": "x"}, "QueueUrl"),
        (sqs.delete_message, {}, "QueueUrl"),
        (sqs.create_queue, {}, "QueueName"),
        (sqs.set_queue_attributes, {"QueueUrl": queue}, "Attributes"),
    ]:
        with pytest.raises(ClientError) as refusal:
            call(**parameters)
        error = refusal.value.response["Error"]
        wanted = ("MissingParameter", f"The request must contain the parameter {name}.")
        assert (error["Code"], error["Message"]) == wanted


def test_a_receive_hides_a_message_for_twelve_hours_at_most(make_cloud):
    cloud = make_cloud().start()
    sqs, raw = cloud.client("sqs"), Raw(cloud)
    raw.freeze()
    for name, more in [("q", {}), ("q.fifo", {"FifoQueue": "true", "ContentBasedDeduplication": "true"})]:
        queue = sqs.create_queue(QueueName=name, Attributes=more)["QueueUrl"]
        group = {"MessageGroupId": "g"} if more else {}
        sqs.send_message(QueueUrl=queue, MessageBody="m", **group)
        [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
        change = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
        sqs.change_message_visibility(**change, VisibilityTimeout=43_200)
        raw.advance(3600)
        error = refused(sqs.change_message_visibility, **change, VisibilityTimeout=40_000)["Error"]
        assert error["Code"] == "InvalidParameterValue"
        assert error["Message"].endswith("beyond the limit [43200 seconds]")
        sqs.change_message_visibility(**change, VisibilityTimeout=39_600)


def test_what_a_message_cannot_hold(sqs, queue):
    lists = {"StringListValues": ["a"], "DataType": "String"}
    error = refused(sqs.send_message, QueueUrl=queue, MessageBody="m", MessageAttributes={"a": lists})["Error"]
    assert error["Code"] == "InvalidParameterValue" and "list values" in error["Message"]
    half = "x" * (512 * 1024)
    entries = [{"Id": str(at), "MessageBody": half} for at in range(2)]
    assert len(sqs.send_message_batch(QueueUrl=queue, Entries=entries)["Successful"]) == 2
    entries[1]["MessageAttributes"] = {"a": {"DataType": "String", "StringValue": "b"}}
    error = refused(sqs.send_message_batch, QueueUrl=queue, Entries=entries)["Error"]
    assert error["Code"] == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert error["Message"].startswith("Batch requests cannot be longer than 1048576 bytes.")


def test_a_long_poll_of_a_closed_connection_takes_nothing(cloud, sqs, queue):
    host, port = cloud.url.removeprefix("http://").split(":")
    wish = json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20})
    head = [
        "POST / HTTP/1.1",
        "Host: localhost",
        "X-Amz-Target: AmazonSQS.ReceiveMessage",
        "Content-Type: application/x-amz-json-1.0",
        f"Content-Length: {len(wish)}",
    ]
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall("\r\n".join([*head, "", wish]).encode())
    # On a connection of its own, after the other one was closed: its messages are for who is still there.
    sqs.send_message(QueueUrl=queue, MessageBody="m")
    eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))
