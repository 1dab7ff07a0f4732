"""Histories of tasks, event by event, with numbers, predecessors and details as AWS records them."""

import json

import machines
import pytest
from conftest import eventually
from functions import create

WHOLE = {"truncated": False}


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions", inject_host_prefix=False)


@pytest.fixture
def queue(cloud, name):
    return cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]


def seen(states, name, definition, given=None):
    """The events of an execution that is over: number, predecessor, type, and what else they have."""
    execution = machines.start(states, machines.make(states, name, definition), given)
    machines.ended(states, execution)
    return shown(states, execution)


def shown(states, execution):
    lines = []
    for event in machines.history(states, execution):
        details = [event[name] for name in event if name.endswith("EventDetails")]
        lines.append((event["id"], event["previousEventId"], event["type"], details[0] if details else None))
    return lines


def task(resource, parameters=None, **more):
    state = {"Type": "Task", "Resource": resource, **more}
    return {**state, "Parameters": parameters} if parameters is not None else state


def bare(lines):
    return [line[:3] for line in lines]


def test_a_call_and_its_failure(states, queue, name):
    missing = {"QueueUrl": queue + "-not", "MessageBody": "m"}
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "B", "ResultPath": "$.why"}]
    call = task("arn:aws:states:::sqs:sendMessage", missing, Catch=catch)
    lines = seen(states, name, machines.machine(A=call, B={"Type": "Pass"}), {"a": 1})
    assert bare(lines) == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "TaskStateEntered"),
        (3, 2, "TaskScheduled"),
        (4, 3, "TaskStarted"),
        (5, 4, "TaskFailed"),
        (6, 5, "TaskStateExited"),
        (7, 6, "PassStateEntered"),
        (8, 7, "PassStateExited"),
        (9, 8, "ExecutionSucceeded"),
    ]
    of = {"resource": "sendMessage", "resourceType": "sqs"}
    scheduled, started, failed, left = [line[3] for line in lines[2:6]]
    assert json.loads(scheduled.pop("parameters")) == missing
    assert (scheduled, started) == ({**of, "region": "us-east-1"}, of)
    error = {"error": failed["error"], "cause": failed["cause"]}
    assert failed == {**of, **error} and error["error"] == "SQS.QueueDoesNotExistException"
    output = json.loads(left["output"])
    assert output == {"a": 1, "why": {"Error": error["error"], "Cause": error["cause"]}}
    assert (left["name"], left["outputDetails"]) == ("A", WHOLE)


def test_a_function(cloud, states, name):
    arn = create(cloud.client("lambda"), name, "def handler(event, context):\n    return [event]")["FunctionArn"]
    lines = seen(states, name, machines.machine(A=task(arn, TimeoutSeconds=60)), {"a": 1})
    assert bare(lines) == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "TaskStateEntered"),
        (3, 2, "LambdaFunctionScheduled"),
        (4, 3, "LambdaFunctionStarted"),
        (5, 4, "LambdaFunctionSucceeded"),
        (6, 5, "TaskStateExited"),
        (7, 6, "ExecutionSucceeded"),
    ]
    given = {"input": '{"a":1}', "inputDetails": WHOLE}
    assert lines[2][3] == {**given, "resource": arn, "timeoutInSeconds": 60}
    assert lines[3][3] is None
    assert lines[4][3] == {"output": '[{"a":1}]', "outputDetails": WHOLE}


def test_an_activity(states, name):
    activity = states.create_activity(name=name)["activityArn"]
    definition = machines.machine(A=task(activity, TimeoutSeconds=60, HeartbeatSeconds=10))
    execution = machines.start(states, machines.make(states, name, definition), {"a": 1})
    assert [line[2] for line in shown(states, execution)][2:] == ["ActivityScheduled"]
    token = states.get_activity_task(activityArn=activity, workerName="worker")["taskToken"]
    assert [line[2] for line in shown(states, execution)][2:] == ["ActivityScheduled", "ActivityStarted"]
    states.send_task_failure(taskToken=token, error="Mine", cause="why")
    machines.ended(states, execution)
    lines = shown(states, execution)
    given = {"input": '{"a":1}', "inputDetails": WHOLE}
    assert lines[2:] == [
        (3, 2, "ActivityScheduled", {**given, "resource": activity, "timeoutInSeconds": 60, "heartbeatInSeconds": 10}),
        (4, 3, "ActivityStarted", {"workerName": "worker"}),
        (5, 4, "ActivityFailed", {"error": "Mine", "cause": "why"}),
        (6, 5, "ExecutionFailed", {"error": "Mine", "cause": "why"}),
    ]


def test_a_callback(cloud, states, queue, name):
    """The call is submitted with its answer; who has the token ends it."""
    parameters = {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    execution = machines.start(states, machines.make(states, name, machines.machine(A=task(resource, parameters))))
    message = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]
    states.send_task_success(taskToken=json.loads(message["Body"])["token"], output='"done"')
    machines.ended(states, execution)
    lines = shown(states, execution)
    assert bare(lines)[2:] == [
        (3, 2, "TaskScheduled"),
        (4, 3, "TaskStarted"),
        (5, 4, "TaskSubmitted"),
        (6, 5, "TaskSucceeded"),
        (7, 6, "TaskStateExited"),
        (8, 7, "ExecutionSucceeded"),
    ]
    of = {"resource": "sendMessage.waitForTaskToken", "resourceType": "sqs"}
    submitted, succeeded = lines[4][3], lines[5][3]
    assert json.loads(submitted.pop("output"))["MessageId"] == message["MessageId"]
    assert submitted == {**of, "outputDetails": WHOLE}
    assert succeeded == {**of, "output": '"done"', "outputDetails": WHOLE}


def test_a_nested_execution(states, name):
    inner = machines.make(states, f"{name[:60]}-in", machines.machine(P={"Type": "Pass", "Result": [1]}))
    start = task("arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": inner})
    lines = seen(states, name, machines.machine(A=start))
    assert bare(lines)[2:6] == [
        (3, 2, "TaskScheduled"),
        (4, 3, "TaskStarted"),
        (5, 4, "TaskSubmitted"),
        (6, 5, "TaskSucceeded"),
    ]
    assert lines[2][3]["resource"] == "startExecution.sync:2"
    assert json.loads(lines[4][3]["output"])["ExecutionArn"].startswith(inner.replace(":stateMachine:", ":execution:"))
    assert json.loads(lines[5][3]["output"])["Output"] == [1]


def test_items_side_by_side_are_scheduled_before_they_start(cloud, states, name):
    arn = create(cloud.client("lambda"), name, "def handler(event, context):\n    pass")["FunctionArn"]
    body = machines.machine(T=task(arn))
    lines = seen(states, name, machines.machine(M={"Type": "Map", "ItemProcessor": body}), [1, 2, 3])
    assert bare(lines)[2:12] == [
        (3, 2, "MapStateStarted"),
        (4, 3, "MapIterationStarted"),
        (5, 3, "MapIterationStarted"),
        (6, 3, "MapIterationStarted"),
        (7, 4, "TaskStateEntered"),
        (8, 7, "LambdaFunctionScheduled"),
        (9, 5, "TaskStateEntered"),
        (10, 9, "LambdaFunctionScheduled"),
        (11, 6, "TaskStateEntered"),
        (12, 11, "LambdaFunctionScheduled"),
    ]
    started = [line for line in lines if line[2] == "LambdaFunctionStarted"]
    assert sorted(line[1] for line in started) == [8, 10, 12]


def test_what_cannot_be_called_is_not_scheduled(states, queue, name):
    """Neither a Retry nor a Catch sees it."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    retry = [{"ErrorEquals": ["States.ALL"]}]
    gone = states.create_activity(name=name)["activityArn"]
    cases = [
        (task("arn:aws:states:::sqs:sendMessage", {"QueueUrl": queue}), "'MessageBody' is required but was missing"),
        (
            task("arn:aws:states:::aws-sdk:sqs:sendMessage", {"QueueUrl": queue, "MessageBody": "m", "DelaySeconds": "x"}),
            "could not be used to start the Task: [",
        ),
        (task(gone), f"The activity {gone} does not exist."),
    ]
    for number, (call, why) in enumerate(cases):
        definition = machines.machine(A={**call, "Catch": catch, "Retry": retry}, B={"Type": "Pass"})
        machine = machines.make(states, f"{name[:60]}-{number}", definition)
        states.delete_activity(activityArn=gone)
        execution = machines.start(states, machine)
        machines.ended(states, execution)
        lines = shown(states, execution)
        assert bare(lines) == [
            (1, 0, "ExecutionStarted"),
            (2, 0, "TaskStateEntered"),
            (3, 2, "ExecutionFailed"),
        ]
        failed = lines[2][3]
        assert failed["error"] == "States.Runtime"
        place = "An error occurred while executing the state 'A' (entered at the event id #2). "
        assert failed["cause"].startswith(place) and why in failed["cause"], failed


def test_a_call_starts_when_it_is_made(cloud, states, name):
    """A function that is not there yet: its task is scheduled, started, and fails; the next attempt has events of its own."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    retry = [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "IntervalSeconds": 1, "MaxAttempts": 20, "BackoffRate": 1}]
    execution = machines.start(states, machines.make(states, name, machines.machine(A=task(arn, Retry=retry))))
    eventually(lambda: "LambdaFunctionFailed" in machines.types(states, execution))
    create(cloud.client("lambda"), name, "def handler(event, context):\n    return 1")
    assert machines.ended(states, execution)["status"] == "SUCCEEDED"
    kinds = machines.types(states, execution)
    tries = kinds.count("LambdaFunctionScheduled")
    attempt = ["LambdaFunctionScheduled", "LambdaFunctionStarted"]
    failures = [*attempt, "LambdaFunctionFailed"] * (tries - 1)
    ends = [*attempt, "LambdaFunctionSucceeded", "TaskStateExited", "ExecutionSucceeded"]
    assert kinds == ["ExecutionStarted", "TaskStateEntered", *failures, *ends]
