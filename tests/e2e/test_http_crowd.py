"""Two hundred clients at once where the server has few descriptors: slow is fine, wrong is not."""

import http.client
import json
import os
import resource
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from conftest import eventually
from test_lambda import ROLE, package


CLIENTS = 200
SECONDS = float(os.environ.get("E2E_CROWD_SECONDS", "8"))
# Longer than anybody has to wait for a turn.
PATIENCE_SECONDS = 60


def with_descriptors(count):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


class Client(threading.Thread):
    """One client with one connection, which it keeps as long as the server does."""

    def __init__(self, cloud, number, queue, until):
        super().__init__()
        url = urllib.parse.urlsplit(cloud.url)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE_SECONDS)
        self.number = number
        self.queue = queue
        self.until = until
        self.sent = []
        self.put = {}
        self.wrong = []

    def ask(self, target, **body):
        version = "1.0" if target.startswith(("AmazonSQS", "DynamoDB")) else "1.1"
        headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
        self.connection.request("POST", "/", json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            self.wrong.append((target, answer.status, text))
        return json.loads(text)

    def run(self):
        try:
            count = 0
            while time.monotonic() < self.until:
                self.round(count)
                count += 1
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(repr(error))
        finally:
            self.connection.close()

    def round(self, count):
        body = f"{self.number}-{count}"
        self.ask("AmazonSQS.SendMessage", QueueUrl=self.queue, MessageBody=body)
        self.sent.append(body)
        key = str(count % 3)
        item = {"client": {"S": str(self.number)}, "key": {"S": key}, "count": {"N": str(count)}}
        self.ask("DynamoDB_20120810.PutItem", TableName="crowd", Item=item)
        self.put[key] = count
        wanted = {"client": item["client"], "key": item["key"]}
        got = self.ask("DynamoDB_20120810.GetItem", TableName="crowd", Key=wanted)
        if got.get("Item") != item:
            self.wrong.append(("read back", item, got))
        if count % 5 == self.number % 5:
            # Some clients come anew each time, and one in ten waits for a message.
            self.connection.close()
            wait = 1 if self.number % 10 == 0 else 0
            self.ask("AmazonSQS.ReceiveMessage", QueueUrl=self.queue + "-empty", WaitTimeSeconds=wait)


def test_two_hundred_clients_with_few_descriptors(make_cloud):
    cloud = make_cloud(preexec=with_descriptors(64), env={"CLOUDLET_LOG": "warn,cloudlet=info"}).start()
    sqs, dynamodb = cloud.client("sqs"), cloud.client("dynamodb")
    queue = sqs.create_queue(QueueName="crowd")["QueueUrl"]
    sqs.create_queue(QueueName="crowd-empty")
    dynamodb.create_table(
        TableName="crowd",
        KeySchema=[{"AttributeName": "client", "KeyType": "HASH"}, {"AttributeName": "key", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ["client", "key"]],
        BillingMode="PAY_PER_REQUEST",
    )
    # These two would hold connections of the few.
    sqs.close()
    dynamodb.close()
    clients = [Client(cloud, number, queue, time.monotonic() + SECONDS) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    wrong = [one for client in clients for one in client.wrong]
    assert not wrong, wrong[:5]
    assert all(client.sent for client in clients), "somebody never had a turn"
    sent = sum(len(client.sent) for client in clients)
    names = ["ApproximateNumberOfMessages"]
    counted = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    assert counted[names[0]] == str(sent)
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName="crowd")
    kept = {(item["client"]["S"], item["key"]["S"]): int(item["count"]["N"]) for page in pages for item in page["Items"]}
    assert kept == {(str(c.number), key): count for c in clients for key, count in c.put.items()}
    print(f"{sent} rounds of {CLIENTS} clients")
    assert cloud.process.poll() is None
    assert not [line for line in cloud.log if '"ERROR"' in line or "panicked" in line]


def test_functions_wait_for_their_turn(make_cloud):
    """There are descriptors for two environments or one, and more than that is asked for: no invocation fails."""
    cloud = make_cloud(preexec=with_descriptors(84)).start()
    queues, functions = cloud.client("sqs"), cloud.client("lambda")
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    for name in ["called", "fed"]:
        functions.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=ROLE,
            Handler="main.handler",
            Code={"ZipFile": package(main__py="def handler(event, context):\n    return event")},
        )
    functions.create_event_source_mapping(FunctionName="fed", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:q")

    def use(number):
        queues.send_message(QueueUrl=url, MessageBody=str(number))
        answer = functions.invoke(FunctionName="called", Payload=str(number))
        return answer.get("FunctionError"), answer["Payload"].read().decode()

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(use, range(200))) == [(None, str(number)) for number in range(200)]

    def left():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(map(int, counts.values()))

    eventually(lambda: left() == 0, seconds=30)
    assert not [line for line in cloud.log if "Too many open files" in line]
