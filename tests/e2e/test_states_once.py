"""Tasks are called once: what ran to its end is not run again, whenever Cloudlet is killed, unless a Retry asks for it."""

from pathlib import Path

import machines
import pytest
from conftest import eventually, refused
from functions import create, package

TRIPS = Path(__file__).parents[2] / "examples/trips"
KILLS = 6
AT_ONCE = 10

# Counts at its end, after work that takes some time.
COUNTING = """
import time, sigv4

def handler(event, context):
    time.sleep(event["ms"] / 1000)
    change = {
        "TableName": "runs",
        "Key": {"id": {"S": event["id"]}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    sigv4.call("dynamodb", "DynamoDB_20120810.UpdateItem", change)
    return {"done": event["id"]}
"""
LOST = "Lambda.ServiceException"


@pytest.fixture
def killed(make_cloud):
    """A cloud with a table that counts runs."""
    cloud = make_cloud().start()
    cloud.client("dynamodb").create_table(
        TableName="runs",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return cloud


def states(cloud):
    return cloud.client("stepfunctions", inject_host_prefix=False)


def runs(cloud):
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName="runs", ConsistentRead=True)
    return {item["id"]["S"]: int(item["n"]["N"]) for page in pages for item in page["Items"]}


def kill_while_they_run(cloud, machine, given, chance):
    """Starts executions, some after each kill, kills when a few of them are over, and gives what became of all."""
    names = [f"x{number}" for number in range(KILLS * AT_ONCE)]
    waiting = list(names)
    for kill in range(KILLS):
        begun = [waiting.pop() for _ in range(AT_ONCE)]
        executions = [machines.start(states(cloud), machine, given(name), name=name) for name in begun]
        few = chance.randrange(AT_ONCE) if kill else AT_ONCE - 1
        eventually(lambda: sum(is_over(cloud, execution) for execution in executions) >= few)
        cloud.kill()
        cloud.start()
    prefix = machine.replace(":stateMachine:", ":execution:") + ":"
    return {name: machines.ended(states(cloud), prefix + name, 60) for name in names}


def is_over(cloud, execution):
    return states(cloud).describe_execution(executionArn=execution)["status"] != "RUNNING"


def of_function(resource, parameters, **more):
    return machines.machine(Count={"Type": "Task", "Resource": resource, "Parameters": parameters, **more})


def deploy(cloud):
    code = {"ZipFile": package(main__py=COUNTING, sigv4__py=(TRIPS / "bill/sigv4.py").read_text())}
    return create(cloud.client("lambda"), "count", "", Code=code, Timeout=20)["FunctionArn"]


@pytest.mark.parametrize("how", ["by its ARN", "lambda:invoke"])
def test_a_function_that_came_to_its_end_is_not_run_again(killed, chance, how):
    arn = deploy(killed)
    given = {"id.$": "$.id", "ms.$": "$.ms"}
    if how == "lambda:invoke":
        definition = of_function("arn:aws:states:::lambda:invoke", {"FunctionName": "count", "Payload": given})
    else:
        definition = of_function(arn, given)
    machine = machines.make(states(killed), "counts", definition)
    ends = kill_while_they_run(killed, machine, lambda name: {"id": name, "ms": chance.randrange(400)}, chance)
    counted = runs(killed)
    lost = 0
    for name, end in ends.items():
        if end["status"] == "SUCCEEDED":
            assert counted[name] == 1, name
            continue
        lost += 1
        assert (end["status"], end["error"]) == ("FAILED", LOST), end
        assert counted.get(name, 0) <= 1, name
        types = machines.types(states(killed), end["executionArn"])
        kind = "Task" if how == "lambda:invoke" else "LambdaFunction"
        assert types[2:] == [f"{kind}Scheduled", f"{kind}Started", f"{kind}Failed", "ExecutionFailed"]
    print(f"{len(ends)} executions, {lost} lost")
    assert lost < len(ends)


def test_a_retry_asks_for_another_run(killed, chance):
    retry = [{"ErrorEquals": [LOST], "IntervalSeconds": 1, "MaxAttempts": 20, "BackoffRate": 1}]
    machine = machines.make(
        states(killed), "counts", of_function(deploy(killed), {"id.$": "$.id", "ms.$": "$.ms"}, Retry=retry)
    )
    ends = kill_while_they_run(killed, machine, lambda name: {"id": name, "ms": chance.randrange(400)}, chance)
    assert {end["status"] for end in ends.values()} == {"SUCCEEDED"}
    counted = runs(killed)
    for name, end in ends.items():
        tries = machines.types(states(killed), end["executionArn"]).count("LambdaFunctionStarted")
        assert 1 <= counted[name] <= tries, name


def test_what_changes_the_store_happens_once_with_its_task(killed, chance):
    """Nothing of it fails, and nothing is retried: each item, message and execution is there as often as a task asked for it."""
    queue = killed.client("sqs").create_queue(QueueName="q")["QueueUrl"].replace(killed.url, "http://localhost")
    inner = machines.make(states(killed), "inner", machines.machine(P={"Type": "Pass"}))
    add = {
        "TableName": "runs",
        "Key": {"id": {"S.$": "$.id"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }

    def task(resource, parameters):
        return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "ResultPath": None}

    adds = {f"Add{number}": task("dynamodb:updateItem", add) for number in range(5)}
    message = {"QueueUrl": queue, "MessageBody.$": "$.id"}
    nested = {"StateMachineArn": inner, "Input": {"id.$": "$.id"}}
    definition = machines.machine(
        **adds,
        Send=task("sqs:sendMessage", message),
        Again=task("aws-sdk:sqs:sendMessage", message),
        Start=task("states:startExecution.sync:2", nested),
        Wait={"Type": "Wait", "Seconds": 1},
        Last=task("aws-sdk:dynamodb:updateItem", add),
    )
    machine = machines.make(states(killed), "adds", definition)
    ends = kill_while_they_run(killed, machine, lambda name: {"id": name}, chance)
    assert {end["status"] for end in ends.values()} == {"SUCCEEDED"}
    assert runs(killed) == dict.fromkeys(ends, 6)
    attributes = killed.client("sqs").get_queue_attributes(
        QueueUrl=queue.replace("http://localhost", killed.url), AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == str(2 * len(ends))
    pages = states(killed).get_paginator("list_executions").paginate(stateMachineArn=inner)
    assert sum(len(page["executions"]) for page in pages) == len(ends)
    for end in ends.values():
        kinds = machines.types(states(killed), end["executionArn"])
        assert kinds.count("TaskStarted") == kinds.count("TaskSucceeded") == kinds.count("TaskScheduled") == 9


def test_a_refused_call_leaves_nothing_behind(killed):
    """What a task's operation wrote before it was refused is not there when its failure is."""
    missing = {"QueueUrl": "http://localhost/000000000000/nobody-has-it", "MessageBody": "m"}
    definition = machines.machine(
        A={"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": missing}
    )
    shown = machines.ended(states(killed), machines.start(states(killed), machines.make(states(killed), "m", definition)))
    assert (shown["status"], shown["error"]) == ("FAILED", "SQS.QueueDoesNotExistException")
    code, _ = refused(killed.client("sqs").get_queue_url, QueueName="nobody-has-it")
    assert code == "AWS.SimpleQueueService.NonExistentQueue"
