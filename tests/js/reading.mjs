// Lists in pages, links and forms, and reads that are given up in the middle, with the AWS SDK for JavaScript v3.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import {
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  paginateListBuckets,
  paginateListObjectsV2,
  waitUntilObjectExists,
  waitUntilObjectNotExists,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const MIB = 1024 * 1024;

const s3 = new S3Client({ forcePathStyle: true, maxAttempts: 1 });
const Bucket = "reading";
await s3.send(new CreateBucketCommand({ Bucket }));
const put = (Key, Body, more) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

// Pages.
const keys = Array.from({ length: 25 }, (_, number) => `pages/ü+ ${String(number).padStart(2, "0")}`);
await Promise.all(keys.map((key) => put(key, "x")));
const pages = [];
for await (const page of paginateListObjectsV2({ client: s3, pageSize: 10 }, { Bucket, Prefix: "pages/" })) pages.push(page);
assert.deepEqual(pages.map((page) => page.KeyCount), [10, 10, 5]);
assert.deepEqual(pages.flatMap((page) => page.Contents.map((found) => found.Key)), keys);
for (let number = 0; number < 3; number++) await s3.send(new CreateBucketCommand({ Bucket: `reading-${number}` }));
const buckets = [];
for await (const page of paginateListBuckets({ client: s3, pageSize: 2 }, { Prefix: "reading" })) buckets.push(page.Buckets.length);
assert.deepEqual(buckets, [2, 2]);
const waiting = { client: s3, maxWaitTime: 20 };
await waitUntilObjectExists(waiting, { Bucket, Key: keys[0] });
const gone = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
assert.equal(gone.Deleted.length, keys.length);
await waitUntilObjectNotExists(waiting, { Bucket, Key: keys[0] });

// Links: to put, to get with other headers, to one version; not for longer than they say, nor for anything else.
await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
const linked = { Bucket, Key: "links/a b+ü&?.txt" };
const link = (command, more) => getSignedUrl(s3, command, { expiresIn: 60, ...more });
const putLink = await link(new PutObjectCommand(linked));
const first = await fetch(putLink, { method: "PUT", body: "first" });
assert.equal(first.status, 200);
assert.equal((await fetch(putLink, { method: "PUT", body: "second" })).status, 200);
const answer = await fetch(await link(new GetObjectCommand({ ...linked, ResponseContentType: "text/x", ResponseCacheControl: "no-store" })));
assert.deepEqual(
  [await answer.text(), answer.headers.get("content-type"), answer.headers.get("cache-control")],
  ["second", "text/x", "no-store"],
);
const VersionId = first.headers.get("x-amz-version-id");
assert.equal(await (await fetch(await link(new GetObjectCommand({ ...linked, VersionId })))).text(), "first");
const head = await fetch(await link(new HeadObjectCommand(linked)), { method: "HEAD" });
assert.deepEqual([head.status, head.headers.get("content-length")], [200, "6"]);
assert.equal((await fetch(putLink)).status, 403);
const old = await link(new GetObjectCommand(linked), { expiresIn: 1, signingDate: new Date(Date.now() - 60_000) });
assert.match(await (await fetch(old)).text(), /<Code>AccessDenied<\/Code><Message>Request has expired/);

// A form.
const { url, fields } = await createPresignedPost(s3, {
  Bucket,
  Key: "forms/${filename}",
  Conditions: [["content-length-range", 0, 10], { "Content-Type": "text/x" }],
  Fields: { "Content-Type": "text/x" },
  Expires: 60,
});
const send = async (content) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new File([content], "ü.txt"));
  return (await fetch(url, { method: "POST", body: form })).status;
};
assert.equal(await send("short"), 204);
assert.equal(await send("much too long"), 400);
const sent = await s3.send(new GetObjectCommand({ Bucket, Key: "forms/ü.txt" }));
assert.deepEqual([await sent.Body.transformToString(), sent.ContentType], ["short", "text/x"]);

// Reads that end in the middle: by the stream, by the request; and one that is only slow gets it all.
const large = randomBytes(24 * MIB);
await put("large", large);
for (let time = 0; time < 8; time++) {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "large" }));
  for await (const piece of Body) {
    assert.ok(large.subarray(0, piece.length).equals(piece));
    break;
  }
  assert.ok(Body.destroyed);
}
const control = new AbortController();
const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: "large" }), { abortSignal: control.signal });
Body.once("data", () => control.abort());
await assert.rejects(Body.toArray(), /abort/i);
const slow = (await s3.send(new GetObjectCommand({ Bucket, Key: "large", Range: "bytes=5-" }))).Body;
const pieces = [];
for await (const piece of slow) {
  if (pieces.length % 64 === 0) await new Promise((turn) => setTimeout(turn, 1));
  pieces.push(piece);
}
assert.ok(Buffer.concat(pieces).equals(large.subarray(5)));

console.log("all is well");
