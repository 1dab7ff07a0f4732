"""Executions of Step Functions that did not succeed go on where they failed."""

import json

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, move, refused
from machines import ended, history, machine, make, start, types

DAY = 86_400
FIND = "arn:aws:states:::aws-sdk:sqs:getQueueUrl"


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions")


@pytest.fixture
def queues(cloud):
    return cloud.client("sqs")


def found(queue, **more):
    """Two states: the second one finds a queue, and fails as long as there is none."""
    find = {"Type": "Task", "Resource": FIND, "Parameters": {"QueueName": queue}, **more}
    return machine(First={"Type": "Pass", "Result": {"at": "first"}}, Find=find, Last={"Type": "Pass"})


def redriven(states, execution, **more):
    states.redrive_execution(executionArn=execution, **more)
    return ended(states, execution)


def test_an_execution_goes_on_where_it_failed(states, queues, name):
    arn = make(states, name, found(name))
    execution = start(states, arn, {"a": 1})
    failed = ended(states, execution)
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    before = types(states, execution)
    queues.create_queue(QueueName=name)
    date = states.redrive_execution(executionArn=execution, clientToken="once")["redriveDate"]
    shown = ended(states, execution)
    assert (shown["status"], shown["redriveCount"], shown["redriveDate"]) == ("SUCCEEDED", 1, date)
    assert (shown["startDate"], shown["input"]) == (failed["startDate"], failed["input"])
    assert "error" not in shown and shown["stopDate"] >= date
    events = history(states, execution)[len(before) :]
    assert [event["type"] for event in events] == [
        "ExecutionRedriven",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    assert events[0]["executionRedrivenEventDetails"] == {"redriveCount": 1}
    # Who asks again with the same token is told the same, and nothing else happens.
    assert states.redrive_execution(executionArn=execution, clientToken="once")["redriveDate"] == date
    message = "Execution is SUCCEEDED and cannot be redriven"
    assert refused(states.redrive_execution, executionArn=execution) == ("ExecutionNotRedrivable", message)
    assert (shown["redriveStatus"], shown["redriveStatusReason"]) == ("NOT_REDRIVABLE", message)
    listed = states.list_executions(stateMachineArn=arn, redriveFilter="REDRIVEN")["executions"]
    assert [(one["status"], one["redriveCount"], one["redriveDate"]) for one in listed] == [("SUCCEEDED", 1, date)]
    assert states.list_executions(stateMachineArn=arn, redriveFilter="NOT_REDRIVEN")["executions"] == []


def test_what_runs_is_not_redriven_and_what_was_stopped_is(states, name):
    arn = make(states, name, machine(Wait={"Type": "Wait", "Seconds": 3600}))
    execution = start(states, arn)
    assert refused(states.redrive_execution, executionArn=execution) == (
        "ExecutionNotRedrivable",
        "Execution is RUNNING and cannot be redriven",
    )
    for count in range(1, 4):
        states.stop_execution(executionArn=execution, error="E", cause="c")
        assert ended(states, execution)["status"] == "ABORTED"
        states.redrive_execution(executionArn=execution)
        shown = states.describe_execution(executionArn=execution)
        assert (shown["status"], shown["redriveCount"]) == ("RUNNING", count)
    missing = execution + "x"
    assert refused(states.redrive_execution, executionArn=missing)[0] == "ExecutionDoesNotExist"


def test_an_execution_fails_again_and_keeps_its_branches(states, queues, name):
    one, other = f"{name[:70]}-1", f"{name[:70]}-2"
    queues.create_queue(QueueName=one)
    wait = {"Type": "Wait", "Seconds": 1}
    find = lambda queue: {"Type": "Task", "Resource": FIND, "Parameters": {"QueueName": queue}}  # noqa: E731
    slow = {"Type": "Wait", "Seconds": 3600}
    # The second branch fails once the first one is done.
    branches = [machine(One=find(one)), machine(First=wait, Other=find(other)), machine(Slow=slow)]
    states_of = {"All": {"Type": "Parallel", "Branches": branches}}
    execution = start(states, make(states, name, machine(**states_of)))
    assert ended(states, execution)["status"] == "FAILED"
    assert redriven(states, execution)["status"] == "FAILED"
    queues.create_queue(QueueName=other)
    states.redrive_execution(executionArn=execution)
    eventually(lambda: types(states, execution)[-1] == "TaskStateExited")
    events = history(states, execution)
    redrives = [at for at, event in enumerate(events) if event["type"] == "ExecutionRedriven"]
    again = [event["type"] for event in events[redrives[-1] :]]
    assert again.count("TaskScheduled") == 1, "what succeeded is not done again, and what waited waits"
    states.stop_execution(executionArn=execution)


def test_fourteen_days_are_the_end(make_cloud, name):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    execution = start(states, make(states, name, machine(No={"Type": "Fail", "Error": "E"})))
    ended(states, execution)
    move(cloud, advance_seconds=13 * DAY)
    assert redriven(states, execution)["status"] == "FAILED"
    move(cloud, advance_seconds=15 * DAY)
    shown = states.describe_execution(executionArn=execution)
    reason = "Execution redrivable period exceeded"
    assert (shown["redriveStatus"], shown["redriveStatusReason"]) == ("NOT_REDRIVABLE", reason)
    assert refused(states.redrive_execution, executionArn=execution) == ("ExecutionNotRedrivable", reason)


def test_a_killed_cloud_knows_where_they_failed(make_cloud, name):
    cloud = make_cloud().start()
    states, queues = cloud.client("stepfunctions"), cloud.client("sqs")
    arn = make(states, name, found(name))
    execution = start(states, arn)
    assert ended(states, execution)["status"] == "FAILED"
    cloud.kill()
    cloud.start()
    states, queues = cloud.client("stepfunctions"), cloud.client("sqs")
    queues.create_queue(QueueName=name)
    assert redriven(states, execution)["status"] == "SUCCEEDED"


def test_a_map_run_goes_on_with_what_failed(states, queues, name):
    names = [f"{name[:70]}-{number}" for number in range(5)]
    for queue in names[::2]:
        queues.create_queue(QueueName=queue)
    find = {"Type": "Task", "Resource": FIND, "Parameters": {"QueueName.$": "$"}, "End": True}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Find",
        "States": {"Find": find},
    }
    every = {"Type": "Map", "ItemProcessor": processor, "ToleratedFailureCount": 1, "MaxConcurrency": 1, "Label": "every"}
    execution = start(states, make(states, name, machine(Every=every)), names)
    failed = ended(states, execution)
    assert (failed["status"], failed["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    [run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    of_run = {"mapRunArn": run["mapRunArn"]}
    before = states.describe_map_run(**of_run)
    assert (before["status"], before["redriveCount"]) == ("FAILED", 0)
    [child, *_] = states.list_executions(**of_run, statusFilter="FAILED")["executions"]
    assert states.describe_execution(executionArn=child["executionArn"])["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        states.redrive_execution(executionArn=child["executionArn"])
    for queue in names:
        queues.create_queue(QueueName=queue)
    shown = redriven(states, execution)
    assert shown["status"] == "SUCCEEDED", shown
    assert [url["QueueUrl"].split("/")[-1] for url in json.loads(shown["output"])] == names
    [run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    after = states.describe_map_run(mapRunArn=run["mapRunArn"])
    assert (after["status"], after["redriveCount"], after["executionCounts"]["succeeded"]) == ("SUCCEEDED", 1, 5)
    assert after["executionCounts"]["failed"] == after["executionCounts"]["pendingRedrive"] == 0
    children = states.list_executions(**of_run)["executions"]
    assert sorted(one["redriveCount"] for one in children) == [0, 0, 0, 1, 1]
    events = history(states, execution)
    [again] = [event for event in events if event["type"] == "MapRunRedriven"]
    assert again["mapRunRedrivenEventDetails"] == {"mapRunArn": run["mapRunArn"], "redriveCount": 1}


def test_a_map_run_leaves_what_failed_too_long_ago(make_cloud, name):
    cloud = make_cloud().start()
    states, queues = cloud.client("stepfunctions"), cloud.client("sqs")
    names = [f"{name[:70]}-{number}" for number in range(2)]
    find = {"Type": "Task", "Resource": FIND, "Parameters": {"QueueName.$": "$.name"}, "End": True}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Find"}, "Find": find},
    }
    every = {"Type": "Map", "ItemProcessor": processor, "ToleratedFailureCount": 1, "Label": "every"}
    items = [{"name": names[0], "seconds": 0}, {"name": names[1], "seconds": 15 * DAY}]
    execution = start(states, make(states, name, machine(Every=every)), items)
    eventually(lambda: len(states.list_map_runs(executionArn=execution)["mapRuns"]) == 1)
    [run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    counts = lambda: states.describe_map_run(mapRunArn=run["mapRunArn"])["executionCounts"]  # noqa: E731
    eventually(lambda: (counts()["failed"], counts()["running"]) == (1, 1))
    move(cloud, advance_seconds=15 * DAY + 1)
    assert ended(states, execution)["error"] == "States.ExceedToleratedFailureThreshold"
    for queue in names:
        queues.create_queue(QueueName=queue)
    shown = redriven(states, execution)
    assert shown["status"] == "SUCCEEDED", shown
    lost, found_again = json.loads(shown["output"])
    assert "Error" in lost and found_again["QueueUrl"].endswith(names[1])
    after = counts()
    assert (after["failed"], after["succeeded"], after["pendingRedrive"]) == (1, 1, 0)
