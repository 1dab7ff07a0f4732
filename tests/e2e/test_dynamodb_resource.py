"""boto3's resources of DynamoDB: plain Python values, conditions that are objects, and a batch writer."""

from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from conftest import refused


@pytest.fixture
def dynamodb(cloud):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.resource("dynamodb", endpoint_url=cloud.url, region_name="us-east-1", **keys)


@pytest.fixture
def table(dynamodb, name):
    table = dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "state", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-state",
                "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            }
        ],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    table.wait_until_exists()
    table.reload()
    return table


def test_a_table_loads_changes_and_goes(dynamodb, table):
    assert table.table_status == "ACTIVE" and table.item_count == 0
    assert table.key_schema[1] == {"AttributeName": "sk", "KeyType": "RANGE"}
    assert table.name in [found.name for found in dynamodb.tables.all()]
    changed = table.update(ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 5})
    changed.wait_until_exists()
    changed.reload()
    assert changed.provisioned_throughput["ReadCapacityUnits"] == 7
    index = {"IndexName": "by-state", "ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}}
    table.update(GlobalSecondaryIndexUpdates=[{"Update": index}])
    table.reload()
    assert table.global_secondary_indexes[0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 9
    table.delete()
    table.wait_until_not_exists()
    assert refused(table.load)[0] == "ResourceNotFoundException"


def test_values_come_back_as_python_has_them(table):
    item = {
        "pk": "a",
        "sk": Decimal("-1.50"),
        "text": "",
        "bytes": Binary(b"\x00\xff"),
        "set": {"x", "y"},
        "numbers": {Decimal("1"), Decimal("1e-130"), Decimal("9" * 38)},
        "binaries": {Binary(b"a"), Binary(b"b")},
        "list": [None, True, {"deep": [Decimal(0)]}],
    }
    table.put_item(Item=item)
    found = table.get_item(Key={"pk": "a", "sk": Decimal("-1.5")}, ConsistentRead=True)["Item"]
    assert found == item and found["bytes"].value == b"\x00\xff"
    assert "Item" not in table.get_item(Key={"pk": "a", "sk": 2})
    old = table.put_item(Item={"pk": "a", "sk": Decimal("-1.5")}, ReturnValues="ALL_OLD")["Attributes"]
    assert old == item


def test_conditions_build_what_queries_and_scans_understand(table):
    with table.batch_writer() as batch:
        for number in range(120):
            item = {"pk": "a", "sk": number, "state": "odd" if number % 2 else "even", "tags": {str(number), "all"}}
            item |= {"nested": {"list": [number]}, "size": "x" * (number % 10)}
            batch.put_item(Item=item | ({"rare": number} if number % 50 == 0 else {}))

    def numbers(answer):
        return [int(item["sk"]) for item in answer["Items"]]

    key = Key("pk").eq("a")
    assert numbers(table.query(KeyConditionExpression=key & Key("sk").between(7, 9))) == [7, 8, 9]
    assert numbers(table.query(KeyConditionExpression=key & Key("sk").gte(118), ScanIndexForward=False)) == [119, 118]
    assert numbers(table.query(KeyConditionExpression=key & Key("sk").lt(2))) == [0, 1]
    filters = [
        (Attr("rare").exists(), [0, 50, 100]),
        (Attr("rare").not_exists() & Attr("nested.list[0]").lt(3), [1, 2]),
        (Attr("tags").contains("77"), [77]),
        (Attr("size").size().gt(8) & Attr("state").eq("odd") & ~Attr("nested.list[0]").gt(19), [9, 19]),
        (Attr("state").is_in(["none", "even"]) & Attr("rare").attribute_type("N"), [0, 50, 100]),
        (Attr("state").begins_with("o") & Attr("nested.list[0]").between(3, 6), [3, 5]),
        (Attr("state").ne("odd") & (Attr("rare").eq(0) | Attr("rare").gte(100)), [0, 100]),
    ]
    for condition, wanted in filters:
        assert numbers(table.query(KeyConditionExpression=key, FilterExpression=condition)) == wanted
        assert sorted(numbers(table.scan(FilterExpression=condition))) == wanted
    page = table.query(IndexName="by-state", KeyConditionExpression=Key("state").eq("odd"), Limit=50)
    assert page["LastEvaluatedKey"] == {"pk": "a", "sk": 99, "state": "odd"}
    rest = table.query(
        IndexName="by-state",
        KeyConditionExpression=Key("state").eq("odd"),
        ExclusiveStartKey=page["LastEvaluatedKey"],
        ProjectionExpression="sk, nested.#list[0]",
        ExpressionAttributeNames={"#list": "list"},
    )
    assert rest["Count"] == 10 and "LastEvaluatedKey" not in rest
    assert rest["Items"][0] == {"sk": 101, "nested": {"list": [101]}}
    assert table.query(KeyConditionExpression=key, Select="COUNT")["Count"] == 120


def test_conditions_guard_writes(table):
    key = {"pk": "a", "sk": 1}
    table.put_item(Item=key | {"n": 1}, ConditionExpression=Attr("pk").not_exists())
    again = refused(table.put_item, Item=key, ConditionExpression=Attr("pk").not_exists())
    assert again == ("ConditionalCheckFailedException", "The conditional request failed")
    updated = table.update_item(
        Key=key,
        UpdateExpression="SET n = n + :one, #list = list_append(if_not_exists(#list, :none), :more)",
        ConditionExpression=Attr("n").lt(2),
        ExpressionAttributeNames={"#list": "list"},
        ExpressionAttributeValues={":one": 1, ":none": [], ":more": [{"x": Decimal("1.5")}]},
        ReturnValues="UPDATED_NEW",
    )
    assert updated["Attributes"] == {"n": 2, "list": [{"x": Decimal("1.5")}]}
    wrong = {"UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": 0}}
    assert refused(table.update_item, Key=key, ConditionExpression=Attr("n").lt(2), **wrong) == again
    gone = table.delete_item(Key=key, ConditionExpression=Attr("n").eq(2), ReturnValues="ALL_OLD")
    assert gone["Attributes"]["n"] == 2


def test_batches_keep_the_last_of_each_key(dynamodb, table):
    with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        for number in range(60):
            batch.put_item(Item={"pk": "a", "sk": number % 30, "n": number})
        batch.delete_item(Key={"pk": "a", "sk": 0})
    found = table.scan()["Items"]
    assert {int(item["sk"]): int(item["n"]) for item in found} == {sk: sk + 30 for sk in range(1, 30)}
    keys = [{"pk": "a", "sk": number} for number in range(30)]
    wanted = {table.name: {"Keys": keys, "ProjectionExpression": "n"}}
    answer = dynamodb.batch_get_item(RequestItems=wanted)
    assert sorted(item["n"] for item in answer["Responses"][table.name]) == list(range(31, 60))
    assert answer["UnprocessedKeys"] == {}
    twice = [{"DeleteRequest": {"Key": keys[1]}}] * 2
    assert refused(dynamodb.batch_write_item, RequestItems={table.name: twice}) == (
        "ValidationException",
        "Provided list of item keys contains duplicates",
    )


def test_the_client_behind_a_resource_speaks_its_values(dynamodb, table):
    client = dynamodb.meta.client
    put = {"Put": {"TableName": table.name, "Item": {"pk": "a", "sk": 1, "n": 5}}}
    client.transact_write_items(TransactItems=[put])
    pages = client.get_paginator("query").paginate(
        TableName=table.name, KeyConditionExpression=Key("pk").eq("a"), PaginationConfig={"PageSize": 1}
    )
    assert [item["n"] for page in pages for item in page["Items"]] == [5]
    statement = f'SELECT n FROM "{table.name}" WHERE pk = ? AND sk = ?'
    assert client.execute_statement(Statement=statement, Parameters=["a", 1])["Items"] == [{"n": 5}]
