"""Writers that change a table while it is backed up, and know what it was after each of their changes."""

import threading

from conftest import eventually

KEYS = 60
GLOBAL, LOCAL = "by-color", "by-size"
COLORS = ["red", "green", "blue"]


def create(client, name, **more):
    """A table of partitions with sort keys, and an index of each kind."""
    schema = lambda *keys: [  # noqa: E731
        {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ["HASH", "RANGE"])
    ]
    types = {"pk": "S", "sk": "N", "color": "S", "size": "N"}
    settings = {"BillingMode": "PAY_PER_REQUEST", **more}
    client.create_table(
        TableName=name,
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind in types.items()],
        GlobalSecondaryIndexes=[
            {"IndexName": GLOBAL, "KeySchema": schema("color", "size"), "Projection": {"ProjectionType": "ALL"}}
        ],
        LocalSecondaryIndexes=[
            {"IndexName": LOCAL, "KeySchema": schema("pk", "size"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
        **settings,
    )


def items(client, name, index=None):
    """All items of a table or an index, by their keys."""
    where = {"IndexName": index} if index else {"ConsistentRead": True}
    pages = client.get_paginator("scan").paginate(TableName=name, **where)
    return {key_of(item): item for page in pages for item in page["Items"]}


def key_of(item):
    return item["pk"]["S"], item["sk"]["N"]


def fill(client, name, count, size=10):
    """Items that no writer touches."""
    all_items = [
        {"pk": {"S": f"still-{n % 37}"}, "sk": {"N": str(n)}, "text": {"S": "x" * size}, "color": {"S": COLORS[n % 3]},
         "size": {"N": str(n)}}
        for n in range(count)
    ]  # fmt: skip
    for start in range(0, count, 25):
        requests = [{"PutRequest": {"Item": item}} for item in all_items[start : start + 25]]
        assert not client.batch_write_item(RequestItems={name: requests})["UnprocessedItems"]
    return {key_of(item): item for item in all_items}


def check_indexes(client, name, expected):
    """The indexes have what the items say."""
    colored = {key: item for key, item in expected.items() if "color" in item and "size" in item}
    assert items(client, name, GLOBAL) == colored
    sized = {key for key, item in expected.items() if "size" in item}
    assert set(items(client, name, LOCAL)) == sized


class Writer:
    """Changes items of its own, one after the other: puts, updates, deletes, and transactions of two."""

    def __init__(self, table, number, chance):
        self.table, self.name, self.chance = table, f"writer-{number}", chance
        # What became of which items, in the order of the changes.
        self.log = []
        self.done = 0

    def change(self):
        """Some items that change together, as what they become."""
        keys = self.chance.sample(range(KEYS), self.chance.choice([1, 1, 1, 2]))
        return [(str(key), self.become(key)) for key in keys]

    def become(self, key):
        if self.chance.random() < 0.3:
            return None
        item = {"pk": {"S": self.name}, "sk": {"N": str(key)}, "turn": {"N": str(len(self.log))}}
        if self.chance.random() < 0.7:
            item |= {"color": {"S": self.chance.choice(COLORS)}, "size": {"N": str(self.chance.randrange(9))}}
        return item

    def step(self, client):
        change = self.change()
        self.log.append(change)
        self.write(client, change)
        self.done = len(self.log)

    def write(self, client, change):
        table = {"TableName": self.table}
        if len(change) > 1:
            wrap = lambda sk, item: (  # noqa: E731
                {"Put": {**table, "Item": item}} if item else {"Delete": {**table, "Key": self.key(sk)}}
            )
            client.transact_write_items(TransactItems=[wrap(*each) for each in change])
            return
        [(sk, item)] = change
        if item is None:
            client.delete_item(**table, Key=self.key(sk))
        elif self.chance.random() < 0.5:
            client.put_item(**table, Item=item)
        else:
            self.update(client, sk, item)

    def update(self, client, sk, item):
        values = {f":{name}": value for name, value in item.items() if name not in ("pk", "sk")}
        names = {f"#{name[1:]}": name[1:] for name in values}
        expression = "SET " + ", ".join(f"#{name[1:]} = {name}" for name in values)
        gone = [name for name in ("color", "size") if name not in item]
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
            names |= {f"#{name}": name for name in gone}
        client.update_item(
            TableName=self.table,
            Key=self.key(sk),
            UpdateExpression=expression,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def key(self, sk):
        return {"pk": {"S": self.name}, "sk": {"N": sk}}

    def after(self, count):
        """Its items after so many changes."""
        state = {}
        for change in self.log[:count]:
            for sk, item in change:
                state[self.name, sk] = item
        return {key: item for key, item in state.items() if item is not None}


class Writers:
    """Several writers, each in a thread, from `with` on."""

    def __init__(self, cloud, table, chance, count=3):
        self.cloud = cloud
        self.all = [Writer(table, number, chance) for number in range(count)]
        self.end = threading.Event()
        self.threads = []
        self.wrong = []

    def __enter__(self):
        self.end.clear()
        self.threads = [threading.Thread(target=self.run, args=(writer,)) for writer in self.all]
        for thread in self.threads:
            thread.start()
        return self

    def run(self, writer):
        client = self.cloud.client("dynamodb")
        try:
            while not self.end.is_set():
                writer.step(client)
        except Exception as error:  # The test kills the cloud, and looks at this where it does not.
            self.wrong.append(error)

    def __exit__(self, *_):
        self.end.set()
        for thread in self.threads:
            thread.join()

    def done(self):
        return [writer.done for writer in self.all]

    def begun(self):
        return [len(writer.log) for writer in self.all]

    def progress(self, changes):
        """Waits until each of them has made so many changes more."""
        goals = [done + changes for done in self.done()]
        eventually(lambda: self.wrong or all(done >= goal for done, goal in zip(self.done(), goals)))

    def check(self, found, least, most, still):
        """What is found is what there was at one moment, when each had made at least and at most so many changes."""
        rest = {key: item for key, item in found.items() if key not in still}
        assert {key: item for key, item in found.items() if key in still} == still
        for writer, low, high in zip(self.all, least, most):
            own = {key: item for key, item in rest.items() if key[0] == writer.name}
            assert any(own == writer.after(count) for count in range(low, high + 1)), (writer.name, low, high)
            rest = {key: item for key, item in rest.items() if key not in own}
        assert not rest
