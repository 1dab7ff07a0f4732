"""Step Functions as boto3 uses it: state machines."""

import json

import pytest
from conftest import refused
from machines import ROLE, machine, make, run

HELLO = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": "world", "End": True}}}


@pytest.fixture
def states(cloud):
    return cloud.client("stepfunctions")


def test_the_life_of_a_state_machine(states, name):
    arn = make(states, name, HELLO, tags=[{"key": "team", "value": "trips"}])
    assert arn == f"arn:aws:states:us-east-1:000000000000:stateMachine:{name}"
    shown = states.describe_state_machine(stateMachineArn=arn)
    assert (shown["name"], shown["status"], shown["type"]) == (name, "ACTIVE", "STANDARD")
    assert json.loads(shown["definition"]) == HELLO
    assert shown["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert (shown["tracingConfiguration"], shown["roleArn"]) == ({"enabled": False}, ROLE)
    assert arn in [each["stateMachineArn"] for each in states.list_state_machines()["stateMachines"]]
    bare = states.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
    assert (bare["definition"], bare["roleArn"]) == ("", ROLE)
    for within in [arn + ":1", arn + ":PROD", arn + "/Each"]:
        assert refused(states.delete_state_machine, stateMachineArn=within)[0] == "ValidationException"
    states.delete_state_machine(stateMachineArn=arn)
    states.delete_state_machine(stateMachineArn=arn)
    missing = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    assert refused(states.describe_state_machine, stateMachineArn=arn) == missing


def test_making_the_same_again_is_no_error(states, name):
    arn = make(states, name, HELLO)
    assert make(states, name, HELLO) == arn
    other = {**HELLO, "Comment": "another one"}
    exists = ("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    assert refused(make, states, name, other) == exists
    assert refused(make, states, name, HELLO, type="EXPRESS") == exists


def test_what_is_wrong_is_said(states, name):
    code, message = refused(make, states, name, {"StartAt": "A", "States": {"B": {"Type": "Succeed"}}})
    assert code == "InvalidDefinition" and message.startswith("Invalid State Machine Definition: '")
    assert "MISSING_TRANSITION_TARGET" in message
    assert refused(make, states, "a b", HELLO) == ("InvalidName", "Invalid Name: 'a b'")
    assert refused(make, states, name, "{")[0] == "InvalidDefinition"
    level = {"level": "ALL"}
    assert refused(make, states, name, HELLO, loggingConfiguration=level)[0] == "InvalidLoggingConfiguration"
    assert refused(states.describe_state_machine, stateMachineArn="nowhere")[0] == "InvalidArn"


def test_lists_come_in_pages(make_cloud):
    states = make_cloud().start().client("stepfunctions")
    names = [f"m{number}" for number in range(5)]
    for each in names:
        make(states, each, HELLO)
    first = states.list_state_machines(maxResults=2)
    assert [each["name"] for each in first["stateMachines"]] == names[:2]
    pages = states.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 2})
    assert [each["name"] for page in pages for each in page["stateMachines"]] == names
    assert refused(states.list_state_machines, nextToken="x")[0] == "InvalidToken"


def test_an_update_makes_a_revision(states, name):
    arn = make(states, name, HELLO)
    other = json.dumps(machine(Pass={"Type": "Pass", "Result": 2}))
    missing = refused(states.update_state_machine, stateMachineArn=arn)
    assert missing[0] == "MissingRequiredParameter"
    update = {"definition": other, "publish": True, "versionDescription": "two"}
    updated = states.update_state_machine(stateMachineArn=arn, **update)
    assert states.describe_state_machine(stateMachineArn=arn)["revisionId"] == updated["revisionId"]
    version = states.describe_state_machine(stateMachineArn=updated["stateMachineVersionArn"])
    assert (version["description"], version["definition"]) == ("two", other)
    assert run(states, arn) == 2
    stale = {"stateMachineArn": arn, "revisionId": "INITIAL"}
    assert refused(states.publish_state_machine_version, **stale)[0] == "ConflictException"


def test_a_definition_is_validated_before_it_is_made(states):
    good = states.validate_state_machine_definition(definition=json.dumps(HELLO))
    assert (good["result"], good["diagnostics"]) == ("OK", [])
    bad = states.validate_state_machine_definition(definition='{"StartAt": "A", "States": {}}')
    assert bad["result"] == "FAIL" and bad["diagnostics"][0]["severity"] == "ERROR"


def test_tags(states, name):
    arn = make(states, name, HELLO, tags=[{"key": "a", "value": "1"}])
    states.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    states.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert states.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    assert refused(states.list_tags_for_resource, resourceArn=arn + "x")[0] == "ResourceNotFound"
