"""Tasks of a Celery application whose broker is SQS."""

import os
import threading
from pathlib import Path

from celery import Celery

DONE = Path(os.environ["BOOKINGS"])
app = Celery("bookings", broker=os.environ["BROKER"])
app.conf.update(
    broker_transport_options={"is_secure": False, "region": "us-east-1", "wait_time_seconds": 1},
    task_default_queue="bookings",
    task_acks_late=True,
    worker_enable_remote_control=False,
)


@app.task(bind=True, max_retries=3)
def book(self, number):
    """Every seventh booking fails at first."""
    if number % 7 == 0 and self.request.retries == 0:
        raise self.retry(countdown=0)
    with open(DONE / str(number), "a") as file:
        file.write(f"{self.request.retries}\n")
