"""Tasks of Step Functions that others end: activities and tokens, with time limits and signs of life."""

import json
import threading

import pytest
from conftest import eventually, move, refused
from machines import ended, history, machine, make, start, types


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions", read_timeout=70)


def waiting(queue_url, **more):
    """A task that sends its token to a queue, and waits."""
    body = {"token.$": "$$.Task.Token", "input.$": "$"}
    parameters = {"QueueUrl": queue_url, "MessageBody": body}
    resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    return {"Type": "Task", "Resource": resource, "Parameters": parameters, **more}


def token_from(queues, url):
    [message] = queues.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
    queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])["token"]


@pytest.fixture
def queue(cloud, name):
    queues = cloud.client("sqs")
    return queues, queues.create_queue(QueueName=name)["QueueUrl"]


def test_a_worker_takes_a_task_and_ends_it(states, name):
    activity = states.create_activity(name=name)["activityArn"]
    assert states.create_activity(name=name)["activityArn"] == activity
    arn = make(states, name, machine(Work={"Type": "Task", "Resource": activity, "HeartbeatSeconds": 60}))
    taken = []
    poll = lambda: taken.append(states.get_activity_task(activityArn=activity, workerName="w"))  # noqa: E731
    poller = threading.Thread(target=poll)
    poller.start()
    execution = start(states, arn, {"a": 1})
    poller.join(10)
    [task] = taken
    assert json.loads(task["input"]) == {"a": 1}
    states.send_task_heartbeat(taskToken=task["taskToken"])
    states.send_task_success(taskToken=task["taskToken"], output='"done"')
    assert ended(states, execution)["output"] == '"done"'
    events = history(states, execution)
    assert [event["type"] for event in events][2:5] == [
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
    ]
    assert events[2]["activityScheduledEventDetails"]["heartbeatInSeconds"] == 60
    assert events[3]["activityStartedEventDetails"] == {"workerName": "w"}
    late = {"taskToken": task["taskToken"], "output": "1"}
    assert refused(states.send_task_success, **late)[0] == "TaskTimedOut"
    assert refused(states.send_task_success, taskToken="x", output="1")[0] == "InvalidToken"
    states.delete_activity(activityArn=activity)
    assert refused(states.describe_activity, activityArn=activity)[0] == "ActivityDoesNotExist"


def test_a_token_ends_a_task(states, name, queue):
    queues, url = queue
    arn = make(states, name, machine(Ask=waiting(url)))
    execution = start(states, arn, {"a": 1})
    token = token_from(queues, url)
    assert refused(states.send_task_success, taskToken=token, output="{")[0] == "InvalidOutput"
    states.send_task_success(taskToken=token, output='{"paid": true}')
    assert json.loads(ended(states, execution)["output"]) == {"paid": True}
    assert types(states, execution)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    execution = start(states, arn)
    states.send_task_failure(taskToken=token_from(queues, url), error="Declined", cause="no money")
    shown = ended(states, execution)
    assert (shown["status"], shown["error"], shown["cause"]) == ("FAILED", "Declined", "no money")


def test_a_token_is_of_its_own_account_and_region(cloud, states, name, queue):
    queues, url = queue
    execution = start(states, make(states, name, machine(Ask=waiting(url))))
    token = token_from(queues, url)
    for other in (cloud.client("stepfunctions", "111122223333"), cloud.client("stepfunctions", region="eu-west-1")):
        assert refused(other.send_task_success, taskToken=token, output="1")[0] == "InvalidToken"
        assert refused(other.send_task_failure, taskToken=token)[0] == "InvalidToken"
        assert refused(other.send_task_heartbeat, taskToken=token)[0] == "InvalidToken"
    states.send_task_success(taskToken=token, output="2")
    assert ended(states, execution)["output"] == "2"


def test_time_limits_and_signs_of_life(make_cloud):
    cloud = make_cloud().start()
    states, queues = cloud.client("stepfunctions"), cloud.client("sqs")
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    arn = make(states, "limits", machine(Ask=waiting(url, TimeoutSeconds=3600, HeartbeatSeconds=60)))
    silent = start(states, arn)
    token_from(queues, url)
    move(cloud, advance_seconds=61)
    assert ended(states, silent)["error"] == "States.HeartbeatTimeout"
    alive = start(states, arn)
    token = token_from(queues, url)
    for _ in range(59):
        move(cloud, advance_seconds=59)
        states.send_task_heartbeat(taskToken=token)
    assert states.describe_execution(executionArn=alive)["status"] == "RUNNING"
    for seconds in (59, 30):
        move(cloud, advance_seconds=seconds)
        states.send_task_heartbeat(taskToken=token)
    move(cloud, advance_seconds=31)
    assert ended(states, alive)["error"] == "States.Timeout"


def test_tokens_outlive_the_process(make_cloud):
    cloud = make_cloud().start()
    states, queues = cloud.client("stepfunctions"), cloud.client("sqs")
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    activity = states.create_activity(name="a")["activityArn"]
    arn = make(states, "asks", machine(Ask=waiting(url), Work={"Type": "Task", "Resource": activity}))
    execution = start(states, arn)
    token = token_from(queues, url)
    cloud.kill()
    cloud.start()
    states = cloud.client("stepfunctions")
    states.send_task_success(taskToken=token, output="1")
    cloud.kill()
    cloud.start()
    states = cloud.client("stepfunctions")
    task = states.get_activity_task(activityArn=activity)
    assert task["input"] == "1"
    states.send_task_success(taskToken=task["taskToken"], output="2")
    assert ended(states, execution)["output"] == "2"


def test_a_retry_waits_as_long_as_it_says(make_cloud):
    cloud = make_cloud().start()
    states = cloud.client("stepfunctions")
    activity = states.create_activity(name="a")["activityArn"]
    retry = [{"ErrorEquals": ["Mine"], "IntervalSeconds": 100, "MaxAttempts": 2, "BackoffRate": 2}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    task = {"Type": "Task", "Resource": activity, "Retry": retry, "Catch": catch, "End": True}
    arn = make(states, "retries", machine(Work=task, Caught={"Type": "Pass"}))
    execution = start(states, arn)
    for seconds in (100, 200, None):
        token = states.get_activity_task(activityArn=activity)["taskToken"]
        states.send_task_failure(taskToken=token, error="Mine", cause="why")
        if seconds:
            assert types(states, execution)[-1] == "ActivityFailed"
            move(cloud, advance_seconds=seconds)
            eventually(lambda: types(states, execution)[-1] == "ActivityScheduled")
    assert json.loads(ended(states, execution)["output"]) == {"Error": "Mine", "Cause": "why"}
