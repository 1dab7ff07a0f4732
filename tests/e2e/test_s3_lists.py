"""Lists of S3: every key once, in S3's order, by prefix and delimiter, in pages; all versions; and what the AWS CLI makes of it."""

import json
import os
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from accounts import OTHER, Accounts
from conftest import refused

KEYS = [
    "a", "a b+c%", "a/1", "a/2", "a/b/3", "a0", "b/", "b//x", "b/4", "c\x01d", "c\nd", "é", "~", "\uffff", "\U0001f680/x",
]


@pytest.fixture
def filled(s3, bucket):
    put_all(s3, bucket, KEYS)
    return bucket


def put_all(s3, bucket, keys):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=key.encode()), keys))


def sorted_keys(keys=KEYS):
    return sorted(keys, key=str.encode)


def keys_of(page):
    return [shown["Key"] for shown in page.get("Contents", [])]


def prefixes_of(page):
    return [shown["Prefix"] for shown in page.get("CommonPrefixes", [])]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_every_key_is_listed_once_in_the_order_of_its_bytes(s3, filled, operation, size):
    pages = s3.get_paginator(operation).paginate(Bucket=filled, PaginationConfig={"PageSize": size})
    pages = list(pages)
    assert [key for page in pages for key in keys_of(page)] == sorted_keys()
    assert all(page["MaxKeys"] == size for page in pages)
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_keys_have_in_common_stands_for_them(s3, filled, operation, size):
    pages = s3.get_paginator(operation).paginate(
        Bucket=filled, Delimiter="/", PaginationConfig={"PageSize": size}
    )
    pages = list(pages)
    assert [prefix for page in pages for prefix in prefixes_of(page)] == ["a/", "b/", "\U0001f680/"]
    shown = "Versions" if operation == "list_object_versions" else "Contents"
    keys = [entry["Key"] for page in pages for entry in page.get(shown, [])]
    assert keys == sorted_keys(key for key in KEYS if "/" not in key)


@pytest.mark.parametrize(
    ("prefix", "delimiter", "keys", "prefixes"),
    [
        ("a/", "/", ["a/1", "a/2"], ["a/b/"]),
        ("a", "/", ["a", "a b+c%", "a0"], ["a/"]),
        ("b/", "/", ["b/", "b/4"], ["b//"]),
        ("b", "//", ["b/", "b/4"], ["b//"]),
        ("nothing", "/", [], []),
        ("", "é", sorted_keys(key for key in KEYS if key != "é"), ["é"]),
        ("a/", None, ["a/1", "a/2", "a/b/3"], []),
    ],
)
def test_prefixes_and_delimiters(s3, filled, prefix, delimiter, keys, prefixes):
    asked = {"Bucket": filled, "Prefix": prefix, **({"Delimiter": delimiter} if delimiter else {})}
    page = s3.list_objects_v2(**asked)
    assert (keys_of(page), prefixes_of(page)) == (keys, prefixes)
    assert page["KeyCount"] == len(keys) + len(prefixes) and page["Prefix"] == prefix
    assert page.get("Delimiter") == delimiter and page["Name"] == filled
    old = s3.list_objects(**asked)
    assert (keys_of(old), prefixes_of(old)) == (keys, prefixes)


def test_an_entry_tells_what_the_object_is(s3, bucket):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"12345", StorageClass="STANDARD_IA", ChecksumAlgorithm="SHA256")
    head = s3.head_object(Bucket=bucket, Key="k")
    owner = s3.list_buckets()["Owner"]["ID"]
    entry = {
        "Key": "k",
        "ETag": put["ETag"],
        "Size": 5,
        "StorageClass": "STANDARD_IA",
        "LastModified": head["LastModified"],
        "ChecksumAlgorithm": ["SHA256"],
        "ChecksumType": "FULL_OBJECT",
    }
    assert s3.list_objects_v2(Bucket=bucket)["Contents"] == [entry]
    asked = {"Bucket": bucket, "FetchOwner": True, "OptionalObjectAttributes": ["RestoreStatus"]}
    assert s3.list_objects_v2(**asked)["Contents"] == [entry | {"Owner": {"ID": owner}}]
    assert s3.list_objects(Bucket=bucket)["Contents"] == [entry | {"Owner": {"ID": owner}}]
    version = entry | {"Owner": {"ID": owner}, "VersionId": "null", "IsLatest": True}
    assert s3.list_object_versions(Bucket=bucket)["Versions"] == [version]
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    plain = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (plain["StorageClass"], plain["Size"]) == ("STANDARD", 0) and len(plain["ChecksumAlgorithm"]) == 1


def test_a_list_begins_behind_what_it_is_told(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, StartAfter="a/2", MaxKeys=2)
    assert keys_of(page) == ["a/b/3", "a0"] and page["StartAfter"] == "a/2" and page["KeyCount"] == 2
    more = s3.list_objects_v2(Bucket=filled, ContinuationToken=page["NextContinuationToken"], MaxKeys=1)
    assert keys_of(more) == ["b/"] and more["ContinuationToken"] == page["NextContinuationToken"]
    # What stands for the key itself does not come again.
    behind = s3.list_objects_v2(Bucket=filled, StartAfter="a/1", Delimiter="/", MaxKeys=2)
    assert (keys_of(behind), prefixes_of(behind)) == (["a0"], ["b/"])
    old = s3.list_objects(Bucket=filled, Marker="a/2", MaxKeys=2)
    assert keys_of(old) == ["a/b/3", "a0"] and old["Marker"] == "a/2" and "NextMarker" not in old
    grouped = s3.list_objects(Bucket=filled, Marker="a b+c%", MaxKeys=1, Delimiter="/")
    assert prefixes_of(grouped) == ["a/"] and grouped["NextMarker"] == "a/"
    assert "Contents" not in s3.list_objects_v2(Bucket=filled, StartAfter="\U0010ffff")
    before = s3.list_objects_v2(Bucket=filled, StartAfter="a", Prefix="b/", MaxKeys=1)
    assert keys_of(before) == ["b/"]


def test_pages_have_from_none_to_a_thousand_keys(s3, bucket):
    put_all(s3, bucket, [f"k{number:04}" for number in range(1001)])
    nothing = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (nothing["KeyCount"], nothing["IsTruncated"], nothing["MaxKeys"]) == (0, False, 0)
    for asked in ({}, {"MaxKeys": 5000}):
        page = s3.list_objects_v2(Bucket=bucket, **asked)
        assert (page["KeyCount"], page["IsTruncated"], page["MaxKeys"]) == (1000, True, 1000)
    assert s3.list_objects_v2(Bucket=bucket, StartAfter="k0000")["IsTruncated"] is False
    assert prefixes_of(s3.list_objects_v2(Bucket=bucket, Delimiter="0")) == ["k0", "k10"]


def test_what_cannot_be_asked_is_refused(s3, filled):
    for call, asked in [
        (s3.list_objects_v2, {"MaxKeys": -1}),
        (s3.list_objects_v2, {"ContinuationToken": "nonsense"}),
        (s3.list_objects_v2, {"EncodingType": "rot13"}),
        (s3.list_objects, {"MaxKeys": -1}),
        (s3.list_object_versions, {"VersionIdMarker": "null"}),
        (s3.list_object_versions, {"KeyMarker": "a", "VersionIdMarker": "nonsense"}),
    ]:
        assert refused(call, Bucket=filled, **asked)[0] == "InvalidArgument", asked
    assert refused(s3.list_objects_v2, Bucket="no-such-bucket-here")[0] == "NoSuchBucket"
    token = s3.list_objects_v2(Bucket=filled, MaxKeys=1)["NextContinuationToken"]
    s3.create_bucket(Bucket=filled + "x")
    code, _ = refused(s3.list_objects_v2, Bucket=filled + "x", ContinuationToken=token)
    assert code == "InvalidArgument", "a token is good in its own bucket"


def test_names_are_encoded_for_who_asks(cloud, filled):
    def listed(**query):
        # Without what boto3 adds to it.
        query = urllib.parse.urlencode({"list-type": "2", **query})
        with urllib.request.urlopen(f"{cloud.url}/{filled}?{query}") as answer:
            return answer.read().decode()

    plain = listed(prefix="a b")
    assert "<Key>a b+c%</Key>" in plain and "EncodingType" not in plain
    assert plain.count("<ListBucketResult xmlns=") == 1 and plain.endswith("</ListBucketResult>")
    encoded = {"encoding-type": "url"}
    grouped = listed(**encoded, delimiter="+", prefix="a b")
    for part in ("<Prefix>a+b%2B</Prefix>", "<Prefix>a+b</Prefix>", "<Delimiter>%2B</Delimiter>"):
        assert part in grouped and "<EncodingType>url</EncodingType>" in grouped
    assert "<Key>c%01d</Key>" in listed(**encoded, prefix="c\x01")
    assert "<Key>a/b/3</Key>" in listed(**encoded, prefix="a/b")


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_versions_are_listed_with_the_newest_first(s3, bucket, size):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    ids = {"k": ["null"], "gone": [], "other": []}
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key, body in [("k", b"1"), ("gone", b"2"), ("k", b"3"), ("other", b"4"), ("other", b"5")]:
        ids[key].insert(0, s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"])
    for key in ("gone", "k"):
        ids[key].insert(0, s3.delete_object(Bucket=bucket, Key=key)["VersionId"])
    ids["k"].insert(0, s3.put_object(Bucket=bucket, Key="k", Body=b"6")["VersionId"])
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
    listed, markers = {}, []
    for page in pages:
        deleted = page.get("DeleteMarkers", [])
        entries = page.get("Versions", []) + deleted
        assert len(entries) <= size
        markers += [shown["VersionId"] for shown in deleted]
        for shown in entries:
            listed.setdefault(shown["Key"], set()).add((shown["VersionId"], shown["IsLatest"]))
    assert listed == {key: {(id_, place == 0) for place, id_ in enumerate(of_key)} for key, of_key in ids.items()}
    assert markers == [ids["gone"][0], ids["k"][1]]
    assert keys_of(s3.list_objects_v2(Bucket=bucket)) == ["k", "other"]


def test_a_versioned_bucket_is_emptied_page_by_page(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for number in range(12):
        s3.put_object(Bucket=bucket, Key="k" if number % 2 else f"k{number % 3}", Body=b"")
    s3.delete_object(Bucket=bucket, Key="k")
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 4})
    for page in pages:
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        wanted = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in found]
        assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": wanted})
    s3.delete_bucket(Bucket=bucket)


def test_a_policy_can_limit_what_is_listed(make_cloud):
    accounts = Accounts(make_cloud, "s3")
    accounts.root.create_bucket(Bucket="homes")
    for key in ("home/ada/x", "home/bob/y"):
        accounts.root.put_object(Bucket="homes", Key=key, Body=b"")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/ada"},
        "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
        "Resource": "arn:aws:s3:::homes",
        "Condition": {
            "StringLike": {"s3:prefix": "home/ada/*"},
            "StringEquals": {"s3:delimiter": "/"},
            "NumericLessThanEquals": {"s3:max-keys": "10"},
        },
    }
    accounts.root.put_bucket_policy(
        Bucket="homes", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    allowed = {"Bucket": "homes", "Prefix": "home/ada/", "Delimiter": "/", "MaxKeys": 10}
    for operation in ("list_objects", "list_objects_v2", "list_object_versions"):
        call = getattr(accounts.other, operation)
        assert call(**allowed)["ResponseMetadata"]["HTTPStatusCode"] == 200
        for other in ({"Prefix": "home/bob/"}, {"Prefix": ""}, {"Delimiter": "x"}, {"MaxKeys": 11}):
            assert refused(call, **allowed | other)[0] == "AccessDenied", other
        assert refused(call, Bucket="homes")[0] == "AccessDenied"


def test_the_cli_lists_and_syncs_both_ways(aws):
    here, there = aws.folder / "here", aws.folder / "there"
    for number in range(200):
        file = here / f"folder {number % 7}" / f"{number}é+.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(number * 10))
        # S3 tells seconds: what is younger than its object's second would be sent again.
        os.utime(file, (1_700_000_000, 1_700_000_000))
    aws("s3", "mb", "s3://trips", text=True)
    aws("s3", "sync", str(here), "s3://trips/all", "--only-show-errors", text=True)
    listed = aws("s3", "ls", "s3://trips/all/", text=True).split("\n")
    assert [line.strip() for line in listed if line] == [f"PRE folder {number}/" for number in range(7)]
    summary = aws("s3", "ls", "s3://trips", "--recursive", "--summarize", text=True)
    assert "Total Objects: 200" in summary and f"Total Size: {sum(range(200)) * 10}" in summary
    assert aws("s3", "sync", str(here), "s3://trips/all", text=True) == "", "all is there already"
    aws("s3", "sync", "s3://trips/all", str(there), "--only-show-errors", text=True)
    contents = lambda folder: {
        str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }
    assert contents(there) == contents(here)
    next(here.rglob("13é+.txt")).unlink()
    aws("s3", "sync", str(here), "s3://trips/all", "--delete", "--only-show-errors", text=True)
    assert "Total Objects: 199" in aws("s3", "ls", "s3://trips", "--recursive", "--summarize", text=True)
    aws("s3", "rb", "s3://trips", "--force", text=True)
    assert aws("s3", "ls", text=True) == ""
