"""Objects that are encrypted with keys of their customers: what is on the disk, who can read them, and what S3 refuses."""

import base64
import hashlib
import os
import urllib.error
import urllib.request

import pytest

from objects import body_of, refused

KEY = bytes(range(32))
OTHER = bytes(reversed(range(32)))
MARK = b"nobody but its customer reads this. "
MEGABYTE = 1 << 20


def with_key(key=KEY):
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}


def from_key(key=KEY):
    return {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": key}


def md5_of(key=KEY):
    return base64.b64encode(hashlib.md5(key).digest()).decode()


def text(length):
    return (MARK * (length // len(MARK) + 1))[:length]


@pytest.mark.parametrize("length", [0, 1, 4096, 65535, 65536, 65537, 3 * MEGABYTE + 7])
def test_only_the_key_opens_an_object(s3, bucket, length):
    body = text(length)
    put = s3.put_object(Bucket=bucket, Key="secret", Body=body, **with_key())
    assert put["SSECustomerAlgorithm"] == "AES256" and put["SSECustomerKeyMD5"] == md5_of()
    assert "ServerSideEncryption" not in put
    assert put["ETag"].strip('"') != hashlib.md5(body).hexdigest()
    got = s3.get_object(Bucket=bucket, Key="secret", ChecksumMode="ENABLED", **with_key())
    assert body_of(got) == body and got["ContentLength"] == length
    assert got["SSECustomerKeyMD5"] == md5_of() and got["ETag"] == put["ETag"]
    head = s3.head_object(Bucket=bucket, Key="secret", **with_key())
    assert head["ContentLength"] == length and head["SSECustomerAlgorithm"] == "AES256"
    [listed] = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert (listed["Size"], listed["ETag"]) == (length, put["ETag"])


def test_ranges_are_opened_by_block(s3, bucket):
    body = os.urandom(3 * MEGABYTE + 7)
    s3.put_object(Bucket=bucket, Key="secret", Body=body, **with_key())
    for first, last in [
        (0, 0),
        (65535, 65536),
        (65536, 65536),
        (100_000, 2_000_000),
        (MEGABYTE, 2 * MEGABYTE - 1),
        (len(body) - 1, len(body) + 5),
    ]:
        got = s3.get_object(Bucket=bucket, Key="secret", Range=f"bytes={first}-{last}", **with_key())
        assert body_of(got) == body[first : last + 1], (first, last)


def test_nothing_of_it_is_on_the_disk(make_cloud, tmp_path):
    data = tmp_path / "data"
    cloud = make_cloud(data=data).start()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="sealed")
    for key, length in [("small", 5000), ("large", 2 * MEGABYTE)]:
        s3.put_object(Bucket="sealed", Key=key, Body=text(length), **with_key())
    upload = s3.create_multipart_upload(Bucket="sealed", Key="parts", **with_key())["UploadId"]
    s3.upload_part(
        Bucket="sealed", Key="parts", UploadId=upload, PartNumber=1, Body=text(5000), **with_key()
    )
    s3.put_object(Bucket="sealed", Key="plain", Body=b"everybody reads this")
    cloud.stop()
    found = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert b"everybody reads this" in found
    for secret in [MARK, KEY, base64.b64encode(KEY), hashlib.md5(KEY).digest(), md5_of().encode()]:
        assert secret not in found
    cloud = make_cloud(data=data).start()
    got = cloud.client("s3").get_object(Bucket="sealed", Key="large", **with_key())
    assert body_of(got) == text(2 * MEGABYTE)


def test_without_the_key_nothing_is_told(s3, bucket):
    s3.put_object(Bucket=bucket, Key="secret", Body=b"secret", **with_key())
    s3.put_object(Bucket=bucket, Key="plain", Body=b"plain")
    at = {"Bucket": bucket, "Key": "secret"}
    stored = "The object was stored using a form of Server Side Encryption."
    assert refused("InvalidRequest", s3.get_object, **at)["Message"].startswith(stored)
    refused("AccessDenied", s3.get_object, **at, **with_key(OTHER))
    refused("400", s3.head_object, **at)
    refused("403", s3.head_object, **at, **with_key(OTHER))
    refused("InvalidRequest", s3.get_object_attributes, **at, ObjectAttributes=["ObjectSize"])
    # boto3 does not see to the key of this one.
    by_hand = {**with_key(base64.b64encode(KEY).decode()), "SSECustomerKeyMD5": md5_of()}
    size = s3.get_object_attributes(**at, ObjectAttributes=["ObjectSize"], **by_hand)
    assert size["ObjectSize"] == 6
    message = refused("InvalidRequest", s3.get_object, Bucket=bucket, Key="plain", **with_key())["Message"]
    assert message == "The encryption parameters are not applicable to this object."


def test_what_is_said_of_a_key_must_be_whole(s3, bucket):
    def put(**key):
        return s3.put_object(Bucket=bucket, Key="secret", Body=b"secret", **key)

    by_hand = with_key(base64.b64encode(KEY).decode())
    wrong = refused("InvalidArgument", put, **by_hand, SSECustomerKeyMD5=md5_of(OTHER))
    assert wrong["Message"].startswith("The calculated MD5 hash of the key did not match")
    assert wrong["ArgumentName"] == "x-amz-server-side-encryption-customer-key-MD5"
    short = refused("InvalidArgument", put, **with_key(b"short"))
    assert short["Message"] == "The secret key was invalid for the specified algorithm."
    other = {"SSECustomerAlgorithm": "AES128", "SSECustomerKey": KEY}
    refused("InvalidEncryptionAlgorithmError", put, **other)
    refused("InvalidArgument", put, SSECustomerKey=KEY)
    refused("InvalidArgument", put, SSECustomerAlgorithm="AES256")
    both = refused("InvalidArgument", put, **with_key(), ServerSideEncryption="AES256")
    assert "incompatible" in both["Message"]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_bucket_may_take_no_such_keys(s3, bucket):
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    refused("AccessDenied", s3.put_object, Bucket=bucket, Key="secret", Body=b"secret", **with_key())
    refused("AccessDenied", s3.create_multipart_upload, Bucket=bucket, Key="secret", **with_key())
    s3.put_object(Bucket=bucket, Key="plain", Body=b"plain")


def test_copies_go_from_key_to_key(s3, bucket):
    body = text(MEGABYTE + 5)
    s3.put_object(Bucket=bucket, Key="one", Body=body, ChecksumAlgorithm="SHA256", **with_key())
    source = {"CopySource": {"Bucket": bucket, "Key": "one"}, "Bucket": bucket}
    refused("InvalidRequest", s3.copy_object, **source, Key="copy")
    refused("AccessDenied", s3.copy_object, **source, Key="copy", **from_key(OTHER))
    copied = s3.copy_object(**source, Key="other", **from_key(), **with_key(OTHER))
    assert copied["SSECustomerKeyMD5"] == md5_of(OTHER)
    assert copied["CopyObjectResult"]["ChecksumSHA256"]
    assert body_of(s3.get_object(Bucket=bucket, Key="other", **with_key(OTHER))) == body
    plain = s3.copy_object(**source, Key="plain", **from_key())
    assert plain["CopyObjectResult"]["ETag"].strip('"') == hashlib.md5(body).hexdigest()
    assert body_of(s3.get_object(Bucket=bucket, Key="plain")) == body
    s3.copy_object(Bucket=bucket, Key="plain", CopySource=f"{bucket}/plain", **with_key())
    refused("InvalidRequest", s3.get_object, Bucket=bucket, Key="plain")
    assert body_of(s3.get_object(Bucket=bucket, Key="plain", **with_key())) == body
    refused("InvalidRequest", s3.copy_object, Bucket=bucket, Key="x", CopySource=f"{bucket}/other", **with_key())


def test_uploads_in_parts(s3, bucket):
    first, second = text(5 * MEGABYTE + 3), text(70_000)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", **with_key())
    assert upload["SSECustomerKeyMD5"] == md5_of()
    at = {"Bucket": bucket, "Key": "parts", "UploadId": upload["UploadId"]}
    missing = refused("InvalidRequest", s3.upload_part, **at, PartNumber=1, Body=b"x")
    assert missing["Message"].startswith("The multipart upload initiate requested encryption.")
    refused("InvalidRequest", s3.upload_part, **at, PartNumber=1, Body=b"x", **with_key(OTHER))
    one = s3.upload_part(**at, PartNumber=1, Body=first, **with_key())
    s3.put_object(Bucket=bucket, Key="source", Body=b"#" * 10 + second, **with_key(OTHER))
    two = s3.upload_part_copy(
        **at,
        PartNumber=2,
        CopySource=f"{bucket}/source",
        CopySourceRange=f"bytes=10-{len(second) + 9}",
        **from_key(OTHER),
        **with_key(),
    )
    assert [part["Size"] for part in s3.list_parts(**at)["Parts"]] == [len(first), len(second)]
    parts = [
        {"PartNumber": 1, "ETag": one["ETag"]},
        {"PartNumber": 2, "ETag": two["CopyPartResult"]["ETag"]},
    ]
    s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})
    whole = first + second
    got = s3.get_object(Bucket=bucket, Key="parts", **with_key())
    assert body_of(got) == whole and got["ETag"].endswith('-2"')
    for begin, end in [(0, 5), (len(first) - 5, len(first) + 5), (len(first) + 66_000, len(whole))]:
        got = s3.get_object(Bucket=bucket, Key="parts", Range=f"bytes={begin}-{end - 1}", **with_key())
        assert body_of(got) == whole[begin:end]
    got = s3.get_object(Bucket=bucket, Key="parts", PartNumber=2, **with_key())
    assert body_of(got) == second


def test_an_upload_without_a_key_takes_no_parts_with_one(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    at = {"Bucket": bucket, "Key": "parts", "UploadId": upload, "PartNumber": 1}
    refused("InvalidRequest", s3.upload_part, **at, Body=b"x", **with_key())


def test_links_carry_the_key_in_headers(s3, bucket):
    s3.put_object(Bucket=bucket, Key="secret", Body=b"secret", **with_key())
    link = s3.generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": "secret", "SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY},
    )
    headers = {
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": base64.b64encode(KEY).decode(),
        "x-amz-server-side-encryption-customer-key-MD5": md5_of(),
    }
    with urllib.request.urlopen(urllib.request.Request(link, headers=headers)) as answer:
        assert answer.read() == b"secret"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(link)
