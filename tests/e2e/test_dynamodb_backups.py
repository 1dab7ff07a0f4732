"""Backups on demand: what they are of, how they are found, and tables that are restored from them."""

import datetime

import pytest
from backup_writers import GLOBAL, LOCAL, Writers, check_indexes, create, fill, items
from botocore.exceptions import ClientError
from conftest import eventually


def refused(code, message, call, **arguments):
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    error = refusal.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def simple(client, name, *keys, **more):
    settings = {"BillingMode": "PAY_PER_REQUEST", **more}
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
        **settings,
    )  # fmt: skip
    for key in keys:
        client.put_item(TableName=name, Item={"pk": {"S": key}, "sk": {"N": "1"}, "text": {"S": "é" * 10}})


def backup(client, table, name="a-backup"):
    return client.create_backup(TableName=table, BackupName=name)["BackupDetails"]["BackupArn"]


def available(client, arn):
    def ready():
        description = client.describe_backup(BackupArn=arn)["BackupDescription"]
        return description if description["BackupDetails"]["BackupStatus"] == "AVAILABLE" else None

    return eventually(ready, 60)


def restore(client, arn, name, **overrides):
    client.restore_table_from_backup(TargetTableName=name, BackupArn=arn, **overrides)
    return active(client, name)


def active(client, name):
    def ready():
        table = client.describe_table(TableName=name)["Table"]
        return table if table["TableStatus"] == "ACTIVE" else None

    return eventually(ready, 60)


def test_a_backup_is_what_the_table_was(cloud, name):
    client = cloud.client("dynamodb")
    simple(client, name, "a", "b", "c")
    before = items(client, name)
    created = client.create_backup(TableName=name, BackupName="My_backup.1-x")["BackupDetails"]
    assert (created["BackupStatus"], created["BackupType"]) == ("CREATING", "USER")
    prefix = f"arn:aws:dynamodb:us-east-1:000000000000:table/{name}/backup/"
    assert created["BackupArn"].startswith(prefix)
    millis = round(created["BackupCreationDateTime"].timestamp() * 1000)
    assert created["BackupArn"][len(prefix) :].startswith(f"{millis:014}-")
    for key in "abd":
        client.put_item(TableName=name, Item={"pk": {"S": key}, "sk": {"N": "1"}, "new": {"BOOL": True}})
    client.delete_item(TableName=name, Key={"pk": {"S": "c"}, "sk": {"N": "1"}})
    shown = available(client, created["BackupArn"])
    table = client.describe_table(TableName=name)["Table"]
    details = shown["SourceTableDetails"]
    assert details == {
        "TableName": name,
        "TableId": table["TableId"],
        "TableArn": table["TableArn"],
        "TableSizeBytes": details["TableSizeBytes"],
        "KeySchema": table["KeySchema"],
        "TableCreationDateTime": table["CreationDateTime"],
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "ItemCount": 3,
        "BillingMode": "PAY_PER_REQUEST",
    }
    assert shown["SourceTableFeatureDetails"] == {}
    assert shown["BackupDetails"]["BackupSizeBytes"] == details["TableSizeBytes"] > 60
    restored = restore(client, created["BackupArn"], name + "-2")
    assert "RestoreSummary" not in restored
    assert items(client, name + "-2") == before
    client.put_item(TableName=name + "-2", Item={"pk": {"S": "z"}, "sk": {"N": "1"}})


def test_a_backup_outlives_its_table(cloud, name):
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 600)
    arns = [backup(client, name, f"backup-{n}") for n in range(3)]
    # At once: while they are made.
    client.delete_table(TableName=name)
    simple(client, name, "other")
    for arn in arns:
        assert available(client, arn)["SourceTableDetails"]["ItemCount"] == 600
    restore(client, arns[1], name + "-2")
    assert items(client, name + "-2") == still
    check_indexes(client, name + "-2", still)
    assert len(items(client, name)) == 1


def test_features_of_the_table_are_described_but_not_restored(cloud, name):
    client = cloud.client("dynamodb")
    create(
        client,
        name,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        OnDemandThroughput={"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 50},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "a", "Value": "b"}],
    )
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "ends"}
    )
    arn = backup(client, name)
    shown = available(client, arn)
    assert shown["SourceTableDetails"]["OnDemandThroughput"]["MaxReadRequestUnits"] == 100
    features = shown["SourceTableFeatureDetails"]
    assert features["StreamDescription"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ends"}
    assert features["SSEDescription"]["Status"] == "ENABLED"
    [index] = features["GlobalSecondaryIndexes"]
    assert (index["IndexName"], set(index)) == (
        GLOBAL,
        {"IndexName", "KeySchema", "Projection", "ProvisionedThroughput"},
    )
    [index] = features["LocalSecondaryIndexes"]
    assert (index["IndexName"], set(index)) == (LOCAL, {"IndexName", "KeySchema", "Projection"})
    table = restore(client, arn, name + "-2")
    assert table["SSEDescription"] == features["SSEDescription"]
    assert table["OnDemandThroughput"]["MaxWriteRequestUnits"] == 50
    assert not {"StreamSpecification", "TableClassSummary", "LatestStreamArn"} & set(table)
    assert table["DeletionProtectionEnabled"] is False
    ttl = client.describe_time_to_live(TableName=name + "-2")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "DISABLED"}
    assert client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == []


def test_backups_are_listed(cloud, name):
    client = cloud.client("dynamodb")
    simple(client, name)
    simple(client, name + "-other")
    arns = [backup(client, name, "same-name") for _ in range(3)]
    other = backup(client, name + "-other")
    shown = [available(client, arn)["BackupDetails"]["BackupCreationDateTime"] for arn in arns]

    def listed(**filters):
        page = client.list_backups(TableName=name, **filters)
        assert "LastEvaluatedBackupArn" not in page
        return [summary["BackupArn"] for summary in page["BackupSummaries"]]

    ordered = sorted(arns)
    assert listed() == ordered == listed(BackupType="USER", Limit=3) == listed(BackupType="ALL")
    assert listed(BackupType="SYSTEM") == listed(BackupType="AWS_BACKUP") == []
    first, last = min(shown), max(shown)
    hour = datetime.timedelta(hours=1)
    assert listed(TimeRangeLowerBound=first - hour, TimeRangeUpperBound=last + hour) == ordered
    assert listed(TimeRangeLowerBound=last + hour) == listed(TimeRangeUpperBound=first - hour) == []
    assert client.list_backups(TableName="nobody-has-it")["BackupSummaries"] == []
    pages = [page for page in client.get_paginator("list_backups").paginate(
        TableName=name, PaginationConfig={"PageSize": 1})]  # fmt: skip
    assert [page["BackupSummaries"][0]["BackupArn"] for page in pages] == ordered
    every = [s["BackupArn"] for page in client.get_paginator("list_backups").paginate() for s in page["BackupSummaries"]]
    assert set(arns) | {other} <= set(every)
    client.delete_backup(BackupArn=ordered[0])
    assert listed(ExclusiveStartBackupArn=ordered[0]) == ordered[1:]
    assert listed(ExclusiveStartBackupArn=ordered[1]) == ordered[2:]
    table = client.describe_table(TableName=name)["Table"]
    [summary] = client.list_backups(TableName=table["TableArn"], ExclusiveStartBackupArn=ordered[1])["BackupSummaries"]
    assert (summary["TableName"], summary["TableId"]) == (name, table["TableId"])
    assert (summary["TableArn"], summary["BackupName"]) == (table["TableArn"], "same-name")
    refused(
        "ValidationException",
        "One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound",
        client.list_backups,
        TimeRangeLowerBound=last + hour,
        TimeRangeUpperBound=last - hour,
    )
    refused(
        "ValidationException",
        "Invalid Request: The supplied ExclusiveStartBackupArn does not match the region",
        client.list_backups,
        ExclusiveStartBackupArn=ordered[0].replace("us-east-1", "eu-west-1"),
    )


def test_a_deleted_backup_is_gone(cloud, name):
    client = cloud.client("dynamodb")
    simple(client, name, "a")
    arn = backup(client, name)
    available(client, arn)
    deleted = client.delete_backup(BackupArn=arn)["BackupDescription"]
    assert deleted["BackupDetails"]["BackupStatus"] == "DELETED"
    assert deleted["SourceTableDetails"]["TableName"] == name
    for call in (client.describe_backup, client.delete_backup):
        refused("BackupNotFoundException", f"Backup not found: {arn}", call, BackupArn=arn)
    refused(
        "BackupNotFoundException",
        f"Backup not found: {arn}",
        client.restore_table_from_backup,
        BackupArn=arn,
        TargetTableName=name + "-2",
    )


def test_what_is_no_backup_is_refused(cloud, name):
    client = cloud.client("dynamodb")
    simple(client, name, "a")
    arn = backup(client, name)
    available(client, arn)
    refused(
        "TableNotFoundException", f"Table not found: {name}-x", client.create_backup, TableName=name + "-x",
        BackupName="abc",
    )  # fmt: skip
    described = lambda arn: {"call": client.describe_backup, "BackupArn": arn}  # noqa: E731
    refused("ValidationException", "Invalid Backup ARN", **described(arn.split("/backup/")[0]))
    refused("ValidationException", "Invalid Backup ARN", **described("x" * 48))
    refused("ValidationException", "BackupArn is not valid", **described(arn.replace("dynamodb", "dynamite")))
    refused("AccessDeniedException", "Access is denied", **described(arn.replace("0" * 12, "1" * 12)))
    with pytest.raises(ClientError, match=r"Member must satisfy regular expression pattern: \[a-zA-Z0-9_.-\]\+"):
        client.create_backup(TableName=name, BackupName="not good")
    elsewhere = cloud.client("dynamodb", region="eu-west-1")
    refused("BackupNotFoundException", f"Backup not found: {arn}", elsewhere.describe_backup, BackupArn=arn)
    restored = {"call": client.restore_table_from_backup, "BackupArn": arn}
    refused("TableAlreadyExistsException", f"Table already exists: {name}", **restored, TargetTableName=name)
    invalid = [
        ({"ProvisionedThroughputOverride": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
         "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED"),
        ({"BillingModeOverride": "PROVISIONED"},
         "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED"),
        ({"OnDemandThroughputOverride": {"MaxReadRequestUnits": 0}},
         "Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range"),
        ({"GlobalSecondaryIndexOverride": [{
            "IndexName": "new", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}}]},
         "Index new does not match a secondary index that existed in the source table and cannot be created during the "
         "restore operation"),
    ]  # fmt: skip
    for overrides, message in invalid:
        refused("ValidationException", "Invalid Request: " + message, **restored, TargetTableName="new", **overrides)
    assert "new" not in client.list_tables()["TableNames"]


def test_a_restore_overrides_what_the_table_was(cloud, name):
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 40)
    arn = backup(client, name)
    available(client, arn)
    units = {"ReadCapacityUnits": 7, "WriteCapacityUnits": 8}
    schema = [{"AttributeName": "color", "KeyType": "HASH"}, {"AttributeName": "size", "KeyType": "RANGE"}]
    table = restore(
        client,
        arn,
        name + "-2",
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride=units,
        GlobalSecondaryIndexOverride=[
            {
                "IndexName": "renamed",
                "KeySchema": schema,
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            }
        ],
        LocalSecondaryIndexOverride=[],
        SSESpecificationOverride={"Enabled": True},
    )
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    assert table["SSEDescription"]["Status"] == "ENABLED"
    [index] = table["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["ProvisionedThroughput"]["WriteCapacityUnits"]) == ("renamed", 2)
    assert index["ItemCount"] == 40 and "LocalSecondaryIndexes" not in table
    assert items(client, name + "-2", "renamed") == still
    table = restore(client, arn, name + "-3", GlobalSecondaryIndexOverride=[])
    assert "GlobalSecondaryIndexes" not in table
    assert [index["IndexName"] for index in table["LocalSecondaryIndexes"]] == [LOCAL]


def test_nobody_uses_a_table_before_it_is_restored(make_cloud, name):
    cloud = make_cloud().start()
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 3000, size=100)
    arn = backup(client, name)
    available(client, arn)
    made = client.restore_table_from_backup(BackupArn=arn, TargetTableName="target")["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    summary = made["RestoreSummary"]
    assert (summary["SourceBackupArn"], summary["RestoreInProgress"]) == (arn, True)
    assert summary["SourceTableArn"] == client.describe_table(TableName=name)["Table"]["TableArn"]
    used = f"Backup is being used to restore table: {arn}"
    still_made = "Attempt to change a resource which is still in use: Table is being created: {}"
    already = "Table: {} is already being restored from backup: " + arn
    again = {"BackupArn": arn}
    restore_once = client.restore_table_from_backup
    checks = [
        ("ResourceNotFoundException", "Requested resource not found", client.scan, {}, "TableName"),
        ("ResourceNotFoundException", "Requested resource not found: Table: {} not found",
         client.describe_time_to_live, {}, "TableName"),
        ("TableNotFoundException", "Table not found: {}", client.create_backup, {"BackupName": "abc"}, "TableName"),
        ("ResourceInUseException", still_made, client.delete_table, {}, "TableName"),
        ("BackupInUseException", used, client.delete_backup, again, None),
        ("BackupInUseException", used.replace("restore table", "restore another table"),
         lambda TableName: restore_once(TargetTableName=TableName + "-2", **again), {}, "TableName"),
        ("TableInUseException", already, restore_once, again, "TargetTableName"),
    ]  # fmt: skip
    active(client, "target")
    for number, check in enumerate(checks):
        while_restored(client, arn, f"target-{number}", check)
    assert items(client, "target") == items(client, "target-0") == still
    client.delete_backup(BackupArn=arn)


def while_restored(client, arn, target, check):
    """Checks a refusal, again if the restore was over before it could be seen."""
    code, message, call, arguments, key = check
    while True:
        client.restore_table_from_backup(BackupArn=arn, TargetTableName=target)
        try:
            call(**arguments, **({key: target} if key else {}))
            error = None
        except ClientError as refusal:
            error = refusal.response["Error"]
        was_in_time = client.describe_table(TableName=target)["Table"]["TableStatus"] == "CREATING"
        active(client, target)
        if was_in_time:
            assert (error["Code"], error["Message"]) == (code, message.format(target))
            return
        target += "-again"


def test_a_backup_is_one_moment_while_others_write(cloud, name, chance):
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 1000)
    with Writers(cloud, name, chance) as writers:
        taken = []
        for number in range(4):
            writers.progress(chance.randrange(10, 60))
            least = writers.done()
            arn = backup(client, name)
            taken.append((arn, least, writers.begun()))
        for arn, *_ in taken:
            available(client, arn)
        writers.progress(5)
    assert not writers.wrong
    for number, (arn, least, most) in enumerate(taken):
        target = f"{name}-{number}"
        restore(client, arn, target)
        found = items(client, target)
        writers.check(found, least, most, still)
        check_indexes(client, target, found)


def test_killed_while_a_backup_is_taken_and_restored(make_cloud, name, chance):
    cloud = make_cloud().start()
    # Each time with another table: what a writer had begun when the cloud was killed may have happened, or not.
    rounds = (killed_once(cloud, f"{name}-{number}", chance) for number in range(20))
    assert any(rounds), "every backup was there too soon"
    assert not any("panicked" in line for line in cloud.log)


def killed_once(cloud, name, chance):
    """Whether a backup was not there yet when the cloud was killed."""
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 2500, size=200)
    writers = Writers(cloud, name, chance)
    with writers:
        writers.progress(20)
        least = writers.done()
        arn = backup(client, name)
        most = writers.begun()
        cloud.kill()
    cloud.start()
    client = cloud.client("dynamodb")
    details = client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]
    writers.wrong.clear()
    with writers:
        writers.progress(20)
        available(client, arn)
    assert not writers.wrong
    target = name + "-restored"
    client.restore_table_from_backup(TargetTableName=target, BackupArn=arn)
    cloud.kill()
    cloud.start()
    client = cloud.client("dynamodb")
    active(client, target)
    found = items(client, target)
    check_indexes(client, target, found)
    writers.check(found, least, most, still)
    return details["BackupStatus"] == "CREATING"
