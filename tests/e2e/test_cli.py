"""The AWS CLI, told where the cloud is: the slice through all services, as a shell script would do it."""

import json
import subprocess

from conftest import eventually
from test_lambda import package


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_the_slice_works_with_the_cli(aws):
    account = aws("sts", "get-caller-identity")["Account"]
    role = aws("iam", "create-role", "--role-name", "runner", "--assume-role-policy-document", trust("lambda.amazonaws.com"))
    aws(
        "dynamodb", "create-table", "--table-name", "trips", "--billing-mode", "PAY_PER_REQUEST",
        "--key-schema", "AttributeName=id,KeyType=HASH", "--attribute-definitions", "AttributeName=id,AttributeType=S",
        "--tags", "Key=team,Value=red",
    )  # fmt: skip
    aws("dynamodb", "wait", "table-exists", "--table-name", "trips")
    aws("dynamodb", "put-item", "--table-name", "trips", "--item", '{"id": {"S": "1"}, "to": {"S": "Köln"}}')
    assert aws("dynamodb", "scan", "--table-name", "trips")["Items"][0]["to"] == {"S": "Köln"}
    once = ["--item", '{"id": {"S": "1"}}', "--condition-expression", "attribute_not_exists(id)"]
    refused = aws("dynamodb", "put-item", "--table-name", "trips", *once, fails=True)
    assert "(ConditionalCheckFailedException) when calling the PutItem operation" in refused

    arn = f"arn:aws:sqs:us-east-1:{account}:billing"
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}
    attributes = json.dumps({"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
    queue = aws("sqs", "create-queue", "--queue-name", "billing", "--attributes", attributes)["QueueUrl"]
    topic = aws("sns", "create-topic", "--name", "trips", "--tags", "Key=team,Value=red")["TopicArn"]
    aws(
        "sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", arn,
        "--attributes", "RawMessageDelivery=true",
    )  # fmt: skip
    aws("sns", "publish", "--topic-arn", topic, "--message", "grüße")
    received = aws("sqs", "receive-message", "--queue-url", queue, "--wait-time-seconds", "20")["Messages"][0]
    assert received["Body"] == "grüße"
    aws("sqs", "delete-message", "--queue-url", queue, "--receipt-handle", received["ReceiptHandle"])
    gone = aws("sqs", "send-message", "--queue-url", queue + "x", "--message-body", "x", fails=True)
    assert "(AWS.SimpleQueueService.NonExistentQueue)" in gone
    lambda_and_its_log(aws, role["Role"]["Arn"], account)


def lambda_and_its_log(aws, role, account):
    code = "def handler(event, context):\n    print('hello', event)\n    return {'statusCode': 200, 'body': 'hi'}"
    (aws.folder / "code.zip").write_bytes(package(main__py=code))
    aws(
        "lambda", "create-function", "--function-name", "front", "--runtime", "python3.12", "--role", role,
        "--handler", "main.handler", "--zip-file", "fileb://code.zip",
    )  # fmt: skip
    aws("lambda", "wait", "function-active-v2", "--function-name", "front")
    answer = aws("lambda", "invoke", "--function-name", "front", "--payload", '{"a": 1}', "answer.json")
    assert answer["StatusCode"] == 200
    assert json.loads((aws.folder / "answer.json").read_text())["body"] == "hi"
    find = ["logs", "filter-log-events", "--log-group-name", "/aws/lambda/front", "--filter-pattern", "hello"]
    assert eventually(lambda: aws(*find)["events"])[0]["message"].startswith("hello")

    api = aws("apigatewayv2", "create-api", "--name", "trips", "--protocol-type", "HTTP")["ApiId"]
    integration = aws(
        "apigatewayv2", "create-integration", "--api-id", api, "--integration-type", "AWS_PROXY",
        "--integration-uri", f"arn:aws:lambda:us-east-1:{account}:function:front", "--payload-format-version", "2.0",
    )["IntegrationId"]  # fmt: skip
    target = f"integrations/{integration}"
    aws("apigatewayv2", "create-route", "--api-id", api, "--route-key", "GET /trips", "--target", target)
    aws("apigatewayv2", "create-stage", "--api-id", api, "--stage-name", "$default", "--auto-deploy")
    aws(
        "lambda", "add-permission", "--function-name", "front", "--statement-id", "api", "--action", "lambda:InvokeFunction",
        "--principal", "apigateway.amazonaws.com", "--source-arn", f"arn:aws:execute-api:us-east-1:{account}:{api}/*",
    )  # fmt: skip
    address = f"{aws.cloud.url}/_aws/execute-api/{api}/$default/trips"
    got = subprocess.run(["curl", "-sS", "--max-time", "20", address], capture_output=True, text=True)
    assert got.stdout == "hi", got.stderr
