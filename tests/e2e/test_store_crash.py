"""SIGKILL, again and again, under load of every kind: nothing acknowledged is lost, what is deleted stays deleted, and
nothing is half there."""

import subprocess
import threading

import pytest
from conftest import BINARY, eventually
from load import Found, Ledger, Load, prepare
from raw import Raw

# Each takes a fraction of a second, most of which is the load.
ROUNDS = {"crash": 40, "power": 10}


@pytest.mark.parametrize("durability", ROUNDS)
def test_fifty_times_killed(make_cloud, chance, durability):
    cloud = make_cloud("--durability", durability).start()
    ledger = Ledger()
    prepare(cloud)
    for number in range(ROUNDS[durability]):
        load = Load(cloud, ledger, str(number))
        if chance.random() < 0.2:
            # While the clients are still connecting.
            threading.Event().wait(chance.random() * 0.05)
        else:
            goal = len(ledger) + chance.randrange(1, 500)
            eventually(lambda: len(ledger) >= goal or load.wrong)
        cloud.kill()
        load.end()
        cloud.start()
    print(ledger)
    found = Found(cloud)
    assert found.lost(ledger) == set()
    assert not found.half_there(ledger)
    fan_out(found, ledger)
    assert not any("panicked" in line for line in cloud.log)


def fan_out(found, ledger):
    """Every message that was acknowledged comes to both queues, and one that was not to both or to none."""
    first, second = set(), set()

    def all_is_there():
        first.update(found.received("fan-1"))
        second.update(found.received("fan-2"))
        return first == second and set(ledger.published) <= first

    eventually(all_is_there, 60)
    assert first <= ledger.tried_to_publish


def test_killed_while_it_starts_for_the_first_time(make_cloud, tmp_path, chance):
    for number in range(25):
        data = tmp_path / str(number)
        process = subprocess.Popen([BINARY, "up", "--port", "0", "--data", str(data)], stderr=subprocess.DEVNULL)
        threading.Event().wait(chance.random() * 0.06)
        process.kill()
        process.wait()
        cloud = make_cloud(data=data).start()
        Raw(cloud).sqs("CreateQueue", QueueName="q")
        cloud.kill()
