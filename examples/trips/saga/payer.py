"""Pays for trips: reads the queue "payments", and answers the executions that wait for it by the token of each message."""

import json
import os
import urllib.error

import sigv4

# Answered before, by the same message: messages may come twice.
ANSWERED = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")


def handler(event, context):
    """Names the messages that could not be answered; they come again."""
    failures = []
    for record in event["Records"]:
        try:
            answer(json.loads(record["body"]))
        except Exception as error:
            print("not answered:", error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def answer(request):
    token, traveller = request["token"], request["trip"]["traveller"]
    if traveller in os.environ.get("REFUSED", "").split(","):
        send("SendTaskFailure", {"taskToken": token, "error": "PaymentRefused", "cause": traveller})
    else:
        send("SendTaskSuccess", {"taskToken": token, "output": json.dumps({"by": traveller})})


def send(operation, parameters):
    try:
        sigv4.call("states", f"AWSStepFunctions.{operation}", parameters)
    except urllib.error.HTTPError as error:
        if not any(name in json.load(error)["__type"] for name in ANSWERED):
            raise
