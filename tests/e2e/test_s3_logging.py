"""Server access logs: what clients asked of a bucket, as objects of another one."""

import json
import re
import urllib.error
import urllib.request

import pytest
from conftest import eventually, move
from objects import body_of, refused

FIELD = r'("[^"]*"|\[[^\]]*\]|[^ ]+)'
NAMES = (
    "owner bucket time ip requester request operation key uri status error sent size total turnaround referer agent "
    "version host_id signature cipher auth host tls access_point acl"
).split()


@pytest.fixture
def cloud(own_cloud):
    return own_cloud


@pytest.fixture
def target(s3):
    s3.create_bucket(Bucket="logs")
    return "logs"


def log(s3, bucket, target, prefix="log/", **more):
    enabled = {"TargetBucket": target, "TargetPrefix": prefix, **more}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})


def keys(s3, target):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=target).get("Contents", [])]


def lines(s3, target):
    text = "".join(body_of(s3.get_object(Bucket=target, Key=key)).decode() for key in keys(s3, target))
    return [dict(zip(NAMES, re.findall(FIELD, line), strict=True)) for line in text.splitlines()]


def is_logged(cloud, s3, bucket, target):
    """Asks until the log has begun, and forgets what it was told."""

    def begun():
        s3.head_bucket(Bucket=bucket)
        move(cloud, advance_seconds=61)
        return keys(s3, target)

    eventually(begun)
    move(cloud, advance_seconds=61)
    for key in keys(s3, target):
        s3.delete_object(Bucket=target, Key=key)


def delivered(cloud, s3, target, count):
    def all_there():
        move(cloud, advance_seconds=61)
        found = lines(s3, target)
        return len(found) >= count and found

    return eventually(all_there)


def test_every_request_is_a_line_with_all_fields(cloud, s3, bucket, target):
    log(s3, bucket, target)
    is_logged(cloud, s3, bucket, target)
    s3.put_object(Bucket=bucket, Key="a b/ä", Body=b"12345")
    s3.get_object(Bucket=bucket, Key="a b/ä", Range="bytes=0-1")["Body"].read()
    refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="none")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ä"})
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": {"Bucket": bucket, "Key": "a b/ä"}}
    request = urllib.request.Request(link, headers={"Referer": 'http://x/"y"', "User-Agent": "me"})
    urllib.request.urlopen(request).read()
    s3.copy_object(**copy)
    found = [line for line in delivered(cloud, s3, target, 6) if line["operation"] != "REST.HEAD.BUCKET"]
    put, part, none, linked = found[:4]
    assert [line["operation"] for line in found[:4]] == ["REST.PUT.OBJECT"] + ["REST.GET.OBJECT"] * 3
    assert all(line["bucket"] == bucket and line["owner"] == put["owner"] for line in found)
    assert (len(put["owner"]), put["requester"], put["ip"]) == (64, put["owner"], "127.0.0.1")
    assert re.fullmatch(r"\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\]", put["time"])
    assert (put["key"], put["status"], put["error"], put["size"]) == ("a%20b/%C3%A4", "200", "-", "5")
    assert put["uri"].startswith(f'"PUT /{bucket}/a%20b/%C3%A4') and put["uri"].endswith(' HTTP/1.1"')
    assert (part["status"], part["sent"], part["size"]) == ("206", "2", "5")
    assert (none["status"], none["error"]) == ("404", "NoSuchKey")
    assert (put["signature"], put["auth"]) == ("SigV4", "AuthHeader")
    assert (linked["auth"], linked["agent"]) == ("QueryString", '"me"')
    assert linked["referer"] == '"http://x/%22y%22"'
    copied = {line["operation"]: line["key"] for line in found[4:6]}
    assert copied == {"REST.COPY.OBJECT": "copy", "REST.COPY.OBJECT_GET": "a%20b/%C3%A4"}
    assert put["host"] in cloud.url and "Boto3" in put["agent"]


def test_what_comes_through_an_access_point(cloud, s3, bucket, target):
    log(s3, bucket, target)
    control = cloud.client("s3control")
    made = control.create_access_point(AccountId="000000000000", Name="trips", Bucket=bucket)
    arn, alias = made["AccessPointArn"], made["Alias"]
    is_logged(cloud, s3, bucket, target)
    s3.put_object(Bucket=arn, Key="k")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": alias, "Key": "k"})
    found = [line for line in delivered(cloud, s3, target, 3) if line["operation"] != "REST.HEAD.BUCKET"]
    assert [(line["operation"], line["key"], line["access_point"]) for line in found] == [
        ("REST.PUT.OBJECT", "k", arn), ("REST.COPY.OBJECT", "copy", "-"), ("REST.COPY.OBJECT_GET", "k", "-")
    ]


def test_names_have_the_format_that_was_asked_for(cloud, s3, bucket, target):
    partitioned = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
    log(s3, bucket, target, "p-", TargetObjectKeyFormat=partitioned)
    eventually(lambda: s3.head_bucket(Bucket=bucket) and move(cloud, advance_seconds=61) or keys(s3, target))
    pattern = r"p-000000000000/us-east-1/" + bucket + r"/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\d-00-00-00-[0-9A-F]{16}"
    assert all(re.fullmatch(pattern, key) for key in keys(s3, target))
    log(s3, bucket, target, "simple/")
    simple = r"simple/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}"

    def is_simple():
        s3.head_bucket(Bucket=bucket)
        move(cloud, advance_seconds=61)
        return any(re.fullmatch(simple, key) for key in keys(s3, target))

    eventually(is_simple)


def test_what_has_gathered_is_delivered_at_a_stop(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    for bucket in ("seen", "logs"):
        s3.create_bucket(Bucket=bucket)
    log(s3, "seen", "logs")
    is_logged(cloud, s3, "seen", "logs")
    s3.put_object(Bucket="seen", Key="last")
    assert cloud.stop() == 0
    cloud.start()
    assert "last" in [line["key"] for line in lines(cloud.client("s3"), "logs")]


def test_nothing_is_logged_any_more_once_it_is_off(cloud, s3, bucket, target):
    log(s3, bucket, target)
    is_logged(cloud, s3, bucket, target)
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    other = bucket + "2"
    s3.create_bucket(Bucket=other)
    log(s3, other, target, "other/")

    def other_begun():
        s3.head_bucket(Bucket=other)
        move(cloud, advance_seconds=61)
        return any(key.startswith("other/") for key in keys(s3, target))

    eventually(other_begun)
    s3.put_object(Bucket=bucket, Key="unseen")
    assert "unseen" not in [line["key"] for line in delivered(cloud, s3, target, 1)]


def test_the_target_has_to_let_the_delivery_in(make_cloud):
    cloud = make_cloud("--auth", "enforce").start()
    key, secret = cloud.root_key()
    s3 = cloud.client("s3", key, secret)
    for bucket in ("seen", "closed", "by-policy", "by-list"):
        s3.create_bucket(Bucket=bucket, ObjectOwnership="BucketOwnerPreferred")
    s3.put_bucket_acl(Bucket="by-list", ACL="log-delivery-write")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::by-policy/*",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": "arn:aws:s3:::seen"},
                    "StringEquals": {"aws:SourceAccount": "000000000000"},
                },
            }
        ],
    }
    s3.put_bucket_policy(Bucket="by-policy", Policy=json.dumps(policy))

    def advance():
        s3.head_bucket(Bucket="seen")
        move(cloud, advance_seconds=61)

    for target in ("by-policy", "by-list"):
        log(s3, "seen", target)
        eventually(lambda target=target: advance() or keys(s3, target))
    log(s3, "seen", "closed")
    eventually(lambda: advance() or any("cannot be delivered" in line for line in cloud.log))
    assert keys(s3, "closed") == []


def test_visits_of_websites_are_logged(cloud, s3, bucket, target):
    site = {"IndexDocument": {"Suffix": "index.html"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=site)
    s3.put_object(Bucket=bucket, Key="index.html", Body=b"<p>")
    log(s3, bucket, target)
    is_logged(cloud, s3, bucket, target)
    urllib.request.urlopen(f"{cloud.url}/_aws/s3-website/{bucket}/").read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{cloud.url}/_aws/s3-website/{bucket}/none")
    found = [line for line in delivered(cloud, s3, target, 2) if line["operation"] == "WEBSITE.GET.OBJECT"]
    assert [(line["status"], line["error"], line["requester"]) for line in found] == [
        ("200", "-", "-"),
        ("404", "NoSuchKey", "-"),
    ]
    assert (found[0]["sent"], found[0]["size"], found[1]["key"]) == ("3", "3", "none")
