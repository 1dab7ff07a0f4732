"""A table with indexes against a sorted map: random puts, updates and deletes, then every way of reading."""

import boto3
import pytest
from boto3.dynamodb.conditions import Key

STEPS = 1500
PARTS = {"pk": "S", "sk": "N", "gk": "S", "gs": "N", "ls": "S"}
# Each index: its keys, and the attributes that it projects besides (None: all).
INDEXES = {
    "global": (["gk", "gs"], None),
    "sparse": (["gs"], ["a"]),
    "local": (["pk", "ls"], []),
}


@pytest.fixture
def table(cloud, name):
    def index(index_name):
        keys, projected = INDEXES[index_name]
        kind = "ALL" if projected is None else "INCLUDE" if projected else "KEYS_ONLY"
        projection = {"ProjectionType": kind, **({"NonKeyAttributes": projected} if projected else {})}
        return {"IndexName": index_name, "KeySchema": schema(keys), "Projection": projection}

    def schema(keys):
        return [{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ["HASH", "RANGE"])]

    resource = boto3.resource(
        "dynamodb", endpoint_url=cloud.url, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t"
    )
    return resource.create_table(
        TableName=name,
        KeySchema=schema(["pk", "sk"]),
        AttributeDefinitions=[{"AttributeName": part, "AttributeType": kind} for part, kind in PARTS.items()],
        LocalSecondaryIndexes=[index("local")],
        GlobalSecondaryIndexes=[index("global"), index("sparse")],
        BillingMode="PAY_PER_REQUEST",
    )


class Model:
    """Items by their keys."""

    def __init__(self, chance):
        self.chance = chance
        self.items = {}

    def key(self):
        return {"pk": f"p{self.chance.randrange(6)}", "sk": self.chance.randrange(-10, 10)}

    def attributes(self):
        chance = self.chance
        choices = {
            "gk": lambda: f"g{chance.randrange(3)}" + "\0" * chance.randrange(2),
            "gs": lambda: chance.randrange(-300, 300) * 10 ** chance.randrange(3),
            "ls": lambda: "l" * chance.randrange(1, 4),
            "a": lambda: chance.randrange(5),
            "b": lambda: "b" * chance.randrange(50),
        }
        return {name: make() for name, make in choices.items() if chance.random() < 0.7}

    def step(self, table):
        key, chance = self.key(), self.chance.random()
        place = (key["pk"], key["sk"])
        if chance < 0.45:
            self.items[place] = {**key, **self.attributes()}
            table.put_item(Item=self.items[place])
        elif chance < 0.85:
            self.update(table, key, place)
        else:
            self.items.pop(place, None)
            table.delete_item(Key=key)

    def update(self, table, key, place):
        new = self.attributes()
        gone = self.chance.sample(sorted(set("gk gs ls a b".split()) - set(new)), self.chance.randrange(2) if len(new) < 5 else 0)
        if not new and not gone:
            return
        sets = "SET " + ", ".join(f"{name} = :{name}" for name in new) if new else ""
        removes = "REMOVE " + ", ".join(gone) if gone else ""
        values = {"ExpressionAttributeValues": {f":{name}": value for name, value in new.items()}} if new else {}
        table.update_item(Key=key, UpdateExpression=f"{sets} {removes}".strip(), **values)
        if not new and place not in self.items:
            # What only takes away makes no item.
            return
        item = {**self.items.get(place, key), **new}
        self.items[place] = {name: value for name, value in item.items() if name not in gone}

    def entries(self, index):
        """What an index has, in the order of its sort key, its partitions apart."""
        keys, projected = INDEXES[index]
        inside = [item for item in self.items.values() if all(key in item for key in keys)]
        shown = None if projected is None else {*keys, "pk", "sk", *projected}
        inside.sort(key=lambda item: [item[key] for key in [*keys, "pk", "sk"]])
        return [{name: value for name, value in item.items() if shown is None or name in shown} for item in inside]


def pages(read, limit, **parameters):
    found, start = [], {}
    while True:
        page = read(Limit=limit, **start, **parameters)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def check(model, table, chance):
    def alike(found, wanted):
        order = lambda item: (item["pk"], item["sk"])
        assert sorted(found, key=order) == sorted(wanted, key=order)

    alike(pages(table.scan, 50), model.items.values())
    for index, (keys, _) in INDEXES.items():
        entries = model.entries(index)
        alike(pages(table.scan, chance.randrange(1, 60), IndexName=index), entries)
        for partition in sorted({item[keys[0]] for item in entries}):
            wanted = [item for item in entries if item[keys[0]] == partition]
            condition = Key(keys[0]).eq(partition)
            read = {"IndexName": index, "KeyConditionExpression": condition}
            forward = pages(table.query, chance.randrange(1, 10), **read)
            alike(forward, wanted)
            assert pages(table.query, chance.randrange(1, 10), ScanIndexForward=False, **read) == forward[::-1]
            if len(keys) == 2:
                assert [item[keys[1]] for item in forward] == [item[keys[1]] for item in wanted]
                low, high = sorted(item[keys[1]] for item in [chance.choice(wanted), chance.choice(wanted)])
                between = {**read, "KeyConditionExpression": condition & Key(keys[1]).between(low, high)}
                assert pages(table.query, 3, **between) == [item for item in forward if low <= item[keys[1]] <= high]


def test_indexes_agree_with_the_items(table, chance):
    model = Model(chance)
    for number in range(STEPS):
        model.step(table)
        if number % 250 == 249:
            check(model, table, chance)
