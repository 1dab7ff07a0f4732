"""Distributed Map states whose items are read from S3, and whose results are written there."""

import gzip
import json

import pytest
from conftest import bucket_name
from test_states_saga import Machines


@pytest.fixture
def machines(cloud, name):
    return Machines(cloud, name)


@pytest.fixture
def store(cloud, request):
    """Writes an object, and reads one."""
    bucket, client = bucket_name(request), cloud.client("s3")
    client.create_bucket(Bucket=bucket)

    class Store:
        name = bucket

        def put(self, key, body):
            client.put_object(Bucket=bucket, Key=key, Body=body)

        def get(self, key):
            return json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read())

    return Store()


PASS = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "P",
    "States": {"P": {"Type": "Pass", "End": True}},
}


def reading(store, config, key=None, action="getObject", **more):
    """A Map state that reads its items."""
    arguments = {"Bucket": store.name, **({"Key": key} if key else {"Prefix": "list/"})}
    reader = {"Resource": f"arn:aws:states:::s3:{action}", "Parameters": arguments}
    if config:
        reader["ReaderConfig"] = config
    return {"M": {"Type": "Map", "ItemReader": reader, "ItemProcessor": PASS, "End": True, **more}}


def test_items_are_read_in_each_format(machines, store):
    store.put("a.csv", "a,b\n1,x\n2,y\n")
    csv = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    assert machines.output(reading(store, csv, "a.csv")) == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    assert machines.output(reading(store, {**csv, "MaxItems": 1}, "a.csv")) == [{"a": "1", "b": "x"}]
    store.put("a.json", '[1, {"b": "ü"}]')
    assert machines.output(reading(store, {"InputType": "JSON"}, "a.json")) == [1, {"b": "ü"}]
    store.put("a.jsonl", "1\n[2]\n")
    assert machines.output(reading(store, {"InputType": "JSONL"}, "a.jsonl")) == [1, [2]]


def test_objects_are_items(machines, store):
    for number in range(3):
        store.put(f"list/{number}", "x" * number)
    found = machines.output(reading(store, None, action="listObjectsV2"))
    assert [(item["Key"], item["Size"]) for item in found] == [("list/0", 0), ("list/1", 1), ("list/2", 2)]
    assert sorted(found[0]) == ["Etag", "Key", "LastModified", "Size", "StorageClass"]


def test_an_inventory_names_its_objects(machines, store):
    rows = '"b","one","1"\n"b","two","2"\n'
    store.put("inventory/data.csv.gz", gzip.compress(rows.encode()))
    manifest = {
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "inventory/data.csv.gz", "size": 1}],
    }
    store.put("inventory/manifest.json", json.dumps(manifest))
    items = machines.output(reading(store, {"InputType": "MANIFEST"}, "inventory/manifest.json"))
    assert items == [{"Bucket": "b", "Key": "one", "Size": "1"}, {"Bucket": "b", "Key": "two", "Size": "2"}]


def test_what_cannot_be_read_fails_the_map(machines, store):
    store.put("a.json", "{}")
    for config, key in [
        ({"InputType": "JSON"}, "a.json"),
        ({"InputType": "JSON"}, "none.json"),
        ({"InputType": "PARQUET"}, "a.json"),
    ]:
        end = machines.run(reading(store, config, key))
        assert (end["status"], end["error"]) == ("FAILED", "States.ItemReaderFailed"), end


def test_results_are_written_with_a_manifest(machines, store):
    store.put("a.json", "[1, 2]")
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": store.name, "Prefix": "out"}}
    result = machines.output(reading(store, {"InputType": "JSON"}, "a.json", ResultWriter=writer))
    details = result["ResultWriterDetails"]
    run = result["MapRunArn"].rsplit(":", 1)[1]
    assert details == {"Bucket": store.name, "Key": f"out/{run}/manifest.json"}
    manifest = store.get(details["Key"])
    assert (manifest["DestinationBucket"], manifest["MapRunArn"]) == (store.name, result["MapRunArn"])
    files = manifest["ResultFiles"]
    assert (files["FAILED"], files["PENDING"]) == ([], [])
    assert [file["Key"] for file in files["SUCCEEDED"]] == [f"out/{run}/SUCCEEDED_0.json"]
    written = store.get(files["SUCCEEDED"][0]["Key"])
    assert sorted(one["Output"] for one in written) == ["1", "2"]
    assert {one["Status"] for one in written} == {"SUCCEEDED"}


def test_files_of_another_kind_or_owner_are_not_written(machines, store):
    store.put("a.json", "[1]")
    parameters = {"Bucket": store.name, "Prefix": "out"}
    for more, changed in [
        ({"WriterConfig": {"Transformation": "NONE", "OutputType": "CSV"}}, parameters),
        ({}, {**parameters, "ExpectedBucketOwner": "111111111111"}),
    ]:
        writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": changed, **more}
        end = machines.run(reading(store, {"InputType": "JSON"}, "a.json", ResultWriter=writer))
        assert (end["status"], end["error"]) == ("FAILED", "States.ResultWriterFailed"), end
