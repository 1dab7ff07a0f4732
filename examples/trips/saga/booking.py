"""Books one part of a trip, or cancels it: the functions "hotel", "flight" and "car", each with its own table.

Either may come twice, and a booking may come after its own cancellation, when whoever ran it was killed and it is slow to
end. So a cancelled part stays in the table, and is never booked again.
"""

import json
import os
import urllib.error

import sigv4


class SoldOut(Exception):
    """There is nothing left."""


class Cancelled(Exception):
    """It was cancelled before it was booked."""


def handler(event, context):
    trip = event["trip"]
    return {"state": book(trip) if event["do"] == "book" else cancel(trip)}


def book(trip):
    if trip["to"] in os.environ.get("SOLD_OUT", "").split(","):
        raise SoldOut(trip["to"])
    if not write(trip, "booked", "attribute_not_exists(id)") and state(trip) != "booked":
        raise Cancelled(trip["id"])
    return "booked"


def cancel(trip):
    write(trip, "cancelled")
    return "cancelled"


def write(trip, state, condition=None):
    """Whether the condition held. `writes` tells how often the part was written."""
    change = {
        "TableName": os.environ["TABLE"],
        "Key": {"id": {"S": trip["id"]}},
        "UpdateExpression": "SET #state = :state ADD #writes :one",
        "ExpressionAttributeNames": {"#state": "state", "#writes": state},
        "ExpressionAttributeValues": {":state": {"S": state}, ":one": {"N": "1"}},
    }
    if condition:
        change["ConditionExpression"] = condition
    try:
        sigv4.call("dynamodb", "DynamoDB_20120810.UpdateItem", change)
    except urllib.error.HTTPError as error:
        if "ConditionalCheckFailed" not in json.load(error)["__type"]:
            raise
        return False
    return True


def state(trip):
    get = {"TableName": os.environ["TABLE"], "Key": {"id": {"S": trip["id"]}}, "ConsistentRead": True}
    return sigv4.call("dynamodb", "DynamoDB_20120810.GetItem", get)["Item"]["state"]["S"]
