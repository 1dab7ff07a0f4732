"""Celery, with SQS as its broker, as it is."""

import os
import subprocess
import sys
from pathlib import Path

from conftest import eventually

TASKS = 1000


def test_celery_runs_a_thousand_tasks(make_cloud, tmp_path):
    cloud = make_cloud().start()
    done = tmp_path / "done"
    done.mkdir()
    environment = {
        **os.environ,
        "BROKER": cloud.url.replace("http://", "sqs://test:test@"),
        "BOOKINGS": str(done),
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    here = {"cwd": Path(__file__).parent, "env": environment}
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    command = [sys.executable, "-m", "celery", "--app", "booking_tasks", "worker", "--pool", "threads"]
    worker = subprocess.Popen([*command, "--concurrency", "8", *quiet], **here)
    try:
        send = f"import booking_tasks\nfor n in range({TASKS}): booking_tasks.book.delay(n)"
        subprocess.run([sys.executable, "-c", send], check=True, **here)
        eventually(lambda: len(list(done.iterdir())) == TASKS, 90)
    finally:
        worker.terminate()
        worker.wait(30)
    for number in range(TASKS):
        runs = (done / str(number)).read_text().split()
        assert runs == ["1" if number % 7 == 0 else "0"], f"task {number} ran as {runs}"
