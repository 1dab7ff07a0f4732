"""Traces: taken over from callers, kept through events and retries, begun where there are none."""

import re
import urllib.request

import pytest
from conftest import eventually
from functions import create, invoke
from receiver import Receiver

SAYS = """
import os
def handler(event, context):
    return os.environ["_X_AMZN_TRACE_ID"]
"""
SENDS = """
import os, urllib.parse, urllib.request
def handler(event, context):
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"],
            "MessageBody": os.environ["_X_AMZN_TRACE_ID"]}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()
"""
ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
SAMPLED = f"Root={ROOT};Parent={PARENT};Sampled=1"
LINEAGE = r";Lineage=1:[0-9a-f]{8}:0"
NEW = r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0" + LINEAGE
TAKEN_OVER = re.escape(SAMPLED) + LINEAGE


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


def within(client, trace):
    """The client as a part of a trace."""
    client.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", trace))
    return client


def received(queues, url):
    wish = {"QueueUrl": url, "AttributeNames": ["All"], "WaitTimeSeconds": 1}
    return eventually(lambda: queues.receive_message(**wish).get("Messages"))[0]


def test_a_function_is_a_part_of_its_callers_trace(cloud, functions, name):
    create(functions, name, SAYS)
    assert re.fullmatch(NEW, invoke(functions, name)[1])
    assert re.fullmatch(TAKEN_OVER, invoke(within(cloud.client("lambda"), SAMPLED), name)[1])
    lineage = f"Root={ROOT};Parent={PARENT};Sampled=0;Lineage=1:a87bd80c:"
    assert invoke(within(cloud.client("lambda"), lineage + "0"), name)[1] == lineage + "1"
    for wrong in ["Root=1-2-3;Sampled=1", "nonsense", "x" * 600]:
        assert re.fullmatch(NEW, invoke(within(cloud.client("lambda"), wrong), name)[1]), wrong


def test_a_function_that_is_traced_has_a_segment_above_it(cloud, functions, name):
    create(functions, name, SAYS, TracingConfig={"Mode": "Active"})
    said = invoke(within(cloud.client("lambda"), SAMPLED), name)[1]
    assert re.fullmatch(rf"Root={ROOT};Parent=[0-9a-f]{{16}};Sampled=1{LINEAGE}", said) and PARENT not in said
    assert ";Sampled=1;" in invoke(functions, name)[1]


def test_events_and_messages_keep_the_trace(cloud, functions, name):
    queues = cloud.client("sqs")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    create(functions, name, SENDS, Environment={"Variables": {"OUT": url}})
    within(cloud.client("lambda"), SAMPLED).invoke(FunctionName=name, InvocationType="Event")
    assert re.fullmatch(TAKEN_OVER, received(queues, url)["Body"])
    functions.invoke(FunctionName=name, InvocationType="Event")
    assert re.fullmatch(NEW, received(queues, url)["Body"])
    inside = within(cloud.client("sqs"), SAMPLED)
    inside.send_message(QueueUrl=url, MessageBody="x")
    assert received(queues, url)["Attributes"]["AWSTraceHeader"] == SAMPLED
    own = {"AWSTraceHeader": {"DataType": "String", "StringValue": f"Root={ROOT}"}}
    inside.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes=own)
    assert received(queues, url)["Attributes"]["AWSTraceHeader"] == f"Root={ROOT}"


def test_a_visit_to_a_url_brings_its_trace(functions, name):
    create(functions, name, SAYS)
    url = functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    for statement, action, condition in [
        ("a", "lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("b", "lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ]:
        functions.add_permission(FunctionName=name, StatementId=statement, Action=action, Principal="*", **condition)
    request = urllib.request.Request(url, headers={"X-Amzn-Trace-Id": SAMPLED})
    with urllib.request.urlopen(request) as answer:
        assert re.fullmatch(TAKEN_OVER, answer.read().decode())


@pytest.mark.parametrize("kind", ["standard", "fifo"])
def test_a_topic_passes_the_trace_on(cloud, name, kind):
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    end, attributes = (".fifo", {"FifoQueue": "true"}) if kind == "fifo" else ("", {})
    url = queues.create_queue(QueueName=name + end, Attributes=attributes)["QueueUrl"]
    attributes = {"FifoTopic": "true", "ContentBasedDeduplication": "true"} if kind == "fifo" else {}
    topic = topics.create_topic(Name=name + end, Attributes=attributes)["TopicArn"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}{end}"
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    place = {"MessageGroupId": "g"} if kind == "fifo" else {}
    within(cloud.client("sns"), SAMPLED).publish(TopicArn=topic, Message="x", **place)
    assert received(queues, url)["Attributes"]["AWSTraceHeader"] == SAMPLED


def test_a_topic_passes_the_trace_on_to_functions_and_web_servers(cloud, functions, name):
    topics, queues = cloud.client("sns"), cloud.client("sqs")
    out = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = create(functions, name, SENDS, Environment={"Variables": {"OUT": out}})["FunctionArn"]
    topic = topics.create_topic(Name=name)["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    receiver = Receiver()
    try:
        topics.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
        question = eventually(lambda: receiver.of("SubscriptionConfirmation"))[0]
        topics.confirm_subscription(TopicArn=topic, Token=question.json()["Token"])
        within(cloud.client("sns"), SAMPLED).publish(TopicArn=topic, Message="x")
        assert re.fullmatch(TAKEN_OVER, received(queues, out)["Body"])
        assert eventually(receiver.notifications)[0].headers["x-amzn-trace-id"] == SAMPLED
    finally:
        receiver.close()


def test_a_batch_of_messages_has_a_trace_of_its_own(cloud, functions, name):
    queues = cloud.client("sqs")
    out = queues.create_queue(QueueName=f"{name}-out")["QueueUrl"]
    create(functions, name, SENDS, Environment={"Variables": {"OUT": out}})
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name)
    within(cloud.client("sqs"), SAMPLED).send_message(QueueUrl=url, MessageBody="x")
    said = received(queues, out)["Body"]
    assert re.fullmatch(NEW.replace("Sampled=0", "Sampled=1"), said) and ROOT not in said
