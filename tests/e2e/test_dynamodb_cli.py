"""The AWS CLI on DynamoDB as shell scripts use it: bulk loads from files, waits, and pages that it follows itself."""

import json

import pytest

BULK = 25
pytestmark = pytest.mark.parametrize("aws", ["enforce"], indirect=True)


@pytest.fixture
def table(aws):
    name = "bookings"
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    (aws.folder / "schema.json").write_text(json.dumps(schema))
    aws(
        "dynamodb", "create-table", "--table-name", name, "--key-schema", "file://schema.json", "--attribute-definitions",
        "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=N",
        "--provisioned-throughput", "ReadCapacityUnits=5,WriteCapacityUnits=5",
    )  # fmt: skip
    aws("dynamodb", "wait", "table-exists", "--table-name", name)
    return name


def load(aws, table, count):
    """What `jq` and `split` make of a list: files of 25 puts each."""
    for first in range(0, count, BULK):
        rows = range(first, min(first + BULK, count))
        items = [{"pk": {"S": "a"}, "sk": {"N": str(row)}, "text": {"S": f"grün {row}"}} for row in rows]
        puts = {table: [{"PutRequest": {"Item": item}} for item in items]}
        (aws.folder / f"bulk-{first}.json").write_text(json.dumps(puts))
        answer = aws("dynamodb", "batch-write-item", "--request-items", f"file://bulk-{first}.json")
        assert answer["UnprocessedItems"] == {}


def test_bulk_loads_and_pages_with_the_cli(aws, table):
    load(aws, table, 60)
    of_a = ["--key-condition-expression", "pk = :a", "--expression-attribute-values", '{":a": {"S": "a"}}']
    query = ["dynamodb", "query", "--table-name", table, *of_a]
    assert aws(*query, "--page-size", "7")["Count"] == 60
    seen, token = [], []
    while True:
        answer = aws(*query, "--max-items", "25", "--page-size", "10", *token)
        seen += [int(item["sk"]["N"]) for item in answer["Items"]]
        if "NextToken" not in answer:
            break
        token = ["--starting-token", answer["NextToken"]]
    assert seen == list(range(60))
    last = aws(*query, "--no-scan-index-forward", "--limit", "2", "--projection-expression", "sk", "--no-paginate")
    assert last["Items"] == [{"sk": {"N": "59"}}, {"sk": {"N": "58"}}]
    texts = aws("dynamodb", "scan", "--table-name", table, "--query", "Items[?sk.N=='7'].text.S")
    assert texts == ["grün 7"]
    counted = aws("dynamodb", "scan", "--table-name", table, "--select", "COUNT", "--max-items", "100")
    assert (counted["Count"], counted["ScannedCount"]) == (60, 60)
    keys = {table: {"Keys": [{"pk": {"S": "a"}, "sk": {"N": str(row)}} for row in range(3)]}}
    got = aws("dynamodb", "batch-get-item", "--request-items", json.dumps(keys), "--return-consumed-capacity", "TOTAL")
    assert len(got["Responses"][table]) == 3 and got["ConsumedCapacity"][0]["CapacityUnits"] == 1.5


def test_items_transactions_and_statements_with_the_cli(aws, table):
    key = ["--table-name", table, "--key", '{"pk": {"S": "a"}, "sk": {"N": "1"}}']
    # The first version of the CLI takes bytes as they are, and shows them in base64.
    values = '{":n": {"N": "5"}, ":b": {"B": "bytes"}}'
    updated = aws(
        "dynamodb", "update-item", *key, "--update-expression", "SET #n = :n, bytes = :b", "--return-values", "ALL_NEW",
        "--expression-attribute-names", '{"#n": "n"}', "--expression-attribute-values", values,
    )  # fmt: skip
    assert updated["Attributes"]["n"] == {"N": "5"} and updated["Attributes"]["bytes"] == {"B": "Ynl0ZXM="}
    assert aws("dynamodb", "get-item", *key, "--consistent-read")["Item"] == updated["Attributes"]
    put = {"Put": {"TableName": table, "Item": {"pk": {"S": "b"}, "sk": {"N": "1"}}}}
    check = {"ConditionCheck": {"TableName": table, "Key": put["Put"]["Item"], "ConditionExpression": "attribute_exists(n)"}}
    aws("dynamodb", "transact-write-items", "--transact-items", json.dumps([put]), "--client-request-token", "once")
    refused = aws("dynamodb", "transact-write-items", "--transact-items", json.dumps([check]), fails=True)
    assert (
        "(TransactionCanceledException) when calling the TransactWriteItems operation: Transaction cancelled, please "
        "refer cancellation reasons for specific reasons [ConditionalCheckFailed]" in refused
    )
    statement = f'SELECT * FROM "{table}" WHERE pk = ?'
    rows = aws("dynamodb", "execute-statement", "--statement", statement, "--parameters", '[{"S": "b"}]')
    assert rows["Items"] == [put["Put"]["Item"]]
    gone = aws("dynamodb", "delete-item", *key, "--return-values", "ALL_OLD")
    assert gone["Attributes"] == updated["Attributes"]
    assert aws("dynamodb", "get-item", *key) is None


def test_tables_grow_stream_and_go_with_the_cli(aws, table):
    update = ["dynamodb", "update-table", "--table-name", table]
    index = (
        '[{"Create": {"IndexName": "by-sk", "KeySchema": [{"AttributeName": "sk", "KeyType": "HASH"}], "Projection": '
        '{"ProjectionType": "ALL"}, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}}]'
    )
    of_sk = ["--attribute-definitions", "AttributeName=sk,AttributeType=N"]
    aws(*update, *of_sk, "--global-secondary-index-updates", index)
    aws("dynamodb", "wait", "table-exists", "--table-name", table)
    aws(*update, "--stream-specification", "StreamEnabled=true,StreamViewType=NEW_IMAGE")
    aws("dynamodb", "wait", "table-exists", "--table-name", table)
    load(aws, table, 3)
    stream = aws("dynamodb", "describe-table", "--table-name", table, "--query", "Table.LatestStreamArn")
    shard = aws("dynamodbstreams", "describe-stream", "--stream-arn", stream)["StreamDescription"]["Shards"][0]["ShardId"]
    place = ["--stream-arn", stream, "--shard-id", shard, "--shard-iterator-type", "TRIM_HORIZON"]
    iterator = aws("dynamodbstreams", "get-shard-iterator", *place)["ShardIterator"]
    records = aws("dynamodbstreams", "get-records", "--shard-iterator", iterator)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT"] * 3
    aws(
        "dynamodb", "update-time-to-live", "--table-name", table,
        "--time-to-live-specification", "Enabled=true,AttributeName=gone",
    )  # fmt: skip
    assert table in aws("dynamodb", "list-tables", "--page-size", "1")["TableNames"]
    aws("dynamodb", "delete-table", "--table-name", table)
    aws("dynamodb", "wait", "table-not-exists", "--table-name", table)
    missing = aws("dynamodb", "describe-table", "--table-name", table, fails=True)
    assert f"Requested resource not found: Table: {table} not found" in missing
