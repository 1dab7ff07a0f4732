"""The demo, as somebody sees it who has just cloned the repository."""

import os
import subprocess
from pathlib import Path

from conftest import BINARY

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
