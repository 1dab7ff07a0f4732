"""Runs the real binary on free ports and temporary folders, and hands out stock clients for it."""

import hashlib
import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from command_line import CommandLine
from local_names import resolve_local_names

BINARY = os.environ.get("CLOUDLET_BINARY", str(Path(__file__).parents[2] / "target/debug/cloudlet"))
resolve_local_names()
START_SECONDS_MAX = 20
STOP_SECONDS_MAX = 5


class Cloud:
    """A running Cloudlet."""

    def __init__(self, data, *flags, env=None, preexec=None):
        self.data = Path(data)
        self.flags = flags
        self.env = env or {}
        self.preexec = preexec
        self.process = None
        self.url = None
        self.log = []

    def start(self):
        command = [BINARY, "up", "--port", "0", "--data", str(self.data), *self.flags]
        environment = {"PATH": os.environ["PATH"], **self.env}
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=self.preexec
        )
        serving = threading.Event()
        threading.Thread(target=self._read_log, args=(self.process, serving), daemon=True).start()
        if not serving.wait(START_SECONDS_MAX):
            self.process.kill()
            raise AssertionError("Cloudlet did not start:\n" + "".join(self.log))
        return self

    def _read_log(self, process, serving):
        for line in process.stderr:
            self.log.append(line)
            if not serving.is_set() and '"message":"serving"' in line:
                self.url = "http://" + json.loads(line)["address"]
                serving.set()

    def kill(self):
        """As a power-hungry admin would: SIGKILL."""
        self.process.kill()
        self.process.wait(STOP_SECONDS_MAX)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS_MAX)

    def client(self, service, key="test", secret="test", token=None, region="us-east-1", **config):
        retries = {"total_max_attempts": 1}
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries=retries, **config),
        )

    def root_key(self):
        pairs = dict(line.split(" = ") for line in (self.data / "credentials").read_text().splitlines()[1:])
        return pairs["aws_access_key_id"], pairs["aws_secret_access_key"]


@pytest.fixture
def make_cloud(tmp_path):
    """Makes clouds that are killed at the end, whatever happened."""
    clouds = []

    def make(*flags, data=None, **more):
        cloud = Cloud(data or tmp_path / "data", *flags, **more)
        clouds.append(cloud)
        return cloud

    yield make
    for cloud in clouds:
        if cloud.process and cloud.process.poll() is None:
            cloud.kill()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    """One cloud for all tests that need nothing special; they tell their resources apart by name."""
    cloud = Cloud(tmp_path_factory.mktemp("cloud")).start()
    yield cloud
    assert cloud.stop() == 0, "".join(cloud.log)
    assert not any("panicked" in line for line in cloud.log), "".join(cloud.log)


@pytest.fixture(scope="session")
def command_line():
    command_line = CommandLine()
    yield command_line
    command_line.stop()


@pytest.fixture(params=["open", "enforce"])
def aws(request, make_cloud, tmp_path, command_line):
    """The AWS CLI: runs `aws …` in an environment as a shell would have it."""
    cloud = make_cloud("--auth", request.param).start()
    key, secret = cloud.root_key() if request.param == "enforce" else ("test", "test")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": cloud.url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def run(*arguments, fails=False, text=False):
        command = ["--output", "json", *arguments]
        if arguments[0] == "sqs":
            # The first version of the CLI looks for SQS at its old addresses, whatever the environment says.
            command += ["--endpoint-url", cloud.url]
        done = command_line.run(command, environment, tmp_path)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        if text:
            return done.stdout
        return done.stderr if fails else json.loads(done.stdout) if done.stdout.strip() else None

    run.cloud = cloud
    run.folder = tmp_path
    return run


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[:70]


@pytest.fixture
def own_cloud(make_cloud):
    """For tests that move the clock, in memory: nobody else's."""
    return make_cloud("--durability", "none").start()


@pytest.fixture
def disk(tmp_path):
    """Makes small disks; a test that cannot have one is skipped."""
    mounted = []

    def make(size_kib):
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k,mode=755", "cloudlet-test", folder]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"mounting a small disk is not permitted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def s3(cloud):
    return cloud.client("s3")


def bucket_name(request, prefix="b"):
    """A bucket's name that no other test uses."""
    return prefix + hashlib.sha1(request.node.nodeid.encode()).hexdigest()[:20]


@pytest.fixture
def bucket(s3, request):
    """A new bucket."""
    name = bucket_name(request)
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def versioned(s3, bucket):
    """A new bucket that keeps versions."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


@pytest.fixture
def chance():
    """What a test leaves to chance, repeated by CLOUDLET_SEED; a failing test shows it."""
    seed = int(os.environ.get("CLOUDLET_SEED", 0)) or random.SystemRandom().getrandbits(32)
    print(f"CLOUDLET_SEED={seed} repeats this run")
    return random.Random(seed)


def eventually(check, seconds=20):
    """Waits until `check` gives something true, and gives it back."""
    deadline = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.02)


def refused(call, *arguments, **parameters):
    """The code and the message of the error that a call gets."""
    with pytest.raises(ClientError) as refusal:
        call(*arguments, **parameters)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def move(cloud, **how):
    """Moves or freezes the cloud's clock."""
    with urllib.request.urlopen(cloud.url + "/_cloudlet/clock", json.dumps(how).encode()):
        pass


def pytest_terminal_summary(terminalreporter):
    """Tells how much the tests of the wire covered."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "covered":
                terminalreporter.write_line(value)
