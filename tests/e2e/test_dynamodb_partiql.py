"""PartiQL for DynamoDB: statements alone, in batches and in transactions."""

import json

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

MALFORMED = "Statement wasn't well formed, can't be processed: "


class Table:
    """A table, and statements on it: a `T` in double quotes stands for its name."""

    def __init__(self, client, name, sort="sk", create=True):
        self.client, self.name = client, name
        if not create:
            return
        keys = ["pk", *([sort] if sort else [])]
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ["HASH", "RANGE"])],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )

    def text(self, statement):
        return statement.replace('"T"', f'"{self.name}"')

    def run(self, statement, *parameters, **more):
        if parameters:
            more["Parameters"] = list(parameters)
        return self.client.execute_statement(Statement=self.text(statement), **more)

    def items(self, statement, *parameters, **more):
        return self.run(statement, *parameters, **more)["Items"]

    def sorts(self, statement, *parameters, **more):
        """The sort keys of what a statement selects."""
        return [item["sk"]["S"] for item in self.items(statement, *parameters, **more)]

    def refused(self, statement, *parameters, **more):
        with pytest.raises(ClientError) as refusal:
            self.run(statement, *parameters, **more)
        return refusal.value.response["Error"]["Code"], refusal.value.response["Error"]["Message"]

    def invalid(self, statement, *parameters, **more):
        code, message = self.refused(statement, *parameters, **more)
        assert code == "ValidationException"
        return message

    def put(self, pk, sk, **attributes):
        self.client.put_item(TableName=self.name, Item={"pk": {"S": pk}, "sk": {"S": sk}, **attributes})

    def get(self, pk, sk):
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True).get("Item")

    def batch(self, *statements, **more):
        requests = [{"Statement": self.text(one)} if isinstance(one, str) else one for one in statements]
        return self.client.batch_execute_statement(Statements=requests, **more)

    def transact(self, *statements, **more):
        requests = [{"Statement": self.text(statement)} for statement in statements]
        return self.client.execute_transaction(TransactStatements=requests, **more)

    def cancelled(self, *statements, **more):
        with pytest.raises(self.client.exceptions.TransactionCanceledException) as refusal:
            self.transact(*statements, **more)
        return refusal.value.response["CancellationReasons"]

    def transaction_invalid(self, *statements):
        with pytest.raises(ClientError) as refusal:
            self.transact(*statements)
        assert refusal.value.response["Error"]["Code"] == "ValidationException"
        return refusal.value.response["Error"]["Message"]


@pytest.fixture
def client(cloud):
    return cloud.client("dynamodb")


@pytest.fixture
def table(client, name):
    return Table(client, name)


def test_an_item_is_inserted_once(table):
    inserted = table.run(
        "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': ?, 'n': 1.50, 'l': [null, true, 'x'], 'm': {'k': <<1, 2>>}, 'it''s': <<'y'>>}",
        {"S": "1"},
    )
    assert inserted["Items"] == []
    item = table.get("a", "1")
    assert item["n"] == {"N": "1.5"} and item["it's"] == {"SS": ["y"]}
    assert item["l"] == {"L": [{"NULL": True}, {"BOOL": True}, {"S": "x"}]}
    assert sorted(item["m"]["M"]["k"]["NS"]) == ["1", "2"]
    again = "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '1'}"
    assert table.refused(again) == ("DuplicateItemException", "Duplicate primary key exists in table")
    assert table.get("a", "1") == item
    assert table.run('DELETE FROM "T" WHERE pk = \'a\' AND sk = \'1\'')["Items"] == []
    table.run(again)
    assert table.get("a", "1") == {"pk": {"S": "a"}, "sk": {"S": "1"}}
    assert table.invalid("INSERT INTO \"T\" VALUE {'pk': 'a'}").endswith("Missing the key sk in the item")
    assert table.invalid("INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': 'x', 'm': {'x': 1e126}}").endswith("under root.x")


def test_what_is_selected(table):
    for number in range(1, 6):
        table.put("a", str(number), n={"N": str(number)}, m={"M": {"k": {"L": [{"S": "deep"}]}}})
    table.put("b", "1", s={"S": "str"}, nul={"NULL": True})
    for where, expected in {
        "pk = 'a' AND sk = '2'": ["2"],
        "pk = 'a'": ["1", "2", "3", "4", "5"],
        "pk = 'a' AND sk > '3'": ["4", "5"],
        "'3' <= sk AND pk = 'a' AND n < 5": ["3", "4"],
        "pk = 'a' AND sk BETWEEN '2' AND '3'": ["2", "3"],
        "pk = 'a' AND begins_with(sk, '4')": ["4"],
        "pk = 'a' AND sk IN ['5', '1']": ["1", "5"],
        "pk = 'a' AND (sk = '1' OR sk = '3')": ["1", "3"],
        "pk = 'a' AND NOT sk = '1' AND sk <> '2'": ["3", "4", "5"],
        "pk = 'a' AND NOT sk = '1' OR pk = 'a' AND sk = '2'": ["2", "3", "4", "5"],
        "pk IN ['b', 'c'] AND s IS NOT MISSING AND nul IS NULL": ["1"],
        "s = 'str' OR n IN (4, 5)": ["1", "4", "5"],
        "size(s) = 3 AND contains(s, 't') AND attribute_type(s, 'S')": ["1"],
        "attribute_exists(n) = false": ["1"],
        "pk = 'a' AND m.k[0] = 'deep' AND n = 1": ["1"],
        "pk = 'nobody'": [],
        "pk = 'a' AND sk = '1' AND sk = '2'": [],
    }.items():
        assert sorted(table.sorts(f'SELECT * FROM "T" WHERE {where}')) == expected, where
    assert len(table.items('SELECT pk FROM "T"')) == 6
    assert table.items("SELECT m.k[0], n FROM \"T\" WHERE pk = 'a' AND sk = '1'") == [{"k[0]": {"S": "deep"}, "n": {"N": "1"}}]
    assert table.sorts('SELECT sk FROM "T" WHERE pk = ? AND n > ?', {"S": "a"}, {"N": "4"}) == ["5"]


def test_the_order_of_what_is_selected(table):
    for pk in ["a", "b"]:
        for sk in ["1", "2", "3"]:
            table.put(pk, sk)
    assert table.sorts("SELECT * FROM \"T\" WHERE pk = 'a' ORDER BY sk DESC") == ["3", "2", "1"]
    assert table.sorts("SELECT * FROM \"T\" WHERE pk = 'a' AND sk IN ['1', '3'] ORDER BY sk DESC") == ["3", "1"]
    both = table.items("SELECT * FROM \"T\" WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk ASC")
    assert [item["pk"]["S"] + item["sk"]["S"] for item in both] == ["b1", "b2", "b3", "a1", "a2", "a3"]
    for statement, message in {
        'SELECT * FROM "T" ORDER BY sk': "Must have WHERE clause in the statement when using ORDER BY clause.",
        "SELECT * FROM \"T\" WHERE sk = '1' ORDER BY sk": (
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        ),
        "SELECT * FROM \"T\" WHERE pk = 'a' ORDER BY n": (
            "Variable reference n in ORDER BY clause must be part of the primary key"
        ),
        "SELECT * FROM \"T\" WHERE pk IN ['a', 'b'] ORDER BY sk": (
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
        ),
    }.items():
        assert table.invalid(statement) == message


def pages(table, statement, **more):
    """All pages of a statement."""
    answer = table.run(statement, **more)
    found = [answer]
    while "NextToken" in answer:
        answer = table.run(statement, NextToken=answer["NextToken"], **more)
        found.append(answer)
    return found


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM \"T\" WHERE pk = 'a'",
        "SELECT * FROM \"T\" WHERE pk = 'a' ORDER BY sk DESC",
        "SELECT * FROM \"T\" WHERE pk IN ['a', 'b']",
        "SELECT * FROM \"T\" WHERE pk = 'a' AND sk IN ['0', '3', '4', '9']",
        'SELECT * FROM "T"',
        'SELECT * FROM "T" WHERE n > 3',
    ],
)
def test_pages_are_all_of_it(table, statement):
    for number in range(7):
        for pk in ["a", "b"]:
            table.put(pk, str(number), n={"N": str(number)})
    whole = table.items(statement)
    found = pages(table, statement, Limit=2)
    assert [item for page in found for item in page["Items"]] == whole
    assert len(found) > 1 and all(len(page["Items"]) <= 2 for page in found)


def test_a_page_is_a_megabyte(table):
    for number in range(4):
        table.put("a", str(number), s={"S": "x" * 390_000})
    found = pages(table, "SELECT sk FROM \"T\" WHERE pk = 'a'")
    assert [len(page["Items"]) for page in found] == [3, 1]
    assert found[0]["LastEvaluatedKey"] == {"pk": {"S": "a"}, "sk": {"S": "2"}}
    assert table.invalid("SELECT sk FROM \"T\" WHERE pk = 'b'", NextToken=found[0]["NextToken"]) == (
        "NextToken does not match request"
    )
    assert table.invalid('SELECT * FROM "T"', NextToken="x") == "Invalid NextToken"


def test_pages_end_behind_the_longest_keys(table):
    pk, sorts = "p" * 2048, [letter * 1024 for letter in "abc"]
    for sk in sorts:
        table.put(pk, sk)
    found = pages(table, f"SELECT sk FROM \"T\" WHERE pk = '{pk}'", Limit=1)
    assert [item["sk"]["S"] for page in found for item in page["Items"]] == sorts


def test_an_item_is_updated_that_is_there(table):
    table.put("a", "1", n={"N": "5"}, l={"L": [{"S": "x"}]}, ss={"SS": ["a"]}, m={"M": {"k": {"S": "v"}}}, r={"S": ""})
    key = "WHERE pk = 'a' AND sk = '1'"
    assert table.run(f'UPDATE "T" SET n = n - 1 {key}')["Items"] == []
    new = table.items(
        f'UPDATE "T" SET n = n + ? SET l = list_append(l, [2]), m.k = \'w\' SET ss = set_add(ss, <<\'b\'>>) REMOVE r {key} '
        "RETURNING ALL NEW *",
        {"N": "10"},
    )
    assert new == [table.get("a", "1")]
    assert new[0]["n"] == {"N": "14"} and new[0]["l"] == {"L": [{"S": "x"}, {"N": "2"}]} and "r" not in new[0]
    assert sorted(new[0]["ss"]["SS"]) == ["a", "b"]
    changed = "SET m.k = 'z'"
    assert table.items(f'UPDATE "T" {changed} {key} RETURNING MODIFIED OLD *') == [{"m": {"M": {"k": {"S": "w"}}}}]
    assert table.items(f'FROM "T" {key} {changed} RETURNING MODIFIED NEW *') == [{"m": {"M": {"k": {"S": "z"}}}}]
    assert table.items(f'UPDATE "T" REMOVE m {key} RETURNING MODIFIED NEW *') == []
    assert table.items(f'UPDATE "T" SET m = 1 {key} RETURNING ALL OLD *')[0]["n"] == {"N": "14"}
    assert table.items(f'UPDATE "T" SET ss = set_delete(ss, <<\'a\', \'b\'>>) {key} RETURNING MODIFIED NEW *') == []


def test_conditions_of_writes(table):
    table.put("a", "1", n={"N": "5"})
    failed = ("ConditionalCheckFailedException", "The conditional request failed")
    assert table.refused("UPDATE \"T\" SET n = 6 WHERE pk = 'a' AND sk = '1' AND n = 6") == failed
    assert table.refused("UPDATE \"T\" SET n = 6 WHERE pk = 'a' AND sk = 'not there'") == failed
    assert table.refused("UPDATE \"T\" SET n = 6 WHERE pk = 'x' AND sk = '1' AND attribute_not_exists(pk)") == failed
    assert table.refused("DELETE FROM \"T\" WHERE pk = 'a' AND sk = '1' AND n > 5") == failed
    with pytest.raises(table.client.exceptions.ConditionalCheckFailedException) as refusal:
        table.run("DELETE FROM \"T\" WHERE pk = 'a' AND sk = '1' AND n > 5", ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert refusal.value.response["Item"]["n"] == {"N": "5"}
    assert table.get("a", "1")["n"] == {"N": "5"} and table.get("a", "not there") is None
    assert table.items("DELETE FROM \"T\" WHERE pk = 'x' AND sk = '1' AND n > 5 RETURNING ALL OLD *") == []
    deleted = table.items("DELETE FROM \"T\" WHERE (pk = 'a' AND sk = '1') AND n = 5 RETURNING ALL OLD *")
    assert deleted == [{"pk": {"S": "a"}, "sk": {"S": "1"}, "n": {"N": "5"}}]
    assert table.get("a", "1") is None


def test_statements_are_refused_in_dynamodbs_words(table):
    table.put("a", "1", n={"N": "5"}, ss={"SS": ["x"]})
    for statement, message in {
        'SELECTT * FROMM "T"': MALFORMED + "Expected data manipulation",
        "SELECT * FROM \"T\" WHERE pk = 'a' foo": MALFORMED + "Unexpected token after expression",
        'SELECT * FROM "T" WHERE': MALFORMED + "Unexpected term",
        'SELECT * FROM "T" t': "Aliasing is not supported",
        'SELECT * FROM "T" WHERE pk = ?': "Number of parameters in request and statement don't match.",
        'SELECT * FROM "T" LIMIT 5': None,
        'SELECT m.k, k FROM "T"': "Duplicate identifiers in select clause: k",
        "SELECT * FROM \"T\" WHERE pk IN ['a', 'a']": (
            "Overlapping conditions with range keys are not supported in where clause"
        ),
        'SELECT * FROM "T" WHERE pk = 1': (
            "Key attribute's data type should match its data type in table's schema: Key pk"
        ),
        "SELECT * FROM \"T\" WHERE pk = 'a' AND n < true": (
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
        ),
        "UPDATE \"T\" SET n = 1 WHERE pk = 'a'": (
            "Where clause does not contain a mandatory equality on all key attributes"
        ),
        'DELETE FROM "T"': "Where clause does not contain a mandatory equality on all key attributes",
        "DELETE FROM \"T\" WHERE pk = 'a' AND sk = '1' AND pk = 'b'": (
            "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported"
        ),
        "UPDATE \"T\" SET pk = 'b' WHERE pk = 'a' AND sk = '1'": (
            "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key"
        ),
        "UPDATE \"T\" SET l[0] = 'b' WHERE pk = 'a' AND sk = '1'": (
            "The document path provided in the update expression is invalid for update"
        ),
        "UPDATE \"T\" SET ss = set_add(ss, <<1>>) WHERE pk = 'a' AND sk = '1'": (
            "An operand in the update expression has an incorrect data type"
        ),
        "DELETE FROM \"T\" WHERE pk = 'a' AND sk = '1' RETURNING MODIFIED OLD *": (
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."
        ),
        "SELECT * FROM \"T\".\"i\" WHERE pk = 'a'": "The table does not have the specified index",
        "UPDATE \"T\".\"i\" SET n = 1 WHERE pk = 'a' AND sk = '1'": "This operation is not supported on an index",
        "EXISTS(SELECT * FROM \"T\" WHERE pk = 'a' AND sk = '1' AND n = 5)": (
            "EXISTS can only be used in ExecuteTransaction write requests."
        ),
    }.items():
        assert table.invalid(statement) == message or message is None, statement
    assert table.refused("SELECT * FROM \"nobody-made-it\" WHERE pk = 'a'") == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    duplicates = [{"SS": ["a", "a"]}]
    assert "contains duplicates" in table.invalid('UPDATE "T" SET WHERE', *duplicates)
    assert table.get("a", "1")["n"] == {"N": "5"}


def test_what_statements_consume(table):
    consumed = table.run(
        "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '1', 's': ?}", {"S": "x" * 5000}, ReturnConsumedCapacity="TOTAL"
    )["ConsumedCapacity"]
    assert consumed == {"TableName": table.name, "CapacityUnits": 5.0}
    select = "SELECT * FROM \"T\" WHERE pk = 'a' AND sk = '1'"
    for consistent, units in [(False, 1.0), (True, 2.0)]:
        answer = table.run(select, ConsistentRead=consistent, ReturnConsumedCapacity="TOTAL")
        assert answer["ConsumedCapacity"]["CapacityUnits"] == units


def test_batches_of_reads(table):
    table.put("a", "1", n={"N": "5"})
    needs_key = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
    answer = table.batch(
        "SELECT n FROM \"T\" WHERE pk = 'a' AND sk = '1'",
        "SELECT n FROM \"T\" WHERE pk IN ['a'] AND sk = '1'",
        "SELECT n FROM \"T\" WHERE pk = 'a' AND sk = 'not there'",
        "SELECT n FROM \"T\" WHERE pk = 'a'",
        "SELECT n FROM \"T\" WHERE pk = 'a' AND sk = '1' AND n = 5",
        "SLECT n FROM \"T\" WHERE pk = 'a' AND sk = '1'",
        "SELECT n FROM \"nobody-made-it\" WHERE pk = 'a' AND sk = '1'",
        ReturnConsumedCapacity="TOTAL",
    )
    responses = answer["Responses"]
    assert [response.get("Item") for response in responses[:3]] == [{"n": {"N": "5"}}, {"n": {"N": "5"}}, None]
    assert {response["TableName"] for response in responses[:5]} == {table.name}
    errors = [response["Error"] for response in responses[3:]]
    assert errors == [
        {"Code": "ValidationError", "Message": needs_key},
        {"Code": "ValidationError", "Message": needs_key},
        {"Code": "ValidationError", "Message": MALFORMED + "Expected data manipulation"},
        {"Code": "ResourceNotFound", "Message": "Requested resource not found"},
    ]
    assert answer["ConsumedCapacity"] == [{"TableName": table.name, "CapacityUnits": 0.5}] * 3


def test_batches_of_writes(table):
    table.put("a", "1", n={"N": "5"})
    table.put("a", "2")
    key = "WHERE pk = 'a' AND sk = '1'"
    failing = {"Statement": table.text(f'UPDATE "T" SET n = 9 {key} AND n = 6'), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    responses = table.batch(
        "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '3'}",
        "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '2'}",
        failing,
        f'UPDATE "T" SET n = n + 1 {key} RETURNING MODIFIED NEW *',
        "DELETE FROM \"T\" WHERE pk = 'a' AND sk = '2' RETURNING ALL OLD *",
        "DELETE FROM \"T\" WHERE pk = 'a' AND sk = '2' RETURNING MODIFIED OLD *",
    )["Responses"]
    assert [response.get("Error", {}).get("Code") for response in responses] == [
        None,
        "DuplicateItem",
        "ConditionalCheckFailed",
        None,
        None,
        "ValidationError",
    ]
    assert responses[2]["Error"]["Item"]["n"] == {"N": "5"}
    assert responses[3]["Item"] == {"n": {"N": "6"}} and responses[4]["Item"]["sk"] == {"S": "2"}
    assert table.sorts("SELECT * FROM \"T\" WHERE pk = 'a'") == ["1", "3"]
    with pytest.raises(ClientError) as refusal:
        table.batch("INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '4'}", f'SELECT * FROM "T" {key}')
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert table.get("a", "4") is None


def test_transactions_of_writes(table):
    table.put("a", "1", n={"N": "5"})
    table.put("a", "2")
    update = "UPDATE \"T\" SET n = n + 1 WHERE pk = 'a' AND sk = '1'"
    answer = table.transact(
        "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '3'}",
        update,
        "DELETE FROM \"T\" WHERE pk = 'a' AND sk = '2' AND n IS MISSING",
        "DELETE FROM \"T\" WHERE pk = 'a' AND sk = 'not there'",
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Responses"] == []
    assert [consumed["WriteCapacityUnits"] for consumed in answer["ConsumedCapacity"]] == [2.0] * 4
    assert table.sorts("SELECT * FROM \"T\" WHERE pk = 'a'") == ["1", "3"] and table.get("a", "1")["n"] == {"N": "6"}
    for number in range(2):
        table.transact(update, ClientRequestToken=f"{table.name[:30]}-token")
    assert table.get("a", "1")["n"] == {"N": "7"}, "a token is carried out once"
    reasons = table.cancelled(
        "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '3'}",
        "EXISTS(SELECT * FROM \"T\" WHERE pk = 'a' AND sk = '1' AND n = 1)",
        "INSERT INTO \"T\" VALUE {'pk': 'a', 'sk': '5'}",
    )
    assert [reason["Code"] for reason in reasons] == ["DuplicateItem", "ConditionalCheckFailed", "None"]
    assert table.get("a", "5") is None
    reasons = table.cancelled(update, "DELETE FROM \"T\" WHERE pk = 'a' AND sk = 1")
    assert [reason["Code"] for reason in reasons] == ["None", "ValidationError"]
    assert reasons[1]["Message"] == "The provided key element does not match the schema"
    reasons = table.cancelled(update, "DELETE FROM \"nobody-made-it\" WHERE pk = 'a' AND sk = '1'")
    assert [reason["Code"] for reason in reasons] == ["None", "ResourceNotFound"]
    assert table.get("a", "1")["n"] == {"N": "7"}


def test_transactions_of_reads(table):
    table.put("a", "1", n={"N": "5"})
    select = 'SELECT n FROM "T" WHERE pk = \'a\' AND sk = '
    answer = table.transact(select + "'1'", select + "'not there'", ReturnConsumedCapacity="TOTAL")
    assert answer["Responses"] == [{"Item": {"n": {"N": "5"}}}, {}]
    assert [consumed["ReadCapacityUnits"] for consumed in answer["ConsumedCapacity"]] == [2.0, 2.0]
    assert table.transaction_invalid(select + "'1'", select + "'1'") == (
        "Transaction request cannot include multiple operations on one item"
    )
    reasons = table.cancelled(select + "'1'", select + "2")
    assert [reason["Code"] for reason in reasons] == ["None", "ValidationError"]


def test_transactions_are_refused_in_dynamodbs_words(table):
    table.put("a", "1", n={"N": "5"})
    key = "WHERE pk = 'a' AND sk = '1'"
    for statement, message in {
        'SELECT * FROM "T" WHERE': MALFORMED + "Unexpected term",
        f'UPDATE "T" SET n = 1 {key} RETURNING ALL NEW *': "RETURNING clause is not supported in ExecuteTransaction.",
        f'SELECT * FROM "T" {key} AND n = 5': (
            "Select statements within ExecuteTransaction must specify the primary key in the where clause."
        ),
        f'SELECT * FROM "T"."i" {key}': "Reads on indices are not supported within transactions.",
        f'EXISTS(SELECT * FROM "T" {key})': "EXISTS() must contain a single item read with additional condition",
    }.items():
        assert table.transaction_invalid(statement) == f"Validation failed in TransactStatements[0]: {message}"
    table.transaction_invalid(f'SELECT * FROM "T" {key}', f'UPDATE "T" SET n = 1 {key}')
    assert table.get("a", "1")["n"] == {"N": "5"}


def test_statements_on_a_table_without_sort_keys(client, name):
    table = Table(client, name, sort=None)
    for pk in ["a", "b", "c"]:
        table.run("INSERT INTO \"T\" VALUE {'pk': ?, 'year': 1999}", {"S": pk})
    select = "SELECT * FROM \"T\" WHERE pk IN ['a', 'b'] AND year = 1999"
    assert [page["Items"] for page in pages(table, select, Limit=1)] == [
        [{"pk": {"S": pk}, "year": {"N": "1999"}}] for pk in ["a", "b"]
    ]
    table.run("UPDATE \"T\" SET year = 2000 WHERE pk = 'a'")
    table.run("DELETE FROM \"T\" WHERE pk = 'c'")
    found = {item["pk"]["S"]: item["year"]["N"] for item in table.items('SELECT * FROM "T"')}
    assert found == {"a": "2000", "b": "1999"}


@pytest.fixture
def indexed(client, name):
    """A table with one global and one local index, and items of which some are in them."""
    table = Table(client, name, create=False)
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ["pk", "sk", "g", "l"]],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "global",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["p"]},
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "local",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for number, (g, l) in enumerate([("x", "4"), ("y", "3"), ("x", "2"), ("z", "1")]):
        values = {"g": g, "l": l, "p": f"p{number}", "n": f"n{number}"}
        table.put("a", str(number), **{key: {"S": value} for key, value in values.items()})
    table.put("a", "9", n={"S": "n9"})
    return table


def test_indexes_are_selected_from(indexed):
    for statement, expected in {
        "SELECT * FROM \"T\".\"global\" WHERE g = 'x'": ["0", "2"],
        "SELECT * FROM \"T\".\"global\" WHERE g = 'x' AND p = 'p2'": ["2"],
        "SELECT * FROM \"T\".\"global\" WHERE g IN ['z', 'y']": ["3", "1"],
        "SELECT * FROM \"T\".\"local\" WHERE pk = 'a'": ["3", "2", "1", "0"],
        "SELECT * FROM \"T\".\"local\" WHERE pk = 'a' AND l > '2' ORDER BY l DESC": ["0", "1"],
        "SELECT * FROM \"T\".\"local\" WHERE pk = 'a' AND l = '3'": ["1"],
    }.items():
        assert indexed.sorts(statement) == expected, statement
        found = pages(indexed, statement, Limit=1)
        assert [item["sk"]["S"] for page in found for item in page["Items"]] == expected, statement
    for statement, expected in {
        'SELECT sk FROM "T"."global"': ["0", "1", "2", "3"],
        "SELECT sk FROM \"T\".\"global\" WHERE n = 'n0'": [],
        "SELECT sk FROM \"T\".\"global\" WHERE NOT n = 'n0'": ["0", "1", "2", "3"],
        "SELECT sk FROM \"T\".\"global\" WHERE (g = 'x' AND n = 'n0') OR g = 'y'": ["1"],
        "SELECT sk FROM \"T\".\"local\" WHERE n = 'n0'": [],
    }.items():
        assert sorted(indexed.sorts(statement)) == expected, statement
    [star] = indexed.items("SELECT * FROM \"T\".\"global\" WHERE g = 'y'")
    assert sorted(star) == ["g", "p", "pk", "sk"]
    assert indexed.items("SELECT n FROM \"T\".\"local\" WHERE pk = 'a' AND l = '1'") == [{"n": {"S": "n3"}}]


def test_indexes_give_what_they_have(indexed):
    opening = "One or more parameter values were invalid: "
    for statement, message in {
        'SELECT n, m FROM "T"."global"': opening + "Global secondary index global does not project [n, m]",
        "SELECT pk FROM \"T\".\"global\" WHERE g = 'x' AND n = '1'": (
            opening + "Secondary index global does not project one or more filter attributes: [n]"
        ),
        "SELECT pk FROM \"T\".\"local\" WHERE pk = 'a' AND n = '1'": (
            opening + "Secondary index local does not project one or more filter attributes: [n]"
        ),
        'SELECT * FROM "T"."none"': "The table does not have the specified index",
        "DELETE FROM \"T\".\"global\" WHERE pk = 'a' AND sk = '1'": "This operation is not supported on an index",
    }.items():
        assert indexed.invalid(statement) == message, statement
    assert indexed.invalid('SELECT * FROM "T"."global"', ConsistentRead=True) == (
        "Strongly consistent read is not supported on Global Secondary Indexes"
    )
    first = indexed.run("SELECT * FROM \"T\".\"global\" WHERE g = 'x'", Limit=1)
    assert indexed.invalid("SELECT * FROM \"T\".\"local\" WHERE pk = 'a'", NextToken=first["NextToken"]) == (
        "NextToken does not match request"
    )
    consumed = indexed.run("SELECT n FROM \"T\".\"local\" WHERE pk = 'a'", ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    assert consumed["LocalSecondaryIndexes"] == {"local": {"CapacityUnits": 0.5}}
    assert consumed["Table"] == {"CapacityUnits": 2.0} and consumed["CapacityUnits"] == 2.5


def test_a_policy_tells_statements_apart(make_cloud, name):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    table = Table(cloud.client("dynamodb", key, secret), name)
    table.put("a", "1")
    arn = table.client.describe_table(TableName=name)["Table"]["TableArn"]
    denial = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:PartiQLSelect", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denial]})
    table.client.put_resource_policy(ResourceArn=arn, Policy=policy)
    select = "SELECT * FROM \"T\" WHERE pk = 'a' AND sk = '1'"
    code, message = table.refused(select)
    assert code == "AccessDeniedException" and f"dynamodb:PartiQLSelect on resource: {arn}" in message
    [response] = table.batch(select)["Responses"]
    assert response["Error"]["Code"] == "AccessDenied"
    with pytest.raises(ClientError) as refusal:
        table.transact(select)
    assert refusal.value.response["Error"]["Code"] == "AccessDeniedException"
    table.run("UPDATE \"T\" SET n = 1 WHERE pk = 'a' AND sk = '1'")
    assert table.get("a", "1")["n"] == {"N": "1"}
    unsigned = boto3.client(
        "dynamodb", endpoint_url=cloud.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError) as refusal:
        unsigned.execute_statement(Statement=table.text(select))
    assert refusal.value.response["Error"]["Code"] == "MissingAuthenticationTokenException"
