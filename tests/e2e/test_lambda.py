"""Functions as a client deploys and calls them."""

import base64
import concurrent.futures
import json

import pytest
from botocore.exceptions import ClientError
from conftest import eventually
from functions import ROLE, create, invoke, package

ECHO = """
import os
def handler(event, context):
    print("got", event)
    return {"event": event, "name": context.function_name, "arn": context.invoked_function_arn,
            "greeting": os.environ.get("GREETING"), "key": os.environ["AWS_ACCESS_KEY_ID"][:4]}
"""


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


@pytest.fixture
def make(functions, name):
    def make(code=ECHO, **parameters):
        return create(functions, name, code, **parameters)

    return make


def code_of(call, **parameters):
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    return refusal.value.response["Error"]["Code"], refusal.value.response["Error"]["Message"]


def test_the_life_of_a_function(functions, make, name):
    made = make(Environment={"Variables": {"GREETING": "grüße"}}, Tags={"a": "1"}, Timeout=10)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert (made["FunctionArn"], made["State"], made["Timeout"], made["MemorySize"]) == (arn, "Active", 10, 128)
    answer, body = invoke(functions, name, {"n": 1})
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert body == {"event": {"n": 1}, "name": name, "arn": arn, "greeting": "grüße", "key": "ASIA"}

    code = package(main__py="def handler(event, context): return 'new'")
    changed = functions.update_function_code(FunctionName=arn, ZipFile=code)
    assert changed["CodeSha256"] != made["CodeSha256"]
    assert invoke(functions, name)[1] == "new"
    functions.update_function_configuration(FunctionName=name, Handler="main.other")
    answer, body = invoke(functions, name)
    assert answer["FunctionError"] == "Unhandled"
    assert body["errorType"] == "Runtime.HandlerNotFound"

    shown = functions.get_function(FunctionName=name)
    assert (shown["Configuration"]["Handler"], shown["Tags"]) == ("main.other", {"a": "1"})
    functions.tag_resource(Resource=arn, Tags={"b": "2"})
    functions.untag_resource(Resource=arn, TagKeys=["a"])
    assert functions.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    assert name in [one["FunctionName"] for one in functions.get_paginator("list_functions").paginate().build_full_result()["Functions"]]
    functions.delete_function(FunctionName=name)
    assert code_of(functions.invoke, FunctionName=name) == ("ResourceNotFoundException", f"Function not found: {arn}")


def test_what_is_refused(functions, make, name):
    assert code_of(make, Code={"ZipFile": b"no zip"})[0] == "InvalidParameterValueException"
    assert "Reserved keys" in code_of(make, Environment={"Variables": {"AWS_REGION": "x"}})[1]
    assert code_of(make, Runtime="dotnet8")[0] == "InvalidParameterValueException"
    assert code_of(make, Timeout=901)[0] == "ValidationException"
    make()
    assert code_of(make) == ("ResourceConflictException", f"Function already exist: {name}")
    assert code_of(functions.invoke, FunctionName=name, Payload=b"{no")[0] == "InvalidRequestContentException"
    assert code_of(functions.invoke, FunctionName=name, Qualifier="7")[0] == "ResourceNotFoundException"
    stale = {"FunctionName": name, "Description": "x", "RevisionId": "00000000-0000-0000-0000-000000000000"}
    assert code_of(functions.update_function_configuration, **stale)[0] == "PreconditionFailedException"
    assert functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204


def test_failures_and_logs(functions, make, name):
    make("def handler(event, context):\n    print('before')\n    raise ValueError('no ' + event['what'])")
    answer, body = invoke(functions, name, {"what": "way"}, LogType="Tail")
    assert (answer["FunctionError"], body["errorType"], body["errorMessage"]) == ("Unhandled", "ValueError", "no way")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "before" in tail and tail.startswith("START RequestId: ") and "REPORT RequestId: " in tail


def test_a_timeout_ends_the_function(functions, make, name):
    make("import time\ndef handler(event, context):\n    time.sleep(60)", Timeout=1)
    answer, body = invoke(functions, name)
    assert answer["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in body["errorMessage"]


def test_many_at_once_each_have_their_environment(functions, make, name):
    make("import os, time\ndef handler(event, context):\n    time.sleep(0.5)\n    return os.environ['AWS_LAMBDA_LOG_STREAM_NAME']")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        streams = set(pool.map(lambda _: invoke(functions, name)[1], range(4)))
    assert len(streams) == 4


def test_no_event_is_lost_by_a_sigkill(make_cloud):
    cloud = make_cloud().start()
    functions, queues = cloud.client("lambda"), cloud.client("sqs")
    url = queues.create_queue(QueueName="seen")["QueueUrl"]
    code = """
import os, urllib.parse, urllib.request
def handler(event, context):
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": event["n"]}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()
"""
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=ROLE,
        Handler="main.handler",
        Code={"ZipFile": package(main__py=code)},
        Environment={"Variables": {"OUT": url}},
    )
    for number in range(10):
        event = json.dumps({"n": str(number)})
        assert functions.invoke(FunctionName="f", InvocationType="Event", Payload=event)["StatusCode"] == 202
    cloud.kill()
    cloud.start()
    functions, queues = cloud.client("lambda"), cloud.client("sqs")
    assert functions.get_function(FunctionName="f")["Configuration"]["State"] == "Active"
    seen = set()

    def all_seen():
        answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        seen.update(message["Body"] for message in answer.get("Messages", []))
        return len(seen) == 10

    # An event that was at work when the server was killed is taken up again.
    eventually(all_seen, seconds=30)


def test_a_function_reaches_the_cloud_where_every_request_needs_a_signature(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    functions, iam = (cloud.client(service, *cloud.root_key()) for service in ["lambda", "iam"])
    wish = {"RoleName": "runner", "Path": "/service-role/"}
    role = iam.create_role(**wish, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]
    code = "import os\ndef handler(event, context):\n    return dict(os.environ)"
    zipped = {"ZipFile": package(main__py=code)}
    functions.create_function(FunctionName="f", Runtime="python3.12", Role=ROLE, Handler="main.handler", Code=zipped)
    own = json.loads(functions.invoke(FunctionName="f")["Payload"].read())
    assert own["AWS_ENDPOINT_URL"].endswith(cloud.url.rsplit(":", 1)[1])
    keys = [own[f"AWS_{part}"] for part in ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"]]
    identity = cloud.client("sts", *keys).get_caller_identity()
    assert identity["Arn"] == "arn:aws:sts::000000000000:assumed-role/runner/f"
    assert identity["UserId"] == f"{role['RoleId']}:f"


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize("auth", ["open", "enforce"])
def test_a_role_must_trust_lambda(make_cloud, auth):
    cloud = make_cloud("--auth", auth).start()
    functions, iam = (cloud.client(service, *cloud.root_key()) for service in ["lambda", "iam"])
    code = {"ZipFile": package(main__py="def handler(event, context): pass")}
    wish = {"Runtime": "python3.12", "Handler": "main.handler", "Code": code}
    refusal = ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
    other = iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]
    assert code_of(functions.create_function, FunctionName="f", Role=other, **wish) == refusal
    iam.update_assume_role_policy(RoleName="other", PolicyDocument=trust("lambda.amazonaws.com"))
    functions.create_function(FunctionName="f", Role=other, **wish)
    if auth == "open":
        # A placeholder.
        functions.create_function(FunctionName="g", Role="arn:aws:iam::123456789012:role/none", **wish)
        return
    none = "arn:aws:iam::000000000000:role/none"
    assert code_of(functions.create_function, FunctionName="g", Role=none, **wish) == refusal
    assert code_of(functions.update_function_configuration, FunctionName="f", Role=none) == refusal
    with pytest.raises(ClientError) as refused:
        functions.get_function(FunctionName="none")
    assert refused.value.response["Type"] == "User"
    shown = functions.get_function_configuration(FunctionName="f")
    assert shown["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}
    assert shown["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    long = code_of(functions.create_function, FunctionName="f" * 65, Role=other, **wish)
    assert long[0] == "ValidationException" and long[1].endswith("Member must have length less than or equal to 64")
    # A role is known by its path as well.
    assert code_of(functions.create_function, FunctionName="g", Role=other.replace("role/", "role/path/"), **wish) == refusal
    foreign = code_of(functions.create_function, FunctionName="g", Role=none.replace("0" * 12, "1" * 12), **wish)
    assert foreign == ("AccessDeniedException", "Cross-account pass role is not allowed.")


def test_permissions_make_a_policy(functions, make, name):
    arn = make()["FunctionArn"]
    missing = ("ResourceNotFoundException", "The resource you requested does not exist.")
    assert code_of(functions.get_policy, FunctionName=name) == missing
    api = "arn:aws:execute-api:us-east-1:000000000000:api/*/*/trips"
    wish = {"FunctionName": name, "StatementId": "api", "Action": "lambda:InvokeFunction"}
    added = functions.add_permission(
        **wish, Principal="apigateway.amazonaws.com", SourceArn=api, SourceAccount="000000000000"
    )
    statement = {
        "Sid": "api",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {"ArnLike": {"AWS:SourceArn": api}, "StringEquals": {"AWS:SourceAccount": "000000000000"}},
    }
    assert json.loads(added["Statement"]) == statement
    conflict, _ = code_of(functions.add_permission, **wish, Principal="*")
    assert conflict == "ResourceConflictException"
    wish["StatementId"] = "other"
    assert code_of(functions.add_permission, **wish, Principal="nobody")[0] == "InvalidParameterValueException"
    functions.add_permission(**wish, Principal="111122223333")
    shown = functions.get_policy(FunctionName=name)
    policy = json.loads(shown["Policy"])
    assert policy["Statement"][0] == statement
    assert policy["Statement"][1]["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    remove = {"FunctionName": name, "StatementId": "api"}
    changed, _ = code_of(functions.remove_permission, **remove, RevisionId="00000000-0000-4000-8000-000000000000")
    assert changed == "PreconditionFailedException"
    functions.remove_permission(**remove, RevisionId=shown["RevisionId"])
    assert code_of(functions.remove_permission, **remove)[0] == "ResourceNotFoundException"
    wish.update(Principal="*", SourceArn="arn:aws:s3:::" + "x" * 1900)
    for number in range(9):
        functions.add_permission(**{**wish, "StatementId": f"s{number}"})
    assert code_of(functions.add_permission, **wish | {"StatementId": "last"})[0] == "PolicyLengthExceededException"
    functions.delete_function(FunctionName=name)
    make()
    assert code_of(functions.get_policy, FunctionName=name) == missing, "a new function has nothing of the old one"
