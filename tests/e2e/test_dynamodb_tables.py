"""What DynamoDB keeps of tables besides their items: counts, limits, policies, insights."""

import json

import pytest
from accounts import OTHER, OWN, Accounts
from conftest import refused


@pytest.fixture
def client(cloud):
    return cloud.client("dynamodb")


@pytest.fixture
def table(client, name):
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "gk", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "some",
                "KeySchema": [{"AttributeName": "gk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client.describe_table(TableName=name)["Table"]


def test_counts(client, table, name):
    assert (table["ItemCount"], table["TableSizeBytes"]) == (0, 0)
    for number in range(7):
        more = {"gk": {"N": "1"}} if number < 3 else {}
        client.put_item(TableName=name, Item={"pk": {"S": f"{number}"}, "a": {"S": "x" * 10}, **more})
    shown = client.describe_table(TableName=name)["Table"]
    assert (shown["ItemCount"], shown["TableSizeBytes"]) == (7, 7 * 14 + 3 * 4)
    [index] = shown["GlobalSecondaryIndexes"]
    assert (index["ItemCount"], index["IndexSizeBytes"]) == (3, 3 * 7)
    client.delete_item(TableName=name, Key={"pk": {"S": "0"}})
    shown = client.describe_table(TableName=name)["Table"]
    assert (shown["ItemCount"], shown["GlobalSecondaryIndexes"][0]["ItemCount"]) == (6, 2)


def test_counts_of_many_are_estimates(client, table, name):
    for first in range(0, 6000, 25):
        items = [{"PutRequest": {"Item": {"pk": {"S": str(first + n)}, "gk": {"N": "1"}}}} for n in range(25)]
        client.batch_write_item(RequestItems={name: items})
    count = client.describe_table(TableName=name)["Table"]["ItemCount"]
    assert 5500 < count < 6500


def test_limits_and_endpoints(client, cloud):
    limits = client.describe_limits()
    assert limits["AccountMaxReadCapacityUnits"] >= limits["TableMaxReadCapacityUnits"] > 0
    [endpoint] = client.describe_endpoints()["Endpoints"]
    assert endpoint == {"Address": cloud.url.removeprefix("http://"), "CachePeriodInMinutes": 1440}


def policy(action):
    statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_policies_of_tables(client, table):
    arn = {"ResourceArn": table["TableArn"]}
    missing = ("PolicyNotFoundException", f"Resource-based policy not found for the provided ResourceArn: {arn['ResourceArn']}")
    assert refused(client.get_resource_policy, **arn) == missing
    assert refused(client.put_resource_policy, Policy="{", **arn)[0] == "ValidationException"
    first = client.put_resource_policy(Policy=policy("dynamodb:GetItem"), ExpectedRevisionId="NO_POLICY", **arn)["RevisionId"]
    assert client.put_resource_policy(Policy=policy("dynamodb:GetItem"), **arn)["RevisionId"] == first
    second = client.put_resource_policy(Policy=policy("dynamodb:*"), ExpectedRevisionId=first, **arn)["RevisionId"]
    assert second != first
    found = client.get_resource_policy(**arn)
    assert (found["Policy"], found["RevisionId"]) == (policy("dynamodb:*"), second)
    for expected in [first, "NO_POLICY"]:
        wrong = {"Policy": policy("dynamodb:Scan"), "ExpectedRevisionId": expected, **arn}
        assert refused(client.put_resource_policy, **wrong)[0] == "PolicyNotFoundException"
        assert refused(client.delete_resource_policy, ExpectedRevisionId=expected, **arn)[0] == "PolicyNotFoundException"
    assert client.delete_resource_policy(**arn)["RevisionId"] == second
    assert "RevisionId" not in client.delete_resource_policy(**arn)
    assert refused(client.get_resource_policy, **arn) == missing
    nobody = arn["ResourceArn"] + "-nobody-made"
    assert refused(client.get_resource_policy, ResourceArn=nobody)[0] == "ResourceNotFoundException"


def test_insights(client, table, name):
    def status(**more):
        return client.describe_contributor_insights(TableName=name, **more)["ContributorInsightsStatus"]

    assert status() == "DISABLED"
    enabled = client.update_contributor_insights(TableName=name, ContributorInsightsAction="ENABLE")
    assert enabled["ContributorInsightsStatus"] == "ENABLING"
    client.update_contributor_insights(TableName=name, IndexName="some", ContributorInsightsAction="ENABLE")
    client.update_contributor_insights(TableName=name, ContributorInsightsAction="DISABLE")
    assert (status(), status(IndexName="some")) == ("DISABLED", "ENABLED")
    assert refused(client.describe_contributor_insights, TableName=name, IndexName="none")[0] == "ResourceNotFoundException"
    first = client.list_contributor_insights(TableName=name, MaxResults=1)
    rest = client.list_contributor_insights(TableName=name, NextToken=first["NextToken"])
    found = [*first["ContributorInsightsSummaries"], *rest["ContributorInsightsSummaries"]]
    assert [(one.get("IndexName"), one["ContributorInsightsStatus"]) for one in found] == [
        (None, "DISABLED"),
        ("some", "ENABLED"),
    ]
    assert "NextToken" not in rest


def test_policies_decide_where_identities_are_enforced(make_cloud):
    accounts = Accounts(make_cloud, "dynamodb")
    root, other = accounts.root, accounts.other
    arn = f"arn:aws:dynamodb:us-east-1:{OWN}:table/trips"
    made = {
        "TableName": "trips",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }

    def letting(*actions):
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/ada"},
            "Action": [f"dynamodb:{action}" for action in actions],
            "Resource": arn,
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    root.create_table(**made, ResourcePolicy=letting("PutItem"))
    item = {"TableName": arn, "Item": {"pk": {"S": "a"}}}
    other.put_item(**item)
    # Of a transaction each action is asked for.
    check = {"TableName": arn, "Key": {"pk": {"S": "b"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    code, message = refused(other.transact_write_items, TransactItems=[{"Put": item}, {"ConditionCheck": check}])
    assert (code, "perform: dynamodb:ConditionCheckItem on resource" in message) == ("AccessDeniedException", True)
    other.transact_write_items(TransactItems=[{"Put": item}])
    get = [{"Get": {"TableName": arn, "Key": {"pk": {"S": "a"}}}}]
    code, message = refused(other.transact_get_items, TransactItems=get)
    assert (code, "perform: dynamodb:GetItem on resource" in message) == ("AccessDeniedException", True)
    root.put_resource_policy(ResourceArn=arn, Policy=letting("GetItem"))
    assert other.transact_get_items(TransactItems=get)["Responses"] == [{"Item": {"pk": {"S": "a"}}}]
    assert refused(other.scan, TableName=arn)[0] == "AccessDeniedException"
    root.put_resource_policy(ResourceArn=arn, Policy=letting("Scan"))
    assert other.scan(TableName=arn)["Count"] == 1
    assert refused(other.put_item, **item)[0] == "AccessDeniedException"
    root.delete_resource_policy(ResourceArn=arn)
    assert refused(other.scan, TableName=arn)[0] == "AccessDeniedException"
