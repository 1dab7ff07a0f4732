"""The demo, as somebody sees it who has just cloned the repository."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from conftest import BINARY
from test_js import all_is_well

RESULT = "40 booked · 40 billed · 40 audited · 0 lost"
# The first run builds the example with its SDKs.
BUILD_SECONDS_MAX = 1200
RUN_SECONDS_MAX = 180


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
    assert "python3 is not installed" in demo.stdout
    assert demo.stdout.splitlines()[-1] == RESULT


def test_somebody_books_trips_in_a_browser():
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLOUDLET_")}
    command = [BINARY, "demo", "--keep"]
    demo = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS_MAX, env=own)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    folder, process = re.search(r"Its data and its log are in (.+)\. Stop it with: kill (\d+)", demo.stdout).groups()
    try:
        all_is_well({}, "trips.mjs", re.search(r"in a browser: (\S+)", demo.stdout)[1])
    finally:
        os.kill(int(process), signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)
