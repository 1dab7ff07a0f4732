"""The demo, as somebody sees it who has just cloned the repository."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.parse
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import BINARY
from test_js import all_is_well
from web import visit

RESULT = "40 booked · 40 billed · 40 audited · 0 lost"
# The first run builds the example with its SDKs.
BUILD_SECONDS_MAX = 1200
RUN_SECONDS_MAX = 180


@pytest.fixture(scope="module", autouse=True)
def alone(tmp_path_factory):
    """One demonstration at a time: another one would take the port of a server that was just killed."""
    with open(tmp_path_factory.getbasetemp().parent / "demo.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_every_booking_survives_a_sigkill_in_either_language(tmp_path):
    # The variables of tests are no settings.
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLOUDLET_")}
    demo = subprocess.run([BINARY, "demo"], capture_output=True, text=True, timeout=BUILD_SECONDS_MAX, env=own)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    lines = demo.stdout.splitlines()
    assert lines[-1] == RESULT
    assert any("killed (SIGKILL) after 20 acknowledged bookings" in line for line in lines)
    assert "\x1b" not in demo.stdout

    # Nothing on the path: no Python.
    program = Path(BINARY).parents[1] / "examples/trips/release/trips-demo"
    environment = {"PATH": str(tmp_path), "TMPDIR": os.environ.get("TMPDIR", "/tmp")}
    command = [program, "--cloudlet", BINARY]
    demo = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS_MAX, env=environment)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "python3 is not installed: all functions" in demo.stdout
    assert demo.stdout.splitlines()[-1] == RESULT


@pytest.fixture(scope="module")
def kept():
    """What the demo says when it leaves everything running."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLOUDLET_")}
    command = [BINARY, "demo", "--keep"]
    demo = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX, env=own)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    folder, process = re.search(r"Its data and its log are in (.+)\. Stop it with: kill (\d+)", demo.stdout).groups()
    yield demo.stdout
    os.kill(int(process), signal.SIGTERM)
    shutil.rmtree(folder, ignore_errors=True)


def test_somebody_books_trips_in_a_browser(kept):
    all_is_well({}, "trips.mjs", re.search(r"in a browser: (\S+)", kept)[1])


def test_the_front_looks_at_who_asks_and_at_what(kept):
    front = urllib.parse.urlsplit(re.search(r"'(http\S+)/prod/trips'", kept)[1])
    token, key = re.search(r"authorization: (Bearer \w+)' -H 'x-api-key: (\w+)'", kept).groups()
    known = {"authorization": token, "x_api_key": key, "content_type": "application/json"}
    trip = {"id": "mine", "traveller": "Ada", "from": "London", "to": "Paris"}

    def asked(path, stage="prod", **how):
        return visit(SimpleNamespace(url=front.geturl()), f"{front.path}/{stage}{path}", **how)

    def booked(headers, trip=trip, stage="prod"):
        return asked("/trips", stage, method="POST", body=json.dumps(trip), **headers).status

    assert booked({**known, "authorization": "Bearer nobody"}) == 401
    assert booked({name: value for name, value in known.items() if name != "authorization"}) == 401
    assert booked({**known, "x_api_key": "none"}) == 403
    assert booked(known, {**trip, "to": ""}) == 400
    assert booked(known, {**trip, "id": "ö"}) == 400
    assert booked(known) == 201
    assert booked(known) == 200
    assert booked(known, stage="dev") == 200
    assert json.loads(asked("/trips/mine", **known).body)["steps"][0]["name"] == "Book hotel"
    assert asked("/trips/yours", **known).status == 404

    # The travellers' stage remembers what the other one looks up each time.
    def places_of(stage):
        return json.loads(asked("/places", stage).body)["asOf"]

    assert places_of("prod") == places_of("prod")
    first = places_of("dev")
    assert any(places_of("dev") != first for _ in range(100))
