"""Global tables: replicas in several regions, and what is written in each."""

import random
import threading
import time

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, move, refused

HERE, THERE, THIRD = "us-east-1", "eu-west-1", "ap-southeast-2"
RECENT = (
    "ValidationException",
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the "
    "last 24 hours.",
)


class Table:
    """A table in some regions."""

    def __init__(self, cloud, name):
        self.cloud, self.name, self.clients = cloud, name, {}

    def at(self, region=HERE):
        if region not in self.clients:
            self.clients[region] = self.cloud.client("dynamodb", region=region)
        return self.clients[region]

    def reconnect(self):
        self.clients = {}

    def make(self, region=HERE, **more):
        self.at(region).create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            **{
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                **more,
            },
        )
        return self

    def update(self, region=HERE, **what):
        return self.at(region).update_table(TableName=self.name, **what)["TableDescription"]

    def replicate(self, region, source=HERE, wait=True, **more):
        shown = self.update(source, ReplicaUpdates=[{"Create": {"RegionName": region, **more}}])
        if wait:
            eventually(lambda: self.replicas(source).get(region, {}).get("ReplicaStatus") == "ACTIVE")
        return shown

    def describe(self, region=HERE):
        return self.at(region).describe_table(TableName=self.name)["Table"]

    def replicas(self, region=HERE):
        return {replica["RegionName"]: replica for replica in self.describe(region).get("Replicas", [])}

    def exists(self, region):
        try:
            return bool(self.describe(region))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            return False

    def put(self, key, region=HERE, **attributes):
        item = {"pk": {"S": key}, **{name: {"S": text} for name, text in attributes.items()}}
        self.at(region).put_item(TableName=self.name, Item=item)

    def delete(self, key, region=HERE):
        self.at(region).delete_item(TableName=self.name, Key={"pk": {"S": key}})

    def items(self, region=HERE):
        pages = self.at(region).get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        return {item["pk"]["S"]: item for page in pages for item in page["Items"]}

    def keys(self, region=HERE):
        return sorted(self.items(region))

    def records(self, region):
        streams = self.cloud.client("dynamodbstreams", region=region)
        arn = self.describe(region)["LatestStreamArn"]
        found = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            found += streams.get_records(ShardIterator=iterator)["Records"]
        return found


@pytest.fixture
def table(cloud, name):
    return Table(cloud, name)


def test_a_replica_has_what_was_there_and_what_comes(table):
    table.make()
    for number in range(250):
        table.put(f"before {number}")
    shown = table.replicate(THERE)
    assert (shown["TableStatus"], shown["Replicas"], shown["GlobalTableVersion"]) == ("UPDATING", [], "2019.11.21")
    assert shown["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert len(table.keys(THERE)) == 250 and table.keys(THERE) == table.keys(HERE)
    table.put("here")
    table.put("there", THERE)
    table.delete("before 1", THERE)
    eventually(lambda: table.items(HERE) == table.items(THERE) and "there" in table.items(HERE))
    eventually(lambda: "here" in table.items(THERE) and "before 1" not in table.items(HERE))
    one, other = table.describe(HERE), table.describe(THERE)
    assert one["TableStatus"] == other["TableStatus"] == "ACTIVE"
    assert one["TableId"] != other["TableId"] and one["LatestStreamArn"] != other["LatestStreamArn"]
    assert other["TableArn"].startswith(f"arn:aws:dynamodb:{THERE}:")
    for region, seen in [(HERE, THERE), (THERE, HERE)]:
        (replica,) = table.replicas(region).values()
        assert (replica["RegionName"], replica["ReplicaStatus"]) == (seen, "ACTIVE")
        assert "ProvisionedThroughputOverride" not in replica and "KMSMasterKeyId" not in replica
        assert table.describe(region)["GlobalTableVersion"] == "2019.11.21"


def test_every_kind_of_write_reaches_the_others(table):
    table.make()
    table.replicate(THERE)
    client = table.at(THERE)
    for key in ["updated", "batch deleted", "deleted"]:
        table.put(key)
    eventually(lambda: len(table.keys(THERE)) == 3)
    client.update_item(
        TableName=table.name,
        Key={"pk": {"S": "updated"}},
        UpdateExpression="SET a = :a",
        ExpressionAttributeValues={":a": {"N": "1"}},
    )
    client.delete_item(TableName=table.name, Key={"pk": {"S": "deleted"}})
    requests = [
        {"PutRequest": {"Item": {"pk": {"S": "batch"}}}},
        {"DeleteRequest": {"Key": {"pk": {"S": "batch deleted"}}}},
    ]
    client.batch_write_item(RequestItems={table.name: requests})
    item = {"pk": {"S": "transaction"}}
    client.transact_write_items(TransactItems=[{"Put": {"TableName": table.name, "Item": item}}])
    client.execute_statement(Statement=f"INSERT INTO \"{table.name}\" VALUE {{'pk': 'statement'}}")
    wanted = ["batch", "statement", "transaction", "updated"]
    eventually(lambda: table.keys(HERE) == wanted and "a" in table.items(HERE)["updated"])
    assert table.items(HERE) == table.items(THERE)


def test_streams_of_replicas_have_the_changes_of_others(table):
    table.make()
    table.put("old")
    table.replicate(THERE)
    table.put("k", a="one")
    eventually(lambda: "k" in table.items(THERE))
    table.put("k", THERE, a="two")
    eventually(lambda: table.items(HERE)["k"]["a"]["S"] == "two")
    table.delete("k")
    eventually(lambda: "k" not in table.items(THERE))
    for region in [HERE, THERE]:
        records = [record for record in table.records(region) if record["dynamodb"]["Keys"]["pk"]["S"] == "k"]
        assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
        assert {record["awsRegion"] for record in records} == {region}
        assert records[1]["dynamodb"]["OldImage"]["a"]["S"] == "one"
    assert "old" not in {record["dynamodb"]["Keys"]["pk"]["S"] for record in table.records(THERE)}


def test_what_expires_expires_everywhere(make_cloud):
    cloud = make_cloud().start()
    table = Table(cloud, "expiring").make()
    client = table.at()
    client.update_time_to_live(
        TableName=table.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    table.replicate(THERE)
    ttl = table.at(THERE).describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    until = {"N": str(int(time.time()) + 3600)}
    client.put_item(TableName=table.name, Item={"pk": {"S": "k"}, "until": until})
    table.put("stays")
    eventually(lambda: table.keys(THERE) == ["k", "stays"])
    move(cloud, advance_seconds=3700)
    eventually(lambda: table.keys(HERE) == ["stays"] == table.keys(THERE))
    table.at(THERE).update_time_to_live(
        TableName=table.name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "until"}
    )
    shown = client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    assert shown["TimeToLiveStatus"] == "DISABLED"


def test_three_regions_hear_of_each_other(table):
    table.make()
    table.replicate(THERE)
    table.put("first", THERE)
    table.replicate(THIRD, source=THERE)
    for region in [HERE, THERE, THIRD]:
        table.put(region, region)
    wanted = sorted(["first", HERE, THERE, THIRD])
    for region in [HERE, THERE, THIRD]:
        eventually(lambda region=region: table.keys(region) == wanted)
    assert list(table.replicas(HERE)) == [THERE, THIRD]
    assert list(table.replicas(THERE)) == [HERE, THIRD]
    assert list(table.replicas(THIRD)) == [THERE, HERE]


def test_what_replicas_share_is_changed_in_all(table):
    table.make(Tags=[{"Key": "a", "Value": "b"}])
    table.put("k", g="one")
    table.replicate(THERE)
    assert table.at(THERE).list_tags_of_resource(ResourceArn=table.describe(THERE)["TableArn"])["Tags"] == []
    index = {
        "IndexName": "byG",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    table.update(
        THERE,
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )

    def is_ready(region):
        (shown,) = table.describe(region)["GlobalSecondaryIndexes"]
        return shown["IndexStatus"] == "ACTIVE"

    for region in [HERE, THERE]:
        eventually(lambda region=region: is_ready(region))
        found = table.at(region).query(
            TableName=table.name,
            IndexName="byG",
            KeyConditionExpression="g = :g",
            ExpressionAttributeValues={":g": {"S": "one"}},
        )
        assert found["Count"] == 1
    assert [index["IndexName"] for index in table.replicas()[THERE]["GlobalSecondaryIndexes"]] == ["byG"]
    table.update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "byG"}}])
    assert "GlobalSecondaryIndexes" not in table.describe(THERE)
    table.update(THERE, SSESpecification={"Enabled": True, "SSEType": "KMS"})
    assert f":{HERE}:" in table.describe()["SSEDescription"]["KMSMasterKeyArn"]
    assert f":{THERE}:" in table.replicas()[THERE]["KMSMasterKeyId"]
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    table.update(BillingMode="PROVISIONED", ProvisionedThroughput=units)
    assert table.describe(THERE)["ProvisionedThroughput"].items() >= units.items()


def test_a_replica_may_have_settings_of_its_own(table):
    table.make(SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "here"})
    create = {"RegionName": THERE}
    without = "One or more parameter values were invalid: KMSMasterKeyId must be specified for each replica."
    update = table.at().update_table
    assert refused(update, TableName=table.name, ReplicaUpdates=[{"Create": create}])[1] == without
    mixed = {"Create": {**create, "KMSMasterKeyId": "alias/aws/dynamodb"}}
    assert "must either be Customer" in refused(update, TableName=table.name, ReplicaUpdates=[mixed])[1]
    table.replicate(
        THERE,
        KMSMasterKeyId="there",
        TableClassOverride="STANDARD_INFREQUENT_ACCESS",
        OnDemandThroughputOverride={"MaxReadRequestUnits": 7},
    )
    replica = table.replicas()[THERE]
    assert replica["KMSMasterKeyId"] == f"arn:aws:kms:{THERE}:000000000000:key/there"
    assert replica["ReplicaTableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert replica["OnDemandThroughputOverride"] == {"MaxReadRequestUnits": 7}
    assert table.describe(THERE)["SSEDescription"]["KMSMasterKeyArn"] == replica["KMSMasterKeyId"]
    assert "TableClassSummary" not in table.describe()
    change = {"Update": {"RegionName": THERE, "KMSMasterKeyId": "other"}}
    assert refused(update, TableName=table.name, ReplicaUpdates=[change])[1] == without
    table.update(BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    assert "ProvisionedThroughputOverride" not in table.replicas()[THERE]
    for units, shown in [(9, {"ReadCapacityUnits": 9}), (5, None)]:
        change = {"RegionName": THERE, "ProvisionedThroughputOverride": {"ReadCapacityUnits": units}}
        table.update(ReplicaUpdates=[{"Update": change}])
        assert table.replicas()[THERE].get("ProvisionedThroughputOverride") == shown
        assert table.describe(THERE)["ProvisionedThroughput"]["ReadCapacityUnits"] == units


def test_refusals(table):
    table.make()
    update = table.at().update_table
    create = [{"Create": {"RegionName": THERE}}]
    alone = "One or more parameter values were invalid: Replica modification must be the only operation in the request"
    assert refused(
        update, TableName=table.name, ReplicaUpdates=create, DeletionProtectionEnabled=True
    ) == ("ValidationException", alone)
    delete = [{"Delete": {"RegionName": THERE}}]
    assert refused(update, TableName=table.name, ReplicaUpdates=delete) == (
        "ValidationException",
        "Update global table operation failed because one or more replicas were not part of the global table. Please retry the "
        f"request without these replicas: [{THERE}].",
    )
    table.make(THERE)
    existed = (
        "ValidationException",
        f"Failed to create a the new replica of table with name: ‘{table.name}’ because one or more replicas already existed "
        "as tables.",
    )
    assert refused(update, TableName=table.name, ReplicaUpdates=create) == existed
    table.replicate(THIRD)
    create = [{"Create": {"RegionName": THIRD}}]
    assert refused(update, TableName=table.name, ReplicaUpdates=create) == existed
    for region in [HERE, THIRD]:
        assert refused(
            table.at(region).update_table, TableName=table.name, StreamSpecification={"StreamEnabled": False}
        ) == (
            "ValidationException",
            "One or more parameter values were invalid: Disabling Stream is not allowed for a Global Table replica.",
        )
    assert "GlobalTableVersion" not in table.describe(THERE)
    provisioned = Table(table.cloud, table.name + "-p")
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    provisioned.make(BillingMode="PROVISIONED", ProvisionedThroughput=units)
    assert refused(update, TableName=provisioned.name, ReplicaUpdates=create) == (
        "ValidationException",
        "Table write capacity should either be Pay-Per-Request or AutoScaled.",
    )
    assert "Replicas" not in provisioned.describe() and "StreamSpecification" not in provisioned.describe()


def test_replicas_go_one_by_one(make_cloud):
    cloud = make_cloud().start()
    table = Table(cloud, "going").make()
    table.replicate(THERE)
    table.replicate(THIRD, source=THERE)
    assert refused(table.at().delete_table, TableName=table.name) == RECENT
    update = table.at().update_table
    delete = [{"Delete": {"RegionName": THERE}}]
    assert refused(update, TableName=table.name, ReplicaUpdates=delete) == RECENT
    table.update(THIRD, DeletionProtectionEnabled=True)
    assert not table.describe()["DeletionProtectionEnabled"]
    delete = [{"Delete": {"RegionName": THIRD}}]
    assert refused(update, TableName=table.name, ReplicaUpdates=delete) == (
        "ValidationException",
        f"Cannot delete table going in region {THIRD} because it has deletion protection enabled. Disable deletion protection "
        "first.",
    )
    table.update(THIRD, DeletionProtectionEnabled=False)
    table.put("last", THIRD)
    shown = table.update(ReplicaUpdates=delete)
    assert [replica["ReplicaStatus"] for replica in shown["Replicas"]] == ["ACTIVE", "ACTIVE"]
    eventually(lambda: not table.exists(THIRD))
    assert list(table.replicas()) == [THERE]
    # What was written there before is in the others.
    assert table.keys(HERE) == table.keys(THERE) == ["last"]
    table.replicate(THIRD)
    assert table.keys(THIRD) == ["last"]
    # A table that is deleted in its region is no replica any more.
    shown = table.at(THERE).delete_table(TableName=table.name)["TableDescription"]
    assert shown["TableStatus"] == "DELETING"
    eventually(lambda: not table.exists(THERE))
    # A day later the others can do without the one that they were made of.
    move(cloud, advance_seconds=25 * 3600)
    table.at().delete_table(TableName=table.name)
    eventually(lambda: not table.exists(HERE))
    assert table.keys(THIRD) == ["last"]
    shown = table.describe(THIRD)
    assert "Replicas" not in shown and "GlobalTableVersion" not in shown
    assert shown["StreamSpecification"]["StreamEnabled"]


def test_nothing_is_lost_when_the_process_is_killed(make_cloud, chance):
    cloud = make_cloud().start()
    table = Table(cloud, "killed").make()
    for number in range(1200):
        table.put(f"before {number}", text="x" * 200)
    table.replicate(THERE, wait=False)
    for _ in range(3):
        written = {HERE: {}, THERE: {}}
        kill_after = chance.uniform(0.2, 0.8)
        threads = [
            threading.Thread(target=write, args=(table, region, written[region], chance.random()))
            for region in [HERE, THERE]
        ]
        for thread in threads:
            thread.start()
        threading.Event().wait(kill_after)
        cloud.kill()
        for thread in threads:
            thread.join()
        cloud.start()
        table.reconnect()
        eventually(lambda: table.replicas().get(THERE, {}).get("ReplicaStatus") == "ACTIVE")
        eventually(lambda: table.items(HERE) == table.items(THERE))
        for region, own in written.items():
            items = table.items(region)
            # What only one region wrote is as that wrote it; what was on its way when the process ended may be there.
            for key, texts in own.items():
                assert items[key]["text"]["S"] in texts, (region, key)
    assert len(table.keys()) >= 1200


def write(table, region, acknowledged, seed):
    """Writes until the process ends: items of its own, and some that others write too."""
    chance = random.Random(seed)
    client = table.cloud.client("dynamodb", region=region)
    for number in range(10**6):
        shared = chance.random() < 0.5
        key = f"shared {chance.randrange(5)}" if shared else f"{region} {chance.randrange(20)}"
        text = f"{region} {seed} {number}"
        if not shared:
            # Unless it is refused, as it is while the replica comes, it may be there from now on.
            possible = [*acknowledged.get(key, [])[-1:], text]
        try:
            client.put_item(TableName=table.name, Item={"pk": {"S": key}, "text": {"S": text}})
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            continue
        except Exception:
            if not shared and key in acknowledged:
                acknowledged[key] = possible
            return
        if not shared:
            acknowledged[key] = [text]
