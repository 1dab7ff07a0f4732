"""Dead letters on their way back, who sends them, and permissions on queues."""

import json

import pytest
from conftest import eventually, refused
from raw import Raw


@pytest.fixture
def sqs(cloud):
    return cloud.client("sqs")


def arn_of(sqs, queue):
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def receive_all(sqs, queue):
    found = []
    while messages := sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    ).get("Messages"):
        found += messages
    return found


def pair(sqs, name, **attributes):
    """A queue and its dead-letter queue."""
    suffix = ".fifo" if "FifoQueue" in attributes else ""
    dead = sqs.create_queue(QueueName=f"{name[-60:]}-dead{suffix}", Attributes=attributes)["QueueUrl"]
    policy = {"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": 1}
    attributes = {**attributes, "RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"}
    queue = sqs.create_queue(QueueName=f"{name[-60:]}-live{suffix}", Attributes=attributes)["QueueUrl"]
    return queue, dead


def bury(sqs, queue, count, **more):
    """Sends messages and receives them until they are dead."""
    for number in range(count):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number), **more)
    seen = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        seen += messages
    return seen


def last_task(sqs, arn):
    return sqs.list_message_move_tasks(SourceArn=arn)["Results"][0]


def finished(sqs, arn):
    return eventually(lambda: (task := last_task(sqs, arn))["Status"] not in ("RUNNING", "CANCELLING") and task)


def test_dead_letters_go_back_where_they_came_from(sqs, name):
    queue, dead = pair(sqs, name)
    sent = bury(sqs, queue, 25)
    arn = arn_of(sqs, dead)
    assert sqs.list_message_move_tasks(SourceArn=arn)["Results"] == []
    handle = sqs.start_message_move_task(SourceArn=arn)["TaskHandle"]
    task = finished(sqs, arn)
    assert task["Status"] == "COMPLETED" and task["SourceArn"] == arn and "TaskHandle" not in task
    assert task["ApproximateNumberOfMessagesMoved"] == task["ApproximateNumberOfMessagesToMove"] == 25
    assert receive_all(sqs, dead) == []
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    back = receive_all(sqs, queue)
    assert sorted(int(message["Body"]) for message in back) == list(range(25))
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in back} == {"1"}
    assert not {message["MessageId"] for message in back} & {message["MessageId"] for message in sent}
    assert refused(sqs.cancel_message_move_task, TaskHandle=handle)[0].endswith("UnsupportedOperation")


def test_a_task_has_a_rate_and_can_be_cancelled(make_cloud, name):
    cloud = make_cloud().start()
    sqs, raw = cloud.client("sqs"), Raw(cloud)
    raw.freeze()
    queue, dead = pair(sqs, name)
    bury(sqs, queue, 10)
    arn = arn_of(sqs, dead)
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    start = {"SourceArn": arn, "DestinationArn": arn_of(sqs, other), "MaxNumberOfMessagesPerSecond": 3}
    handle = sqs.start_message_move_task(**start)["TaskHandle"]

    def moved(count):
        return last_task(sqs, arn)["ApproximateNumberOfMessagesMoved"] == count

    eventually(lambda: moved(3))
    code, message = refused(sqs.start_message_move_task, **start)
    assert code.endswith("UnsupportedOperation") and message.startswith("There is already a task running.")
    raw.advance(1)
    eventually(lambda: moved(6))
    assert last_task(sqs, arn)["TaskHandle"] == handle
    assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 6
    raw.advance(1)
    assert finished(sqs, arn)["Status"] == "CANCELLED"
    assert len(receive_all(sqs, other)) == 6 and len(receive_all(sqs, dead)) == 4


def test_a_task_goes_on_after_a_kill(make_cloud, name):
    cloud = make_cloud().start()
    sqs = cloud.client("sqs")
    Raw(cloud).freeze()
    queue, dead = pair(sqs, name)
    bury(sqs, queue, 30)
    arn = arn_of(sqs, dead)
    sqs.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=10)
    eventually(lambda: last_task(sqs, arn)["ApproximateNumberOfMessagesMoved"] == 10)
    cloud.kill()
    sqs = cloud.start().client("sqs")
    assert finished(sqs, arn)["ApproximateNumberOfMessagesMoved"] == 30
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    assert len(receive_all(sqs, queue)) == 30 and receive_all(sqs, dead) == []


def test_fifo_dead_letters_go_back_in_order(sqs, name):
    queue, dead = pair(sqs, name, FifoQueue="true", ContentBasedDeduplication="true")
    bury(sqs, queue, 15, MessageGroupId="g")
    arn = arn_of(sqs, dead)
    sqs.start_message_move_task(SourceArn=arn)
    assert finished(sqs, arn)["Status"] == "COMPLETED"
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    found = []
    for _ in range(2):
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]:
            found.append(int(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert found == list(range(15))


def test_a_message_that_has_no_way_back_stays(sqs, name):
    queue, dead = pair(sqs, name)
    sqs.send_message(QueueUrl=dead, MessageBody="never was anywhere else")
    arn = arn_of(sqs, dead)
    sqs.start_message_move_task(SourceArn=arn)
    task = finished(sqs, arn)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert [message["Body"] for message in receive_all(sqs, dead)] == ["never was anywhere else"]


def test_what_no_task_can_do_is_refused(sqs, name):
    queue, dead = pair(sqs, name)
    arn, start = arn_of(sqs, dead), sqs.start_message_move_task
    code, message = refused(start, SourceArn=arn_of(sqs, queue))
    assert (code, message) == (
        "InvalidParameterValue",
        "Source queue must be configured as a Dead Letter Queue.",
    )
    for parameters in [{"SourceArn": arn + "x"}, {"SourceArn": arn, "DestinationArn": arn + "x"}]:
        code, message = refused(start, **parameters)
        assert code == "ResourceNotFoundException" and "doesn't exist" in message
    for parameters in [
        {"SourceArn": "rubbish"},
        {"SourceArn": arn, "DestinationArn": "rubbish"},
        {"SourceArn": arn, "DestinationArn": arn},
        {"SourceArn": arn, "MaxNumberOfMessagesPerSecond": 0},
        {"SourceArn": arn, "MaxNumberOfMessagesPerSecond": 501},
    ]:
        assert refused(start, **parameters)[0] == "InvalidParameterValue"
    for handle in ["rubbish", "e30="]:
        assert refused(sqs.cancel_message_move_task, TaskHandle=handle)[0] == "ResourceNotFoundException"
    assert refused(sqs.list_message_move_tasks, SourceArn=arn, MaxResults=11)[0] == "InvalidParameterValue"


def test_a_dead_letter_queue_knows_its_sources(sqs, name):
    queue, dead = pair(sqs, name)
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
    more = [sqs.create_queue(QueueName=f"{name[-60:]}-{at}", Attributes=policy)["QueueUrl"] for at in range(4)]
    listed = sqs.list_dead_letter_source_queues(QueueUrl=dead)
    assert sorted(listed["queueUrls"]) == sorted([queue, *more]) and "NextToken" not in listed
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["queueUrls"]) for page in pages] == [2, 2, 1]
    assert sqs.list_dead_letter_source_queues(QueueUrl=queue)["queueUrls"] == []


def test_permissions_are_statements_of_the_policy(sqs, name):
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    add = {"QueueUrl": queue, "Label": "one", "AWSAccountIds": ["123456789012"], "Actions": ["SendMessage"]}
    sqs.add_permission(**add)
    sqs.add_permission(**{**add, "Label": "two", "Actions": ["ReceiveMessage", "DeleteMessage"]})

    def policy():
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"]).get("Attributes")
        return found and json.loads(found["Policy"])

    arn = arn_of(sqs, queue)
    assert policy()["Id"] == arn + "/SQSDefaultPolicy"
    assert policy()["Statement"][0] == {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "SQS:SendMessage",
        "Resource": arn,
    }
    assert policy()["Statement"][1]["Action"] == ["SQS:ReceiveMessage", "SQS:DeleteMessage"]
    code, message = refused(sqs.add_permission, **add)
    assert message == "Value one for parameter Label is invalid. Reason: Already exists."
    for wrong in [{"Actions": ["CreateQueue"]}, {"AWSAccountIds": ["12"]}, {"Label": "a b"}]:
        assert refused(sqs.add_permission, **{**add, "Label": "three", **wrong})[0] == "InvalidParameterValue"
    many = ["SendMessage"] * 8
    code, message = refused(sqs.add_permission, **{**add, "Label": "three", "Actions": many})
    assert code.endswith("OverLimit") and message == "8 Actions were found, maximum allowed is 7."
    sqs.remove_permission(QueueUrl=queue, Label="one")
    assert [statement["Sid"] for statement in policy()["Statement"]] == ["two"]
    code, message = refused(sqs.remove_permission, QueueUrl=queue, Label="one")
    assert message == "Value one for parameter Label is invalid. Reason: can't find label on existing policy."
    sqs.remove_permission(QueueUrl=queue, Label="two")
    assert policy() is None
