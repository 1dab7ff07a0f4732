"""Functions that call themselves in a circle, through a neighbour: stopped after sixteen rounds, unless they may."""

import json
import re

import pytest
from conftest import bucket_name, eventually, move, refused
from functions import create, invoke
from test_lambda_tracing import within

# Tells OUT of its lineage, and goes round as VIA says; as an SDK does, it sends its trace along.
GOES_ROUND = """
import os, urllib.parse, urllib.request
def send(path="/", body=b"", method="POST", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, body, headers, method=method)
    urllib.request.urlopen(request).read()
def form(**fields):
    return urllib.parse.urlencode(fields).encode()
def handler(event, context):
    trace = os.environ["_X_AMZN_TRACE_ID"]
    lineage = trace.split("Lineage=")[1]
    send(body=form(Action="SendMessage", Version="2012-11-05", QueueUrl=os.environ["OUT"], MessageBody=lineage))
    via, target = os.environ["VIA"], os.environ.get("TARGET")
    if via == "sqs":
        fields = form(Action="SendMessage", Version="2012-11-05", QueueUrl=target, MessageBody="round")
        send(body=fields, X_Amzn_Trace_Id=trace)
    elif via == "sns":
        send(body=form(Action="Publish", Version="2010-03-31", TopicArn=target, Message="round"), X_Amzn_Trace_Id=trace)
    elif via == "s3":
        send(f"/{target}/{context.aws_request_id}", b"round", "PUT", X_Amzn_Trace_Id=trace,
             Host="s3." + os.environ["AWS_ENDPOINT_URL"].split("//")[1])
    elif via == "lambda":
        send(f"/2015-03-31/functions/{context.function_name}/invocations", b"{}", X_Amzn_Trace_Id=trace,
             X_Amz_Invocation_Type="Event")
    return lineage
"""


class Circle:
    """A function, where it tells of its rounds, and where what is dropped goes."""

    def __init__(self, cloud, name, via):
        self.cloud, self.name, self.via = cloud, name, via
        self.functions, self.queues = cloud.client("lambda", read_timeout=60), cloud.client("sqs")
        self.out, self.dead = self.queue(f"{name}-out"), self.queue(f"{name}-dead")
        self.arn = create(self.functions, name, GOES_ROUND, Timeout=20, Environment=self.variables())["FunctionArn"]
        destination = {"OnFailure": {"Destination": self.queue_arn(f"{name}-dead")}}
        self.functions.put_function_event_invoke_config(FunctionName=name, DestinationConfig=destination)

    def queue(self, name, **attributes):
        return self.queues.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def queue_arn(self, name):
        return f"arn:aws:sqs:us-east-1:000000000000:{name}"

    def variables(self, **more):
        return {"Variables": {"OUT": self.out, "VIA": self.via, **more}}

    def leads_to(self, target):
        self.functions.update_function_configuration(FunctionName=self.name, Environment=self.variables(TARGET=target))

    def take(self, url):
        found = []
        for message in self.queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            self.queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
        return found

    def rounds(self, end):
        """The rounds that the function has told of when this is found."""
        told = []

        def look():
            told.extend(self.take(self.out))
            return end()

        found = eventually(look, 60)
        told.extend(self.take(self.out))
        while more := self.take(self.out):
            told.extend(more)
        return sorted(int(lineage.split(":")[0]) for lineage in told), found


ALL = list(range(1, 17))


def test_a_queue(cloud, name):
    circle = Circle(cloud, name, "sqs")
    policy = {"deadLetterTargetArn": circle.queue_arn(f"{name}-dead"), "maxReceiveCount": 1}
    source = circle.queue(name, VisibilityTimeout="20", RedrivePolicy=json.dumps(policy))
    circle.leads_to(source)
    circle.functions.create_event_source_mapping(EventSourceArn=circle.queue_arn(name), FunctionName=name, BatchSize=1)
    circle.queues.send_message(QueueUrl=source, MessageBody="round")
    rounds, dead = circle.rounds(lambda: circle.take(circle.dead))
    assert (rounds, dead) == (ALL, ["round"])


@pytest.mark.parametrize("via", ["sns", "s3", "lambda"])
def test_an_event(cloud, name, via, request):
    circle = Circle(cloud, name, via)
    if via == "sns":
        topic = cloud.client("sns").create_topic(Name=name)["TopicArn"]
        circle.leads_to(topic)
        cloud.client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=circle.arn)
    elif via == "s3":
        bucket = bucket_name(request)
        cloud.client("s3").create_bucket(Bucket=bucket)
        circle.leads_to(bucket)
        wish = {"LambdaFunctionArn": circle.arn, "Events": ["s3:ObjectCreated:*"]}
        configuration = {"LambdaFunctionConfigurations": [wish]}
        cloud.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=configuration)
    circle.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    rounds, dead = circle.rounds(lambda: circle.take(circle.dead))
    assert rounds == ALL
    told = json.loads(dead[0])
    assert (told["requestContext"]["condition"], len(dead)) == ("RecursiveInvocation", 1)
    assert "responsePayload" not in told


def test_a_call(cloud, name):
    circle = Circle(cloud, name, "nobody")
    first = invoke(circle.functions, name)[1]
    assert re.fullmatch(r"1:[0-9a-f]{8}:0", first)
    digest = first.split(":")[1]
    chain = lambda rounds: within(  # noqa: E731
        cloud.client("lambda"), f"Root=1-5759e988-bd862e3fe1be46a994272793;Lineage={rounds}:{digest}:0"
    )
    assert invoke(chain(15), name)[1] == f"16:{digest}:0"
    code, message = refused(chain(16).invoke, FunctionName=name)
    assert (code, "recursive loop" in message) == ("RecursiveInvocationException", True)
    configured = circle.functions.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    assert configured["RecursiveLoop"] == "Allow"
    assert invoke(chain(16), name)[1] == f"17:{digest}:0"
    circle.functions.put_function_recursion_config(FunctionName=name, RecursiveLoop="Terminate")
    assert refused(chain(17).invoke, FunctionName=name)[0] == "RecursiveInvocationException"
    # Who is called by others is no circle.
    others = within(cloud.client("lambda"), "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=16:00000000:3")
    assert invoke(others, name)[1] == "16:00000000:4"


def test_a_destination_that_is_not_there_is_told_when_it_is(own_cloud):
    functions, queues = own_cloud.client("lambda", read_timeout=60), own_cloud.client("sqs")
    create(functions, "f", "def handler(event, context): return 'done'")
    url = queues.create_queue(QueueName="told")["QueueUrl"]
    destination = {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:000000000000:told"}}
    functions.put_function_event_invoke_config(FunctionName="f", DestinationConfig=destination)
    queues.delete_queue(QueueUrl=url)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")
    eventually(lambda: any("did not take what is to be told" in line for line in own_cloud.log))
    url = queues.create_queue(QueueName="told")["QueueUrl"]
    move(own_cloud, advance_seconds=2)
    [message] = eventually(lambda: queues.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
    assert json.loads(message["Body"])["responsePayload"] == "done"
