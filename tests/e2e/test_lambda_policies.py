"""Policies of functions decide, where identities are enforced: with users of two accounts, and services."""

import json

import pytest
from accounts import OTHER, OWN, Accounts, denial
from conftest import eventually, refused
from functions import create

ARN = f"arn:aws:lambda:us-east-1:{OWN}:function:f"
DRY = {"InvocationType": "DryRun"}
INVOKE = {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction"}


class Place(Accounts):
    """With a function in the first account that tells a queue of its events."""

    def __init__(self, make_cloud):
        super().__init__(make_cloud, "lambda")
        key = self.cloud.root_key()
        iam, self.sns, self.sqs, self.s3 = (self.cloud.client(one, *key) for one in ["iam", "sns", "sqs", "s3"])
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName="runner", Path="/service-role/", AssumeRolePolicyDocument=trust)
        create(self.root, "f", "def handler(event, context): print('seen', event)", Publish=True)
        self.root.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
        self.logs = self.cloud.client("logs", *key)
        self.logs.create_log_group(logGroupName="/aws/lambda/f")

    def has_seen(self, what):
        found = self.logs.filter_log_events(logGroupName="/aws/lambda/f")["events"]
        return any("seen" in event["message"] and what in event["message"] for event in found)


@pytest.fixture
def place(make_cloud):
    return Place(make_cloud)


def test_another_account_may_what_it_was_granted(place):
    why = "because no resource-based policy allows the lambda:InvokeFunction action"
    denied = ("AccessDeniedException", denial(OTHER, "lambda:InvokeFunction", f"{ARN}:live", why))
    assert refused(place.other.invoke, FunctionName=f"{ARN}:live", **DRY) == denied
    place.root.add_permission(**INVOKE, Principal=OTHER, Qualifier="live")
    assert place.other.invoke(FunctionName=f"{ARN}:live", **DRY)["StatusCode"] == 204
    for name in [ARN, f"{ARN}:1", f"{ARN}:$LATEST"]:
        assert refused(place.other.invoke, FunctionName=name, **DRY)[0] == "AccessDeniedException"
    assert refused(place.other.get_function, FunctionName=ARN)[0] == "AccessDeniedException"
    place.root.remove_permission(FunctionName="f", StatementId="s", Qualifier="live")
    assert refused(place.other.invoke, FunctionName=f"{ARN}:live", **DRY) == denied
    assert place.own.invoke(FunctionName="f", **DRY)["StatusCode"] == 204


def test_a_topic_needs_a_permission(place):
    topic, other = (place.sns.create_topic(Name=name)["TopicArn"] for name in ["t", "other"])
    for arn in [topic, other]:
        place.sns.subscribe(TopicArn=arn, Protocol="lambda", Endpoint=ARN)
    place.root.add_permission(**INVOKE, Principal="sns.amazonaws.com", SourceArn=topic)
    place.sns.publish(TopicArn=other, Message="forbidden")
    place.sns.publish(TopicArn=topic, Message="granted")
    eventually(lambda: place.has_seen("granted"))
    assert not place.has_seen("forbidden")


def test_a_bucket_needs_a_permission(place):
    place.s3.create_bucket(Bucket="trips")
    wish = {"LambdaFunctionArn": f"{ARN}:live", "Events": ["s3:ObjectCreated:*"]}
    wish = {"Bucket": "trips", "NotificationConfiguration": {"LambdaFunctionConfigurations": [wish]}}
    source = {"Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::trips", "Qualifier": "live"}
    assert refused(place.s3.put_bucket_notification_configuration, **wish)[0] == "InvalidArgument"
    place.root.add_permission(**INVOKE, **source, SourceAccount=OTHER)
    assert refused(place.s3.put_bucket_notification_configuration, **wish)[0] == "InvalidArgument"
    place.root.add_permission(**INVOKE | {"StatementId": "t"}, **source, SourceAccount=OWN)
    place.s3.put_bucket_notification_configuration(**wish)
    place.s3.put_object(Bucket="trips", Key="paris")
    eventually(lambda: place.has_seen("paris"))
