"""Functions without a network: they reach the cloud, by all its names, and nothing else."""

import json
import socket
import subprocess

import pytest
from client_layers import layer, of_python
from conftest import BINARY, Cloud, bucket_name, eventually
from functions import create, invoke

PROBE = """
import errno, json, os, socket, ssl, urllib.error, urllib.request
def fetch(path, body=None, host="localhost", **headers):
    url = os.environ["AWS_ENDPOINT_URL"].replace("localhost", host) + path
    context = None
    if url.startswith("https"):
        context = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), context=context) as answer:
            return [answer.status, answer.read().decode()]
    except urllib.error.HTTPError as refusal:
        return [refusal.code, refusal.read().decode()]
def handler(event, context):
    try:
        return eval(event["ask"])
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
"""
PORT = "int(os.environ['AWS_ENDPOINT_URL'].rsplit(':', 1)[1])"
FORM = "Action=GetCallerIdentity&Version=2011-06-15"


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    """A cloud whose functions have networks of their own; where there can be none, it does not start, and says why."""
    data = tmp_path_factory.mktemp("apart")
    try:
        cloud = Cloud(data, "--function-network", "none").start()
    except AssertionError as failure:
        if "functions cannot have a network of their own here" in str(failure):
            pytest.skip(str(failure))
        raise
    yield cloud
    assert cloud.stop() == 0, "".join(cloud.log)
    assert not any("panicked" in line for line in cloud.log), "".join(cloud.log)


@pytest.fixture
def ask(apart, name):
    """Has a function evaluate something."""
    functions = apart.client("lambda", read_timeout=60)
    create(functions, name, PROBE, Timeout=30)
    return lambda question: invoke(functions, name, {"ask": question})[1]


def test_the_cloud_answers_inside(apart, ask, name):
    status, body = ask(f"fetch('/', b'{FORM}')")
    assert status == 200 and "GetCallerIdentityResult" in body
    url = apart.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    sent = f"Action=SendMessage&Version=2012-11-05&QueueUrl={url}&MessageBody=from+inside"
    assert ask(f"fetch('/', b'{sent}')[0]") == 200
    messages = apart.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert messages[0]["Body"] == "from inside"


def test_names_before_localhost_lead_to_the_cloud(apart, ask, name):
    functions = apart.client("lambda")
    create(functions, "visited", "def handler(event, context): return 'visited'")
    url = functions.create_function_url_config(FunctionName="visited", AuthType="NONE")["FunctionUrl"]
    for statement, action, condition in [
        ("a", "lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
        ("b", "lambda:InvokeFunction", {"InvokedViaFunctionUrl": True}),
    ]:
        functions.add_permission(FunctionName="visited", StatementId=statement, Action=action, Principal="*", **condition)
    host = url.split("//")[1].split(":")[0]
    assert host.endswith(".localhost")
    assert ask(f"fetch('/', host='{host}')") == [200, "visited"]


def test_tls_is_spoken_inside(ask):
    question = f"ssl._create_unverified_context().wrap_socket(socket.create_connection(('localhost', {PORT}))).version()"
    assert ask(question) == "TLSv1.3"


def test_nothing_else_is_reached(ask):
    with socket.create_server(("127.0.0.1", 0)) as neighbour:
        port = neighbour.getsockname()[1]
        assert ask(f"socket.create_connection(('127.0.0.1', {port}))") == "ECONNREFUSED"
    assert ask("socket.create_connection(('203.0.113.7', 80))") == "ENETUNREACH"
    assert ask("[name for _, name in socket.if_nameindex()]") == ["lo"]
    assert ask("socket.gethostbyname('example.com')").startswith("[Errno -2]")


def test_control_paths_are_closed_to_functions(apart, ask, name):
    apart.client("sqs").create_queue(QueueName=name)
    for path, body in [("reset", "b''"), ("clock", "b'{\"advance_seconds\": 1}'"), ("outbox", "None"), ("health", "None")]:
        status, said = ask(f"fetch('/_cloudlet/{path}', {body})")
        assert (status, "MissingAuthenticationToken" in said) == (400, True), (path, said)
    assert apart.client("sqs").get_queue_url(QueueName=name)["QueueUrl"].endswith(name)


def test_an_sdk_finds_everything_by_itself(apart, request, name):
    functions = apart.client("lambda", read_timeout=60)
    bucket = bucket_name(request)
    apart.client("s3").create_bucket(Bucket=bucket)
    code = """
import boto3
def handler(event, context):
    # It makes a name before `localhost` of the bucket's.
    boto3.client("s3").put_object(Bucket=event, Key="k", Body=b"from inside")
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    layers = [layer(functions, name, of_python("boto3"))]
    create(functions, name, code, Timeout=60, MemorySize=512, Layers=layers)
    assert ":assumed-role/runner/" in invoke(functions, name, bucket)[1]
    assert apart.client("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"from inside"


def test_an_environment_costs_no_descriptor_when_it_has_ended(apart, name):
    functions = apart.client("lambda", read_timeout=60)
    folder = f"/proc/{apart.process.pid}/fd"
    count = lambda: int(subprocess.check_output(f"ls {folder} | wc -l", shell=True))  # noqa: E731
    create(functions, name, "def handler(event, context): return 1")
    invoke(functions, name)
    during = count()
    functions.delete_function(FunctionName=name)
    # The lifeline, reports, the log, two listeners, names.
    eventually(lambda: count() <= during - 6)


def test_a_cloud_that_cannot_keep_them_apart_does_not_start(tmp_path):
    command = [BINARY, "up", "--port", "0", "--data", str(tmp_path / "data")]
    limited = ["unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"', "sh"]
    allowed = subprocess.run([*limited, "true"], capture_output=True, text=True)
    if allowed.returncode != 0:
        pytest.skip(f"namespaces cannot be forbidden here: {allowed.stderr}")
    environment = {"PATH": "/usr/bin:/bin", "CLOUDLET_FUNCTION_NETWORK": "none"}
    done = subprocess.run([*limited, *command], capture_output=True, text=True, timeout=20, env=environment)
    assert done.returncode == 1
    assert "--function-network none" in done.stderr and "namespaces are not permitted" in done.stderr, done.stderr


def test_the_setting_is_checked(tmp_path):
    done = subprocess.run([BINARY, "up", "--function-network", "some"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "invalid value 'some'" in done.stderr
    assert json.dumps(done.stdout) == '""'
