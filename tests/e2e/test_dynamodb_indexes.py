"""Secondary indexes of DynamoDB tables, as boto3 sees them."""

import random
import threading
from decimal import Decimal

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from conftest import eventually, refused

TYPES = {"pk": "S", "sk": "S", "lk": "N", "gk": "S", "gs": "N"}


@pytest.fixture
def client(cloud):
    return cloud.client("dynamodb")


def resource_of(cloud):
    return boto3.resource(
        "dynamodb", endpoint_url=cloud.url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
    )


def schema(*names):
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ["HASH", "RANGE"])]


def index(name, keys, projection="ALL", **more):
    shown = {"ProjectionType": "INCLUDE", "NonKeyAttributes": projection} if isinstance(projection, list) else {
        "ProjectionType": projection
    }
    return {"IndexName": name, "KeySchema": schema(*keys), "Projection": shown, **more}


def definitions(*names):
    return [{"AttributeName": name, "AttributeType": TYPES[name]} for name in names]


def declared(name, local=(), global_=(), keys=("pk", "sk"), defined=None, **more):
    names = {part["AttributeName"] for one in [*local, *global_] for part in one["KeySchema"]} | set(keys)
    lists = {}
    if local:
        lists["LocalSecondaryIndexes"] = list(local)
    if global_:
        lists["GlobalSecondaryIndexes"] = list(global_)
    billing = {} if "ProvisionedThroughput" in more else {"BillingMode": "PAY_PER_REQUEST"}
    return {
        "TableName": name,
        "KeySchema": schema(*keys),
        "AttributeDefinitions": definitions(*sorted(defined or names)),
        **lists,
        **billing,
        **more,
    }


@pytest.fixture
def table(cloud, name):
    made = resource_of(cloud).create_table(
        **declared(
            name,
            local=[index("local", ["pk", "lk"], ["a"])],
            global_=[index("all", ["gk", "gs"]), index("keys", ["gk"], "KEYS_ONLY"), index("some", ["gs"], ["a"])],
        )
    )
    made.wait_until_exists()
    return made


def pages(read, limit, **parameters):
    """All items, page by page."""
    found, start = [], {}
    while True:
        page = read(Limit=limit, **start, **parameters)
        assert page["ScannedCount"] <= limit
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def test_what_a_description_shows(client, table, name):
    shown = client.describe_table(TableName=name)["Table"]
    assert [part["AttributeName"] for part in shown["AttributeDefinitions"]] == ["gk", "gs", "lk", "pk", "sk"]
    [local] = shown["LocalSecondaryIndexes"]
    assert local["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]}
    assert local["KeySchema"] == schema("pk", "lk")
    assert local["IndexArn"] == f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}/index/local"
    assert [one["IndexName"] for one in shown["GlobalSecondaryIndexes"]] == ["all", "keys", "some"]
    assert {one["IndexStatus"] for one in shown["GlobalSecondaryIndexes"]} == {"ACTIVE"}
    assert not any("Backfilling" in one for one in shown["GlobalSecondaryIndexes"])


def test_what_no_table_can_have(client, name):
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    ten = [f"n{number}" for number in range(20)]

    def why(**parameters):
        code, message = refused(client.create_table, **declared(name, **parameters))
        assert code == "ValidationException"
        return message.removeprefix("One or more parameter values were invalid: ")

    local, global_ = index("local", ["pk", "lk"]), index("global", ["gk"])
    assert why(local=[local], keys=["pk"]) == (
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
    )
    assert why(local=[index("local", ["gk", "lk"])]) == (
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: local. "
        "index hash key: gk, table hash key: pk"
    )
    assert why(local=[index("local", ["pk"])]) == "Index KeySchema does not have a range key for index: local"
    three = {**local, "KeySchema": [*local["KeySchema"], {"AttributeName": "sk", "KeyType": "RANGE"}]}
    assert why(local=[three]).endswith(
        "at 'localSecondaryIndexes.1.member.keySchema' failed to satisfy constraint: "
        "Member must have length less than or equal to 2"
    )
    assert why(local=[local, local]) == "Duplicate index name: local"
    assert why(local=[local], global_=[index("local", ["gk"])]) == "Duplicate index name: local"
    assert why(local=[index(f"local{n}", ["pk", "lk"]) for n in range(6)]) == (
        "Number of LocalSecondaryIndexes exceeds per-table limit of 5"
    )
    assert why(global_=[index(f"global{n}", ["gk"]) for n in range(21)]) == (
        "GlobalSecondaryIndex count exceeds the per-table limit of 20"
    )
    assert why(global_=[index(f"g-{n}", ["gk"], ten) for n in range(6)]).startswith("Number of NonKeyAttributes")
    assert why(LocalSecondaryIndexes=[]) == "List of LocalSecondaryIndexes is empty"
    assert why(GlobalSecondaryIndexes=[]) == "List of GlobalSecondaryIndexes is empty"
    assert why(global_=[global_], defined=["pk", "sk"]) == (
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [gk], AttributeDefinitions: [pk, sk]"
    )
    assert why(global_=[global_], defined=["pk", "sk", "gk", "lk"]).startswith("Some AttributeDefinitions are not used.")
    assert why(defined=["pk", "sk", "lk"]).startswith("Number of attributes in KeySchema does not exactly match")
    assert why(global_=[index("global", ["gk"], "INCLUDE")]) == (
        "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
    )
    keys_and_more = {**global_, "Projection": {"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"]}}
    assert why(global_=[keys_and_more]) == "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"
    assert why(global_=[{**global_, "Projection": {}}]) == "Unknown ProjectionType: null"
    assert why(global_=[index("global", ["gk"], ProvisionedThroughput=units)]) == (
        "ProvisionedThroughput should not be specified for index: global when BillingMode is PAY_PER_REQUEST"
    )
    assert why(global_=[global_], ProvisionedThroughput=units) == (
        "ProvisionedThroughput is not specified for index: global"
    )
    assert refused(client.describe_table, TableName=name)[0] == "ResourceNotFoundException"


def test_sparse_and_what_is_projected(table):
    table.put_item(Item={"pk": "p", "sk": "1", "gk": "g", "gs": 1, "lk": 1, "a": "a", "b": "b"})
    table.put_item(Item={"pk": "p", "sk": "2", "gk": "g", "a": "a", "b": "b"})
    table.put_item(Item={"pk": "p", "sk": "3", "a": "a"})

    def of(name, condition, **more):
        return [item["sk"] for item in table.query(IndexName=name, KeyConditionExpression=condition, **more)["Items"]]

    assert of("all", Key("gk").eq("g")) == ["1"], "an item without the sort key is not in it"
    assert of("keys", Key("gk").eq("g")) == ["1", "2"]
    assert of("local", Key("pk").eq("p")) == ["1"]
    whole = {"pk": "p", "sk": "1", "gk": "g", "gs": 1, "lk": 1, "a": "a", "b": "b"}
    assert table.query(IndexName="all", KeyConditionExpression=Key("gk").eq("g"))["Items"] == [whole]
    assert table.scan(IndexName="some")["Items"] == [{key: whole[key] for key in ["pk", "sk", "gs", "a"]}]
    assert table.scan(IndexName="keys")["Items"] == [
        {"pk": "p", "sk": "1", "gk": "g"},
        {"pk": "p", "sk": "2", "gk": "g"},
    ]
    [local] = table.query(IndexName="local", KeyConditionExpression=Key("pk").eq("p"))["Items"]
    assert local == {key: whole[key] for key in ["pk", "sk", "lk", "a"]}
    # What a local index does not have is read from the table.
    fetched = {"IndexName": "local", "KeyConditionExpression": Key("pk").eq("p"), "ReturnConsumedCapacity": "INDEXES"}
    page = table.query(Select="ALL_ATTRIBUTES", ConsistentRead=True, **fetched)
    assert page["Items"] == [whole]
    assert page["ConsumedCapacity"]["Table"] == {"CapacityUnits": 1.0}
    assert page["ConsumedCapacity"]["LocalSecondaryIndexes"] == {"local": {"CapacityUnits": 1.0}}
    assert table.query(ProjectionExpression="b, lk", **fetched)["Items"] == [{"b": "b", "lk": 1}]
    # An item leaves an index with the attribute.
    key = {"pk": "p", "sk": "1"}
    table.update_item(Key=key, UpdateExpression="REMOVE gs SET lk = :n", ExpressionAttributeValues={":n": 7})
    assert of("all", Key("gk").eq("g")) == [] and of("keys", Key("gk").eq("g")) == ["1", "2"]
    assert of("local", Key("pk").eq("p") & Key("lk").eq(7)) == ["1"]
    table.delete_item(Key=key)
    assert of("keys", Key("gk").eq("g")) == ["2"] and of("local", Key("pk").eq("p")) == []


def test_pages_of_one_forward_and_back(table):
    with table.batch_writer() as batch:
        for number in range(12):
            # Three of each sort key: equal keys keep an order.
            item = {"pk": f"p{number % 5}", "sk": f"{number:02}", "gk": "g", "gs": number // 3 - 2, "lk": -number}
            batch.put_item(Item=item)
    everything = {"IndexName": "all", "KeyConditionExpression": Key("gk").eq("g")}
    forward = pages(table.query, 1, **everything)
    assert [int(item["gs"]) for item in forward] == sorted([number // 3 - 2 for number in range(12)])
    assert len({item["sk"] for item in forward}) == 12
    assert pages(table.query, 1, ScanIndexForward=False, **everything) == forward[::-1]
    assert pages(table.query, 5, **everything) == forward == table.query(**everything)["Items"]
    equal = {"IndexName": "all", "KeyConditionExpression": Key("gk").eq("g") & Key("gs").eq(0)}
    assert pages(table.query, 1, **equal) == forward[6:9]
    assert pages(table.query, 2, ScanIndexForward=False, **equal) == forward[6:9][::-1]
    for condition, wanted in [
        (Key("gs").gt(0), forward[9:]),
        (Key("gs").gte(0), forward[6:]),
        (Key("gs").lt(0), forward[:6]),
        (Key("gs").lte(0), forward[:9]),
        (Key("gs").between(-1, 0), forward[3:9]),
    ]:
        assert pages(table.query, 2, IndexName="all", KeyConditionExpression=Key("gk").eq("g") & condition) == wanted
    scanned = pages(table.scan, 1, IndexName="some")
    assert sorted(item["sk"] for item in scanned) == [f"{number:02}" for number in range(12)]
    split = [
        item for n in range(4) for item in pages(table.scan, 2, IndexName="some", Segment=n, TotalSegments=4)
    ]
    assert sorted(item["sk"] for item in split) == sorted(item["sk"] for item in scanned)
    last = table.query(Limit=1, **everything)["LastEvaluatedKey"]
    assert set(last) == {"pk", "sk", "gk", "gs"}
    filtered = table.query(Limit=4, FilterExpression=Attr("sk").eq("11"), **everything)
    assert (filtered["Count"], filtered["ScannedCount"]) == (0, 4)


def test_what_no_index_answers(table):
    query = {"IndexName": "some", "KeyConditionExpression": Key("gs").eq(1)}

    def why(call=table.query, **more):
        code, message = refused(call, **{**query, **more})
        assert code == "ValidationException"
        return message

    assert why(IndexName="none") == "The table does not have the specified index: none"
    assert why(ConsistentRead=True) == "Consistent reads are not supported on global secondary indexes"
    assert why(Select="ALL_ATTRIBUTES") == (
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index "
        "some because its projection type is not ALL"
    )
    assert why(ProjectionExpression="a, b").endswith("Global secondary index some does not project [b]")
    assert why(KeyConditionExpression=Key("pk").eq("p")).startswith("Query condition missed key schema element: gs")
    assert why(FilterExpression=Attr("gs").eq(1)).startswith(
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: gs"
    )
    for index_name, condition in [("some", Key("gs").eq(1)), ("local", Key("pk").eq("p"))]:
        unknown = {"IndexName": index_name, "KeyConditionExpression": condition, "FilterExpression": Attr("b").eq("b")}
        assert why(**unknown) == (
            "One or more parameter values were invalid: "
            f"Secondary index {index_name} does not project one or more filter attributes: [b]"
        )
    assert table.scan(IndexName="some", FilterExpression=Attr("b").eq("b"))["Items"] == []
    assert why(ExclusiveStartKey={"pk": "p", "sk": "1"}) == "The provided starting key is invalid"
    assert why(ExclusiveStartKey={"pk": "p", "sk": "1", "gs": "x"}) == "The provided starting key is invalid"
    assert why(ExclusiveStartKey={"pk": "p", "sk": "1", "gs": 2}) == (
        "The provided starting key is outside query boundaries based on provided conditions"
    )
    assert refused(table.query, KeyConditionExpression=Key("pk").eq("p"), Select="ALL_PROJECTED_ATTRIBUTES")[1] == (
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
    )
    assert refused(table.scan, IndexName="none")[1] == "The table does not have the specified index: none"


def test_items_that_no_index_takes(table):
    item = {"pk": "p", "sk": "1"}

    def why(**more):
        return refused(table.put_item, Item={**item, **more})[1]

    assert why(gs="x") == (
        "One or more parameter values were invalid: Type mismatch for Index Key gs Expected: N Actual: S IndexName: all"
    )
    assert why(gk=None).endswith("Type mismatch for Index Key gk Expected: S Actual: NULL IndexName: all")
    assert why(gk="") == (
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The "
        "AttributeValue for a key attribute cannot contain an empty string value. IndexName: all, IndexKey: gk"
    )
    assert refused(
        table.update_item, Key=item, UpdateExpression="SET gk = :e", ExpressionAttributeValues={":e": ""}
    )[1] == (
        "One or more parameter values are not valid. The update expression attempted to update a secondary index key to a "
        "value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."
    )
    assert table.scan()["Items"] == []


def test_what_writes_consume(table, name):
    def consumed(call, **parameters):
        capacity = call(ReturnConsumedCapacity="INDEXES", **parameters)["ConsumedCapacity"]
        indexes = {**capacity.get("GlobalSecondaryIndexes", {}), **capacity.get("LocalSecondaryIndexes", {})}
        parts = {name: part["CapacityUnits"] for name, part in indexes.items()}
        assert capacity["CapacityUnits"] == capacity["Table"]["CapacityUnits"] + sum(parts.values())
        return capacity["Table"]["CapacityUnits"], parts

    item = {"pk": "p", "sk": "1", "gk": "g", "gs": 1, "a": "x" * 1500}
    assert consumed(table.put_item, Item=item) == (2, {"all": 2, "keys": 1, "some": 2})
    assert consumed(table.put_item, Item=item) == (2, {}), "an entry that stays as it is costs nothing"
    assert consumed(table.put_item, Item={**item, "b": "b"}) == (2, {"all": 2})
    key = {"pk": "p", "sk": "1"}
    moved = consumed(table.update_item, Key=key, UpdateExpression="SET gs = :n", ExpressionAttributeValues={":n": 2})
    assert moved == (2, {"all": 4, "some": 4}), "one deleted and one put"
    assert consumed(table.query, IndexName="keys", KeyConditionExpression=Key("gk").eq("g")) == (0, {"keys": 0.5})
    metrics = table.put_item(Item={**item, "lk": 5}, ReturnItemCollectionMetrics="SIZE")["ItemCollectionMetrics"]
    assert metrics == {"ItemCollectionKey": {"pk": "p"}, "SizeEstimateRangeGB": [Decimal(0), Decimal(1)]}
    assert consumed(table.delete_item, Key=key)[1] == {"all": 2, "keys": 1, "some": 2, "local": 2}


def test_transactions_keep_indexes(client, table, name):
    def transact(**put):
        item = {"pk": {"S": "p"}, "sk": {"S": "1"}, **put}
        more = {"ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"}
        return client.transact_write_items(TransactItems=[{"Put": {"TableName": name, "Item": item}}], **more)

    done = transact(gk={"S": "g"})
    assert table.query(IndexName="keys", KeyConditionExpression=Key("gk").eq("g"))["Count"] == 1
    [capacity] = done["ConsumedCapacity"]
    assert (capacity["CapacityUnits"], capacity["WriteCapacityUnits"]) == (4, 4)
    assert capacity["GlobalSecondaryIndexes"]["keys"] == {"CapacityUnits": 2, "WriteCapacityUnits": 2}
    assert done["ItemCollectionMetrics"][name][0]["ItemCollectionKey"] == {"pk": {"S": "p"}}
    code, message = refused(transact, gk={"N": "1"})
    assert (code, message.endswith("[ValidationError]")) == ("TransactionCanceledException", True)
    code, message = refused(transact, gk={"S": ""})
    assert (code, message.endswith("IndexName: all, IndexKey: gk")) == ("ValidationException", True)


def test_statements_read_indexes(client, table, name):
    for number in range(5):
        table.put_item(Item={"pk": f"p{number % 2}", "sk": str(number), "gk": "g", "gs": -number, "lk": 1, "a": "a", "b": "b"})

    def select(statement, **more):
        found, token = [], {}
        while True:
            page = client.execute_statement(Statement=statement, **token, **more)
            found += page["Items"]
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}

    wanted = [{"sk": {"S": sk}} for sk in "43210"]
    statement = f"SELECT sk FROM \"{name}\".\"all\" WHERE gk = 'g'"
    assert select(statement) == select(statement, Limit=1) == wanted
    assert select(f"{statement} AND gs > -3 ORDER BY gs DESC") == wanted[2:][::-1]
    assert len(select(f'SELECT * FROM "{name}"."keys"', Limit=2)) == 5
    fetched = select(f"SELECT b, lk FROM \"{name}\".\"local\" WHERE pk = 'p1' AND lk = 1")
    assert fetched == [{"b": {"S": "b"}, "lk": {"N": "1"}}] * 2
    code, message = refused(client.execute_statement, Statement=f'SELECT b FROM "{name}"."keys"')
    assert (code, message.endswith("Global secondary index keys does not project [b]")) == ("ValidationException", True)
    code, message = refused(client.execute_statement, Statement=f'SELECT * FROM "{name}"."none"')
    assert message == "The table does not have the specified index"
    keyed = f"SELECT sk FROM \"{name}\".\"keys\" WHERE gk = 'g' AND b = 'b'"
    assert refused(client.execute_statement, Statement=keyed)[1].endswith(
        "Secondary index keys does not project one or more filter attributes: [b]"
    )
    assert select(f"SELECT sk FROM \"{name}\".\"keys\" WHERE b = 'b'") == []
    assert refused(client.execute_statement, Statement=f'SELECT * FROM "{name}"."keys"', ConsistentRead=True)[1] == (
        "Strongly consistent read is not supported on Global Secondary Indexes"
    )


def test_a_key_of_several_attributes(client, name):
    letters = ["h", "i", "a", "b", "c"]
    key = [{"AttributeName": letter, "KeyType": "HASH" if letter in "hi" else "RANGE"} for letter in letters]
    client.create_table(
        TableName=name,
        KeySchema=schema("pk"),
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in ["pk", *letters]],
        GlobalSecondaryIndexes=[{"IndexName": "many", "KeySchema": key, "Projection": {"ProjectionType": "KEYS_ONLY"}}],
        BillingMode="PAY_PER_REQUEST",
    )
    [shown] = client.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"]
    assert shown["KeySchema"] == key
    for pk, values in {"1": "xyTlb", "2": "xyTla", "3": "xyTd", "4": "xyTdz", "5": "xyFla", "6": "xzTla"}.items():
        item = {"pk": {"S": pk}, **{one: {"S": value} for one, value in zip(letters, values)}}
        client.put_item(TableName=name, Item=item)

    def query(condition, **more):
        values = {":h": "x", ":i": "y", ":a": "T", ":b": "l", ":c": "a"}
        used = {name: {"S": value} for name, value in values.items() if name in condition}
        return client.query(
            TableName=name,
            IndexName="many",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=used,
            **more,
        )

    def pks(condition, **more):
        return "".join(item["pk"]["S"] for item in query(condition, **more)["Items"])

    assert pks("h = :h AND i = :i") == "5421", "what has no c is not in it"
    assert pks("i = :i AND a = :a AND h = :h") == "421"
    assert pks("h = :h AND i = :i AND a = :a", ScanIndexForward=False) == "124"
    assert pks("h = :h AND i = :i AND a = :a AND b = :b") == "21"
    assert pks("h = :h AND i = :i AND a = :a AND b < :b") == "4"
    assert pks("h = :h AND i = :i AND a = :a AND b = :b AND c > :c") == "1"
    first = query("h = :h AND i = :i", Limit=1)
    assert sorted(first["LastEvaluatedKey"]) == sorted(["pk", *letters])
    assert pks("h = :h AND i = :i", ExclusiveStartKey=first["LastEvaluatedKey"]) == "421"
    assert refused(query, condition="h = :h AND i = :i AND b = :b")[1] == (
        "RANGE key attributes a must have equality conditions specified in the query because a condition is present on key "
        "attribute b"
    )
    assert refused(query, condition="h = :h AND a = :a")[1] == "Query condition missed key schema element: i"
    with pytest.raises(ClientError, match="a statement on an index with several attributes of a key"):
        client.execute_statement(Statement=f'SELECT * FROM "{name}"."many"')


def creating(*indexes, **more):
    names = sorted({part["AttributeName"] for one in indexes for part in one["KeySchema"]})
    return {
        "AttributeDefinitions": definitions(*names),
        "GlobalSecondaryIndexUpdates": [{"Create": one} for one in indexes],
        **more,
    }


def is_active(client, name, index_name):
    shown = client.describe_table(TableName=name)["Table"].get("GlobalSecondaryIndexes", [])
    return any(one["IndexName"] == index_name and one["IndexStatus"] == "ACTIVE" for one in shown)


def plain(client, name, **more):
    made = client.create_table(**declared(name, **more))["TableDescription"]
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    return made


def test_an_index_comes_and_goes(client, name):
    made = plain(client, name, local=[index("local", ["pk", "lk"])], global_=[index("first", ["gk"])])
    assert (made["TableStatus"], made["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("CREATING", "CREATING")
    client.put_item(TableName=name, Item={"pk": {"S": "p"}, "sk": {"S": "s"}, "gs": {"N": "1"}})
    shown = client.update_table(TableName=name, **creating(index("late", ["gs"])))["TableDescription"]
    assert shown["TableStatus"] == "UPDATING"
    late = shown["GlobalSecondaryIndexes"][1]
    assert (late["IndexName"], late["IndexStatus"], late["Backfilling"]) == ("late", "CREATING", False)
    eventually(lambda: is_active(client, name, "late"))
    assert client.scan(TableName=name, IndexName="late")["Count"] == 1
    deleted = client.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "late"}}])
    status = {one["IndexName"]: one["IndexStatus"] for one in deleted["TableDescription"]["GlobalSecondaryIndexes"]}
    assert status == {"first": "ACTIVE", "late": "DELETING"}
    shown = client.describe_table(TableName=name)["Table"]
    assert [one["IndexName"] for one in shown["GlobalSecondaryIndexes"]] == ["first"]
    assert [part["AttributeName"] for part in shown["AttributeDefinitions"]] == ["gk", "lk", "pk", "sk"]
    assert refused(client.scan, TableName=name, IndexName="late")[1].endswith("specified index: late")
    # One of the same name has nothing of the old one.
    client.update_table(TableName=name, **creating(index("late", ["gk", "gs"])))
    eventually(lambda: is_active(client, name, "late"))
    assert client.scan(TableName=name, IndexName="late")["Count"] == 0


def test_what_no_update_does(client, name):
    plain(client, name, local=[index("local", ["pk", "lk"])], global_=[index("first", ["gk"])])
    units = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}

    def why(code="ValidationException", **more):
        got, message = refused(client.update_table, **{"TableName": name, **more})
        assert got == code
        return message.removeprefix("One or more parameter values were invalid: ")

    one_at_a_time = (
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
    )
    assert why().startswith("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled,")
    assert why(DeletionProtectionEnabled=True, GlobalSecondaryIndexUpdates=[]) == (
        "List of GlobalSecondaryIndexUpdates is empty"
    )
    two = creating(index("one", ["gs"]), index("two", ["gs"]))
    assert why("LimitExceededException", **two) == one_at_a_time
    assert why(**creating(index("first", ["gs"]))) == "Attempting to create an index which already exists"
    assert why(GlobalSecondaryIndexUpdates=[{"Create": index("one", ["gs"])}]) == (
        "AttributeDefinitions is not specified for index: one"
    )
    assert why(**creating(index("one", ["gs"]), DeletionProtectionEnabled=True)) == (
        "DeletionProtection modification must be the only operation in the request"
    )
    for missing in ["none", "local"]:
        assert why("ResourceNotFoundException", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": missing}}]) == (
            f"Requested resource not found: Index {missing} for table {name}"
        )
    twice = [{"Delete": {"IndexName": "first"}}, {"Delete": {"IndexName": "first"}}]
    assert why(GlobalSecondaryIndexUpdates=twice) == (
        "Only one global secondary index update per index is allowed simultaneously. Index: first"
    )
    assert why(ProvisionedThroughput=units) == (
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
    )
    assert why(BillingMode="PROVISIONED") == "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    assert why(BillingMode="PROVISIONED", ProvisionedThroughput=units) == (
        "ProvisionedThroughput must be specified for index: first"
    )
    assert "decreasing WarmThroughput is not supported" in why(WarmThroughput={"ReadUnitsPerSecond": 1})
    assert refused(client.update_table, TableName="nobody-made-it", DeletionProtectionEnabled=True) == (
        "ResourceNotFoundException",
        "Requested resource not found: Table: nobody-made-it not found",
    )
    shown = client.describe_table(TableName=name)["Table"]
    assert shown["DeletionProtectionEnabled"] is False and len(shown["GlobalSecondaryIndexes"]) == 1


def test_settings_of_a_table(client, name):
    plain(client, name, global_=[index("first", ["gk"])])
    units = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}

    def update(**more):
        assert client.update_table(TableName=name, **more)["TableDescription"]["TableName"] == name
        return client.describe_table(TableName=name)["Table"]

    assert update(OnDemandThroughput={"MaxReadRequestUnits": 7})["OnDemandThroughput"]["MaxReadRequestUnits"] == 7
    warm = update(WarmThroughput={"ReadUnitsPerSecond": 13000})["WarmThroughput"]
    assert warm == {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"}
    of_index = [{"Update": {"IndexName": "first", "ProvisionedThroughput": units}}]
    shown = update(BillingMode="PROVISIONED", ProvisionedThroughput=units, GlobalSecondaryIndexUpdates=of_index)
    assert shown["BillingModeSummary"]["BillingMode"] == "PROVISIONED" and "OnDemandThroughput" not in shown
    assert shown["ProvisionedThroughput"]["WriteCapacityUnits"] == 3
    assert shown["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 2
    assert refused(client.update_table, TableName=name, ProvisionedThroughput=units)[1].startswith(
        "The provisioned throughput for the table will not change. The requested value equals the current value."
    )
    assert refused(client.update_table, TableName=name, GlobalSecondaryIndexUpdates=of_index)[1].startswith(
        "The provisioned throughput for the index first will not change."
    )
    shown = update(BillingMode="PAY_PER_REQUEST")
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert shown["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    assert update(TableClass="STANDARD_INFREQUENT_ACCESS")["TableClassSummary"]["TableClass"] == (
        "STANDARD_INFREQUENT_ACCESS"
    )
    key = "arn:aws:kms:us-east-1:000000000000:key/1"
    encryption = update(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key})["SSEDescription"]
    assert encryption == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    assert "SSEDescription" not in update(SSESpecification={"Enabled": False})
    assert update(DeletionProtectionEnabled=True)["DeletionProtectionEnabled"] is True
    assert refused(client.delete_table, TableName=name)[0] == "ValidationException"
    assert update(DeletionProtectionEnabled=False)["DeletionProtectionEnabled"] is False


def test_killed_while_an_index_is_filled(make_cloud, chance):
    cloud = make_cloud().start()
    plain(cloud.client("dynamodb"), "filled")
    with resource_of(cloud).Table("filled").batch_writer() as batch:
        for number in range(2000):
            batch.put_item(Item=an_item(chance, number))
    writers = Writers(cloud, chance)
    cloud.client("dynamodb").update_table(TableName="filled", **creating(index("late", ["gk", "gs"], ["a"])))
    cloud.kill()
    writers.end()
    cloud.start()
    writers = Writers(cloud, chance)
    client = cloud.client("dynamodb")
    eventually(lambda: is_active(client, "filled", "late"), 60)
    writers.end()
    table = resource_of(cloud).Table("filled")
    items = [item for item in pages(table.scan, 1000) if "gk" in item and "gs" in item]
    entries = pages(table.scan, 1000, IndexName="late")
    by_key = lambda item: (item["pk"], item["sk"])
    wanted = [{key: item[key] for key in ["pk", "sk", "gk", "gs", "a"] if key in item} for item in items]
    assert sorted(entries, key=by_key) == sorted(wanted, key=by_key)
    assert len(entries) > 1000
    shown = client.describe_table(TableName="filled")["Table"]["GlobalSecondaryIndexes"][0]
    assert "Backfilling" not in shown
    assert not any("panicked" in line for line in cloud.log)


def an_item(chance, number):
    item = {"pk": f"p{number % 50}", "sk": f"{number:04}", "a": chance.randrange(1000)}
    if chance.random() < 0.9:
        item.update(gk=f"g{chance.randrange(20)}", gs=chance.randrange(-5, 5))
    return item


class Writers:
    """Four threads that put and delete items until the cloud is gone, or they are told to end."""

    def __init__(self, cloud, chance):
        self.stop = threading.Event()
        url = cloud.url
        seeds = [chance.getrandbits(32) for _ in range(4)]
        self.threads = [threading.Thread(target=self.write, args=(url, seed)) for seed in seeds]
        for thread in self.threads:
            thread.start()

    def write(self, url, seed):
        chance = random.Random(seed)
        client = boto3.resource(
            "dynamodb",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="t",
            aws_secret_access_key="t",
            config=Config(retries={"total_max_attempts": 1}),
        )
        table = client.Table("filled")
        while not self.stop.is_set():
            item = an_item(chance, chance.randrange(2500))
            try:
                if chance.random() < 0.7:
                    table.put_item(Item=item)
                else:
                    table.delete_item(Key={key: item[key] for key in ["pk", "sk"]})
            except (BotoCoreError, ClientError):
                return

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()
