"""DynamoDB as boto3's resource and client use it."""

import concurrent.futures
import zlib
from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError
from conftest import refused


@pytest.fixture
def client(cloud):
    return cloud.client("dynamodb")


@pytest.fixture
def resource(cloud):
    return boto3.resource(
        "dynamodb", endpoint_url=cloud.url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
    )


@pytest.fixture
def table(resource, name):
    return make(resource, name, sort=("sk", "S"))


def make(resource, name, partition=("pk", "S"), sort=None):
    parts = [partition, *([sort] if sort else [])]
    table = resource.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": part[0], "KeyType": kind} for part, kind in zip(parts, ["HASH", "RANGE"])],
        AttributeDefinitions=[{"AttributeName": part[0], "AttributeType": part[1]} for part in parts],
        BillingMode="PAY_PER_REQUEST",
    )
    table.wait_until_exists()
    return table


def test_answers_carry_their_checksum(client):
    bodies = []
    client.meta.events.register("before-parse.dynamodb.*", lambda response_dict, **_: bodies.append(response_dict["body"]))
    answers = [client.list_tables()]
    with pytest.raises(ClientError) as refusal:
        client.describe_table(TableName="nobody-made-it")
    answers.append(refusal.value.response)
    sums = [answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-crc32"] for answer in answers]
    assert sums == [str(zlib.crc32(body)) for body in bodies]


def test_the_life_of_a_table(client, resource, name):
    table = make(resource, name)
    shown = client.describe_table(TableName=name)["Table"]
    assert (shown["TableStatus"], shown["TableArn"]) == ("ACTIVE", f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}")
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert refused(make, resource=resource, name=name) == ("ResourceInUseException", f"Table already exists: {name}")
    assert name in client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1}).build_full_result()["TableNames"]
    table.put_item(Item={"pk": "a"})
    table.delete()
    assert refused(client.get_item, TableName=name, Key={"pk": {"S": "a"}})[0] == "ResourceNotFoundException"
    table = make(resource, name)
    assert table.scan()["Items"] == [], "a new table has nothing of the old one"


def test_every_type_comes_back(table):
    item = {
        "pk": "grüße",
        "sk": "1",
        "n": Decimal("-12345678901234567890123456789012345678"),
        "f": Decimal("1E-130"),
        "b": b"\x00\xff",
        "m": {"l": [None, True, {"x": "y"}], "": "empty name"},
        "ss": {"a", "b"},
        "ns": {Decimal(1), Decimal("2.5")},
        "bs": {b"a"},
        "e": "",
    }
    table.put_item(Item=item)
    found = table.get_item(Key={"pk": "grüße", "sk": "1"}, ConsistentRead=True)["Item"]
    assert found["b"].value == item["b"]
    assert {one.value for one in found["bs"]} == item["bs"]
    assert {**found, "b": 0, "bs": 0} == {**item, "b": 0, "bs": 0}
    assert "Item" not in table.get_item(Key={"pk": "grüße", "sk": "2"})
    part = table.get_item(Key={"pk": "grüße", "sk": "1"}, ProjectionExpression="m.l[2].x, ss")["Item"]
    assert part == {"m": {"l": [{"x": "y"}]}, "ss": {"a", "b"}}


def test_conditions_and_what_they_return(client, table, name):
    table.put_item(Item={"pk": "a", "sk": "1", "v": 1}, ConditionExpression=Attr("pk").not_exists())
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as failed:
        client.put_item(
            TableName=name,
            Item={"pk": {"S": "a"}, "sk": {"S": "1"}},
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert failed.value.response["Error"]["Message"] == "The conditional request failed"
    assert failed.value.response["Item"]["v"] == {"N": "1"}
    old = table.put_item(Item={"pk": "a", "sk": "1", "v": 2}, ReturnValues="ALL_OLD", ReturnConsumedCapacity="TOTAL")
    assert (old["Attributes"]["v"], old["ConsumedCapacity"]["CapacityUnits"]) == (1, 1.0)
    assert refused(table.delete_item, Key={"pk": "a", "sk": "1"}, ConditionExpression=Attr("v").eq(1))[0] == (
        "ConditionalCheckFailedException"
    )
    assert table.delete_item(Key={"pk": "a", "sk": "1"}, ReturnValues="ALL_OLD")["Attributes"]["v"] == 2
    assert "Attributes" not in table.delete_item(Key={"pk": "a", "sk": "1"}, ReturnValues="ALL_OLD")


def test_updates(table):
    def update(expression, returns="ALL_NEW", **values):
        return table.update_item(
            Key={"pk": "u", "sk": "1"},
            UpdateExpression=expression,
            ReturnValues=returns,
            **({"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}),
        ).get("Attributes")

    assert update("SET a = :a, l = :l", a=1, l=["x"]) == {"pk": "u", "sk": "1", "a": 1, "l": ["x"]}
    assert update("SET a = a + :n, l = list_append(l, :l), c = if_not_exists(c, :n)", "UPDATED_NEW", n=5, l=["y"]) == {
        "a": 6,
        "l": ["x", "y"],
        "c": 5,
    }
    assert update("ADD s :s, a :n REMOVE l[0]", s={"p"}, n=-1)["l"] == ["y"]
    assert update("DELETE s :s", "UPDATED_OLD", s={"p"}) == {"s": {"p"}}
    assert "part of the key" in refused(update, expression="SET pk = :v", v="x")[1]
    assert "is not defined" in refused(update, expression="SET q = :missing", v="x")[1]


def test_counting_from_many_threads(table):
    def count(_):
        table.update_item(
            Key={"pk": "c", "sk": "1"}, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": 1}
        )

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    assert table.get_item(Key={"pk": "c", "sk": "1"})["Item"]["n"] == 200


def test_queries(resource, name):
    table = make(resource, name, sort=("n", "N"))
    numbers = [-100, Decimal("-1.5"), 0, Decimal("0.001"), 2, 10, 1000]
    for number in numbers:
        table.put_item(Item={"pk": "a", "n": number, "even": number % 2 == 0})
    table.put_item(Item={"pk": "ab", "n": 1})

    def query(condition=None, **parameters):
        key = Key("pk").eq("a")
        answer = table.query(KeyConditionExpression=key & condition if condition else key, **parameters)
        return [item["n"] for item in answer["Items"]]

    assert query() == numbers
    assert query(ScanIndexForward=False) == numbers[::-1]
    assert query(Key("n").between(Decimal("-1.5"), 2)) == numbers[1:5]
    assert (query(Key("n").lt(2)), query(Key("n").lte(2))) == (numbers[:4], numbers[:5])
    assert (query(Key("n").gt(2)), query(Key("n").gte(2))) == (numbers[5:], numbers[4:])
    assert query(Key("n").eq(10)) == [10]
    assert query(FilterExpression=Attr("even").eq(True)) == [-100, 0, 2, 10, 1000]
    for forward in [True, False]:
        pages, start = [], {}
        while True:
            page = table.query(KeyConditionExpression=Key("pk").eq("a"), Limit=3, ScanIndexForward=forward, **start)
            pages.extend(item["n"] for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert pages == (numbers if forward else numbers[::-1])
    elsewhere = {"KeyConditionExpression": Key("pk").eq("a"), "ExclusiveStartKey": {"pk": "ab", "n": 1}}
    assert "outside query boundaries" in refused(table.query, **elsewhere)[1]
    assert "outside query boundaries" in refused(table.query, **elsewhere, ScanIndexForward=False)[1]
    assert table.query(KeyConditionExpression=Key("pk").eq("a"), Select="COUNT")["Count"] == 7
    assert "Query key condition not supported" in refused(table.query, KeyConditionExpression=Key("pk").gt("a"))[1]


def test_a_query_by_prefix_and_the_size_of_a_page(table):
    for number in range(12):
        table.put_item(Item={"pk": "big", "sk": f"part#{number:02}", "data": "x" * 200_000})
    table.put_item(Item={"pk": "big", "sk": "other"})
    first = table.query(KeyConditionExpression=Key("pk").eq("big") & Key("sk").begins_with("part#"))
    assert 0 < first["Count"] < 12 and "LastEvaluatedKey" in first
    rest = table.query(
        KeyConditionExpression=Key("pk").eq("big") & Key("sk").begins_with("part#"),
        ExclusiveStartKey=first["LastEvaluatedKey"],
    )
    keys = [item["sk"] for item in [*first["Items"], *rest["Items"]]]
    assert keys == [f"part#{number:02}" for number in range(len(keys))]


def test_scans_in_segments_see_every_item_once(resource, name):
    table = make(resource, name)
    for number in range(60):
        table.put_item(Item={"pk": f"k{number}", "n": number})
    found = [
        item["n"]
        for segment in range(4)
        for item in table.scan(Segment=segment, TotalSegments=4, FilterExpression=Attr("n").gte(10))["Items"]
    ]
    assert sorted(found) == list(range(10, 60))
    page = table.scan(Limit=25)
    rest = table.scan(ExclusiveStartKey=page["LastEvaluatedKey"])
    assert (page["Count"], page["Count"] + rest["Count"]) == (25, 60)


def test_what_is_refused(client, table, name):
    key = {"pk": {"S": "a"}, "sk": {"S": "1"}}

    def put(item):
        return refused(client.put_item, TableName=name, Item=item)[1]

    prefix = "One or more parameter values were invalid: "
    assert put({"pk": {"S": "a"}}) == f"{prefix}Missing the key sk in the item"
    assert put({**key, "sk": {"N": "1"}}) == f"{prefix}Type mismatch for key sk expected: S actual: N"
    assert "cannot contain an empty string value. Key: pk" in put({**key, "pk": {"S": ""}})
    assert put({**key, "d": {"S": "x" * 410_000}}) == "Item size has exceeded the maximum allowed size"
    assert "cannot be converted to a numeric value" in put({**key, "n": {"N": "x"}})
    assert refused(client.get_item, TableName=name, Key={"pk": {"S": "a"}})[1] == (
        "The provided key element does not match the schema"
    )
    assert refused(client.get_item, TableName="nothing", Key=key) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    unused = {"TableName": name, "Key": key, "ExpressionAttributeNames": {"#a": "a"}}
    assert refused(client.get_item, **unused)[1] == "ExpressionAttributeNames can only be specified when using expressions"
    assert refused(client.put_item, TableName=name, Item=key, ReturnValues="ALL_NEW")[1] == (
        "ReturnValues can only be ALL_OLD or NONE"
    )
    query = {"TableName": name, "KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
    for part in ["pk", "sk"]:
        assert refused(client.query, **query, FilterExpression=f"size(x) = size(y) OR {part} = :a")[1] == (
            f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {part}"
        )
    assert refused(client.put_item, TableName=name, Item=key, ReturnValues="SOME")[1].endswith(
        "enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
    )


def test_items_survive_a_sigkill(make_cloud):
    cloud = make_cloud().start()
    client = cloud.client("dynamodb")
    schema = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    client.create_table(TableName="kept", BillingMode="PAY_PER_REQUEST", **schema)
    for number in range(50):
        client.put_item(TableName="kept", Item={"pk": {"S": str(number)}})
    cloud.kill()
    cloud.start()
    assert cloud.client("dynamodb").scan(TableName="kept", Select="COUNT")["Count"] == 50


def test_batches_write_and_read_items_of_many_tables(client, resource, table, name):
    other = make(resource, name + "-other")
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"pk": "p", "sk": f"{number:02}", "x": "y" * 10})
    assert len(table.query(KeyConditionExpression=Key("pk").eq("p"))["Items"]) == 60
    with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        batch.delete_item(Key={"pk": "p", "sk": "00"})
        batch.delete_item(Key={"pk": "p", "sk": "none"})
    other.put_item(Item={"pk": "o"})
    answer = resource.batch_get_item(
        RequestItems={
            name: {"Keys": [{"pk": "p", "sk": sk} for sk in ("00", "01", "02")], "ProjectionExpression": "sk"},
            name + "-other": {"Keys": [{"pk": "o"}, {"pk": "none"}], "ConsistentRead": True},
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert sorted(item["sk"] for item in answer["Responses"][name]) == ["01", "02"]
    assert answer["Responses"][name + "-other"] == [{"pk": "o"}]
    assert answer["UnprocessedKeys"] == {}
    units = {capacity["TableName"]: capacity["CapacityUnits"] for capacity in answer["ConsumedCapacity"]}
    assert units == {name: 1.5, name + "-other": 2.0}


def test_a_batch_of_reads_ends_at_16_megabytes(client, table, name):
    for number in range(45):
        client.put_item(TableName=name, Item={"pk": {"S": "p"}, "sk": {"S": str(number)}, "x": {"S": "y" * 400_000}})
    keys = [{"pk": {"S": "p"}, "sk": {"S": str(number)}} for number in range(45)]
    answer = client.batch_get_item(RequestItems={name: {"Keys": keys}})
    left = answer["UnprocessedKeys"][name]["Keys"]
    assert (len(answer["Responses"][name]), len(left)) == (41, 4)
    answer = client.batch_get_item(RequestItems=answer["UnprocessedKeys"])
    assert (len(answer["Responses"][name]), answer["UnprocessedKeys"]) == (4, {})


def test_bad_batches_change_nothing(client, table, name):
    def put(sk, **more):
        return {"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"S": sk}, **more}}}

    def write(*requests, **more):
        return refused(client.batch_write_item, RequestItems={name: list(requests), **more})

    invalid = "ValidationException"
    key = {"pk": {"S": "p"}, "sk": {"S": "1"}}
    duplicates = (invalid, "Provided list of item keys contains duplicates")
    assert write(put("0"), put("1"), {"DeleteRequest": {"Key": key}}) == duplicates
    assert refused(client.batch_get_item, RequestItems={name: {"Keys": [key, key]}}) == duplicates
    assert write(put("0"), put("1", x={"S": "y" * 409_600})) == (invalid, "Item size has exceeded the maximum allowed size")
    assert write(put("0"), {"DeleteRequest": {"Key": {"pk": {"S": "p"}}}}) == (
        invalid,
        "The provided key element does not match the schema",
    )
    assert write(put("0"), {})[0] == invalid
    assert write(put("0"), **{name + "-none": [put("0")]})[0] == "ResourceNotFoundException"
    assert write(*[put(str(number)) for number in range(26)])[0] == invalid
    assert refused(client.batch_write_item, RequestItems={})[0] == invalid
    code, message = refused(client.batch_get_item, RequestItems={name: {"Keys": [
        {"pk": {"S": "p"}, "sk": {"S": str(number)}} for number in range(101)
    ]}})
    assert code == invalid
    assert table.scan()["Items"] == []


def test_tags(client, table, name):
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}"
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{n:02}", "Value": str(n)} for n in range(12)])
    first = client.list_tags_of_resource(ResourceArn=arn)
    rest = client.list_tags_of_resource(ResourceArn=arn, NextToken=first["NextToken"])
    assert [tag["Key"] for tag in first["Tags"] + rest["Tags"]] == [f"k{n:02}" for n in range(12)]
    client.untag_resource(ResourceArn=arn, TagKeys=[f"k{n:02}" for n in range(11)])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "k11", "Value": "11"}]
    many = [{"Key": str(n), "Value": ""} for n in range(50)]
    assert refused(client.tag_resource, ResourceArn=arn, Tags=many)[0] == "ValidationException"
    missing = ("ResourceNotFoundException", f"Requested resource not found: ResourcArn: {arn}x not found")
    assert refused(client.list_tags_of_resource, ResourceArn=arn + "x") == missing
    assert refused(client.list_tags_of_resource, ResourceArn="arn:aws:sqs:us-east-1:0:q")[0] == "ValidationException"
    key = {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    kinds = [{"AttributeName": "id", "AttributeType": "S"}]
    client.create_table(TableName=name + "-2", AttributeDefinitions=kinds, Tags=[{"Key": "a", "Value": "b"}], **key)
    assert client.list_tags_of_resource(ResourceArn=arn + "-2")["Tags"] == [{"Key": "a", "Value": "b"}]
