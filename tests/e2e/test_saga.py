"""The saga of examples/trips: each trip is booked wholly or undone wholly, whatever fails and whoever is killed."""

import contextlib
import json
import os
import signal
import threading
from pathlib import Path

import machines
from functions import create, package

EXAMPLE = Path(__file__).parents[2] / "examples/trips"
TRIPS = 200
AT_ONCE = 16
KILLS = 100
PLACES = ["hotel", "flight", "car"]
# Where something of a trip is sold out; elsewhere everything is to be had.
SOLD_OUT = {"hotel": "Oslo", "flight": "Rome", "car": "Venice"}
TOWNS = ["Oslo", "Rome", "Venice", "Paris", "Paris", "Paris"]
BATCH_SECONDS = 6

# Fails before the work or after it, by an error or by an end of the process; always the same way in the same attempt.
FAULTY = """
import os, random, booking

def handler(event, context):
    trip = event["trip"]
    chance = random.Random(f'{trip["seed"]} {os.environ["TABLE"]} {event["do"]} {event["attempt"]}')
    how = chance.choices(["well", "raise", "exit"], [7, 2, 1])[0]
    if chance.random() < 0.5:
        fail(how)
    done = booking.handler(event, context)
    fail(how)
    return done

def fail(how):
    if how == "raise":
        raise RuntimeError("injected")
    if how == "exit":
        os._exit(1)
"""


def read(file):
    return (EXAMPLE / file).read_text()


def deploy(cloud):
    """The example as it is, but for the faults around its bookings: the state machine's ARN."""
    functions, sqs = cloud.client("lambda"), cloud.client("sqs")
    sigv4 = read("bill/sigv4.py")
    bookings = {"ZipFile": package(main__py=FAULTY, booking__py=read("saga/booking.py"), sigv4__py=sigv4)}
    table(cloud, "trips")
    topic = cloud.client("sns").create_topic(Name="trips")["TopicArn"]
    for place in PLACES:
        table(cloud, place)
        settings = {"Variables": {"TABLE": place, "SOLD_OUT": SOLD_OUT[place]}}
        create(functions, place, "", Code=bookings, Environment=settings, Timeout=10)
    attributes = {"VisibilityTimeout": str(BATCH_SECONDS)}
    queue = sqs.create_queue(QueueName="payments", Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    payer = {"ZipFile": package(main__py=read("saga/payer.py"), sigv4__py=sigv4)}
    refused = {"Variables": {"REFUSED": "poor"}}
    create(functions, "payer", "", Code=payer, Environment=refused, Timeout=BATCH_SECONDS)
    functions.create_event_source_mapping(
        FunctionName="payer", EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    definition = read("saga/trip.asl.json").replace("${Payments}", queue).replace("${Topic}", topic)
    return machines.make(states(cloud), "trip", definition)


def table(cloud, name):
    cloud.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


def states(cloud):
    return cloud.client("stepfunctions", inject_host_prefix=False)


def wanted(chance):
    return [
        {
            "id": f"trip-{number}",
            "traveller": chance.choice(["ada", "ada", "ada", "ada", "poor"]),
            "to": chance.choice(TOWNS),
            "seed": chance.getrandbits(32),
        }
        for number in range(TRIPS)
    ]


def test_every_trip_is_wholly_booked_or_wholly_undone(make_cloud, chance):
    cloud = make_cloud().start()
    machine = deploy(cloud)
    trips = wanted(chance)
    waiting, running, kills, functions_killed = list(trips), {}, 0, 0
    while waiting or kills < KILLS and running:
        while waiting and len(running) < AT_ONCE:
            trip = waiting.pop()
            running[trip["id"]] = machines.start(states(cloud), machine, {"trip": trip}, name=trip["id"])
        # Any moment.
        threading.Event().wait(chance.uniform(0.02, 0.6))
        functions_killed += kill_a_function(cloud, chance)
        threading.Event().wait(chance.uniform(0.02, 0.6))
        if kills < KILLS:
            cloud.kill()
            cloud.start()
            kills += 1
        running = {trip: arn for trip, arn in running.items() if is_running(cloud, arn)}
    executions = {trip["id"]: machine.replace(":stateMachine:", ":execution:") + ":" + trip["id"] for trip in trips}
    ends = {trip: machines.ended(states(cloud), arn, 90) for trip, arn in executions.items()}
    pages = states(cloud).get_paginator("list_executions").paginate(stateMachineArn=machine)
    listed = [execution["name"] for page in pages for execution in page["executions"]]
    assert sorted(listed) == sorted(executions)
    tables = {place: items(cloud, place) for place in PLACES}
    written = {trip: item["why"]["S"] for trip, item in items(cloud, "trips").items()}
    for trip in trips:
        agrees(cloud, trip, ends[trip["id"]], {place: tables[place].get(trip["id"]) for place in PLACES}, written)
    booked = sum(end["status"] == "SUCCEEDED" for end in ends.values())
    print(f"{booked} booked, {TRIPS - booked} undone, {kills} times killed, and {functions_killed} functions")
    assert functions_killed > 0
    assert 0 < booked < TRIPS


def kill_a_function(cloud, chance):
    """Sends SIGKILL to a process that the cloud runs; false where there is none just now."""
    running = sorted(descendants(cloud.process.pid))
    with contextlib.suppress(ProcessLookupError):
        if running:
            os.kill(chance.choice(running), signal.SIGKILL)
            return True
    return False


def descendants(pid):
    children = set()
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        # A thread, or the process itself, may be gone by now.
        with contextlib.suppress(OSError):
            children.update(int(child) for child in file.read_text().split())
    return children.union(*map(descendants, children))


def is_running(cloud, execution):
    return states(cloud).describe_execution(executionArn=execution)["status"] == "RUNNING"


def items(cloud, table):
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {item["id"]["S"]: item for page in pages for item in page["Items"]}


def agrees(cloud, trip, end, parts, written):
    """Whether the tables, the end of the execution and its history tell the same of a trip."""
    events = machines.history(states(cloud), end["executionArn"])
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    entered = [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]
    assert len(entered) == len(set(entered)), (trip, entered)
    found = {place: part["state"]["S"] if part else None for place, part in parts.items()}
    assert all(int(part["booked"]["N"]) == 1 for part in parts.values() if part and "booked" in part)
    if end["status"] == "SUCCEEDED":
        assert entered == ["Book hotel", "Book flight", "Book car", "Pay", "Announce", "Booked"]
        assert set(found.values()) == {"booked"}, (trip, found)
        assert trip["id"] not in written
        return
    assert end["status"] == "FAILED", end
    cancelled = [name.removeprefix("Cancel ") for name in entered if name.startswith("Cancel ")]
    tried = [name.removeprefix("Book ") for name in entered if name.startswith("Book ")]
    assert cancelled == tried[::-1], (trip, entered)
    assert entered[-2:] == ["Write down", "Undone"]
    assert written[trip["id"]] == end["error"]
    assert found == {place: "cancelled" if place in tried else None for place in PLACES}, (trip, found)
