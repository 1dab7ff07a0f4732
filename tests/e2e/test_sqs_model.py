"""Queues against a small model of a queue: random operations, on a clock that stands still but where the test moves it."""

import os

import pytest
from conftest import eventually
from raw import Raw, Refused

STEPS = int(os.environ.get("CLOUDLET_MODEL_STEPS", 600))


class Message:
    """What the model knows of a message."""

    def __init__(self, body, group, visible_at):
        self.body, self.group, self.visible_at = body, group, visible_at
        self.receives, self.handle, self.is_deleted = 0, None, False


class Model:
    """A queue, as simply as can be."""

    def __init__(self, is_fifo):
        self.is_fifo, self.now, self.messages = is_fifo, 0, []

    def there(self):
        return [message for message in self.messages if not message.is_deleted]

    def is_in_flight(self, message):
        return message.receives > 0 and message.visible_at > self.now

    def may_be_received(self):
        """All messages that a receive may give now, in the order in which they were sent."""
        locked, may = set(), []
        if self.is_fifo:
            locked = {message.group for message in self.there() if self.is_in_flight(message)}
        for message in self.there():
            if message.visible_at > self.now and self.is_fifo:
                # Nothing overtakes in a group.
                locked.add(message.group)
            if message.visible_at <= self.now and message.group not in locked:
                may.append(message)
        return may

    def counts(self):
        in_flight = sum(self.is_in_flight(message) for message in self.there())
        delayed = sum(message.receives == 0 and message.visible_at > self.now for message in self.there())
        return [len(self.there()) - in_flight - delayed, in_flight, delayed]


class World:
    """A queue and its model, and what is done to both."""

    def __init__(self, raw, queue, kind, chance):
        self.raw, self.queue, self.chance, self.model = raw, queue, chance, Model(kind == "fifo")
        self.has_tenants = kind == "fair"
        self.handles, self.sent = {}, 0

    def ask(self, operation, **parameters):
        return self.raw.sqs(operation, QueueUrl=self.queue, **parameters)

    def send(self):
        messages = [self.new_message() for _ in range(self.chance.choice([1, 1, 1, 2, 5, 10]))]
        if len(messages) == 1:
            self.ask("SendMessage", **messages[0])
        else:
            entries = [{"Id": str(at), **message} for at, message in enumerate(messages)]
            assert len(self.ask("SendMessageBatch", Entries=entries)["Successful"]) == len(messages)

    def new_message(self):
        self.sent += 1
        body, delay, group = f"message {self.sent}", 0, None
        if self.model.is_fifo:
            group = f"group-{self.chance.randrange(4)}"
        else:
            delay = self.chance.choice([0, 0, 0, 3, 20])
            # Two of them are noisy.
            group = self.chance.choice(["a"] * 8 + ["b"] * 8 + ["c", "d", None]) if self.has_tenants else None
        self.model.messages.append(Message(body, group, self.model.now + delay))
        more = {"MessageGroupId": group} if group else {}
        return {"MessageBody": body, **more, **({} if self.model.is_fifo else {"DelaySeconds": delay})}

    def receive(self):
        count, timeout = self.chance.randint(1, 10), self.chance.choice([0, 5, 30])
        may = self.model.may_be_received()
        answer = self.ask("ReceiveMessage", MaxNumberOfMessages=count, VisibilityTimeout=timeout)
        found = answer.get("Messages", [])
        assert len(found) == min(count, len(may)), f"{len(may)} may be received, {len(found)} of {count} were"
        by_body = {message.body: message for message in may}
        for entry in found:
            message = by_body.pop(entry["Body"])
            if self.model.is_fifo:
                waiting = [other for other in may if other.group == message.group and other.body in by_body]
                assert all(may.index(message) < may.index(other) for other in waiting), "out of order"
            message.receives += 1
            message.visible_at = self.model.now + timeout
            message.handle = entry["ReceiptHandle"]
            self.handles[message.handle] = message

    def some_handle(self):
        handle = self.chance.choice(list(self.handles))
        message = self.handles[handle]
        return handle, message, message.handle == handle

    def delete(self):
        if not self.handles:
            return
        handle, message, is_last = self.some_handle()
        expired = self.model.is_fifo and not (is_last and self.model.is_in_flight(message))
        if expired and not message.is_deleted:
            with pytest.raises(Refused, match="has expired"):
                self.ask("DeleteMessage", ReceiptHandle=handle)
            return
        self.ask("DeleteMessage", ReceiptHandle=handle)
        message.is_deleted |= is_last

    def change_visibility(self):
        if not self.handles:
            return
        handle, message, is_last = self.some_handle()
        timeout = self.chance.choice([0, 1, 10, 60])
        change = {"ReceiptHandle": handle, "VisibilityTimeout": timeout}
        if message.is_deleted or not is_last or not self.model.is_in_flight(message):
            with pytest.raises(Refused, match="not available for visibility timeout change"):
                self.ask("ChangeMessageVisibility", **change)
            return
        self.ask("ChangeMessageVisibility", **change)
        message.visible_at = self.model.now + timeout

    def pass_time(self):
        seconds = self.chance.choice([1, 2, 5, 31])
        self.raw.advance(seconds)
        self.model.now += seconds

    def compare(self):
        kinds = ["", "NotVisible", "Delayed"]
        names = [f"ApproximateNumberOfMessages{kind}" for kind in kinds]
        found = self.ask("GetQueueAttributes", AttributeNames=names)["Attributes"]
        assert [int(found[name]) for name in names] == self.model.counts()

    def step(self):
        steps = {self.send: 4, self.receive: 6, self.delete: 5, self.change_visibility: 2, self.pass_time: 2}
        [step] = self.chance.choices(list(steps), list(steps.values()))
        step()
        self.compare()

    def drain(self):
        """All that was sent and not deleted is still there."""
        self.raw.advance(3600)
        left = {message.body for message in self.model.there()}
        found = set()

        def receive_and_delete():
            for entry in self.ask("ReceiveMessage", MaxNumberOfMessages=10).get("Messages", []):
                found.add(entry["Body"])
                self.ask("DeleteMessage", ReceiptHandle=entry["ReceiptHandle"])
            return len(found) >= len(left)

        eventually(receive_and_delete)
        assert found == left
        assert self.ask("ReceiveMessage") == {}


@pytest.mark.parametrize("kind", ["standard", "fair", "fifo"])
def test_a_queue_is_what_its_model_is(make_cloud, chance, kind):
    raw = Raw(make_cloud().start())
    raw.freeze()
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if kind == "fifo" else {}
    name = "q.fifo" if kind == "fifo" else "q"
    queue = raw.sqs("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]
    world = World(raw, queue, kind, chance)
    for _ in range(STEPS):
        world.step()
    world.drain()
