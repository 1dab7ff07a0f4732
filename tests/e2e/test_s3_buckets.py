"""S3's buckets with stock clients: names, regions, addresses, owners, lists."""

import json
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree

import pytest
from botocore.exceptions import ClientError

from accounts import OTHER, OWN, Accounts
from conftest import refused

SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"



@pytest.fixture
def bucket(name):
    return name.lower().strip("-")[-60:].strip("-")


def refusal(call, **parameters):
    """The whole answer of the error that a call gets."""
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    return refused.value.response


def location(region):
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def test_a_bucket_is_made_shown_and_deleted(cloud, bucket):
    s3 = cloud.client("s3")
    made = s3.create_bucket(Bucket=bucket)
    assert made["Location"] == f"/{bucket}"
    head = s3.head_bucket(Bucket=bucket)
    assert head["BucketRegion"] == "us-east-1" and head["AccessPointAlias"] is False
    assert "x-amz-request-id" in head["ResponseMetadata"]["HTTPHeaders"]
    listed = s3.list_buckets()
    assert bucket in [found["Name"] for found in listed["Buckets"]]
    assert len(listed["Owner"]["ID"]) == 64
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert s3.delete_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204
    gone = refusal(s3.get_bucket_location, Bucket=bucket)
    assert gone["Error"]["Code"] == "NoSuchBucket" and gone["Error"]["BucketName"] == bucket
    assert gone["Error"]["Message"] == "The specified bucket does not exist"
    assert refused(s3.delete_bucket, Bucket=bucket)[0] == "NoSuchBucket"
    assert refused(s3.head_bucket, Bucket=bucket) == ("404", "Not Found")


def test_names(cloud):
    s3 = cloud.client("s3", s3={"addressing_style": "path"})
    for name in ("Trips", "my_trips", "a..b", "192.168.5.4", "xn--trips", "trips-s3alias"):
        answer = refusal(s3.create_bucket, Bucket=name)
        assert answer["Error"]["Code"] == "InvalidBucketName", name
        assert answer["Error"]["BucketName"] == name
    # botocore itself refuses this one.
    status, _, body = get(cloud, "/ab", "localhost", method="PUT")
    assert (status, ElementTree.fromstring(body).findtext("Code")) == (400, "InvalidBucketName")


def test_a_name_belongs_to_one_account(cloud, bucket):
    mine, theirs = cloud.client("s3"), cloud.client("s3", key=OTHER)
    mine.create_bucket(Bucket=bucket)
    # In us-east-1 its owner may make it again, nobody else may.
    mine.create_bucket(Bucket=bucket)
    taken = refusal(theirs.create_bucket, Bucket=bucket)
    assert taken["Error"]["Code"] == "BucketAlreadyExists" and taken["Error"]["BucketName"] == bucket
    assert taken["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert refused(mine.create_bucket, Bucket=bucket, **location("eu-west-1"))[0] == "BucketAlreadyOwnedByYou"
    other = f"{bucket[:50]}-eu"
    mine.create_bucket(Bucket=other, **location("eu-west-1"))
    assert refused(mine.create_bucket, Bucket=other, **location("eu-west-1"))[0] == "BucketAlreadyOwnedByYou"
    assert bucket not in [found["Name"] for found in theirs.list_buckets()["Buckets"]]
    assert mine.head_bucket(Bucket=bucket, ExpectedBucketOwner="000000000000")
    assert refused(mine.get_bucket_location, Bucket=bucket, ExpectedBucketOwner=OTHER) == ("AccessDenied", "Access Denied")


def test_location_constraints(cloud, bucket):
    ireland = cloud.client("s3", region="eu-west-1")
    illegal = "IllegalLocationConstraintException"
    code, message = refused(ireland.create_bucket, Bucket=bucket)
    assert code == illegal and message.startswith("The unspecified location constraint is incompatible")
    code, message = refused(ireland.create_bucket, Bucket=bucket, **location("us-west-2"))
    assert code == illegal and message.startswith("The us-west-2 location constraint is incompatible")
    invalid = refusal(cloud.client("s3").create_bucket, Bucket=bucket, **location("mars-north-1"))
    assert invalid["Error"]["Code"] == "InvalidLocationConstraint"
    assert invalid["Error"]["LocationConstraint"] == "mars-north-1"
    made = ireland.create_bucket(Bucket=bucket, **location("EU"))
    assert made["Location"] == f"http://{bucket}.s3.amazonaws.com/"
    assert ireland.get_bucket_location(Bucket=bucket)["LocationConstraint"] == "EU"
    assert ireland.head_bucket(Bucket=bucket)["BucketRegion"] == "eu-west-1"


def test_a_bucket_is_in_one_region(cloud, bucket):
    cloud.client("s3").create_bucket(Bucket=bucket, **location("eu-west-1"))
    # botocore reads the answer, and asks again with the right signature.
    redirected = cloud.client("s3").head_bucket(Bucket=bucket)
    assert redirected["BucketRegion"] == "eu-west-1"
    assert cloud.client("s3").get_bucket_location(Bucket=bucket)["LocationConstraint"] == "eu-west-1"
    status, headers, body = get(cloud, "/", f"{bucket}.s3.us-west-2.localhost", query="?location")
    assert status == 200, "whoever asks where it is may ask anywhere"
    status, headers, body = get(cloud, "/", f"{bucket}.s3.us-west-2.localhost", method="DELETE")
    assert (status, headers["x-amz-bucket-region"]) == (301, "eu-west-1")
    error = ElementTree.fromstring(body)
    assert error.findtext("Code") == "PermanentRedirect" and error.findtext("Bucket") == bucket
    assert error.findtext("Endpoint") == f"{bucket}.s3.eu-west-1.amazonaws.com"


def get(cloud, path, host, query="", method="GET"):
    """Status, headers and body of an unsigned request."""
    request = urllib.request.Request(cloud.url + path + query, headers={"Host": host}, method=method)

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        with urllib.request.build_opener(Stay).open(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_hosts_and_paths_name_buckets(cloud, bucket):
    cloud.client("s3").create_bucket(Bucket=bucket)
    for host in (f"{bucket}.s3.localhost:4566", f"{bucket}.localhost", f"{bucket}.s3.us-east-1.amazonaws.com"):
        status, _, body = get(cloud, "/", host, query="?location")
        assert (status, ElementTree.fromstring(body).tag) == (200, f"{SPACE}LocationConstraint"), host
    for host in ("localhost", "127.0.0.1", "s3.localhost", "s3.us-east-1.localhost.localstack.cloud"):
        status, _, body = get(cloud, f"/{bucket}", host, query="?location")
        assert status == 200, host


def test_errors_carry_what_they_are_about(cloud):
    status, headers, body = get(cloud, "/no-such-bucket-here", "localhost", query="?location")
    error = ElementTree.fromstring(body)
    assert (status, headers["content-type"]) == (404, "application/xml")
    assert [part.tag for part in error] == ["Code", "Message", "BucketName", "RequestId", "HostId"]
    assert error.findtext("RequestId") == headers["x-amz-request-id"]
    status, headers, body = get(cloud, "/no-such-bucket-here", "localhost", method="HEAD")
    assert (status, body) == (404, b"")


def test_lists_by_prefix_region_and_page(make_cloud):
    cloud = make_cloud().start()
    s3 = cloud.client("s3")
    names = [f"trips-{number:02}" for number in range(7)]
    for name in reversed(names):
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket="trips-eu", **location("eu-west-1"))
    s3.create_bucket(Bucket="others")
    whole = s3.list_buckets()["Buckets"]
    assert [found["Name"] for found in whole] == ["others", *names, "trips-eu"]
    assert all("BucketRegion" not in found for found in whole)
    pages = s3.get_paginator("list_buckets").paginate(Prefix="trips-0", PaginationConfig={"PageSize": 3})
    pages = [[found["Name"] for found in page["Buckets"]] for page in pages]
    assert pages == [names[:3], names[3:6], names[6:]]
    irish = s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]
    assert [(found["Name"], found["BucketRegion"]) for found in irish] == [("trips-eu", "eu-west-1")]
    unchecked = cloud.client("s3", parameter_validation=False)
    assert refused(unchecked.list_buckets, MaxBuckets=0)[0] == "InvalidArgument"
    assert refused(s3.list_buckets, MaxBuckets=2, ContinuationToken="x")[0] == "InvalidArgument"
    token = s3.list_buckets(MaxBuckets=2)["ContinuationToken"]
    theirs = cloud.client("s3", key=OTHER)
    assert refused(theirs.list_buckets, ContinuationToken=token)[0] == "InvalidArgument"


def test_the_cli_makes_and_removes_buckets(aws):
    aws("s3api", "create-bucket", "--bucket", "cli-bucket")
    listed = aws("s3api", "list-buckets")
    assert [found["Name"] for found in listed["Buckets"]] == ["cli-bucket"]
    error = aws("s3api", "create-bucket", "--bucket", "Cli", fails=True)
    assert "InvalidBucketName" in error
    aws("s3api", "delete-bucket", "--bucket", "cli-bucket")
    assert not aws("s3api", "list-buckets")["Buckets"]


def test_buckets_survive_the_death_of_the_server(make_cloud):
    cloud = make_cloud().start()
    cloud.client("s3").create_bucket(Bucket="kept", **location("eu-west-1"))
    cloud.kill()
    cloud.start()
    assert cloud.client("s3", region="eu-west-1").head_bucket(Bucket="kept")["BucketRegion"] == "eu-west-1"


def test_only_whoever_is_let_in_uses_a_bucket(make_cloud):
    accounts = Accounts(make_cloud, "s3")
    root, own, other = accounts.root, accounts.own, accounts.other
    root.create_bucket(Bucket="shared")
    code, message = refused(other.get_bucket_location, Bucket="shared")
    assert code == "AccessDenied" and "s3:GetBucketLocation on resource: arn:aws:s3:::shared" in message
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{OWN}:user/ada", f"arn:aws:iam::{OTHER}:user/ada"]},
                "Action": "s3:GetBucketLocation",
                "Resource": "arn:aws:s3:::shared",
            }
        ],
    }
    root.put_bucket_policy(Bucket="shared", Policy=json.dumps(policy))
    own.get_bucket_location(Bucket="shared")
    other.get_bucket_location(Bucket="shared")
    status, _, body = get(accounts.cloud, "/shared", "localhost", query="?location")
    error = ElementTree.fromstring(body)
    assert (status, error.findtext("Code"), error.findtext("Message")) == (403, "AccessDenied", "Access Denied")
    stranger = accounts.cloud.client("s3", "AKIAAAAAAAAAAAAAAAAA", "wrong")
    assert refused(stranger.list_buckets)[0] == "InvalidAccessKeyId"
    forged = accounts.cloud.client("s3", accounts.cloud.root_key()[0], "wrong")
    assert refused(forged.list_buckets)[0] == "SignatureDoesNotMatch"
