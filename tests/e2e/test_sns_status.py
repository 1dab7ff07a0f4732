"""SNS: what came of deliveries, in CloudWatch Logs; and subscriptions across accounts."""

import json

from conftest import eventually
from receiver import Receiver
from test_sns import queue_of, receive
from test_sns_web import confirmed

ROLE = "arn:aws:iam::000000000000:role/logs"


def lines(logs, group):
    groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    if not any(one["logGroupName"] == group for one in groups):
        return []
    return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]


def test_deliveries_are_logged_where_a_topic_asks_for_it(cloud, name):
    topics, queues, logs = cloud.client("sns"), cloud.client("sqs"), cloud.client("logs")
    attributes = {f"{protocol}{kind}FeedbackRoleArn": ROLE for protocol in ["SQS", "HTTP"] for kind in ["Success", "Failure"]}
    rates = {f"{protocol}SuccessFeedbackSampleRate": "100" for protocol in ["SQS", "HTTP"]}
    topic = topics.create_topic(Name=name, Attributes={**attributes, **rates})["TopicArn"]
    receiver = Receiver()
    confirmed(topics, topic, receiver)
    queue, _ = queue_of(queues, topics, topic, name)
    missing = "arn:aws:sqs:us-east-1:000000000000:missing"
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=missing)
    receiver.answers = [418]
    first = topics.publish(TopicArn=topic, Message="first")["MessageId"]
    group = f"sns/us-east-1/000000000000/{name}"
    failures = eventually(lambda: len(found := lines(logs, f"{group}/Failure")) == 2 and found)
    assert {(one["delivery"]["destination"], one["delivery"]["statusCode"]) for one in failures} == {(receiver.url, 418), (missing, 400)}
    assert {one["status"] for one in failures} == {"FAILURE"}
    second = topics.publish(TopicArn=topic, Message="second")["MessageId"]
    successes = eventually(lambda: len(found := lines(logs, group)) == 3 and found)
    seen = {(one["notification"]["messageId"], one["delivery"]["destination"].split(":")[0]) for one in successes}
    assert seen == {(first, "arn"), (second, "arn"), (second, "http")}
    assert {one["delivery"]["attempts"] for one in successes} == {1}
    receiver.close()


def test_a_share_is_logged_and_nothing_that_nobody_asked_for(cloud, name):
    topics, queues, logs = cloud.client("sns"), cloud.client("sqs"), cloud.client("logs")
    attributes = {"SQSSuccessFeedbackRoleArn": ROLE, "SQSSuccessFeedbackSampleRate": "50"}
    topic = topics.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    queue, _ = queue_of(queues, topics, topic, name)
    for batch in range(12):
        entries = [{"Id": str(number), "Message": "m"} for number in range(10)]
        topics.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    receive(queues, queue, 120)
    # Half of 120, give or take six standard deviations.
    eventually(lambda: 27 <= len(lines(logs, f"sns/us-east-1/000000000000/{name}")) <= 93)


def test_a_queue_of_another_account_is_asked_first(cloud, name):
    ours, theirs = cloud.client("sns"), cloud.client("sqs", key="111111111111")
    topic = ours.create_topic(Name=name)["TopicArn"]
    url = theirs.create_queue(QueueName=name)["QueueUrl"]
    endpoint = f"arn:aws:sqs:us-east-1:111111111111:{name}"
    answer = ours.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    assert answer["SubscriptionArn"] == "pending confirmation"
    question = json.loads(receive(theirs, url)[0]["Body"])
    assert question["Type"] == "SubscriptionConfirmation"
    confirm = cloud.client("sns", key="111111111111").confirm_subscription
    arn = confirm(TopicArn=topic, Token=question["Token"])["SubscriptionArn"]
    ours.publish(TopicArn=topic, Message="hello")
    eventually(lambda: any("hello" in one["Body"] for one in theirs.receive_message(QueueUrl=url).get("Messages", [])))
    assert arn.startswith(topic)
    # Who subscribes their own queue needs not be asked.
    second = theirs.create_queue(QueueName=f"{name}-2")["QueueUrl"]
    own = cloud.client("sns", key="111111111111").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{endpoint}-2")
    assert own["SubscriptionArn"].startswith(topic)
    listed = ours.get_subscription_attributes(SubscriptionArn=own["SubscriptionArn"])["Attributes"]
    assert listed["Owner"] == "111111111111"
    ours.publish(TopicArn=topic, Message="again")
    eventually(lambda: any("again" in one["Body"] for one in theirs.receive_message(QueueUrl=second).get("Messages", [])))
