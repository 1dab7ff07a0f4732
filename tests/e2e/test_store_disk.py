"""Data folders that cannot be used, and disks that are full: a clear error, never a hang, and nothing half done."""

import os
import subprocess

import pytest
from conftest import BINARY
from raw import UNSURE, Raw, Refused

KIB = 1024


def up(data, port=0):
    """Starts a cloud that must end by itself, and soon."""
    command = [BINARY, "up", "--port", str(port), "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, env={"PATH": os.environ["PATH"]})


def refused(done, *says):
    assert done.returncode == 1, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("cloudlet: ") and "panicked" not in done.stderr, done.stderr
    for text in says:
        assert str(text) in last


def fill(folder, but_bytes):
    """Takes all space of a disk but so much."""
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    ballast = folder / "ballast"
    ballast.write_bytes(b"\1" * max(0, free - but_bytes))
    return ballast


@pytest.mark.parametrize("found", ["cloudlet 99\n", "", "something else\n"])
def test_another_format_is_refused_and_left_alone(tmp_path, found):
    data = tmp_path / "data"
    data.mkdir()
    (data / "format").write_text(found)
    refused(up(data), data, "cloudlet 1", repr(found.strip()).replace("'", '"'))
    assert (data / "format").read_text() == found
    assert sorted(entry.name for entry in data.iterdir()) == ["format", "lock"]


def test_a_file_is_no_data_folder(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    refused(up(file), file)
    refused(up(file / "below"), file)
    assert file.read_text() == "mine"


def test_a_taken_port_leaves_a_folder_that_can_be_used(make_cloud, tmp_path):
    port = make_cloud().start().url.rsplit(":", 1)[1]
    data = tmp_path / "other"
    refused(up(data, port), f"127.0.0.1:{port}")
    other = make_cloud(data=data).start()
    Raw(other).sqs("CreateQueue", QueueName="q")
    assert other.stop() == 0


def test_a_read_only_folder(make_cloud, disk):
    folder = disk(16 * KIB)
    cloud = make_cloud(data=folder / "data").start()
    Raw(cloud).sqs("CreateQueue", QueueName="q")
    assert cloud.stop() == 0
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    refused(up(folder / "data"), folder / "data", "Read-only")
    refused(up(folder / "new"), folder / "new", "Read-only")
    subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
    assert Raw(cloud.start()).sqs("GetQueueUrl", QueueName="q")


def test_a_disk_that_is_full_at_the_first_start(make_cloud, disk):
    """However far it comes: an error, and a folder that serves once there is room."""
    failures = 0
    for free_kib in [0, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80]:
        folder = disk(4 * KIB)
        ballast = fill(folder, free_kib * KIB)
        cloud = make_cloud(data=folder / "data")
        command = [BINARY, "up", "--port", "0", "--data", str(cloud.data)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]})
        first = next((line for line in process.stderr if '"serving"' in line or line.startswith("cloudlet: ")), "")
        if '"serving"' in first:
            process.kill()
        else:
            failures += 1
            assert str(folder) in first and "No space left" in first, (free_kib, first)
        assert process.wait(10) != 0
        ballast.unlink()
        Raw(cloud.start()).sqs("CreateQueue", QueueName="q")
        assert cloud.stop() == 0
    assert failures > 5


@pytest.mark.parametrize("durability", ["crash", "power"])
@pytest.mark.parametrize("size", [300, 60_000])
def test_a_disk_that_becomes_full(make_cloud, disk, durability, size):
    """What was acknowledged stays, what was refused later did not happen, reading goes on, and a restart with room heals."""
    # With the larger values the engine is writing sorted tables when there is no more room.
    folder = disk(8 * KIB if size == 300 else 40 * KIB)
    cloud = make_cloud("--durability", durability, data=folder / "data").start()
    client = Raw(cloud)
    queue = client.sqs("CreateQueue", QueueName="q")["QueueUrl"]
    ballast = fill(folder, folder_room(size))
    sent, error = [], None
    for number in range(100_000):
        body = f"{number} ".ljust(size, "x")
        try:
            client.sqs("SendMessage", QueueUrl=queue, MessageBody=body)
        except Refused as refusal:
            error = refusal
            break
        sent.append(body)
    assert error.args[0] == 500 and b"InternalFailure" in error.args[1]
    assert sent
    # No write hangs, and no read fails.
    for _ in range(5):
        with pytest.raises(Refused):
            client.sqs("SendMessage", QueueUrl=queue, MessageBody="refused")
    assert client.sqs("GetQueueUrl", QueueName="q")["QueueUrl"] == queue
    ballast.unlink()
    try:
        client.sqs("SendMessage", QueueUrl=queue, MessageBody="perhaps")
    except UNSURE + (Refused,):
        pass
    cloud.stop()
    client = Raw(cloud.start())
    found = set()
    ask = {"QueueUrl": f"{cloud.url}/000000000000/q", "MaxNumberOfMessages": 10, "VisibilityTimeout": 600}
    while messages := client.sqs("ReceiveMessage", **ask).get("Messages"):
        found.update(message["Body"] for message in messages)
    assert set(sent) <= found
    # The write that met the full disk may be there whole: its answer says that nobody knows. Those after it are not.
    assert found <= {*sent, body, "perhaps"}, "what was refused is there"
    client.sqs("SendMessage", QueueUrl=ask["QueueUrl"], MessageBody="goes on")
    assert cloud.stop() == 0


def folder_room(size):
    return (1 if size == 300 else 30) * 1024 * KIB
