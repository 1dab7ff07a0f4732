"""Extensions in layers, and functions that fail to initialise, as their logs show them."""

import io
import zipfile

import pytest
from conftest import eventually
from functions import create, invoke

AGENT = """#!/usr/bin/env python3
import http.client, json, os, sys
def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    connection.request(method, "/2020-01-01/extension/" + path, body,
                       {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.headers, json.loads(answer.read())
headers, _ = call("POST", "register", '{"events": ["INVOKE", "SHUTDOWN"]}', Lambda_Extension_Name="agent")
while True:
    event = call("GET", "event/next", Lambda_Extension_Identifier=headers["Lambda-Extension-Identifier"])[1]
    print("agent hears", event["eventType"], event.get("requestId") or event["shutdownReason"], flush=True)
    if event["eventType"] == "SHUTDOWN":
        sys.exit(0)
"""
WRAPPER = """#!/bin/sh
export WRAPPED=$#
exec "$@"
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


def programs(**files):
    """A layer of programs."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name.replace("___", "/"))
            info.external_attr = 0o755 << 16
            archive.writestr(info, text)
    return buffer.getvalue()


def layer(functions, name, **files):
    return functions.publish_layer_version(LayerName=name, Content={"ZipFile": programs(**files)})["LayerVersionArn"]


def lines(cloud, name):
    logs = cloud.client("logs")
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return [event["message"].rstrip("\n") for event in events]


def test_an_extension_hears_of_events_and_of_the_end(cloud, functions, name):
    arn = layer(functions, name, extensions___agent=AGENT)
    create(functions, name, "def handler(event, context): return event", Layers=[arn])
    answer, said = invoke(functions, name, {"n": 1})
    assert said == {"n": 1}
    heard = f"agent hears INVOKE {answer['ResponseMetadata']['RequestId']}"
    eventually(lambda: heard in lines(cloud, name))
    assert "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]" in lines(cloud, name)
    functions.update_function_configuration(FunctionName=name, Description="ends its environments")
    eventually(lambda: "agent hears SHUTDOWN spindown" in lines(cloud, name))


def test_a_crash_of_an_extension_fails_the_function(cloud, functions, name):
    arn = layer(functions, name, extensions___agent="#!/bin/sh\nexit 3\n")
    create(functions, name, "def handler(event, context): return event", Layers=[arn])
    answer, said = invoke(functions, name)
    assert answer["FunctionError"] == "Unhandled"
    message = f"RequestId: {answer['ResponseMetadata']['RequestId']} Error: exit code 3"
    assert said == {"errorType": "Extension.Crash", "errorMessage": message}


def test_eleven_extensions_are_too_many(cloud, functions, name):
    arn = layer(functions, name, **{f"extensions___agent-{number:02}": AGENT for number in range(11)})
    create(functions, name, "def handler(event, context): return event", Layers=[arn], MemorySize=1024)
    answer, said = invoke(functions, name)
    message = f"RequestId: {answer['ResponseMetadata']['RequestId']} Error: TooManyExtensions"
    assert said == {"errorType": "Extension.LaunchError", "errorMessage": message}
    line = "EXTENSION\tName: agent-10\tState: LaunchError\tEvents: []\tError Type: TooManyExtensions"
    eventually(lambda: line in lines(cloud, name))


def test_a_wrapper_starts_the_runtime(functions, name):
    arn = layer(functions, name, wrapper=WRAPPER)
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    code = "import os\ndef handler(event, context): return int(os.environ['WRAPPED'])"
    create(functions, name, code, Layers=[arn], Environment={"Variables": variables})
    assert invoke(functions, name)[1] > 1


def test_an_initialisation_that_fails_is_tried_once_more(cloud, functions, name):
    code = "print('starts')\nraise ValueError('never')"
    create(functions, name, code)
    answer, said = invoke(functions, name)
    assert (answer["FunctionError"], said["errorMessage"]) == ("Unhandled", "never")
    eventually(lambda: any(line.startswith("REPORT") for line in lines(cloud, name)))
    told = lines(cloud, name)
    assert told.count("starts") == 2
    reports = [line for line in told if line.startswith("INIT_REPORT")]
    assert ["\tPhase: init\t" in reports[0], "\tPhase: invoke\t" in reports[1], len(reports)] == [True, True, 2]
