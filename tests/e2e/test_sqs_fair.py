"""Fair queues: groups of a standard queue are tenants, and the backlog of one is not in the way of the others."""

from concurrent.futures import ThreadPoolExecutor

from conftest import eventually
from raw import Raw

BACKLOG = 5_000
COUNTS = [f"ApproximateNumberOfMessages{kind}" for kind in ["", "NotVisible", "Delayed"]]


class Queue:
    """A queue of tenants, as their consumer sees it."""

    def __init__(self, cloud, name, **attributes):
        self.cloud, self.raw = cloud, Raw(cloud)
        self.url = self.raw.sqs("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]

    def ask(self, operation, **parameters):
        return self.raw.sqs(operation, QueueUrl=self.url, **parameters)

    def send(self, tenant, count=1, **more):
        group = {"MessageGroupId": tenant} if tenant else {}
        for begin in range(0, count, 10):
            entries = [
                {"Id": str(number), "MessageBody": f"{tenant} {number}", **group, **more}
                for number in range(begin, min(begin + 10, count))
            ]
            assert len(self.ask("SendMessageBatch", Entries=entries)["Successful"]) == len(entries)

    def receive(self, count=10, **more):
        answer = self.ask("ReceiveMessage", MaxNumberOfMessages=count, **{"VisibilityTimeout": 600, **more})
        return answer.get("Messages", [])

    def bodies(self, **more):
        return [message["Body"] for message in self.receive(**more)]

    def counts(self):
        found = self.ask("GetQueueAttributes", AttributeNames=COUNTS)["Attributes"]
        return [int(found[name]) for name in COUNTS]

    def be_noisy(self, tenant, backlog=200):
        """Sends a backlog, of which so much is received that the tenant has a lane."""
        self.send(tenant, backlog)
        received = [self.bodies() for _ in range(5)]
        assert all(len(bodies) == 10 for bodies in received)

    def drain(self):
        """All that can be received, deleted."""
        bodies = []
        while messages := self.receive():
            bodies += [message["Body"] for message in messages]
            entries = [{"Id": str(at), "ReceiptHandle": m["ReceiptHandle"]} for at, m in enumerate(messages)]
            assert len(self.ask("DeleteMessageBatch", Entries=entries)["Successful"]) == len(entries)
        return bodies


def test_a_quiet_tenant_does_not_wait_behind_thousands_of_a_noisy_one(make_cloud):
    queue = Queue(make_cloud().start(), "q")
    queue.send("noisy", BACKLOG)
    queue.send("quiet")
    first = []
    while "quiet 0" not in first:
        first += queue.bodies()
        # Thirty messages are no noise yet, and the way to the quiet one is gone once.
        assert len(first) <= 150
    for number in range(3):
        queue.send("quiet")
        queue.send(None)
        assert sorted(queue.bodies(count=2)) == ["None 0", "quiet 0"], number
    noisy = [body for body in first if body != "quiet 0"]
    assert queue.counts() == [BACKLOG - len(noisy), len(first) + 6, 0]
    noisy += queue.drain()
    assert sorted(noisy) == sorted(f"noisy {number}" for number in range(BACKLOG))


def test_lanes_survive_a_kill(make_cloud):
    cloud = make_cloud().start()
    queue = Queue(cloud, "q")
    queue.be_noisy("noisy")
    cloud.kill()
    cloud.start()
    queue.raw = Raw(cloud)
    assert queue.counts() == [150, 50, 0]
    # Who was noisy before is forgotten; who has a lane is not, and gets at most one turn first.
    queue.bodies()
    queue.send("quiet")
    assert queue.bodies(count=1) == ["quiet 0"]
    assert len(queue.drain()) == 140
    assert queue.counts() == [0, 61, 0]


def test_nobody_starves(make_cloud):
    queue = Queue(make_cloud().start(), "q")
    queue.be_noisy("noisy", backlog=60)
    received = []
    for _ in range(20):
        queue.send("quiet", 10)
        received += queue.bodies()
    assert {body.split()[0] for body in received} == {"noisy", "quiet"}
    assert received.count("quiet 0") >= 15


def test_noisy_tenants_take_turns(make_cloud):
    queue = Queue(make_cloud().start(), "q")
    for tenant in ["one", "two", "three"]:
        queue.be_noisy(tenant)
    received = [body.split()[0] for _ in range(24) for body in queue.bodies()]
    assert all(received.count(tenant) >= 60 for tenant in ["one", "two", "three"])


def test_a_receipt_handle_outlives_the_way_into_a_lane(make_cloud):
    cloud = make_cloud().start()
    queue = Queue(cloud, "q")
    queue.raw.freeze()
    queue.send("noisy", 200)
    early = queue.receive(VisibilityTimeout=5)
    moved = queue.receive(VisibilityTimeout=600)
    for message in moved:
        queue.ask("ChangeMessageVisibility", ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=4)
    queue.be_noisy("noisy")
    queue.raw.advance(6)
    before = queue.counts()
    # What was visible again is set aside now.
    queue.bodies(count=1)
    for message in early + moved:
        queue.ask("DeleteMessage", ReceiptHandle=message["ReceiptHandle"])
    visible, in_flight, delayed = queue.counts()
    # The one that was received meanwhile may be among them.
    gone = len(early) + len(moved)
    assert visible + in_flight in (sum(before) - gone, sum(before) - gone + 1) and delayed == 0
    assert len(queue.drain()) == visible


def test_purged_and_deleted_queues_leave_no_lanes(make_cloud):
    queue = Queue(make_cloud().start(), "q")
    queue.be_noisy("noisy")
    queue.ask("PurgeQueue")
    assert queue.counts() == [0, 0, 0] and queue.bodies() == []
    queue.send("noisy", 5)
    assert len(queue.drain()) == 5


def test_dead_letters_and_moves_take_what_stands_in_lanes(make_cloud):
    cloud = make_cloud().start()
    dead = Queue(cloud, "dead")
    arn = dead.ask("GetQueueAttributes", AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 1}}'
    queue = Queue(cloud, "q", RedrivePolicy=redrive)
    queue.raw.freeze()
    queue.be_noisy("noisy", backlog=100)
    queue.raw.advance(601)
    while queue.bodies():
        pass
    assert queue.counts() == [0, 50, 0] and dead.counts() == [50, 0, 0]
    dead.be_noisy("noisy", backlog=100)
    assert dead.counts() == [100, 50, 0]
    dead.raw.sqs("StartMessageMoveTask", SourceArn=arn, DestinationArn=arn.replace("dead", "q"))
    eventually(lambda: dead.counts() == [0, 50, 0])
    assert queue.counts()[0] == 100


def test_nothing_is_lost_or_doubled_among_consumers(make_cloud):
    cloud = make_cloud().start()
    queue = Queue(cloud, "q")

    def produce(number):
        tenant = "noisy" if number else "quiet"
        mine = Queue(cloud, "q")
        for begin in range(300):
            entry = {"MessageBody": f"{number} {begin}", "MessageGroupId": tenant}
            mine.ask("SendMessage", **entry)

    def consume(_):
        mine, bodies = Queue(cloud, "q"), []
        while messages := mine.receive(WaitTimeSeconds=2):
            for message in messages:
                mine.ask("DeleteMessage", ReceiptHandle=message["ReceiptHandle"])
            bodies += [message["Body"] for message in messages]
        return bodies

    with ThreadPoolExecutor(12) as pool:
        producing = [pool.submit(produce, number) for number in range(4)]
        consuming = [pool.submit(consume, number) for number in range(8)]
        [each.result() for each in producing]
        bodies = [body for each in consuming for body in each.result()]
    bodies += queue.drain()
    assert sorted(bodies) == sorted(f"{number} {begin}" for number in range(4) for begin in range(300))
    assert queue.counts() == [0, 0, 0]
