"""Bills the trips of a batch from the queue "billing".

It needs nothing but Python: the one call that it makes is signed by the thirty lines of sigv4.py.
"""

import json
import os

import sigv4


def handler(event, context):
    """Names the messages that could not be billed; they come again."""
    failures = []
    for record in event["Records"]:
        try:
            bill(json.loads(record["body"]))
        except Exception as error:
            print("not billed:", error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def bill(trip):
    """Twice does no harm: messages may come twice."""
    sigv4.call(
        "dynamodb",
        "DynamoDB_20120810.UpdateItem",
        {
            "TableName": os.environ["TABLE"],
            "Key": {"id": {"S": trip["id"]}},
            "UpdateExpression": "SET #state = :billed",
            "ConditionExpression": "attribute_exists(id)",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": {":billed": {"S": "billed"}},
        },
    )
