// A single-page application in a bucket, in Chromium: it is served by the bucket's website, reads and writes another bucket
// across origins, and is there again after a reload at an address that is no object.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import {
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

import { browse } from "./chromium.mjs";

// Links and forms are for hosts that browsers know, which the SDK does not: the system resolves no names under localhost.
const { port } = new URL(process.env.AWS_ENDPOINT_URL);
const local = new S3Client({ forcePathStyle: true });
const abroad = new S3Client({ endpoint: `http://s3.localhost:${port}` });
const site = `http://app.s3-website.localhost:${port}`;
const data = `http://data.s3.localhost:${port}`;

for (const Bucket of ["app", "data", "closed"]) {
  await local.send(new CreateBucketCommand({ Bucket }));
  await local.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const statement = { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await local.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  await local.send(new PutObjectCommand({ Bucket, Key: "trips.json", Body: '{"to": "Zürich"}', ContentType: "application/json" }));
}
const index = { Bucket: "app", Key: "index.html", Body: await readFile("app.html"), ContentType: "text/html" };
await local.send(new PutObjectCommand(index));
const WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" }, ErrorDocument: { Key: "index.html" } };
await local.send(new PutBucketWebsiteCommand({ Bucket: "app", WebsiteConfiguration }));
const CORSRules = [
  { AllowedOrigins: [site], AllowedMethods: ["GET", "POST"], ExposeHeaders: ["ETag"] },
  { AllowedOrigins: ["http://app.*"], AllowedMethods: ["PUT"], AllowedHeaders: ["*"], ExposeHeaders: ["ETag"] },
];
await local.send(new PutBucketCorsCommand({ Bucket: "data", CORSConfiguration: { CORSRules } }));

const textOf = async (Key) => {
  const { Body, Metadata, ContentType } = await local.send(new GetObjectCommand({ Bucket: "data", Key }));
  return { text: await Body.transformToString(), Metadata, ContentType };
};

await browse(async (page) => {
  await page.goto(`${site}/`);
  assert.equal(await page.textContent("h1"), "at /");

  // Another origin, which allows it and shows what it exposes; and one that does not.
  const loaded = await page.evaluate((url) => load(url), `${data}/trips.json`);
  assert.deepEqual([loaded.status, JSON.parse(loaded.text)], [200, { to: "Zürich" }]);
  assert.match(loaded.etag, /^"[0-9a-f]{32}"$/);
  // Errors can be read too.
  assert.match((await page.evaluate((url) => load(url), `${data}/none.json`)).text, /<Code>(NoSuchKey|AccessDenied)<\/Code>/);
  await assert.rejects(page.evaluate((url) => load(url), `http://closed.s3.localhost:${port}/trips.json`), /Failed to fetch/);

  // A form by policy.
  const Conditions = [["content-length-range", 1, 100], ["starts-with", "$key", "uploads/"]];
  const Fields = { success_action_status: "201" };
  const form = await createPresignedPost(abroad, { Bucket: "data", Key: "uploads/${filename}", Conditions, Fields });
  assert.equal(await page.evaluate(([form, text]) => upload(form, text), [form, "from a page"]), 201);
  assert.match(await page.textContent("output"), /<Key>uploads\/grüße\.txt<\/Key>/);
  assert.equal((await textOf("uploads/grüße.txt")).text, "from a page");
  assert.equal(await page.evaluate(([form, text]) => upload(form, text), [form, "x".repeat(101)]), 400);
  assert.match(await page.textContent("output"), /EntityTooLarge/);

  // A link to put to, which a preflight precedes.
  const command = new PutObjectCommand({ Bucket: "data", Key: "linked", ContentType: "text/plain;charset=UTF-8", Metadata: { made: "here" } });
  const link = await getSignedUrl(abroad, command, { expiresIn: 60, unhoistableHeaders: new Set(["x-amz-meta-made"]) });
  const put = await page.evaluate(([url, text]) => window.put(url, text), [link, "by link"]);
  assert.equal(put.status, 200);
  assert.match(put.etag, /^"[0-9a-f]{32}"$/);
  assert.deepEqual(await textOf("linked"), { text: "by link", Metadata: { made: "here" }, ContentType: "text/plain;charset=UTF-8" });

  // Deep in the application: the first visit, and a reload. The address has no object, so the status says so.
  for (const visit of [() => page.goto(`${site}/trips/7?day=1#top`), () => page.reload()]) {
    // Who may not list the bucket does not hear that nothing is there.
    assert.ok([404, 403].includes((await visit()).status()));
    assert.equal(await page.textContent("h1"), "at /trips/7");
  }
});

console.log("all is well");
