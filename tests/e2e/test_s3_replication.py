"""Copies of objects in other buckets, by rules."""

import json

import pytest
from accounts import OTHER, Accounts
from conftest import bucket_name, eventually
from objects import body_of, listen, queue_for, refused

ROLE = "arn:aws:iam::000000000000:role/copies"
PART = 5 * 1024 * 1024
EVERYTHING = {
    "Status": "Enabled",
    "Priority": 1,
    "Filter": {},
    "DeleteMarkerReplication": {"Status": "Enabled"},
}


@pytest.fixture
def source(versioned):
    return versioned


@pytest.fixture
def make_target(s3, request):
    count = 0

    def make(**parameters):
        nonlocal count
        count += 1
        name = bucket_name(request, f"t{count}")
        s3.create_bucket(Bucket=name, **parameters)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    return make


@pytest.fixture
def target(make_target):
    return make_target()


def replicate(s3, source, *rules):
    """Each rule is the name of a bucket, or one with more about it."""

    def full(number, rule):
        rule = {"target": rule} if isinstance(rule, str) else dict(rule)
        destination = {"Bucket": "arn:aws:s3:::" + rule.pop("target"), **rule.pop("Destination", {})}
        return {**EVERYTHING, "Priority": number, "Destination": destination, **rule}

    rules = [full(number, rule) for number, rule in enumerate(rules)]
    configuration = {"Role": ROLE, "Rules": rules}
    s3.put_bucket_replication(Bucket=source, ReplicationConfiguration=configuration)


def status(s3, bucket, key, **version):
    return s3.head_object(Bucket=bucket, Key=key, **version).get("ReplicationStatus")


def completed(s3, bucket, key, **version):
    eventually(lambda: status(s3, bucket, key, **version) == "COMPLETED")


def keys(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def test_a_replica_is_as_its_source(s3, source, target):
    s3.put_object(Bucket=source, Key="before", Body=b"is not copied")
    replicate(s3, source, target)
    made = s3.put_object(
        Bucket=source,
        Key="ä/k",
        Body=b"x" * 100_000,
        Metadata={"a": "b"},
        Tagging="team=blue",
        ContentType="text/plain",
        ChecksumAlgorithm="SHA256",
    )
    completed(s3, source, "ä/k")
    original = s3.get_object(Bucket=source, Key="ä/k", ChecksumMode="ENABLED")
    replica = s3.get_object(Bucket=target, Key="ä/k", ChecksumMode="ENABLED")
    assert replica["ReplicationStatus"] == "REPLICA"
    assert body_of(replica) == body_of(original) == b"x" * 100_000
    for what in ("VersionId", "ETag", "LastModified", "Metadata", "ContentType", "TagCount", "ChecksumSHA256"):
        assert replica[what] == original[what], what
    assert replica["VersionId"] == made["VersionId"]
    assert keys(s3, target) == ["ä/k"]
    assert status(s3, source, "before") is None
    # The source goes, the replica stays with its bytes.
    s3.delete_object(Bucket=source, Key="ä/k", VersionId=made["VersionId"])
    assert body_of(s3.get_object(Bucket=target, Key="ä/k")) == b"x" * 100_000


def test_uploads_in_parts_and_copies_are_replicated(s3, source, target):
    replicate(s3, source, target)
    named = {"Bucket": source, "Key": "parts"}
    upload = {**named, "UploadId": s3.create_multipart_upload(**named)["UploadId"]}
    bodies = [b"a" * PART, b"b" * 10]
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=body)["ETag"]}
        for n, body in enumerate(bodies, 1)
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    s3.copy_object(Bucket=source, Key="copy", CopySource=f"{source}/parts")
    for key in ("parts", "copy"):
        completed(s3, source, key)
        # Both have their own parts: the source's end takes nothing from the replica.
        version = s3.head_object(Bucket=source, Key=key)["VersionId"]
        s3.delete_object(Bucket=source, Key=key, VersionId=version)
        assert body_of(s3.get_object(Bucket=target, Key=key)) == b"".join(bodies)
        assert s3.get_object(Bucket=target, Key=key, PartNumber=2)["ContentLength"] == 10
    s3.delete_object(Bucket=target, Key="parts", VersionId=s3.head_object(Bucket=target, Key="parts")["VersionId"])
    assert body_of(s3.get_object(Bucket=target, Key="copy")) == b"".join(bodies)


def test_versions_stand_as_in_the_source_and_deletions_do_not_follow(s3, source, target):
    replicate(s3, source, target)
    ids = [s3.put_object(Bucket=source, Key="k", Body=bytes([n]))["VersionId"] for n in range(5)]
    marker = s3.delete_object(Bucket=source, Key="k")["VersionId"]

    def listed(bucket):
        found = s3.list_object_versions(Bucket=bucket)
        markers = [(entry["VersionId"], entry["IsLatest"]) for entry in found.get("DeleteMarkers", [])]
        return [entry["VersionId"] for entry in found.get("Versions", [])], markers

    eventually(lambda: listed(target) == (ids[::-1], [(marker, True)]))
    refused("NoSuchKey", s3.get_object, Bucket=target, Key="k")
    s3.delete_object(Bucket=source, Key="k", VersionId=ids[0])
    s3.delete_object(Bucket=source, Key="k", VersionId=marker)
    s3.put_object(Bucket=source, Key="after")
    completed(s3, source, "after")
    assert ids[0] in listed(target)[0] and listed(target)[1] == [(marker, True)]


def test_replicas_stand_behind_what_is_newer(s3, source, target):
    """However late a copy is made: what the target got itself in the meantime stays the newest."""
    replicate(s3, source, target)
    for n in range(20):
        key = f"{n:02}"
        copied = s3.put_object(Bucket=source, Key=key, Body=b"copied")["VersionId"]
        own = s3.put_object(Bucket=target, Key=key, Body=b"own")["VersionId"]
        completed(s3, source, key)
        found = s3.list_object_versions(Bucket=target, Prefix=key)["Versions"]
        assert [(entry["VersionId"], entry["IsLatest"]) for entry in found] == [(own, True), (copied, False)]
        assert body_of(s3.get_object(Bucket=target, Key=key)) == b"own"


def test_filters_and_priorities_decide(s3, source, target, make_target):
    other = make_target()
    replicate(
        s3,
        source,
        {"target": target, "Filter": {"Prefix": "a/"}, "Destination": {"StorageClass": "STANDARD_IA"}},
        {
            "target": target,
            "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "cold", "Value": "yes"}]}},
            "Destination": {"StorageClass": "GLACIER"},
            "DeleteMarkerReplication": {"Status": "Disabled"},
        },
        {"target": other, "Filter": {"Prefix": "a/b/"}, "DeleteMarkerReplication": {"Status": "Disabled"}},
        {"target": other, "Filter": {"Prefix": "off/"}, "Status": "Disabled"},
    )
    s3.put_object(Bucket=source, Key="a/warm")
    s3.put_object(Bucket=source, Key="a/cold", Tagging="cold=yes")
    s3.put_object(Bucket=source, Key="a/b/both")
    for key in ("off/x", "none"):
        s3.put_object(Bucket=source, Key=key)
    for key in ("a/warm", "a/cold", "a/b/both"):
        completed(s3, source, key)
    assert [status(s3, source, key) for key in ("off/x", "none")] == [None, None]
    assert keys(s3, target) == ["a/b/both", "a/cold", "a/warm"]
    assert keys(s3, other) == ["a/b/both"]
    classes = [entry["StorageClass"] for entry in s3.list_objects_v2(Bucket=target)["Contents"]]
    assert classes == ["STANDARD_IA", "GLACIER", "STANDARD_IA"]
    s3.delete_object(Bucket=source, Key="a/b/both")
    eventually(lambda: keys(s3, target) == ["a/cold", "a/warm"])
    assert keys(s3, other) == ["a/b/both"]


def test_other_tags_follow(s3, source, target):
    replicate(s3, source, target)
    s3.put_object(Bucket=source, Key="k", Tagging="a=1")
    completed(s3, source, "k")

    def tags(bucket):
        return s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]

    for wanted in ([{"Key": "b", "Value": "2"}], []):
        s3.put_object_tagging(Bucket=source, Key="k", Tagging={"TagSet": wanted})
        eventually(lambda wanted=wanted: tags(target) == wanted)
        completed(s3, source, "k")
    # The replica's own tags are its own.
    s3.put_object_tagging(Bucket=target, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    assert (tags(source), status(s3, target, "k")) == ([], "REPLICA")


def test_two_buckets_replicate_each_other_and_nothing_goes_round(s3, source, target):
    modifications = {"SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}}}
    replicate(s3, source, {"target": target, **modifications})
    replicate(s3, target, {"target": source, **modifications})
    s3.put_object(Bucket=source, Key="from-source")
    s3.put_object(Bucket=target, Key="from-target")
    completed(s3, source, "from-source")
    completed(s3, target, "from-target")
    assert status(s3, target, "from-source") == status(s3, source, "from-target") == "REPLICA"
    assert keys(s3, source) == keys(s3, target) == ["from-source", "from-target"]
    tags = [{"Key": "changed", "Value": "there"}]
    s3.put_object_tagging(Bucket=target, Key="from-source", Tagging={"TagSet": tags})
    eventually(lambda: s3.get_object_tagging(Bucket=source, Key="from-source")["TagSet"] == tags)
    assert len(s3.list_object_versions(Bucket=target)["Versions"]) == 2


def test_what_cannot_be_copied_has_failed_and_is_told_of(cloud, s3, source, target, name):
    sqs, queue = queue_for(cloud, s3, source, name[-60:], ["s3:Replication:*"])
    measured = {"Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}}
    replicate(s3, source, {"target": target, "ID": "r", "Destination": measured})
    s3.put_bucket_versioning(Bucket=target, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=source, Key="k")
    eventually(lambda: status(s3, source, "k") == "FAILED")
    heard = []
    listen(sqs, queue, heard, 1)
    data = heard[0]
    assert data["eventName"] == "Replication:OperationFailedReplication"
    assert data["replicationEventData"]["replicationRuleId"] == "r"
    assert data["replicationEventData"]["destinationBucket"] == "arn:aws:s3:::" + target


def test_locked_objects_go_where_there_are_locks(s3, request, make_target):
    source, locking = bucket_name(request, "s"), bucket_name(request, "l")
    for bucket in (source, locking):
        s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    plain = make_target()
    replicate(s3, source, locking, plain)
    s3.put_object(Bucket=source, Key="held", ObjectLockLegalHoldStatus="ON")
    eventually(lambda: status(s3, source, "held") == "FAILED")
    eventually(lambda: keys(s3, locking) == ["held"])
    assert s3.head_object(Bucket=locking, Key="held")["ObjectLockLegalHoldStatus"] == "ON"
    assert keys(s3, plain) == []


def test_keys_of_kms_are_replaced_where_the_rule_says_so(s3, source, target, make_target):
    other = make_target()
    key = "arn:aws:kms:us-east-1:000000000000:key/there"
    replicate(
        s3,
        source,
        {
            "target": target,
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {"EncryptionConfiguration": {"ReplicaKmsKeyID": key}},
        },
        other,
    )
    s3.put_object(Bucket=source, Key="k", ServerSideEncryption="aws:kms", SSEKMSKeyId="here")
    completed(s3, source, "k")
    assert s3.head_object(Bucket=target, Key="k")["SSEKMSKeyId"] == key
    assert keys(s3, other) == []


def test_copies_are_made_in_other_regions_and_after_a_kill(make_cloud):
    cloud = make_cloud().start()
    there = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}

    def clients():
        return cloud.client("s3"), cloud.client("s3", region="eu-west-1")

    s3, far = clients()
    s3.create_bucket(Bucket="near")
    far.create_bucket(Bucket="far", **there)
    for client, bucket in ((s3, "near"), (far, "far")):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    replicate(s3, "near", "far")
    made = [s3.put_object(Bucket="near", Key=f"{n:03}", Body=b"x" * n)["VersionId"] for n in range(200)]
    cloud.kill()
    cloud.start()
    s3, far = clients()
    eventually(lambda: len(keys(far, "far")) == 200)
    found = far.list_object_versions(Bucket="far")["Versions"]
    assert [entry["VersionId"] for entry in found] == made
    completed(s3, "near", "199")
    assert body_of(far.get_object(Bucket="far", Key="199")) == b"x" * 199


def test_another_account_has_to_let_copies_in(make_cloud):
    accounts = Accounts(make_cloud, "s3")
    near, far = accounts.root, accounts.other
    for client, bucket in ((near, "near"), (far, "far")):
        client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    replicate(near, "near", {"target": "far", "Destination": {"Account": OTHER}})
    near.put_object(Bucket="near", Key="refused")
    eventually(lambda: status(near, "near", "refused") == "FAILED")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "s3:ReplicateObject",
        "Resource": "arn:aws:s3:::far/*",
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    far.put_bucket_policy(Bucket="far", Policy=json.dumps(policy))
    near.put_object(Bucket="near", Key="let-in")
    completed(near, "near", "let-in")
    assert keys(far, "far") == ["let-in"]
