// ElectroDB: two entities in one table, which has two indexes beside its key, and the collections that span them.
import assert from "node:assert/strict";

import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { Entity, Service } from "electrodb";

const table = "offices";
const client = new DynamoDBClient();
const parts = ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk"];
const schema = (pk, sk) => [
  { AttributeName: pk, KeyType: "HASH" },
  { AttributeName: sk, KeyType: "RANGE" },
];
await client.send(
  new CreateTableCommand({
    TableName: table,
    KeySchema: schema("pk", "sk"),
    AttributeDefinitions: parts.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
    GlobalSecondaryIndexes: ["gsi1", "gsi2"].map((name) => ({
      IndexName: `${name}pk-${name}sk-index`,
      KeySchema: schema(`${name}pk`, `${name}sk`),
      Projection: { ProjectionType: "ALL" },
    })),
    BillingMode: "PAY_PER_REQUEST",
  }),
);
await waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName: table });

const key = (name, pk, sk) => ({ pk: { field: `${name}pk`, composite: pk }, sk: { field: `${name}sk`, composite: sk } });
const index = (name) => `${name}pk-${name}sk-index`;
const Employee = new Entity(
  {
    model: { entity: "employee", version: "1", service: "firm" },
    attributes: {
      employee: { type: "string", required: true },
      office: { type: "string", required: true },
      team: { type: "string", required: true },
      title: { type: ["junior", "senior"], default: "junior" },
      salary: { type: "number", default: 0 },
      joined: { type: "string", required: true },
      skills: { type: "set", items: "string" },
      history: { type: "list", items: { type: "map", properties: { title: { type: "string" }, year: { type: "number" } } } },
      address: { type: "map", properties: { street: { type: "string" }, number: { type: "number" } } },
      changes: { type: "number", default: 0, watch: ["salary"], set: () => undefined },
    },
    indexes: {
      employee: key("", ["employee"], []),
      coworkers: { index: index("gsi1"), collection: "workplaces", ...key("gsi1", ["office"], ["team", "employee"]) },
      teams: { index: index("gsi2"), ...key("gsi2", ["team"], ["joined", "employee"]) },
    },
  },
  { client, table },
);
const Office = new Entity(
  {
    model: { entity: "office", version: "1", service: "firm" },
    attributes: {
      office: { type: "string", required: true },
      country: { type: "string", required: true },
      desks: { type: "number", required: true },
    },
    indexes: {
      office: key("", ["office"], []),
      place: { index: index("gsi1"), collection: "workplaces", ...key("gsi1", ["office"], []) },
    },
  },
  { client, table },
);
const firm = new Service({ Employee, Office }, { client, table });

// Creating, reading, patching
const anna = { employee: "anna", office: "köln", team: "red", joined: "2024-01-01", skills: ["rust", "sql"], salary: 10 };
const { data: created } = await Employee.create({ ...anna, address: { street: "Ring", number: 5 } }).go();
assert.equal(created.title, "junior");
await assert.rejects(Employee.create(anna).go(), /The conditional request failed/);
await Employee.put({ employee: "bert", office: "köln", team: "red", joined: "2025-01-01" }).go();
await Employee.upsert({ employee: "carl", office: "ulm", team: "red", joined: "2023-01-01", salary: 30 }).go();
await Office.put([
  { office: "köln", country: "de", desks: 3 },
  { office: "ulm", country: "de", desks: 1 },
]).go();
const { data: found } = await Employee.get({ employee: "anna" }).go();
assert.deepEqual([found.skills, found.address], [["rust", "sql"], { street: "Ring", number: 5 }]);
const { data: both, unprocessed } = await Employee.get([{ employee: "anna" }, { employee: "bert" }, { employee: "none" }]).go();
assert.deepEqual([both.map(({ employee }) => employee).sort(), unprocessed], [["anna", "bert"], []]);
const { data: patched } = await Employee.patch({ employee: "anna" })
  .set({ title: "senior" })
  .add({ salary: 5, skills: ["go"] })
  .append({ history: [{ title: "junior", year: 2024 }] })
  .data(({ address }, { set }) => set(address.number, 6))
  .where(({ salary, title }, { lte, eq }) => `${lte(salary, 10)} AND ${eq(title, "junior")}`)
  .go({ response: "all_new" });
assert.deepEqual([patched.salary, patched.title, patched.address.number], [15, "senior", 6]);
assert.deepEqual([patched.skills.sort(), patched.history], [["go", "rust", "sql"], [{ title: "junior", year: 2024 }]]);
await assert.rejects(Employee.patch({ employee: "none" }).set({ title: "senior" }).go(), /The conditional request failed/);
await Employee.update({ employee: "anna" }).subtract({ salary: 1 }).delete({ skills: ["go"] }).remove(["address"]).go();
const { data: less } = await Employee.get({ employee: "anna" }).go({ attributes: ["salary", "address"] });
assert.deepEqual(less, { salary: 14 });

// Queries of indexes, filters, pages
const { data: red } = await Employee.query.teams({ team: "red" }).gte({ joined: "2024" }).go({ order: "desc" });
assert.deepEqual(red.map(({ employee }) => employee), ["bert", "anna"]);
const { data: between } = await Employee.query.teams({ team: "red" }).between({ joined: "2023" }, { joined: "2024-02" }).go();
assert.deepEqual(between.map(({ employee }) => employee), ["carl", "anna"]);
const { data: paid } = await Employee.query
  .coworkers({ office: "köln" })
  .where(({ salary }, { gt }) => gt(salary, 5))
  .go();
assert.deepEqual(paid.map(({ employee }) => employee), ["anna"]);
const people = [];
let cursor = null;
do {
  const page = await Employee.query.teams({ team: "red" }).go({ cursor, limit: 1 });
  people.push(...page.data.map(({ employee }) => employee));
  cursor = page.cursor;
} while (cursor);
assert.deepEqual(people, ["carl", "anna", "bert"]);
const { data: matched } = await Employee.match({ office: "ulm" }).go();
assert.deepEqual(matched.map(({ employee }) => employee), ["carl"]);
const { data: everyone } = await Employee.scan.go({ pages: "all" });
assert.equal(everyone.length, 3);

// A collection: an office and who works there, in one query
const { data: workplace } = await firm.collections.workplaces({ office: "köln" }).go();
assert.equal(workplace.Office[0].desks, 3);
assert.deepEqual(workplace.Employee.map(({ employee }) => employee), ["anna", "bert"]);

// Transactions
const move = ({ Employee, Office }) => [
  Employee.patch({ employee: "bert" }).set({ team: "blue" }).commit(),
  Office.patch({ office: "ulm" }).subtract({ desks: 1 }).where(({ desks }, { gt }) => gt(desks, 0)).commit({ response: "all_old" }),
  Employee.check({ employee: "anna" }).where(({ title }, { eq }) => eq(title, "senior")).commit(),
];
assert.equal((await firm.transaction.write(move).go()).canceled, false);
const { canceled, data: reasons } = await firm.transaction.write(move).go();
assert.equal(canceled, true);
assert.deepEqual(reasons.map(({ code }) => code), ["None", "ConditionalCheckFailed", "None"]);
assert.equal(reasons[1].item.desks, 0);
const { data: read } = await firm.transaction
  .get(({ Employee, Office }) => [Employee.get({ employee: "bert" }).commit(), Office.get({ office: "ulm" }).commit()])
  .go();
assert.deepEqual([read[0].item.team, read[1].item.desks], ["blue", 0]);

// Deleting
await Employee.remove({ employee: "bert" }).where(({ team }, { eq }) => eq(team, "blue")).go();
await assert.rejects(Employee.remove({ employee: "bert" }).go(), /The conditional request failed/);
await Employee.delete([{ employee: "anna" }, { employee: "carl" }]).go();
assert.deepEqual((await Employee.scan.go()).data, []);
console.log("all is well");
