"""Objects of S3: what is put is what is got, in all versions, by any range, under any key, or refused as S3 refuses it."""

import hashlib
import os
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from objects import body_of, refused
from web import visit

SIZES = [0, 1, 1000, 32 * 1024, 32 * 1024 + 1, 300_000, 5_000_000]
KEYS = [
    "a", "a/b", "a//b", "/a", "a/", "../x", "a/../b", ".", "..", "grüße/🚀.txt", "a b+c%20d&e=f?g#h", "x" * 1024,
    "new\nline", "a\tb", "quote'\"<>&", "~!@$^*()[]{}|\\`",
]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_put_is_got(s3, bucket, size):
    content = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=content)
    etag = '"' + hashlib.md5(content).hexdigest() + '"'
    assert put["ETag"] == etag and put["ServerSideEncryption"] == "AES256" and "VersionId" not in put
    got = s3.get_object(Bucket=bucket, Key="k")
    assert body_of(got) == content
    assert got["ETag"] == etag and got["ContentLength"] == size and got["AcceptRanges"] == "bytes"
    head = s3.head_object(Bucket=bucket, Key="k")
    for name in ("ETag", "ContentLength", "LastModified", "ContentType"):
        assert head[name] == got[name]
    if size:
        first, last = size // 3, size // 2
        part = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")
        assert body_of(part) == content[first : last + 1]
        assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert part["ContentRange"] == f"bytes {first}-{last}/{size}"


@pytest.mark.parametrize("key", KEYS)
def test_any_text_is_a_key(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert body_of(s3.get_object(Bucket=bucket, Key=key)) == key.encode()
    s3.delete_object(Bucket=bucket, Key=key)
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key=key)


def test_a_key_has_1024_bytes(s3, bucket):
    error = refused("KeyTooLongError", s3.put_object, Bucket=bucket, Key="ü" * 513, Body=b"")
    assert error["Size"] == "1026" and error["MaxSizeAllowed"] == "1024"


def test_what_is_said_of_an_object_is_told(s3, bucket):
    said = {
        "ContentType": "application/json; charset=utf-8",
        "ContentEncoding": "identity",
        "ContentDisposition": 'attachment; filename="x.json"',
        "ContentLanguage": "de",
        "CacheControl": "max-age=60",
        "WebsiteRedirectLocation": "/other",
        "StorageClass": "STANDARD_IA",
        "Metadata": {"trip": "berlin", "empty": ""},
    }
    s3.put_object(Bucket=bucket, Key="k", Body=b"{}", Expires=datetime(2030, 1, 1), Tagging="a=1&b=2", **said)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert {name: head[name] for name in said} == said
    assert head["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT" and head["TagCount"] == 2
    other = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/plain", ResponseCacheControl="no-store")
    assert (other["ContentType"], other["CacheControl"]) == ("text/plain", "no-store")
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    plain = s3.head_object(Bucket=bucket, Key="k")
    assert plain["ContentType"] == "binary/octet-stream" and plain["Metadata"] == {} and "StorageClass" not in plain


def test_what_cannot_be_said_is_refused(s3, bucket):
    put = lambda **said: lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", **said)
    refused("MetadataTooLarge", put(Metadata={"a": "x" * 2048}))
    refused("InvalidRedirectLocation", put(WebsiteRedirectLocation="other"))
    refused("InvalidStorageClass", put(StorageClass="SLOW"))
    refused("InvalidTag", put(Tagging="a=1&a=2"))
    refused("InvalidRequest", put(ObjectLockLegalHoldStatus="ON"))
    refused("InvalidArgument", put(ServerSideEncryption="ROT13"))
    refused("NotImplemented", put(WriteOffsetBytes=5))
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="k")


def test_checksums_are_proved_kept_and_told(s3, bucket):
    content = b"123456789"
    crc = b64encode(zlib.crc32(content).to_bytes(4, "big")).decode()
    assert s3.put_object(Bucket=bucket, Key="k", Body=content, ChecksumCRC32=crc)["ChecksumCRC32"] == crc
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        put = s3.put_object(Bucket=bucket, Key=algorithm, Body=content, ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=bucket, Key=algorithm, ChecksumMode="ENABLED")
        name = "Checksum" + algorithm
        assert put[name] == got[name] and got["ChecksumType"] == "FULL_OBJECT" and body_of(got) == content
    refused("BadDigest", s3.put_object, Bucket=bucket, Key="wrong", Body=content, ContentMD5=b64encode(bytes(16)).decode())
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="wrong")


def test_ranges_that_have_no_bytes(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    get = lambda text: s3.get_object(Bucket=bucket, Key="k", Range=text)
    assert body_of(get("bytes=-3")) == b"789" and body_of(get("bytes=8-")) == b"89" and body_of(get("bytes=7-99")) == b"789"
    assert body_of(get("bytes=5-2")) == b"0123456789", "no range at all"
    error = refused("InvalidRange", get, "bytes=10-")
    assert error["ActualObjectSize"] == "10" and error["RangeRequested"] == "bytes=10-"


def test_conditions_of_readers(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    now = datetime.now(timezone.utc)
    past, future = now - timedelta(hours=1), now + timedelta(hours=1)
    get = lambda **condition: lambda: s3.get_object(Bucket=bucket, Key="k", **condition)
    assert body_of(get(IfMatch=etag, IfUnmodifiedSince=past)()) == b"x", "the tag decides"
    assert body_of(get(IfNoneMatch='"other"', IfModifiedSince=future)()) == b"x"
    refused("PreconditionFailed", get(IfMatch='"other"'))
    refused("PreconditionFailed", get(IfUnmodifiedSince=past))
    for unchanged in ({"IfNoneMatch": etag}, {"IfNoneMatch": "*"}, {"IfModifiedSince": future}):
        assert refused("304", get(**unchanged))


def test_conditions_of_writers(s3, bucket):
    put = lambda body, **condition: s3.put_object(Bucket=bucket, Key="k", Body=body, **condition)
    refused("NoSuchKey", put, b"", IfMatch='"x"')
    etag = put(b"1", IfNoneMatch="*")["ETag"]
    refused("PreconditionFailed", put, b"2", IfNoneMatch="*")
    refused("PreconditionFailed", put, b"2", IfMatch='"other"')
    put(b"2", IfMatch=etag)
    refused("PreconditionFailed", s3.delete_object, Bucket=bucket, Key="k", IfMatch=etag)
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"2"


def test_one_of_many_writers_creates(s3, bucket):
    def create(number):
        try:
            s3.put_object(Bucket=bucket, Key="k", Body=str(number), IfNoneMatch="*")
            return number
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"

    with ThreadPoolExecutor(8) as pool:
        winners = [number for number in pool.map(create, range(24)) if number is not None]
    assert len(winners) == 1
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == str(winners[0]).encode()


def test_versions_stay_until_they_are_named(s3, versioned):
    bodies = [b"one", b"two", b"three"]
    ids = [s3.put_object(Bucket=versioned, Key="k", Body=body)["VersionId"] for body in bodies]
    assert len(set(ids)) == 3
    for body, version in zip(bodies, ids):
        assert body_of(s3.get_object(Bucket=versioned, Key="k", VersionId=version)) == body
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"] and marker["VersionId"] not in ids
    gone = refused("NoSuchKey", s3.get_object, Bucket=versioned, Key="k")
    assert gone["Key"] == "k"
    refused("MethodNotAllowed", s3.get_object, Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=versioned)
    assert s3.delete_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])["DeleteMarker"]
    assert body_of(s3.get_object(Bucket=versioned, Key="k")) == b"three"
    for version, shown in zip(reversed(ids), [b"two", b"one", None]):
        s3.delete_object(Bucket=versioned, Key="k", VersionId=version)
        if shown:
            assert body_of(s3.get_object(Bucket=versioned, Key="k")) == shown
    refused("NoSuchKey", s3.get_object, Bucket=versioned, Key="k")
    refused("NoSuchVersion", s3.get_object, Bucket=versioned, Key="k", VersionId=ids[0])
    refused("InvalidArgument", s3.get_object, Bucket=versioned, Key="k", VersionId="nonsense")
    s3.delete_bucket(Bucket=versioned)


def test_there_is_one_null_version(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    kept = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    assert body_of(s3.get_object(Bucket=bucket, Key="k", VersionId="null")) == b"null"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"other null")["VersionId"] == "null"
    assert body_of(s3.get_object(Bucket=bucket, Key="k", VersionId="null")) == b"other null"
    assert body_of(s3.get_object(Bucket=bucket, Key="k", VersionId=kept)) == b"kept"
    assert s3.delete_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="k")
    s3.delete_object(Bucket=bucket, Key="k", VersionId="null")
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"kept"


def test_many_are_deleted_at_once(s3, bucket):
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"")
    wanted = [{"Key": f"k{number}"} for number in range(4)]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    assert [deleted["Key"] for deleted in answer["Deleted"]] == ["k0", "k1", "k2", "k3"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k", "VersionId": "bad"}], "Quiet": True})
    assert quiet["Errors"][0]["Code"] == "InvalidArgument" and "Deleted" not in quiet
    refused("MalformedXML", s3.delete_objects, Bucket=bucket, Delete={"Objects": wanted * 251})
    s3.delete_bucket(Bucket=bucket)


def test_locked_objects_stay(s3, cloud):
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc) + timedelta(days=1)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    version = s3.put_object(Bucket="locked", Key="k", Body=b"x", **lock)["VersionId"]
    named = {"Bucket": "locked", "Key": "k", "VersionId": version}
    refused("AccessDenied", s3.delete_object, **named)
    assert s3.delete_object(Bucket="locked", Key="k")["DeleteMarker"], "a marker hides it"
    assert body_of(s3.get_object(**named)) == b"x"
    s3.delete_object(**named, BypassGovernanceRetention=True)
    held = s3.put_object(Bucket="locked", Key="h", Body=b"x", ObjectLockLegalHoldStatus="ON")["VersionId"]
    refused("AccessDenied", s3.delete_object, Bucket="locked", Key="h", VersionId=held, BypassGovernanceRetention=True)


def test_the_last_of_many_writers_wins_whole(s3, bucket):
    bodies = [bytes([number]) * (200_000 + number) for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        puts = [pool.submit(s3.put_object, Bucket=bucket, Key="k", Body=body) for body in bodies]
        reads = [pool.submit(lambda: body_of(s3.get_object(Bucket=bucket, Key="k"))) for _ in range(16)]
        [put.result() for put in puts]
        for read in reads:
            if read.exception() is None:
                assert read.result() in bodies
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) in bodies
    s3.delete_object(Bucket=bucket, Key="k")


def test_objects_survive_kills(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="kept")
    written = {}
    for round_number in range(3):
        for number, size in enumerate((10, 40_000, 2_000_000)):
            key, body = f"{round_number}/{number}", os.urandom(size)
            s3.put_object(Bucket="kept", Key=key, Body=body)
            written[key] = body
        cloud.kill()
        cloud.start()
        s3 = cloud.client("s3")
    for key, body in written.items():
        assert body_of(s3.get_object(Bucket="kept", Key=key)) == body


def test_checksums_are_asked_for_in_any_letters(cloud, s3, bucket):
    """The SDK for C++ says `enabled`."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ChecksumAlgorithm="SHA256")
    for mode, is_told in [("enabled", True), ("ENABLED", True), ("disabled", False)]:
        answer = visit(cloud, f"/{bucket}/k", x_amz_checksum_mode=mode)
        assert (answer.status, "x-amz-checksum-sha256" in answer.headers) == (200, is_told)
