"""Point-in-time recovery: tables restored to any second of the period, against copies of what they were."""

import datetime
import json
import urllib.request

import pytest
from backup_writers import Writer, Writers, check_indexes, create, fill, items
from conftest import eventually, move
from test_dynamodb_backups import active, available, backup, refused, restore, simple

DAY = 86_400


def now_ms(cloud):
    with urllib.request.urlopen(cloud.url + "/_cloudlet/clock") as answer:
        return json.load(answer)["now_ms"]


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def enable(client, name, **more):
    specification = {"PointInTimeRecoveryEnabled": True, **more}
    return recovery(
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)
    )


def disable(client, name):
    specification = {"PointInTimeRecoveryEnabled": False}
    return recovery(
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification)
    )


def recovery(answer):
    description = answer["ContinuousBackupsDescription"]
    assert description["ContinuousBackupsStatus"] == "ENABLED"
    return description["PointInTimeRecoveryDescription"]


def described(client, name):
    return recovery(client.describe_continuous_backups(TableName=name))


def restored(client, source, target, at=None):
    """The items of the table at that second, or as they are."""
    when = {"UseLatestRestorableTime": True} if at is None else {"RestoreDateTime": moment(at)}
    client.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=target, **when)
    active(client, target)
    return items(client, target)


class History:
    """A table that keeps what it was, and all that it was by the second."""

    def __init__(self, cloud, name, chance):
        self.cloud, self.name, self.chance = cloud, name, chance
        self.client = cloud.client("dynamodb")
        self.writer = Writer(name, 0, chance)
        self.states = []

    def turn(self, seconds):
        """Some changes in this moment, and then it is later."""
        for _ in range(self.chance.randrange(12)):
            self.writer.step(self.client)
        self.states.append((now_ms(self.cloud), self.writer.after(len(self.writer.log))))
        move(self.cloud, advance_seconds=seconds)

    def at(self, second):
        return next(state for ms, state in reversed(self.states) if ms <= second * 1000)

    def check(self, target, second):
        found = restored(self.client, self.name, target, second)
        assert found == self.at(second), second
        check_indexes(self.client, target, found)


def test_it_is_enabled_and_disabled(cloud, name):
    client = cloud.client("dynamodb")
    simple(client, name)
    assert described(client, name) == {"PointInTimeRecoveryStatus": "DISABLED"}
    shown = enable(client, name)
    assert (shown["PointInTimeRecoveryStatus"], shown["RecoveryPeriodInDays"]) == ("ENABLED", 35)
    assert shown["EarliestRestorableDateTime"] <= shown["LatestRestorableDateTime"]
    shown = enable(client, name, RecoveryPeriodInDays=7)
    assert (shown["RecoveryPeriodInDays"], described(client, name)["RecoveryPeriodInDays"]) == (7, 7)
    refused(
        "ValidationException",
        "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
        client.update_continuous_backups,
        TableName=name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False, "RecoveryPeriodInDays": 7},
    )
    with pytest.raises(client.exceptions.ClientError, match="less than or equal to 35"):
        enable(client, name, RecoveryPeriodInDays=36)
    assert disable(client, name) == {"PointInTimeRecoveryStatus": "DISABLED"} == disable(client, name)
    assert enable(client, name)["RecoveryPeriodInDays"] == 35
    for call in (client.describe_continuous_backups, client.create_backup):
        more = {"BackupName": "abc"} if call == client.create_backup else {}
        refused("TableNotFoundException", "Table not found: nobody", call, TableName="nobody", **more)


def test_requests_that_mean_no_moment_are_refused(cloud, name):
    client = cloud.client("dynamodb")
    simple(client, name)
    call = client.restore_table_to_point_in_time
    to = {"TargetTableName": name + "-2"}
    latest = {"UseLatestRestorableTime": True}
    refused(
        "PointInTimeRecoveryUnavailableException",
        f"Point in time recovery is not enabled for table '{name}'",
        call,
        SourceTableName=name,
        **to,
        **latest,
    )
    refused("TableNotFoundException", "Table not found: nobody", call, SourceTableName="nobody", **to, **latest)
    enable(client, name)
    invalid = "Invalid Request: "
    refused(
        "ValidationException",
        invalid + "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
        call,
        SourceTableName=name,
        **to,
    )
    refused(
        "ValidationException",
        invalid + "Must provide exactly one of: sourceTableArn, sourceTableName",
        call,
        SourceTableName=name,
        SourceTableArn=client.describe_table(TableName=name)["Table"]["TableArn"],
        **to,
        **latest,
    )
    refused(
        "TableAlreadyExistsException",
        f"Table already exists: {name}",
        call,
        SourceTableName=name,
        TargetTableName=name,
        **latest,
    )
    shown = described(client, name)
    for bad in (shown["EarliestRestorableDateTime"].timestamp() - 1, shown["LatestRestorableDateTime"].timestamp() + 60):
        with pytest.raises(client.exceptions.InvalidRestoreTimeException, match="^.*RestoreDateTime '.*Z' must be within"):
            call(SourceTableName=name, RestoreDateTime=moment(bad), **to)
    assert name + "-2" not in client.list_tables()["TableNames"]


def test_a_table_is_restored_to_any_second(make_cloud, name, chance):
    cloud = make_cloud().start()
    move(cloud, frozen=True)
    history = History(cloud, name, chance)
    client = history.client
    create(client, name)
    for _ in range(5):
        history.turn(0)
    enable(client, name)
    start = now_ms(cloud) // 1000
    for _ in range(40):
        history.turn(chance.choice([0, 1, 1, 2, 3600]))
    end = now_ms(cloud) // 1000
    assert described(client, name)["LatestRestorableDateTime"] == moment(end)
    seconds = sorted({ms // 1000 + more for ms, _ in history.states for more in (0, 1)} & set(range(start + 1, end + 1)))
    for number, second in enumerate([*chance.sample(seconds, 12), end]):
        history.check(f"{name}-{number}", second)
    assert restored(client, name, f"{name}-latest") == history.states[-1][1]
    # The second in which it began stands for the moment in which it began.
    assert restored(client, name, f"{name}-first", start) == history.states[4][1]


def test_a_restored_table_has_the_settings_of_now(cloud, name):
    client = cloud.client("dynamodb")
    create(client, name, SSESpecification={"Enabled": True})
    enable(client, name)
    arn = client.describe_table(TableName=name)["Table"]["TableArn"]
    made = client.restore_table_to_point_in_time(
        SourceTableArn=arn,
        TargetTableName=name + "-2",
        UseLatestRestorableTime=True,
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
        GlobalSecondaryIndexOverride=[],
    )["TableDescription"]
    assert made["RestoreSummary"]["SourceTableArn"] == arn and "SourceBackupArn" not in made["RestoreSummary"]
    table = active(client, name + "-2")
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 4
    assert table["SSEDescription"]["Status"] == "ENABLED" and "GlobalSecondaryIndexes" not in table
    assert len(table["LocalSecondaryIndexes"]) == 1
    assert described(client, name + "-2") == {"PointInTimeRecoveryStatus": "DISABLED"}


def test_what_is_older_than_the_period_is_trimmed(make_cloud, name, chance):
    cloud = make_cloud().start()
    move(cloud, frozen=True)
    history = History(cloud, name, chance)
    client = history.client
    create(client, name)
    enable(client, name, RecoveryPeriodInDays=2)
    for _ in range(30):
        history.turn(chance.randrange(20_000))
    end = now_ms(cloud) // 1000
    shown = described(client, name)
    first = shown["EarliestRestorableDateTime"]
    assert first == moment(end - 2 * DAY)
    with pytest.raises(client.exceptions.InvalidRestoreTimeException):
        restored(client, name, name + "-bad", first.timestamp() - 1)
    for number, second in enumerate([end - 2 * DAY, end - DAY, *(chance.randrange(end - 2 * DAY, end) for _ in range(4))]):
        history.check(f"{name}-{number}", second)
    # A shorter period holds at once, a longer one has no more than there is.
    assert enable(client, name, RecoveryPeriodInDays=1)["EarliestRestorableDateTime"] == moment(end - DAY)
    for number in range(3):
        history.check(f"{name}-shorter-{number}", chance.randrange(end - DAY, end))
    # Much later nothing of it is left, and the table is what it is.
    move(cloud, advance_seconds=40 * DAY)
    assert restored(client, name, name + "-last", now_ms(cloud) // 1000 - 1) == history.states[-1][1]


def test_writers_do_not_disturb_a_restore(cloud, name, chance):
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 800)
    enable(client, name)
    with Writers(cloud, name, chance) as writers:
        begun = []
        for number in range(3):
            writers.progress(chance.randrange(10, 50))
            least = writers.done()
            client.restore_table_to_point_in_time(
                SourceTableName=name, TargetTableName=f"{name}-{number}", UseLatestRestorableTime=True
            )
            begun.append((f"{name}-{number}", least, writers.begun()))
        # Both kinds at once.
        least = writers.done()
        arn = backup(client, name)
        most = writers.begun()
        for target, *_ in begun:
            active(client, target)
        available(client, arn)
    assert not writers.wrong
    restore(client, arn, name + "-b")
    for target, low, high in [*begun, (name + "-b", least, most)]:
        found = items(client, target)
        writers.check(found, low, high, still)
        check_indexes(client, target, found)


def test_killed_while_a_table_is_restored(make_cloud, name, chance):
    cloud = make_cloud().start()
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 2500)
    enable(client, name)
    writers = Writers(cloud, name, chance, count=2)
    number, interrupted = 0, 0
    while interrupted == 0:
        number += 1
        with writers:
            writers.progress(20)
            least = writers.done()
            client.restore_table_to_point_in_time(
                SourceTableName=name, TargetTableName=f"target-{number}", UseLatestRestorableTime=True
            )
            most = writers.begun()
            # Neither who disables it nor who deletes the table takes anything from who restores.
            disable(client, name)
            if number % 2:
                client.delete_table(TableName=name)
            cloud.kill()
        cloud.start()
        client = cloud.client("dynamodb")
        interrupted += client.describe_table(TableName=f"target-{number}")["Table"]["TableStatus"] == "CREATING"
        active(client, f"target-{number}")
        found = items(client, f"target-{number}")
        check_indexes(client, f"target-{number}", found)
        writers.check(found, least, most, still)
        if interrupted == 0:
            name = f"target-{number}"
            still, writers = found, Writers(cloud, name, chance, count=0)
            enable(client, name)
    assert not any("panicked" in line for line in cloud.log)


def test_a_deleted_table_leaves_a_system_backup(make_cloud, name):
    cloud = make_cloud().start()
    client = cloud.client("dynamodb")
    create(client, name)
    still = fill(client, name, 300)
    enable(client, name)
    client.delete_table(TableName=name)
    assert client.list_backups(TableName=name)["BackupSummaries"] == []
    [summary] = client.list_backups(TableName=name, BackupType="SYSTEM")["BackupSummaries"]
    arn = summary["BackupArn"]
    assert arn.endswith("-00000000") and summary["BackupName"] == f"{name}$DeletedTableBackup"
    shown = client.describe_backup(BackupArn=arn)["BackupDescription"]
    details = shown["BackupDetails"]
    assert (details["BackupStatus"], details["BackupType"]) == ("AVAILABLE", "SYSTEM")
    assert shown["SourceTableFeatureDetails"] == {} and shown["SourceTableDetails"]["ItemCount"] == 300
    expires = details["BackupExpiryDateTime"]
    assert expires - details["BackupCreationDateTime"] == datetime.timedelta(days=35)
    with pytest.raises(client.exceptions.ClientError, match="User is not allowed to delete the system backup with arn"):
        client.delete_backup(BackupArn=arn)
    restore(client, arn, name)
    assert items(client, name) == still
    check_indexes(client, name, still)
    # A table that keeps nothing leaves nothing.
    client.delete_table(TableName=name)
    assert len(client.list_backups(BackupType="SYSTEM")["BackupSummaries"]) == 1
    move(cloud, advance_seconds=35 * DAY + 60)
    eventually(lambda: not client.list_backups(BackupType="ALL")["BackupSummaries"])
    refused("BackupNotFoundException", f"Backup not found: {arn}", client.describe_backup, BackupArn=arn)
