"""A standard queue under producers and consumers of its own, killed again and again, and under many long polls."""

import os
import threading
import time

from conftest import eventually
from raw import Raw, Survivors

# Two minutes say more; a quarter of one has some twenty kills.
SECONDS = float(os.environ.get("CLOUDLET_STRESS_SECONDS", "12"))
PRODUCERS = 4
CONSUMERS = 4
# What a consumer took and did not delete comes back after so long.
VISIBILITY_SECONDS = 2


class Stress(Survivors):
    """What clients know of one queue, over all deaths of its cloud."""

    def __init__(self, cloud):
        super().__init__(cloud)
        self.sent, self.received, self.deleted = set(), set(), {}

    def url(self):
        return f"{self.cloud.url}/000000000000/q"

    def produce(self, client, names):
        entries = [{"Id": str(at), "MessageBody": next(names)} for at in range(3)]
        done = client.sqs("SendMessageBatch", QueueUrl=self.url(), Entries=entries)
        self.sent.update(entries[int(entry["Id"])]["MessageBody"] for entry in done["Successful"])
        name = next(names)
        client.sqs("SendMessage", QueueUrl=self.url(), MessageBody=name)
        self.sent.add(name)

    def consume(self, client, _):
        asked_at = time.monotonic()
        wish = {"MaxNumberOfMessages": 10, "VisibilityTimeout": VISIBILITY_SECONDS, "WaitTimeSeconds": 1}
        for message in client.sqs("ReceiveMessage", QueueUrl=self.url(), **wish).get("Messages", []):
            name = message["Body"]
            self.received.add(name)
            if self.deleted.get(name, asked_at) < asked_at:
                self.wrong.append(f"{name} was deleted, and came back")
            client.sqs("DeleteMessage", QueueUrl=self.url(), ReceiptHandle=message["ReceiptHandle"])
            self.deleted.setdefault(name, time.monotonic())


def test_nothing_is_lost_and_nothing_deleted_comes_back(make_cloud, chance):
    cloud = make_cloud().start()
    Raw(cloud).sqs("CreateQueue", QueueName="q")
    stress = Stress(cloud)
    producers = Stress(cloud)
    # The same ledger, ended apart.
    producers.sent, producers.wrong, producers.alive = stress.sent, stress.wrong, stress.alive
    work = [(producers, producers.produce, f"p{number}") for number in range(PRODUCERS)]
    work += [(stress, stress.consume, f"c{number}") for number in range(CONSUMERS)]
    threads = [threading.Thread(target=part.run, args=(do, number)) for part, do, number in work]
    stress.alive.set()
    for thread in threads:
        thread.start()
    until = time.monotonic() + SECONDS
    kills = 0
    while time.monotonic() < until and not stress.wrong:
        threading.Event().wait(0.1 + chance.random())
        stress.alive.clear()
        cloud.kill()
        cloud.start()
        stress.alive.set()
        kills += 1
    producers.over.set()
    for thread in threads[:PRODUCERS]:
        thread.join(30)
    # Consumers go on until there is nothing left.
    eventually(lambda: stress.wrong or stress.sent <= stress.received, 60)
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    wish = {"QueueUrl": stress.url(), "AttributeNames": counts}
    client = Raw(cloud)
    eventually(lambda: set(client.sqs("GetQueueAttributes", **wish)["Attributes"].values()) == {"0"}, 60)
    stress.over.set()
    for thread in threads:
        thread.join(30)
    print(f"{len(stress.sent)} sent, {len(stress.deleted)} deleted, {kills} kills")
    assert not stress.wrong, stress.wrong
    assert kills > 0 and stress.sent
    assert not any("panicked" in line for line in cloud.log)


def test_twenty_long_polls_share_a_queue(make_cloud):
    cloud = make_cloud().start()
    Raw(cloud).sqs("CreateQueue", QueueName="q")
    url = f"{cloud.url}/000000000000/q"
    received, over = [], threading.Event()

    def poll():
        client = Raw(cloud)
        while not over.is_set():
            wish = {"QueueUrl": url, "WaitTimeSeconds": 20, "MaxNumberOfMessages": 1}
            received.extend(message["Body"] for message in client.sqs("ReceiveMessage", **wish).get("Messages", []))

    pollers = [threading.Thread(target=poll) for _ in range(20)]
    for poller in pollers:
        poller.start()
    client = Raw(cloud)
    sent = [f"message {number}" for number in range(200)]
    for number, body in enumerate(sent):
        client.sqs("SendMessage", QueueUrl=url, MessageBody=body)
        if number % 10 == 0:
            # All of them wait again.
            eventually(lambda: len(received) == number + 1)
    eventually(lambda: len(received) == len(sent))
    # Each exactly once, although all were woken by it.
    assert sorted(received) == sorted(sent)
    over.set()
    for _ in pollers:
        client.sqs("SendMessage", QueueUrl=url, MessageBody="go home")
    for poller in pollers:
        poller.join(25)
        assert not poller.is_alive()
