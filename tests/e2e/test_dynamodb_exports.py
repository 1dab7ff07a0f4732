"""Exports to S3: what stands in the bucket, against what the table was; what is refused, and what fails later."""

import base64
import gzip
import hashlib
import json
import re

import pytest
from backup_writers import items
from conftest import eventually, move
from test_dynamodb_backups import refused, simple
from test_dynamodb_backups_moment import enable, moment, now_ms

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
SAMPLE = {
    "pk": {"S": "é 🚂"},
    "sk": {"N": "-1"},
    "n": {"N": "0.12345678901234567890123456789012345678"},
    "big": {"N": "12345678901234567890123456789012345678000"},
    "b": {"B": b"\x00\xff"},
    "yes": {"BOOL": True},
    "null": {"NULL": True},
    "empty": {"S": ""},
    "l": {"L": [{"N": "600"}, {"M": {"a b": {"L": []}, "": {"M": {}}}}, {"S": 'q"\\\n'}]},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2.5"]},
    "bs": {"BS": [b"", b"x"]},
}


def ended(client, arn):
    def ready():
        description = client.describe_export(ExportArn=arn)["ExportDescription"]
        return description if description["ExportStatus"] != "IN_PROGRESS" else None

    return eventually(ready, 60)


def export(client, name, bucket, **more):
    begun = client.export_table_to_point_in_time(TableArn=ARN + name, S3Bucket=bucket, **more)["ExportDescription"]
    assert begun["ExportStatus"] == "IN_PROGRESS"
    return ended(client, begun["ExportArn"])


def body(s3, bucket, key):
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def files(s3, bucket, description):
    """What the manifests say, and the lines of the files; everything adds up."""
    folder = description["ExportManifest"].removesuffix("/manifest-summary.json")
    texts = {}
    for name in ("summary", "files"):
        text = body(s3, bucket, f"{folder}/manifest-{name}.json")
        assert body(s3, bucket, f"{folder}/manifest-{name}.md5") == base64.b64encode(hashlib.md5(text).digest())
        texts[name] = text.decode()
    assert body(s3, bucket, f"{folder}/_started") == b""
    summary = json.loads(texts["summary"])
    lines = []
    for line in texts["files"].splitlines():
        file = json.loads(line)
        assert set(file) == {"itemCount", "md5Checksum", "etag", "dataFileS3Key"}
        packed = body(s3, bucket, file["dataFileS3Key"])
        assert file["md5Checksum"] == base64.b64encode(hashlib.md5(packed).digest()).decode()
        text = gzip.decompress(packed).decode().splitlines()
        assert len(text) == file["itemCount"]
        lines += text
    assert summary["itemCount"] == description["ItemCount"] == len(lines)
    assert summary["exportArn"] == description["ExportArn"]
    assert summary["manifestFilesS3Key"] == f"{folder}/manifest-files.json"
    return summary, lines


def plain(value):
    """A value of DynamoDB's JSON as boto3 has it."""
    ((kind, inner),) = value.items()
    if kind == "B":
        return {kind: base64.b64decode(inner)}
    if kind == "BS":
        return {kind: sorted(base64.b64decode(each) for each in inner)}
    if kind == "M":
        return {kind: {name: plain(each) for name, each in inner.items()}}
    if kind == "L":
        return {kind: [plain(each) for each in inner]}
    return {kind: sorted(inner) if kind in ("SS", "NS") else inner}


def key(item):
    return item["pk"]["S"], item["sk"]["N"]


def read(line, part="Item"):
    return {name: plain(value) for name, value in json.loads(line)[part].items()}


def test_an_export_is_what_the_table_was(cloud, s3, bucket, name):
    client = cloud.client("dynamodb")
    simple(client, name, "a", "b")
    client.put_item(TableName=name, Item=SAMPLE)
    enable(client, name)
    before = items(client, name)
    begun = client.export_table_to_point_in_time(
        TableArn=ARN + name, S3Bucket=bucket, S3Prefix="nightly/", ClientToken="token" + name
    )["ExportDescription"]
    assert set(begun) == {
        "ExportArn", "ExportStatus", "StartTime", "TableArn", "TableId", "ExportTime", "ClientToken", "S3Bucket",
        "S3Prefix", "S3SseAlgorithm", "ExportFormat",
    }  # fmt: skip
    assert (begun["ExportFormat"], begun["S3SseAlgorithm"]) == ("DYNAMODB_JSON", "AES256")
    label = begun["ExportArn"].removeprefix(f"{ARN}{name}/export/")
    assert re.fullmatch(f"{round(begun['StartTime'].timestamp() * 1000):014}-[0-9a-f]{{8}}", label)
    client.delete_item(TableName=name, Key={"pk": {"S": "a"}, "sk": {"N": "1"}})
    client.put_item(TableName=name, Item={"pk": {"S": "c"}, "sk": {"N": "1"}})
    done = ended(client, begun["ExportArn"])
    assert done["ExportManifest"] == f"nightly/AWSDynamoDB/{label}/manifest-summary.json"
    assert done["BilledSizeBytes"] > 100
    assert done["EndTime"] >= done["StartTime"]
    summary, lines = files(s3, bucket, done)
    assert (summary["version"], summary["outputFormat"]) == ("2020-06-30", "DYNAMODB_JSON")
    assert {key(item): item for item in map(read, lines)} == before
    repeated = client.export_table_to_point_in_time(
        TableArn=ARN + name, S3Bucket=bucket, S3Prefix="nightly/", ClientToken="token" + name
    )["ExportDescription"]
    assert repeated == done
    refused(
        "ExportConflictException",
        "Export conflict: Duplicate request detected with conflicting parameters",
        client.export_table_to_point_in_time,
        TableArn=ARN + name, S3Bucket=bucket, ClientToken="token" + name,
    )  # fmt: skip


def test_an_empty_table_has_one_empty_file(cloud, s3, bucket, name):
    client = cloud.client("dynamodb")
    simple(client, name)
    enable(client, name)
    done = export(client, name, bucket, ExportFormat="ION")
    _, lines = files(s3, bucket, done)
    assert (lines, done["ItemCount"], done["BilledSizeBytes"]) == ([], 0, 0)
    data = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket)["Contents"] if "/data/" in it["Key"]]
    assert len(data) == 1 and re.fullmatch(r"AWSDynamoDB/[0-9a-f-]+/data/[a-z2-7]{26}\.ion\.gz", data[0])


def test_ion_has_a_line_for_each_item(cloud, s3, bucket, name):
    client = cloud.client("dynamodb")
    simple(client, name)
    client.put_item(TableName=name, Item={"pk": {"S": "a"}, "sk": {"N": "600"}, "s": {"NS": ["1.5"]}, "b": {"B": b"x"}})
    enable(client, name)
    _, (line,) = files(s3, bucket, export(client, name, bucket, ExportFormat="ION"))
    assert line.startswith("$ion_1_0 {")
    # Commas at the end of lists are Ion.
    bare = line.replace(" ", "").replace(",]", "]").replace(",}", "}")
    assert bare == '$ion_1_0{Item:{b:{{eA==}},pk:"a",s:$dynamodb_NS::[1.5],sk:6d2}}'


@pytest.fixture
def moved(make_cloud):
    """A cloud whose clock moves, with a bucket."""
    cloud = make_cloud().start()
    cloud.client("s3").create_bucket(Bucket="exports")
    return cloud, cloud.client("dynamodb"), cloud.client("s3")


def put(client, pk, text):
    client.put_item(TableName="table", Item={"pk": {"S": pk}, "sk": {"N": "1"}, "text": {"S": text}})


def changes(cloud):
    """A table that changed before, within and after a period; when that began, and ended."""
    client = cloud.client("dynamodb")
    simple(client, "table")
    enable(client, "table")
    for pk in ("same", "changed", "deleted", "later"):
        put(client, pk, "old")
    move(cloud, advance_seconds=60)
    start = now_ms(cloud) // 1000
    put(client, "changed", "between")
    put(client, "came", "first")
    put(client, "came and went", "x")
    move(cloud, advance_seconds=600)
    put(client, "changed", "new")
    for pk in ("deleted", "came and went"):
        client.delete_item(TableName="table", Key={"pk": {"S": pk}, "sk": {"N": "1"}})
    move(cloud, advance_seconds=600)
    end = now_ms(cloud) // 1000 + 1
    move(cloud, advance_seconds=60)
    put(client, "changed", "too late")
    put(client, "later", "too late")
    return start, end


def incremental(start, end=None, **more):
    period = {"ExportFromTime": moment(start), **({"ExportToTime": moment(end)} if end else {}), **more}
    return {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": period}


def test_changes_between_two_moments(moved):
    cloud, client, s3 = moved
    start, end = changes(cloud)
    done = export(client, "table", "exports", **incremental(start, end))
    assert done["IncrementalExportSpecification"]["ExportViewType"] == "NEW_AND_OLD_IMAGES"
    assert (done["BilledSizeBytes"], "ExportTime" in done) == (10_000_000, False)
    summary, lines = files(s3, "exports", done)
    assert (summary["version"], summary["outputView"]) == ("2023-08-01", "NEW_AND_OLD_IMAGES")
    seen = {}
    for line in map(json.loads, lines):
        micros = int(line["Metadata"]["WriteTimestampMicros"]["N"])
        assert start * 10**6 <= micros < end * 10**6
        texts = [line.get(image, {}).get("text", {}).get("S") for image in ("OldImage", "NewImage")]
        assert set(line["Keys"]) == {"pk", "sk"}
        seen[line["Keys"]["pk"]["S"]] = texts
    assert seen == {"changed": ["old", "new"], "came": [None, "first"], "deleted": ["old", None]}
    done = export(client, "table", "exports", **incremental(start, end, ExportViewType="NEW_IMAGE"))
    _, lines = files(s3, "exports", done)
    assert not any("OldImage" in line for line in lines) and len(lines) == 3
    listed = s3.list_objects_v2(Bucket="exports", Prefix="AWSDynamoDB/data/")["Contents"]
    assert len(listed) == 2
    # The same, as it was at those moments, is all there was.
    whole = {}
    for at in (start - 1, end):
        _, lines = files(s3, "exports", export(client, "table", "exports", ExportTime=moment(at)))
        whole[at] = {read(line)["pk"]["S"]: read(line)["text"]["S"] for line in lines}
    assert whole[start - 1] == dict.fromkeys(("same", "changed", "deleted", "later"), "old")
    assert whole[end] == {"same": "old", "changed": "new", "later": "old", "came": "first"}


def test_what_periods_are_refused(moved):
    cloud, client, _ = moved
    start, end = changes(cloud)

    def no(code, message, **more):
        refused(code, message, client.export_table_to_point_in_time, TableArn=ARN + "table", S3Bucket="exports", **more)

    late = "InvalidExportTimeException"
    short = "Difference between export period from time and export period to time is less than 15 minutes"
    no(late, short, **incremental(start, start + 899))
    no(late, short, **incremental(end, start))
    no(late, "Export Time is invalid", ExportTime=moment(now_ms(cloud) // 1000 + 5))
    no(late, "Export Time is invalid", ExportTime=moment(start - 3600))
    wrong = "ValidationException"
    no(wrong, "Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification",
       ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification={})  # fmt: skip
    no(wrong, "Invalid Request: KMS Key Id is not supported for this encryption type", S3SseKmsKeyId="alias/x")
    begun = "Incremental export period from time cannot be less than the table creation time : "
    with pytest.raises(client.exceptions.InvalidExportTimeException, match=begun):
        client.export_table_to_point_in_time(
            TableArn=ARN + "table", S3Bucket="exports", **incremental(start - 7200, start)
        )


def test_what_tables_are_refused(cloud, name):
    client = cloud.client("dynamodb")
    simple(client, name)
    for arn, code, message in [
        (name, "ValidationException", "One or more parameter values were invalid: tableArn is not a valid ARN"),
        (f"{ARN}{name}/index/x", "ValidationException", "Invalid Request: Table ARN is invalid."),
        (f"{ARN}{name}2", "TableNotFoundException", f"Table not found: {ARN}{name}2"),
        (ARN.replace("us-east", "us-west") + name, "TableNotFoundException", None),
        (ARN.replace("0" * 12, "1" * 12) + name, "AccessDeniedException", "Access is denied"),
        (ARN + name, "PointInTimeRecoveryUnavailableException",
         f"Point in time recovery is not enabled for table '{name}'"),
    ]:  # fmt: skip
        message = message or f"Table not found: {arn}"
        refused(code, message, client.export_table_to_point_in_time, TableArn=arn, S3Bucket="any-bucket")


def test_buckets_fail_later(cloud, s3, bucket, name):
    client = cloud.client("dynamodb")
    simple(client, name, "a")
    enable(client, name)
    done = export(client, name, bucket + "-not")
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert done["FailureMessage"].startswith("The specified bucket does not exist (Service: Amazon S3; Status Code: 404; ")
    assert not {"ItemCount", "ExportManifest"} & set(done)
    done = export(client, name, bucket, S3BucketOwner="111111111111")
    assert (done["ExportStatus"], done["FailureCode"]) == ("FAILED", "S3AccessDenied")


def test_exports_are_listed_and_outlive_their_table(cloud, bucket, name):
    client = cloud.client("dynamodb")
    simple(client, name, "a")
    enable(client, name)
    arns = [export(client, name, bucket)["ExportArn"] for _ in range(3)]
    newest = sorted(arns, reverse=True)
    page = client.list_exports(TableArn=ARN + name, MaxResults=2)
    assert [it["ExportArn"] for it in page["ExportSummaries"]] == newest[:2]
    assert page["ExportSummaries"][0]["ExportType"] == "FULL_EXPORT"
    page = client.list_exports(TableArn=ARN + name, MaxResults=2, NextToken=page["NextToken"])
    assert [it["ExportArn"] for it in page["ExportSummaries"]] == newest[2:] and "NextToken" not in page
    refused("ValidationException", "Invalid Request: Provided nextToken is invalid: ab",
            client.list_exports, NextToken="ab")  # fmt: skip
    client.delete_table(TableName=name)
    assert client.describe_export(ExportArn=arns[0])["ExportDescription"]["ExportStatus"] == "COMPLETED"
    assert client.list_exports(TableArn=ARN + name)["ExportSummaries"] == []
    wrong = arns[0][:-1] + ("0" if arns[0][-1] != "0" else "1")
    for arn, code, message in [
        (wrong, "ExportNotFoundException", f"Export not found: Export not found: {wrong}"),
        (ARN + name + "x" * 20, "ValidationException", "Invalid Export ARN"),
        (arns[0].replace("us-east", "us-west"), "ExportNotFoundException", "Export not found: Invalid export arn"),
        (arns[0].replace("0" * 12, "1" * 12), "AccessDeniedException", "Access is denied"),
    ]:
        refused(code, message, client.describe_export, ExportArn=arn)


def test_an_export_outlives_the_process_and_the_table(make_cloud):
    cloud = make_cloud().start()
    client = cloud.client("dynamodb")
    cloud.client("s3").create_bucket(Bucket="exports")
    simple(client, "table")
    enable(client, "table")
    for n in range(0, 1000, 25):
        puts = [{"PutRequest": {"Item": {"pk": {"S": str(n + i)}, "sk": {"N": "1"}, "t": {"S": "x" * 12_000}}}} for i in range(25)]
        client.batch_write_item(RequestItems={"table": puts})
    arn = client.export_table_to_point_in_time(TableArn=ARN + "table", S3Bucket="exports")["ExportDescription"]["ExportArn"]
    client.delete_table(TableName="table")
    for _ in range(3):
        cloud.kill()
        cloud.start()
    done = ended(cloud.client("dynamodb"), arn)
    s3 = cloud.client("s3")
    summary, lines = files(s3, "exports", done)
    assert sorted(int(read(line)["pk"]["S"]) for line in lines) == list(range(1000))
    listed = s3.list_objects_v2(Bucket="exports")["Contents"]
    assert sum("/data/" in it["Key"] for it in listed) == 2


def test_exports_are_forgotten(moved):
    cloud, client, _ = moved
    simple(client, "table")
    enable(client, "table")
    arn = export(client, "table", "exports")["ExportArn"]
    move(cloud, advance_seconds=90 * 86_400 + 60)
    eventually(lambda: not client.list_exports()["ExportSummaries"], 10)
    refused("ExportNotFoundException", f"Export not found: Export not found: {arn}", client.describe_export, ExportArn=arn)
