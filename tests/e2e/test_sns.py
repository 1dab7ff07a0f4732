"""SNS: topics that fan out to queues."""

import json

import pytest
from conftest import eventually, refused


@pytest.fixture
def topics(cloud):
    return cloud.client("sns")


@pytest.fixture
def queues(cloud):
    return cloud.client("sqs")


@pytest.fixture
def topic(topics, name):
    return topics.create_topic(Name=name)["TopicArn"]


def queue_of(queues, topics, topic, name, **attributes):
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    subscription = topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return url, subscription["SubscriptionArn"]


def receive(queues, url, count=1):
    found = []

    def more():
        answer = queues.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"]
        )
        found.extend(answer.get("Messages", []))
        return len(found) >= count

    eventually(more)
    assert len(found) == count
    return found


def test_a_message_reaches_every_queue(topics, queues, topic, name):
    first, subscription = queue_of(queues, topics, topic, f"{name}-1")
    second, _ = queue_of(queues, topics, topic, f"{name}-2", RawMessageDelivery="true")
    attributes = {"kind": {"DataType": "String", "StringValue": "grüße"}}
    sent = topics.publish(TopicArn=topic, Message="hello", Subject="s", MessageAttributes=attributes)
    envelope = json.loads(receive(queues, first)[0]["Body"])
    assert (envelope["Type"], envelope["MessageId"]) == ("Notification", sent["MessageId"])
    assert (envelope["TopicArn"], envelope["Subject"], envelope["Message"]) == (topic, "s", "hello")
    assert envelope["MessageAttributes"] == {"kind": {"Type": "String", "Value": "grüße"}}
    raw = receive(queues, second)[0]
    assert (raw["Body"], raw["MessageAttributes"]["kind"]["StringValue"]) == ("hello", "grüße")
    topics.unsubscribe(SubscriptionArn=subscription)
    topics.publish(TopicArn=topic, Message="after")
    assert receive(queues, second)[0]["Body"] == "after"
    assert "Messages" not in queues.receive_message(QueueUrl=first)


def test_filters(topics, queues, topic, name):
    by_attribute, subscription = queue_of(
        queues, topics, topic, f"{name}-1", RawMessageDelivery="true", FilterPolicy='{"size": [{"numeric": [">", 5]}]}'
    )
    by_body, _ = queue_of(
        queues,
        topics,
        topic,
        f"{name}-2",
        RawMessageDelivery="true",
        FilterPolicy='{"trip": {"state": ["new"]}}',
        FilterPolicyScope="MessageBody",
    )
    for size in [1, 9]:
        number = {"size": {"DataType": "Number", "StringValue": str(size)}}
        topics.publish(TopicArn=topic, Message=f"{size}", MessageAttributes=number)
    topics.publish(TopicArn=topic, Message='{"trip": {"state": "new"}}')
    assert receive(queues, by_attribute)[0]["Body"] == "9"
    assert receive(queues, by_body)[0]["Body"] == '{"trip": {"state": "new"}}'
    topics.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue='{"size": [{"exists": false}]}'
    )
    topics.publish(TopicArn=topic, Message="none")
    assert receive(queues, by_attribute)[0]["Body"] == "none"


def test_batches_and_structures(topics, queues, topic, name):
    url, _ = queue_of(queues, topics, topic, name, RawMessageDelivery="true")
    entries = [
        {"Id": "a", "Message": "one"},
        {"Id": "b", "Message": ""},
        {"Id": "c", "Message": json.dumps({"default": "d", "sqs": "for queues"}), "MessageStructure": "json"},
    ]
    answer = topics.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a", "c"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("b", "InvalidParameter")]
    assert {message["Body"] for message in receive(queues, url, 2)} == {"one", "for queues"}
    twice = [{"Id": "a", "Message": "1"}, {"Id": "a", "Message": "2"}]
    assert refused(topics.publish_batch, TopicArn=topic, PublishBatchRequestEntries=twice)[0] == "BatchEntryIdsNotDistinct"


def test_the_life_of_a_topic(topics, queues, topic, name):
    assert topics.create_topic(Name=name)["TopicArn"] == topic
    assert {"TopicArn": topic} in topics.get_paginator("list_topics").paginate().build_full_result()["Topics"]
    topics.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="shown")
    _, subscription = queue_of(queues, topics, topic, name)
    assert queue_of(queues, topics, topic, name)[1] == subscription, "the same subscription again"
    attributes = topics.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["DisplayName"], attributes["SubscriptionsConfirmed"]) == ("shown", "1")
    listed = topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert [one["SubscriptionArn"] for one in listed] == [subscription]
    assert topics.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]["Protocol"] == "sqs"
    topics.delete_topic(TopicArn=topic)
    topics.delete_topic(TopicArn=topic)
    assert refused(topics.get_topic_attributes, TopicArn=topic) == ("NotFound", "Topic does not exist")
    assert refused(topics.get_subscription_attributes, SubscriptionArn=subscription)[0] == "NotFound"


def test_what_is_refused(topics, topic):
    assert refused(topics.publish, TopicArn=topic, Message="") == ("InvalidParameter", "Invalid parameter: Empty message")
    assert refused(topics.publish, TopicArn=topic, Message="x" * 262_145)[1] == "Invalid parameter: Message too long"
    assert refused(topics.publish, TopicArn=topic + "x", Message="x") == ("NotFound", "Topic does not exist")
    assert refused(topics.publish, TopicArn=topic, Message="x", MessageStructure="json")[0] == "InvalidParameter"
    assert refused(topics.create_topic, Name="a b") == ("InvalidParameter", "Invalid parameter: Topic Name")
    subscribe = {"TopicArn": topic, "Protocol": "firehose", "Endpoint": "a@example.com"}
    assert refused(topics.subscribe, **subscribe) == ("NotImplemented", "sns: Protocol firehose is not implemented.")
    assert refused(topics.subscribe, **{**subscribe, "Protocol": "sqs"})[1] == "Invalid parameter: SQS endpoint ARN"
    assert refused(topics.subscribe, **{**subscribe, "Protocol": "pigeon"}) == (
        "InvalidParameter",
        "Invalid parameter: Amazon SNS does not support this protocol string: pigeon",
    )
    wrong = {**subscribe, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q"}
    raw = "RawMessageDelivery: Invalid value [yes]. Must be true or false."
    assert refused(topics.subscribe, **wrong, Attributes={"RawMessageDelivery": "yes"}) == (
        "InvalidParameter",
        f"Invalid parameter: Attributes Reason: {raw}",
    )
    arn = topics.subscribe(**wrong, ReturnSubscriptionArn=True)["SubscriptionArn"]
    change = {"SubscriptionArn": arn, "AttributeName": "RawMessageDelivery", "AttributeValue": "yes"}
    assert refused(topics.set_subscription_attributes, **change)[1] == f"Invalid parameter: {raw}"
    short = "An ARN must have at least 6 elements, not 1"
    assert refused(topics.publish, TopicArn="nobody", Message="x")[1] == f"Invalid parameter: TopicArn Reason: {short}"
    assert refused(topics.unsubscribe, SubscriptionArn="x")[1] == f"Invalid parameter: SubscriptionArn Reason: {short}"


def test_attributes_have_their_defaults(topics, queues, name):
    topic = topics.create_topic(Name=name)["TopicArn"]
    attributes = topics.get_topic_attributes(TopicArn=topic)["Attributes"]
    [statement] = json.loads(attributes["Policy"])["Statement"]
    assert (statement["Resource"], statement["Condition"]) == (topic, {"StringEquals": {"AWS:SourceOwner": "000000000000"}})
    assert json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["disableSubscriptionOverrides"] is False
    _, arn = queue_of(queues, topics, topic, name, FilterPolicy='{"a": ["b"]}')
    attributes = topics.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["FilterPolicyScope"] == "MessageAttributes"
    assert attributes["SubscriptionPrincipal"] == "arn:aws:iam::000000000000:root"


def test_tags(topics, name):
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    topic = topics.create_topic(Name=name, Tags=tags)["TopicArn"]
    for same in [tags, tags[:1], []]:
        assert topics.create_topic(Name=name, Tags=same)["TopicArn"] == topic
    different = ("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")
    assert refused(topics.create_topic, Name=name, Tags=[{"Key": "a", "Value": "2"}]) == different
    topics.tag_resource(ResourceArn=topic, Tags=[{"Key": "b", "Value": "3"}])
    topics.untag_resource(ResourceArn=topic, TagKeys=["a", "none"])
    assert topics.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "3"}]
    twice = ("InvalidParameter", "Invalid parameter: Duplicated keys are not allowed.")
    assert refused(topics.tag_resource, ResourceArn=topic, Tags=tags[:1] * 2) == twice
    many = [{"Key": str(n), "Value": ""} for n in range(50)]
    assert refused(topics.tag_resource, ResourceArn=topic, Tags=many)[0] == "TagLimitExceeded"
    assert refused(topics.list_tags_for_resource, ResourceArn=topic + "x") == ("ResourceNotFound", "Resource does not exist")


def test_no_acknowledged_message_is_lost_by_a_sigkill(make_cloud):
    cloud = make_cloud().start()
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    topic = topics.create_topic(Name="t")["TopicArn"]
    queue_of(queues, topics, topic, "q", RawMessageDelivery="true")
    for number in range(100):
        topics.publish(TopicArn=topic, Message=str(number))
    cloud.kill()
    cloud.start()
    queues = cloud.client("sqs")
    url = queues.get_queue_url(QueueName="q")["QueueUrl"]
    bodies = set()

    def all_there():
        messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        bodies.update(message["Body"] for message in messages)
        return len(bodies) == 100

    eventually(all_there)


def test_what_cannot_be_delivered_goes_to_the_dead_letters(cloud, topics, topic, name):
    sqs = cloud.client("sqs")
    dead = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn})
    gone = arn + "-gone"
    subscription = topics.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=gone, Attributes={"RedrivePolicy": policy}
    )["SubscriptionArn"]
    shown = topics.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert shown["RedrivePolicy"] == policy
    topics.publish(TopicArn=topic, Message="lost", Subject="s")
    wish = {"QueueUrl": dead, "WaitTimeSeconds": 20, "MessageAttributeNames": ["All"]}
    [letter] = sqs.receive_message(**wish)["Messages"]
    envelope = json.loads(letter["Body"])
    assert (envelope["Message"], envelope["Subject"]) == ("lost", "s")
    reasons = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert reasons["ErrorCode"].endswith(("NonExistentQueue", "QueueDoesNotExist")) and reasons["RequestID"]
    assert reasons["ErrorMessage"] == "The specified queue does not exist."
    for wrong in ["rubbish", "{}x", '{"deadLetterTargetArn": "x"}', '{"deadLetterTargetArn": "%s.fifo"}' % arn]:
        change = {"SubscriptionArn": subscription, "AttributeName": "RedrivePolicy", "AttributeValue": wrong}
        code, message = refused(topics.set_subscription_attributes, **change)
        assert code == "InvalidParameter" and "RedrivePolicy" in message


def test_permissions_are_statements_of_the_topics_policy(topics, topic):
    def statements():
        policy = json.loads(topics.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
        return {statement["Sid"]: statement for statement in policy["Statement"]}

    permission = {"TopicArn": topic, "Label": "one", "AWSAccountId": ["123456789012"], "ActionName": ["Publish"]}
    topics.add_permission(**permission)
    assert set(statements()) == {"__default_statement_ID", "one"}
    assert statements()["one"]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert statements()["one"]["Action"] == "SNS:Publish"
    assert refused(topics.add_permission, **permission)[1] == "Invalid parameter: Statement already exists"
    for wrong in [{"ActionName": ["Fly"]}, {"AWSAccountId": ["12"]}]:
        assert refused(topics.add_permission, **{**permission, "Label": "two", **wrong})[0] == "InvalidParameter"
    for _ in range(2):
        topics.remove_permission(TopicArn=topic, Label="one")
    assert set(statements()) == {"__default_statement_ID"}
    own = json.dumps({"Version": "2012-10-17", "Statement": []})
    topics.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=own)
    assert topics.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"] == own
    wrong = {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": "rubbish"}
    assert refused(topics.set_topic_attributes, **wrong)[0] == "InvalidParameter"


def test_filter_policies_have_limits(topics, topic):
    subscription = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs:us-east-1:000000000000:q"}
    for policy, reason in [
        ({name: ["x"] for name in "abcdef"}, "Filter policy can not have more than 5 keys"),
        ({"a": [str(number) for number in range(151)]}, "Filter policy is too complex"),
        ({"a": {"b": ["x"]}}, "Filter policy scope MessageAttributes does not support nested filter policy"),
    ]:
        attributes = {"FilterPolicy": json.dumps(policy)}
        code, message = refused(topics.subscribe, **subscription, Attributes=attributes)
        assert code == "InvalidParameter"
        assert message == f"Invalid parameter: Attributes Reason: FilterPolicy: {reason}"


def test_every_queue_gets_a_message_that_stands_once_though_the_process_is_killed(make_cloud):
    cloud = make_cloud().start()
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    topic = topics.create_topic(Name="t")["TopicArn"]
    names = [f"q{number}" for number in range(10)]
    for name in names:
        queue_of(queues, topics, topic, name, RawMessageDelivery="true")
    for number in range(20):
        topics.publish(TopicArn=topic, Message=str(number))
    cloud.kill()
    cloud.start()
    queues, topics = cloud.client("sqs"), cloud.client("sns")
    topics.publish(TopicArn=topic, Message="after")
    for name in names:
        url = queues.get_queue_url(QueueName=name)["QueueUrl"]
        bodies = set()

        def all_there(url=url, bodies=bodies):
            messages = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            bodies.update(message["Body"] for message in messages)
            return len(bodies) == 21

        eventually(all_there)


def test_data_protection_and_feedback_are_kept(topics, topic):
    assert topics.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == ""
    policy = json.dumps({"Name": "p", "Version": "2021-06-01", "Statement": [{"DataDirection": "Inbound"}]})
    topics.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=policy)
    assert topics.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == policy
    wrong = policy.replace("Inbound", "Sideways")
    why = "Statement DataDirection must be either Inbound or Outbound"
    refusal = ("InvalidParameter", f"Invalid parameter: DataProtectionPolicy Reason: {why}")
    assert refused(topics.put_data_protection_policy, ResourceArn=topic, DataProtectionPolicy=wrong) == refusal
    assert topics.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == policy
    change = {"TopicArn": topic, "AttributeName": "SQSSuccessFeedbackSampleRate"}
    topics.set_topic_attributes(**change, AttributeValue="100")
    assert topics.get_topic_attributes(TopicArn=topic)["Attributes"]["SQSSuccessFeedbackSampleRate"] == "100"
    assert refused(topics.set_topic_attributes, **change, AttributeValue="101")[0] == "InvalidParameter"
