"""PynamoDB, unchanged: models with indexes, versions, transactions, batches, pages and times to live."""

from datetime import datetime, timedelta, timezone

import pytest
from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import (
    DeleteError,
    DoesNotExist,
    GetError,
    PutError,
    TableDoesNotExist,
    TableError,
    TransactGetError,
    TransactWriteError,
    UpdateError,
)
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, IncludeProjection, LocalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

BOOKED = datetime(2026, 5, 17, 8, 30, tzinfo=timezone.utc)


class ByState(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-state"
        projection = AllProjection()
        read_capacity_units = 1
        write_capacity_units = 1

    state = UnicodeAttribute(hash_key=True)
    price = NumberAttribute(range_key=True)


class ByPrice(LocalSecondaryIndex):
    class Meta:
        index_name = "by-price"
        projection = IncludeProjection(["state"])

    customer = UnicodeAttribute(hash_key=True)
    price = NumberAttribute(range_key=True)


class Seat(MapAttribute):
    row = NumberAttribute()
    letter = UnicodeAttribute()


@pytest.fixture
def access(cloud):
    """How a model reaches the cloud: PynamoDB takes it from the model, not from the environment."""
    return {
        "host": cloud.url,
        "region": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
        "max_retry_attempts": 0,
    }


@pytest.fixture
def trips(access, name):
    class Trip(Model):
        Meta = type("Meta", (), {**access, "table_name": name, "billing_mode": "PAY_PER_REQUEST"})

        customer = UnicodeAttribute(hash_key=True)
        number = NumberAttribute(range_key=True)
        state = UnicodeAttribute(default="booked")
        price = NumberAttribute(default=0)
        is_paid = BooleanAttribute(default=False)
        booked = UTCDateTimeAttribute(default=BOOKED)
        notes = JSONAttribute(null=True)
        stops = ListAttribute(of=UnicodeAttribute, default=list)
        seat = Seat(null=True)
        tags = UnicodeSetAttribute(null=True)
        gates = NumberSetAttribute(null=True)
        gone = TTLAttribute(null=True)
        version = VersionAttribute()
        by_state = ByState()
        by_price = ByPrice()

    assert not Trip.exists()
    Trip.create_table(wait=True)
    assert Trip.exists()
    return Trip


def filled(trips, count=25):
    with trips.batch_write() as batch:
        for number in range(count):
            state = "booked" if number % 2 else "cancelled"
            batch.save(trips("anna", number, state=state, price=100 - number))
    return trips


def test_a_model_is_described_and_comes_back_as_it_was_saved(trips):
    described = trips.describe_table()
    assert described["TableStatus"] == "ACTIVE"
    assert described["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    assert described["LocalSecondaryIndexes"][0]["Projection"] == {
        "ProjectionType": "INCLUDE",
        "NonKeyAttributes": ["state"],
    }
    trip = trips("anna", 1, notes={"a": [1, None]}, seat=Seat(row=12, letter="C"), stops=["Köln", "Ulm"])
    trip.tags, trip.gates, trip.gone = {"b", "a"}, {1, 2.5}, timedelta(days=1)
    trip.save()
    assert trip.version == 1
    found = trips.get("anna", 1, consistent_read=True)

    def shown(one):
        # Sets come in any order.
        return {
            name: {kind: sorted(value) if kind in ("SS", "NS") else value for kind, value in typed.items()}
            for name, typed in one.to_dynamodb_dict().items()
        }

    assert shown(found) == shown(trip)
    assert (found.seat.row, found.seat.letter, found.stops) == (12, "C", ["Köln", "Ulm"])
    assert (found.tags, found.gates, found.notes) == ({"a", "b"}, {1, 2.5}, {"a": [1, None]})
    assert found.booked == BOOKED and found.gone.tzinfo is not None
    with pytest.raises(DoesNotExist):
        trips.get("anna", 2)
    assert trips.get("anna", 1, attributes_to_get=["price"]).price == 0


def test_versions_refuse_who_comes_late(trips):
    trip = trips("anna", 1)
    trip.save()
    late = trips.get("anna", 1)
    trip.price = 7
    trip.save()
    late.price = 8
    with pytest.raises(PutError) as refusal:
        late.save()
    assert refusal.value.cause_response_code == "ConditionalCheckFailedException"
    assert refusal.value.cause_response_message == "The conditional request failed"
    with pytest.raises(UpdateError):
        late.update(actions=[trips.price.set(8)])
    with pytest.raises(DeleteError):
        late.delete()
    late.refresh()
    late.update(actions=[trips.price.set(trips.price + 1), trips.stops.set(trips.stops.append(["Ulm"]))])
    assert (late.price, late.version, late.stops) == (8, 3, ["Ulm"])
    late.delete()
    assert trips.count("anna") == 0


def test_updates_write_every_kind_of_action(trips):
    trip = trips("anna", 1, seat=Seat(row=1, letter="A"), stops=["a", "b"], notes={"x": 1})
    trip.tags, trip.gates = {"a", "b"}, {1}
    trip.save()
    trip.update(
        actions=[
            trips.seat.row.set(trips.seat.row - 3),
            trips.seat.letter.set("D"),
            trips.stops[0].set("z"),
            trips.tags.delete({"a"}),
            trips.gates.add({2, 3}),
            trips.notes.remove(),
            trips.state.set(trips.state | "never"),
            trips.price.add(5),
        ],
        condition=trips.seat.row.between(1, 2)
        & trips.tags.contains("a")
        & trips.notes.exists()
        & trips.gone.does_not_exist()
        & trips.state.is_in("booked", "cancelled")
        & ~(trips.price > 3),
    )
    assert (trip.seat.row, trip.seat.letter, trip.stops) == (-2, "D", ["z", "b"])
    assert (trip.tags, trip.gates, trip.notes, trip.state, trip.price) == ({"b"}, {1, 2, 3}, None, "booked", 5)
    with pytest.raises(UpdateError) as refusal:
        trip.update(actions=[trips.price.set(0)], condition=trips.state.startswith("c"))
    assert refusal.value.cause_response_code == "ConditionalCheckFailedException"


def test_queries_and_scans_page_filter_and_count(trips):
    filled(trips)
    assert trips.count("anna") == trips.count() == 25
    assert trips.count("anna", trips.number >= 20, filter_condition=trips.state == "booked") == 2
    numbers = [trip.number for trip in trips.query("anna", trips.number.between(3, 9), scan_index_forward=False)]
    assert numbers == [9, 8, 7, 6, 5, 4, 3]
    pages = trips.query("anna", page_size=7, limit=20)
    assert [trip.number for trip in pages] == list(range(20))
    assert pages.last_evaluated_key == {"customer": {"S": "anna"}, "number": {"N": "19"}}
    rest = trips.query("anna", last_evaluated_key=pages.last_evaluated_key)
    assert [trip.number for trip in rest] == list(range(20, 25))
    scanned = trips.scan(trips.price.is_in(100, 90, 80) | (trips.number == 3), page_size=4)
    assert [trip.number for trip in scanned] == [0, 3, 10, 20]
    slow = trips.scan(page_size=10, rate_limit=1000, attributes_to_get=["number"])
    assert sum(1 for _ in slow) == 25
    parts = [trips.scan(segment=segment, total_segments=3) for segment in range(3)]
    assert sum(1 for part in parts for _ in part) == 25


def test_indexes_answer_in_their_order(trips):
    filled(trips)
    dear = trips.by_state.query("booked", trips.price > 90, scan_index_forward=False)
    assert [trip.price for trip in dear] == [99, 97, 95, 93, 91]
    assert trips.by_state.count("booked") == 12
    pages = trips.by_state.query("booked", page_size=5)
    assert [trip.price for trip in pages] == list(range(77, 101, 2))
    assert len(list(trips.by_state.scan(trips.number < 4))) == 4
    cheap = list(trips.by_price.query("anna", trips.price <= 78, consistent_read=True))
    assert [(trip.price, trip.state) for trip in cheap] == [(76, "cancelled"), (77, "booked"), (78, "cancelled")]


def test_batches_read_and_write_more_than_one_request_holds(trips):
    filled(trips, 130)
    keys = [("anna", number) for number in range(0, 140)]
    assert sorted(trip.number for trip in trips.batch_get(keys)) == list(range(130))
    few = trips.batch_get(keys[:3], attributes_to_get=["number"], consistent_read=True)
    assert sorted(trip.number for trip in few) == [0, 1, 2]
    with trips.batch_write() as batch:
        for trip in trips.query("anna", trips.number >= 10):
            batch.delete(trip)
    assert trips.count("anna") == 10


def test_transactions_are_all_or_nothing(trips, access):
    connection = Connection(**access)
    anna, bert = trips("anna", 1, price=5), trips("bert", 1)
    with TransactWrite(connection=connection, client_request_token="once") as transaction:
        transaction.save(anna)
        transaction.save(bert, condition=trips.customer.does_not_exist())
    assert (anna.version, bert.version) == (1, 1)
    with TransactWrite(connection=connection) as transaction:
        transaction.condition_check(trips, "bert", 1, condition=trips.price == 0)
        transaction.update(anna, actions=[trips.price.add(1)], condition=trips.price < 6)
    anna.refresh()
    assert (anna.price, anna.version) == (6, 2)
    with pytest.raises(TransactWriteError) as refusal:
        with TransactWrite(connection=connection) as transaction:
            transaction.delete(bert)
            transaction.update(anna, actions=[trips.price.add(1)], condition=trips.price < 6, return_values="ALL_OLD")
    assert refusal.value.cause_response_code == "TransactionCanceledException"
    fine, reason = refusal.value.cancellation_reasons
    assert fine is None
    assert (reason.code, reason.message) == ("ConditionalCheckFailed", "The conditional request failed")
    assert reason.raw_item["price"] == {"N": "6"}
    with TransactGet(connection=connection) as transaction:
        futures = [transaction.get(trips, "anna", 1), transaction.get(trips, "bert", 1)]
        missing = transaction.get(trips, "carl", 1)
    assert [future.get().version for future in futures] == [2, 1]
    with pytest.raises(DoesNotExist):
        missing.get()
    with pytest.raises(TransactGetError):
        with TransactGet(connection=connection) as transaction:
            [transaction.get(trips, "anna", 1) for _ in range(2)]


def test_a_ttl_attribute_turns_the_time_to_live_on(trips, cloud):
    described = cloud.client("dynamodb").describe_time_to_live(TableName=trips.Meta.table_name)
    assert described["TimeToLiveDescription"]["AttributeName"] == "gone"
    with pytest.raises(TableError, match="TimeToLive is already enabled"):
        trips.update_ttl(ignore_update_ttl_errors=False)
    trip = trips("anna", 1, gone=timedelta(hours=1))
    trip.save()
    trip.update(actions=[trips.gone.set(timedelta(days=1))])
    assert trip.gone > datetime.now(timezone.utc) + timedelta(hours=23)
    assert list(trips.query("anna", filter_condition=trips.gone > datetime.now(timezone.utc)))


def test_a_table_that_is_deleted_is_gone(trips):
    trips.delete_table()
    assert not trips.exists()
    with pytest.raises(TableDoesNotExist):
        trips.describe_table()
    with pytest.raises(GetError) as refusal:
        trips.get("anna", 1)
    assert refusal.value.cause_response_code == "ResourceNotFoundException"
