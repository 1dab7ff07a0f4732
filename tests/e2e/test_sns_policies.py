"""Policies of topics decide, where identities are enforced: with users of two accounts, and nobody known."""

import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
from accounts import OTHER, OWN, Accounts, denial
from conftest import refused

TOPIC = f"arn:aws:sns:us-east-1:{OWN}:trips"


class Place(Accounts):
    """With a topic in the first account."""

    def __init__(self, make_cloud):
        super().__init__(make_cloud, "sns")
        self.root.create_topic(Name="trips")

    def set_policy(self, *statements):
        document = {"Version": "2012-10-17", "Statement": [{"Resource": TOPIC, **one} for one in statements]}
        policy = json.dumps(document)
        self.root.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)


@pytest.fixture
def place(make_cloud):
    return Place(make_cloud)


def denied(account, action, why):
    return "AuthorizationError", denial(account, f"SNS:{action}", TOPIC, why)


def test_another_account_needs_the_policy(place):
    silent = "because no resource-based policy allows the SNS:Publish action"
    assert refused(place.other.publish, TopicArn=TOPIC, Message="a") == denied(OTHER, "Publish", silent)
    place.own.publish(TopicArn=TOPIC, Message="a")
    place.root.add_permission(TopicArn=TOPIC, Label="l", AWSAccountId=[OTHER], ActionName=["Publish"])
    assert place.other.publish(TopicArn=TOPIC, Message="a")["MessageId"]
    entries = [{"Id": "1", "Message": "a"}]
    assert place.other.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=entries)["Successful"]
    assert refused(place.other.get_topic_attributes, TopicArn=TOPIC)[0] == "AuthorizationError"
    # Tags are the owner's, whatever the policy says.
    place.set_policy({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "SNS:*"})
    assert place.other.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["TopicArn"] == TOPIC
    tags = {"ResourceArn": TOPIC, "Tags": [{"Key": "a", "Value": "b"}]}
    assert refused(place.other.tag_resource, **tags)[0] == "AuthorizationError"
    place.own.tag_resource(**tags)
    gone = TOPIC.replace("trips", "gone")
    assert refused(place.other.publish, TopicArn=gone, Message="a")[0] == "NotFound"


def test_an_explicit_denial_wins_in_the_own_account(place):
    user = {"AWS": f"arn:aws:iam::{OWN}:user/ada"}
    place.set_policy({"Effect": "Deny", "Principal": user, "Action": "SNS:Publish"})
    why = "with an explicit deny in a resource-based policy"
    assert refused(place.own.publish, TopicArn=TOPIC, Message="a") == denied(OWN, "Publish", why)
    place.root.publish(TopicArn=TOPIC, Message="a")
    assert place.own.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Owner"] == OWN


def test_a_subscription_is_its_subscribers(place):
    subscription = {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "ada@example.com", "ReturnSubscriptionArn": True}
    assert refused(place.other.subscribe, **subscription)[0] == "AuthorizationError"
    place.set_policy({"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "SNS:Subscribe"})
    arn = place.other.subscribe(**subscription)["SubscriptionArn"]
    shown = place.other.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown["Owner"] == OTHER
    filtering = {"SubscriptionArn": arn, "AttributeName": "FilterPolicy", "AttributeValue": '{"a":["b"]}'}
    place.other.set_subscription_attributes(**filtering)
    own = place.root.subscribe(**{**subscription, "Endpoint": "root@example.com"})["SubscriptionArn"]
    assert refused(place.other.get_subscription_attributes, SubscriptionArn=own)[0] == "AuthorizationError"


def test_who_is_unknown_needs_a_policy_for_everyone(place):
    def publish():
        body = urllib.parse.urlencode({"Action": "Publish", "TopicArn": TOPIC, "Message": "a", "Version": "2010-03-31"})
        url = place.cloud.url.replace("127.0.0.1", "sns.us-east-1.localhost")
        request = urllib.request.Request(place.cloud.url, body.encode(), {"Host": urllib.parse.urlsplit(url).netloc})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            return answer.code

    assert publish() == 403
    place.set_policy({"Effect": "Allow", "Principal": "*", "Action": "SNS:Publish"})
    assert publish() == 200
