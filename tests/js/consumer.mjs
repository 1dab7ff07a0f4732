// A consumer as teams have them: sqs-consumer, with messages that fail at first, on a standard and on a FIFO queue.
import assert from "node:assert/strict";

import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";

const MESSAGES = 100;
const sqs = new SQSClient();

for (const isFifo of [false, true]) {
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({
      QueueName: isFifo ? "consumed.fifo" : "consumed",
      Attributes: isFifo ? { FifoQueue: "true", ContentBasedDeduplication: "true" } : {},
    }),
  );
  for (let from = 0; from < MESSAGES; from += 10) {
    const entry = (at) => ({ Id: `${at}`, MessageBody: `${at}`, ...(isFifo && { MessageGroupId: `group-${at % 3}` }) });
    const Entries = Array.from({ length: 10 }, (_, at) => entry(from + at));
    const { Successful } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    assert.equal(Successful.length, 10);
  }
  const handled = await consume(QueueUrl, isFifo ? 1 : 10);
  if (isFifo) {
    for (const group of [0, 1, 2]) {
      const numbers = handled.filter((number) => number % 3 === group);
      assert.deepEqual(numbers, [...numbers].sort((one, other) => one - other));
    }
  }
  const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names }));
  assert.deepEqual(Object.values(Attributes), ["0", "0"]);
}
console.log("all is well");

/**
 * Handles all messages, each tenth of them at the second time, and gives them in the order in which that was done. Who takes
 * several of a group at once goes on behind one that fails; one at a time they stay in order.
 */
async function consume(queueUrl, batchSize) {
  const failed = new Set();
  const handled = [];
  const consumer = Consumer.create({
    queueUrl,
    sqs,
    batchSize,
    waitTimeSeconds: 1,
    pollingWaitTimeMs: 0,
    terminateVisibilityTimeout: true,
    handleMessage: async (message) => {
      const number = Number(message.Body);
      if (number % 10 === 0 && !failed.has(number)) {
        failed.add(number);
        throw new Error("not yet");
      }
      handled.push(number);
      return message;
    },
  });
  consumer.on("error", (error) => assert.fail(error));
  const deleted = new Promise((resolve) => {
    let count = 0;
    consumer.on("message_processed", () => (count += 1) === MESSAGES && resolve());
  });
  consumer.start();
  await deleted;
  const stopped = new Promise((resolve) => consumer.on("stopped", resolve));
  consumer.stop();
  await stopped;
  assert.equal(failed.size, 10);
  assert.equal(new Set(handled).size, MESSAGES);
  return handled;
}
