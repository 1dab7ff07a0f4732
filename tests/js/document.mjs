// Every command of the document client of the AWS SDK for JavaScript v3, on plain values.
import assert from "node:assert/strict";

import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import {
  BatchExecuteStatementCommand,
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetCommand,
  NumberValue,
  paginateQuery,
  paginateScan,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";

const TableName = "documents";
const client = new DynamoDBClient();
const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const send = (Command, input) => documents.send(new Command({ TableName, ...input }));
const sendAll = (Command, input) => documents.send(new Command(input));

await client.send(
  new CreateTableCommand({
    TableName,
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "N" },
      { AttributeName: "state", AttributeType: "S" },
    ],
    GlobalSecondaryIndexes: [
      { IndexName: "by-state", KeySchema: [{ AttributeName: "state", KeyType: "HASH" }], Projection: { ProjectionType: "KEYS_ONLY" } },
    ],
    BillingMode: "PAY_PER_REQUEST",
  }),
);
await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });

// Values
const item = {
  pk: "a",
  sk: 1,
  text: "grün \u{1F600}",
  nothing: null,
  yes: true,
  bytes: new Uint8Array([0, 255]),
  list: [1, "two", { three: [3.5] }],
  words: new Set(["x", "y"]),
  numbers: new Set([1, 2]),
  gone: undefined,
};
await send(PutCommand, { Item: item });
const { gone, ...kept } = item;
const Key = { pk: "a", sk: 1 };
assert.deepEqual((await send(GetCommand, { Key, ConsistentRead: true })).Item, kept);
await send(PutCommand, { Item: { pk: "a", sk: 2, big: NumberValue.from("12345678901234567890123456789012345678") } });
const exact = DynamoDBDocumentClient.from(new DynamoDBClient(), { unmarshallOptions: { wrapNumbers: true } });
const { Item: large } = await exact.send(new GetCommand({ TableName, Key: { pk: "a", sk: 2 } }));
assert.equal(large.big.toString(), "12345678901234567890123456789012345678");

// Writes with conditions
const refused = await send(PutCommand, {
  Item: Key,
  ConditionExpression: "attribute_not_exists(pk)",
  ReturnValuesOnConditionCheckFailure: "ALL_OLD",
}).catch((error) => error);
assert.equal(refused.name, "ConditionalCheckFailedException");
assert.equal(refused.message, "The conditional request failed");
assert.deepEqual(refused.Item.sk, { N: "1" });
const updated = await send(UpdateCommand, {
  Key,
  UpdateExpression: "SET #list[2].three[0] = :half, n = if_not_exists(n, :zero) + :half ADD numbers :more DELETE words :word REMOVE nothing",
  ConditionExpression: "size(#list) = :three AND contains(words, :x)",
  ExpressionAttributeNames: { "#list": "list" },
  ExpressionAttributeValues: { ":half": 0.5, ":zero": 0, ":more": new Set([7]), ":word": new Set(["x"]), ":three": 3, ":x": "x" },
  ReturnValues: "ALL_NEW",
  ReturnConsumedCapacity: "INDEXES",
});
assert.deepEqual(updated.Attributes.list, [1, "two", { three: [0.5] }]);
assert.deepEqual([updated.Attributes.n, updated.Attributes.words], [0.5, new Set(["y"])]);
assert.deepEqual([...updated.Attributes.numbers].sort(), [1, 2, 7]);
assert.equal(updated.ConsumedCapacity.CapacityUnits, 1);
assert.equal((await send(DeleteCommand, { Key, ReturnValues: "ALL_OLD" })).Attributes.n, 0.5);
await assert.rejects(send(UpdateCommand, { Key: { pk: "a" }, UpdateExpression: "SET n = n" }), {
  name: "ValidationException",
  message: "The provided key element does not match the schema",
});

// Batches
for (let first = 0; first < 100; first += 25) {
  const numbers = Array.from({ length: 25 }, (_, at) => first + at);
  const puts = numbers.map((sk) => ({ PutRequest: { Item: { pk: "b", sk, state: sk % 3 ? "open" : "done" } } }));
  const { UnprocessedItems } = await sendAll(BatchWriteCommand, { RequestItems: { [TableName]: puts } });
  assert.deepEqual(UnprocessedItems, {});
}
const Keys = [1, 2, 200].map((sk) => ({ pk: "b", sk }));
const got = await sendAll(BatchGetCommand, { RequestItems: { [TableName]: { Keys, ProjectionExpression: "sk" } } });
assert.deepEqual(got.Responses[TableName].map(({ sk }) => sk).sort(), [1, 2]);
await sendAll(BatchWriteCommand, { RequestItems: { [TableName]: [{ DeleteRequest: { Key: { pk: "a", sk: 2 } } }] } });

// Pages
const ofB = { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": "b" } };
const some = await send(QueryCommand, { ...ofB, Limit: 3, ScanIndexForward: false });
assert.deepEqual([some.Items.map(({ sk }) => sk), some.LastEvaluatedKey], [[99, 98, 97], { pk: "b", sk: 97 }]);
const queried = [];
for await (const page of paginateQuery({ client: documents, pageSize: 30 }, { TableName, ...ofB })) queried.push(page.Items);
assert.deepEqual(queried.map((page) => page.length), [30, 30, 30, 10]);
assert.deepEqual(queried.flat().map(({ sk }) => sk), Array.from({ length: 100 }, (_, sk) => sk));
const open = {
  IndexName: "by-state",
  KeyConditionExpression: "#state = :open",
  ExpressionAttributeNames: { "#state": "state" },
  ExpressionAttributeValues: { ":open": "open" },
};
const indexed = [];
for await (const page of paginateQuery({ client: documents, pageSize: 7 }, { TableName, ...open })) indexed.push(...page.Items);
assert.equal(indexed.length, 66);
assert.deepEqual(Object.keys(indexed[0]).sort(), ["pk", "sk", "state"]);
let scanned = 0;
for (const Segment of [0, 1]) {
  const part = { TableName, Segment, TotalSegments: 2, FilterExpression: "sk < :ten", ExpressionAttributeValues: { ":ten": 10 } };
  for await (const page of paginateScan({ client: documents, pageSize: 40 }, part)) scanned += page.Count;
}
assert.equal(scanned, 10);
assert.equal((await send(ScanCommand, { Select: "COUNT" })).Count, 100);

// Transactions
const Put = { TableName, Item: { pk: "c", sk: 1, n: 1 }, ConditionExpression: "attribute_not_exists(pk)" };
const add = { UpdateExpression: "ADD n :one", ExpressionAttributeValues: { ":one": 1 } };
const TransactItems = [
  { Put },
  { Update: { TableName, Key: { pk: "c", sk: 2 }, ...add } },
  { Delete: { TableName, Key: { pk: "b", sk: 0 } } },
  { ConditionCheck: { TableName, Key: { pk: "b", sk: 1 }, ConditionExpression: "attribute_exists(pk)" } },
];
const transaction = { TransactItems, ClientRequestToken: "once" };
await sendAll(TransactWriteCommand, transaction);
await sendAll(TransactWriteCommand, transaction);
const cancelled = await sendAll(TransactWriteCommand, { TransactItems }).catch((error) => error);
assert.equal(cancelled.name, "TransactionCanceledException");
assert.deepEqual(cancelled.CancellationReasons.map(({ Code }) => Code), ["ConditionalCheckFailed", "None", "None", "None"]);
const gets = [1, 2, 3].map((sk) => ({ Get: { TableName, Key: { pk: "c", sk } } }));
const { Responses } = await sendAll(TransactGetCommand, { TransactItems: gets });
assert.deepEqual(Responses, [{ Item: { pk: "c", sk: 1, n: 1 } }, { Item: { pk: "c", sk: 2, n: 1 } }, {}]);

// PartiQL
const insert = { Statement: `INSERT INTO "${TableName}" VALUE {'pk': ?, 'sk': ?, 'tags': ?}`, Parameters: ["d", 1, ["x", null]] };
await sendAll(ExecuteStatementCommand, insert);
await assert.rejects(sendAll(ExecuteStatementCommand, insert), { name: "DuplicateItemException" });
const select = `SELECT tags FROM "${TableName}" WHERE pk = ? AND sk = ?`;
const selected = await sendAll(ExecuteStatementCommand, { Statement: select, Parameters: ["d", 1] });
assert.deepEqual(selected.Items, [{ tags: ["x", null] }]);
const Statements = ["d", "e"].map((pk) => ({ Statement: select, Parameters: [pk, 1] }));
const many = await sendAll(BatchExecuteStatementCommand, { Statements });
assert.deepEqual(many.Responses.map(({ Item }) => Item), [{ tags: ["x", null] }, undefined]);
const change = `UPDATE "${TableName}" SET tags = list_append(tags, ?) WHERE pk = ? AND sk = ?`;
await sendAll(ExecuteTransactionCommand, { TransactStatements: [{ Statement: change, Parameters: [[1], "d", 1] }] });
const read = await sendAll(ExecuteTransactionCommand, { TransactStatements: [{ Statement: select, Parameters: ["d", 1] }] });
assert.deepEqual(read.Responses, [{ Item: { tags: ["x", null, 1] } }]);

await client.send(new DeleteTableCommand({ TableName }));
await waitUntilTableNotExists({ client, maxWaitTime: 60 }, { TableName });
console.log("all is well");
