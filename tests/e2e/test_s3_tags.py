"""Tags, retentions, legal holds and attributes of S3's objects, in every version, or refused as S3 refuses them."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from conftest import bucket_name, eventually, refused

HOUR = timedelta(hours=1)


@pytest.fixture
def locked(s3, request):
    name = bucket_name(request, "l")
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def tag_set(**tags):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def tags_of(s3, **named):
    return {"TagSet": s3.get_object_tagging(**named)["TagSet"]}


def moment(hours):
    """A moment as S3 keeps it."""
    return datetime.now(timezone.utc).replace(microsecond=0) + hours * HOUR


def test_tags_are_put_replaced_and_taken_away(s3, bucket):
    named = {"Bucket": bucket, "Key": "a b/ü"}
    s3.put_object(**named, Body=b"x", Tagging="team=blue")
    before = s3.head_object(**named)
    assert tags_of(s3, **named) == tag_set(team="blue")
    assert "VersionId" not in s3.put_object_tagging(**named, Tagging=tag_set(stage="dev", empty=""))
    assert tags_of(s3, **named) == tag_set(stage="dev", empty="")
    after = s3.head_object(**named)
    assert after["TagCount"] == 2 and after["LastModified"] == before["LastModified"] and after["ETag"] == before["ETag"]
    answer = s3.delete_object_tagging(**named)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert tags_of(s3, **named) == tag_set() and "TagCount" not in s3.head_object(**named)
    assert s3.get_object(**named)["Body"].read() == b"x"


def test_every_version_has_its_own_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0", Tagging="n=0")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = ["null"] + [s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"] for _ in range(2)]
    for number, version in enumerate(ids):
        put = s3.put_object_tagging(Bucket=bucket, Key="k", VersionId=version, Tagging=tag_set(n=str(number)))
        assert put["VersionId"] == version
    for number, version in enumerate(ids):
        got = s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=version)
        assert got["VersionId"] == version and {"TagSet": got["TagSet"]} == tag_set(n=str(number))
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["VersionId"] == ids[2]
    s3.delete_object_tagging(Bucket=bucket, Key="k", VersionId=ids[1])
    assert [len(s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=id_)["TagSet"]) for id_ in ids] == [1, 0, 1]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    assert refused(s3.get_object_tagging, Bucket=bucket, Key="k")[0] == "NoSuchKey"
    assert refused(s3.put_object_tagging, Bucket=bucket, Key="k", VersionId=marker, Tagging=tag_set())[0] == (
        "MethodNotAllowed"
    )


def test_tags_that_nothing_can_have_are_refused(s3, bucket):
    named = {"Bucket": bucket, "Key": "k"}
    assert refused(s3.get_object_tagging, **named)[0] == "NoSuchKey"
    assert refused(s3.put_object_tagging, **named, Tagging=tag_set(a="1"))[0] == "NoSuchKey"
    s3.put_object(**named, Body=b"", Tagging="kept=1")
    put = lambda tags: refused(s3.put_object_tagging, **named, Tagging={"TagSet": tags})[0]
    assert put([{"Key": f"k{number}", "Value": ""} for number in range(11)]) == "BadRequest"
    assert put([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]) == "InvalidTag"
    assert put([{"Key": "aws:x", "Value": ""}]) == "InvalidTag"
    assert put([{"Key": "k" * 129, "Value": ""}]) == "InvalidTag"
    assert put([{"Key": "k", "Value": "v" * 257}]) == "InvalidTag"
    assert refused(s3.get_object_tagging, **named, VersionId="nonsense")[0] == "InvalidArgument"
    assert tags_of(s3, **named) == tag_set(kept="1")


def test_a_retention_grows_and_shrinks_only_where_it_may(s3, locked):
    named = {"Bucket": locked, "Key": "k"}
    s3.put_object(**named, Body=b"x")
    assert refused(s3.get_object_retention, **named)[0] == "NoSuchObjectLockConfiguration"

    def put(mode, until, **more):
        s3.put_object_retention(**named, Retention={"Mode": mode, "RetainUntilDate": until}, **more)

    put("GOVERNANCE", moment(5))
    until = moment(10)
    put("GOVERNANCE", until)
    assert s3.get_object_retention(**named)["Retention"] == {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    head = s3.head_object(**named)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("GOVERNANCE", until)
    assert refused(put, "GOVERNANCE", moment(5))[0] == "AccessDenied"
    assert refused(put, "COMPLIANCE", moment(20))[0] == "AccessDenied"
    assert refused(s3.put_object_retention, **named, Retention={})[0] == "AccessDenied"
    s3.put_object_retention(**named, Retention={}, BypassGovernanceRetention=True)
    assert refused(s3.get_object_retention, **named)[0] == "NoSuchObjectLockConfiguration"
    put("GOVERNANCE", moment(5))
    put("COMPLIANCE", moment(4), BypassGovernanceRetention=True)
    for mode, hours in [("COMPLIANCE", 3), ("GOVERNANCE", 9)]:
        assert refused(put, mode, moment(hours), BypassGovernanceRetention=True)[0] == "AccessDenied"
    put("COMPLIANCE", moment(9))
    version = s3.head_object(**named)["VersionId"]
    assert refused(s3.delete_object, **named, VersionId=version, BypassGovernanceRetention=True)[0] == "AccessDenied"


def test_retentions_that_cannot_be_are_refused(s3, locked, bucket):
    for name in (locked, bucket):
        s3.put_object(Bucket=name, Key="k", Body=b"")
    put = lambda name, retention: refused(s3.put_object_retention, Bucket=name, Key="k", Retention=retention)[0]
    future = moment(1)
    assert put(locked, {"Mode": "GOVERNANCE", "RetainUntilDate": moment(-1)}) == "InvalidArgument"
    assert put(locked, {"Mode": "GOVERNANCE"}) == "MalformedXML"
    assert put(locked, {"RetainUntilDate": future}) == "MalformedXML"
    assert put(locked, {"Mode": "FOREVER", "RetainUntilDate": future}) == "MalformedXML"
    assert put(bucket, {"Mode": "GOVERNANCE", "RetainUntilDate": future}) == "InvalidRequest"
    assert refused(s3.get_object_retention, Bucket=bucket, Key="k")[0] == "InvalidRequest"
    assert refused(s3.get_object_retention, Bucket=locked, Key="other")[0] == "NoSuchKey"


def test_a_legal_hold_is_set_and_lifted(s3, locked, bucket):
    version = s3.put_object(Bucket=locked, Key="k", Body=b"x")["VersionId"]
    s3.put_object(Bucket=locked, Key="k", Body=b"newer")
    named = {"Bucket": locked, "Key": "k", "VersionId": version}
    assert refused(s3.get_object_legal_hold, **named)[0] == "NoSuchObjectLockConfiguration"
    s3.put_object_legal_hold(**named, LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(**named)["LegalHold"] == {"Status": "ON"}
    assert s3.head_object(**named)["ObjectLockLegalHoldStatus"] == "ON"
    assert "ObjectLockLegalHoldStatus" not in s3.head_object(Bucket=locked, Key="k"), "only that version"
    assert refused(s3.delete_object, **named)[0] == "AccessDenied"
    s3.put_object_legal_hold(**named, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**named)["LegalHold"] == {"Status": "OFF"}
    s3.delete_object(**named)
    assert refused(s3.get_object_legal_hold, **named)[0] == "NoSuchVersion"
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    hold = lambda name, status: refused(s3.put_object_legal_hold, Bucket=name, Key="k", LegalHold={"Status": status})
    assert hold(bucket, "ON")[0] == "InvalidRequest"
    assert hold(locked, "MAYBE")[0] == "MalformedXML"


def test_attributes_are_told_as_they_are_asked_for(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"12345", ChecksumAlgorithm="SHA1")
    every = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    told = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=every)
    assert told["ETag"] == put["ETag"].strip('"') and told["ObjectSize"] == 5 and told["StorageClass"] == "STANDARD"
    assert told["Checksum"] == {"ChecksumSHA1": put["ChecksumSHA1"], "ChecksumType": "FULL_OBJECT"}
    assert "ObjectParts" not in told and "VersionId" not in told
    assert told["LastModified"] == s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    size = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectSize"])
    assert size["ObjectSize"] == 5 and "ETag" not in size
    assert refused(s3.get_object_attributes, Bucket=bucket, Key="other", ObjectAttributes=every)[0] == "NoSuchKey"
    unknown = refused(s3.get_object_attributes, Bucket=bucket, Key="k", ObjectAttributes=["ETag", "Color"])
    assert unknown[0] == "InvalidArgument"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    newer = s3.put_object(Bucket=bucket, Key="k", Body=b"1", StorageClass="GLACIER")["VersionId"]
    asked = {"Bucket": bucket, "Key": "k", "ObjectAttributes": ["StorageClass", "ObjectSize"]}
    now = s3.get_object_attributes(**asked)
    assert (now["VersionId"], now["StorageClass"], now["ObjectSize"]) == (newer, "GLACIER", 1)
    assert s3.get_object_attributes(**asked, VersionId="null")["ObjectSize"] == 5


def test_who_listens_hears_of_tags(cloud, s3, bucket):
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName=bucket)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    wanted = [{"QueueArn": arn, "Events": ["s3:ObjectTagging:*"]}]
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": wanted}
    )
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging=tag_set(a="1"))
    s3.delete_object_tagging(Bucket=bucket, Key="k")

    names = set()

    def heard():
        for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5).get("Messages", []):
            for record in json.loads(message["Body"]).get("Records", []):
                assert record["s3"]["object"]["key"] == "k"
                names.add(record["eventName"])
        return names == {"ObjectTagging:Put", "ObjectTagging:Delete"}

    eventually(heard)


def test_what_is_said_later_survives_kills(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept", ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket="kept", Key="k", Body=b"x" * 100_000)
    s3.put_object_tagging(Bucket="kept", Key="k", Tagging=tag_set(a="1"))
    s3.put_object_legal_hold(Bucket="kept", Key="k", LegalHold={"Status": "ON"})
    cloud.kill()
    cloud.start()
    s3 = cloud.client("s3")
    assert tags_of(s3, Bucket="kept", Key="k") == tag_set(a="1")
    assert s3.get_object_legal_hold(Bucket="kept", Key="k")["LegalHold"] == {"Status": "ON"}
    assert s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"x" * 100_000
