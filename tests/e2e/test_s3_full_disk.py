"""Objects for which a disk has no room: a clear error, what was there stays, and nothing half done remains."""

import pytest
from conftest import eventually

from objects import body_of, refused

MEGABYTE = 1 << 20


@pytest.fixture
def full(make_cloud, disk):
    """A cloud with a disk of its own, too small for what its tests bring."""
    return make_cloud(data=disk(48 * 1024) / "data").start()


def blobs(cloud):
    return [path for path in (cloud.data / "blobs").rglob("*") if path.is_file()]


def test_an_object_is_there_whole_or_not_at_all(full):
    s3 = full.client("s3")
    s3.create_bucket(Bucket="small")
    s3.put_object(Bucket="small", Key="here", Body=b"h" * MEGABYTE)
    error = refused("InternalError", s3.put_object, Bucket="small", Key="large", Body=b"l" * 64 * MEGABYTE)
    assert error["Message"] == "We encountered an internal error. Please try again."
    refused("404", s3.head_object, Bucket="small", Key="large")
    refused("InternalError", s3.put_object, Bucket="small", Key="here", Body=b"l" * 64 * MEGABYTE)
    assert body_of(s3.get_object(Bucket="small", Key="here")) == b"h" * MEGABYTE
    eventually(lambda: len(blobs(full)) == 1)
    s3.put_object(Bucket="small", Key="next", Body=b"n" * MEGABYTE)
    assert len(s3.list_objects_v2(Bucket="small")["Contents"]) == 2
    assert full.stop() == 0


def test_an_upload_goes_on_when_there_is_room(full):
    s3 = full.client("s3")
    s3.create_bucket(Bucket="small")
    upload = s3.create_multipart_upload(Bucket="small", Key="parts")["UploadId"]
    at = {"Bucket": "small", "Key": "parts", "UploadId": upload}
    first = s3.upload_part(**at, PartNumber=1, Body=b"1" * 5 * MEGABYTE)
    refused("InternalError", s3.upload_part, **at, PartNumber=2, Body=b"2" * 64 * MEGABYTE)
    refused("InternalError", s3.upload_part, **at, PartNumber=1, Body=b"2" * 64 * MEGABYTE)
    [part] = s3.list_parts(**at)["Parts"]
    assert part["ETag"] == first["ETag"]
    eventually(lambda: len(blobs(full)) == 1)
    # No bytes move, so this needs next to no room.
    parts = [{"PartNumber": 1, "ETag": first["ETag"]}]
    s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})
    assert body_of(s3.get_object(Bucket="small", Key="parts")) == b"1" * 5 * MEGABYTE
