"""Answers the questions in a queue, and with that the executions that wait: `python answer.py QUEUE-URL`."""

import json
import sys

import boto3


def main(queue):
    queues, states = boto3.client("sqs"), boto3.client("stepfunctions")
    while True:
        for message in queues.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", []):
            answer(states, json.loads(message["Body"]))
            # A message that was not deleted comes again, and so does its token.
            queues.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def answer(states, asked):
    token = asked["token"]
    try:
        states.send_task_heartbeat(taskToken=token)
        if asked["question"].endswith("?"):
            states.send_task_success(taskToken=token, output=json.dumps({"yes": True}))
        else:
            states.send_task_failure(taskToken=token, error="NoQuestion", cause=asked["question"])
    except (states.exceptions.TaskTimedOut, states.exceptions.TaskDoesNotExist):
        print("too late:", asked["question"])


if __name__ == "__main__":
    main(*sys.argv[1:])
