"""CloudWatch Logs as boto3 uses it."""

import time

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, refused
from test_lambda import ROLE, package

HOUR_MS = 3_600_000


@pytest.fixture
def logs(cloud):
    return cloud.client("logs")


@pytest.fixture
def group(logs, name):
    logs.create_log_group(logGroupName=name)
    return name


def now_ms():
    return int(time.time() * 1000)


def put(logs, group, stream, *messages, at_ms=None):
    begin = at_ms or now_ms()
    events = [{"timestamp": begin + number, "message": message} for number, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_a_protected_group_stays(logs, name):
    logs.create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"
    logs.put_log_group_deletion_protection(logGroupIdentifier=arn, deletionProtectionEnabled=True)
    [shown] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert shown["deletionProtectionEnabled"] is True
    assert "protected" in refused(logs.delete_log_group, logGroupName=name)[1]
    logs.put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=name)
    again = {"logGroupIdentifier": name, "deletionProtectionEnabled": True}
    missing = ("ResourceNotFoundException", "The specified log group does not exist.")
    assert refused(logs.put_log_group_deletion_protection, **again) == missing


def test_the_life_of_a_group(logs, name):
    logs.create_log_group(logGroupName=name, tags={"team": "trips"})
    again = ("ResourceAlreadyExistsException", "The specified log group already exists")
    assert refused(logs.create_log_group, logGroupName=name) == again
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    [shown] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert (shown["arn"], shown["logGroupArn"], shown["retentionInDays"]) == (arn + ":*", arn, 7)
    assert (shown["storedBytes"], shown["logGroupClass"]) == (0, "STANDARD")
    code, message = refused(logs.put_retention_policy, logGroupName=name, retentionInDays=2)
    assert code == "InvalidParameterException" and "Value '2' at 'retentionInDays'" in message
    logs.delete_retention_policy(logGroupName=name)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePattern=name.upper())["logGroups"][0]
    logs.tag_resource(resourceArn=arn, tags={"a": "1"})
    logs.untag_log_group(logGroupName=name, tags=["team"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}

    logs.create_log_stream(logGroupName=name, logStreamName="s")
    put(logs, name, "s", "gone")
    logs.delete_log_group(logGroupName=name)
    missing = ("ResourceNotFoundException", "The specified log group does not exist.")
    assert refused(logs.delete_log_group, logGroupName=name) == missing
    with pytest.raises(ClientError, match="The specified log group does not exist."):
        put(logs, name, "s", "nowhere")
    logs.create_log_group(logGroupName=name)
    assert logs.describe_log_streams(logGroupName=name)["logStreams"] == []
    assert logs.filter_log_events(logGroupName=name)["events"] == []


def test_groups_and_streams_are_listed_in_pages(logs, name):
    for number in range(7):
        logs.create_log_group(logGroupName=f"{name}/{number}")
        logs.create_log_stream(logGroupName=f"{name}/0", logStreamName=f"{number % 2}-{number}")
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"{name}/", PaginationConfig={"PageSize": 3})
    assert [group["logGroupName"] for page in pages for group in page["logGroups"]] == [f"{name}/{n}" for n in range(7)]
    streams = logs.get_paginator("describe_log_streams")

    def listed(**parameters):
        pages = streams.paginate(logGroupName=f"{name}/0", PaginationConfig={"PageSize": 2}, **parameters)
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    assert listed(logStreamNamePrefix="1-") == ["1-1", "1-3", "1-5"]
    assert listed(descending=True) == sorted(listed(), reverse=True)
    begin = now_ms()
    for number, stream in enumerate(["0-4", "1-1", "0-2"]):
        put(logs, f"{name}/0", stream, "x", at_ms=begin + number)
    assert listed(orderBy="LastEventTime", descending=True)[:3] == ["0-2", "1-1", "0-4"]
    code, _ = refused(
        logs.describe_log_streams, logGroupName=f"{name}/0", orderBy="LastEventTime", logStreamNamePrefix="1"
    )
    assert code == "InvalidParameterException"


def test_a_stream_is_read_forwards_and_backwards(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    begin = now_ms() - 60_000
    put(logs, group, "s", *[f"grüße {number}" for number in range(10)], at_ms=begin)

    def get(**parameters):
        return logs.get_log_events(logGroupName=group, logStreamName="s", **parameters)

    assert messages(get(limit=3)) == ["grüße 7", "grüße 8", "grüße 9"]
    first = get(limit=4, startFromHead=True)
    assert messages(first) == [f"grüße {number}" for number in range(4)]
    second = get(limit=4, nextToken=first["nextForwardToken"])
    assert messages(second) == [f"grüße {number}" for number in range(4, 8)]
    assert messages(get(limit=2, nextToken=second["nextBackwardToken"])) == ["grüße 2", "grüße 3"]
    third = get(nextToken=second["nextForwardToken"])
    end = get(nextToken=third["nextForwardToken"])
    assert (messages(end), end["nextForwardToken"]) == ([], third["nextForwardToken"])
    put(logs, group, "s", "later")
    assert messages(get(nextToken=end["nextForwardToken"])) == ["later"]
    assert messages(get(startTime=begin + 2, endTime=begin + 4)) == ["grüße 2", "grüße 3"]
    assert refused(get, nextToken="f/rubbish")[0] == "InvalidParameterException"
    assert refused(logs.get_log_events, logGroupName=group, logStreamName="none") == (
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
    [shown] = logs.describe_log_streams(logGroupIdentifier=group)["logStreams"]
    assert shown["firstEventTimestamp"] == begin
    stored = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["storedBytes"]
    assert stored == 10 * (len("grüße 0".encode()) + 26) + len("later") + 26


def test_a_group_is_searched_in_the_order_of_events(logs, group):
    begin = now_ms() - 60_000
    for number, stream in enumerate(["a", "b", "other"]):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(logs, group, stream, f"ERROR in {stream}", f"fine in {stream}", at_ms=begin + number)
    paginator = logs.get_paginator("filter_log_events")

    def search(**parameters):
        pages = paginator.paginate(logGroupName=group, PaginationConfig={"PageSize": 2}, **parameters)
        return [message for page in pages for message in messages(page)]

    assert search(filterPattern="ERROR") == ["ERROR in a", "ERROR in b", "ERROR in other"]
    assert sorted(search(filterPattern='-"in a"')) == sorted(
        ["ERROR in b", "fine in b", "ERROR in other", "fine in other"]
    )
    assert search(filterPattern="%^fine.*b$%") == ["fine in b"]
    assert search(logStreamNames=["b"]) == ["ERROR in b", "fine in b"]
    assert search(logStreamNamePrefix="o") == ["ERROR in other", "fine in other"]
    assert search(startTime=begin + 3) == ["fine in other"]
    assert search(endTime=begin) == ["ERROR in a"]
    events = logs.filter_log_events(logGroupName=group)["events"]
    assert len({event["eventId"] for event in events}) == 6
    logs.delete_log_stream(logGroupName=group, logStreamName="a")
    assert len(search()) == 4
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="{ $.a = 1 }")[0] == "NotImplemented"
    assert refused(logs.filter_log_events, logGroupName=group, filterPattern="a-b") == (
        "InvalidParameterException",
        "Invalid character(s) in term 'a-b'",
    )


def test_bad_batches_are_refused_and_bad_events_left_out(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = now_ms()

    def write(*moments_ms, message="m"):
        events = [{"timestamp": moment_ms, "message": message} for moment_ms in moments_ms]
        return logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    with pytest.raises(ClientError, match="chronological order"):
        write(now, now - 1)
    with pytest.raises(ClientError, match="cannot span more than 24 hours"):
        write(now - 25 * HOUR_MS, now)
    with pytest.raises(ClientError, match="Upload too large: 1048577 bytes exceeds limit of 1048576"):
        write(now, message="x" * (1_048_576 - 25))
    assert write(now - 15 * 24 * HOUR_MS)["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert write(now, now + 3 * HOUR_MS)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert len(logs.get_log_events(logGroupName=group, logStreamName="s")["events"]) == 1


def test_what_retention_has_passed_is_gone(make_cloud):
    cloud = make_cloud().start()
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    put(logs, "g", "s", "old", at_ms=now_ms() - 30 * HOUR_MS)
    put(logs, "g", "s", "new")
    logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    assert messages(logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)) == ["new"]
    assert messages(logs.filter_log_events(logGroupName="g")) == ["new"]

    def stored():
        return logs.describe_log_groups()["logGroups"][0]["storedBytes"]

    eventually(lambda: stored() == len("new") + 26)
    logs.delete_retention_policy(logGroupName="g")
    assert messages(logs.filter_log_events(logGroupName="g")) == ["new"], "the old event is not there any more"


def test_events_survive_a_sigkill(make_cloud):
    cloud = make_cloud().start()
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    for number in range(50):
        put(logs, "g", "s", str(number), at_ms=now_ms())
    cloud.kill()
    cloud.start()
    logs = cloud.client("logs")
    assert sorted(messages(logs.filter_log_events(logGroupName="g")), key=int) == [str(n) for n in range(50)]


def test_what_functions_print_is_there(cloud, logs, name):
    functions = cloud.client("lambda")
    code = "def handler(event, context):\n    print('hello', event['who'])\n    print('')\n    return 1"
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=ROLE, Handler="main.handler", Code={"ZipFile": package(main__py=code)}
    )
    for who in ("grüße", "again"):
        functions.invoke(FunctionName=name, Payload=f'{{"who": "{who}"}}')
    group = f"/aws/lambda/{name}"

    def printed():
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return None
        found = messages(logs.filter_log_events(logGroupName=group))
        return found if sum(message.startswith("REPORT") for message in found) == 2 else None

    found = eventually(printed)
    assert "hello grüße\n" in found and "hello again\n" in found and "\n" in found
    assert sum(message.startswith("START RequestId: ") for message in found) == 2
    [stream] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert "/[$LATEST]" in stream["logStreamName"]


def test_what_the_model_refuses(cloud, name):
    logs = cloud.client("logs", parameter_validation=False)
    for call, parameters in [
        (logs.create_log_group, {"logGroupName": "a group"}),
        (logs.create_log_group, {}),
        (logs.describe_log_groups, {"limit": 51}),
    ]:
        with pytest.raises(ClientError) as refusal:
            call(**parameters)
        assert refusal.value.response["Error"]["Code"] == "InvalidParameterException"
        assert refusal.value.response["Error"]["Message"].startswith("1 validation error detected: Value ")
    logs.create_log_group(logGroupName=name)
    with pytest.raises(ClientError, match="The specified log stream does not exist."):
        logs.filter_log_events(logGroupName=name, logStreamNames=["none"])
