"""S3 as programs in Python use it: tables by ranges, the transfer manager, folders kept alike, settings as Terraform
writes and reads them."""

import io
import os

import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet
import pytest
from boto3.s3.transfer import TransferConfig
from test_s3_settings import SETTINGS, said

MIB = 1024 * 1024
ROWS = 200_000
# When files were written, if one is asked: some day.
PAST = 1_700_000_000


@pytest.fixture
def arrow(cloud):
    return pyarrow.fs.S3FileSystem(
        access_key="test", secret_key="test", region="us-east-1", scheme="http",
        endpoint_override=cloud.url.removeprefix("http://"),
    )


@pytest.fixture
def trips():
    numbers = pyarrow.array(range(ROWS))
    names = pyarrow.array([f"trip {number} to Zürich" for number in range(ROWS)])
    return pyarrow.table({"number": numbers, "name": names, "year": pyarrow.compute.add(2000, pyarrow.compute.bit_wise_and(numbers, 1))})


def test_parquet_is_read_by_ranges(arrow, trips, s3, bucket):
    path = f"{bucket}/tables/trips.parquet"
    pyarrow.parquet.write_table(trips, path, filesystem=arrow, row_group_size=ROWS // 10)
    size = s3.head_object(Bucket=bucket, Key="tables/trips.parquet")["ContentLength"]
    read = []
    with arrow.open_input_file(path) as file:
        counting = pyarrow.PythonFile(Counting(file, read), mode="r")
        parquet = pyarrow.parquet.ParquetFile(counting)
        assert parquet.metadata.num_rows == ROWS
        assert parquet.read_row_group(7, ["number"])["number"][0].as_py() == 7 * ROWS // 10
    assert 0 < sum(read) < size / 4
    assert pyarrow.parquet.read_table(path, filesystem=arrow).equals(trips)
    few = pyarrow.parquet.read_table(path, filesystem=arrow, filters=[("number", ">=", ROWS - 3)])
    assert few["number"].to_pylist() == [ROWS - 3, ROWS - 2, ROWS - 1]


class Counting(io.RawIOBase):
    """A file that notes how much of it is read."""

    def __init__(self, file, read):
        super().__init__()
        self.file, self.noted = file, read

    def read(self, size=-1):
        content = self.file.read(None if size < 0 else size)
        self.noted.append(len(content))
        return content

    def seek(self, *to):
        return self.file.seek(*to)

    def tell(self):
        return self.file.tell()

    def seekable(self):
        return True

    def readable(self):
        return True


def test_a_dataset_of_folders(arrow, trips, s3, bucket):
    pyarrow.dataset.write_dataset(
        trips, f"{bucket}/years", filesystem=arrow, format="parquet", partitioning=["year"], partitioning_flavor="hive"
    )
    kinds = {info.path: info.type for info in arrow.get_file_info(pyarrow.fs.FileSelector(f"{bucket}/years", recursive=True))}
    folder, file = pyarrow.fs.FileType.Directory, pyarrow.fs.FileType.File
    assert kinds == {
        f"{bucket}/years/year=2000": folder, f"{bucket}/years/year=2000/part-0.parquet": file,
        f"{bucket}/years/year=2001": folder, f"{bucket}/years/year=2001/part-0.parquet": file,
    }
    dataset = pyarrow.dataset.dataset(f"{bucket}/years", filesystem=arrow, partitioning="hive")
    assert dataset.count_rows() == ROWS
    odd = dataset.to_table(columns=["number"], filter=pyarrow.dataset.field("year") == 2001)
    # Pieces come in the order in which they were read.
    assert sorted(odd["number"].to_pylist()) == list(range(1, ROWS, 2))
    arrow.move(f"{bucket}/years/year=2000/part-0.parquet", f"{bucket}/one.parquet")
    arrow.delete_dir(f"{bucket}/years")
    assert [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["one.parquet"]
    assert arrow.get_file_info(f"{bucket}/years").type == pyarrow.fs.FileType.NotFound


def test_the_transfer_manager_moves_much_in_little_memory(make_cloud, tmp_path):
    """128 MiB up, over to another key and down, sixteen parts at a time; the server holds 8 MiB of each at most."""
    cloud = make_cloud().start()
    s3 = cloud.client("s3", max_pool_connections=16)
    s3.create_bucket(Bucket="large")
    config = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=16)
    source, target = tmp_path / "source", tmp_path / "target"
    block = os.urandom(MIB)
    with open(source, "wb") as file:
        for number in range(128):
            file.write(number.to_bytes(8) + block[8:])
    before = most_memory(cloud)
    s3.upload_file(str(source), "large", "key", Config=config)
    s3.copy({"Bucket": "large", "Key": "key"}, "large", "copy", Config=config)
    s3.download_file("large", "copy", str(target), Config=config)
    assert target.read_bytes() == source.read_bytes()
    assert s3.head_object(Bucket="large", Key="copy")["ETag"].endswith('-16"')
    assert most_memory(cloud) - before < 16 * 8 * MIB


def most_memory(cloud):
    """The most that the server ever held."""
    with open(f"/proc/{cloud.process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_the_cli_keeps_many_files_alike(aws):
    """Takes ten seconds: the CLI does little more than forty files a second."""
    folder = aws.folder / "many"
    for number in range(300):
        file = folder / f"{number % 7}" / f"ü {number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"content {number}" * (number % 3))
        # The CLI sends a file again that is younger than its object, whose time has no fractions.
        os.utime(file, (PAST, PAST))
    aws("s3", "mb", "s3://many", text=True)
    there = "s3://many/kept"
    assert len(aws("s3", "sync", "many", there, text=True).strip().splitlines()) >= 300
    assert aws("s3", "sync", "many", there, text=True) == ""
    aws("s3", "sync", there, "back", text=True)
    for file in folder.rglob("*.txt"):
        assert (aws.folder / "back" / file.relative_to(folder)).read_bytes() == file.read_bytes()
    assert aws("s3", "sync", there, "back", text=True) == ""
    gone = next(folder.rglob("*.txt"))
    gone.unlink()
    assert gone.name in aws("s3", "sync", "--delete", "many", there, text=True)
    listed = aws("s3", "ls", "--recursive", "--summarize", there, text=True)
    assert "Total Objects: 299" in listed
    assert [line.split()[-1] for line in aws("s3", "ls", f"{there}/", text=True).splitlines()] == [f"{n}/" for n in range(7)]
    aws("s3", "mv", "--recursive", f"{there}/0", "s3://many/moved", text=True)
    aws("s3", "rb", "--force", "s3://many", text=True)
    assert aws("s3", "ls", text=True) == ""


def test_folders_are_walked_level_by_level(s3, bucket):
    """As `mc` and file managers do: a list with a delimiter for each folder finds what a list of everything finds."""
    keys = [f"{a}/{b}/{c}" for a in "aäz" for b in ("1", "2 3", "%") for c in ("x", "y//z", "")] + ["top", "a", "a.b", "/", "//"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")

    def walk(prefix=""):
        pages = s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, Delimiter="/", PaginationConfig={"PageSize": 2}
        )
        for page in pages:
            for found in page.get("Contents", []):
                yield found["Key"]
            for folder in page.get("CommonPrefixes", []):
                yield from walk(folder["Prefix"])

    whole = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert whole == sorted(keys, key=str.encode)
    assert sorted(walk()) == sorted(keys)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting[0])
def test_what_is_shown_may_be_put_again(s3, bucket, setting):
    """As Terraform does it: what it reads is what it writes, or it would plan a change for ever."""
    kind, put, shown, _, _ = setting
    get, put_it = getattr(s3, f"get_{kind}"), getattr(s3, f"put_{kind}")
    put_it(Bucket=bucket, **put)
    read = said(get(Bucket=bucket))
    # A setting stands in one member of the request; some are shown in it, others bare, and lifecycles beside a header.
    (member,) = put
    put_it(Bucket=bucket, **{member: read.get(member, {name: value for name, value in read.items() if name in put[member]})})
    assert said(get(Bucket=bucket)) == read == shown


def test_a_new_bucket_is_read_as_terraform_reads_it(s3, bucket):
    """Every setting of a new bucket either has its default or says that there is none, in the code that is looked for."""
    none = {
        "bucket_policy": "NoSuchBucketPolicy",
        "bucket_cors": "NoSuchCORSConfiguration",
        "bucket_website": "NoSuchWebsiteConfiguration",
        "bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
        "bucket_replication": "ReplicationConfigurationNotFoundError",
        "object_lock_configuration": "ObjectLockConfigurationNotFoundError",
        "bucket_tagging": "NoSuchTagSet",
    }
    for kind, code in none.items():
        with pytest.raises(s3.exceptions.ClientError) as missing:
            getattr(s3, f"get_{kind}")(Bucket=bucket)
        assert missing.value.response["Error"]["Code"] == code
    for kind in ["versioning", "accelerate_configuration", "logging", "notification_configuration"]:
        assert said(getattr(s3, f"get_bucket_{kind}")(Bucket=bucket)) == {}
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    s3.delete_bucket(Bucket=bucket)
    for kind in [*none, "bucket_versioning", "bucket_acl"]:
        with pytest.raises(s3.exceptions.ClientError) as missing:
            getattr(s3, f"get_{kind}")(Bucket=bucket)
        assert missing.value.response["Error"]["Code"] == "NoSuchBucket"
    with pytest.raises(s3.exceptions.ClientError) as missing:
        s3.head_bucket(Bucket=bucket)
    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
