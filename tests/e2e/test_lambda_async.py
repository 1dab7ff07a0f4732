"""Events: a durable queue, retries by the clock, destinations, and queues for what was given up."""

import json
import threading

import pytest
from conftest import bucket_name, eventually, move, refused
from functions import create

COUNTS = """
import os, urllib.parse, urllib.request
def tell(text):
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": text}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()
def handler(event, context):
    tell(context.aws_request_id)
    if event.get("fail"):
        raise ValueError("no " + event["fail"])
    return {"said": event}
"""


class Stage:
    """A function that tells a queue of each run, and queues, topics and buckets around it."""

    def __init__(self, cloud, **parameters):
        self.cloud = cloud
        self.functions, self.queues = cloud.client("lambda", read_timeout=60), cloud.client("sqs")
        self.seen = self.queue("seen")
        variables = {"OUT": self.seen}
        self.arn = create(self.functions, "f", COUNTS, Environment={"Variables": variables}, **parameters)["FunctionArn"]

    def queue(self, name):
        return self.queues.create_queue(QueueName=name)["QueueUrl"]

    def queue_arn(self, name):
        return f"arn:aws:sqs:us-east-1:000000000000:{name}"

    def send(self, **event):
        answer = self.functions.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps(event))
        assert answer["StatusCode"] == 202
        return answer["ResponseMetadata"]["RequestId"]

    def take(self, url, seconds=20):
        """The next message of a queue."""

        def receive():
            wish = {"MessageAttributeNames": ["All"], "WaitTimeSeconds": 1}
            return self.queues.receive_message(QueueUrl=url, **wish).get("Messages")

        message = eventually(receive, seconds)[0]
        self.queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message

    def told(self, url):
        return json.loads(self.take(url)["Body"])

    def is_empty(self, url):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return set(counts.values()) == {"0"}


def test_a_failed_event_comes_again_after_one_and_two_minutes(own_cloud):
    stage = Stage(own_cloud)
    dead = stage.queue("dead")
    stage.functions.update_function_configuration(
        FunctionName="f", DeadLetterConfig={"TargetArn": stage.queue_arn("dead")}
    )
    failed = stage.queue("failed")
    destinations = {"OnFailure": {"Destination": stage.queue_arn("failed")}}
    stage.functions.put_function_event_invoke_config(FunctionName="f", DestinationConfig=destinations)
    request_id = stage.send(fail="way", ü=1.10)
    assert stage.take(stage.seen)["Body"] == request_id
    for retry, seconds in [(1, 60), (2, 120)]:
        eventually(lambda retry=retry: waits(own_cloud, retry))
        move(own_cloud, advance_seconds=seconds - 20)
        assert stage.is_empty(stage.seen)
        move(own_cloud, advance_seconds=21)
        assert stage.take(stage.seen)["Body"] == request_id
    record = stage.told(failed)
    assert record["timestamp"].endswith("Z") and len(record.pop("timestamp")) == 24
    trace = record["responsePayload"].pop("stackTrace")
    assert any("in handler" in line for line in trace)
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": stage.arn + ":$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"fail": "way", "ü": 1.10},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "no way", "errorType": "ValueError", "requestId": request_id},
    }
    message = stage.take(dead)
    assert json.loads(message["Body"]) == {"fail": "way", "ü": 1.10}
    attributes = {name: (value["DataType"], value["StringValue"]) for name, value in message["MessageAttributes"].items()}
    assert attributes == {
        "RequestID": ("String", request_id),
        "ErrorCode": ("Number", "200"),
        "ErrorMessage": ("String", "no way"),
    }
    move(own_cloud, advance_seconds=3600)
    assert stage.is_empty(stage.seen) and stage.is_empty(failed) and stage.is_empty(dead)


def waits(cloud, retry=1):
    """Whether an event waits for its first or second retry."""
    return sum("an event waits for its retry" in line for line in cloud.log) == retry


@pytest.mark.parametrize("kind", ["sqs", "sns", "lambda"])
def test_success_is_told(own_cloud, kind):
    stage = Stage(own_cloud)
    told = stage.queue("told")
    destination = stage.queue_arn("told")
    if kind == "sns":
        topics = own_cloud.client("sns")
        topic = topics.create_topic(Name="told")["TopicArn"]
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=destination, Attributes={"RawMessageDelivery": "true"})
        destination = topic
    if kind == "lambda":
        code = COUNTS.replace("tell(context.aws_request_id)", "import json; tell(json.dumps(event)); return")
        destination = create(stage.functions, "g", code, Environment={"Variables": {"OUT": told}})["FunctionArn"]
    config = stage.functions.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnSuccess": {"Destination": destination}}
    )
    assert config["FunctionArn"] == stage.arn + ":$LATEST"
    request_id = stage.send(n=1)
    record = stage.told(told)
    record.pop("timestamp")
    assert record == {
        "version": "1.0",
        "requestContext": {
            "requestId": request_id,
            "functionArn": stage.arn + ":$LATEST",
            "condition": "Success",
            "approximateInvokeCount": 1,
        },
        "requestPayload": {"n": 1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST"},
        "responsePayload": {"said": {"n": 1}},
    }


def test_failures_go_to_buckets_and_topics_too(own_cloud, request):
    topics, s3 = own_cloud.client("sns"), own_cloud.client("s3")
    topic = topics.create_topic(Name="dead")["TopicArn"]
    stage = Stage(own_cloud, DeadLetterConfig={"TargetArn": topic})
    dead = stage.queue("dead")
    raw = {"RawMessageDelivery": "true"}
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=stage.queue_arn("dead"), Attributes=raw)
    bucket = bucket_name(request)
    s3.create_bucket(Bucket=bucket)
    stage.functions.put_function_event_invoke_config(
        FunctionName="f",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::" + bucket}},
    )
    request_id = stage.send(fail="luck")
    message = stage.take(dead)
    assert message["MessageAttributes"]["RequestID"]["StringValue"] == request_id
    assert json.loads(message["Body"]) == {"fail": "luck"}
    found = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    [key] = [one["Key"] for one in found]
    parts = key.split("/")
    assert parts[:4] == ["aws", "lambda", "async", "f"] and parts[-1].startswith("-".join(parts[4:7]) + "T")
    record = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 1


def test_an_event_becomes_too_old(own_cloud):
    stage = Stage(own_cloud)
    failed = stage.queue("failed")
    stage.functions.put_function_event_invoke_config(
        FunctionName="f",
        MaximumEventAgeInSeconds=100,
        DestinationConfig={"OnFailure": {"Destination": stage.queue_arn("failed")}},
    )
    stage.send(fail="time")
    stage.take(stage.seen)
    eventually(lambda: waits(own_cloud))
    move(own_cloud, advance_seconds=61)
    stage.take(stage.seen)
    # The second retry would come after its end.
    record = stage.told(failed)
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 2
    assert record["responsePayload"]["errorMessage"] == "no time"


def test_a_function_that_may_not_run_gets_no_events(own_cloud):
    stage = Stage(own_cloud, DeadLetterConfig={"TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead"})
    failed, dead = stage.queue("failed"), stage.queue("dead")
    stage.functions.put_function_event_invoke_config(
        FunctionName="f", DestinationConfig={"OnFailure": {"Destination": stage.queue_arn("failed")}}
    )
    stage.functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    request_id = stage.send(n=1)
    record = stage.told(failed)
    assert record["requestContext"]["condition"] == "ZeroReservedConcurrency"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert record["requestPayload"] == {"n": 1} and "responsePayload" not in record
    message = stage.take(dead)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "429", "ErrorMessage": "Rate Exceeded."}
    assert stage.is_empty(stage.seen)


def test_an_event_waits_for_a_function_that_is_busy(own_cloud):
    """What is throttled comes again, later and later, until it is taken or too old."""
    stage = Stage(own_cloud)
    go = stage.queue("go")
    code = """
import os, time, urllib.parse, urllib.request
def call(**form):
    form = urllib.parse.urlencode({"Version": "2012-11-05", **form}).encode()
    return urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], form).read()
def handler(event, context):
    call(Action="SendMessage", QueueUrl=os.environ["OUT"], MessageBody=event["name"])
    while event["name"] == "first" and b"<Body>" not in call(Action="ReceiveMessage", QueueUrl=os.environ["GO"], WaitTimeSeconds=1):
        pass
"""
    variables = {"OUT": stage.seen, "GO": go}
    create(stage.functions, "g", code, Environment={"Variables": variables}, Timeout=60)
    stage.functions.put_function_concurrency(FunctionName="g", ReservedConcurrentExecutions=1)

    def send(name):
        stage.functions.invoke(FunctionName="g", InvocationType="Event", Payload=json.dumps({"name": name}))

    send("first")
    assert stage.take(stage.seen)["Body"] == "first"
    send("second")
    eventually(lambda: any("a function could not be run" in line for line in own_cloud.log))
    assert stage.is_empty(stage.seen)
    stage.queues.send_message(QueueUrl=go, MessageBody="go")
    assert stage.take(stage.seen)["Body"] == "second"


def test_how_events_are_treated_is_kept(cloud, name):
    functions = cloud.client("lambda")
    arn = create(functions, name, "def handler(event, context): pass")["FunctionArn"]
    own = {"FunctionName": name}
    missing = ("ResourceNotFoundException", f"The function {arn}:$LATEST doesn't have an EventInvokeConfig")
    for call in [functions.get_function_event_invoke_config, functions.delete_function_event_invoke_config]:
        assert refused(call, **own) == missing
    assert refused(functions.update_function_event_invoke_config, **own, MaximumRetryAttempts=1) == missing
    empty = ("InvalidParameterValueException", "You must specify at least one of error handling or destination setting.")
    assert refused(functions.put_function_event_invoke_config, **own) == empty
    nobody = ("ResourceNotFoundException", "The function doesn't exist.")
    assert refused(functions.put_function_event_invoke_config, FunctionName="none", MaximumRetryAttempts=1) == nobody

    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    made = functions.put_function_event_invoke_config(
        **own, MaximumRetryAttempts=1, DestinationConfig={"OnFailure": {"Destination": queue}}
    )
    assert made["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": queue}}
    assert (made["MaximumRetryAttempts"], "MaximumEventAgeInSeconds" in made) == (1, False)
    changed = functions.update_function_event_invoke_config(**own, MaximumEventAgeInSeconds=60)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (1, 60)
    assert changed["DestinationConfig"] == made["DestinationConfig"]
    shown = functions.get_function_event_invoke_config(**own)
    assert {**shown, "ResponseMetadata": None} == {**changed, "ResponseMetadata": None}
    listed = functions.list_function_event_invoke_configs(**own)["FunctionEventInvokeConfigs"]
    assert [one["FunctionArn"] for one in listed] == [arn + ":$LATEST"]
    functions.put_function_event_invoke_config(**own, MaximumEventAgeInSeconds=21600)
    shown = functions.get_function_event_invoke_config(**own)
    assert "MaximumRetryAttempts" not in shown and shown["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    functions.delete_function(**own)
    create(functions, name, "def handler(event, context): pass")
    assert refused(functions.get_function_event_invoke_config, **own) == missing, "a new function has nothing of the old one"


def test_what_cannot_be_a_destination(cloud, name):
    functions = cloud.client("lambda")
    arn = create(functions, name, "def handler(event, context): pass")["FunctionArn"]

    def wish(destination, when="OnFailure"):
        put = functions.put_function_event_invoke_config
        return refused(put, FunctionName=name, DestinationConfig={when: {"Destination": destination}})

    itself = "You can't specify the function as a destination for itself."
    assert wish(arn) == ("InvalidParameterValueException", itself)
    gone = arn.replace(name, "gone")
    assert wish(gone) == ("InvalidParameterValueException", f"The destination ARN {gone} is invalid.")
    bus = "arn:aws:events:us-east-1:000000000000:event-bus/b"
    assert wish(bus) == ("NotImplemented", "lambda: EventBridge as a destination is not implemented.")
    odd = "arn:aws:dynamodb:us-east-1:000000000000:table/t"
    words = "The provided destination config DestinationConfig(onSuccess={}, onFailure={}) is invalid."
    assert wish(odd)[1] == words.format("null", f"OnFailure(destination={odd})")
    bucket = "arn:aws:s3:::b"
    assert wish(bucket, "OnSuccess")[1] == words.format(f"OnSuccess(destination={bucket})", "null")
    fifo = {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"}
    change = functions.update_function_configuration
    assert refused(change, FunctionName=name, DeadLetterConfig=fifo)[0] == "InvalidParameterValueException"
    target = {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:q"}
    assert change(FunctionName=name, DeadLetterConfig=target)["DeadLetterConfig"] == target
    assert "DeadLetterConfig" not in change(FunctionName=name, DeadLetterConfig={"TargetArn": ""})


def test_no_event_is_lost_by_sigkills(make_cloud, chance):
    """Every event runs to its end or is told to the failure destination, however often the server dies meanwhile."""
    cloud = make_cloud().start()
    stage = Stage(cloud)
    stage.queue("failed")
    stage.functions.put_function_event_invoke_config(
        FunctionName="f",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": stage.queue_arn("failed")}},
    )
    sent, missing = set(), set()
    for _ in range(4):
        for _ in range(10):
            sent.add(stage.send(**({"fail": "luck"} if chance.random() < 0.5 else {})))
        threading.Event().wait(chance.random() * 0.5)
        cloud.kill()
        cloud.start()
        stage = again(cloud)
    missing = set(sent)

    def all_seen():
        for queue, of in [("seen", lambda body: body), ("failed", lambda body: json.loads(body)["requestContext"]["requestId"])]:
            url = stage.queues.get_queue_url(QueueName=queue)["QueueUrl"]
            answer = stage.queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            missing.difference_update(of(message["Body"]) for message in answer.get("Messages", []))
        return not missing

    eventually(all_seen, seconds=60)


def again(cloud):
    stage = Stage.__new__(Stage)
    stage.cloud = cloud
    stage.functions, stage.queues = cloud.client("lambda", read_timeout=60), cloud.client("sqs")
    return stage
