"""Express executions of Step Functions, and what is logged of executions."""

import json

import functions
import pytest
from conftest import eventually, refused
from machines import ended, machine, make, start


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions", inject_host_prefix=False)


@pytest.fixture
def group(cloud, name):
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}:*"

    def logging(level="ALL", data=True):
        destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
        return {"level": level, "includeExecutionData": data, "destinations": destinations}

    def lines(count):
        def there():
            events = logs.filter_log_events(logGroupName=name)["events"]
            return [json.loads(event["message"]) for event in events] if len(events) >= count else None

        return eventually(there)

    return logging, lines


def test_a_client_waits_for_an_express_execution(states, name):
    arn = make(states, name, machine(Pass={"Type": "Pass", "Result": {"b": 2}}), type="EXPRESS")
    answer = states.start_sync_execution(stateMachineArn=arn, name="one", input='{"a": 1}')
    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"b": 2})
    prefix = f"arn:aws:states:us-east-1:000000000000:express:{name}:one:"
    assert answer["executionArn"].startswith(prefix)
    assert answer["billingDetails"]["billedMemoryUsedInMB"] == 64
    assert refused(states.list_executions, stateMachineArn=arn)[0] == "StateMachineTypeNotSupported"
    assert refused(states.describe_execution, executionArn=answer["executionArn"])[0] == "InvalidArn"
    wrong = make(states, name + "-standard", machine(Pass={"Type": "Pass"}))
    assert refused(states.start_sync_execution, stateMachineArn=wrong)[0] == "StateMachineTypeNotSupported"


def test_an_express_execution_calls_functions_and_fails(cloud, states, name):
    lambdas = cloud.client("lambda")
    code = "def handler(event, context):\n    return 1 / event['x']\n"
    arn_of_function = functions.create(lambdas, name, code)["FunctionArn"]
    arn = make(states, name, machine(Call={"Type": "Task", "Resource": arn_of_function}), type="EXPRESS")
    assert states.start_sync_execution(stateMachineArn=arn, input='{"x": 2}')["output"] == "0.5"
    failed = states.start_sync_execution(stateMachineArn=arn, input='{"x": 0}')
    assert (failed["status"], failed["error"]) == ("FAILED", "ZeroDivisionError")


def test_an_express_execution_is_logged(states, name, group):
    logging, lines = group
    definition = machine(Pass={"Type": "Pass"}, Fail={"Type": "Fail", "Error": "Mine"})
    arn = make(states, name, definition, type="EXPRESS", loggingConfiguration=logging())
    execution = start(states, arn, {"a": 1})
    events = lines(5)
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "FailStateEntered",
        "ExecutionFailed",
    ]
    assert {event["execution_arn"] for event in events} == {execution}
    assert json.loads(events[0]["details"]["input"]) == {"a": 1}
    assert events[-1]["details"]["error"] == "Mine"


def test_the_level_chooses_what_is_logged(states, name, group):
    logging, lines = group
    definition = machine(Pass={"Type": "Pass"}, Fail={"Type": "Fail", "Error": "Mine"})
    arn = make(states, name, definition, loggingConfiguration=logging("ERROR", False))
    ended(states, start(states, arn, {"a": 1}))
    events = lines(2)
    assert [event["type"] for event in events] == ["FailStateEntered", "ExecutionFailed"]
    assert "input" not in events[0]["details"]
