"""Imports from S3: what becomes of files, and of what is wrong in them."""

import gzip
import json

import pytest
from backup_writers import items
from conftest import eventually
from test_dynamodb_backups import active, refused, simple
from test_dynamodb_backups_moment import enable
from test_dynamodb_exports import ARN, SAMPLE, export, key

INVALID = "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details."


def table(name, pk="S", sk="N", **more):
    sort = [("sk", "RANGE", sk)] if sk else []
    keys = [("pk", "HASH", pk), *sort]
    return {
        "TableName": name,
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind, _ in keys],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, _, kind in keys],
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }


def ended(client, arn):
    def ready():
        description = client.describe_import(ImportArn=arn)["ImportTableDescription"]
        return description if description["ImportStatus"] != "IN_PROGRESS" else None

    return eventually(ready, 60)


def load(client, bucket, prefix, creation, kind="DYNAMODB_JSON", packing=None, **more):
    packed = {"InputCompressionType": packing} if packing else {}
    begun = client.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": prefix},
        InputFormat=kind,
        TableCreationParameters=creation,
        **packed,
        **more,
    )["ImportTableDescription"]
    assert begun["ImportStatus"] == "IN_PROGRESS"
    return ended(client, begun["ImportArn"])


def counts(done):
    return tuple(done[name] for name in ("ProcessedItemCount", "ImportedItemCount", "ErrorCount"))


@pytest.mark.parametrize("kind", ["DYNAMODB_JSON", "ION"])
def test_what_was_exported_is_imported(cloud, bucket, name, kind):
    client = cloud.client("dynamodb")
    simple(client, name, "a", "b", "c")
    client.put_item(TableName=name, Item=SAMPLE)
    enable(client, name)
    manifest = export(client, name, bucket, ExportFormat=kind)["ExportManifest"]
    root = manifest.removesuffix("manifest-summary.json")
    done = load(client, bucket, root + "data/", table(name + "-2"), kind, "GZIP")
    assert (done["ImportStatus"], counts(done)) == ("COMPLETED", (4, 4, 0))
    assert items(client, name + "-2") == items(client, name)
    # As at AWS: the manifests are no items.
    done = load(client, bucket, root, table(name + "-3"), kind, "GZIP")
    assert (done["ImportStatus"], done["FailureCode"], counts(done)) == ("FAILED", "ItemValidationError", (8, 4, 4))
    assert len(items(client, name + "-3")) == 4


def test_indexes_are_filled_and_the_last_of_several_counts(cloud, s3, bucket, name):
    client = cloud.client("dynamodb")
    line = '{"Item":{"pk":{"S":"%s"},"sk":{"N":"1"},"of":{"S":"%s"}}}'
    s3.put_object(Bucket=bucket, Key="in/1", Body="\n".join([line % ("a", "old"), line % ("b", "b"), ""]))
    s3.put_object(Bucket=bucket, Key="in/2", Body=line % ("a", "new"))
    creation = table(name)
    creation["AttributeDefinitions"] += [{"AttributeName": "of", "AttributeType": "S"}]
    creation["GlobalSecondaryIndexes"] = [
        {
            "IndexName": "by-of",
            "KeySchema": [{"AttributeName": "of", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ]
    done = load(client, bucket, "in/", creation)
    assert counts(done) == (3, 3, 0) and done["ProcessedSizeBytes"] == 3 * len(line % ("a", "old")) - 2 + 2
    found = {it["pk"]["S"]: it["of"]["S"] for it in client.scan(TableName=name, IndexName="by-of")["Items"]}
    assert found == {"a": "new", "b": "b"}
    assert client.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"


def test_csv(cloud, s3, bucket, name):
    client = cloud.client("dynamodb")
    s3.put_object(Bucket=bucket, Key="plain.csv", Body='pk,sk,text\na,1,"x,""y""\nz"\nb,2,\n')
    done = load(client, bucket, "plain", table(name), "CSV")
    assert (done["ImportStatus"], "InputFormatOptions" in done, counts(done)) == ("COMPLETED", False, (2, 2, 0))
    wanted = [
        {"pk": {"S": "a"}, "sk": {"N": "1"}, "text": {"S": 'x,"y"\nz'}},
        {"pk": {"S": "b"}, "sk": {"N": "2"}, "text": {"S": ""}},
    ]
    assert items(client, name) == {key(item): item for item in wanted}
    options = {"Csv": {"Delimiter": ";", "HeaderList": ["pk", "sk", "text"]}}
    s3.put_object(Bucket=bucket, Key="named.csv", Body="c;3;d\ne;no number;f\ng;4\n")
    done = load(client, bucket, "named", table(name + "-2"), "CSV", InputFormatOptions=options)
    assert (done["InputFormatOptions"], counts(done)) == (options, (3, 1, 2))
    refused(
        "ValidationException",
        "Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON.",
        client.import_table,
        S3BucketSource={"S3Bucket": bucket}, InputFormat="DYNAMODB_JSON", InputFormatOptions=options,
        TableCreationParameters=table(name + "-3"),
    )  # fmt: skip


def test_what_is_wrong_is_counted_and_told(cloud, s3, bucket, name):
    client, logs = cloud.client("dynamodb"), cloud.client("logs")
    good = '{"Item":{"pk":{"S":"%d"},"sk":{"N":"1"}}}'
    lines = [good % n for n in range(10)]
    lines[3] = '{"Item":{"pk":{"S":"3"}}}'
    s3.put_object(Bucket=bucket, Key="in/missing", Body="\n".join(lines))
    done = load(client, bucket, "in/", table(name))
    assert (done["ImportStatus"], done["FailureCode"], done["FailureMessage"]) == ("FAILED", "ItemValidationError", INVALID)
    assert counts(done) == (10, 9, 1) and len(items(client, name)) == 9
    stream = done["ImportArn"].rsplit("/", 1)[1] + "/error"
    (event,) = logs.get_log_events(logGroupName="/aws-dynamodb/imports", logStreamName=stream)["events"]
    assert json.loads(event["message"]) == {
        "itemS3Pointer": {"bucket": bucket, "key": "in/missing", "itemIndex": 3},
        "importArn": done["ImportArn"],
        "errorMessages": ["One or more parameter values were invalid: Missing the key sk in the item"],
    }
    lines[5] = "garbage"
    s3.put_object(Bucket=bucket, Key="on/garbage", Body="\n".join(lines))
    assert counts(load(client, bucket, "on/", table(name + "-2"))) == (6, 4, 2)
    done = load(client, bucket, "on/", table(name + "-3"), packing="ZSTD")
    assert (done["FailureCode"], counts(done)) == ("ItemValidationError", (1, 0, 1))
    assert active(client, name + "-3")


def test_buckets_and_names(cloud, bucket, name):
    client = cloud.client("dynamodb")
    done = load(client, bucket + "-not", "", table(name))
    assert (done["ImportStatus"], done["FailureCode"], counts(done)) == ("FAILED", "S3NoSuchBucket", (0, 0, 0))
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName=name)
    done = load(client, bucket, "nothing/", table(name), ClientToken="token" + name)
    assert (done["ImportStatus"], counts(done), items(client, name)) == ("COMPLETED", (0, 0, 0), {})
    assert done["S3BucketSource"]["S3BucketOwner"] == "000000000000"
    assert done["CloudWatchLogGroupArn"] == "arn:aws:logs:us-east-1:000000000000:log-group:/aws-dynamodb/imports:*"
    again = {"S3BucketSource": {"S3Bucket": bucket}, "InputFormat": "ION", "ClientToken": "token" + name}
    assert client.import_table(**again, TableCreationParameters=table(name))["ImportTableDescription"] == done
    refused("ImportConflictException", "Import conflict: Duplicate request detected with conflicting parameters",
            client.import_table, **again, TableCreationParameters=table(name + "-2"))  # fmt: skip
    again["ClientToken"] = "other" + name
    refused("ResourceInUseException", f"Table already exists: {name}",
            client.import_table, **again, TableCreationParameters=table(name))  # fmt: skip
    client.delete_table(TableName=name)
    assert client.describe_import(ImportArn=done["ImportArn"])["ImportTableDescription"] == done
    listed = client.list_imports(TableArn=ARN + name, PageSize=1)
    assert [it["ImportArn"] for it in listed["ImportSummaryList"]] == [done["ImportArn"]]
    (failed,) = client.list_imports(TableArn=ARN + name, NextToken=listed["NextToken"])["ImportSummaryList"]
    assert failed["ImportStatus"] == "FAILED"
    wrong = done["ImportArn"][:-8] + "00000000"
    refused("ImportNotFoundException", f"Import not found: Import not found: {wrong}",
            client.describe_import, ImportArn=wrong)  # fmt: skip
    refused("ValidationException", "Invalid Import ARN", client.describe_import, ImportArn=ARN + name)


def test_an_import_outlives_the_process(make_cloud):
    cloud = make_cloud().start()
    client, s3 = cloud.client("dynamodb"), cloud.client("s3")
    s3.create_bucket(Bucket="imports")
    for part in range(4):
        lines = [json.dumps({"Item": {"pk": {"S": str(part * 5000 + n)}, "sk": {"N": "1"}}}) for n in range(5000)]
        s3.put_object(Bucket="imports", Key=f"part-{part}", Body=gzip.compress("\n".join(lines).encode()))
    begun = client.import_table(
        S3BucketSource={"S3Bucket": "imports"},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters=table("table"),
    )["ImportTableDescription"]
    assert client.describe_table(TableName="table")["Table"]["TableStatus"] == "CREATING"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.put_item(TableName="table", Item={"pk": {"S": "x"}, "sk": {"N": "1"}})
    for _ in range(3):
        cloud.kill()
        cloud.start()
    client = cloud.client("dynamodb")
    done = ended(client, begun["ImportArn"])
    assert (done["ImportStatus"], counts(done)) == ("COMPLETED", (20_000, 20_000, 0))
    assert len(items(client, "table")) == 20_000
