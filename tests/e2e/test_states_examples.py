"""The examples of Step Functions, as they stand in examples/workflows: deployed, and run with those for whom they wait."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import move
from machines import ROLE, ended, history, make, run, start
from test_apigateway import ask

EXAMPLES = Path(__file__).parents[2] / "examples/workflows"


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions")


def read(file, **values):
    """A file with these values in its places."""
    text = (EXAMPLES / file).read_text()
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    assert "${" not in text
    return text


@contextlib.contextmanager
def processes(cloud, script, *commands):
    """Runs a script in processes of their own, each with its arguments."""
    client = {
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    environment = {**os.environ, **client}
    running = [subprocess.Popen([sys.executable, EXAMPLES / script, *command], env=environment) for command in commands]
    try:
        yield
        assert all(process.poll() is None for process in running)
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_an_order_waits_for_executions_of_its_own(states, name):
    parcel = make(states, name[:70] + "-parcel", read("nested/parcel.asl.json"))
    order = make(states, name[:70] + "-order", read("nested/order.asl.json", Parcel=parcel))
    parcels = [{"to": "Oslo", "kilograms": 3}, {"to": "Rome", "kilograms": 31}, {"to": "Paris", "kilograms": 30}]
    assert run(states, order, {"parcels": parcels}) == ["shipped to Oslo", "kept", "shipped to Paris"]
    inner = states.list_executions(stateMachineArn=parcel)["executions"]
    assert sorted(execution["status"] for execution in inner) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]


def test_a_question_in_a_queue_is_answered(cloud, states, name):
    queue = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = make(states, name, read("callback/ask.asl.json", Questions=queue))
    yes, no = start(states, arn, {"question": "May I?"}), start(states, arn, {"question": "I may."})
    assert states.describe_execution(executionArn=yes)["status"] == "RUNNING"
    with processes(cloud, "callback/answer.py", [queue]):
        assert json.loads(ended(states, yes)["output"]) == {"question": "May I?", "answer": {"yes": True}}
        shown = ended(states, no)
        assert (shown["error"], shown["cause"]) == ("NoQuestion", "I may.")


def approvals(cloud, name):
    """The machine, and what gives the links of the next mail."""
    gateway, queues, topics = cloud.client("apigateway"), cloud.client("sqs"), cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    inbox = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    api = gateway.import_rest_api(body=read("approval/links.json", Role=ROLE), failOnWarnings=True)["id"]
    gateway.create_deployment(restApiId=api, stageName="v1")
    links = f"/_aws/execute-api/{api}/v1"
    definition = read("approval/approval.asl.json", Approvers=topic, Links="https://example.com" + links)

    def mail():
        [message] = queues.receive_message(QueueUrl=inbox, WaitTimeSeconds=10)["Messages"]
        queues.delete_message(QueueUrl=inbox, ReceiptHandle=message["ReceiptHandle"])
        what, *found = re.findall(r"^(?:yes|no): https://example.com(\S+)$|^(.+)$", message["Body"], re.MULTILINE)
        return what[1], [link for link, _ in found]

    return make(cloud.client("stepfunctions"), name, definition), mail


def test_a_human_follows_a_link(cloud, states, name):
    arn, mail = approvals(cloud, name)
    for choice, says in ((0, b"Approved."), (1, b"Rejected.")):
        execution = start(states, arn, {"what": "A trip to Rome"})
        what, links = mail()
        assert what == "A trip to Rome" and len(links) == 2
        status, _, body = ask(cloud, "GET", links[choice])
        assert (status, body) == (200, says)
        shown = ended(states, execution)
        if choice == 0:
            assert json.loads(shown["output"]) == {"approved": True}
        else:
            assert (shown["status"], shown["error"], shown["cause"]) == ("FAILED", "Rejected", "by hand")
        # Nobody can choose twice.
        assert ask(cloud, "GET", links[0])[0] == 410
    assert ask(cloud, "GET", links[0].split("?")[0])[0] == 400


def test_nobody_follows_a_link(own_cloud, name):
    arn, mail = approvals(own_cloud, name)
    states = own_cloud.client("stepfunctions")
    execution = start(states, arn, {"what": "A trip to Rome"})
    mail()
    move(own_cloud, advance_seconds=86_401)
    assert ended(states, execution)["error"] == "NobodyAnswered"


def test_workers_poll_in_processes_of_their_own(cloud, states, name):
    activity = states.create_activity(name=name)["activityArn"]
    arn = make(states, name, read("activity/squares.asl.json", Activity=activity))
    executions = [start(states, arn, {"number": number}) for number in range(20)]
    with processes(cloud, "activity/worker.py", *([activity, f"worker-{number}"] for number in range(3))):
        outputs = [json.loads(ended(states, execution, 60)["output"]) for execution in executions]
    assert outputs == ["rested" if number % 5 == 4 else {"square": number * number} for number in range(20)]
    names = set()
    for execution in executions:
        [taken] = [event for event in history(states, execution) if event["type"] == "ActivityStarted"]
        names.add(taken["activityStartedEventDetails"]["workerName"])
    assert names <= {"worker-0", "worker-1", "worker-2"}
