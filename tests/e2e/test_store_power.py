"""Power cuts: what was acknowledged at `--durability power` is on the disk, and at `crash` what is a second old.

See powercut.py for what a cut leaves. CLOUDLET_SEED repeats a run's choices.
"""

import time

import powercut
import pytest
from conftest import eventually
from load import Found, Ledger, Load, prepare

# What is torn is different every time.
KINDS = ["late", "early", "torn", "torn", "torn"]


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return powercut.build(tmp_path_factory.mktemp("powercut"))


def test_at_power_nothing_acknowledged_is_lost(make_cloud, tmp_path, library, chance):
    ledger = Ledger()
    data = tmp_path / "0" / "data"
    for number in range(3):
        cut = powercut.Cut(library, data.parent)
        cloud = make_cloud("--durability", "power", data=data, env=cut.env).start()
        if number == 0:
            prepare(cloud)
        load = Load(cloud, ledger, str(number))
        goal = len(ledger) + chance.randrange(50, 600)
        eventually(lambda: len(ledger) > goal, 60)
        cloud.kill()
        load.end()
        check(make_cloud, cut, ledger, chance)
        # The next cloud starts on what the disk had at least; what the check received is not in it.
        data = cut.left("late", tmp_path / str(number + 1))


def test_at_power_while_tables_are_written(make_cloud, tmp_path, library, chance):
    """With values so large that the engine writes and drops whole files meanwhile."""
    ledger = Ledger()
    cut = powercut.Cut(library, tmp_path / "0")
    cloud = make_cloud("--durability", "power", data=cut.data, env=cut.env).start()
    prepare(cloud)
    load = Load(cloud, ledger, "0", padding=200_000)
    # Until a first journal is no longer needed, and dropped.
    eventually(lambda: not (cut.data / "store/0.jnl").exists(), 180)
    goal = len(ledger) + chance.randrange(200)
    eventually(lambda: len(ledger) > goal, 60)
    cloud.kill()
    load.end()
    check(make_cloud, cut, ledger, chance)


def check(make_cloud, cut, ledger, chance):
    """Starts a cloud on everything that the cut may have left."""
    for number, kind in enumerate(KINDS):
        root = cut.root.with_name(f"{cut.root.name}-{number}-{kind}")
        after = make_cloud("--durability", "power", data=cut.left(kind, root, chance)).start()
        found = Found(after)
        assert found.lost(ledger) == set(), kind
        assert not found.half_there(ledger), kind
        after.kill()


def test_at_crash_what_is_two_seconds_old_is_not_lost(make_cloud, tmp_path, library, chance):
    """And what is younger is: the test itself would notice if it dropped nothing."""
    cut = powercut.Cut(library, tmp_path / "0")
    cloud = make_cloud("--durability", "crash", data=cut.data, env=cut.env).start()
    prepare(cloud)
    begun, ledger = time.monotonic(), Ledger()
    load = Load(cloud, ledger, "0")
    eventually(lambda: time.monotonic() > begun + 4 and len(ledger) > 100)
    # Some time after a sync, and well before the next one.
    last = cut.synced_ns()
    eventually(lambda: cut.synced_ns() > last)
    count = len(ledger)
    eventually(lambda: len(ledger) > count + 20)
    killed = time.monotonic()
    cloud.kill()
    load.end()
    for number, kind in enumerate(KINDS):
        after = make_cloud(data=cut.left(kind, tmp_path / f"{number}-{kind}", chance)).start()
        found = Found(after)
        assert found.lost(ledger, before=killed - 2) == set(), kind
        if kind == "late":
            assert found.lost(ledger), "the cut dropped nothing"
        after.kill()
