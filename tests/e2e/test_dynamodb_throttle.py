"""Throttling, where it is switched on; the clock stands still, so that nothing comes in unless it is moved."""


import pytest
from botocore.exceptions import ClientError
from conftest import move

EXCEEDED = (
    "ProvisionedThroughputExceededException",
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level "
    "with the UpdateTable API.",
)
INDEX_EXCEEDED = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. "
    "Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API"
)


@pytest.fixture(scope="module")
def throttled(tmp_path_factory):
    from conftest import Cloud

    cloud = Cloud(tmp_path_factory.mktemp("throttled"), "--set", "dynamodb.throttle=1").start()
    move(cloud, frozen=True)
    yield cloud
    assert cloud.stop() == 0


@pytest.fixture
def client(throttled):
    return throttled.client("dynamodb")


def refused(call, **parameters):
    with pytest.raises(ClientError) as refusal:
        call(**parameters)
    answer = refusal.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    return answer


def error(answer):
    return answer["Error"]["Code"], answer["Error"]["Message"]


def make(client, name, units=(1, 1), index_units=None, **more):
    names = ["pk", "g"] if index_units else ["pk"]
    throughput = lambda units: {"ReadCapacityUnits": units[0], "WriteCapacityUnits": units[1]}
    if index_units:
        more["GlobalSecondaryIndexes"] = [
            {
                "IndexName": "byG",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": throughput(index_units),
            }
        ]
    if units:
        more["ProvisionedThroughput"] = throughput(units)
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        **more,
    )


def item(key, kilobytes=0, **more):
    large = {"x": {"S": "x" * (1024 * kilobytes - 100)}} if kilobytes else {}
    return {"pk": {"S": key}, **large, **more}


def exhaust(client, name, kilobytes=400, **more):
    """A write of as many units as that, which a table lets in that has some left."""
    client.put_item(TableName=name, Item=item("large", kilobytes - 1, **more))


def test_writes_are_refused_and_let_in_again(throttled, client, name):
    make(client, name)
    exhaust(client, name, 300)
    client.put_item(TableName=name, Item=item("last"))
    answer = refused(client.put_item, TableName=name, Item=item("k"))
    assert error(answer) == EXCEEDED
    (reason,) = answer["ThrottlingReasons"]
    assert reason["reason"] == "TableWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith(f":table/{name}")
    key = {"pk": {"S": "last"}}
    assert error(refused(client.delete_item, TableName=name, Key=key)) == EXCEEDED
    assert error(refused(client.update_item, TableName=name, Key=key)) == EXCEEDED
    # Reads have units of their own, and what was refused has changed nothing.
    assert "Item" not in client.get_item(TableName=name, Key={"pk": {"S": "k"}})
    move(throttled, advance_seconds=1)
    client.put_item(TableName=name, Item=item("k"))
    assert error(refused(client.put_item, TableName=name, Item=item("k"))) == EXCEEDED


def test_reads_are_refused(throttled, client, name):
    make(client, name, units=(1, 100))
    client.put_item(TableName=name, Item=item("k", 399))
    for _ in range(3):
        client.get_item(TableName=name, Key={"pk": {"S": "k"}}, ConsistentRead=True)
    assert error(refused(client.get_item, TableName=name, Key={"pk": {"S": "k"}})) == EXCEEDED
    assert error(refused(client.scan, TableName=name)) == EXCEEDED
    query = {"KeyConditionExpression": "pk = :k", "ExpressionAttributeValues": {":k": {"S": "k"}}}
    assert error(refused(client.query, TableName=name, **query)) == EXCEEDED
    assert error(refused(client.execute_statement, Statement=f'SELECT * FROM "{name}"')) == EXCEEDED
    transaction = [{"Get": {"TableName": name, "Key": {"pk": {"S": "k"}}}}]
    answer = refused(client.transact_get_items, TransactItems=transaction)
    assert answer["CancellationReasons"][0]["Code"] == "ProvisionedThroughputExceeded"
    move(throttled, advance_seconds=60)
    assert client.scan(TableName=name)["Count"] == 1


def test_an_index_that_is_too_slow_refuses_writes_of_the_table(client, name):
    make(client, name, units=(10, 1000), index_units=(1, 1))
    exhaust(client, name, g={"S": "g"})
    answer = refused(client.put_item, TableName=name, Item=item("k", g={"S": "g"}))
    assert error(answer) == ("ProvisionedThroughputExceededException", INDEX_EXCEEDED)
    (reason,) = answer["ThrottlingReasons"]
    assert reason["reason"] == "IndexWriteProvisionedThroughputExceeded"
    assert reason["resource"].endswith(f":table/{name}/index/byG")
    # What is not in the index needs none of its units.
    client.put_item(TableName=name, Item=item("other"))


def test_batches_do_what_they_can(client, name):
    make(client, name)
    exhaust(client, name, 298)
    requests = [{"PutRequest": {"Item": item(f"k{number}")}} for number in range(5)]
    left = client.batch_write_item(RequestItems={name: requests})["UnprocessedItems"]
    assert left == {name: requests[3:]} or len(left[name]) == 2
    assert client.scan(TableName=name, Select="COUNT")["Count"] == 4
    assert error(refused(client.batch_write_item, RequestItems={name: requests})) == EXCEEDED
    keys = [{"pk": {"S": f"k{number}"}} for number in range(3)]
    wish = {"Keys": keys, "ConsistentRead": True}
    for _ in range(300):
        try:
            unread = client.batch_get_item(RequestItems={name: wish})["UnprocessedKeys"]
        except ClientError as refusal:
            assert error(refusal.response) == EXCEEDED
            break
        if unread:
            assert unread[name]["ConsistentRead"] and 0 < len(unread[name]["Keys"]) < 3
    else:
        raise AssertionError("no batch was refused")


def test_transactions_say_which_action_was_throttled(client, name):
    make(client, name)
    make(client, name + "-free", units=(1, 100))
    exhaust(client, name)
    actions = [{"Put": {"TableName": table, "Item": item("k")}} for table in [name + "-free", name]]
    answer = refused(client.transact_write_items, TransactItems=actions)
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["None", "ProvisionedThroughputExceeded"]
    assert answer["CancellationReasons"][1]["Message"] == EXCEEDED[1]
    assert client.scan(TableName=name + "-free")["Count"] == 0


def test_limits_on_demand_throttle(throttled, client, name):
    limits = {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 1}
    make(client, name, units=None, BillingMode="PAY_PER_REQUEST", OnDemandThroughput=limits)
    exhaust(client, name)
    answer = refused(client.put_item, TableName=name, Item=item("k"))
    message = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
    assert error(answer) == ("ThrottlingException", message)
    assert answer["throttlingReasons"][0]["reason"] == "TableWriteMaxOnDemandThroughputExceeded"
    actions = [{"Put": {"TableName": name, "Item": item("k")}}]
    reasons = refused(client.transact_write_items, TransactItems=actions)["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["ThrottlingError"]
    statement = {"Statement": f"INSERT INTO \"{name}\" VALUE {{'pk': 'k'}}"}
    (response,) = client.batch_execute_statement(Statements=[statement])["Responses"]
    assert response["Error"]["Code"] == "ThrottlingError"
    client.update_table(TableName=name, OnDemandThroughput={"MaxWriteRequestUnits": -1})
    client.put_item(TableName=name, Item=item("k"))


def test_nothing_is_throttled_by_itself(cloud, name):
    client = cloud.client("dynamodb")
    make(client, name)
    for _ in range(3):
        exhaust(client, name)
