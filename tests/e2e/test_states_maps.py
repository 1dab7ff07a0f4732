"""Map runs of Step Functions: executions of both types, what is counted, and what a crash leaves of them."""

import json

import pytest
from conftest import eventually, move, refused
from machines import OF_A_MAP_RUN, ended, history, machine, make, start, types

FIND = "arn:aws:states:::aws-sdk:sqs:getQueueUrl"


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions")


def each(kind="EXPRESS", fields=None, **inner):
    """A distributed Map state over these inner states."""
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}, **machine(**inner)}
    return {"Type": "Map", "Label": "Each", "ItemProcessor": processor, **(fields or {})}


def map_run(states, execution):
    """The only map run of an execution, once it is there."""
    runs = eventually(lambda: states.list_map_runs(executionArn=execution)["mapRuns"])
    [run] = runs
    return run["mapRunArn"]


def children(states, run, **more):
    return states.list_executions(mapRunArn=run, maxResults=1000, **more)["executions"]


def counts(states, run, of="executionCounts"):
    return {name: count for name, count in states.describe_map_run(mapRunArn=run)[of].items() if count}


UNLUCKY = {
    "Look": {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 13, "Next": "Fail"}],
        "Default": "End",
    },
    "Fail": {"Type": "Fail", "Error": "Unlucky", "Cause": "13"},
    "End": {"Type": "Succeed"},
}


def test_express_executions_run_for_items(states, name):
    arn = make(states, name, machine(All=each(Add={"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input + 1 %}"})))
    execution = start(states, arn, list(range(150)))
    shown = ended(states, execution)
    assert json.loads(shown["output"]) == list(range(1, 151)), shown
    assert types(states, execution)[2:] == OF_A_MAP_RUN
    run = map_run(states, execution)
    assert counts(states, run) == {"succeeded": 150, "total": 150, "resultsWritten": 150}
    found = children(states, run)
    assert len(found) == 150 and {one["mapRunArn"] for one in found} == {run}
    child = found[0]["executionArn"]
    assert child.split(":")[5] == "express" and child.split(":")[6] == f"{name}/Each"
    described = states.describe_execution(executionArn=child)
    assert (described["status"], described["mapRunArn"]) == ("SUCCEEDED", run)
    assert int(described["output"]) == int(described["input"]) + 1
    of_child = states.describe_state_machine_for_execution(executionArn=child)
    assert (of_child["label"], of_child["mapRunArn"]) == ("Each", run)
    # They have no history, and no other ARN.
    for call in (states.get_execution_history, states.stop_execution, states.redrive_execution):
        assert refused(call, executionArn=child)[0] == "InvalidArn"
    standard = ":".join(child.replace(":express:", ":execution:").split(":")[:8])
    assert refused(states.describe_execution, executionArn=standard)[0] == "ExecutionDoesNotExist"


def test_express_executions_fail_and_are_run_again_from_their_beginning(cloud, states, name):
    queue = name[:70]
    find = {"Type": "Task", "Resource": FIND, "Parameters": {"QueueName.$": "$"}, "ResultPath": None}
    arn = make(states, name, machine(All=each(fields={"MaxConcurrency": 1}, First={"Type": "Pass"}, Find=find)))
    execution = start(states, arn, [queue, queue])
    assert ended(states, execution)["error"] == "States.ExceedToleratedFailureThreshold"
    run = map_run(states, execution)
    assert counts(states, run) == {"failed": 1, "pending": 1, "total": 2}
    [failed] = children(states, run)
    assert (failed["status"], failed["redriveCount"]) == ("FAILED", 0)
    described = states.describe_execution(executionArn=failed["executionArn"])
    assert described["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    cloud.client("sqs").create_queue(QueueName=queue)
    states.redrive_execution(executionArn=execution)
    shown = ended(states, execution)
    assert json.loads(shown["output"]) == [queue, queue], shown
    assert counts(states, run) == {"succeeded": 2, "total": 2, "resultsWritten": 2}
    assert sorted(one["redriveCount"] for one in children(states, run)) == [0, 1]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_who_may_fail_is_told_whole(states, name, kind):
    fields = {"ToleratedFailurePercentagePath": "$.most", "ItemsPath": "$.items"}
    arn = make(states, name, machine(All=each(kind, fields, **UNLUCKY)))
    execution = start(states, arn, {"most": 50, "items": [12, 13]})
    good, bad = json.loads(ended(states, execution)["output"])
    assert good == 12
    assert (bad["Status"], bad["Error"], bad["Cause"], bad["Input"]) == ("FAILED", "Unlucky", "13", "13")
    [failed] = children(states, map_run(states, execution), statusFilter="FAILED")
    assert bad["ExecutionArn"] == failed["executionArn"]
    too_many = ended(states, start(states, arn, {"most": 49, "items": [12, 13]}))
    assert too_many["error"] == "States.ExceedToleratedFailureThreshold"


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_who_is_stopped_stops_what_it_runs(states, name, kind):
    arn = make(states, name, machine(All=each(kind, {"MaxConcurrency": 3}, Wait={"Type": "Wait", "Seconds": 200})))
    execution = start(states, arn, list(range(5)))
    run = map_run(states, execution)
    eventually(lambda: counts(states, run) == {"pending": 2, "running": 3, "total": 5})
    states.stop_execution(executionArn=execution)
    eventually(lambda: counts(states, run) == {"pending": 2, "aborted": 3, "total": 5})
    assert states.describe_map_run(mapRunArn=run)["status"] == "ABORTED"
    assert len(children(states, run, statusFilter="ABORTED")) == 3


def test_express_executions_have_five_minutes(make_cloud):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    fields = {"ToleratedFailureCount": 1}
    arn = make(states, "late", machine(All=each("EXPRESS", fields, Wait={"Type": "Wait", "SecondsPath": "$"})))
    execution = start(states, arn, [1, 400])
    run = map_run(states, execution)
    eventually(lambda: counts(states, run).get("running") == 2)
    move(cloud, advance_seconds=301)
    shown = ended(states, execution)
    assert [isinstance(one, dict) and one["Status"] for one in json.loads(shown["output"])] == [False, "TIMED_OUT"]
    assert counts(states, run) == {"succeeded": 1, "timedOut": 1, "total": 2, "resultsWritten": 2}


def test_express_executions_may_have_any_number_of_events(states, name):
    """A loop of 9,000 rounds has more than a history may have."""
    loop = {
        "Next": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input + 1 %}", "Next": "Enough"},
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericLessThan": 9000, "Next": "Next"}],
            "Default": "End",
        },
        "End": {"Type": "Succeed"},
    }
    arn = make(states, name, machine(All=each(**loop)))
    assert json.loads(ended(states, start(states, arn, [0]), 60)["output"]) == [9000]


def test_items_of_batches_are_counted(states, name):
    fields = {"ItemBatcher": {"MaxItemsPerBatch": 3, "BatchInput": {"all.$": "$[0]"}}, "MaxConcurrency": 2}
    arn = make(states, name, machine(All=each("STANDARD", fields, Wait={"Type": "Wait", "Seconds": 3600})))
    execution = start(states, arn, list(range(10)))
    run = map_run(states, execution)
    eventually(lambda: counts(states, run) == {"pending": 2, "running": 2, "total": 4})
    assert counts(states, run, "itemCounts") == {"pending": 4, "running": 6, "total": 10}
    assert {one["itemCount"] for one in children(states, run)} == {3}
    states.update_map_run(mapRunArn=run, maxConcurrency=4)
    eventually(lambda: counts(states, run) == {"running": 4, "total": 4})
    states.update_map_run(mapRunArn=run, toleratedFailureCount=3)
    one, *_ = children(states, run)
    states.stop_execution(executionArn=one["executionArn"])
    eventually(lambda: counts(states, run).get("aborted") == 1)
    assert states.describe_map_run(mapRunArn=run)["status"] == "RUNNING"
    states.update_map_run(mapRunArn=run, toleratedFailureCount=0)
    assert ended(states, execution)["error"] == "States.ExceedToleratedFailureThreshold"
    assert counts(states, run) == {"aborted": 4, "total": 4}


def test_what_waits_to_be_redriven_can_be_stopped(states, name):
    fields = {"MaxConcurrency": 3}
    arn = make(states, name, machine(All=each("STANDARD", fields, Wait={"Type": "Wait", "Seconds": 3600})))
    execution = start(states, arn, [1, 2, 3])
    run = map_run(states, execution)
    eventually(lambda: counts(states, run).get("running") == 3)
    states.update_map_run(mapRunArn=run, maxConcurrency=1, toleratedFailureCount=3)
    states.stop_execution(executionArn=execution)
    eventually(lambda: counts(states, run).get("aborted") == 3)
    states.redrive_execution(executionArn=execution)
    eventually(lambda: counts(states, run) == {"running": 1, "pendingRedrive": 2, "total": 3})
    pending, _ = children(states, run, statusFilter="PENDING_REDRIVE")
    states.stop_execution(executionArn=pending["executionArn"], error="Enough", cause="it waited")
    stopped = states.describe_execution(executionArn=pending["executionArn"])
    assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "Enough", "it waited")
    assert stopped["stopDate"] >= pending["stopDate"]
    eventually(lambda: counts(states, run) == {"running": 1, "pendingRedrive": 1, "aborted": 1, "total": 3})
    for left in (1, 0):
        [running] = children(states, run, statusFilter="RUNNING")
        states.stop_execution(executionArn=running["executionArn"])
        eventually(lambda left=left: counts(states, run).get("running", 0) == left)
    assert [one["Status"] for one in json.loads(ended(states, execution)["output"])] == ["ABORTED"] * 3


def test_labels_are_looked_at(states, name):
    for label in ("a b", "x" * 41, "a/b", ""):
        definition = machine(All={**each(P={"Type": "Pass"}), "Label": label})
        text = json.dumps(definition)
        [wrong] = states.validate_state_machine_definition(definition=text)["diagnostics"]
        assert wrong["location"].endswith("/All/Label"), wrong
    unnamed = each(P={"Type": "Pass"})
    del unnamed["Label"]
    arn = make(states, name, machine(**{"Every item: all": unnamed}))
    execution = start(states, arn, [1])
    assert json.loads(ended(states, execution)["output"]) == [1]
    run = map_run(states, execution)
    assert run.split(":")[6] == f"{name}/Every-item--all"
    assert states.describe_map_run(mapRunArn=run)["status"] == "SUCCEEDED"


def test_results_that_are_too_large_fail_the_state(states, name):
    large = {"Type": "Pass", "Result": "x" * 200_000}
    arn = make(states, name, machine(All=each("EXPRESS", None, Large=large)))
    assert json.loads(ended(states, start(states, arn, [1]))["output"]) == ["x" * 200_000]
    execution = start(states, arn, [1, 2])
    shown = ended(states, execution)
    assert (shown["status"], shown["error"]) == ("FAILED", "States.DataLimitExceeded")
    kinds = [event["type"] for event in history(states, execution)]
    assert kinds[-3:] == ["MapRunSucceeded", "MapStateFailed", "ExecutionFailed"]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_a_map_run_goes_on_whatever_crashes(make_cloud, kind):
    cloud = make_cloud().start()
    sqs, s3 = cloud.client("sqs"), cloud.client("s3")
    url = sqs.create_queue(QueueName="q")["QueueUrl"].replace(cloud.url, "http://localhost")
    s3.create_bucket(Bucket="items")
    s3.put_object(Bucket="items", Key="a.jsonl", Body="".join(f'{{"n": {n}}}\n' for n in range(400)))
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody.$": "States.JsonToString($.n)"},
        "ResultPath": None,
    }
    fields = {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"},
            "Parameters": {"Bucket": "items", "Key": "a.jsonl"},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "items", "Prefix": "out"},
            "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"},
        },
        "MaxConcurrency": 20,
    }
    arn = make(cloud.client("stepfunctions"), "maps", machine(All=each(kind, fields, Send=send)))
    execution = start(cloud.client("stepfunctions"), arn)
    seen = 0
    for _ in range(5):
        run = map_run(cloud.client("stepfunctions"), execution)

        def has_gone_on(run=run, seen=seen):
            now = counts(cloud.client("stepfunctions"), run).get("succeeded", 0)
            return now > seen or now == 400

        eventually(has_gone_on, 60)
        seen = counts(cloud.client("stepfunctions"), run).get("succeeded", 0)
        cloud.kill()
        cloud.start()
    states, s3, sqs = (cloud.client(service) for service in ("stepfunctions", "s3", "sqs"))
    shown = ended(states, execution, 120)
    assert shown["status"] == "SUCCEEDED", shown
    assert counts(states, run) == {"succeeded": 400, "total": 400, "resultsWritten": 400}
    assert len(children(states, run)) == 400
    details = json.loads(shown["output"])["ResultWriterDetails"]
    manifest = json.loads(s3.get_object(**details)["Body"].read())
    [file] = manifest["ResultFiles"]["SUCCEEDED"]
    lines = s3.get_object(Bucket="items", Key=file["Key"])["Body"].read().splitlines()
    assert [json.loads(line)["n"] for line in lines] == list(range(400))
    # Each was sent, at least once.
    sent = set()
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        sent.update(int(message["Body"]) for message in messages)
    assert sent == set(range(400))


def test_a_map_run_within_a_map_run(states, name):
    inner = each("EXPRESS", {"Label": "Inner"}, P={"Type": "Pass"})
    arn = make(states, name, machine(All=each("STANDARD", {"Label": "Outer"}, Inner=inner)))
    execution = start(states, arn, [[1, 2], [3]])
    assert json.loads(ended(states, execution)["output"]) == [[1, 2], [3]]
    outer = children(states, map_run(states, execution))[0]["executionArn"]
    run = map_run(states, outer)
    assert run.split(":")[6] == f"{name}/Inner"
    assert states.describe_map_run(mapRunArn=run)["executionArn"] == outer
