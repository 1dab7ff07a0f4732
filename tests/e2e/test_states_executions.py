"""Executions of Step Functions: started, seen, stopped, waited for, and their histories."""

import json
import threading

import functions
import pytest
from conftest import eventually, move, refused
from machines import OF_A_MAP_RUN, ROLE, ended, history, machine, make, run, start, types


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions")


def test_an_execution_from_its_start_to_its_end(states, name):
    arn = make(states, name, machine(Hello={"Type": "Pass", "Result": "world"}))
    execution = start(states, arn, {"a": "ü"}, name="one")
    assert execution == f"arn:aws:states:us-east-1:000000000000:execution:{name}:one"
    shown = ended(states, execution)
    assert (shown["status"], shown["output"], shown["name"]) == ("SUCCEEDED", '"world"', "one")
    assert json.loads(shown["input"]) == {"a": "ü"}
    assert shown["stateMachineArn"] == arn and shown["stopDate"] >= shown["startDate"]
    events = history(states, execution)
    assert [(event["id"], event["previousEventId"], event["type"]) for event in events] == [
        (1, 0, "ExecutionStarted"),
        (2, 0, "PassStateEntered"),
        (3, 2, "PassStateExited"),
        (4, 3, "ExecutionSucceeded"),
    ]
    started, entered, exited, succeeded = events
    payload = {"input": json.dumps({"a": "ü"}, ensure_ascii=False, separators=(",", ":"))}
    whole = {"truncated": False}
    assert started["executionStartedEventDetails"] == {**payload, "inputDetails": whole, "roleArn": ROLE}
    assert entered["stateEnteredEventDetails"] == {**payload, "inputDetails": whole, "name": "Hello"}
    output = {"output": '"world"', "outputDetails": whole}
    assert exited["stateExitedEventDetails"] == {**output, "name": "Hello"}
    assert succeeded["executionSucceededEventDetails"] == output


def test_a_history_comes_in_pages_from_either_end(states, name):
    passes = {f"P{number}": {"Type": "Pass"} for number in range(60)}
    arn = make(states, name, machine(**passes))
    execution = start(states, arn)
    ended(states, execution)
    ids = [event["id"] for event in history(states, execution)]
    assert ids == list(range(1, 123))
    size = {"PaginationConfig": {"PageSize": 7}}
    assert [event["id"] for event in history(states, execution, **size)] == ids
    assert [event["id"] for event in history(states, execution, reverseOrder=True, **size)] == ids[::-1]
    bare = history(states, execution, includeExecutionData=False)
    assert "input" not in bare[0]["executionStartedEventDetails"]
    wrong = {"executionArn": execution, "nextToken": "x"}
    assert refused(states.get_execution_history, **wrong)[0] == "InvalidToken"


def test_a_name_is_taken_once(states, name):
    arn = make(states, name, machine(Wait={"Type": "Wait", "Seconds": 3600}))
    execution = start(states, arn, {"a": 1}, name="one")
    assert start(states, arn, {"a": 1}, name="one") == execution
    exists = ("ExecutionAlreadyExists", f"Execution Already Exists: '{execution}'")
    assert refused(start, states, arn, {"a": 2}, name="one") == exists
    states.stop_execution(executionArn=execution, error="Mine", cause="why")
    shown = ended(states, execution)
    assert (shown["status"], shown["error"], shown["cause"]) == ("ABORTED", "Mine", "why")
    assert refused(start, states, arn, {"a": 1}, name="one") == exists
    assert history(states, execution)[-1]["executionAbortedEventDetails"] == {"error": "Mine", "cause": "why"}


def test_many_at_once_start_one_execution(states, name):
    arn = make(states, name, machine(Wait={"Type": "Wait", "Seconds": 3600}))
    arns = []
    threads = [threading.Thread(target=lambda: arns.append(start(states, arn, name="one"))) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(arns) == 8 and len(set(arns)) == 1
    assert len(states.list_executions(stateMachineArn=arn)["executions"]) == 1


def test_what_is_wrong_with_a_start_is_said(states, name):
    arn = make(states, name, machine(Pass={"Type": "Pass"}))
    wrong = {"stateMachineArn": arn, "input": "{"}
    assert refused(states.start_execution, **wrong)[0] == "InvalidExecutionInput"
    assert refused(start, states, arn, name="a/b")[0] == "InvalidName"
    assert refused(start, states, arn + "x")[0] == "StateMachineDoesNotExist"
    assert refused(start, states, arn, "ü" * 131_072)[0] == "InvalidExecutionInput"
    assert run(states, arn, "x" * 262_142) == "x" * 262_142
    missing = arn.replace("stateMachine", "execution") + ":nothing"
    assert refused(states.describe_execution, executionArn=missing)[0] == "ExecutionDoesNotExist"


def test_lists_have_the_newest_first(states, name):
    arn = make(states, name, machine(Choose={
        "Type": "Choice", "Choices": [{"Variable": "$", "BooleanEquals": True, "Next": "Fail"}], "Default": "Wait",
    }, Fail={"Type": "Fail", "Error": "Mine"}, Wait={"Type": "Wait", "Seconds": 3600}))
    failed = [start(states, arn, True) for _ in range(3)]
    running = [start(states, arn, False) for _ in range(2)]
    arns = lambda **how: [  # noqa: E731
        each["executionArn"]
        for page in states.get_paginator("list_executions").paginate(stateMachineArn=arn, **how)
        for each in page["executions"]
    ]
    everything = arns(PaginationConfig={"PageSize": 2})
    assert sorted(everything) == sorted(failed + running) and set(everything[:2]) == set(running) or everything
    assert sorted(arns(statusFilter="FAILED")) == sorted(failed)
    assert sorted(arns(statusFilter="RUNNING")) == sorted(running)
    assert arns(statusFilter="SUCCEEDED") == []


def test_a_function_is_called(cloud, states, name):
    lambdas = cloud.client("lambda")
    code = """
def handler(event, context):
    if event.get("fail"):
        raise ValueError("no seats")
    return {"seen": event}
"""
    arn_of_function = functions.create(lambdas, name, code)["FunctionArn"]
    arn = make(states, name, machine(Call={"Type": "Task", "Resource": arn_of_function}))
    execution = start(states, arn, {"x": 1})
    assert json.loads(ended(states, execution)["output"]) == {"seen": {"x": 1}}
    assert types(states, execution) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    scheduled = history(states, execution)[2]["lambdaFunctionScheduledEventDetails"]
    assert scheduled == {"resource": arn_of_function, "input": '{"x":1}', "inputDetails": {"truncated": False}}
    failed = ended(states, start(states, arn, {"fail": True}))
    assert (failed["status"], failed["error"]) == ("FAILED", "ValueError")
    assert json.loads(failed["cause"])["errorMessage"] == "no seats"


def test_a_wait_of_days_ends_when_the_clock_comes_there(make_cloud):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    arn = make(states, "waits", machine(Wait={"Type": "Wait", "Seconds": 3 * 86_400}, End={"Type": "Succeed"}))
    execution = start(states, arn, {"a": 1})
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    cloud.kill()
    cloud.start()
    states = cloud.client("stepfunctions")
    move(cloud, advance_seconds=3 * 86_400 + 1)
    shown = ended(states, execution)
    assert (shown["status"], shown["output"]) == ("SUCCEEDED", '{"a":1}')


def test_executions_are_forgotten_after_ninety_days(make_cloud):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    arn = make(states, "passes", machine(Pass={"Type": "Pass"}))
    execution = start(states, arn, name="one")
    move(cloud, advance_seconds=89 * 86_400)
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    later = start(states, arn, name="two")
    move(cloud, advance_seconds=2 * 86_400)
    eventually(lambda: len(states.list_executions(stateMachineArn=arn)["executions"]) == 1)
    assert refused(states.describe_execution, executionArn=execution)[0] == "ExecutionDoesNotExist"
    assert states.describe_execution(executionArn=later)["status"] == "SUCCEEDED"
    start(states, arn, name="one")


def test_map_runs_are_forgotten_with_their_execution(make_cloud):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **machine(Each={"Type": "Pass"})}
    arn = make(states, "maps", machine(All={"Type": "Map", "ItemProcessor": inner}))
    execution = start(states, arn, [1, 2])
    assert ended(states, execution)["output"] == "[1,2]"
    [map_run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    of = {"mapRunArn": map_run["mapRunArn"]}
    [*children] = (child["executionArn"] for child in states.list_executions(**of)["executions"])
    move(cloud, advance_seconds=91 * 86_400)
    eventually(lambda: not states.list_executions(stateMachineArn=arn)["executions"])
    assert refused(states.describe_map_run, **of)[0] == "ResourceNotFound"
    for child in children:
        assert refused(states.describe_execution, executionArn=child)[0] == "ExecutionDoesNotExist"


def test_a_thousand_items_of_a_map(states, name):
    inner = {"ProcessorConfig": {"Mode": "INLINE"}, **machine(Each={"Type": "Pass"})}
    arn = make(states, name, machine(All={"Type": "Map", "ItemProcessor": inner}))
    assert run(states, arn, list(range(1000))) == list(range(1000))


def test_versions_and_aliases_share_executions_out(states, name):
    arn = make(states, name, machine(Pass={"Type": "Pass", "Result": 1}))
    version = states.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"]
    assert version == f"{arn}:1"
    again = states.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL")
    assert again["stateMachineVersionArn"] == version
    routes = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = states.create_state_machine_alias(name="PROD", routingConfiguration=routes)["stateMachineAliasArn"]
    shown = states.describe_execution(executionArn=start(states, alias))
    assert (shown["stateMachineAliasArn"], shown["stateMachineVersionArn"]) == (alias, version)
    wrong = [{"stateMachineVersionArn": version, "weight": 99}]
    bad = {"name": "X", "routingConfiguration": wrong}
    assert refused(states.create_state_machine_alias, **bad)[0] == "ValidationException"
    assert refused(states.delete_state_machine_version, stateMachineVersionArn=version)[0] == "ConflictException"
    states.delete_state_machine_alias(stateMachineAliasArn=alias)
    states.delete_state_machine_version(stateMachineVersionArn=version)
    assert states.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"] == []


def test_a_state_machine_goes_with_its_executions(states, name):
    arn = make(states, name, machine(Wait={"Type": "Wait", "Seconds": 3600}))
    executions = [start(states, arn) for _ in range(120)]
    states.delete_state_machine(stateMachineArn=arn)

    def is_gone():
        try:
            assert states.describe_state_machine(stateMachineArn=arn)["status"] == "DELETING"
        except states.exceptions.StateMachineDoesNotExist:
            return True

    eventually(is_gone)
    assert refused(states.describe_execution, executionArn=executions[0])[0] == "ExecutionDoesNotExist"
    again = make(states, name, machine(Pass={"Type": "Pass"}))
    assert states.list_executions(stateMachineArn=again)["executions"] == []


def test_executions_go_on_whatever_crashes(make_cloud):
    cloud = make_cloud().start()
    url = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"].replace(cloud.url, "http://localhost")
    parameters = {"QueueUrl": url, "MessageBody.$": "States.JsonToString($)"}
    call = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "ResultPath": None}
    calls = {f"Call{number}": {**call, "Parameters": parameters} for number in range(4)}
    pauses = {f"Pause{number}": {"Type": "Wait", "Seconds": 1} for number in range(4)}
    mixed = {name: state for pair in zip(calls.items(), pauses.items()) for name, state in pair}
    arn = make(cloud.client("stepfunctions"), "sends", machine(**mixed))
    executions = [start(cloud.client("stepfunctions"), arn, number) for number in range(20)]
    for _ in range(6):
        cloud.kill()
        cloud.start()
        move(cloud, advance_seconds=1)
    states = cloud.client("stepfunctions")
    for number, execution in enumerate(executions):
        shown = ended(states, execution, 60)
        assert (shown["status"], shown["output"]) == ("SUCCEEDED", str(number)), shown
        events = history(states, execution)
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert sum(event["type"] == "TaskSucceeded" for event in events) == 4


def test_a_distributed_map_runs_an_execution_for_each_item(states, name):
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    inner.update(machine(Each={"Type": "Pass"}, Stop={
        "Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 13, "Next": "Fail"}], "Default": "End",
    }, Fail={"Type": "Fail", "Error": "Unlucky"}, End={"Type": "Succeed"}))
    each = {"Type": "Map", "Label": "Each", "ItemProcessor": inner, "MaxConcurrency": 7}
    arn = make(states, name, machine(All=each))
    execution = start(states, arn, list(range(100, 200)))
    assert json.loads(ended(states, execution)["output"]) == list(range(100, 200))
    kinds = types(states, execution)
    assert kinds[2:] == OF_A_MAP_RUN
    [map_run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    shown = states.describe_map_run(mapRunArn=map_run["mapRunArn"])
    assert (shown["status"], shown["maxConcurrency"], shown["executionArn"]) == ("SUCCEEDED", 7, execution)
    assert (shown["itemCounts"]["succeeded"], shown["executionCounts"]["total"]) == (100, 100)
    children = states.list_executions(mapRunArn=map_run["mapRunArn"], maxResults=1000)["executions"]
    assert len(children) == 100 and children[0]["itemCount"] == 1
    assert states.describe_execution(executionArn=children[0]["executionArn"])["mapRunArn"] == map_run["mapRunArn"]
    late = {"mapRunArn": map_run["mapRunArn"], "maxConcurrency": 1}
    assert refused(states.update_map_run, **late)[0] == "ValidationException"
    failed = ended(states, start(states, arn, [12, 13, 14]))
    assert failed["error"] == "States.ExceedToleratedFailureThreshold"
    tolerant = make(states, name + "-tolerant", machine(All={**each, "ToleratedFailureCount": 1}))
    assert run(states, tolerant, [12, 13, 14])[0] == 12


def test_a_map_run_ends_with_its_execution(states, name):
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    inner.update(machine(Each={"Type": "Wait", "Seconds": 3600}))
    arn = make(states, name, machine(All={"Type": "Map", "ItemProcessor": inner}))
    execution = start(states, arn, list(range(100)))
    [map_run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    of = {"mapRunArn": map_run["mapRunArn"], "maxResults": 1000}
    eventually(lambda: len(states.list_executions(**of, statusFilter="RUNNING")["executions"]) == 100)
    states.stop_execution(executionArn=execution)
    eventually(lambda: len(states.list_executions(**of, statusFilter="ABORTED")["executions"]) == 100)
    assert states.describe_map_run(mapRunArn=map_run["mapRunArn"])["status"] == "ABORTED"


def test_a_state_machine_goes_with_its_map_runs(make_cloud):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    inner = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    inner.update(machine(Each={"Type": "Wait", "Seconds": 3600}))
    arn = make(states, "maps", machine(All={"Type": "Map", "ItemProcessor": inner}))
    execution = start(states, arn, list(range(300)))
    [map_run] = states.list_map_runs(executionArn=execution)["mapRuns"]
    of = {"mapRunArn": map_run["mapRunArn"], "maxResults": 1000}
    eventually(lambda: len(states.list_executions(**of, statusFilter="RUNNING")["executions"]) == 300)
    states.delete_state_machine(stateMachineArn=arn)
    eventually(lambda: not states.list_state_machines()["stateMachines"])
    assert refused(states.list_executions, **of)[0] == "ResourceNotFound"
    # A timer of an execution that was left would find nothing to run, and keep others from ringing.
    waits = make(states, "waits", machine(Wait={"Type": "Wait", "Seconds": 7200}))
    later = start(states, waits)
    move(cloud, advance_seconds=7201)
    assert ended(states, later)["status"] == "SUCCEEDED"


def test_no_execution_runs_for_more_than_a_year(make_cloud):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    execution = start(states, make(states, "year", machine(Wait={"Type": "Wait", "Seconds": 99_999_999})))
    move(cloud, advance_seconds=364 * 86_400)
    assert states.describe_execution(executionArn=execution)["status"] == "RUNNING"
    move(cloud, advance_seconds=2 * 86_400)
    shown = ended(states, execution)
    assert shown["status"] == "TIMED_OUT"
    assert shown["redriveStatusReason"] == "Execution has exceeded the max execution time"
