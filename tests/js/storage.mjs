// Uploads as lib-storage makes them, of a stream whose length nobody knows, and copies, with the AWS SDK for JavaScript v3.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";

import {
  CopyObjectCommand,
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const MIB = 1024 * 1024;

const s3 = new S3Client({ forcePathStyle: true });
const Bucket = "streams";
await s3.send(new CreateBucketCommand({ Bucket }));

const pieces = Array.from({ length: 13 }, () => randomBytes(MIB));
const whole = Buffer.concat(pieces);
const bytesOf = async (key) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
  return Buffer.from(await Body.transformToByteArray());
};

const upload = new Upload({
  client: s3,
  params: { Bucket, Key: "streamed/ü", Body: Readable.from(pieces), ContentType: "text/x" },
  queueSize: 3,
});
let progress = 0;
upload.on("httpUploadProgress", ({ loaded }) => (progress = Math.max(progress, loaded)));
const done = await upload.done();
assert.match(done.ETag, /^"[0-9a-f]{32}-3"$/);
assert.equal(progress, whole.length);
assert.ok((await bytesOf("streamed/ü")).equals(whole));

const CopySource = `${Bucket}/${encodeURIComponent("streamed/ü")}`;
await s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
assert.ok((await bytesOf("copy")).equals(whole));
const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "copy", PartNumber: 3 }));
assert.deepEqual([head.ContentLength, head.PartsCount, head.ContentType], [3 * MIB, 3, "text/x"]);

// An upload that is given up leaves nothing; the library cleans up behind its caller's back.
const given = new Upload({ client: s3, params: { Bucket, Key: "given up", Body: Readable.from(pieces) } });
given.on("httpUploadProgress", () => given.abort());
await assert.rejects(given.done(), { name: "AbortError" });
await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "given up" })), { name: "NotFound" });
while ((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads);

// Nor does one whose stream fails; who wants its parts gets them.
for (const leavePartsOnError of [false, true]) {
  const broken = Readable.from((async function* () {
    yield* pieces;
    throw new Error("the source broke");
  })());
  const failing = new Upload({ client: s3, params: { Bucket, Key: "broken", Body: broken }, leavePartsOnError });
  await assert.rejects(failing.done(), { message: "the source broke" });
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: "broken" })), { name: "NotFound" });
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  assert.equal(Uploads?.length ?? 0, leavePartsOnError ? 1 : 0);
}

console.log("all is well");
