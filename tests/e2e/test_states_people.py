"""Who executions wait for outside: a human who follows a link, and workers in processes of their own."""

import json
import subprocess
import sys
import textwrap
import urllib.parse

import pytest
from machines import ROLE, ended, history, machine, make, start
from test_apigateway import Api
from test_states_workers import token_from

WORKER = """
    import json, sys
    import boto3

    url, activity, name = sys.argv[1:]
    states = boto3.client(
        "stepfunctions", endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    while True:
        task = states.get_activity_task(activityArn=activity, workerName=name)
        if not task.get("taskToken"):
            continue
        number = json.loads(task["input"])["number"]
        if number % 5 == 4:
            states.send_task_failure(taskToken=task["taskToken"], error="Tired", cause=name)
        else:
            states.send_task_success(taskToken=task["taskToken"], output=json.dumps({"square": number * number}))
"""


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions")


def answering(cloud, name, verdicts):
    """An API whose links end tasks: each path with an operation of Step Functions and what that gets besides the token."""
    api = Api(cloud.client("apigateway"), cloud, name)
    for path, (operation, more) in verdicts.items():
        place = api.method(path)
        template = {"taskToken": "$util.escapeJavaScript($input.params('token'))", **more}
        api.gateway.put_integration(
            **place,
            type="AWS",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:us-east-1:states:action/{operation}",
            credentials=ROLE,
            requestTemplates={"application/json": json.dumps(template)},
        )
        api.gateway.put_method_response(**place, statusCode="200")
        api.gateway.put_integration_response(**place, statusCode="200")
    api.deploy()
    return api


def test_a_human_approves_by_a_link(cloud, states, name):
    queues = cloud.client("sqs")
    inbox = queues.create_queue(QueueName=name)["QueueUrl"]
    api = answering(
        cloud,
        name,
        {
            "/approve": ("SendTaskSuccess", {"output": '{"approved": true}'}),
            "/reject": ("SendTaskFailure", {"error": "Rejected", "cause": "by hand"}),
        },
    )
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": inbox, "MessageBody": {"token.$": "$$.Task.Token", "trip.$": "$.trip"}},
        "TimeoutSeconds": 3600,
    }
    arn = make(states, name, machine(Ask=ask))

    def asked(path):
        execution = start(states, arn, {"trip": "one"})
        link = urllib.parse.urlencode({"token": token_from(queues, inbox)})
        assert api.ask("GET", f"{path}?{link}")[0] == 200
        return ended(states, execution)

    assert json.loads(asked("/approve")["output"]) == {"approved": True}
    rejected = asked("/reject")
    assert (rejected["status"], rejected["error"], rejected["cause"]) == ("FAILED", "Rejected", "by hand")


def test_workers_poll_in_processes_of_their_own(cloud, states, name):
    activity = states.create_activity(name=name)["activityArn"]
    work = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 60, "Retry": [{"ErrorEquals": ["States.Timeout"]}]}
    work["Catch"] = [{"ErrorEquals": ["Tired"], "Next": "Rest"}]
    arn = make(states, name, machine(Work={**work, "End": True}, Rest={"Type": "Pass", "Result": "rested"}))
    executions = [start(states, arn, {"number": number}) for number in range(20)]
    command = [sys.executable, "-c", textwrap.dedent(WORKER), cloud.url, activity]
    workers = [subprocess.Popen([*command, f"worker-{number}"]) for number in range(3)]
    try:
        outputs = [json.loads(ended(states, execution, 60)["output"]) for execution in executions]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert outputs == ["rested" if number % 5 == 4 else {"square": number * number} for number in range(20)]
    names = set()
    for execution in executions:
        [taken] = [event for event in history(states, execution) if event["type"] == "ActivityStarted"]
        names.add(taken["activityStartedEventDetails"]["workerName"])
    assert names <= {"worker-0", "worker-1", "worker-2"}
