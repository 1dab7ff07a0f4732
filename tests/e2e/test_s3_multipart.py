"""Uploads in parts: what is uploaded in parts is one object in the end, whatever comes twice, in another order or not at all."""

import hashlib
import os
import zlib
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from boto3.s3.transfer import TransferConfig
from conftest import eventually
from objects import body_of, refused

MIB = 1 << 20
PART = 5 * MIB


class Upload:
    """An upload in parts of a key, with what it has."""

    def __init__(self, s3, bucket, key="k", **said):
        self.s3, self.named = s3, {"Bucket": bucket, "Key": key}
        self.begun = s3.create_multipart_upload(**self.named, **said)
        self.named["UploadId"] = self.begun["UploadId"]
        self.parts = {}

    def put(self, number, body, **said):
        answer = self.s3.upload_part(**self.named, PartNumber=number, Body=body, **said)
        sums = {name: answer[name] for name in answer if name.startswith("Checksum")}
        self.parts[number] = {"PartNumber": number, "ETag": answer["ETag"], **sums}
        return answer

    def complete(self, parts=None, **said):
        parts = [self.parts[number] for number in sorted(self.parts)] if parts is None else parts
        return self.s3.complete_multipart_upload(**self.named, MultipartUpload={"Parts": parts}, **said)

    def plain(self):
        """Its parts without checksums, which an upload without a chosen algorithm does not take."""
        return [{"PartNumber": number, "ETag": self.parts[number]["ETag"]} for number in sorted(self.parts)]

    def abort(self):
        return self.s3.abort_multipart_upload(**self.named)

    def listed(self, **said):
        return self.s3.list_parts(**self.named, **said)


def etag_of(bodies):
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'


def sum_of(s3, bucket, body, algorithm):
    """The checksum of some bytes, which not every client can compute."""
    s3.put_object(Bucket=bucket, Key="to be summed", Body=body)
    source = {"Bucket": bucket, "Key": "to be summed"}
    copied = s3.copy_object(Bucket=bucket, Key="summed", CopySource=source, ChecksumAlgorithm=algorithm)
    return copied["CopyObjectResult"]["Checksum" + algorithm]


def test_parts_become_an_object(s3, bucket):
    bodies = [os.urandom(PART), os.urandom(PART + 7), b"the end"]
    upload = Upload(s3, bucket, "a/b ü", ContentType="text/x", Metadata={"trip": "berlin"}, Tagging="a=1", StorageClass="GLACIER_IR")
    for number, body in zip((7, 2, 9), (bodies[1], bodies[0], bodies[2])):
        assert upload.put(number, body)["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    refused("404", s3.head_object, Bucket=bucket, Key="a/b ü")
    done = upload.complete(upload.plain())
    assert done["ETag"] == etag_of(bodies) and done["Bucket"] == bucket and done["Key"] == "a/b ü"
    assert done["Location"].endswith(f"/{bucket}/a/b%20%C3%BC") and done["ChecksumType"] == "FULL_OBJECT"
    whole = b"".join(bodies)
    got = s3.get_object(Bucket=bucket, Key="a/b ü", ChecksumMode="ENABLED")
    assert body_of(got) == whole and got["ETag"] == done["ETag"] and got["ContentLength"] == len(whole)
    assert got["ContentType"] == "text/x" and got["Metadata"] == {"trip": "berlin"} and got["TagCount"] == 1
    assert got["StorageClass"] == "GLACIER_IR" and got["ChecksumCRC64NVME"] == done["ChecksumCRC64NVME"]
    assert got["ChecksumCRC64NVME"] == sum_of(s3, bucket, whole, "CRC64NVME"), "that of the parts is that of the whole"
    refused("NoSuchUpload", upload.listed)


def test_ranges_and_parts_of_an_object_in_parts(s3, bucket):
    bodies = [os.urandom(PART), os.urandom(PART), os.urandom(100)]
    upload = Upload(s3, bucket)
    for number, body in enumerate(bodies, 1):
        upload.put(number * 3, body)
    upload.complete(upload.plain())
    whole = b"".join(bodies)
    for first, last in [(0, 0), (PART - 1, PART), (PART - 10, 2 * PART + 10), (2 * PART + 99, 2 * PART + 99), (3, 2 * PART)]:
        got = s3.get_object(Bucket=bucket, Key="k", Range=f"bytes={first}-{last}")
        assert body_of(got) == whole[first : last + 1]
    begin = 0
    for number, body in enumerate(bodies, 1):
        got = s3.get_object(Bucket=bucket, Key="k", PartNumber=number)
        assert body_of(got) == body and got["PartsCount"] == 3 and got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert got["ContentRange"] == f"bytes {begin}-{begin + len(body) - 1}/{len(whole)}"
        head = s3.head_object(Bucket=bucket, Key="k", PartNumber=number)
        assert head["ContentLength"] == len(body) and head["PartsCount"] == 3
        begin += len(body)
    for number in (0, 4):
        refused("InvalidPartNumber", s3.get_object, Bucket=bucket, Key="k", PartNumber=number)
    refused("InvalidRange", s3.get_object, Bucket=bucket, Key="k", Range=f"bytes={len(whole)}-")
    assert "PartsCount" not in s3.head_object(Bucket=bucket, Key="k")


def test_what_cannot_be_completed_is_refused(s3, bucket):
    upload = Upload(s3, bucket)
    refused("MalformedXML", upload.complete, [])
    missing = refused("InvalidPart", upload.complete, [{"PartNumber": 1, "ETag": "x"}])
    assert missing["PartNumber"] == "1" and missing["ETag"] == "x" and missing["UploadId"] == upload.named["UploadId"]
    for number in (1, 2):
        upload.put(number, b"small")
    one, two = upload.plain()
    small = refused("EntityTooSmall", upload.complete, [one, two])
    assert (small["ProposedSize"], small["MinSizeAllowed"], small["PartNumber"]) == ("5", str(PART), "1")
    refused("InvalidPartOrder", upload.complete, [two, one])
    refused("InvalidPartOrder", upload.complete, [one, one])
    refused("InvalidPart", upload.complete, [{**one, "ETag": '"' + "0" * 32 + '"'}])
    refused("InvalidPart", upload.complete, [{**one, "ChecksumCRC32": "AAAAAA=="}])
    refused("MalformedXML", upload.complete, [{"PartNumber": 1}])
    refused("InvalidArgument", upload.complete, [{**one, "PartNumber": 0}])
    refused("InvalidRequest", upload.complete, [two], MpuObjectSize=6)
    assert upload.complete([two], MpuObjectSize=5)["ETag"] == etag_of([b"small"])
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"small"


def test_numbers_of_parts(s3, bucket):
    upload = Upload(s3, bucket)
    for number in (0, -1, 10_001):
        error = refused("InvalidArgument", upload.put, number, b"")
        assert error["ArgumentName"] == "partNumber" and error["ArgumentValue"] == str(number)
    many = [{"PartNumber": number, "ETag": "0" * 32} for number in range(1, 10_002)]
    assert refused("InvalidPart", upload.complete, many[:-1])["PartNumber"] == "1"
    refused("MalformedXML", upload.complete, many)
    upload.put(10_000, b"last")
    upload.put(1, b"x" * PART)
    upload.complete(upload.plain())
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == PART + 4


def test_unknown_uploads(s3, bucket):
    upload = Upload(s3, bucket)
    upload.put(1, b"x")
    upload.abort()
    for call in (upload.abort, upload.listed, lambda: upload.put(1, b""), lambda: upload.complete(upload.plain())):
        assert refused("NoSuchUpload", call)["UploadId"] == upload.named["UploadId"]
    for wrong in ({"UploadId": "nonsense"}, {"Key": "other"}):
        other = Upload(s3, bucket)
        other.named.update(wrong)
        refused("NoSuchUpload", other.put, 1, b"")
    other.named["Bucket"] = "there-is-no-such-bucket"
    refused("NoSuchBucket", other.put, 1, b"")


def test_a_part_that_comes_again_takes_the_older_ones_place(s3, bucket):
    upload = Upload(s3, bucket)
    first = upload.put(1, b"first")
    upload.put(1, b"second")
    refused("InvalidPart", upload.complete, [{"PartNumber": 1, "ETag": first["ETag"]}])
    upload.complete(upload.plain())
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"second"


def test_completing_twice_makes_one_object(s3, versioned):
    upload = Upload(s3, versioned)
    upload.put(1, b"x")
    first = upload.complete(upload.plain())
    again = upload.complete(upload.plain())
    for name in ("ETag", "VersionId", "Location", "ChecksumCRC64NVME"):
        assert first[name] == again[name]
    refused("NoSuchUpload", upload.complete, [{"PartNumber": 2, "ETag": upload.parts[1]["ETag"]}])
    s3.delete_object(Bucket=versioned, Key="k")
    refused("NoSuchUpload", upload.complete, upload.plain())


def test_one_of_many_completes(s3, bucket):
    """At once, and against parts that come at the same time: whoever is late hears that there is no such upload."""
    upload = Upload(s3, bucket)
    upload.put(1, b"x")
    parts = upload.plain()

    def put(_):
        try:
            upload.put(2, b"late")
        except s3.exceptions.NoSuchUpload:
            pass

    with ThreadPoolExecutor(12) as pool:
        done = [pool.submit(upload.complete, parts) for _ in range(6)]
        late = list(pool.map(put, range(6)))
    assert {each.result()["ETag"] for each in done} == {etag_of([b"x"])} and len(late) == 6
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"x"
    refused("NoSuchUpload", upload.listed)


def test_uploads_of_a_key_stand_side_by_side(s3, bucket):
    one, two = Upload(s3, bucket), Upload(s3, bucket)
    one.put(1, b"one")
    two.put(1, b"two")
    two.complete(two.plain())
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"two"
    one.complete(one.plain())
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"one"


def test_conditions_of_completion(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"there")["ETag"]
    upload = Upload(s3, bucket)
    upload.put(1, b"new")
    refused("PreconditionFailed", upload.complete, upload.plain(), IfNoneMatch="*")
    refused("PreconditionFailed", upload.complete, upload.plain(), IfMatch='"other"')
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"there"
    upload.complete(upload.plain(), IfMatch=etag)
    assert body_of(s3.get_object(Bucket=bucket, Key="k")) == b"new"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_of_checksums(s3, bucket, algorithm):
    upload = Upload(s3, bucket, ChecksumAlgorithm=algorithm)
    assert upload.begun["ChecksumAlgorithm"] == algorithm and upload.begun["ChecksumType"] == "COMPOSITE"
    name = "Checksum" + algorithm
    for number, body in ((1, b"a" * PART), (2, b"b")):
        assert name in upload.put(number, body, ChecksumAlgorithm=algorithm)
    refused("InvalidRequest", upload.put, 3, b"", ChecksumCRC64NVME="AAAAAAAAAAA=")
    assert [part[name] for part in upload.listed()["Parts"]] == [upload.parts[1][name], upload.parts[2][name]]
    refused("InvalidRequest", upload.complete, upload.plain())
    wrong = {**upload.parts[1], name: upload.parts[2][name]}
    refused("InvalidPart", upload.complete, [wrong, upload.parts[2]])
    refused("InvalidRequest", upload.complete, ChecksumType="FULL_OBJECT")
    done = upload.complete(ChecksumType="COMPOSITE")
    sums = b"".join(b64decode(upload.parts[number][name]) for number in (1, 2))
    if algorithm in ("SHA1", "SHA256"):
        assert done[name] == b64encode(hashlib.new(algorithm, sums).digest()).decode() + "-2"
    if algorithm == "CRC32":
        assert done[name] == b64encode(zlib.crc32(sums).to_bytes(4, "big")).decode() + "-2"
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head[name] == done[name] and head["ChecksumType"] == "COMPOSITE"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_checksums_of_the_whole(cloud, bucket, algorithm):
    """Whose parts need none of their own."""
    s3 = cloud.client("s3", request_checksum_calculation="when_required")
    bodies = [os.urandom(PART), os.urandom(1000)]
    upload = Upload(s3, bucket, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    name = "Checksum" + algorithm
    for number, body in enumerate(bodies, 1):
        assert name in upload.put(number, body)
    whole = sum_of(s3, bucket, b"".join(bodies), algorithm)
    refused("BadDigest", upload.complete, **{name: upload.parts[1][name]})
    done = upload.complete(upload.plain(), **{name: whole})
    assert done[name] == whole and done["ChecksumType"] == "FULL_OBJECT"


def test_checksums_that_there_are_not(s3, bucket):
    begin = lambda **said: lambda: Upload(s3, bucket, **said)
    refused("InvalidRequest", begin(ChecksumAlgorithm="SHA256", ChecksumType="FULL_OBJECT"))
    refused("InvalidRequest", begin(ChecksumAlgorithm="CRC64NVME", ChecksumType="COMPOSITE"))
    refused("InvalidRequest", begin(ChecksumType="COMPOSITE"))
    refused("MetadataTooLarge", begin(Metadata={"a": "x" * 2048}))
    refused("InvalidStorageClass", begin(StorageClass="OUTPOSTS"))
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_parts_are_listed_in_pages(s3, bucket):
    upload = Upload(s3, bucket, StorageClass="STANDARD_IA")
    assert "Parts" not in upload.listed()
    for number in (5, 1, 300):
        upload.put(number, b"x" * number)
    whole = upload.listed()
    assert [(part["PartNumber"], part["Size"]) for part in whole["Parts"]] == [(1, 1), (5, 5), (300, 300)]
    assert whole["Parts"][0]["ETag"] == upload.parts[1]["ETag"] and not whole["IsTruncated"]
    assert whole["StorageClass"] == "STANDARD_IA" and whole["MaxParts"] == 1000 and whole["Owner"]["ID"]
    first = upload.listed(MaxParts=2)
    assert first["IsTruncated"] and first["NextPartNumberMarker"] == 5
    rest = upload.listed(MaxParts=2, PartNumberMarker=5)
    assert [part["PartNumber"] for part in rest["Parts"]] == [300] and not rest["IsTruncated"]
    paged = s3.get_paginator("list_parts").paginate(**upload.named, PaginationConfig={"PageSize": 1})
    assert [part["PartNumber"] for page in paged for part in page["Parts"]] == [1, 5, 300]
    refused("InvalidArgument", upload.listed, MaxParts=-1)


def test_uploads_are_listed_in_pages(s3, bucket):
    keys = ["a", "b/1", "b/1", "b/2", "c d", "c d/x", "ü"]
    ids = [Upload(s3, bucket, key).named["UploadId"] for key in keys]
    whole = s3.list_multipart_uploads(Bucket=bucket)
    assert [(upload["Key"], upload["UploadId"]) for upload in whole["Uploads"]] == list(zip(keys, ids))
    assert whole["Uploads"][0]["StorageClass"] == "STANDARD" and not whole["IsTruncated"]
    for size in (1, 2, 3):
        pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        assert [upload["UploadId"] for page in pages for upload in page.get("Uploads", [])] == ids
        pages = s3.get_paginator("list_multipart_uploads").paginate(
            Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}
        )
        entries = [
            entry
            for page in pages
            for entry in [upload["Key"] for upload in page.get("Uploads", [])]
            + [prefix["Prefix"] for prefix in page.get("CommonPrefixes", [])]
        ]
        assert sorted(entries) == ["a", "b/", "c d", "c d/", "ü"]
    within = s3.list_multipart_uploads(Bucket=bucket, Prefix="b/", Delimiter="/")
    assert [upload["Key"] for upload in within["Uploads"]] == ["b/1", "b/1", "b/2"] and "CommonPrefixes" not in within
    after = s3.list_multipart_uploads(Bucket=bucket, KeyMarker="b/1", UploadIdMarker=ids[1])
    assert [upload["UploadId"] for upload in after["Uploads"]] == ids[2:]
    assert [upload["Key"] for upload in s3.list_multipart_uploads(Bucket=bucket, KeyMarker="c d")["Uploads"]] == keys[5:]


def test_a_bucket_goes_with_its_uploads(s3, bucket, cloud):
    upload = Upload(s3, bucket)
    upload.put(1, os.urandom(MIB))
    s3.delete_bucket(Bucket=bucket)
    refused("NoSuchBucket", upload.put, 1, b"")
    s3.create_bucket(Bucket=bucket)
    refused("NoSuchUpload", upload.put, 1, b"")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def files_of(cloud):
    return [path for path in (cloud.data / "blobs").rglob("*") if path.is_file()]


def test_no_bytes_are_left_behind(make_cloud):
    """Parts that were replaced, not named, given up, or whose object or bucket was deleted."""
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="clean")
    kept = Upload(s3, "clean", "kept")
    for number in (1, 1, 2, 3):
        kept.put(number, os.urandom(PART))
    kept.complete(kept.plain()[:2])
    eventually(lambda: len(files_of(cloud)) == 2)
    given_up = Upload(s3, "clean")
    given_up.put(1, os.urandom(MIB))
    assert len(files_of(cloud)) == 3
    given_up.abort()
    eventually(lambda: len(files_of(cloud)) == 2)
    Upload(s3, "clean").put(1, os.urandom(MIB))
    s3.delete_object(Bucket="clean", Key="kept")
    s3.delete_bucket(Bucket="clean")
    eventually(lambda: not files_of(cloud))


def test_an_upload_waits_for_a_restart_and_has_what_it_began_with(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=1)
    upload = Upload(
        s3,
        "locked",
        ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=until,
        ObjectLockLegalHoldStatus="ON",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="alias/k",
    )
    assert upload.begun["ServerSideEncryption"] == "aws:kms"
    assert upload.put(1, b"x")["ServerSideEncryption"] == "aws:kms"
    cloud.kill()
    cloud.start()
    upload.s3 = s3 = cloud.client("s3")
    assert [part["PartNumber"] for part in upload.listed()["Parts"]] == [1]
    version = upload.complete(upload.plain())["VersionId"]
    head = s3.head_object(Bucket="locked", Key="k")
    assert head["ObjectLockRetainUntilDate"] == until and head["ObjectLockLegalHoldStatus"] == "ON"
    assert head["ServerSideEncryption"] == "aws:kms" and head["VersionId"] == version
    refused("AccessDenied", s3.delete_object, Bucket="locked", Key="k", VersionId=version, BypassGovernanceRetention=True)


def test_the_transfer_manager(s3, bucket, tmp_path):
    """100 MB with ten threads each way."""
    content = os.urandom(MIB) * 100
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    config = TransferConfig(max_concurrency=10, multipart_chunksize=8 * MIB)
    s3.upload_file(str(source), bucket, "big", Config=config)
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-13"')
    s3.download_file(bucket, "big", str(target), Config=config)
    assert target.read_bytes() == content


def test_the_command_line(aws):
    """Whose cp uploads, copies and downloads what is large in parts."""
    content = os.urandom(MIB) * 20
    (aws.folder / "source").write_bytes(content)
    aws("s3api", "create-bucket", "--bucket", "one")
    aws("s3api", "create-bucket", "--bucket", "two")
    quietly = lambda *arguments: aws("s3", *arguments, "--only-show-errors")
    quietly("cp", str(aws.folder / "source"), "s3://one/a/b")
    quietly("mv", "s3://one/a/b", "s3://two/c")
    quietly("cp", "s3://two/c", str(aws.folder / "target"))
    assert (aws.folder / "target").read_bytes() == content
    assert aws("s3api", "head-object", "--bucket", "two", "--key", "c")["ETag"].endswith('-3"')
    begun = aws("s3api", "create-multipart-upload", "--bucket", "one", "--key", "k")
    assert aws("s3api", "list-multipart-uploads", "--bucket", "one")["Uploads"][0]["UploadId"] == begun["UploadId"]
    aws("s3api", "abort-multipart-upload", "--bucket", "one", "--key", "k", "--upload-id", begun["UploadId"])
    assert "Uploads" not in (aws("s3api", "list-multipart-uploads", "--bucket", "one") or {})


def test_kills_leave_all_or_nothing(make_cloud):
    """Killed in the middle of parts and completions: what was acknowledged is there, and no half of an object."""
    cloud = make_cloud().start()
    cloud.client("s3").create_bucket(Bucket="kept")
    acknowledged, begun = {}, []

    def upload(number):
        """Objects of two parts, one behind the other, until the cloud is gone."""
        s3 = cloud.client("s3")
        for round_number in range(1000):
            key, body = f"{number}/{len(begun)}/{round_number}", os.urandom(1000)
            try:
                mine = Upload(s3, "kept", key)
                begun.append((mine, body))
                mine.put(1, body[:1] * PART)
                mine.put(2, body)
                mine.complete(mine.plain())
            except Exception:
                return
            acknowledged[key] = body

    for _ in range(2):
        wanted = len(acknowledged) + 6
        with ThreadPoolExecutor(4) as pool:
            uploads = [pool.submit(upload, number) for number in range(4)]
            eventually(lambda: len(acknowledged) >= wanted or all(upload.done() for upload in uploads), 60)
            cloud.kill()
        cloud.start()
    s3 = cloud.client("s3")
    shown = 0
    for mine, body in begun:
        mine.s3, key = s3, mine.named["Key"]
        try:
            found = body_of(s3.get_object(Bucket="kept", Key=key))
        except s3.exceptions.NoSuchKey:
            assert key not in acknowledged
            for part in mine.listed().get("Parts", []):
                assert part["Size"] in (PART, len(body))
            mine.abort()
            continue
        assert found == body[:1] * PART + body
        s3.delete_object(Bucket="kept", Key=key)
        shown += 1
    assert shown >= len(acknowledged) >= 6
    for upload in s3.list_multipart_uploads(Bucket="kept").get("Uploads", []):
        # Begun, and killed before its client heard of it.
        s3.abort_multipart_upload(Bucket="kept", Key=upload["Key"], UploadId=upload["UploadId"])
    s3.delete_bucket(Bucket="kept")
    eventually(lambda: not files_of(cloud))
