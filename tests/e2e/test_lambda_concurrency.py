"""Reserved concurrency that holds, and environments that are started in advance."""

import base64
import concurrent.futures
import http.server
import json
import socket
import threading
import urllib.request

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, move, refused
from functions import create, invoke

IDLE = "def handler(event, context): pass"
# Tells that it is at work, and stays so until it is let go.
BUSY = """
import urllib.request
def handler(event, context):
    urllib.request.urlopen(event["started"]).read()
    urllib.request.urlopen(event["wait"]).read()
    return "done"
"""
AHEAD = """
import os
def handler(event, context):
    return [os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]]
"""


ENDS = AHEAD.replace("    return", "    if event.get('end'): os._exit(1)\n    return")


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


class Gate:
    """A web server that counts who came to `/started`, and lets whoever waits at `/wait` go all at once."""

    def __init__(self):
        self.count, self.open = 0, threading.Event()
        gate = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/started":
                    gate.count += 1
                else:
                    gate.open.wait(30)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{self.server.server_port}"
        self.event = {"started": f"{url}/started", "wait": f"{url}/wait"}


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.open.set()
    gate.server.shutdown()


def throttled(functions, name, **parameters):
    with pytest.raises(ClientError) as refusal:
        functions.invoke(FunctionName=name, **parameters)
    answer = refusal.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"], answer["Reason"], answer["Type"]


REFUSAL = (429, "TooManyRequestsException", "Rate Exceeded.", "ReservedFunctionConcurrentInvocationLimitExceeded", "User")


def test_what_is_reserved_is_the_limit(functions, name, gate):
    create(functions, name, BUSY, Timeout=30, Publish=True)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        # All versions count together.
        first = pool.submit(invoke, functions, name, gate.event)
        second = pool.submit(invoke, functions, name, gate.event, Qualifier="1")
        eventually(lambda: gate.count == 2)
        assert throttled(functions, name) == REFUSAL
        assert throttled(functions, name, Qualifier="1") == REFUSAL
        assert functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
        gate.open.set()
        assert first.result()[1] == second.result()[1] == "done"
    assert invoke(functions, name, gate.event)[1] == "done"


def test_nothing_reserved_stops_a_function(functions, name):
    create(functions, name, IDLE)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert throttled(functions, name) == REFUSAL
    assert functions.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 0}
    functions.delete_function_concurrency(FunctionName=name)
    functions.delete_function_concurrency(FunctionName=name)
    assert invoke(functions, name)[0]["StatusCode"] == 200
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)
    assert "Concurrency" not in functions.get_function(FunctionName=name)


def test_a_hundred_stay_unreserved(make_cloud):
    functions = make_cloud("--durability", "none").start().client("lambda")
    for function in ["f", "g"]:
        create(functions, function, IDLE)
    put = functions.put_function_concurrency
    message = (
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
        "minimum value of [100]."
    )
    many = ("InvalidParameterValueException", message)
    assert refused(put, FunctionName="f", ReservedConcurrentExecutions=901) == many
    assert put(FunctionName="f", ReservedConcurrentExecutions=900)["ReservedConcurrentExecutions"] == 900
    assert refused(put, FunctionName="g", ReservedConcurrentExecutions=1) == many
    put(FunctionName="f", ReservedConcurrentExecutions=800)
    put(FunctionName="g", ReservedConcurrentExecutions=100)
    assert functions.get_function_concurrency(FunctionName="g")["ReservedConcurrentExecutions"] == 100
    assert refused(put, FunctionName="g:1", ReservedConcurrentExecutions=1)[0] == "InvalidParameterValueException"
    assert refused(put, FunctionName="none", ReservedConcurrentExecutions=1)[0] == "ResourceNotFoundException"
    functions.delete_function(FunctionName="f")
    create(functions, "f", IDLE)
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName="f")


def test_events_wait_for_their_turn(cloud, functions, name, gate):
    create(functions, name, BUSY, Timeout=30)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    gate.open.set()
    for _ in range(5):
        assert functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(gate.event))["StatusCode"] == 202
    eventually(lambda: gate.count >= 5, seconds=60)


def ready(functions, name, qualifier):
    def is_ready():
        shown = functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
        return shown if shown["Status"] == "READY" else None

    return eventually(is_ready)


def test_environments_are_started_in_advance(functions, name):
    arn = create(functions, name, AHEAD, Publish=True)["FunctionArn"].removesuffix(":1")
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    put = functions.put_provisioned_concurrency_config
    made = put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=2)
    assert (made["Status"], made["RequestedProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 2)
    shown = ready(functions, name, "live")
    assert shown["AllocatedProvisionedConcurrentExecutions"] == shown["AvailableProvisionedConcurrentExecutions"] == 2
    answer, body = invoke(functions, name, Qualifier="live", LogType="Tail")
    assert body[0] == "provisioned-concurrency"
    assert "Init Duration" not in base64.b64decode(answer["LogResult"]).decode()
    assert invoke(functions, name)[1][0] == "on-demand"
    [listed] = functions.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    assert (listed["FunctionArn"], listed["Status"]) == (f"{arn}:live", "READY")
    conflict = refused(put, FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    assert conflict == ("ResourceConflictException", "Version is pointed to by a Provisioned Concurrency alias")
    functions.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    missing = refused(functions.get_provisioned_concurrency_config, FunctionName=name, Qualifier="live")
    message = "No Provisioned Concurrency Config found for this function"
    assert missing == ("ProvisionedConcurrencyConfigNotFoundException", message)


def test_one_that_ends_is_replaced(functions, name):
    create(functions, name, ENDS, Publish=True)
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    ready(functions, name, "1")
    before = invoke(functions, name, Qualifier="1")[1]
    assert invoke(functions, name, {"end": True}, Qualifier="1")[0]["FunctionError"] == "Unhandled"
    ready(functions, name, "1")
    answer, after = invoke(functions, name, Qualifier="1", LogType="Tail")
    assert after[0] == "provisioned-concurrency" and after != before
    assert "Init Duration" not in base64.b64decode(answer["LogResult"]).decode()


def test_an_alias_takes_its_environments_along(functions, name):
    create(functions, name, AHEAD, Publish=True)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    ready(functions, name, "live")
    functions.update_function_configuration(FunctionName=name, Description="second")
    functions.update_function_configuration(FunctionName=name, Timeout=5)
    assert functions.publish_version(FunctionName=name)["Version"] == "2"
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    ready(functions, name, "live")
    answer, body = invoke(functions, name, Qualifier="live")
    assert (answer["ExecutedVersion"], body[0]) == ("2", "provisioned-concurrency")


def test_provisioned_environments_are_there_after_a_restart(make_cloud):
    cloud = make_cloud().start()
    functions = cloud.client("lambda")
    create(functions, "f", AHEAD, Publish=True)
    functions.put_provisioned_concurrency_config(FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1)
    ready(functions, "f", "1")
    cloud.kill()
    cloud.start()
    functions = cloud.client("lambda", read_timeout=60)
    ready(functions, "f", "1")
    assert invoke(functions, "f", Qualifier="1")[1][0] == "provisioned-concurrency"


def test_they_are_started_anew_with_new_credentials(own_cloud):
    functions = own_cloud.client("lambda", read_timeout=60)
    create(functions, "f", AHEAD, Publish=True)
    functions.put_provisioned_concurrency_config(FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=2)
    ready(functions, "f", "1")
    kind, old = invoke(functions, "f", Qualifier="1")[1]
    assert kind == "provisioned-concurrency"
    move(own_cloud, advance_seconds=11 * 3600 + 60)
    assert invoke(functions, "f", Qualifier="1")[1][1] != old
    ready(functions, "f", "1")


def test_what_cannot_be_provisioned(functions, name):
    create(functions, name, IDLE, Publish=True)
    functions.create_alias(FunctionName=name, Name="latest", FunctionVersion="$LATEST")

    def refusal(qualifier, count=1):
        wish = {"FunctionName": name, "Qualifier": qualifier, "ProvisionedConcurrentExecutions": count}
        return refused(functions.put_provisioned_concurrency_config, **wish)

    message = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
    assert refusal("$LATEST") == refusal("latest") == ("InvalidParameterValueException", message)
    assert refusal("none")[0] == refusal("7")[0] == "ResourceNotFoundException"
    assert refusal("1", 901)[0] == refusal("1", 1001)[0] == "InvalidParameterValueException"
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    message = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
    assert refusal("1", 3) == ("InvalidParameterValueException", message)
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=2)
    low = refused(functions.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=1)
    assert low == (
        "InvalidParameterValueException",
        "ReservedConcurrentExecutions 1 should not be lower than function's total provisioned concurrency [2].",
    )
    functions.delete_function(FunctionName=name)


def test_what_is_provisioned_is_not_left_to_others(make_cloud):
    functions = make_cloud("--durability", "none").start().client("lambda")
    for function in ["f", "g"]:
        create(functions, function, IDLE, Publish=True)

    def unreserved():
        return functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]

    provision = functions.put_provisioned_concurrency_config
    provision(FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1)
    assert unreserved() == 999
    # What it starts in advance is of what it has reserved.
    functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=10)
    assert unreserved() == 990
    functions.delete_function_concurrency(FunctionName="f")
    assert refused(functions.put_function_concurrency, FunctionName="g", ReservedConcurrentExecutions=900)[0] == (
        "InvalidParameterValueException"
    )
    functions.put_function_concurrency(FunctionName="g", ReservedConcurrentExecutions=899)
    assert unreserved() == 100
    many = refused(provision, FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=2)
    assert many[0] == "InvalidParameterValueException"
    assert invoke(functions, "f", Qualifier="1")[0]["StatusCode"] == 200
    functions.delete_provisioned_concurrency_config(FunctionName="f", Qualifier="1")
    assert unreserved() == 101


def test_a_reset_ends_environments(own_cloud):
    functions = own_cloud.client("lambda", read_timeout=60)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        connects = f"import socket\nkept = socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))\n"
        create(functions, "f", connects + IDLE)
        assert "FunctionError" not in invoke(functions, "f")[0]
        connection, _ = server.accept()
        connection.settimeout(30)
        urllib.request.urlopen(urllib.request.Request(own_cloud.url + "/_cloudlet/reset", method="POST"))
        with connection:
            assert connection.recv(1) == b"", "the function's process has gone"
