"""Powertools for AWS Lambda in Python, unchanged: logger, idempotency, batches, routes."""

import json

import pytest
from client_layers import layer, of_python
from conftest import eventually
from functions import create, invoke
from http_apis import ask
from test_lambda_web import http_api, rest_api

BOOKS = """
import os
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent
logger = Logger(service="trips")
persistence = DynamoDBPersistenceLayer(table_name=os.environ["TABLE"])

@logger.inject_lambda_context(log_event=True)
@idempotent(persistence_store=persistence)
def handler(event, context):
    logger.append_keys(trip=event["trip"])
    logger.info("booked")
    if event["trip"] == "full":
        raise ValueError("no seats")
    return {"booking": context.aws_request_id}
"""
BATCH = """
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
processor = BatchProcessor(event_type=EventType.SQS)

def take(record):
    if record.json_body["seats"] < 1:
        raise ValueError("no seats")

def handler(event, context):
    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
"""
ROUTES = """
from aws_lambda_powertools.event_handler import {resolver}, CORSConfig, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
app = {resolver}(cors=CORSConfig(allow_origin="https://trips.example"))

@app.get("/trips/<trip>")
def show(trip):
    if trip == "none":
        raise NotFoundError("no such trip")
    return {{"trip": trip, "by": app.current_event.query_string_parameters["by"]}}

@app.post("/trips")
def make():
    return Response(201, "application/json", '{{"made": "' + app.current_event.json_body["name"] + '"}}')

def handler(event, context):
    return app.resolve(event, context)
"""


@pytest.fixture(scope="module")
def powertools(cloud):
    return layer(cloud.client("lambda"), "powertools", of_python("aws-lambda-powertools", "boto3"))


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


def test_a_function_logs_and_does_its_work_once(cloud, functions, powertools, name):
    cloud.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    variables = {"TABLE": name, "POWERTOOLS_LOG_LEVEL": "INFO"}
    create(functions, name, BOOKS, Layers=[powertools], Environment={"Variables": variables}, MemorySize=512, Timeout=60)
    answer, first = invoke(functions, name, {"trip": "ams"})
    assert first == {"booking": answer["ResponseMetadata"]["RequestId"]}
    assert invoke(functions, name, {"trip": "ams"})[1] == first
    assert invoke(functions, name, {"trip": "bcn"})[1] != first
    for _ in range(2):
        # What failed is tried again.
        answer, said = invoke(functions, name, {"trip": "full"})
        assert (answer["FunctionError"], said["errorMessage"]) == ("Unhandled", "no seats")

    def logged():
        events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        return lines if len([line for line in lines if line["message"] == "booked"]) == 4 else None

    lines = eventually(logged)
    booked = [line for line in lines if line["message"] == "booked"]
    assert [line["trip"] for line in booked] == ["ams", "bcn", "full", "full"]
    assert booked[0]["service"] == "trips" and booked[0]["function_request_id"] == first["booking"]
    assert [line["cold_start"] for line in booked] == [True, False, False, False]
    assert booked[0]["xray_trace_id"].startswith("1-")


def test_what_fails_of_a_batch_comes_again_alone(cloud, functions, powertools, name):
    queues = cloud.client("sqs")
    dead = queues.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:{name}-dead", "maxReceiveCount": 1}
    settings = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "10"}
    url = queues.create_queue(QueueName=name, Attributes=settings)["QueueUrl"]
    create(functions, name, BATCH, Layers=[powertools], MemorySize=512, Timeout=10)
    entries = [{"Id": str(seats), "MessageBody": json.dumps({"seats": seats})} for seats in [0, 1, 2, 3]]
    queues.send_message_batch(QueueUrl=url, Entries=entries)
    functions.create_event_source_mapping(
        FunctionName=name,
        EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{name}",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    wish = {"QueueUrl": dead, "WaitTimeSeconds": 1}
    failed = eventually(lambda: queues.receive_message(**wish).get("Messages"), 60)
    assert [json.loads(message["Body"]) for message in failed] == [{"seats": 0}]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = lambda: queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]  # noqa: E731
    eventually(lambda: set(counts().values()) == {"0"})


@pytest.mark.parametrize("version, resolver", [("REST", "APIGatewayRestResolver"), ("1.0", "APIGatewayRestResolver"), ("2.0", "APIGatewayHttpResolver")])
def test_routes_of_an_api(cloud, functions, powertools, name, version, resolver):
    made = create(functions, name, ROUTES.format(resolver=resolver), Layers=[powertools], MemorySize=512, Timeout=60)
    api, stage = rest_api(cloud, name, made["FunctionArn"]) if version == "REST" else http_api(cloud, name, made["FunctionArn"], version)
    functions.add_permission(
        FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    origin = {"Origin": "https://trips.example"}
    status, headers, body = ask(cloud, api, "GET", f"{stage}/trips/ams?by=train", headers=origin)
    assert (status, json.loads(body)) == (200, {"trip": "ams", "by": "train"})
    assert headers["Access-Control-Allow-Origin"] == "https://trips.example"
    status, _, body = ask(cloud, api, "POST", f"{stage}/trips", '{"name": "näh"}'.encode(), {"Content-Type": "application/json"})
    assert (status, json.loads(body)) == (201, {"made": "näh"})
    status, _, body = ask(cloud, api, "GET", f"{stage}/trips/none?by=x")
    assert (status, json.loads(body)["message"]) == (404, "no such trip")
    assert ask(cloud, api, "DELETE", f"{stage}/trips/x")[0] == 404
