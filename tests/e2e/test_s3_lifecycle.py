"""What lifecycles do to objects, versions and uploads as time goes by."""

import datetime
import re

import pytest
from botocore.exceptions import ClientError
from conftest import eventually, move
from objects import body_of, listen, queue_for

DAY = 24 * 60 * 60
LARGE = b"x" * (128 * 1024)


@pytest.fixture
def cloud(own_cloud):
    return own_cloud


def put_rules(s3, bucket, *rules, **parameters):
    rules = [{"Status": "Enabled", "Filter": {}, **rule} for rule in rules]
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}, **parameters
    )


def keys(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def versions(s3, bucket):
    """The ids of versions and of delete markers."""
    found = s3.list_object_versions(Bucket=bucket)
    return tuple([entry["VersionId"] for entry in found.get(kind, [])] for kind in ("Versions", "DeleteMarkers"))


def days(cloud, count):
    move(cloud, advance_seconds=count * DAY)


def class_of(s3, bucket, key, **version):
    return s3.head_object(Bucket=bucket, Key=key, **version).get("StorageClass", "STANDARD")


def test_objects_expire_by_prefix_tag_and_size(cloud, s3, bucket):
    put_rules(
        s3,
        bucket,
        {"ID": "a b", "Filter": {"Prefix": "old/"}, "Expiration": {"Days": 3}},
        {"ID": "tag", "Filter": {"Tag": {"Key": "keep", "Value": "no"}}, "Expiration": {"Days": 1}},
        {
            "ID": "both",
            "Filter": {"And": {"Prefix": "size/", "ObjectSizeGreaterThan": 2, "ObjectSizeLessThan": 5}},
            "Expiration": {"Days": 1},
        },
        {"ID": "off", "Status": "Disabled", "Expiration": {"Days": 1}},
    )
    made = s3.put_object(Bucket=bucket, Key="old/ä", Body=b"1")
    assert re.fullmatch(r'expiry-date="\w{3}, .* 00:00:00 GMT", rule-id="a%20b"', made["Expiration"])
    assert s3.head_object(Bucket=bucket, Key="old/ä")["Expiration"] == made["Expiration"]
    assert s3.get_object(Bucket=bucket, Key="old/ä")["Expiration"] == made["Expiration"]
    copy = s3.copy_object(Bucket=bucket, Key="old/copy", CopySource=f"{bucket}/old/ä")
    assert copy["Expiration"] == made["Expiration"]
    parts = {"Bucket": bucket, "Key": "old/parts"}
    upload = {**parts, "UploadId": s3.create_multipart_upload(**parts)["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"1")["ETag"]}
    completed = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})
    assert completed["Expiration"] == made["Expiration"]
    for key in ("old/copy", "old/parts"):
        s3.delete_object(Bucket=bucket, Key=key)
    s3.put_object(Bucket=bucket, Key="tagged", Body=b"1", Tagging="keep=no")
    assert "Expiration" not in s3.put_object(Bucket=bucket, Key="stays", Body=b"1", Tagging="keep=yes")
    for size in (2, 3, 4, 5):
        s3.put_object(Bucket=bucket, Key=f"size/{size}", Body=b"x" * size)
    days(cloud, 2)
    eventually(lambda: keys(s3, bucket) == ["old/ä", "size/2", "size/5", "stays"])
    days(cloud, 2)
    eventually(lambda: keys(s3, bucket) == ["size/2", "size/5", "stays"])


def test_rules_that_come_late_act_at_once(cloud, s3, bucket):
    for key in ("a", "b/c"):
        s3.put_object(Bucket=bucket, Key=key)
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    put_rules(s3, bucket, {"Filter": {"Prefix": "b/"}, "Expiration": {"Date": past}})
    eventually(lambda: keys(s3, bucket) == ["a"])
    s3.delete_bucket_lifecycle(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="b/d")
    days(cloud, 3)
    assert keys(s3, bucket) == ["a", "b/d"]


def test_a_versioned_bucket_gets_markers_and_loses_old_versions(cloud, s3, versioned):
    put_rules(
        s3,
        versioned,
        {"Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 5}},
    )
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")
    assert "Expiration" in s3.head_object(Bucket=versioned, Key="k", VersionId=first["VersionId"])
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"2")
    assert "Expiration" not in s3.head_object(Bucket=versioned, Key="k", VersionId=first["VersionId"])
    days(cloud, 2)
    eventually(lambda: versions(s3, versioned)[1])
    assert versions(s3, versioned)[0] == [second["VersionId"], first["VersionId"]]
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=versioned, Key="k")
    # Then the versions go, and a day later the marker, behind which nothing stands any more.
    days(cloud, 10)
    eventually(lambda: versions(s3, versioned)[0] == [])
    days(cloud, 1)
    eventually(lambda: versions(s3, versioned) == ([], []))


def test_some_newer_versions_stay(cloud, s3, versioned):
    put_rules(
        s3,
        versioned,
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}},
    )
    made = [s3.put_object(Bucket=versioned, Key="k", Body=bytes([n]))["VersionId"] for n in range(6)]
    s3.put_object(Bucket=versioned, Key="l", Body=b"1")
    days(cloud, 3)
    eventually(lambda: len(versions(s3, versioned)[0]) == 4)
    assert versions(s3, versioned)[0][:3] == made[:2:-1]


def test_lone_markers_go(cloud, s3, versioned):
    s3.put_object(Bucket=versioned, Key="kept")
    s3.delete_object(Bucket=versioned, Key="kept")
    s3.delete_object(Bucket=versioned, Key="lone")
    put_rules(s3, versioned, {"Expiration": {"ExpiredObjectDeleteMarker": True}})
    eventually(lambda: len(versions(s3, versioned)[1]) == 1)
    assert len(versions(s3, versioned)[0]) == 1
    assert s3.list_object_versions(Bucket=versioned)["DeleteMarkers"][0]["Key"] == "kept"


def test_a_suspended_bucket_keeps_what_was_versioned(cloud, s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"1")["VersionId"]
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=versioned, Key="k", Body=b"null")
    put_rules(s3, versioned, {"Expiration": {"Days": 1}})
    days(cloud, 2)
    eventually(lambda: versions(s3, versioned) == ([first], ["null"]))


def test_objects_move_to_other_classes(cloud, s3, bucket):
    put_rules(
        s3,
        bucket,
        {
            "Transitions": [
                {"Days": 30, "StorageClass": "STANDARD_IA"},
                {"Days": 60, "StorageClass": "GLACIER"},
            ]
        },
    )
    made = s3.put_object(Bucket=bucket, Key="large", Body=LARGE)
    s3.put_object(Bucket=bucket, Key="small", Body=b"x")
    s3.put_object(Bucket=bucket, Key="deep", Body=LARGE, StorageClass="DEEP_ARCHIVE")
    modified = s3.head_object(Bucket=bucket, Key="large")["LastModified"]
    days(cloud, 31)
    eventually(lambda: class_of(s3, bucket, "large") == "STANDARD_IA")
    assert class_of(s3, bucket, "small") == "STANDARD"
    assert body_of(s3.get_object(Bucket=bucket, Key="large")) == LARGE
    days(cloud, 30)
    eventually(lambda: class_of(s3, bucket, "large") == "GLACIER")
    head = s3.head_object(Bucket=bucket, Key="large")
    assert (head["LastModified"], head["ETag"]) == (modified, made["ETag"])
    assert class_of(s3, bucket, "deep") == "DEEP_ARCHIVE"


def test_small_objects_move_where_a_rule_says_so(cloud, s3, bucket):
    for key in ("size/a", "archive/a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"xyz")
    put_rules(
        s3,
        bucket,
        {
            "ID": "size",
            "Filter": {"And": {"Prefix": "size/", "ObjectSizeGreaterThan": 1}},
            "Transitions": [{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}],
        },
        {
            "ID": "archive",
            "Filter": {"Prefix": "archive/"},
            "Transitions": [
                {"Days": 0, "StorageClass": "GLACIER_IR"},
                {"Days": 1, "StorageClass": "GLACIER"},
            ],
        },
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    days(cloud, 1)
    eventually(lambda: class_of(s3, bucket, "size/a") == "INTELLIGENT_TIERING")
    assert class_of(s3, bucket, "archive/a") == "STANDARD"
    days(cloud, 1)
    eventually(lambda: class_of(s3, bucket, "archive/a") == "GLACIER")


def test_older_versions_move(cloud, s3, versioned):
    put_rules(
        s3,
        versioned,
        {
            "NoncurrentVersionTransitions": [
                {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1, "StorageClass": "DEEP_ARCHIVE"}
            ]
        },
    )
    made = [s3.put_object(Bucket=versioned, Key="k", Body=LARGE)["VersionId"] for _ in range(3)]
    days(cloud, 2)
    eventually(lambda: class_of(s3, versioned, "k", VersionId=made[0]) == "DEEP_ARCHIVE")
    assert [class_of(s3, versioned, "k", VersionId=id) for id in made[1:]] == ["STANDARD"] * 2


def test_uploads_are_given_up(cloud, s3, bucket):
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2}}
    put_rules(s3, bucket, {"ID": "up", "Filter": {"Prefix": "in/"}, **abort})
    made = s3.create_multipart_upload(Bucket=bucket, Key="in/a")
    assert (made["AbortRuleId"], made["AbortDate"].hour) == ("up", 0)
    named = {"Bucket": bucket, "Key": "in/a", "UploadId": made["UploadId"]}
    s3.upload_part(**named, PartNumber=1, Body=b"x")
    listed = s3.list_parts(**named)
    assert (listed["AbortDate"], listed["AbortRuleId"]) == (made["AbortDate"], "up")
    other = s3.create_multipart_upload(Bucket=bucket, Key="out/a")
    assert "AbortDate" not in other
    days(cloud, 3)
    eventually(lambda: [up["Key"] for up in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["out/a"])


def test_locked_versions_stay(cloud, s3, request):
    name = "locked-" + request.node.name.replace("_", "-")[:40]
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    held = s3.put_object(Bucket=name, Key="k", Body=b"1", ObjectLockLegalHoldStatus="ON")["VersionId"]
    free = s3.put_object(Bucket=name, Key="k", Body=b"2")["VersionId"]
    newest = s3.put_object(Bucket=name, Key="k", Body=b"3")["VersionId"]
    put_rules(s3, name, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    days(cloud, 3)
    eventually(lambda: free not in versions(s3, name)[0])
    assert versions(s3, name)[0] == [newest, held]


def test_a_round_goes_on_after_a_kill_and_ends(make_cloud):
    """More than one piece of everything, and one key with more versions than a piece has."""
    cloud = make_cloud().start()
    s3 = cloud.client("s3", max_pool_connections=4)
    s3.create_bucket(Bucket="many")
    s3.put_bucket_versioning(Bucket="many", VersioningConfiguration={"Status": "Enabled"})
    for _ in range(1100):
        s3.put_object(Bucket="many", Key="one")
    put_rules(
        s3,
        "many",
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 1, "NewerNoncurrentVersions": 3}},
    )
    days(cloud, 3)
    cloud.kill()
    cloud.start()
    s3 = cloud.client("s3")
    # The clock stands where the machine's does again, and the bucket's timer may be ahead of it.
    days(cloud, 5)
    eventually(lambda: len(versions(s3, "many")[0]) == 4)


def test_who_listens_hears_of_it(cloud, s3, versioned):
    events = ["s3:LifecycleExpiration:*", "s3:LifecycleTransition"]
    sqs, queue = queue_for(cloud, s3, versioned, "news", events)
    put_rules(
        s3,
        versioned,
        {
            "Expiration": {"Days": 2},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            "Transitions": [{"Days": 0, "StorageClass": "GLACIER"}],
        },
    )
    s3.put_object(Bucket=versioned, Key="k", Body=LARGE)
    days(cloud, 1)
    heard = []

    listen(sqs, queue, heard, 1)
    days(cloud, 2)
    listen(sqs, queue, heard, 2)
    days(cloud, 2)
    listen(sqs, queue, heard, 3)
    days(cloud, 1)
    listen(sqs, queue, heard, 4)
    assert [record["eventName"] for record in heard] == [
        "LifecycleTransition",
        "LifecycleExpiration:DeleteMarkerCreated",
        "LifecycleExpiration:Delete",
        "LifecycleExpiration:Delete",
    ]
    moved = heard[0]
    assert moved["eventVersion"] == "2.3"
    assert moved["userIdentity"]["principalId"] == "s3.amazonaws.com"
    assert moved["lifecycleEventData"]["transitionEventData"] == {"destinationStorageClass": "GLACIER"}
