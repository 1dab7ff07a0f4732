"""DynamoDB's transactions as boto3's client uses them."""

import concurrent.futures
import threading

import pytest
from conftest import eventually, refused
from raw import UNSURE, Raw, Refused, Survivors

TRANSFERS = 600
KILLS = 6


@pytest.fixture
def client(cloud):
    return cloud.client("dynamodb")


@pytest.fixture
def table(client, name):
    return make(client, name)


def make(client, name, sort=False):
    parts = ["pk", "sk"] if sort else ["pk"]
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": part, "KeyType": kind} for part, kind in zip(parts, ["HASH", "RANGE"])],
        AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in parts],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def item(key, **more):
    return {"pk": {"S": key}, **{name: {"N": str(value)} for name, value in more.items()}}


def put(table, key, condition=None, **more):
    return {"Put": {"TableName": table, "Item": item(key, **more), **conditional(condition)}}


def delete(table, key, condition=None):
    return {"Delete": {"TableName": table, "Key": item(key), **conditional(condition)}}


def check(table, key, condition):
    return {"ConditionCheck": {"TableName": table, "Key": item(key), "ConditionExpression": condition}}


def add(table, key, value, condition=None):
    values = {":value": {"N": str(value)}}
    update = {"UpdateExpression": "ADD n :value", "ExpressionAttributeValues": values, **conditional(condition)}
    return {"Update": {"TableName": table, "Key": item(key), **update}}


def conditional(condition):
    return {"ConditionExpression": condition} if condition else {}


def write(client, *actions, **more):
    return client.transact_write_items(TransactItems=list(actions), **more)


def found(client, table, key):
    return client.get_item(TableName=table, Key=item(key), ConsistentRead=True).get("Item")


def cancelled(client, *actions):
    with pytest.raises(client.exceptions.TransactionCanceledException) as refusal:
        write(client, *actions)
    reasons = refusal.value.response["CancellationReasons"]
    codes = ", ".join(reason["Code"] for reason in reasons)
    expected = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    assert refusal.value.response["Error"]["Message"] == refusal.value.response["Message"] == expected
    return reasons


def test_four_kinds_of_actions_in_two_tables(client, table, name):
    other = make(client, name + "-other")
    for key in ["changed", "deleted", "checked"]:
        client.put_item(TableName=table, Item=item(key, n=1))
    answer = write(
        client,
        put(other, "new", "attribute_not_exists(pk)", n=5),
        add(table, "changed", 2, "n < :value"),
        delete(table, "deleted", "attribute_exists(pk)"),
        check(table, "checked", "attribute_exists(n)"),
        add(table, "made", 7),
    )
    assert set(answer) == {"ResponseMetadata"}
    assert found(client, other, "new") == item("new", n=5)
    assert found(client, table, "changed") == item("changed", n=3)
    assert found(client, table, "deleted") is None
    assert found(client, table, "checked") == item("checked", n=1)
    assert found(client, table, "made") == item("made", n=7)


def test_all_or_none_and_why(client, table):
    client.put_item(TableName=table, Item=item("there", n=1))
    wants = put(table, "there", "attribute_not_exists(pk)")
    wants["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    reasons = cancelled(
        client,
        put(table, "a"),
        wants,
        delete(table, "there-not", "attribute_exists(pk)"),
        put(table, "b", "attribute_not_exists(pk)"),
    )
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert reasons == [{"Code": "None"}, {**failed, "Item": item("there", n=1)}, failed, {"Code": "None"}]
    assert found(client, table, "a") is None and found(client, table, "b") is None


def test_what_cannot_be_done_is_a_reason(client, table):
    client.put_item(TableName=table, Item={**item("text"), "n": {"S": "x"}, "large": {"S": "x" * 300_000}})
    assert cancelled(client, put(table, "a"), add(table, "text", 1)) == [
        {"Code": "None"},
        {"Code": "ValidationError", "Message": "An operand in the update expression has an incorrect data type"},
    ]
    grow = add(table, "text", 1)
    grow["Update"] |= {
        "UpdateExpression": "SET more = :value",
        "ExpressionAttributeValues": {":value": {"S": "x" * 200_000}},
    }
    message = "Item size to update has exceeded the maximum allowed size"
    assert cancelled(client, grow) == [{"Code": "ValidationError", "Message": message}]
    key = add(table, "text", 1)
    key["Update"]["UpdateExpression"] = "SET pk = :value"
    assert cancelled(client, key)[0]["Message"].endswith("Cannot update attribute pk. This attribute is part of the key")
    assert found(client, table, "a") is None


def test_keys_that_do_not_fit_cancel_for_the_first_of_them(client, table):
    wrong = put(table, "x")
    wrong["Put"]["Item"] = {"pk": {"N": "5"}}
    mismatch = "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"
    fails = check(table, "nobody", "attribute_exists(pk)")
    assert cancelled(client, wrong, wrong, fails) == [
        {"Code": "ValidationError", "Message": mismatch},
        {"Code": "None"},
        {"Code": "None"},
    ]
    wrong = delete(table, "x")
    wrong["Delete"]["Key"] = {"other": {"S": "5"}}
    message = "The provided key element does not match the schema"
    assert cancelled(client, wrong) == [{"Code": "ValidationError", "Message": message}]
    assert refused(write, client, delete(table, "")) == (
        "ValidationException",
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
        "string value. Key: pk",
    )


def test_requests_that_are_refused_as_a_whole(cloud, client, table):
    unchecked = cloud.client("dynamodb", parameter_validation=False)

    def message(*actions):
        code, message = refused(write, unchecked, *actions)
        assert code == "ValidationException"
        return message

    several = "Transaction request cannot include multiple operations on one item"
    assert message(put(table, "a"), check(table, "a", "attribute_exists(pk)")) == several
    assert message({**put(table, "a"), **delete(table, "b")}) == (
        "TransactItems can only contain one of Check, Put, Update or Delete"
    )
    large = put(table, "a")
    large["Put"]["Item"]["x"] = {"S": "x" * 409_600}
    assert message(put(table, "b"), large) == "Item size has exceeded the maximum allowed size"
    parts = [put(table, str(number)) for number in range(11)]
    for part in parts:
        part["Put"]["Item"]["x"] = {"S": "x" * 400_000}
    assert "size cannot exceed" in message(*parts)
    write(client, *parts[:10])
    assert "failed to satisfy constraint: Member must have length less than or equal to 100" in message(
        *[put(table, str(number)) for number in range(101)]
    )
    assert message() == (
        "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have "
        "length greater than or equal to 1"
    )
    # Expressions are read before tables are looked for, and tables before items.
    nowhere = put("nobody-made-it", "a")
    assert message(nowhere, check(table, "a", "attribute_exists(")).startswith("Invalid ConditionExpression: ")
    assert refused(write, client, nowhere, put(table, "a"), put(table, "a")) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    unused = put(table, "a", "attribute_exists(pk)")
    unused["Put"]["ExpressionAttributeValues"] = {":v": {"S": "x"}}
    assert message(nowhere, unused) == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"
    assert found(client, table, "a") is None


def test_a_hundred_actions(client, table):
    write(client, *[put(table, str(number), n=number) for number in range(100)])
    gets = [{"Get": {"TableName": table, "Key": item(str(number))}} for number in range(100)]
    responses = client.transact_get_items(TransactItems=gets)["Responses"]
    assert [response["Item"] for response in responses] == [item(str(number), n=number) for number in range(100)]


def test_a_token_makes_one_of_two_requests(client, table):
    def count(value=1, token="t" * 36, **more):
        return write(client, add(table, "counter", value), ClientRequestToken=token, **more)

    count()
    count()
    assert found(client, table, "counter") == item("counter", n=1)
    code, message = refused(count, 2)
    assert code == "IdempotentParameterMismatchException" and message
    count(2, token="another")
    assert found(client, table, "counter") == item("counter", n=3)
    assert "Member must have length less than or equal to 36" in refused(count, token="t" * 37)[1]


def test_a_cancelled_request_may_be_tried_again(client, table):
    attempt = {"actions": [put(table, "a", "attribute_not_exists(pk)")], "ClientRequestToken": "again"}
    client.put_item(TableName=table, Item=item("a"))

    def write_it():
        return write(client, *attempt["actions"], ClientRequestToken=attempt["ClientRequestToken"])

    assert refused(write_it)[0] == "TransactionCanceledException"
    client.delete_item(TableName=table, Key=item("a"))
    write_it()
    write_it()
    assert found(client, table, "a") == item("a")


def test_tokens_outlive_the_process_and_expire(make_cloud):
    cloud = make_cloud().start()
    client = cloud.client("dynamodb")
    make(client, "table")
    write(client, add("table", "a", 1), ClientRequestToken="token")
    cloud.kill()
    cloud.start()
    client = cloud.client("dynamodb")
    write(client, add("table", "a", 1), ClientRequestToken="token")
    assert found(client, "table", "a") == item("a", n=1)
    Raw(cloud).advance(599)
    write(client, add("table", "a", 1), ClientRequestToken="token")
    assert found(client, "table", "a") == item("a", n=1)
    Raw(cloud).advance(1)
    write(client, add("table", "a", 1), ClientRequestToken="token")
    assert found(client, "table", "a") == item("a", n=2)


def test_writes_count_twice_and_their_repetition_as_reads(client, table, name):
    other = make(client, name + "-other")
    large = put(table, "large")
    large["Put"]["Item"]["x"] = {"S": "x" * 1500}
    actions = [large, put(table, "small"), check(other, "a", "attribute_not_exists(pk)")]

    def consumed(wanted):
        answer = write(client, *actions, ClientRequestToken=name[:30], ReturnConsumedCapacity=wanted)
        return {entry.pop("TableName"): entry for entry in answer.get("ConsumedCapacity", [])}

    written = lambda units: {"CapacityUnits": units, "WriteCapacityUnits": units}
    read = lambda units: {"CapacityUnits": units, "ReadCapacityUnits": units}
    assert consumed("TOTAL") == {table: written(6.0), other: written(2.0)}
    assert consumed("INDEXES") == {table: {**read(4.0), "Table": read(4.0)}, other: {**read(2.0), "Table": read(2.0)}}
    assert consumed("NONE") == {}
    gets = [{"Get": {"TableName": table, "Key": item(key)}} for key in ["large", "small", "missing"]]
    answer = client.transact_get_items(TransactItems=gets, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == [{"TableName": table, **read(6.0)}]


def test_gets_in_their_order(client, table, name):
    other = make(client, name + "-other", sort=True)
    client.put_item(TableName=table, Item=item("a", n=1, m=2))
    client.put_item(TableName=other, Item={**item("b", n=3), "sk": {"S": "c"}})
    get = lambda table, key, **more: {"Get": {"TableName": table, "Key": key, **more}}
    part = {"ProjectionExpression": "#m", "ExpressionAttributeNames": {"#m": "m"}}
    in_other = {**item("b"), "sk": {"S": "c"}}
    gets = [get(other, in_other), get(table, item("missing")), get(table, item("a"), **part)]
    assert client.transact_get_items(TransactItems=gets)["Responses"] == [
        {"Item": {**item("b", n=3), "sk": {"S": "c"}}},
        {},
        {"Item": {"m": {"N": "2"}}},
    ]

    def refusal(*gets):
        return refused(client.transact_get_items, TransactItems=list(gets))

    several = "Transaction request cannot include multiple operations on one item"
    assert refusal(get(table, item("a")), get(table, item("a"))) == ("ValidationException", several)
    assert refusal(get("nobody-made-it", item("a")))[0] == "ResourceNotFoundException"
    assert refusal(get(table, item("a"), ProjectionExpression="a, a"))[1].startswith("Invalid ProjectionExpression: ")
    code, message = refusal(get(table, item("a")), get(table, {}))
    assert (code, message[-23:]) == ("TransactionCanceledException", "[None, ValidationError]")
    large = [f"large-{number}" for number in range(11)]
    for key in large:
        client.put_item(TableName=table, Item={**item(key), "x": {"S": "x" * 400_000}})
    assert len(client.transact_get_items(TransactItems=[get(table, item(key)) for key in large[:10]])["Responses"]) == 10
    assert "size cannot exceed" in refusal(*[get(table, item(key)) for key in large])[1]


def test_writers_of_one_item_wait_for_each_other(cloud, client, table):
    """A conflict is no reason to cancel here: one of the two transactions runs again."""

    def count(_):
        write(cloud.client("dynamodb"), add(table, "a", 1), add(table, "b", -1))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))
    assert (found(client, table, "a"), found(client, table, "b")) == (item("a", n=40), item("b", n=-40))


class Bank(Survivors):
    """Clients that move money between accounts, and what each of them knows, over all deaths of their cloud."""

    TABLE, NOTES = "accounts", "notes"
    ACCOUNTS, EACH = 12, 100

    def __init__(self, cloud, chance):
        super().__init__(cloud)
        self.chance = chance
        # What was acknowledged, and what was asked for without an answer.
        self.moved, self.unsure = {}, set()
        self.counted, self.unsure_counts, self.reads, self.poor = 0, 0, 0, 0
        self.lock = threading.Lock()

    def move(self, client, names):
        """Money goes from one account to another that has enough of it, and a note says so."""
        name = next(names)
        source, target = self.chance.sample(range(self.ACCOUNTS), 2)
        value = self.chance.randrange(1, 60)
        less = add(self.TABLE, str(source), -value, "n >= :least")
        less["Update"]["ExpressionAttributeValues"] |= {":least": {"N": str(value)}}
        note = put(self.NOTES, name, "attribute_not_exists(pk)", source=source, target=target, value=value)
        # Some are sent twice by the same token, and happen once.
        token = {"ClientRequestToken": name} if self.chance.random() < 0.5 else {}
        times = 2 if token and self.chance.random() < 0.3 else 1
        try:
            for _ in range(times):
                actions = [less, add(self.TABLE, str(target), value), note]
                client.dynamodb("TransactWriteItems", TransactItems=actions, **token)
                self.moved[name] = (source, target, value)
        except UNSURE:
            self.unsure.add(name)
            raise
        except Refused as refusal:
            assert b"[ConditionalCheckFailed, None, None]" in refusal.args[1], refusal
            self.poor += 1

    def look(self, client, _):
        """All accounts at one moment have all of the money."""
        gets = [{"Get": {"TableName": self.TABLE, "Key": item(str(number))}} for number in range(self.ACCOUNTS)]
        responses = client.dynamodb("TransactGetItems", TransactItems=gets)["Responses"]
        balances = [int(response["Item"]["n"]["N"]) for response in responses]
        assert sum(balances) == self.ACCOUNTS * self.EACH and min(balances) >= 0, balances
        self.reads += 1

    def count(self, client, _):
        """One more, if nobody was faster."""
        counter = client.dynamodb("GetItem", TableName=self.NOTES, Key=item("counter"), ConsistentRead=True)["Item"]
        old = int(counter["n"]["N"])
        try:
            client.dynamodb(
                "UpdateItem",
                TableName=self.NOTES,
                Key=item("counter"),
                UpdateExpression="SET n = :new",
                ConditionExpression="n = :old",
                ExpressionAttributeValues={":new": {"N": str(old + 1)}, ":old": {"N": str(old)}},
            )
            with self.lock:
                self.counted += 1
        except Refused as refusal:
            assert b"ConditionalCheckFailedException" in refusal.args[1], refusal
        except UNSURE:
            with self.lock:
                self.unsure_counts += 1
            raise

    def check(self, client):
        """Nothing that was acknowledged is lost, nothing is half there, and nothing happened twice."""
        scan = lambda table: page_by_page(client, table)
        notes = {note["pk"]["S"]: note for note in scan(self.NOTES)}
        counter = int(notes.pop("counter")["n"]["N"])
        assert self.counted <= counter <= self.counted + self.unsure_counts
        assert set(self.moved) <= set(notes) <= set(self.moved) | self.unsure
        balances = [self.EACH] * self.ACCOUNTS
        for note in notes.values():
            source, target, value = (int(note[part]["N"]) for part in ["source", "target", "value"])
            balances[source] -= value
            balances[target] += value
        assert {account["pk"]["S"]: int(account["n"]["N"]) for account in scan(self.TABLE)} == {
            str(number): balance for number, balance in enumerate(balances)
        }


def page_by_page(client, table):
    start = {}
    while start is not None:
        page = client.dynamodb("Scan", TableName=table, **start)
        yield from page["Items"]
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None


def test_no_money_is_lost_or_made(make_cloud, chance):
    cloud = make_cloud().start()
    client = cloud.client("dynamodb")
    bank = Bank(cloud, chance)
    make(client, bank.TABLE)
    make(client, bank.NOTES)
    write(client, *[put(bank.TABLE, str(number), n=bank.EACH) for number in range(bank.ACCOUNTS)])
    client.put_item(TableName=bank.NOTES, Item=item("counter", n=0))
    work = [bank.move] * 4 + [bank.look] * 2 + [bank.count] * 2
    threads = [threading.Thread(target=bank.run, args=(do, number)) for number, do in enumerate(work)]
    bank.alive.set()
    for thread in threads:
        thread.start()
    for kill in range(1, KILLS + 1):
        goals = (TRANSFERS * kill // KILLS, 20 * kill)
        eventually(lambda: bank.wrong or (len(bank.moved) >= goals[0] and bank.reads >= goals[1]), 60)
        bank.alive.clear()
        cloud.kill()
        cloud.start()
        bank.alive.set()
    before = len(bank.moved), bank.reads, bank.counted
    both = lambda: all(now > then for now, then in zip((len(bank.moved), bank.reads, bank.counted), before))
    eventually(lambda: bank.wrong or both(), 60)
    bank.over.set()
    for thread in threads:
        thread.join(30)
    print(f"{len(bank.moved)} moved, {bank.poor} refused, {len(bank.unsure)} unsure, {bank.reads} looks, {bank.counted} counts")
    assert not bank.wrong, bank.wrong
    bank.look(Raw(cloud), None)
    bank.check(Raw(cloud))
    assert not any("panicked" in line for line in cloud.log)
