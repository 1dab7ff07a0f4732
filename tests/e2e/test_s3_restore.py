"""Archived objects: who reads them, and how they are brought back."""

import pytest
from conftest import eventually, move
from objects import body_of, listen, queue_for, refused

DAY = 24 * 60 * 60


@pytest.fixture
def cloud(own_cloud):
    return own_cloud


def restore(s3, bucket, key, days=1, **more):
    request = {"Days": days, **more}
    answer = s3.restore_object(Bucket=bucket, Key=key, RestoreRequest=request)
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def told(s3, bucket, key):
    return s3.head_object(Bucket=bucket, Key=key).get("Restore")


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_object_is_read_once_it_is_restored(cloud, s3, bucket, storage_class):
    named = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**named, Body=b"cold", StorageClass=storage_class)
    assert refused("InvalidObjectState", s3.get_object, **named)["StorageClass"] == storage_class
    refused("InvalidObjectState", s3.get_object, **named, Range="bytes=0-1")
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/k"}
    refused("InvalidObjectState", s3.copy_object, **copy)
    assert told(s3, bucket, "k") is None
    assert restore(s3, bucket, "k", days=2) == 202
    restored = eventually(lambda: 'ongoing-request="false"' in told(s3, bucket, "k") and told(s3, bucket, "k"))
    assert restored.endswith(' 00:00:00 GMT"')
    answer = s3.get_object(**named)
    assert (body_of(answer), answer["Restore"], answer["StorageClass"]) == (b"cold", restored, storage_class)
    s3.copy_object(**copy)
    assert body_of(s3.get_object(Bucket=bucket, Key="copy")) == b"cold"
    # Again: longer from now on.
    assert restore(s3, bucket, "k", days=5) == 200
    assert told(s3, bucket, "k") > "" and told(s3, bucket, "k") != restored
    move(cloud, advance_seconds=4 * DAY)
    assert body_of(s3.get_object(**named)) == b"cold"
    move(cloud, advance_seconds=3 * DAY)
    refused("InvalidObjectState", s3.get_object, **named)
    eventually(lambda: told(s3, bucket, "k") is None)


def test_while_it_is_restored_it_is_not_there(cloud, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", StorageClass="GLACIER")
    move(cloud, frozen=True)
    assert restore(s3, bucket, "k", Tier="Bulk") == 202
    assert told(s3, bucket, "k") == 'ongoing-request="true"'
    refused("InvalidObjectState", s3.get_object, Bucket=bucket, Key="k")
    refused("RestoreAlreadyInProgress", restore, s3, bucket, "k", Tier="Bulk")
    # Faster it may become.
    assert restore(s3, bucket, "k", GlacierJobParameters={"Tier": "Expedited"}) == 202
    refused("RestoreAlreadyInProgress", restore, s3, bucket, "k", GlacierJobParameters={"Tier": "Standard"})
    status = {"OptionalObjectAttributes": ["RestoreStatus"]}
    listed = s3.list_objects_v2(Bucket=bucket, **status)["Contents"][0]
    assert listed["RestoreStatus"] == {"IsRestoreInProgress": True}
    assert "RestoreStatus" not in s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    move(cloud, advance_seconds=10)
    eventually(lambda: 'ongoing-request="false"' in told(s3, bucket, "k"))
    listed = s3.list_object_versions(Bucket=bucket, **status)["Versions"][0]["RestoreStatus"]
    assert (listed["IsRestoreInProgress"], listed["RestoreExpiryDate"].hour) == (False, 0)


def test_what_cannot_be_restored_is_refused(s3, bucket):
    s3.put_object(Bucket=bucket, Key="warm")
    s3.put_object(Bucket=bucket, Key="deep", StorageClass="DEEP_ARCHIVE")
    error = refused("InvalidObjectState", restore, s3, bucket, "warm")
    assert error["StorageClass"] == "STANDARD"
    s3.put_object(Bucket=bucket, Key="tiered", StorageClass="INTELLIGENT_TIERING")
    refused("ObjectAlreadyInActiveTierError", restore, s3, bucket, "tiered")
    refused("NoSuchKey", restore, s3, bucket, "none")
    refused("MalformedXML", s3.restore_object, Bucket=bucket, Key="deep", RestoreRequest={})
    refused("InvalidArgument", restore, s3, bucket, "deep", days=0)
    refused("InvalidArgument", restore, s3, bucket, "deep", GlacierJobParameters={"Tier": "Expedited"})
    error = refused("NotImplemented", restore, s3, bucket, "deep", Type="SELECT")
    assert "SELECT" in error["Message"]


def test_a_version_is_restored_by_itself(s3, versioned):
    old = s3.put_object(Bucket=versioned, Key="k", Body=b"old", StorageClass="GLACIER")["VersionId"]
    s3.put_object(Bucket=versioned, Key="k", Body=b"new")
    named = {"Bucket": versioned, "Key": "k", "VersionId": old}
    refused("InvalidObjectState", s3.get_object, **named)
    s3.restore_object(**named, RestoreRequest={"Days": 1})
    eventually(lambda: 'ongoing-request="false"' in s3.head_object(**named)["Restore"])
    assert body_of(s3.get_object(**named)) == b"old"


def test_a_restore_survives_a_kill(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="cold")
    s3.put_object(Bucket="cold", Key="k", Body=b"cold", StorageClass="GLACIER")
    move(cloud, frozen=True)
    restore(s3, "cold", "k")
    cloud.kill()
    cloud.start()
    s3 = cloud.client("s3")
    eventually(lambda: 'ongoing-request="false"' in told(s3, "cold", "k"))
    assert body_of(s3.get_object(Bucket="cold", Key="k")) == b"cold"


def test_who_listens_hears_of_restores(cloud, s3, bucket):
    sqs, queue = queue_for(cloud, s3, bucket, "news", ["s3:ObjectRestore:*"])
    s3.put_object(Bucket=bucket, Key="k", StorageClass="GLACIER")
    restore(s3, bucket, "k")
    heard = []

    listen(sqs, queue, heard, 2)
    move(cloud, advance_seconds=3 * DAY)
    listen(sqs, queue, heard, 3)
    assert [record["eventName"] for record in heard] == [
        "ObjectRestore:Post",
        "ObjectRestore:Completed",
        "ObjectRestore:Delete",
    ]
    data = heard[1]["glacierEventData"]["restoreEventData"]
    assert data["lifecycleRestoreStorageClass"] == "GLACIER"
    assert data["lifecycleRestorationExpiryTime"][10:] in ("T00:00:00Z", "T00:00:00.000Z")
