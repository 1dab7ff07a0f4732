"""Actions of services behind routes of HTTP APIs, with mapped parameters."""

import json
import urllib.parse
import xml.etree.ElementTree as ElementTree

import pytest
from http_apis import ask, refused

ROLE = "arn:aws:iam::000000000000:role/gateway"
PASS = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}})


@pytest.fixture
def apis(cloud):
    return cloud.client("apigatewayv2")


@pytest.fixture
def api(apis, name):
    made = apis.create_api(Name=name, ProtocolType="HTTP")["ApiId"]
    apis.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    return made


def action(subtype, parameters, **settings):
    return {
        "IntegrationType": "AWS_PROXY",
        "IntegrationSubtype": subtype,
        "CredentialsArn": ROLE,
        "PayloadFormatVersion": "1.0",
        "RequestParameters": parameters,
        **settings,
    }


def add(apis, api, key, subtype, parameters):
    made = apis.create_integration(ApiId=api, **action(subtype, parameters))["IntegrationId"]
    apis.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{made}")


def texts(body):
    """What elements of an answer in XML say, by their names."""
    return {element.tag.rpartition("}")[2]: element.text for element in ElementTree.fromstring(body).iter()}


def test_messages_go_to_a_queue_and_come_from_it(cloud, apis, api, name):
    queue = cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    sending = {
        "QueueUrl": queue,
        "MessageBody": "$request.body.text",
        "DelaySeconds": "0",
        "MessageAttributes": '{"from": {"DataType": "String", "StringValue": "${request.header.x-from}"}}',
    }
    add(apis, api, "POST /", "SQS-SendMessage", sending)
    taking = {"QueueUrl": queue, "MaxNumberOfMessages": "1", "MessageAttributeNames": '["All"]'}
    add(apis, api, "GET /", "SQS-ReceiveMessage", taking)
    add(apis, api, "DELETE /", "SQS-DeleteMessage", {"QueueUrl": queue, "ReceiptHandle": "$request.querystring.receipt"})
    status, headers, body = ask(cloud, api, "POST", "/", json.dumps({"text": "grüße & <more>"}), {"X-From": "me"})
    assert (status, headers["content-type"]) == (200, "text/xml")
    sent = texts(body)
    taken = texts(ask(cloud, api, "GET", "/")[2])
    assert (taken["MessageId"], taken["Body"]) == (sent["MessageId"], "grüße & <more>")
    assert (taken["Name"], taken["StringValue"]) == ("from", "me")
    receipt = urllib.parse.quote(taken["ReceiptHandle"], safe="")
    assert ask(cloud, api, "DELETE", f"/?receipt={receipt}")[0] == 200
    status, _, body = ask(cloud, api, "POST", "/", "{}")
    assert (status, texts(body)["Code"]) == (400, "MissingParameter")


def test_executions_start(cloud, apis, api, name):
    machines = cloud.client("stepfunctions")
    make = lambda kind: machines.create_state_machine(  # noqa: E731
        name=f"{name}-{kind}"[:80], definition=PASS, roleArn=ROLE, type=kind
    )["stateMachineArn"]
    add(apis, api, "POST /start", "StepFunctions-StartExecution", {"StateMachineArn": make("STANDARD"), "Input": "$request.body"})
    add(apis, api, "POST /run", "StepFunctions-StartSyncExecution", {"StateMachineArn": make("EXPRESS"), "Input": "$request.body"})
    started = json.loads(ask(cloud, api, "POST", "/start", '{"a": 1}')[2])
    assert json.loads(machines.describe_execution(executionArn=started["executionArn"])["input"]) == {"a": 1}
    ran = json.loads(ask(cloud, api, "POST", "/run", '{"a": 2}')[2])
    assert (ran["status"], json.loads(ran["output"])) == ("SUCCEEDED", {"a": 2})
    status, _, body = ask(cloud, api, "POST", "/start", "no json")
    assert (status, "InvalidExecutionInput" in json.loads(body)["__type"]) == (400, True)


def test_actions_that_are_none(apis, api):
    make = lambda **settings: {"ApiId": api, **settings}  # noqa: E731
    refused(apis.create_integration, "BadRequestException", **make(**action("SQS-SendMessage", {"QueueUrl": "q"})))
    refused(apis.create_integration, "BadRequestException", **make(**action("SQS-Nothing", {})))
    refused(apis.create_integration, "NotImplemented", **make(**action("Kinesis-PutRecord", {})))
