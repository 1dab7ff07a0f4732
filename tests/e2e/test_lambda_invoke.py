"""Invocations as clients make them: at once, for later, or only tried."""

import base64
import json

import pytest
from botocore import UNSIGNED
from conftest import eventually, refused
from functions import create, package

ECHO = """
def handler(event, context):
    client = context.client_context
    return {"event": event, "custom": client and client.custom, "env": client and client.env,
            "app": client and client.client and client.client.app_title}
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


def invoke(functions, name, event=None, **parameters):
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), **parameters)
    return answer, json.loads(answer["Payload"].read() or "null")


def in_base64(document):
    return base64.b64encode(json.dumps(document).encode()).decode()


def test_a_client_says_of_itself(functions, name):
    create(functions, name, ECHO)
    context = {"custom": {"größe": "ø"}, "env": {"locale": "de"}, "client": {"app_title": "trips"}}
    _, body = invoke(functions, name, {"n": 1}, ClientContext=in_base64(context))
    assert body == {"event": {"n": 1}, "custom": {"größe": "ø"}, "env": {"locale": "de"}, "app": "trips"}
    assert invoke(functions, name)[1]["custom"] is None
    words = ("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.")
    for wrong in ["string", in_base64(["a list"]), base64.b64encode(b"no json").decode()]:
        assert refused(functions.invoke, FunctionName=name, ClientContext=wrong) == words, wrong
    # Nobody is told of it later.
    answer = functions.invoke(FunctionName=name, InvocationType="Event", ClientContext="string")
    assert answer["StatusCode"] == 202


def test_the_end_of_the_log_comes_along(functions, name):
    create(functions, name, "def handler(event, context):\n    for n in range(event): print('line', n)")
    answer, _ = invoke(functions, name, 2, LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.startswith("START RequestId: ") and "line 0\nline 1\nEND RequestId: " in log
    answer, _ = invoke(functions, name, 1000, LogType="Tail")
    log = base64.b64decode(answer["LogResult"])
    assert len(log) == 4096 and b"line 999\nEND RequestId: " in log
    assert "LogResult" not in invoke(functions, name, 1)[0]


def test_payloads_have_limits(functions, name):
    create(functions, name, "def handler(event, context): return event if type(event) is str else 'x' * event")
    most = 6 * 1024 * 1024
    answer, body = invoke(functions, name, "x" * (most - 2))
    assert "FunctionError" not in answer and len(body) == most - 2
    code = "RequestEntityTooLargeException"
    message = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
    assert refused(functions.invoke, FunctionName=name, Payload=b'"%s"' % (b"x" * (most - 1))) == (code, message)
    answer, body = invoke(functions, name, most + 100)
    assert (answer["FunctionError"], body["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
    assert body["errorMessage"] == f"Response payload size exceeded maximum allowed payload size ({most + 100} bytes)."
    later = {"FunctionName": name, "InvocationType": "Event"}
    assert functions.invoke(**later, Payload=b'"%s"' % (b"x" * 1_048_574))["StatusCode"] == 202
    message = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"
    assert refused(functions.invoke, **later, Payload=b'"%s"' % (b"x" * 1_048_575)) == (code, message)


def test_the_oldest_way_is_for_later(cloud, functions, name):
    queues = cloud.client("sqs")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    create(functions, name, TELL, Environment={"Variables": {"OUT": url}})
    answer = functions.invoke_async(FunctionName=name, InvokeArgs=json.dumps({"said": "async"}))
    assert answer["Status"] == 202
    got = eventually(lambda: queues.receive_message(QueueUrl=url).get("Messages"))
    assert json.loads(got[0]["Body"]) == {"said": "async"}
    assert refused(functions.invoke_async, FunctionName=name, InvokeArgs=b"{")[0] == "InvalidRequestContentException"
    assert refused(functions.invoke_async, FunctionName="nobody-there", InvokeArgs=b"{}")[0] == "ResourceNotFoundException"


TELL = """
import json, os, urllib.parse, urllib.request
def handler(event, context):
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": json.dumps(event)}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()
"""


@pytest.mark.parametrize("runtime", ["python3.12", "nodejs22.x"])
def test_each_runtime_says_in_its_way_what_failed(functions, name, runtime):
    code = {
        "python3.12": "def handler(event, context): raise KeyError('away')",
        "nodejs22.x": "exports.handler = async () => { throw new RangeError('away'); };",
    }[runtime]
    zipped = {"ZipFile": package(**{"main__py" if runtime.startswith("python") else "main__js": code})}
    create(functions, name, code, Runtime=runtime, Code=zipped)
    answer, body = invoke(functions, name)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    if runtime == "python3.12":
        assert (body["errorType"], body["errorMessage"]) == ("KeyError", "'away'")
        assert body["requestId"] and any("in handler" in line for line in body["stackTrace"])
    else:
        assert (body["errorType"], body["errorMessage"]) == ("RangeError", "away")
        assert body["trace"][0] == "RangeError: away"


def test_a_call_that_is_only_tried_needs_the_permission(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    functions, iam = (cloud.client(service, *cloud.root_key()) for service in ["lambda", "iam"])
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="runner", Path="/service-role/", AssumeRolePolicyDocument=document)
    create(functions, "f", "def handler(event, context): raise SystemExit('it ran')")
    assert functions.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    unknown = cloud.client("lambda", signature_version=UNSIGNED)
    assert refused(unknown.invoke, FunctionName="f", InvocationType="DryRun")[0] == "AccessDeniedException"


def test_traces_and_deadlines_reach_the_function(functions, name):
    code = """
import os
def handler(event, context):
    return [os.environ["_X_AMZN_TRACE_ID"], context.get_remaining_time_in_millis(), context.aws_request_id]
"""
    create(functions, name, code, Timeout=7)
    answer, [trace, left_ms, request_id] = invoke(functions, name)
    assert trace.startswith("Root=1-") and ";Parent=" in trace and ";Sampled=0;" in trace
    assert 0 < left_ms <= 7000
    assert request_id == answer["ResponseMetadata"]["RequestId"]
    assert invoke(functions, name)[1][0] != trace
