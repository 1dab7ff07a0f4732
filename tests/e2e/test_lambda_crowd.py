"""Many invocations at once, and events across a kill: nobody is lost, and no limit is passed."""

import concurrent.futures
import json
import threading

from botocore.exceptions import ClientError
from conftest import eventually
from functions import create, invoke
from test_lambda_concurrency import Gate

WAITS = """
import urllib.request
def handler(event, context):
    urllib.request.urlopen(event["started"]).read()
    urllib.request.urlopen(event["wait"]).read()
    return event["n"]
"""
NOTES = """
import os, urllib.parse, urllib.request
def handler(event, context):
    if event["n"] % 5 == 0:
        raise ValueError("each fifth")
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": str(event["n"])}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()
"""


def test_two_hundred_at_once_keep_to_fifty(cloud, name):
    functions = cloud.client("lambda", read_timeout=120, max_pool_connections=200)
    create(functions, name, WAITS, Timeout=120)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=50)
    gate, refusals, lock = Gate(), [], threading.Lock()

    def call(n):
        try:
            return invoke(functions, name, {**gate.event, "n": n})[1]
        except ClientError as refusal:
            with lock:
                refusals.append(refusal.response["Reason"])
                # Whoever was let in waits until all others were refused.
                if len(refusals) == 150:
                    gate.open.set()
            return None

    with concurrent.futures.ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(call, range(200)))
    gate.server.shutdown()
    done = [n for n in answers if n is not None]
    assert len(done) == len(set(done)) == 50
    assert all(answer in (None, n) for n, answer in enumerate(answers))
    assert set(refusals) == {"ReservedFunctionConcurrentInvocationLimitExceeded"}


def test_a_kill_in_the_middle_loses_no_event(make_cloud):
    cloud = make_cloud().start()
    functions = cloud.client("lambda")
    queue = lambda name: cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]  # noqa: E731
    out, failed = queue("out"), queue("failed")
    create(functions, "f", NOTES, Environment={"Variables": {"OUT": out}})
    destination = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:000000000000:failed"}}
    functions.put_function_event_invoke_config(
        FunctionName="f", MaximumRetryAttempts=0, DestinationConfig=destination
    )
    taken, count = set(), 100

    def take():
        queues = cloud.client("sqs")
        for url, read in [(out, int), (failed, lambda body: json.loads(body)["requestPayload"]["n"])]:
            wish = {"QueueUrl": url, "MaxNumberOfMessages": 10}
            for message in queues.receive_message(**wish).get("Messages", []):
                taken.add((url == failed, read(message["Body"])))
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return taken

    for n in range(count):
        functions.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps({"n": n}))
    for _ in range(3):
        before = len(taken)
        eventually(lambda: len(take()) > before)  # noqa: B023
        cloud.kill()
        cloud.start()
    expected = {(n % 5 == 0, n) for n in range(count)}
    eventually(lambda: take() >= expected, 120)
    assert taken == expected
