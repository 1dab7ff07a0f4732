"""Distributed Map states whose items are read from S3, and whose results are written there."""

import datetime
import decimal
import gzip
import io
import json

import pyarrow
import pyarrow.parquet
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

        def bytes(self, key):
            return client.get_object(Bucket=bucket, Key=key)["Body"].read()

        def get(self, key):
            return json.loads(self.bytes(key))

        def lines(self, key):
            return [json.loads(line) for line in self.bytes(key).splitlines()]

        def only(self, prefix, suffix):
            """The only key that begins and ends so."""
            contents = client.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
            [key] = [one["Key"] for one in contents if one["Key"].endswith(suffix)]
            return key

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
    store.put("members.json", '{"of": {"b": 2, "a": {"c": 3}}}')
    selector = {"ItemSelector": {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"}}
    of = {"InputType": "JSON", "ItemsPointer": "/of"}
    made = [{"k": "b", "v": 2, "i": 0}, {"k": "a", "v": {"c": 3}, "i": 1}]
    assert machines.output(reading(store, of, "members.json", **selector)) == made
    assert machines.output(reading(store, of, "members.json"))[0] == {"Key": "b", "Value": 2}
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


def packed(text, codec):
    stream = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(stream, codec) as out:
        out.write(text.encode())
    return stream.getvalue().to_pybytes()


def test_packed_objects_are_unpacked(machines, store):
    csv = {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["n"], "CSVDelimiter": "PIPE"}
    for codec in ("gzip", "zstd"):
        store.put("rows", packed("1|x\n2|y\n", codec))
        assert machines.output(reading(store, csv, "rows")) == [{"n": "1"}, {"n": "2"}]
        store.put("lines", packed('{"a": 1}\n{"a": 2}\n', codec))
        assert machines.output(reading(store, {"InputType": "JSONL"}, "lines")) == [{"a": 1}, {"a": 2}]


def test_a_pointer_finds_the_items_and_a_path_how_many(machines, store):
    store.put("deep.json", json.dumps({"other": [0] * 9, "a": {"b/c": [1, 2, 3]}}))
    config = {"InputType": "JSON", "ItemsPointer": "/a/b~1c"}
    assert machines.output(reading(store, config, "deep.json")) == [1, 2, 3]
    config["MaxItemsPath"] = "$.most"
    assert machines.output(reading(store, config, "deep.json"), {"most": 2}) == [1, 2]


def table(count=3):
    """A table with a column of each kind."""
    return pyarrow.table(
        {
            "number": pyarrow.array(range(count), pyarrow.int64()),
            "text": [f"t{number}" for number in range(count)],
            "half": [number / 2 for number in range(count)],
            "is": [number % 2 == 0 for number in range(count)],
            "price": pyarrow.array([decimal.Decimal("1.25")] * count, pyarrow.decimal128(9, 2)),
            "day": [datetime.date(2026, 1, 2)] * count,
            "at": pyarrow.array([datetime.datetime(2026, 1, 2, 3, 4, 5)] * count, pyarrow.timestamp("ms")),
            "none": pyarrow.array([None] * count, pyarrow.string()),
            "list": [[1, number] for number in range(count)],
            "inner": [{"a": number, "b": "x"} for number in range(count)],
        }
    )


def parquet(table, **how):
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file, **how)
    return file.getvalue()


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd"])
def test_rows_of_parquet_are_items(machines, store, compression):
    store.put("a.parquet", parquet(table(), compression=compression))
    items = machines.output(reading(store, {"InputType": "PARQUET"}, "a.parquet"))
    assert items[1] == {
        "number": 1,
        "text": "t1",
        "half": 0.5,
        "is": False,
        "price": "1.25",
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05Z",
        "none": None,
        "list": [1, 1],
        "inner": {"a": 1, "b": "x"},
    }
    assert [item["number"] for item in items] == [0, 1, 2]


def test_parquet_is_read_row_group_by_row_group(machines, store):
    rows = pyarrow.table({"n": range(5000), "text": [f"{number:0200d}" for number in range(5000)]})
    store.put("a.parquet", parquet(rows, row_group_size=700, data_page_size=4096))
    batched = {"ItemBatcher": {"MaxItemsPerBatch": 1000}, "ItemSelector": {"n.$": "$$.Map.Item.Value.n"}}
    batches = machines.output(reading(store, {"InputType": "PARQUET"}, "a.parquet", **batched))
    assert [item["n"] for batch in batches for item in batch["Items"]] == list(range(5000))


def test_a_manifest_of_athena_names_the_files_of_a_result(machines, store):
    store.put("result/1.gz", gzip.compress(b'{"n": 1}\n{"n": 2}\n'))
    store.put("result/2", '{"n": 3}\n')
    store.put("result/manifest.csv", f"s3://{store.name}/result/1.gz\ns3://{store.name}/result/2\n")
    lines = {"ManifestType": "ATHENA_DATA", "InputType": "JSONL"}
    assert machines.output(reading(store, lines, "result/manifest.csv")) == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert machines.output(reading(store, {**lines, "MaxItems": 2}, "result/manifest.csv")) == [{"n": 1}, {"n": 2}]
    store.put("result/3", parquet(pyarrow.table({"n": [7, 8]})))
    store.put("result/manifest.csv", f"s3://{store.name}/result/3\n")
    rows = {"ManifestType": "ATHENA_DATA", "InputType": "PARQUET"}
    assert machines.output(reading(store, rows, "result/manifest.csv")) == [{"n": 7}, {"n": 8}]


def test_inventories_in_parquet_are_read_and_in_orc_are_not(machines, store):
    store.put("inventory/data.parquet", parquet(pyarrow.table({"bucket": ["b"], "key": ["one"], "size": [1]})))
    manifest = {"fileFormat": "Parquet", "files": [{"key": "inventory/data.parquet"}]}
    store.put("inventory/manifest.json", json.dumps(manifest))
    config = {"ManifestType": "S3_INVENTORY"}
    items = machines.output(reading(store, config, "inventory/manifest.json"))
    assert items == [{"bucket": "b", "key": "one", "size": 1}]
    store.put("inventory/manifest.json", json.dumps({**manifest, "fileFormat": "ORC"}))
    end = machines.run(reading(store, config, "inventory/manifest.json"))
    assert end["error"] == "States.ItemReaderFailed" and "ORC" in end["cause"]


def test_objects_of_a_list_are_loaded_and_say_where_items_are_from(machines, store):
    store.put("list/1", "[1, 2]")
    store.put("list/2", "[3]")
    config = {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}
    assert machines.output(reading(store, config, action="listObjectsV2")) == [1, 2, 3]
    selector = {"v.$": "$$.Map.Item.Value", "from.$": "$$.Map.Item.Source", "i.$": "$$.Map.Item.Index"}
    items = machines.output(reading(store, config, action="listObjectsV2", ItemSelector=selector))
    assert items[2] == {"v": 3, "from": f"S3://{store.name}/list/2", "i": 2}


def test_an_object_may_be_larger_than_what_is_held(machines, store):
    row = "x" * 999 + "\n"
    store.put("large.csv", "text\n" + row * 70_000)
    batched = {"ItemBatcher": {"MaxInputBytesPerBatch": 262_144}, "ItemSelector": {"i.$": "$$.Map.Item.Index"}}
    config = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
    inner = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $count($states.input.Items) %}", "End": True}
    processor = {**PASS, "States": {"P": inner}}
    counts = machines.output(reading(store, config, "large.csv", **batched, ItemProcessor=processor))
    assert sum(counts) == 70_000


def test_what_cannot_be_read_fails_the_map(machines, store):
    store.put("a.json", "7")
    for config, key in [
        ({"InputType": "JSON"}, "a.json"),
        ({"InputType": "JSON"}, "none.json"),
        ({"InputType": "PARQUET"}, "a.json"),
        ({"InputType": "PARQUET"}, "none.parquet"),
        ({"InputType": "JSON", "ItemsPointer": "/none"}, "a.json"),
        ({"InputType": "MANIFEST"}, "a.json"),
        ({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 1.5}, "a.json"),
    ]:
        end = machines.run(reading(store, config, key))
        assert (end["status"], end["error"]) == ("FAILED", "States.ItemReaderFailed"), end
    ranged = reading(store, {"InputType": "JSON"}, "a.json")
    ranged["M"]["ItemReader"]["Parameters"]["Range"] = "bytes=0-0"
    end = machines.run(ranged)
    assert end["error"] == "States.ItemReaderFailed" and "'Range'" in end["cause"], end


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
    assert files["SUCCEEDED"][0]["Size"] == len(store.bytes(files["SUCCEEDED"][0]["Key"]))


def test_results_of_what_failed_and_never_started_are_written_too(machines, store):
    choose = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Fail"}],
        "Default": "End",
    }
    states = {"P": choose, "Fail": {"Type": "Fail", "Error": "E", "Cause": "c"}, "End": {"Type": "Succeed"}}
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": store.name, "Prefix": "failed"},
        "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"},
    }
    each = {"Type": "Map", "ItemProcessor": {**PASS, "States": states}, "MaxConcurrency": 1, "ResultWriter": writer}
    end = machines.run({"M": {**each, "End": True}}, [1, 2, 3])
    assert end["error"] == "States.ExceedToleratedFailureThreshold"
    files = store.get(store.only("failed/", "manifest.json"))["ResultFiles"]
    lines = {name: store.lines(written[0]["Key"]) for name, written in files.items()}
    assert lines["SUCCEEDED"] == [1]
    [failed], [pending] = lines["FAILED"], lines["PENDING"]
    assert (failed["Status"], failed["Error"], failed["Cause"], failed["Input"]) == ("FAILED", "E", "c", "2")
    assert (pending["Status"], pending["Input"]) == ("PENDING", "3")


def test_results_are_shaped_without_being_written(machines):
    processor = {**PASS, "States": {"P": {"Type": "Pass", "End": True}}}
    for how, expected in [("FLATTEN", [1, 2, 3]), ("COMPACT", [[1, 2], 3])]:
        writer = {"WriterConfig": {"Transformation": how, "OutputType": "JSON"}}
        each = {"Type": "Map", "ItemProcessor": processor, "ResultWriter": writer, "End": True}
        assert machines.output({"M": each}, [[1, 2], 3]) == expected
    [whole] = machines.output({"M": {**each, "ResultWriter": {"WriterConfig": {"Transformation": "NONE"}}}}, [7])
    assert (whole["Input"], whole["Output"], whole["Status"]) == ("7", "7", "SUCCEEDED")


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
