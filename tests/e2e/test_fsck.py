"""`cloudlet fsck`: a data folder that is whole, one in use, one that is none, and one that is damaged."""

import os
import subprocess

from conftest import BINARY
from raw import Raw


def fsck(data):
    command = [BINARY, "fsck", "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, env={"PATH": os.environ["PATH"]})


def refused(done, *says):
    assert done.returncode == 1, done
    for text in says:
        assert str(text) in done.stderr


def test_a_whole_folder_and_what_a_killed_process_left(make_cloud):
    cloud = make_cloud().start()
    Raw(cloud).sqs("CreateQueue", QueueName="q")
    refused(fsck(cloud.data), "another process uses", cloud.data)
    cloud.kill()
    name = "0" * 31 + "1"
    folder = cloud.data / "blobs" / "01"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"half")
    done = fsck(cloud.data)
    assert done.returncode == 0, done
    assert "records can be read" in done.stdout and "0 blobs" in done.stdout
    assert f"unreferenced: {name}" in done.stdout


def test_what_is_no_data_folder_is_left_alone(tmp_path):
    refused(fsck(tmp_path / "new"), tmp_path / "new", "no data folder")
    assert not (tmp_path / "new").exists()
    (tmp_path / "format").write_text("cloudlet 99\n")
    refused(fsck(tmp_path), "cloudlet 99")


def test_a_damaged_store(make_cloud):
    cloud = make_cloud().start()
    client = Raw(cloud)
    queue = client.sqs("CreateQueue", QueueName="q")["QueueUrl"]
    for number in range(100):
        client.sqs("SendMessage", QueueUrl=queue, MessageBody=str(number) * 100_000)
    assert cloud.stop() == 0
    tables = [file for file in (cloud.data / "store").rglob("tables/*") if file.is_file()]
    table = max(tables, key=lambda file: file.stat().st_size)
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 0x10
    table.write_bytes(content)
    refused(fsck(cloud.data), "the store is damaged")
