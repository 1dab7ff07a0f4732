"""Copies of objects: what a copy takes along, what it leaves, and what is refused."""

import hashlib
import json
import os
from datetime import datetime, timedelta, timezone

import pytest
from boto3.s3.transfer import TransferConfig
from conftest import eventually
from objects import body_of, refused
from test_s3_multipart import MIB, PART, Upload, etag_of, files_of

SIZES = [0, 1000, 32 * 1024, 300_000]
KEYS = ["a/b", "/a", "a//b", "../x", "grüße/🚀.txt", "a b+c%20d&e=f?g#h", "k?versionId=x", "x" * 1024]


@pytest.fixture
def other(s3, bucket):
    name = "other-" + bucket
    s3.create_bucket(Bucket=name)
    return name


def copy(s3, bucket, key, source, **said):
    return s3.copy_object(Bucket=bucket, Key=key, CopySource=source, **said)


@pytest.mark.parametrize("size", SIZES)
def test_a_copy_has_the_bytes_and_stays_when_its_source_goes(s3, bucket, other, size):
    content = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=content)
    result = copy(s3, other, "copy", f"{bucket}/k")
    assert result["CopyObjectResult"]["ETag"] == put["ETag"] and result["CopyObjectResult"]["LastModified"]
    assert result["CopyObjectResult"]["ChecksumCRC32"] == put["ChecksumCRC32"]
    assert "VersionId" not in result and "CopySourceVersionId" not in result
    copy(s3, other, "copy of a copy", f"/{other}/copy")
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_object(Bucket=other, Key="copy")
    got = s3.get_object(Bucket=other, Key="copy of a copy")
    assert body_of(got) == content and got["ETag"] == put["ETag"]


@pytest.mark.parametrize("key", KEYS)
def test_any_key_is_copied(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    copy(s3, bucket, "copy", {"Bucket": bucket, "Key": key})
    assert body_of(s3.get_object(Bucket=bucket, Key="copy")) == key.encode()


def test_what_a_copy_takes_along(s3, bucket):
    said = {"ContentType": "text/x", "CacheControl": "no-store", "Metadata": {"trip": "berlin"}}
    s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", Tagging="a=1", StorageClass="STANDARD_IA", WebsiteRedirectLocation="/r",
        ServerSideEncryption="aws:kms", **said,
    )
    copy(s3, bucket, "copy", f"{bucket}/k", ContentType="text/ignored", Tagging="ignored=1")
    head = s3.head_object(Bucket=bucket, Key="copy")
    assert {name: head[name] for name in said} == said and head["TagCount"] == 1
    for left in ("StorageClass", "WebsiteRedirectLocation"):
        assert left not in head
    assert head["ServerSideEncryption"] == "AES256"
    copy(
        s3, bucket, "other", f"{bucket}/k", MetadataDirective="REPLACE", ContentLanguage="de", Metadata={"a": "b"},
        TaggingDirective="REPLACE", Tagging="a=1&b=2", StorageClass="GLACIER_IR", WebsiteRedirectLocation="/o",
    )
    other = s3.head_object(Bucket=bucket, Key="other")
    assert other["Metadata"] == {"a": "b"} and other["ContentLanguage"] == "de" and other["TagCount"] == 2
    assert other["ContentType"] == "binary/octet-stream" and "CacheControl" not in other
    assert other["StorageClass"] == "GLACIER_IR" and other["WebsiteRedirectLocation"] == "/o"
    copy(s3, bucket, "other", f"{bucket}/k", TaggingDirective="REPLACE")
    assert "TagCount" not in s3.head_object(Bucket=bucket, Key="other")


def test_onto_itself_only_with_a_change(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000, Metadata={"a": "1"})
    error = refused("InvalidRequest", copy, s3, bucket, "k", f"{bucket}/k")
    assert error["Message"].startswith("This copy request is illegal because")
    refused("InvalidRequest", copy, s3, bucket, "k", f"{bucket}/k", Metadata={"a": "2"})
    for change in (
        {"MetadataDirective": "REPLACE", "Metadata": {"a": "2"}},
        {"StorageClass": "STANDARD"},
        {"WebsiteRedirectLocation": "/r"},
        {"ServerSideEncryption": "AES256"},
    ):
        copy(s3, bucket, "k", f"{bucket}/k", **change)
    got = s3.get_object(Bucket=bucket, Key="k")
    assert body_of(got) == b"x" * 100_000 and got["Metadata"] == {"a": "2"}


def test_versions_are_copied(s3, versioned, other):
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in (b"one", b"two")]
    result = copy(s3, other, "k", f"{versioned}/k?versionId={ids[0]}")
    assert result["CopySourceVersionId"] == ids[0] and "VersionId" not in result
    assert body_of(s3.get_object(Bucket=other, Key="k")) == b"one"
    back = copy(s3, versioned, "k", {"Bucket": versioned, "Key": "k", "VersionId": ids[0]})
    assert back["VersionId"] not in ids and body_of(s3.get_object(Bucket=versioned, Key="k")) == b"one"
    marker = s3.delete_object(Bucket=versioned, Key="k")["VersionId"]
    refused("NoSuchKey", copy, s3, other, "k", f"{versioned}/k")
    refused("InvalidRequest", copy, s3, other, "k", f"{versioned}/k?versionId={marker}")
    refused("NoSuchVersion", copy, s3, other, "k", f"{versioned}/k?versionId={ids[0][:-4]}AAAA")
    refused("InvalidArgument", copy, s3, other, "k", f"{versioned}/k?versionId=nonsense")


def test_sources_that_there_are_not(s3, bucket):
    refused("NoSuchKey", copy, s3, bucket, "copy", f"{bucket}/none")
    refused("NoSuchBucket", copy, s3, bucket, "copy", "there-is-no-such-bucket/k")
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    refused("NoSuchBucket", copy, s3, "there-is-no-such-bucket", "k", f"{bucket}/k")
    refused("AccessDenied", copy, s3, bucket, "copy", f"{bucket}/k", ExpectedSourceBucketOwner="123456789012")
    refused("KeyTooLongError", copy, s3, bucket, "x" * 1025, f"{bucket}/k")
    refused("InvalidStorageClass", copy, s3, bucket, "copy", f"{bucket}/k", StorageClass="OUTPOSTS")


def test_conditions_of_copies(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    now = datetime.now(timezone.utc)
    past, future = now - timedelta(hours=1), now + timedelta(hours=1)
    for holds in (
        {"CopySourceIfMatch": etag},
        {"CopySourceIfMatch": etag, "CopySourceIfUnmodifiedSince": past},
        {"CopySourceIfNoneMatch": '"other"', "CopySourceIfModifiedSince": future},
        {"CopySourceIfModifiedSince": past},
        {"CopySourceIfUnmodifiedSince": future},
    ):
        copy(s3, bucket, "copy", f"{bucket}/k", **holds)
    for fails, condition in (
        ({"CopySourceIfMatch": '"other"'}, "If-Match"),
        ({"CopySourceIfUnmodifiedSince": past}, "If-Unmodified-Since"),
        ({"CopySourceIfNoneMatch": etag}, "If-None-Match"),
        ({"CopySourceIfNoneMatch": etag, "CopySourceIfModifiedSince": past}, "If-None-Match"),
        ({"CopySourceIfModifiedSince": future}, "If-Modified-Since"),
    ):
        error = refused("PreconditionFailed", copy, s3, bucket, "copy", f"{bucket}/k", **fails)
        assert error["Condition"] == "x-amz-copy-source-" + condition
    refused("PreconditionFailed", copy, s3, bucket, "copy", f"{bucket}/k", IfNoneMatch="*")
    refused("PreconditionFailed", copy, s3, bucket, "copy", f"{bucket}/k", IfMatch='"other"')
    copy(s3, bucket, "copy", f"{bucket}/k", IfMatch=etag)


def test_another_checksum_is_of_the_bytes(s3, bucket):
    content = os.urandom(3 * MIB)
    s3.put_object(Bucket=bucket, Key="k", Body=content)
    for algorithm in ("SHA1", "SHA256", "CRC32"):
        result = copy(s3, bucket, "copy", f"{bucket}/k", ChecksumAlgorithm=algorithm)["CopyObjectResult"]
        expected = s3.put_object(Bucket=bucket, Key="o", Body=content, ChecksumAlgorithm=algorithm)["Checksum" + algorithm]
        assert result["Checksum" + algorithm] == expected and result["ChecksumType"] == "FULL_OBJECT"
        head = s3.head_object(Bucket=bucket, Key="copy", ChecksumMode="ENABLED")
        assert head["Checksum" + algorithm] == expected
    refused("InvalidRequest", copy, s3, bucket, "copy", f"{bucket}/k", ChecksumAlgorithm="MD5")


def test_objects_in_parts_are_copied_with_them(s3, bucket):
    bodies = [os.urandom(PART), os.urandom(PART), b"end"]
    upload = Upload(s3, bucket, "k", ChecksumAlgorithm="SHA256")
    for number, body in enumerate(bodies, 1):
        upload.put(number, body, ChecksumAlgorithm="SHA256")
    done = upload.complete()
    result = copy(s3, bucket, "copy", f"{bucket}/k")["CopyObjectResult"]
    assert result["ETag"] == etag_of(bodies) and result["ChecksumSHA256"] == done["ChecksumSHA256"]
    summed = copy(s3, bucket, "summed", f"{bucket}/k", ChecksumAlgorithm="SHA1")["CopyObjectResult"]
    assert summed["ChecksumType"] == "FULL_OBJECT"
    s3.delete_object(Bucket=bucket, Key="k")
    for key in ("copy", "summed"):
        assert body_of(s3.get_object(Bucket=bucket, Key=key)) == b"".join(bodies)
        assert body_of(s3.get_object(Bucket=bucket, Key=key, PartNumber=2)) == bodies[1]


def test_parts_are_copied_from_objects(s3, bucket, versioned):
    content = os.urandom(PART + 1000)
    version = s3.put_object(Bucket=versioned, Key="s", Body=content)["VersionId"]
    s3.put_object(Bucket=versioned, Key="s", Body=b"newer")
    upload = Upload(s3, bucket, "k", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    part = lambda number, **said: s3.upload_part_copy(
        **upload.named, PartNumber=number, CopySource=f"{versioned}/s?versionId={version}", **said
    )
    whole = part(1)
    assert whole["CopyPartResult"]["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
    assert whole["CopySourceVersionId"] == version and whole["CopyPartResult"]["ChecksumCRC32"]
    ranged = part(2, CopySourceRange="bytes=1000-1999")
    for wrong in ("bytes=0-", "bytes=-5", "0-5", f"bytes=0-{PART + 1000}", "bytes=5-2"):
        refused("InvalidArgument", part, 3, CopySourceRange=wrong)
    refused("InvalidArgument", part, 0)
    refused("PreconditionFailed", part, 3, CopySourceIfMatch='"other"')
    parts = [
        {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]} for number, answer in ((1, whole), (2, ranged))
    ]
    upload.complete(parts)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert body_of(got) == content + content[1000:2000]


def test_the_transfer_manager_copies_in_parts(s3, bucket):
    content = os.urandom(12 * MIB)
    s3.put_object(Bucket=bucket, Key="k", Body=content)
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART)
    s3.copy({"Bucket": bucket, "Key": "k"}, bucket, "copy", Config=config)
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert body_of(got) == content and got["ETag"].endswith('-3"')


def test_copies_need_both_permissions(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    root, iam = cloud.client("s3", key, secret), cloud.client("iam", key, secret)
    for name in ("source", "target"):
        root.create_bucket(Bucket=name)
    root.put_object(Bucket="source", Key="k", Body=b"x")
    arn = iam.create_user(UserName="copier")["User"]["Arn"]
    made = iam.create_access_key(UserName="copier")["AccessKey"]
    user = cloud.client("s3", made["AccessKeyId"], made["SecretAccessKey"])
    upload = Upload(user, "target", "u")
    whole = lambda: copy(user, "target", "k", "source/k")
    named = lambda: copy(user, "target", "k", "source/k?versionId=null")
    part = lambda: user.upload_part_copy(**upload.named, PartNumber=1, CopySource="source/k")
    everything = {"whole": whole, "named": named, "part": part, "list": upload.listed}
    for bucket_name, action, refuses in (
        ("source", "GetObject", {"whole", "part"}),
        ("source", "GetObjectVersion", {"named"}),
        ("target", "PutObject", {"whole", "named", "part"}),
        ("target", "ListMultipartUploadParts", {"list"}),
    ):
        denied = {"Effect": "Deny", "Principal": {"AWS": arn}, "Action": f"s3:{action}", "Resource": f"arn:aws:s3:::{bucket_name}/*"}
        root.put_bucket_policy(Bucket=bucket_name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [denied]}))
        for what, call in everything.items():
            if what in refuses:
                refused("AccessDenied", call)
            else:
                call()
        root.delete_bucket_policy(Bucket=bucket_name)


def test_copies_share_their_bytes_until_the_last_is_gone(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="shared")
    s3.put_object(Bucket="shared", Key="0", Body=os.urandom(MIB))
    for number in range(5):
        copy(s3, "shared", str(number + 1), f"shared/{number}")
    assert len(files_of(cloud)) == 1
    cloud.kill()
    cloud.start()
    s3 = cloud.client("s3")
    for number in range(5):
        s3.delete_object(Bucket="shared", Key=str(number))
    assert len(body_of(s3.get_object(Bucket="shared", Key="5"))) == MIB
    s3.delete_object(Bucket="shared", Key="5")
    eventually(lambda: not files_of(cloud))
