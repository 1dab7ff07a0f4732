"""Versions, aliases and qualifiers."""

import concurrent.futures
import json

import pytest
from conftest import eventually, refused
from functions import create, invoke, package

WHO = """
import os
def handler(event, context):
    return {"version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"], "arn": context.invoked_function_arn, "code": %d}
"""
NO_REVISION = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def functions(cloud):
    return cloud.client("lambda", read_timeout=60)


@pytest.fixture
def arn(name):
    return f"arn:aws:lambda:us-east-1:000000000000:function:{name}"


def update(functions, name, number, **parameters):
    return functions.update_function_code(FunctionName=name, ZipFile=package(main__py=WHO % number), **parameters)


def test_a_version_is_frozen(functions, name, arn):
    made = create(functions, name, WHO % 1, Environment={"Variables": {"AA": "1"}})
    first = functions.publish_version(FunctionName=name, Description="the first")
    assert (first["Version"], first["FunctionArn"], first["Description"]) == ("1", f"{arn}:1", "the first")
    assert first["CodeSha256"] == made["CodeSha256"] and first["RevisionId"] != made["RevisionId"]
    update(functions, name, 2)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"AA": "2"}}, Timeout=9)
    answer, body = invoke(functions, name, Qualifier="1")
    assert (answer["ExecutedVersion"], body) == ("1", {"version": "1", "arn": f"{arn}:1", "code": 1})
    answer, body = invoke(functions, name)
    assert (answer["ExecutedVersion"], body) == ("$LATEST", {"version": "$LATEST", "arn": arn, "code": 2})
    shown = functions.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (shown["Timeout"], shown["Environment"]["Variables"], shown["Version"]) == (3, {"AA": "1"}, "1")
    assert functions.get_function(FunctionName=f"{arn}:1")["Configuration"]["FunctionArn"] == f"{arn}:1"
    latest = functions.get_function_configuration(FunctionName=f"{name}:$LATEST")
    assert (latest["FunctionArn"], latest["Version"]) == (f"{arn}:$LATEST", "$LATEST")


def test_nothing_new_makes_no_version(functions, name):
    create(functions, name, WHO % 1)
    assert functions.publish_version(FunctionName=name)["Version"] == "1"
    assert functions.publish_version(FunctionName=name, Description="again")["Version"] == "1"
    update(functions, name, 1)
    assert functions.publish_version(FunctionName=name)["Version"] == "1"
    functions.update_function_configuration(FunctionName=name, MemorySize=256)
    assert functions.publish_version(FunctionName=name)["Version"] == "2"
    # The last version is what counts, not any.
    functions.update_function_configuration(FunctionName=name, MemorySize=128)
    assert functions.publish_version(FunctionName=name)["Version"] == "3"


def test_publish_with_the_code(functions, name, arn):
    made = create(functions, name, WHO % 1, Publish=True)
    assert (made["Version"], made["FunctionArn"]) == ("1", f"{arn}:1")
    changed = update(functions, name, 2, Publish=True)
    assert (changed["Version"], changed["FunctionArn"]) == ("2", f"{arn}:2")
    assert [invoke(functions, f"{name}:{qualifier}")[1]["code"] for qualifier in ["1", "2", "$LATEST"]] == [1, 2, 2]


def test_conditions_of_publishing(functions, name):
    made = create(functions, name, WHO % 1)
    wrong = refused(functions.publish_version, FunctionName=name, CodeSha256="x")
    sha256 = made["CodeSha256"]
    assert wrong == (
        "InvalidParameterValueException",
        f"CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha256}). Please try again with the "
        "CodeSHA256 in $LATEST.",
    )
    assert refused(functions.publish_version, FunctionName=name, RevisionId=NO_REVISION)[0] == "PreconditionFailedException"
    right = {"CodeSha256": sha256, "RevisionId": made["RevisionId"]}
    assert functions.publish_version(FunctionName=name, **right)["Version"] == "1"
    assert refused(functions.publish_version, FunctionName=name + "-none")[0] == "ResourceNotFoundException"


def test_versions_are_listed_and_deleted(functions, name, arn):
    create(functions, name, WHO % 0)
    for number in range(1, 12):
        update(functions, name, number, Publish=True)
    pages = functions.get_paginator("list_versions_by_function").paginate(
        FunctionName=name, PaginationConfig={"PageSize": 5}
    )
    versions = pages.build_full_result()["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", *map(str, range(1, 12))]
    assert [one["FunctionArn"] for one in versions[:2]] == [f"{arn}:$LATEST", f"{arn}:1"]
    assert "State" not in versions[0]
    functions.delete_function(FunctionName=name, Qualifier="3")
    functions.delete_function(FunctionName=f"{name}:4")
    functions.delete_function(FunctionName=name, Qualifier="4")
    left = functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert [one["Version"] for one in left] == ["$LATEST", "1", "2", *map(str, range(5, 12))]
    assert refused(functions.invoke, FunctionName=name, Qualifier="3") == (
        "ResourceNotFoundException",
        f"Function not found: {arn}:3",
    )
    assert refused(functions.delete_function, FunctionName=name, Qualifier="$LATEST")[0] == "InvalidParameterValueException"
    assert refused(functions.delete_function, FunctionName=name, Qualifier="alias")[0] == "InvalidParameterValueException"
    assert invoke(functions, name, Qualifier="2")[1]["code"] == 2
    everything = functions.get_paginator("list_functions").paginate(FunctionVersion="ALL").build_full_result()
    own = [one["FunctionArn"] for one in everything["Functions"] if one["FunctionName"] == name]
    assert own == [f"{arn}:{one['Version']}" for one in left]


def test_numbers_are_never_given_again(functions, name):
    create(functions, name, WHO % 1, Publish=True)
    functions.delete_function(FunctionName=name)
    for qualifier in ["1", "$LATEST"]:
        assert refused(functions.get_function, FunctionName=name, Qualifier=qualifier)[0] == "ResourceNotFoundException"
    assert create(functions, name, WHO % 1, Publish=True)["Version"] == "2"


def test_versions_published_at_once_have_their_own_numbers(functions, name):
    create(functions, name, WHO % 1)

    def change(number):
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"NUMBER": str(number)}})
        return functions.publish_version(FunctionName=name)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        published = list(pool.map(change, range(24)))
    versions = functions.list_versions_by_function(FunctionName=name)["Versions"][1:]
    numbers = [int(one["Version"]) for one in versions]
    assert numbers == list(range(1, len(numbers) + 1))
    shown = {one["Version"]: one["Environment"]["Variables"]["NUMBER"] for one in versions}
    assert all(shown[one["Version"]] == one["Environment"]["Variables"]["NUMBER"] for one in published)


def test_the_life_of_an_alias(functions, name, arn):
    create(functions, name, WHO % 1, Publish=True)
    update(functions, name, 2, Publish=True)
    made = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    made.pop("ResponseMetadata")
    revision = made.pop("RevisionId")
    assert made == {"AliasArn": f"{arn}:live", "Name": "live", "FunctionVersion": "1", "Description": ""}
    answer, body = invoke(functions, f"{arn}:live")
    assert (answer["ExecutedVersion"], body) == ("1", {"version": "1", "arn": f"{arn}:live", "code": 1})
    shown = functions.get_function_configuration(FunctionName=name, Qualifier="live")
    assert (shown["FunctionArn"], shown["Version"]) == (f"{arn}:live", "1")
    stale = refused(functions.update_alias, FunctionName=name, Name="live", FunctionVersion="2", RevisionId=NO_REVISION)
    assert stale[0] == "PreconditionFailedException"
    changed = functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2", RevisionId=revision)
    assert changed["FunctionVersion"] == "2" and changed["RevisionId"] != revision
    assert invoke(functions, name, Qualifier="live")[1]["code"] == 2
    functions.update_alias(FunctionName=name, Name="live", Description="what people see")
    assert functions.get_alias(FunctionName=name, Name="live")["Description"] == "what people see"
    functions.create_alias(FunctionName=name, Name="next", FunctionVersion="$LATEST")
    listed = functions.list_aliases(FunctionName=name)["Aliases"]
    assert [one["Name"] for one in listed] == ["live", "next"]
    of_version = functions.list_aliases(FunctionName=name, FunctionVersion="2")["Aliases"]
    assert [one["Name"] for one in of_version] == ["live"]
    busy = refused(functions.delete_function, FunctionName=name, Qualifier="2")
    message = "Unable to delete version because the following aliases reference it: [live]"
    assert busy == ("ResourceConflictException", message)
    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_function(FunctionName=name, Qualifier="2")
    assert refused(functions.get_alias, FunctionName=name, Name="live") == (
        "ResourceNotFoundException",
        f"Cannot find alias arn: {arn}:live",
    )
    assert refused(functions.invoke, FunctionName=name, Qualifier="live")[0] == "ResourceNotFoundException"


def test_what_aliases_and_versions_had_goes_with_them(functions, name):
    create(functions, name, WHO % 1, Publish=True)
    alias = {"FunctionName": name, "Name": "live", "FunctionVersion": "1"}
    live, first = ({"FunctionName": name, "Qualifier": qualifier} for qualifier in ["live", "1"])
    functions.create_alias(**alias)
    functions.create_function_url_config(**live, AuthType="NONE")
    for one in [live, first]:
        functions.put_function_event_invoke_config(**one, MaximumRetryAttempts=0)
    own = functions.create_function_url_config(FunctionName=name, AuthType="NONE")["FunctionUrl"]
    functions.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_function(**first)
    urls = functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    assert [one["FunctionUrl"] for one in urls] == [own]
    settings = functions.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
    assert [one["MaximumRetryAttempts"] for one in settings] == [1]
    update(functions, name, 2, Publish=True)
    functions.create_alias(**{**alias, "FunctionVersion": "2"})
    for gone in [functions.get_function_url_config, functions.get_function_event_invoke_config]:
        assert refused(gone, **live)[0] == "ResourceNotFoundException"


def test_what_aliases_cannot_be(functions, name, arn):
    create(functions, name, WHO % 1, Publish=True)
    update(functions, name, 2, Publish=True)
    update(functions, name, 3, Publish=True)
    wish = {"FunctionName": name, "Name": "a", "FunctionVersion": "1"}

    def weighed(weights, **parameters):
        parameters = {**wish, **parameters, "RoutingConfig": {"AdditionalVersionWeights": weights}}
        return refused(functions.create_alias, **parameters)

    assert refused(functions.create_alias, **{**wish, "FunctionVersion": "7"}) == (
        "ResourceNotFoundException",
        f"Function not found: {arn}:7",
    )
    assert refused(functions.create_alias, **{**wish, "Name": "7"})[0] == "ValidationException"
    assert weighed({"2": 0.1, "3": 0.1})[0] == "InvalidParameterValueException"
    assert weighed({"1": 0.1})[1].endswith("is already included in routing configuration.")
    assert weighed({"2": 0.1}, FunctionVersion="$LATEST")[0] == "InvalidParameterValueException"
    assert weighed({"9": 0.1})[0] == "ResourceNotFoundException"
    assert weighed({"2": 1.1})[0] == "ValidationException"
    assert weighed({"$LATEST": 0.5})[0] in ["ValidationException", "InvalidParameterValueException"]
    functions.create_alias(**wish)
    assert refused(functions.create_alias, **wish) == ("ResourceConflictException", f"Alias already exists: {arn}:a")
    missing = refused(functions.update_alias, FunctionName=name, Name="none")
    assert missing == ("ResourceNotFoundException", f"Alias not found: {arn}:none")


def test_weights_send_a_part_elsewhere(functions, name):
    create(functions, name, WHO % 1, Publish=True)
    update(functions, name, 2, Publish=True)
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    made = functions.create_alias(FunctionName=name, Name="both", FunctionVersion="1", RoutingConfig=routing)
    assert made["RoutingConfig"] == routing
    answers = [invoke(functions, name, Qualifier="both") for _ in range(60)]
    counts = [sum(1 for answer, body in answers if answer["ExecutedVersion"] == str(version) == body["version"] and body["code"] == version) for version in [1, 2]]
    # One in a million runs has fewer than twelve of one of them.
    assert sum(counts) == 60 and min(counts) >= 12
    busy = refused(functions.delete_function, FunctionName=name, Qualifier="2")
    assert busy[0] == "ResourceConflictException"
    functions.update_alias(FunctionName=name, Name="both", RoutingConfig={})
    assert "RoutingConfig" not in functions.get_alias(FunctionName=name, Name="both")
    assert {invoke(functions, name, Qualifier="both")[0]["ExecutedVersion"] for _ in range(10)} == {"1"}


def test_qualifiers_must_agree(functions, name, arn):
    create(functions, name, WHO % 1, Publish=True)
    conflict = refused(functions.invoke, FunctionName=f"{name}:1", Qualifier="2")
    message = "The derived qualifier from the function name does not match the specified qualifier."
    assert conflict == ("InvalidParameterValueException", message)
    assert invoke(functions, f"{arn}:1", Qualifier="1")[0]["ExecutedVersion"] == "1"
    assert refused(functions.tag_resource, Resource=f"{arn}:1", Tags={"a": "1"})[0] == "InvalidParameterValueException"


def test_each_has_its_own_policy(functions, name, arn):
    create(functions, name, WHO % 1, Publish=True)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    wish = {"FunctionName": name, "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "111122223333"}
    for qualifier in [{}, {"Qualifier": "1"}, {"Qualifier": "live"}]:
        functions.add_permission(**wish, **qualifier)
        shown = functions.get_policy(FunctionName=name, **qualifier)
        [statement] = json.loads(shown["Policy"])["Statement"]
        assert statement["Resource"] == ":".join([arn, *qualifier.values()])
        stale = refused(functions.add_permission, **{**wish, "StatementId": "t"}, **qualifier, RevisionId=NO_REVISION)
        assert stale[0] == "PreconditionFailedException"
    functions.remove_permission(FunctionName=name, StatementId="s", Qualifier="live")
    assert refused(functions.get_policy, FunctionName=name, Qualifier="live")[0] == "ResourceNotFoundException"
    assert functions.get_policy(FunctionName=name)["Policy"]
    latest = refused(functions.add_permission, **wish, Qualifier="$LATEST")
    assert latest == ("InvalidParameterValueException", "We currently do not support adding policies for $LATEST.")
    missing = refused(functions.add_permission, **wish, Qualifier="none")
    assert missing == ("ResourceNotFoundException", f"Cannot find alias arn: {arn}:none")


def test_events_and_queues_reach_what_they_named(cloud, functions, name, arn):
    queues = cloud.client("sqs")
    source, seen = (queues.create_queue(QueueName=f"{name[:60]}-{part}")["QueueUrl"] for part in ["in", "out"])
    code = """
import os, urllib.parse, urllib.request
def handler(event, context):
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"],
            "MessageBody": "%d " + context.invoked_function_arn}
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"], urllib.parse.urlencode(form).encode()).read()
"""
    variables = {"Variables": {"OUT": seen}}
    create(functions, name, code % 1, Publish=True, Environment=variables)
    functions.update_function_code(FunctionName=name, ZipFile=package(main__py=code % 2))
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    def next_seen():
        messages = queues.receive_message(QueueUrl=seen, WaitTimeSeconds=1).get("Messages")
        for message in messages or []:
            queues.delete_message(QueueUrl=seen, ReceiptHandle=message["ReceiptHandle"])
        return messages and messages[0]["Body"]

    functions.invoke(FunctionName=name, InvocationType="Event", Qualifier="live")
    assert eventually(next_seen) == f"1 {arn}:live"
    queue_arn = queues.get_queue_attributes(QueueUrl=source, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(EventSourceArn=queue_arn, FunctionName=f"{arn}:live")
    assert mapping["FunctionArn"] == f"{arn}:live"
    queues.send_message(QueueUrl=source, MessageBody="x")
    assert eventually(next_seen) == f"1 {arn}:live"
    listed = functions.list_event_source_mappings(FunctionName=f"{name}:live")["EventSourceMappings"]
    assert [one["UUID"] for one in listed] == [mapping["UUID"]]
    missing = refused(functions.create_event_source_mapping, EventSourceArn=queue_arn, FunctionName=f"{name}:9")
    assert missing[0] in ["ResourceNotFoundException", "InvalidParameterValueException"]
    functions.delete_event_source_mapping(UUID=mapping["UUID"])


def test_versions_outlive_a_sigkill(make_cloud, name):
    cloud = make_cloud().start()
    functions = cloud.client("lambda")
    create(functions, name, WHO % 1, Publish=True)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    update(functions, name, 2)
    cloud.kill()
    cloud.start()
    functions = cloud.client("lambda", read_timeout=60)
    assert invoke(functions, name, Qualifier="live")[1]["code"] == 1
    assert invoke(functions, name)[1]["code"] == 2
