// DynamoDB-Toolbox: an entity of a table with an index, and its actions.
import assert from "node:assert/strict";

import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  $add,
  $append,
  $delete,
  $get,
  $remove,
  $set,
  $subtract,
  $sum,
  BatchDeleteRequest,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  boolean,
  ConditionCheck,
  DeleteItemCommand,
  DeletePartitionCommand,
  DeleteTransaction,
  Entity,
  executeBatchGet,
  executeBatchWrite,
  executeTransactGet,
  executeTransactWrite,
  GetItemCommand,
  GetTransaction,
  item,
  list,
  map,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  record,
  ScanCommand,
  set,
  string,
  Table,
  UpdateAttributesCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from "dynamodb-toolbox";

const client = new DynamoDBClient();
const documentClient = DynamoDBDocumentClient.from(client);
await client.send(
  new CreateTableCommand({
    TableName: "pokedex",
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
      { AttributeName: "kind", AttributeType: "S" },
      { AttributeName: "level", AttributeType: "N" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-kind",
        KeySchema: [
          { AttributeName: "kind", KeyType: "HASH" },
          { AttributeName: "level", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
      },
    ],
    BillingMode: "PAY_PER_REQUEST",
  }),
);
await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: "pokedex" });

const Pokedex = new Table({
  documentClient,
  name: "pokedex",
  partitionKey: { name: "pk", type: "string" },
  sortKey: { name: "sk", type: "string" },
  indexes: {
    "by-kind": { type: "global", partitionKey: { name: "kind", type: "string" }, sortKey: { name: "level", type: "number" } },
  },
});
const Pokemon = new Entity({
  name: "pokemon",
  table: Pokedex,
  schema: item({
    trainer: string().key().savedAs("pk"),
    name: string().key().savedAs("sk"),
    kind: string().enum("fire", "water"),
    level: number().default(1),
    caught: boolean().optional(),
    moves: list(string()).optional(),
    tags: set(string()).optional(),
    stats: map({ attack: number(), defence: number().optional() }).optional(),
    extra: record(string(), number()).optional(),
  }),
});
const act = (Command) => Pokemon.build(Command);
const Key = { trainer: "ash", name: "squirtle" };

// Puts and conditions
const squirtle = { ...Key, kind: "water", moves: ["splash"], tags: new Set(["a", "b"]), stats: { attack: 3 }, extra: { x: 1 } };
const once = act(PutItemCommand).item(squirtle).options({ condition: { attr: "name", exists: false } });
await once.send();
await assert.rejects(once.send(), { name: "ConditionalCheckFailedException" });
const found = await act(GetItemCommand).key(Key).options({ consistent: true }).send();
assert.deepEqual([found.Item.level, found.Item.moves, found.Item.tags], [1, ["splash"], new Set(["a", "b"])]);
const part = await act(GetItemCommand).key(Key).options({ attributes: ["stats.attack", "moves[0]"] }).send();
assert.deepEqual([part.Item.stats, part.Item.moves], [{ attack: 3 }, ["splash"]]);

// Updates with what the library knows beside plain values
const { Attributes: changed } = await act(UpdateItemCommand)
  .item({
    ...Key,
    level: $add(4),
    moves: $append(["surf"]),
    tags: $delete(new Set(["a"])),
    stats: { attack: $sum($get("stats.attack"), 2), defence: $get("level") },
    extra: { x: $remove(), y: 7 },
  })
  .options({
    returnValues: "ALL_NEW",
    condition: { and: [{ attr: "level", lt: 5 }, { size: "moves", eq: 1 }, { not: { attr: "kind", eq: "fire" } }] },
  })
  .send();
assert.deepEqual([changed.level, changed.moves], [5, ["splash", "surf"]]);
assert.deepEqual([changed.tags, changed.stats], [new Set(["b"]), { attack: 5, defence: 1 }]);
assert.deepEqual(changed.extra, { y: 7 });
const whole = { ...Key, stats: { attack: 1 }, moves: ["tackle"], caught: true };
await act(UpdateAttributesCommand).item(whole).send();
const { Item: replaced } = await act(GetItemCommand).key(Key).options({ consistent: true }).send();
assert.deepEqual([replaced.stats, replaced.moves, replaced.caught], [{ attack: 1 }, ["tackle"], true]);
const weaker = act(UpdateItemCommand).item({ ...Key, level: $subtract($get("level"), 1), moves: { 0: "bite" }, stats: $set({ attack: 9 }) });
const { Attributes: weakened } = await weaker.options({ returnValues: "UPDATED_NEW" }).send();
assert.deepEqual([weakened.level, weakened.moves, weakened.stats], [4, ["bite"], { attack: 9 }]);

// Batches
const others = Array.from({ length: 20 }, (_, at) => ({ trainer: "misty", name: `star-${String(at).padStart(2, "0")}`, kind: "water", level: at }));
const puts = Pokedex.build(BatchWriteCommand).requests(...others.map((other) => act(BatchPutRequest).item(other)));
await executeBatchWrite({ maxAttempts: 3 }, puts);
const wanted = [Key, others[3], { trainer: "brock", name: "onix" }].map((key) => act(BatchGetRequest).key({ trainer: key.trainer, name: key.name }));
const { Responses } = await executeBatchGet(Pokedex.build(BatchGetCommand).requests(...wanted).options({ consistent: true }));
assert.deepEqual(Responses[0].map((found) => found?.name), ["squirtle", "star-03", undefined]);

// Queries and scans
const all = (Command) => Pokedex.build(Command).entities(Pokemon);
const names = ({ Items }) => Items.map(({ name }) => name);
const few = all(QueryCommand).query({ partition: "misty", range: { beginsWith: "star-0" } });
assert.equal((await few.options({ maxPages: Infinity, limit: 4 }).send()).Count, 10);
const strong = all(QueryCommand).query({ index: "by-kind", partition: "water", range: { gte: 17 } });
assert.deepEqual(names(await strong.options({ reverse: true }).send()), ["star-19", "star-18", "star-17"]);
const filtered = all(QueryCommand).query({ partition: "misty", range: { between: ["star-05", "star-09"] } });
const odd = filtered.options({ filters: { pokemon: { attr: "level", in: [5, 7, 11] } }, attributes: ["name"] });
assert.deepEqual(names(await odd.send()), ["star-05", "star-07"]);
const first = await few.options({ limit: 6 }).send();
const rest = await few.options({ exclusiveStartKey: first.LastEvaluatedKey }).send();
assert.deepEqual([...names(first), ...names(rest)], others.slice(0, 10).map(({ name }) => name));
const parts = [0, 1].map((segment) => all(ScanCommand).options({ segment, totalSegments: 2, maxPages: Infinity }).send());
assert.equal((await Promise.all(parts)).flatMap(names).length, 21);
assert.equal((await Pokedex.build(ScanCommand).options({ select: "COUNT" }).send()).Count, 21);

// Transactions
const brock = { trainer: "brock", name: "onix", kind: "fire" };
const trade = (condition) => [
  act(PutTransaction).item(brock),
  act(UpdateTransaction).item({ ...Key, level: $add(1) }).options({ condition }),
  act(DeleteTransaction).key({ trainer: "misty", name: "star-00" }),
  act(ConditionCheck).key({ trainer: "misty", name: "star-01" }).condition({ attr: "name", exists: true }),
];
await executeTransactWrite({ clientRequestToken: "once" }, ...trade({ attr: "level", eq: 4 }));
const cancelled = await executeTransactWrite(...trade({ attr: "level", eq: 4 })).catch((error) => error);
assert.equal(cancelled.name, "TransactionCanceledException");
assert.deepEqual(cancelled.CancellationReasons.map(({ Code }) => Code), ["None", "ConditionalCheckFailed", "None", "None"]);
const read = await executeTransactGet(act(GetTransaction).key(Key), act(GetTransaction).key({ trainer: "misty", name: "star-00" }));
assert.deepEqual(read.Responses.map(({ Item }) => Item?.level), [5, undefined]);

// Deletes, one and a whole partition
const gone = await act(DeleteItemCommand).key(Key).options({ returnValues: "ALL_OLD", condition: { attr: "level", gt: 4 } }).send();
assert.equal(gone.Attributes.level, 5);
await executeBatchWrite(Pokedex.build(BatchWriteCommand).requests(act(BatchDeleteRequest).key({ trainer: "brock", name: "onix" })));
await Pokedex.build(DeletePartitionCommand).query({ partition: "misty" }).entities(Pokemon).send();
assert.equal((await Pokedex.build(ScanCommand).send()).Count, 0);
console.log("all is well");
