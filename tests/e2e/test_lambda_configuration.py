"""What is set for functions and accounts, and what is refused of it."""

import base64
import json

import pytest
from conftest import eventually, refused
from functions import ROLE, create, invoke, package

IDLE = "def handler(event, context): pass"
NO_REVISION = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


def test_what_is_kept_is_shown(functions, name):
    wish = {
        "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": True},
        "FileSystemConfigs": [
            {
                "Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-0123456789abcdef0",
                "LocalMountPath": "/mnt/files",
            }
        ],
        "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
        "TracingConfig": {"Mode": "Active"},
        "EphemeralStorage": {"Size": 1024},
    }
    made = create(functions, name, IDLE, **wish, SnapStart={"ApplyOn": "PublishedVersions"})
    for key, value in wish.items():
        assert made[key] == value, key
    assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    assert functions.publish_version(FunctionName=name)["SnapStart"]["OptimizationStatus"] == "On"
    shown = functions.get_function_configuration(FunctionName=name)
    assert {key: shown[key] for key in wish} == wish
    changed = functions.update_function_configuration(
        FunctionName=name,
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
        FileSystemConfigs=[],
        KMSKeyArn="",
        TracingConfig={"Mode": "PassThrough"},
        SnapStart={"ApplyOn": "None"},
    )
    assert changed["VpcConfig"]["SubnetIds"] == [] and changed["TracingConfig"] == {"Mode": "PassThrough"}
    assert not {"FileSystemConfigs", "KMSKeyArn"} & set(changed)
    assert changed["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert changed["EphemeralStorage"] == {"Size": 1024}
    old = functions.get_function_configuration(FunctionName=name, Qualifier="1")
    assert {key: old[key] for key in wish} == wish


def test_traces_are_sampled_where_they_are_active(functions, name):
    code = "import os\ndef handler(event, context): return os.environ['_X_AMZN_TRACE_ID']"
    create(functions, name, code, TracingConfig={"Mode": "Active"})
    assert ";Sampled=1;" in invoke(functions, name)[1]
    functions.update_function_configuration(FunctionName=name, TracingConfig={"Mode": "PassThrough"})
    assert ";Sampled=0;" in invoke(functions, name)[1]


def test_tmp_is_as_large_as_it_was_asked_for(functions, name):
    code = """
import os
def handler(event, context):
    try:
        with open("/tmp/large", "wb") as file:
            for _ in range(event["mb"]):
                file.write(bytes(1 << 20))
        return "fits"
    except OSError as error:
        return type(error).__name__
    finally:
        os.remove("/tmp/large")
"""
    create(functions, name, code, EphemeralStorage={"Size": 512}, Timeout=30)
    assert invoke(functions, name, {"mb": 400})[1] == "fits"
    assert invoke(functions, name, {"mb": 520})[1] == "OSError"
    functions.update_function_configuration(FunctionName=name, EphemeralStorage={"Size": 600})
    assert invoke(functions, name, {"mb": 520})[1] == "fits"


def test_a_function_prints_to_its_own_group(cloud, functions, name):
    create(functions, name, "def handler(event, context): print('here')", LoggingConfig={"LogGroup": f"/own/{name}"})
    shown = functions.get_function_configuration(FunctionName=name)["LoggingConfig"]
    assert shown == {"LogFormat": "Text", "LogGroup": f"/own/{name}"}
    invoke(functions, name)
    logs = cloud.client("logs")

    def printed():
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/own/{name}")["logGroups"]
        events = groups and logs.filter_log_events(logGroupName=f"/own/{name}")["events"]
        return [event for event in events or [] if "here" in event["message"]]

    eventually(printed)
    level = refused(functions.update_function_configuration, FunctionName=name, LoggingConfig={"SystemLogLevel": "WARN"})
    assert level[0] == "InvalidParameterValueException"


PRINTS = """
import logging
def handler(event, context):
    print("plain")
    logging.debug("low")
    logging.warning("careful", extra={"trip": 7})
    if event.get("fail"):
        raise ValueError("no way")
"""


def lines(answer):
    """The end of an invocation's log, line by line."""
    return base64.b64decode(answer["LogResult"]).decode().splitlines()


def test_lines_are_json_where_that_is_the_format(functions, name):
    made = create(functions, name, PRINTS, LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "WARN"})
    group = f"/aws/lambda/{name}"
    expected = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "INFO", "LogGroup": group}
    assert made["LoggingConfig"] == expected
    answer, _ = invoke(functions, name, LogType="Tail")
    start, plain, warning, report = lines(answer)
    assert plain == "plain"
    start, warning, report = map(json.loads, [start, warning, report])
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert (start["type"], start["record"]) == ("platform.start", {"requestId": request_id, "version": "$LATEST"})
    assert (warning["level"], warning["message"], warning["trip"]) == ("WARNING", "careful", 7)
    assert (warning["requestId"], warning["logger"]) == (request_id, "root")
    assert (report["type"], report["record"]["status"]) == ("platform.report", "success")
    assert report["record"]["metrics"]["memorySizeMB"] == 128 and report["record"]["metrics"]["initDurationMs"] > 0
    answer, body = invoke(functions, name, {"fail": True}, LogType="Tail")
    error = json.loads(lines(answer)[-2])
    assert (error["errorType"], error["errorMessage"]) == (body["errorType"], body["errorMessage"]) == ("ValueError", "no way")
    levels = {"ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN"}
    changed = functions.update_function_configuration(FunctionName=name, LoggingConfig=levels)
    assert changed["LoggingConfig"] == {**expected, **levels}
    messages = [json.loads(line)["message"] for line in lines(invoke(functions, name, LogType="Tail")[0])[1:]]
    assert messages == ["low", "careful"]
    changed = functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    assert changed["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": group}
    assert lines(invoke(functions, name, LogType="Tail")[0])[0].startswith("START RequestId: ")


def test_lines_of_node_are_json_too(functions, name):
    code = """
exports.handler = async () => {
  console.debug('low');
  console.log('some', 1);
  console.warn({ trip: 7 });
  console.error(new TypeError('bad'));
};
"""
    functions.create_function(
        FunctionName=name,
        Runtime="nodejs20.x",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": package(index__js=code)},
        LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"},
    )
    found = [json.loads(line) for line in lines(invoke(functions, name, LogType="Tail")[0])]
    assert [one["level"] for one in found] == ["INFO", "WARN", "ERROR"]
    assert [one["message"] for one in found[:2]] == ["some 1", {"trip": 7}]
    assert (found[2]["errorType"], found[2]["errorMessage"]) == ("TypeError", "bad")


def test_revisions_guard_changes(functions, name):
    revision = create(functions, name, IDLE)["RevisionId"]
    stale = {"FunctionName": name, "RevisionId": NO_REVISION}
    calls = [
        (functions.update_function_configuration, {"Timeout": 5}),
        (functions.update_function_code, {"ZipFile": package(main__py=IDLE)}),
        (functions.publish_version, {}),
    ]
    for call, parameters in calls:
        assert refused(call, **stale, **parameters)[0] == "PreconditionFailedException"
    for call, parameters in calls:
        changed = call(FunctionName=name, RevisionId=revision, **parameters)
        if changed["Version"] == "$LATEST":
            assert changed["RevisionId"] != revision
            revision = changed["RevisionId"]


def test_waiters_come_to_an_end(functions, name):
    create(functions, name, IDLE)
    for waiter in ["function_active_v2", "function_updated_v2", "function_exists", "function_active", "function_updated"]:
        functions.get_waiter(waiter).wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    functions.publish_version(FunctionName=name)
    functions.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig={"MaxAttempts": 1})


def test_what_is_refused(functions, name):
    def refusal(**parameters):
        return refused(create, functions, name, IDLE, **parameters)

    assert refusal(Runtime="python3.11", SnapStart={"ApplyOn": "PublishedVersions"})[1] == (
        "python3.11 is not supported for SnapStart enabled functions."
    )
    large = refusal(Environment={"Variables": {"AA": "x" * 4096}})
    assert large[0] == "InvalidParameterValueException" and "exceeded the 4KB limit" in large[1]
    reserved = refusal(Environment={"Variables": {"AWS_LAMBDA_FUNCTION_NAME": "x"}})
    assert "Reserved keys used in this request: AWS_LAMBDA_FUNCTION_NAME" in reserved[1]
    assert refusal(Architectures=["x86_64", "arm64"])[0] == "ValidationException"
    assert refusal(PackageType="Image", Code={"ImageUri": "i"})[0] == "NotImplemented"


def test_a_missing_interpreter_is_told_at_once(make_cloud, tmp_path):
    cloud = make_cloud(env={"PATH": str(tmp_path)}).start()
    functions = cloud.client("lambda")
    code, message = refused(create, functions, "f", IDLE)
    assert code == "InvalidParameterValueException"
    assert "runtime python3.12 needs Python 3.12" in message
    functions.create_function(
        FunctionName="f",
        Runtime="provided.al2023",
        Role=ROLE,
        Handler="x",
        Code={"ZipFile": package(bootstrap="#!/bin/sh")},
    )
    changed = refused(functions.update_function_configuration, FunctionName="f", Runtime="nodejs20.x")
    assert changed[0] == "InvalidParameterValueException" and "Node.js 20" in changed[1]


def test_settings_of_an_account(make_cloud):
    functions = make_cloud("--durability", "none").start().client("lambda")
    limits = {
        "TotalCodeSize": 80530636800,
        "CodeSizeUnzipped": 262144000,
        "CodeSizeZipped": 52428800,
        "ConcurrentExecutions": 1000,
        "UnreservedConcurrentExecutions": 1000,
    }
    settings = functions.get_account_settings()
    assert (settings["AccountLimit"], settings["AccountUsage"]) == (limits, {"TotalCodeSize": 0, "FunctionCount": 0})
    size = create(functions, "f", IDLE, Publish=True)["CodeSize"]
    layer = functions.publish_layer_version(LayerName="l", Content={"ZipFile": package(a__txt="")})["Content"]["CodeSize"]
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=100)
    settings = functions.get_account_settings()
    assert settings["AccountLimit"] == {**limits, "UnreservedConcurrentExecutions": 900}
    assert settings["AccountUsage"] == {"TotalCodeSize": 2 * size + layer, "FunctionCount": 1}


def test_loops_and_updates_of_runtimes_are_kept(functions, name):
    arn = create(functions, name, IDLE, Publish=True)["FunctionArn"].removesuffix(":1")
    assert functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    functions.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    assert functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Allow"
    shown = functions.get_runtime_management_config(FunctionName=name)
    assert (shown["UpdateRuntimeOn"], shown["FunctionArn"]) == ("Auto", arn)
    made = functions.put_runtime_management_config(FunctionName=name, Qualifier="1", UpdateRuntimeOn="FunctionUpdate")
    assert (made["UpdateRuntimeOn"], made["FunctionArn"]) == ("FunctionUpdate", f"{arn}:1")
    kept = [functions.get_runtime_management_config(FunctionName=name, Qualifier=one) for one in ["1", "$LATEST"]]
    assert [one["UpdateRuntimeOn"] for one in kept] == ["FunctionUpdate", "Auto"]
    manual = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": "arn:aws:lambda:us-east-1::runtime:" + "0" * 64}
    assert refused(functions.put_runtime_management_config, FunctionName=name, **manual)[0] == "NotImplemented"
    functions.delete_function(FunctionName=name)
    create(functions, name, IDLE)
    assert functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
