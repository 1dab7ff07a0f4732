"""Whole executions that call other services: a saga with its compensations, callbacks, executions within executions."""

import json

import pytest
from conftest import eventually, move
from functions import create

ROLE = "arn:aws:iam::000000000000:role/machines"
FINAL = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


class Machines:
    """Makes state machines, and runs them."""

    def __init__(self, cloud, name):
        self.cloud, self.name = cloud, name[:50]
        self.client = cloud.client("stepfunctions", inject_host_prefix=False)
        self.made = 0

    def make(self, states, start=None, **more):
        self.made += 1
        definition = {"StartAt": start or next(iter(states)), "States": states}
        made = self.client.create_state_machine(
            name=f"{self.name}-{self.made}", definition=json.dumps(definition), roleArn=ROLE, **more
        )
        return made["stateMachineArn"]

    def start(self, machine, given=None, **more):
        started = self.client.start_execution(stateMachineArn=machine, input=json.dumps(given or {}), **more)
        return started["executionArn"]

    def describe(self, execution):
        return self.client.describe_execution(executionArn=execution)

    def end(self, execution):
        """The description of an execution, once it is over."""

        def ended():
            described = self.describe(execution)
            return described if described["status"] in FINAL else None

        return eventually(ended)

    def run(self, states, given=None, **more):
        return self.end(self.start(self.make(states, **more), given))

    def output(self, states, given=None):
        described = self.run(states, given)
        assert described["status"] == "SUCCEEDED", described
        return json.loads(described["output"])

    def events(self, execution):
        """The kinds of an execution's events, in order."""
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]


@pytest.fixture
def machines(cloud, name):
    return Machines(cloud, name)


def task(resource, parameters, **more):
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, **more}


@pytest.fixture
def queue(cloud, name):
    return cloud.client("sqs").create_queue(QueueName=name[:70])["QueueUrl"]


def next_message(cloud, queue):
    answer = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    message = answer["Messages"][0]
    cloud.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


BOOK = """
import os, urllib.request
def handler(event, context):
    if event["trip"] in event.get("full", []):
        class SoldOut(Exception):
            pass
        raise SoldOut(event["trip"])
    return {"seat": event["trip"] + "-1"}
"""


@pytest.fixture
def trips(cloud, machines, queue):
    """The saga of a trip: the hotel is noted, the flight booked by a function, the traveller told; and what is undone if not."""
    table = machines.name
    cloud.client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    create(cloud.client("lambda"), table, BOOK)
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=table)["TopicArn"]
    arn = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    hotel = {"id": {"S.$": "$.trip"}, "state": {"S": "booked"}}
    states = {
        "Hotel": task(
            "dynamodb:putItem",
            {"TableName": table, "Item": hotel, "ConditionExpression": "attribute_not_exists(id)"},
            ResultPath=None,
            Next="Flight",
            Catch=[{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Twice"}],
        ),
        "Flight": task(
            "lambda:invoke",
            {"FunctionName": table, "Payload.$": "$"},
            ResultSelector={"seat.$": "$.Payload.seat"},
            ResultPath="$.flight",
            Next="Tell",
            Catch=[{"ErrorEquals": ["SoldOut"], "ResultPath": "$.why", "Next": "Cancel hotel"}],
        ),
        "Tell": task(
            "sns:publish",
            {"TopicArn": topic, "Message": {"trip.$": "$.trip", "seat.$": "$.flight.seat"}},
            ResultPath=None,
            End=True,
        ),
        "Cancel hotel": task(
            "aws-sdk:dynamodb:deleteItem",
            {"TableName": table, "Key": {"id": {"S.$": "$.trip"}}},
            ResultPath=None,
            Next="Undone",
        ),
        "Undone": {"Type": "Fail", "Error": "Undone", "CausePath": "$.why.Cause"},
        "Twice": {"Type": "Fail", "Error": "Twice"},
    }
    return machines.make(states), table


def test_a_trip_is_booked_as_a_whole_or_not_at_all(cloud, machines, queue, trips):
    saga, table = trips
    end = machines.end(machines.start(saga, {"trip": "rom"}))
    assert end["status"] == "SUCCEEDED", end
    assert json.loads(end["output"]) == {"trip": "rom", "flight": {"seat": "rom-1"}}
    assert next_message(cloud, queue) == {"trip": "rom", "seat": "rom-1"}
    undone = machines.end(machines.start(saga, {"trip": "oslo", "full": ["oslo"]}))
    assert (undone["status"], undone["error"]) == ("FAILED", "Undone")
    assert json.loads(undone["cause"])["errorType"] == "SoldOut"
    twice = machines.end(machines.start(saga, {"trip": "rom"}))
    assert (twice["status"], twice["error"]) == ("FAILED", "Twice")
    items = cloud.client("dynamodb").scan(TableName=table)["Items"]
    assert [item["id"]["S"] for item in items] == ["rom"]


def test_many_trips_at_once_are_each_whole(cloud, machines, trips):
    saga, table = trips
    wanted = [f"trip-{number}" for number in range(30)]
    full = wanted[::3]
    started = [machines.start(saga, {"trip": trip, "full": full}) for trip in wanted]
    ends = [machines.end(execution)["status"] for execution in started]
    assert ends == ["FAILED" if trip in full else "SUCCEEDED" for trip in wanted]
    items = cloud.client("dynamodb").scan(TableName=table)["Items"]
    assert sorted(item["id"]["S"] for item in items) == sorted(set(wanted) - set(full))


def test_a_message_brings_the_token_back(cloud, machines, queue):
    body = {"token.$": "$$.Task.Token", "ask.$": "$.ask"}
    states = {
        "Ask": task("sqs:sendMessage.waitForTaskToken", {"QueueUrl": queue, "MessageBody": body}, End=True),
    }
    machine = machines.make(states)
    yes = machines.start(machine, {"ask": "may I?"})
    message = next_message(cloud, queue)
    assert message["ask"] == "may I?"
    machines.client.send_task_success(taskToken=message["token"], output='{"may": true}')
    end = machines.end(yes)
    assert json.loads(end["output"]) == {"may": True}
    kinds = [event["type"] for event in machines.events(yes)]
    assert kinds == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    submitted = next(event for event in machines.events(yes) if event["type"] == "TaskSubmitted")
    details = submitted["taskSubmittedEventDetails"]
    assert (details["resourceType"], details["resource"]) == ("sqs", "sendMessage.waitForTaskToken")
    assert json.loads(details["output"])["MessageId"]
    no = machines.start(machine, {"ask": "and now?"})
    token = next_message(cloud, queue)["token"]
    machines.client.send_task_failure(taskToken=token, error="No", cause="not now")
    end = machines.end(no)
    assert (end["status"], end["error"], end["cause"]) == ("FAILED", "No", "not now")


def test_a_function_gets_the_token_in_its_payload(cloud, machines):
    create(cloud.client("lambda"), machines.name, RELAY)
    payload = {"token.$": "$$.Task.Token", "for.$": "$.who"}
    states = {
        "Relay": task(
            "lambda:invoke.waitForTaskToken", {"FunctionName": machines.name, "Payload": payload}, End=True
        )
    }
    execution = machines.start(machines.make(states), {"who": "ada"})
    given = eventually(lambda: given_to(machines, execution))
    machines.client.send_task_success(taskToken=given["token"], output=json.dumps({"for": given["for"]}))
    assert json.loads(machines.end(execution)["output"]) == {"for": "ada"}


RELAY = """
def handler(event, context):
    return event
"""


def given_to(machines, execution):
    """What the function was given, as its answer shows it."""
    for event in machines.events(execution):
        if event["type"] == "TaskSubmitted":
            return json.loads(event["taskSubmittedEventDetails"]["output"])["Payload"]
    return None


def child(machines, **last):
    return machines.make({"Work": {"Type": "Pass", "Parameters": {"did.$": "$.do"}, **(last or {"End": True})}})


def test_an_execution_within_an_execution(machines):
    inner = child(machines)
    start = {"StateMachineArn": inner, "Input": {"do.$": "$.what"}}
    began = machines.output({"A": task("states:startExecution", start, End=True)}, {"what": 1})
    assert machines.end(began["ExecutionArn"])["output"] == '{"did":1}'
    one = machines.output({"A": task("states:startExecution.sync", start, End=True)}, {"what": 2})
    assert (one["Status"], one["Output"], one["Input"]) == ("SUCCEEDED", '{"did":2}', '{"do":2}')
    assert one["OutputDetails"] == {"Included": True} and one["StopDate"] >= one["StartDate"] > 10**12
    two = machines.output({"A": task("states:startExecution.sync:2", start, End=True)}, {"what": 3})
    assert (two["Output"], two["Input"], two["StateMachineArn"]) == ({"did": 3}, {"do": 3}, inner)
    named = {**start, "Name": "again"}
    machines.output({"A": task("states:startExecution", named, End=True)}, {"what": 4})
    again = machines.run({"A": task("states:startExecution", named, End=True)}, {"what": 5})
    assert (again["status"], again["error"]) == ("FAILED", "StepFunctions.ExecutionAlreadyExistsException")


def test_an_inner_failure_is_one_of_the_task(machines):
    inner = machines.make({"F": {"Type": "Fail", "Error": "Mine", "Cause": "why"}})
    step = task("states:startExecution.sync:2", {"StateMachineArn": inner}, End=True)
    end = machines.run({"A": step})
    assert (end["status"], end["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(end["cause"])
    assert (cause["Status"], cause["Error"], cause["Cause"], cause["Input"]) == ("FAILED", "Mine", "why", {})
    caught = {**step, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "B"}]}
    assert machines.output({"A": caught, "B": {"Type": "Pass", "Result": "well", "End": True}}) == "well"
    none = task("states:startExecution.sync", {"StateMachineArn": inner + "-none"}, End=True)
    gone = machines.start(machines.make({"A": none}))
    assert machines.end(gone)["error"] == "StepFunctions.StateMachineDoesNotExistException"
    assert "TaskSubmitFailed" in [event["type"] for event in machines.events(gone)]


def test_who_is_stopped_stops_what_it_waits_for(machines):
    inner = machines.make({"W": {"Type": "Wait", "Seconds": 9999, "End": True}})
    outer = machines.start(
        machines.make({"A": task("states:startExecution.sync", {"StateMachineArn": inner}, End=True)})
    )

    def running():
        return machines.client.list_executions(stateMachineArn=inner)["executions"]

    within = eventually(running)[0]["executionArn"]
    eventually(lambda: "TaskSubmitted" in [event["type"] for event in machines.events(outer)])
    machines.client.stop_execution(executionArn=outer)
    assert machines.end(within)["status"] == "ABORTED"


def test_a_killed_cloud_goes_on_with_what_it_waits_for(make_cloud, name):
    cloud = make_cloud().start()
    machines = Machines(cloud, name)
    queue = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    inner = machines.make(
        {
            "Ask": task(
                "sqs:sendMessage.waitForTaskToken",
                {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}},
                End=True,
            )
        }
    )
    outer = machines.start(
        machines.make({"A": task("states:startExecution.sync:2", {"StateMachineArn": inner}, End=True)})
    )
    token = next_message(cloud, queue)["token"]
    eventually(lambda: "TaskSubmitted" in [event["type"] for event in machines.events(outer)])
    for _ in range(3):
        cloud.kill()
        cloud.start()
        machines = Machines(cloud, name)
        assert machines.describe(outer)["status"] == "RUNNING"
    machines.client.send_task_success(taskToken=token, output="[1]")
    assert json.loads(machines.end(outer)["output"])["Output"] == [1]
    assert len(machines.client.list_executions(stateMachineArn=inner)["executions"]) == 1


def test_errors_are_retried_by_their_names(cloud, machines, queue):
    """What is not there at first is, once somebody has made it."""
    name = f"{machines.name}-late"
    url = queue.rsplit("/", 1)[0] + "/" + name
    retry = [{"ErrorEquals": ["Sqs.QueueDoesNotExistException"], "IntervalSeconds": 1, "MaxAttempts": 20, "BackoffRate": 1}]
    step = task("aws-sdk:sqs:sendMessage", {"QueueUrl": url, "MessageBody": "m"}, Retry=retry, End=True)
    execution = machines.start(machines.make({"A": step}))
    eventually(lambda: "TaskFailed" in [event["type"] for event in machines.events(execution)])
    cloud.client("sqs").create_queue(QueueName=name)
    assert machines.end(execution)["status"] == "SUCCEEDED"


def test_thousands_wait_for_executions_of_their_own(own_cloud, name):
    """They wait on disk: whoever comes after them is not kept waiting."""
    machines = Machines(own_cloud, name)
    inner = machines.make({"W": {"Type": "Wait", "SecondsPath": "$.seconds", "End": True}})
    step = task("states:startExecution.sync:2", {"StateMachineArn": inner, "Input": {"seconds.$": "$"}}, End=True)
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "S", "States": {"S": step}}, "ResultSelector": {"all.$": "States.ArrayLength($)"}, "End": True}
    many = machines.make({"M": each})
    waiting = [machines.start(many, [3600] * 900) for _ in range(5)]

    def are_all_submitted(execution):
        last = machines.client.get_execution_history(executionArn=execution, reverseOrder=True, maxResults=1)
        return last["events"][0]["id"] == 3 + 5 * 900

    eventually(lambda: all(map(are_all_submitted, waiting)), 60)
    assert machines.end(machines.start(many, [0, 1]))["output"] == '{"all":2}'
    machines.client.stop_execution(executionArn=waiting.pop())
    move(own_cloud, advance_seconds=3601)
    for execution in waiting:
        assert eventually(lambda execution=execution: machines.describe(execution)["status"] == "SUCCEEDED", 60)
