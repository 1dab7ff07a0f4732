"""What tests of S3's objects have in common."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import eventually


def refused(code, call, *arguments, **parameters):
    """What a call hears that is refused with that code."""
    with pytest.raises(ClientError) as refusal:
        call(*arguments, **parameters)
    error = refusal.value.response["Error"]
    assert error["Code"] == code, error
    return error


def body_of(answer):
    return answer["Body"].read()


def listen(sqs, queue, heard, count):
    """Waits until that many records of events were heard."""

    def listened():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            heard.extend(json.loads(message["Body"]).get("Records", []))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return len(heard) >= count

    eventually(listened)


def queue_for(cloud, s3, bucket, name, events):
    """A queue that hears of those events, and a client for it."""
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": events}]},
    )
    return sqs, queue
