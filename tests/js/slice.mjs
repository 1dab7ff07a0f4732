// The slice as the AWS SDK for JavaScript v3 uses it: told nothing but its endpoint, by the environment.
import assert from "node:assert/strict";

import { CloudWatchLogsClient, CreateLogGroupCommand, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { CreateRoleCommand, GetRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { InvokeCommand, LambdaClient, CreateFunctionCommand } from "@aws-sdk/client-lambda";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [name, zipped] = process.argv.slice(2);

const sqs = new SQSClient();
const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
const statement = {
  Effect: "Allow",
  Principal: { Service: "sns.amazonaws.com" },
  Action: "sqs:SendMessage",
  Resource: Attributes.QueueArn,
};
const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
const sns = new SNSClient();
const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
await sns.send(
  new SubscribeCommand({
    TopicArn,
    Protocol: "sqs",
    Endpoint: Attributes.QueueArn,
    Attributes: { RawMessageDelivery: "true" },
  }),
);
const attributes = { colour: { DataType: "String", StringValue: "grün" } };
await sns.send(new PublishCommand({ TopicArn, Message: "grüße \u{1F600}", MessageAttributes: attributes }));
// The SDK itself compares the checksums of bodies and attributes.
const received = await sqs.send(
  new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] }),
);
assert.equal(received.Messages[0].Body, "grüße \u{1F600}");
assert.equal(received.Messages[0].MessageAttributes.colour.StringValue, "grün");
await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: received.Messages[0].ReceiptHandle }));
await assert.rejects(sqs.send(new ReceiveMessageCommand({ QueueUrl: QueueUrl + "-none" })), {
  // Which of the two codes of SQS the SDK takes for the name depends on its version.
  name: /QueueDoesNotExist|NonExistentQueue/,
});

const dynamodb = new DynamoDBClient();
await dynamodb.send(
  new CreateTableCommand({
    TableName: name,
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "N" }],
    BillingMode: "PAY_PER_REQUEST",
  }),
);
await waitUntilTableExists({ client: dynamodb, maxWaitTime: 60 }, { TableName: name });
const item = { id: { N: "1" }, bytes: { B: new Uint8Array([0, 255]) }, list: { L: [{ BOOL: true }, { NULL: true }] } };
await dynamodb.send(new PutItemCommand({ TableName: name, Item: item }));
const found = await dynamodb.send(new GetItemCommand({ TableName: name, Key: { id: { N: "1.0" } } }));
assert.deepEqual(found.Item, item);
const once = new PutItemCommand({ TableName: name, Item: item, ConditionExpression: "attribute_not_exists(id)" });
await assert.rejects(dynamodb.send(once), { name: "ConditionalCheckFailedException" });
let count = 0;
for await (const page of paginateScan({ client: dynamodb, pageSize: 1 }, { TableName: name })) count += page.Count;
assert.equal(count, 1);

const iam = new IAMClient();
const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: "000000000000", Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }));
const shown = await iam.send(new GetRoleCommand({ RoleName: name }));
assert.equal(decodeURIComponent(shown.Role.AssumeRolePolicyDocument), trust);
assert.ok(shown.Role.CreateDate instanceof Date);
const assumed = await new STSClient().send(new AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: "js" }));
const credentials = {
  accessKeyId: assumed.Credentials.AccessKeyId,
  secretAccessKey: assumed.Credentials.SecretAccessKey,
  sessionToken: assumed.Credentials.SessionToken,
};
const identity = await new STSClient({ credentials }).send(new GetCallerIdentityCommand());
assert.equal(identity.Arn, `arn:aws:sts::000000000000:assumed-role/${name}/js`);

const lambda = new LambdaClient();
await lambda.send(
  new CreateFunctionCommand({
    FunctionName: name,
    Runtime: "python3.12",
    Handler: "main.handler",
    Role: Role.Arn,
    Code: { ZipFile: Buffer.from(zipped, "base64") },
  }),
);
const payload = JSON.stringify({ who: "grüße" });
const invoked = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: payload }));
assert.deepEqual(JSON.parse(Buffer.from(invoked.Payload)), { who: "grüße" });
assert.equal(invoked.FunctionError, undefined);

const logs = new CloudWatchLogsClient();
await logs.send(new CreateLogGroupCommand({ logGroupName: name }));
await assert.rejects(logs.send(new CreateLogGroupCommand({ logGroupName: name })), {
  name: "ResourceAlreadyExistsException",
});
const groups = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
assert.equal(groups.logGroups.length, 1);
console.log("all is well");
