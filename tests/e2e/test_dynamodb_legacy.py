"""DynamoDB's parameters from before expressions, as old clients still send them."""

import pytest
from conftest import refused

INVALID = "One or more parameter values were invalid: "
FAILED = ("ConditionalCheckFailedException", "The conditional request failed")


@pytest.fixture
def client(cloud):
    return cloud.client("dynamodb")


@pytest.fixture
def table(client, name):
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def text(value):
    return {"S": value}


def number(value):
    return {"N": str(value)}


def key(sk=1):
    return {"pk": text("a"), "sk": number(sk)}


def compared(operator, *values):
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


def found(client, table, sk=1):
    item = client.get_item(TableName=table, Key=key(sk), ConsistentRead=True).get("Item")
    return item and {name: value for name, value in item.items() if name not in ("pk", "sk")}


def test_expectations_of_all_writes(client, table):
    def put(n, expected, **more):
        client.put_item(TableName=table, Item={**key(), "n": number(n)}, Expected=expected, **more)

    put(1, {"pk": {"Exists": False}})
    assert refused(put, n=2, expected={"pk": {"Exists": False}}) == FAILED
    put(2, {"n": {"Value": number(1)}})
    put(3, {"n": {"Exists": True, "Value": number(2)}})
    put(4, {"n": compared("BETWEEN", number(3), number(5)), "other": compared("NULL")})
    assert refused(put, n=5, expected={"n": compared("GT", number(4)), "other": compared("NULL")}) == FAILED
    put(5, {"n": compared("GT", number(4)), "other": compared("NULL")}, ConditionalOperator="OR")
    put(6, {"n": {"ComparisonOperator": "LE", "Value": number(5)}})
    change = {"n": {"Value": number(1), "Action": "ADD"}}
    update = {"TableName": table, "Key": key(), "AttributeUpdates": change}
    client.update_item(**update, Expected={"n": compared("IN", number(1), number(6))})
    assert refused(client.update_item, **update, Expected={"n": compared("NE", number(7))}) == FAILED
    assert found(client, table) == {"n": number(7)}
    delete = {"TableName": table, "Key": key(), "ReturnValues": "ALL_OLD"}
    assert refused(client.delete_item, **delete, Expected={"s": compared("NOT_NULL")}) == FAILED
    assert refused(client.delete_item, **delete, Expected={"s": compared("NOT_CONTAINS", text("x"))}) == FAILED
    deleted = client.delete_item(**delete, Expected={"n": compared("NOT_NULL")})
    assert deleted["Attributes"]["n"] == number(7)


def test_expectations_that_say_nothing(client, table):
    def put(expected, **more):
        code, message = refused(client.put_item, TableName=table, Item=key(), Expected=expected, **more)
        assert code == "ValidationException"
        return message

    both = {"Value": number(1), **compared("EQ", number(1))}
    assert put({"a": both}) == INVALID + "Value and AttributeValueList cannot be used together for Attribute: a"
    assert put({"a": {"Exists": True}}) == INVALID + "Value must be provided when Exists is true for Attribute: a"
    assert put({"a": {}}) == INVALID + "Value must be provided when Exists is null for Attribute: a"
    assert put({"a": {"Exists": False, "Value": number(1)}}) == (
        INVALID + "Value cannot be used when Exists is false for Attribute: a"
    )
    assert put({"a": {"Exists": True, **compared("NULL")}}) == (
        INVALID + "Exists and ComparisonOperator cannot be used together for Attribute: a"
    )
    assert put({"a": {"AttributeValueList": []}}) == (
        INVALID + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"
    )
    assert put({"a": {"ComparisonOperator": "EQ"}}) == (
        INVALID + "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a"
    )
    assert put({"a": compared("EQ")}) == INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"
    assert put({"a": compared("LT", {"BOOL": True})}) == (
        INVALID + "ComparisonOperator LT is not valid for BOOL AttributeValue type"
    )
    assert "Member must satisfy enum value set" in put({"a": compared("LIKE", text("x"))})
    assert put({}, ConditionalOperator="AND") == "ConditionalOperator cannot be used without Filter or Expected"
    assert put({"a": compared("NULL")}, ConditionalOperator="OR") == (
        "ConditionalOperator can only be used when Filter or Expected has two or more elements"
    )
    assert found(client, table) is None


def test_updates_of_attributes(client, table):
    def update(returns="ALL_NEW", **changes):
        updates = {
            name: {"Action": action, **({"Value": value} if value else {})} for name, (action, value) in changes.items()
        }
        answer = client.update_item(TableName=table, Key=key(), AttributeUpdates=updates, ReturnValues=returns)
        return {name: value for name, value in answer.get("Attributes", {}).items() if name not in ("pk", "sk")}

    assert update(a=("DELETE", None)) == {} and found(client, table) is None, "to take away makes no item"
    assert update() == {} and found(client, table) == {}, "to change nothing does"
    assert update(a=("PUT", text("x")), n=("ADD", number(2))) == {"a": text("x"), "n": number(2)}
    assert update("UPDATED_NEW", n=("ADD", number(-5)), s=("ADD", {"SS": ["p", "q"]})) == {
        "n": number(-3),
        "s": {"SS": ["p", "q"]},
    }
    assert update("UPDATED_OLD", s=("DELETE", {"SS": ["p"]}), a=("DELETE", None)) == {
        "s": {"SS": ["p", "q"]},
        "a": text("x"),
    }
    assert update(l=("ADD", {"L": [number(1)]}))["l"] == {"L": [number(1)]}
    assert update(l=("ADD", {"L": [number(2)]})) == {
        "n": number(-3),
        "s": {"SS": ["q"]},
        "l": {"L": [number(1), number(2)]},
    }
    client.update_item(TableName=table, Key=key(), AttributeUpdates={"d": {"Value": text("put without a word")}})
    assert found(client, table)["d"] == text("put without a word")

    def refusal(**changes):
        return refused(update, **changes)[1]

    assert refusal(n=("ADD", text("x"))) == INVALID + "ADD action is not supported for the type S"
    assert refusal(n=("DELETE", number(1))) == INVALID + "DELETE action with value is not supported for the type N"
    assert refusal(n=("PUT", None)) == INVALID + "Only DELETE action is allowed when no attribute value is specified"
    assert refusal(s=("ADD", number(1))) == "Type mismatch for attribute to update"
    assert refusal(pk=("PUT", text("x"))).endswith("Cannot update attribute pk. This attribute is part of the key")


@pytest.fixture
def partition(client, table):
    for sk in range(1, 7):
        item = {**key(sk), "half": number(sk % 2), "name": text("x" * sk), "set": {"NS": [str(sk), "100"]}}
        client.put_item(TableName=table, Item=item)
    return table


def numbers(answer):
    return [int(item["sk"]["N"]) for item in answer["Items"]]


def test_conditions_of_keys(client, partition):
    def query(*tests, **more):
        conditions = {"pk": compared("EQ", text("a")), **{"sk": sort for sort in tests}}
        return numbers(client.query(TableName=partition, KeyConditions=conditions, **more))

    assert query() == [1, 2, 3, 4, 5, 6]
    assert query(compared("EQ", number(3))) == [3]
    assert query(compared("LE", number(2))) == [1, 2] and query(compared("LT", number(2))) == [1]
    assert query(compared("GE", number(5))) == [5, 6] and query(compared("GT", number(5))) == [6]
    assert query(compared("BETWEEN", number(2), number(3)), ScanIndexForward=False) == [3, 2]
    # Other expressions may stand beside them.
    half = {"FilterExpression": "half = :h", "ExpressionAttributeValues": {":h": number(0)}}
    assert query(**half) == [2, 4, 6]

    def refusal(conditions):
        return refused(client.query, TableName=partition, KeyConditions=conditions)[1]

    assert refusal({}) == "Conditions can be of length 1 or 2 only"
    assert refusal({"pk": compared("NE", text("a"))}) == "Attempted conditional constraint is not an indexable operation"
    assert refusal({"pk": compared("GT", text("a"))}) == "Query key condition not supported"
    assert refusal({"sk": compared("EQ", number(1))}) == "Query condition missed key schema element: pk"
    assert refusal({"pk": compared("EQ", text("a"), text("b"))}) == (
        INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator"
    )
    assert refusal({"pk": compared("EQ", text("a")), "sk": compared("BEGINS_WITH", number(3))}) == (
        INVALID + "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"
    )


def test_filters(client, partition):
    equal = {"pk": compared("EQ", text("a"))}

    def query(operator=None, **tests):
        more = {"ConditionalOperator": operator} if operator else {}
        return numbers(client.query(TableName=partition, KeyConditions=equal, QueryFilter=tests, **more))

    assert query(half=compared("EQ", number(1))) == [1, 3, 5]
    assert query(half=compared("NE", number(1)), name=compared("BEGINS_WITH", text("xxx"))) == [4, 6]
    assert query("OR", set=compared("CONTAINS", number(3)), name=compared("EQ", text("x"))) == [1, 3]
    assert query(set=compared("NOT_CONTAINS", number(3))) == [1, 2, 4, 5, 6]
    assert query(missing=compared("NOT_NULL")) == [] and len(query(missing=compared("NULL"))) == 6
    scan = client.scan(TableName=partition, ScanFilter={"sk": compared("IN", number(2), number(5))})
    assert numbers(scan) == [2, 5] and (scan["Count"], scan["ScannedCount"]) == (2, 6)

    def refusal(**tests):
        return refused(client.query, TableName=partition, KeyConditions=equal, QueryFilter=tests)[1]

    assert refusal(sk=compared("EQ", number(1))) == (
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk"
    )
    assert refusal(name=compared("BETWEEN", text("b"), text("a"))) == (
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
    )
    assert refusal(name=compared("IN", text("b"), number(1))) == (
        INVALID + "AttributeValues inside AttributeValueList must be of same type"
    )


def test_attributes_to_get(client, partition):
    wish = {"AttributesToGet": ["name", "none.such"]}
    assert client.get_item(TableName=partition, Key=key(2), **wish)["Item"] == {"name": text("xx")}
    batch = client.batch_get_item(RequestItems={partition: {"Keys": [key(1)], **wish}})
    assert batch["Responses"][partition] == [{"name": text("x")}]
    equal = {"pk": compared("EQ", text("a"))}
    page = client.query(TableName=partition, KeyConditions=equal, AttributesToGet=["sk"], Limit=1)
    assert page["Items"] == [{"sk": number(1)}]
    scan = client.scan(TableName=partition, AttributesToGet=["half"], Select="SPECIFIC_ATTRIBUTES", Limit=1)
    assert scan["Items"] == [{"half": number(1)}]
    assert refused(client.get_item, TableName=partition, Key=key(), AttributesToGet=["a", "a"])[1] == (
        INVALID + "Duplicate value in attribute name: a"
    )
    assert refused(client.scan, TableName=partition, AttributesToGet=["a"], Select="COUNT")[1] == (
        "Cannot specify the AttributesToGet when choosing to get only the Count"
    )


def test_old_and_new_do_not_mix(client, table):
    def message(call, **parameters):
        code, message = refused(call, TableName=table, **parameters)
        assert code == "ValidationException"
        prefix = "Can not use both expression and non-expression parameters in the same request: "
        assert message.startswith(prefix), message
        return message.removeprefix(prefix)

    expected = {"pk": {"Exists": False}}
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    assert message(client.put_item, Item=key(), Expected=expected, **condition) == (
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )
    assert message(client.delete_item, Key=key(), Expected=expected, **condition) == (
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )
    assert message(
        client.update_item, Key=key(), Expected=expected, AttributeUpdates={}, UpdateExpression="REMOVE a", **condition
    ) == (
        "Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression, "
        "ConditionExpression}"
    )
    assert message(client.get_item, Key=key(), AttributesToGet=["a"], ProjectionExpression="a") == (
        "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    )
    assert message(client.query, KeyConditionExpression="pk = :p", QueryFilter={"a": compared("NULL")}) == (
        "Non-expression parameters: {QueryFilter} Expression parameters: {KeyConditionExpression}"
    )
    assert message(client.scan, FilterExpression="a = :a", AttributesToGet=["a"]) == (
        "Non-expression parameters: {AttributesToGet} Expression parameters: {FilterExpression}"
    )
    names = {"ExpressionAttributeNames": {"#a": "a"}}
    assert refused(client.put_item, TableName=table, Item=key(), Expected=expected, **names)[1] == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )


def test_batches_are_refused_as_a_whole(client, table):
    def write(*requests):
        return refused(client.batch_write_item, RequestItems={table: list(requests)})[1]

    put = lambda item: {"PutRequest": {"Item": item}}
    duplicates = "Provided list of item keys contains duplicates"
    assert write(put(key()), {"DeleteRequest": {"Key": key()}}) == duplicates
    mismatch = "The provided key element does not match the schema"
    assert write(put(key(2)), put({"pk": text("a"), "sk": text("b")})) == mismatch
    assert write(put(key(2)), put({"pk": text("a")})) == mismatch
    assert write(put({**key(2), "x": text("x" * 409_600)})) == "Item size has exceeded the maximum allowed size"
    assert write({**put(key(2)), "DeleteRequest": {"Key": key()}}).startswith("Supplied AttributeValue has more than one")
    nobody = {"nobody-made-it": [put(key())], table: [put(key(2))]}
    assert refused(client.batch_write_item, RequestItems=nobody) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    nobody[table] = [put({**key(2), "x": {"N": "x"}})]
    assert "cannot be converted to a numeric value" in refused(client.batch_write_item, RequestItems=nobody)[1]
    assert found(client, table, 2) is None
    get = {"Keys": [key()], "ProjectionExpression": "a"}
    assert refused(client.batch_get_item, RequestItems={table: {"Keys": [key(), key()]}})[1] == duplicates
    mixed = {table: get, "another": {"Keys": [key()], "AttributesToGet": ["a"]}}
    assert refused(client.batch_get_item, RequestItems=mixed)[1].startswith("Can not use both expression and non-expr")


def test_sets_with_a_member_twice(client, table):
    def put(value):
        return refused(client.put_item, TableName=table, Item={**key(), "s": value})[1]

    assert put({"SS": ["b", "a", "b"]}) == INVALID + 'Input collection ["a", "b", "b"] contains duplicates.'
    assert put({"BS": [b"\xff", b"\0", b"\0"]}) == (
        INVALID + 'Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.'
    )
    assert put({"NS": ["2", "1", "2.0"]}) == INVALID + "Input collection contains duplicates."
    assert put({"BS": []}) == INVALID + "Binary sets should not be empty"


def test_keys_have_limits_and_nothing_inside(client, table):
    def put(item, **more):
        return refused(client.put_item, TableName=table, Item=item, **more)[1]

    assert put({**key(), "pk": text("x" * 2049)}) == (
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
    )
    large = {**key(), "x": text("x" * 409_600)}
    assert put(large, ReturnValues="ALL_NEW") == "ReturnValues can only be ALL_OLD or NONE"
    inside = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"
    assert put(key(), ConditionExpression="attribute_not_exists(pk.a)") == inside
    assert refused(client.get_item, TableName=table, Key=key(), ProjectionExpression="a, pk[0]")[1] == inside
    assert refused(client.scan, TableName=table, ProjectionExpression="pk.a")[1] == inside
    deep = {"S": "x"}
    for _ in range(32):
        deep = {"L": [deep]}
    assert put({**key(), "deep": deep}).startswith("Nesting Levels have exceeded supported limits: ")
    assert put(key(), Expected={"a": {"Value": deep}}).startswith("Nesting Levels have exceeded supported limits: ")
    client.put_item(TableName=table, Item={**key(), "deep": deep["L"][0]})
