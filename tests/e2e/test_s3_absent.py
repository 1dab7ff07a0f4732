"""Operations that are closed, and settings of buckets that say that there is nothing."""

import pytest
from objects import refused


def test_closed_operations(s3, bucket):
    where = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**where, Body=b"a,b")
    error = refused("MethodNotAllowed", s3.get_object_torrent, **where)
    assert (error["Method"], error["ResourceType"]) == ("GET", "OBJECT")
    refused(
        "MethodNotAllowed", s3.select_object_content, **where, Expression="SELECT 1", ExpressionType="SQL",
        InputSerialization={"CSV": {}}, OutputSerialization={"CSV": {}},
    )
    refused("MethodNotAllowed", s3.rename_object, **where, RenameSource="other")
    assert s3.get_object(**where)["Body"].read() == b"a,b"


@pytest.mark.parametrize("kind", ["metadata_configuration", "metadata_table_configuration"])
def test_tables_of_metadata(s3, bucket, kind):
    for verb in ("get", "delete"):
        refused("MetadataConfigurationNotFound", getattr(s3, f"{verb}_bucket_{kind}"), Bucket=bucket)
        refused("NoSuchBucket", getattr(s3, f"{verb}_bucket_{kind}"), Bucket="none-of-ours")
    journal = {"RecordExpiration": {"Expiration": "DISABLED"}}
    refused(
        "MetadataConfigurationNotFound", s3.update_bucket_metadata_journal_table_configuration,
        Bucket=bucket, JournalTableConfiguration=journal,
    )
    refused(
        "NotImplemented", s3.create_bucket_metadata_configuration,
        Bucket=bucket, MetadataConfiguration={"JournalTableConfiguration": journal},
    )


def test_tags_may_count_for_access(s3, bucket):
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"] == {"Status": "Disabled"}
    s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled"})
    assert s3.get_bucket_abac(Bucket=bucket)["AbacStatus"] == {"Status": "Enabled"}


def test_objects_get_other_keys(s3, versioned):
    where = {"Bucket": versioned, "Key": "k"}
    before = s3.put_object(**where, Body=b"x")
    key = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
    s3.update_object_encryption(**where, ObjectEncryption={"SSEKMS": {"KMSKeyArn": key, "BucketKeyEnabled": True}})
    now = s3.head_object(**where)
    assert (now["ServerSideEncryption"], now["SSEKMSKeyId"], now["BucketKeyEnabled"]) == ("aws:kms", key, True)
    assert (now["VersionId"], now["ETag"]) == (before["VersionId"], before["ETag"])


def test_attributes_page_through_parts(s3, bucket):
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload, ChecksumAlgorithm="SHA256")["UploadId"]
    parts = []
    for number, body in ((1, b"x" * (5 << 20)), (4, b"y" * (5 << 20)), (9, b"z")):
        made = s3.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": made["ETag"], "ChecksumSHA256": made["ChecksumSHA256"]})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    def page(**more):
        asked = {"Bucket": bucket, "Key": "k", "ObjectAttributes": ["ObjectParts"], **more}
        return s3.get_object_attributes(**asked)["ObjectParts"]

    whole = page()
    assert [(part["PartNumber"], part["Size"], part["ChecksumSHA256"]) for part in whole["Parts"]] == [
        (part["PartNumber"], size, part["ChecksumSHA256"]) for part, size in zip(parts, (5 << 20, 5 << 20, 1))
    ]
    assert (whole["TotalPartsCount"], whole["IsTruncated"], whole["MaxParts"]) == (3, False, 1000)
    first = page(MaxParts=2)
    assert ([part["PartNumber"] for part in first["Parts"]], first["IsTruncated"]) == ([1, 4], True)
    rest = page(MaxParts=2, PartNumberMarker=first["NextPartNumberMarker"])
    assert ([part["PartNumber"] for part in rest["Parts"]], rest["IsTruncated"]) == ([9], False)
    assert rest["PartNumberMarker"] == 4
