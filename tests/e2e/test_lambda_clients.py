"""AWS's own runtime interface client as a custom runtime, and Powertools for TypeScript."""

import json

import pytest
from client_layers import layer, of_node, of_python
from conftest import eventually
from functions import ROLE, create, invoke, package
from test_lambda_extensions import programs

RIC = """#!/bin/sh
export PYTHONPATH=/opt/python:/var/task
exec python3 -m awslambdaric "$_HANDLER"
"""
SAYS = """
import logging, os
logging.getLogger().warning("said by the client")
def handler(event, context):
    if event.get("fail"):
        raise ValueError(event["fail"])
    return [event, context.function_name, context.aws_request_id, context.get_remaining_time_in_millis() > 0,
            os.environ["_X_AMZN_TRACE_ID"].startswith("Root=1-")]
"""
BOOKS = """
const { Logger } = require('@aws-lambda-powertools/logger');
const { BatchProcessor, EventType, processPartialResponse } = require('@aws-lambda-powertools/batch');
const { makeIdempotent } = require('@aws-lambda-powertools/idempotency');
const { DynamoDBPersistenceLayer } = require('@aws-lambda-powertools/idempotency/dynamodb');
const logger = new Logger({ serviceName: 'trips' });
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env.TABLE });
let runs = 0;
const book = makeIdempotent(async (event) => ({ trip: event.trip, runs: ++runs }), { persistenceStore });
const processor = new BatchProcessor(EventType.SQS);
const take = async (record) => { if (JSON.parse(record.body).seats < 1) throw new Error('no seats'); };
exports.handler = async (event, context) => {
  logger.addContext(context);
  logger.info('called');
  if (event.Records) return processPartialResponse(event, take, processor, { context });
  return book(event, context);
};
"""
POWERTOOLS = [f"@aws-lambda-powertools/{name}" for name in ["logger", "batch", "idempotency"]]
SDK = ["@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb"]


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


def test_awslambdaric_is_a_runtime(cloud, functions, name):
    ric = layer(functions, name, of_python("awslambdaric"))
    start = functions.publish_layer_version(LayerName=f"{name}-start", Content={"ZipFile": programs(bootstrap=RIC)})
    functions.create_function(
        FunctionName=name, Runtime="provided.al2023", Role=ROLE, Handler="main.handler", MemorySize=512, Timeout=30,
        Code={"ZipFile": package(main__py=SAYS)}, Layers=[ric, start["LayerVersionArn"]],
    )
    answer, said = invoke(functions, name, {"ü": 1})
    assert said == [{"ü": 1}, name, answer["ResponseMetadata"]["RequestId"], True, True]
    answer, said = invoke(functions, name, {"fail": "asked to"})
    assert (answer["FunctionError"], said["errorType"], said["errorMessage"]) == ("Unhandled", "ValueError", "asked to")
    events = lambda: cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]  # noqa: E731
    eventually(lambda: any("said by the client" in event["message"] for event in events()))


def test_powertools_for_typescript(cloud, functions, name):
    cloud.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    tools = layer(functions, name, of_node(*POWERTOOLS, *SDK))
    create(
        functions, name, "", Runtime="nodejs22.x", Code={"ZipFile": package(main__js=BOOKS)}, Layers=[tools],
        Environment={"Variables": {"TABLE": name}}, MemorySize=512, Timeout=60,
    )
    _, first = invoke(functions, name, {"trip": "ams"})
    assert first == {"trip": "ams", "runs": 1}
    assert invoke(functions, name, {"trip": "ams"})[1] == first
    assert invoke(functions, name, {"trip": "bcn"})[1]["runs"] == 2
    records = [{"messageId": f"m{seats}", "body": json.dumps({"seats": seats})} for seats in [0, 1]]
    assert invoke(functions, name, {"Records": records})[1] == {"batchItemFailures": [{"itemIdentifier": "m0"}]}

    def logged():
        events = cloud.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
        lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        return [line for line in lines if line.get("message") == "called"]

    eventually(lambda: len(logged()) == 4)
    assert logged()[0]["service"] == "trips" and logged()[0]["cold_start"] is True
