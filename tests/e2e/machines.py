"""What tests of Step Functions have in common: state machines, their executions, and what became of them."""

import json

from conftest import eventually

ROLE = "arn:aws:iam::000000000000:role/states"
# What happens after the beginning of an execution that is nothing but a distributed map.
OF_A_MAP_RUN = [
    "MapStateStarted",
    "MapRunStarted",
    "MapRunSucceeded",
    "MapStateSucceeded",
    "MapStateExited",
    "ExecutionSucceeded",
]


def make(states, name, definition, **more):
    """Makes a state machine, and gives its ARN."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return states.create_state_machine(name=name, definition=text, roleArn=ROLE, **more)["stateMachineArn"]


def machine(**states):
    """A definition whose first state comes first; each goes on to the next one, unless it says where it goes."""
    names = list(states)
    for name, after in zip(names, [*names[1:], None]):
        state = states[name]
        if state["Type"] in ("Succeed", "Fail", "Choice") or "Next" in state or "End" in state:
            continue
        state.update({"Next": after} if after else {"End": True})
    return {"StartAt": names[0], "States": states}


def start(states, arn, input=None, **more):
    """Starts an execution, and gives its ARN."""
    text = json.dumps({} if input is None else input, ensure_ascii=False)
    return states.start_execution(stateMachineArn=arn, input=text, **more)["executionArn"]


def ended(states, execution, seconds=20):
    """An execution once it is over."""

    def over():
        shown = states.describe_execution(executionArn=execution)
        return shown if shown["status"] != "RUNNING" else None

    return eventually(over, seconds)


def run(states, arn, input=None, **more):
    """Starts an execution, and gives its output once it has succeeded."""
    shown = ended(states, start(states, arn, input, **more))
    assert shown["status"] == "SUCCEEDED", shown
    return json.loads(shown["output"])


def history(states, execution, **more):
    """All events of an execution."""
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution, **more)
    return [event for page in pages for event in page["events"]]


def types(states, execution):
    """The types of the events of an execution, in order."""
    return [event["type"] for event in history(states, execution)]
