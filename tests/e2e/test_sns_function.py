"""SNS and Lambda: what a function gets of a message, and that a validator accepts it."""

import json
import re
import subprocess
import urllib.request

from conftest import eventually
from test_js import FOLDER
from test_lambda import ROLE, package
from test_sns import receive

RELAY = """
import json, os, urllib.parse, urllib.request
def handler(event, context):
    body = json.dumps(event)
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": body}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()
"""


def test_a_function_gets_an_event(cloud, name, monkeypatch):
    topics, queues, functions = (cloud.client(service) for service in ["sns", "sqs", "lambda"])
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    function = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=ROLE,
        Handler="main.handler",
        Code={"ZipFile": package(main__py=RELAY)},
        Environment={"Variables": {"OUT": url}},
    )["FunctionArn"]
    topic = topics.create_topic(Name=name)["TopicArn"]
    subscription = topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    attributes = {"kind": {"DataType": "String", "StringValue": "a"}}
    sent = topics.publish(TopicArn=topic, Message="grüße", Subject="s", MessageAttributes=attributes)["MessageId"]
    event = json.loads(receive(queues, url)[0]["Body"])
    record = event["Records"][0]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"] == subscription
    message = record["Sns"]
    assert (message["MessageId"], message["Subject"], message["Message"]) == (sent, "s", "grüße")
    assert message["MessageAttributes"] == {"kind": {"Type": "String", "Value": "a"}}
    topics.publish(TopicArn=topic, Message="plain")
    found = []

    def plain():
        for one in queues.receive_message(QueueUrl=url).get("Messages", []):
            found.extend(json.loads(one["Body"])["Records"])
        return [one["Sns"] for one in found if one["Sns"]["Message"] == "plain"]

    second = eventually(plain)[0]
    assert (second["Subject"], second["MessageAttributes"]) == (None, {})
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(cloud.data / "ca.pem"))
    host = message["SigningCertUrl"].split("/")[2]
    command = ["node", "validate.mjs", re.escape(host)]
    run = subprocess.run(command, cwd=FOLDER, input=json.dumps([message, second]), capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    urllib.request.urlopen(message["UnsubscribeUrl"]).close()
    assert topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
