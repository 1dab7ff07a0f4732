"""What tasks of state machines call, and what comes of it: each by itself, as TestState runs it."""

import json

import pytest
from accounts import OTHER, OWN, Accounts
from conftest import bucket_name, refused
from functions import create

ROLE = "arn:aws:iam::000000000000:role/machines"
OPTIMISED = "arn:aws:states:::"
SDK = "arn:aws:states:::aws-sdk:"


class Tasks:
    """Calls tasks, and says what came of them."""

    def __init__(self, cloud):
        self.client = cloud.client("stepfunctions", inject_host_prefix=False)

    def run(self, resource, parameters, **more):
        """All that TestState says of a task."""
        state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
        answer = self.client.test_state(definition=json.dumps(state), roleArn=ROLE, inspectionLevel="DEBUG", **more)
        del answer["ResponseMetadata"]
        return answer

    def result(self, resource, parameters, **more):
        """What a task gave."""
        answer = self.run(resource, parameters, **more)
        assert answer["status"] == "SUCCEEDED", answer
        return json.loads(answer["output"])

    def failure(self, resource, parameters, **more):
        """The name and the cause of the error that a task failed with."""
        answer = self.run(resource, parameters, **more)
        assert answer["status"] == "FAILED", answer
        return answer["error"], answer["cause"]


@pytest.fixture
def tasks(cloud):
    return Tasks(cloud)


@pytest.fixture
def table(cloud, name):
    tables = cloud.client("dynamodb")
    tables.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return name


@pytest.fixture
def queue(cloud, name):
    return cloud.client("sqs").create_queue(QueueName=name)["QueueUrl"]


def received(cloud, queue):
    return [message["Body"] for message in cloud.client("sqs").receive_message(QueueUrl=queue).get("Messages", [])]


def test_items_are_put_got_changed_and_deleted(tasks, table):
    item = {"id": {"S": "grüße"}, "n": {"N": "1"}, "b": {"B": "aGk="}, "l": {"L": [{"M": {"x": {"NULL": True}}}]}}
    key = {"id": {"S": "grüße"}}
    put = tasks.result(OPTIMISED + "dynamodb:putItem", {"TableName": table, "Item": item})
    assert put["SdkHttpMetadata"]["HttpStatusCode"] == 200 and put["SdkResponseMetadata"]["RequestId"]
    got = tasks.result(OPTIMISED + "dynamodb:getItem", {"TableName": table, "Key": key})
    assert got["Item"] == item
    change = {
        "TableName": table,
        "Key": key,
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "UPDATED_NEW",
    }
    assert tasks.result(SDK + "dynamodb:updateItem", change) == {"Attributes": {"n": {"N": "2"}}}
    assert tasks.result(SDK + "dynamodb:getItem", {"TableName": table, "Key": key})["Item"]["b"] == {"B": "aGk="}
    deleted = {"TableName": table, "Key": key}
    tasks.result(OPTIMISED + "dynamodb:deleteItem", deleted)
    assert tasks.result(SDK + "dynamodb:getItem", deleted) == {}


def test_each_sdk_calls_errors_by_its_names(tasks, table):
    refused_put = {"TableName": table, "Item": {"id": {"S": "a"}}, "ConditionExpression": "attribute_exists(id)"}
    error, cause = tasks.failure(SDK + "dynamodb:putItem", refused_put)
    assert error == "DynamoDb.ConditionalCheckFailedException"
    assert cause.startswith("The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: ")
    error, cause = tasks.failure(OPTIMISED + "dynamodb:putItem", refused_put)
    assert error == "DynamoDB.ConditionalCheckFailedException"
    assert "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException; Request ID: " in cause
    assert cause.endswith("; Proxy: null)")
    error, cause = tasks.failure(SDK + "dynamodb:putItem", {"TableName": table, "Item": None})
    assert error == "DynamoDb.DynamoDbException"
    assert cause.startswith("1 validation error detected: Value null at 'item' failed to satisfy constraint")
    missing = {"Bucket": "nobody-has-this-bucket"}
    error, cause = tasks.failure(SDK + "s3:listObjects", missing)
    assert error == "S3.NoSuchBucketException"
    assert "The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: " in cause
    assert ", Extended Request ID: " in cause
    url = "http://localhost:4566/000000000000/nobody-has-this-queue"
    message = {"QueueUrl": url, "MessageBody": "m"}
    assert tasks.failure(SDK + "sqs:sendMessage", message)[0] == "Sqs.QueueDoesNotExistException"
    error, cause = tasks.failure(OPTIMISED + "sqs:sendMessage", message)
    assert error == "SQS.QueueDoesNotExistException"
    assert "Error Code: AWS.SimpleQueueService.NonExistentQueue;" in cause
    topic = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:nobody-has-it", "Message": "m"}
    assert tasks.failure(OPTIMISED + "sns:publish", topic)[0] == "SNS.NotFoundException"
    assert tasks.failure(SDK + "sns:publish", topic)[0] == "Sns.NotFoundException"
    machine = {"StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:none", "Input": {}}
    assert tasks.failure(SDK + "sfn:describeStateMachine", {"StateMachineArn": machine["StateMachineArn"]})[0] == (
        "Sfn.StateMachineDoesNotExistException"
    )


def test_messages_may_be_json(cloud, tasks, queue, name):
    sent = tasks.result(OPTIMISED + "sqs:sendMessage", {"QueueUrl": queue, "MessageBody": {"a": [1, "ü"]}})
    assert len(sent["MessageId"]) == 36 and sent["MD5OfMessageBody"]
    assert json.loads(received(cloud, queue)[0]) == {"a": [1, "ü"]}
    sent = tasks.result(SDK + "sqs:sendMessage", {"QueueUrl": queue, "MessageBody": "plain"})
    assert sorted(sent) == ["Md5OfMessageBody", "MessageId"]
    assert received(cloud, queue) == ["plain"]
    topics = cloud.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    arn = f"arn:aws:sqs:us-east-1:{OWN}:{name}"
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    assert tasks.result(OPTIMISED + "sns:publish", {"TopicArn": topic, "Message": {"b": 2}})["MessageId"]
    answer = cloud.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)
    assert json.loads(answer["Messages"][0]["Body"]) == {"b": 2}


def test_parameters_are_looked_at_first(tasks, queue):
    error, cause = tasks.failure(SDK + "sqs:sendMessage", {"queueUrl": queue, "MessageBody": "m", "Nonsense": 1})
    assert error == "States.Runtime"
    assert "could not be used to start the Task: [" in cause
    assert 'The field "queueUrl" is not supported by Step Functions' in cause
    assert 'The field "Nonsense" is not supported by Step Functions' in cause
    assert "The field 'QueueUrl' is required but was missing" in cause
    error, cause = tasks.failure(SDK + "sqs:sendMessage", {"QueueUrl": queue, "MessageBody": "m", "DelaySeconds": "x"})
    assert error == "States.Runtime"


CODE = """
def handler(event, context):
    if event == "fail":
        raise KeyError("no such trip")
    return {"got": event, "as": context.client_context.custom if context.client_context else None}
"""


def test_functions_are_invoked_in_three_ways(cloud, tasks, name):
    functions = cloud.client("lambda")
    arn = create(functions, name, CODE)["FunctionArn"]
    result = tasks.result(OPTIMISED + "lambda:invoke", {"FunctionName": arn, "Payload": {"a": "ü"}, "LogType": "Tail"})
    assert result["Payload"] == {"got": {"a": "ü"}, "as": None}
    assert (result["StatusCode"], result["ExecutedVersion"]) == (200, "$LATEST") and result["LogResult"]
    assert result["SdkHttpMetadata"]["HttpStatusCode"] == 200
    result = tasks.result(SDK + "lambda:invoke", {"FunctionName": name, "Payload": [1]})
    assert json.loads(result["Payload"]) == {"got": [1], "as": None}
    assert tasks.result(arn, {"b": 1}) == {"got": {"b": 1}, "as": None}
    for resource, parameters in [(arn, "fail"), (OPTIMISED + "lambda:invoke", {"FunctionName": name, "Payload": "fail"})]:
        state = {"Type": "Task", "Resource": resource, "End": True, "Parameters": parameters}
        if isinstance(parameters, str):
            del state["Parameters"]
        answer = tasks.client.test_state(definition=json.dumps(state), roleArn=ROLE, input=json.dumps(parameters))
        assert (answer["status"], answer["error"]) == ("FAILED", "KeyError")
        assert json.loads(answer["cause"])["errorMessage"] == "'no such trip'"
    failed = tasks.result(SDK + "lambda:invoke", {"FunctionName": name, "Payload": "fail"})
    assert failed["FunctionError"] == "Unhandled"
    error, cause = tasks.failure(OPTIMISED + "lambda:invoke", {"FunctionName": "nobody-wrote-it", "Payload": None})
    assert error == "Lambda.ResourceNotFoundException"
    assert "(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: " in cause


def test_objects_are_texts_or_json(cloud, tasks, request):
    bucket = bucket_name(request)
    cloud.client("s3").create_bucket(Bucket=bucket)
    at = {"Bucket": bucket, "Key": "a/ü"}
    for body, stored in [("text", '"text"'), ({"a": 1}, '{"a":1}'), ([1, None], "[1,null]")]:
        assert tasks.result(SDK + "s3:putObject", {**at, "Body": body})["ETag"]
        got = tasks.result(SDK + "s3:getObject", at)
        assert (got["Body"], got["ContentLength"]) == (stored, len(stored))
        assert got["LastModified"].endswith("Z") and got["Metadata"] == {}
    assert tasks.failure(SDK + "s3:getObject", {**at, "Key": "none"})[0] == "S3.NoSuchKeyException"
    cloud.client("s3").put_object(Bucket=bucket, Key="large", Body=b"x" * 262_145)
    error, cause = tasks.failure(SDK + "s3:getObject", {**at, "Key": "large"})
    assert error == "States.DataLimitExceeded"
    assert cause == (
        "The state/task 'aws-sdk:s3' returned a result with a size exceeding the maximum number of bytes service limit."
    )
    listed = tasks.result(SDK + "s3:listObjectsV2", {"Bucket": bucket})
    assert [found["Key"] for found in listed["Contents"]] == ["a/ü", "large"]


def test_names_begin_with_capitals_whatever_the_api(cloud, tasks, name):
    cloud.client("logs").create_log_group(logGroupName=f"/{name}")
    groups = tasks.result(SDK + "cloudwatchlogs:describeLogGroups", {"LogGroupNamePrefix": f"/{name}"})["LogGroups"]
    assert [group["LogGroupName"] for group in groups] == [f"/{name}"]
    found = tasks.result(SDK + "sts:getCallerIdentity", {})
    assert found["Arn"] == f"arn:aws:sts::{OWN}:assumed-role/machines/TestState"


def test_an_api_is_asked(cloud, tasks, name):
    create(cloud.client("lambda"), name, API)
    apis = cloud.client("apigatewayv2")
    function = f"arn:aws:lambda:us-east-1:{OWN}:function:{name}"
    api = apis.create_api(Name=name, ProtocolType="HTTP", Target=function)["ApiId"]
    request = {
        "ApiEndpoint": f"{api}.execute-api.us-east-1.amazonaws.com",
        "Method": "POST",
        "Path": "/x",
        "QueryParameters": {"q": ["a b"]},
        "Headers": {"key": ["v"]},
        "RequestBody": {"trip": 1},
    }
    answer = tasks.result(OPTIMISED + "apigateway:invoke", request)
    assert answer["ResponseBody"] == {"body": {"trip": 1}, "query": {"q": "a b"}, "key": "v"}
    assert (answer["StatusCode"], answer["StatusText"]) == (201, "Created")
    assert answer["Headers"]["content-type"] == ["application/json"]
    error, cause = tasks.failure(OPTIMISED + "apigateway:invoke", {**request, "RequestBody": {"fail": 1}})
    assert (error, json.loads(cause)) == ("ApiGateway.418", {"short": "stout"})
    elsewhere = {"ApiEndpoint": "nobody.example.com", "Method": "GET"}
    assert tasks.failure(OPTIMISED + "apigateway:invoke", elsewhere)[0] == "ApiGateway.SdkClientException"


API = """
import json
def handler(event, context):
    body = json.loads(event["body"])
    if "fail" in body:
        return {"statusCode": 418, "body": json.dumps({"short": "stout"})}
    seen = {"body": body, "query": event["queryStringParameters"], "key": event["headers"]["key"]}
    return {"statusCode": 201, "headers": {"content-type": "application/json"}, "body": json.dumps(seen)}
"""


@pytest.mark.parametrize(
    "resource, error",
    [
        ("events:putEvents", "States.TaskFailed"),
        ("http:invoke", "States.TaskFailed"),
        ("ecs:runTask", "States.TaskFailed"),
        ("aws-sdk:ec2:describeInstances", "Ec2.Ec2Exception"),
        ("aws-sdk:secretsmanager:getSecretValue", "SecretsManager.SecretsManagerException"),
        ("aws-sdk:sts:getFederationToken", "Sts.StsException"),
    ],
)
def test_what_is_not_here_fails_by_name(tasks, resource, error):
    found, cause = tasks.failure(OPTIMISED + resource, {})
    assert found == error
    assert "is not implemented." in cause
    assert resource.split(":")[-1].lower() in cause.lower()


@pytest.mark.parametrize(
    "resource",
    [
        "aws-sdk:nothing:getItem",
        "aws-sdk:sqs:SendMessage",
        "aws-sdk:sqs:dance",
        "aws-sdk:dynamodb:getItem.sync",
        "sqs:receiveMessage",
        "dynamodb:getItem.waitForTaskToken",
        "sns:publish.sync",
        "nothing:do",
    ],
)
def test_what_aws_does_not_have_is_no_part_of_a_definition(tasks, resource, name):
    state = {"Type": "Task", "Resource": OPTIMISED + resource, "End": True}
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    code, message = refused(tasks.client.create_state_machine, name=name[:60], definition=definition, roleArn=ROLE)
    assert code == "InvalidDefinition"
    assert message == (
        f"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The resource provided {OPTIMISED}{resource} is not "
        "recognized. The value is not a valid resource ARN, or the resource is not available in this region. "
        "at /States/A/Resource'"
    )


def test_tasks_are_their_role_to_policies(make_cloud):
    cloud = Accounts(make_cloud, "stepfunctions").cloud
    queues = cloud.client("sqs", *cloud.root_key())
    machines = cloud.client("stepfunctions", *cloud.root_key(), inject_host_prefix=False)
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    state = {
        "Type": "Task",
        "Resource": OPTIMISED + "sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "m"},
        "End": True,
    }

    def send(role):
        return machines.test_state(definition=json.dumps(state), roleArn=role)

    denying = {"Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": denying})
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    denied = send(ROLE)
    assert denied["error"] == "SQS.AmazonSQSException"
    user = f"User: arn:aws:sts::{OWN}:assumed-role/machines/TestState is not authorized to perform: sqs:sendmessage"
    assert denied["cause"].startswith(user)
    assert "with an explicit deny in a resource-based policy (Service: AmazonSQS; Status Code: 403;" in denied["cause"]
    assert send(f"arn:aws:iam::{OWN}:role/others")["status"] == "SUCCEEDED"
    assert send(f"arn:aws:iam::{OTHER}:role/machines")["error"] == "SQS.AmazonSQSException"
