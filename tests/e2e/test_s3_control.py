"""S3 Control: access points, their policies and tags, and what an account has closed to the public."""

import json
import urllib.error
import urllib.request

import pytest
from accounts import OTHER, OWN
from conftest import bucket_name
from objects import refused

CLOSED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
OPEN = dict.fromkeys(CLOSED, False)


def policy(arn, principal="*", action="s3:GetObject", **more):
    """What lets somebody do something with the objects behind an ARN."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": arn, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def control(cloud):
    return cloud.client("s3control")


@pytest.fixture
def point(control, bucket, request):
    """The name of an access point for the bucket."""
    name = bucket_name(request, "p")
    control.create_access_point(AccountId=OWN, Name=name, Bucket=bucket)
    return name


@pytest.fixture
def alone(own_cloud):
    """A client of an account that no other test uses, and its account."""
    return own_cloud.client("s3control", "444455556666"), "444455556666"


def test_an_account_closes_its_doors_everywhere(alone, own_cloud):
    control, account = alone
    missing = refused("NoSuchPublicAccessBlockConfiguration", control.get_public_access_block, AccountId=account)
    assert missing["Message"] == "The public access block configuration was not found"
    assert missing["AccountId"] == account
    control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    elsewhere = own_cloud.client("s3control", account, region="eu-west-1")
    shown = elsewhere.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"]
    assert shown == {**OPEN, "BlockPublicAcls": True}
    control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=CLOSED)
    assert elsewhere.get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"] == CLOSED
    empty = refused("InvalidRequest", control.put_public_access_block, AccountId=account, PublicAccessBlockConfiguration={})
    assert empty["Message"] == "Must specify at least one configuration."
    for _ in range(2):
        answer = elsewhere.delete_public_access_block(AccountId=account)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    refused("NoSuchPublicAccessBlockConfiguration", control.get_public_access_block, AccountId=account)
    refused("AccessDenied", control.get_public_access_block, AccountId=OTHER)
    refused("AccessDenied", control.put_public_access_block, AccountId=OTHER, PublicAccessBlockConfiguration=CLOSED)
    refused("AccessDenied", control.delete_public_access_block, AccountId=OTHER)


def test_what_an_account_closes_is_closed_for_its_buckets(alone, own_cloud):
    control, account = alone
    s3 = own_cloud.client("s3", account)
    s3.create_bucket(Bucket="doors", ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket="doors")
    public = policy("arn:aws:s3:::doors/*")
    s3.put_bucket_policy(Bucket="doors", Policy=public)
    s3.put_object(Bucket="doors", Key="k", ACL="public-read")
    control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=CLOSED)
    refused("AccessDenied", s3.put_bucket_policy, Bucket="doors", Policy=public)
    refused("AccessDenied", s3.put_object, Bucket="doors", Key="k", ACL="public-read")
    refused("AccessDenied", s3.put_object_acl, Bucket="doors", Key="k", ACL="public-read")
    refused("AccessDenied", s3.put_bucket_acl, Bucket="doors", ACL="public-read")
    refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, Bucket="doors")
    control.delete_public_access_block(AccountId=account)
    s3.put_bucket_policy(Bucket="doors", Policy=public)
    s3.put_bucket_acl(Bucket="doors", ACL="public-read")


def test_access_points_come_and_go(control, bucket, point):
    arn = f"arn:aws:s3:us-east-1:{OWN}:accesspoint/{point}"
    shown = control.get_access_point(AccountId=OWN, Name=point)
    alias, made = shown["Alias"], shown.pop("CreationDate")
    assert alias.startswith(point[:20] + "-") and alias.endswith("-s3alias") and len(alias) <= 63
    assert made.year >= 2024
    hosts = {"ipv4": "", "fips": "-fips", "dualstack": ".dualstack", "fips_dualstack": "-fips.dualstack"}
    assert {key: value for key, value in shown.items() if key != "ResponseMetadata"} == {
        "Name": point, "Bucket": bucket, "NetworkOrigin": "Internet", "Alias": alias, "AccessPointArn": arn,
        "BucketAccountId": OWN, "PublicAccessBlockConfiguration": CLOSED,
        "Endpoints": {key: f"s3-accesspoint{part}.us-east-1.amazonaws.com" for key, part in hosts.items()},
    }
    again = refused("AccessPointAlreadyOwnedByYou", control.create_access_point, AccountId=OWN, Name=point, Bucket=bucket)
    assert again["Message"] == "Your previous request to create the named accesspoint succeeded and you already own it."
    answer = control.delete_access_point(AccountId=OWN, Name=point)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    for call in (control.get_access_point, control.delete_access_point, control.get_access_point_policy):
        missing = refused("NoSuchAccessPoint", call, AccountId=OWN, Name=point)
        assert (missing["Message"], missing["AccessPointName"]) == ("The specified accesspoint does not exist", point)
    control.create_access_point(AccountId=OWN, Name=point, Bucket=bucket)
    assert control.get_access_point(AccountId=OWN, Name=point)["Alias"] != alias


def test_what_makes_no_access_point(control, cloud, bucket, point, request):
    def wrong(code, message, **how):
        how = {"AccountId": OWN, "Name": "some-point", "Bucket": bucket, **how}
        error = refused(code, control.create_access_point, **how)
        assert error["Message"] == message
        return error

    for name in ("x" * 51, "Trips", "xn_-a", "a b"):
        error = wrong("InvalidURI", "Couldn't parse the specified URI.", Name=name)
        assert error["URI"] == f"accesspoint/{name}"
    for name in ("-abc", "abc-", "a.bc", "abc-s3alias"):
        wrong("InvalidRequest", "Your Amazon S3 AccessPoint name is invalid", Name=name)
    wrong("InvalidRequest", "Amazon S3 AccessPoint can only be created for existing bucket", Bucket="no-such-bucket")
    wrong("AccessDenied", "Access Denied", AccountId=OTHER)
    far = bucket_name(request, "far")
    west = cloud.client("s3", region="eu-west-1")
    west.create_bucket(Bucket=far, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    wrong("InvalidRequest", "Amazon S3 AccessPoint can only be created for bucket in the same region", Bucket=far)
    owner = "BucketAccountId parameter should be same as the AWS Account Id of bucket owner"
    wrong("InvalidRequest", owner, BucketAccountId=OTHER)
    wrong("InvalidTag", "There are duplicate tag keys in your request. Remove the duplicate tag keys and try again.",
          Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    refused("NoSuchAccessPoint", control.get_access_point, AccountId=OWN, Name="some-point")


def test_names_are_of_an_account_and_a_region(cloud, control, bucket, point, request):
    west, far = (cloud.client(service, region="eu-west-1") for service in ("s3control", "s3"))
    name = bucket_name(request, "w")
    far.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    west.create_access_point(AccountId=OWN, Name=point, Bucket=name)
    assert west.get_access_point(AccountId=OWN, Name=point)["Bucket"] == name
    assert control.get_access_point(AccountId=OWN, Name=point)["Bucket"] == bucket
    other = cloud.client("s3control", OTHER)
    other.create_access_point(AccountId=OTHER, Name=point, Bucket=bucket, BucketAccountId=OWN)
    shown = other.get_access_point(AccountId=OTHER, Name=point)
    assert (shown["Bucket"], shown["BucketAccountId"]) == (bucket, OWN)


def test_access_points_are_listed_in_pages(alone, own_cloud):
    control, account = alone
    s3 = own_cloud.client("s3", account)
    for bucket in ("first", "second"):
        s3.create_bucket(Bucket=bucket)
    assert control.list_access_points(AccountId=account)["AccessPointList"] == []
    for number in range(5):
        bucket = "first" if number % 2 == 0 else "second"
        control.create_access_point(AccountId=account, Name=f"point-{number}", Bucket=bucket)
    names = lambda answer: [point["Name"] for point in answer["AccessPointList"]]
    everything = control.list_access_points(AccountId=account)
    assert names(everything) == [f"point-{number}" for number in range(5)] and "NextToken" not in everything
    assert set(everything["AccessPointList"][0]) == {
        "Name", "NetworkOrigin", "Bucket", "AccessPointArn", "Alias", "BucketAccountId"
    }

    def pages(**how):
        found, token = [], {}
        while token is not None:
            page = control.list_access_points(AccountId=account, **how, **token)
            found.append(names(page))
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
        return found

    assert pages(MaxResults=2) == [["point-0", "point-1"], ["point-2", "point-3"], ["point-4"]]
    assert pages(MaxResults=1, Bucket="second") == [["point-1"], ["point-3"]]
    refused("InvalidRequest", control.list_access_points, AccountId=account, NextToken="x")
    refused("InvalidRequest", control.list_access_points, AccountId=account, Bucket="no-such-bucket")
    refused("AccessDenied", control.list_access_points, AccountId=OTHER)
    assert names(own_cloud.client("s3control", account, region="eu-west-1").list_access_points(AccountId=account)) == []


def test_doors_of_an_access_point(control, bucket, request):
    for number, (asked, expected) in enumerate([
        ({}, OPEN), ({"BlockPublicAcls": False}, OPEN), ({"BlockPublicAcls": True}, {**OPEN, "BlockPublicAcls": True}),
        (None, CLOSED),
    ]):
        name = bucket_name(request, f"d{number}")
        how = {} if asked is None else {"PublicAccessBlockConfiguration": asked}
        control.create_access_point(AccountId=OWN, Name=name, Bucket=bucket, **how)
        shown = control.get_access_point(AccountId=OWN, Name=name)
        assert shown["PublicAccessBlockConfiguration"] == expected


def test_policies_of_access_points(control, bucket, point, request):
    arn = f"arn:aws:s3:us-east-1:{OWN}:accesspoint/{point}"
    named = {"AccountId": OWN, "Name": point}
    missing = refused("NoSuchAccessPointPolicy", control.get_access_point_policy, **named)
    assert missing["Message"] == "The specified accesspoint policy does not exist"
    refused("NoSuchAccessPointPolicy", control.get_access_point_policy_status, **named)
    text = policy(f"{arn}/object/*", {"AWS": OTHER})
    control.put_access_point_policy(**named, Policy=text)
    assert control.get_access_point_policy(**named)["Policy"] == text
    assert control.get_access_point_policy_status(**named)["PolicyStatus"] == {"IsPublic": False}
    for wrong in ("{", policy(f"arn:aws:s3:::{bucket}/*"), policy(f"{arn}/k"), policy(f"{arn}-x/object/*"),
                  policy(f"{arn}/object/*", action="sqs:SendMessage"), policy(f"{arn}/object/*", action="s3:ListBucket")):
        refused("MalformedPolicy", control.put_access_point_policy, **named, Policy=wrong)
    refused("AccessDenied", control.put_access_point_policy, **named, Policy=policy(f"{arn}/object/*"))
    assert control.get_access_point_policy(**named)["Policy"] == text
    for _ in range(2):
        control.delete_access_point_policy(**named)
    refused("NoSuchAccessPointPolicy", control.get_access_point_policy, **named)
    public = {"AccountId": OWN, "Name": bucket_name(request, "open")}
    control.create_access_point(**public, Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
    control.put_access_point_policy(**public, Policy=policy(f"arn:aws:s3:us-east-1:{OWN}:accesspoint/{public['Name']}/object/*"))
    assert control.get_access_point_policy_status(**public)["PolicyStatus"] == {"IsPublic": True}


def test_tags_of_access_points_and_buckets(control, s3, bucket, request):
    name = bucket_name(request, "t")
    arn = control.create_access_point(AccountId=OWN, Name=name, Bucket=bucket, Tags=[{"Key": "a", "Value": "1"}])["AccessPointArn"]
    tags = lambda resource: {tag["Key"]: tag["Value"] for tag in control.list_tags_for_resource(AccountId=OWN, ResourceArn=resource)["Tags"]}
    assert (tags(arn), tags(f"arn:aws:s3:::{bucket}")) == ({"a": "1"}, {})
    for resource in (arn, f"arn:aws:s3:::{bucket}"):
        control.tag_resource(AccountId=OWN, ResourceArn=resource, Tags=[{"Key": "b", "Value": "grün"}, {"Key": "a", "Value": "2"}])
        assert tags(resource) == {"a": "2", "b": "grün"}
        control.untag_resource(AccountId=OWN, ResourceArn=resource, TagKeys=["a", "none"])
        assert tags(resource) == {"b": "grün"}
        for wrong in ({"Key": "aws:x", "Value": ""}, {"Key": "a,b", "Value": ""}, {"Key": "a", "Value": "?"}):
            refused("InvalidTag", control.tag_resource, AccountId=OWN, ResourceArn=resource, Tags=[wrong])
        many = [{"Key": str(number), "Value": ""} for number in range(50)]
        refused("InvalidTag", control.tag_resource, AccountId=OWN, ResourceArn=resource, Tags=many)
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "b", "Value": "grün"}]
    for missing in (arn + "x", "arn:aws:s3:::no-such-bucket"):
        refused("NoSuchResource", control.list_tags_for_resource, AccountId=OWN, ResourceArn=missing)
        refused("NoSuchResource", control.untag_resource, AccountId=OWN, ResourceArn=missing, TagKeys=["a"])
    control.delete_access_point(AccountId=OWN, Name=name)
    control.create_access_point(AccountId=OWN, Name=name, Bucket=bucket)
    assert tags(arn) == {}


def test_a_bucket_with_access_points_stays(control, s3, bucket, point):
    attached = refused("BucketHasAccessPointsAttached", s3.delete_bucket, Bucket=bucket)
    assert attached["BucketName"] == bucket
    control.delete_access_point(AccountId=OWN, Name=point)
    s3.delete_bucket(Bucket=bucket)


def test_everything_is_there_after_a_kill(make_cloud):
    cloud = make_cloud().start()
    control = cloud.client("s3control")
    cloud.client("s3").create_bucket(Bucket="kept")
    made = control.create_access_point(AccountId=OWN, Name="kept", Bucket="kept", VpcConfiguration={"VpcId": "vpc-1a2b"})
    text = policy(f"{made['AccessPointArn']}/object/*", {"AWS": OTHER})
    control.put_access_point_policy(AccountId=OWN, Name="kept", Policy=text)
    control.put_public_access_block(AccountId=OWN, PublicAccessBlockConfiguration=CLOSED)
    before = control.get_access_point(AccountId=OWN, Name="kept")
    assert (before["NetworkOrigin"], before["VpcConfiguration"]) == ("VPC", {"VpcId": "vpc-1a2b"})
    cloud.kill()
    control = cloud.start().client("s3control")
    after = control.get_access_point(AccountId=OWN, Name="kept")
    drop = lambda answer: {key: value for key, value in answer.items() if key != "ResponseMetadata"}
    assert drop(after) == drop(before)
    assert control.get_access_point_policy(AccountId=OWN, Name="kept")["Policy"] == text
    assert control.get_public_access_block(AccountId=OWN)["PublicAccessBlockConfiguration"] == CLOSED


def test_all_else_is_refused_by_name(control):
    for call, how, name in [
        (control.list_jobs, {}, "ListJobs"),
        (control.list_multi_region_access_points, {}, "ListMultiRegionAccessPoints"),
        (control.list_access_points_for_object_lambda, {}, "ListAccessPointsForObjectLambda"),
        (control.list_storage_lens_groups, {}, "ListStorageLensGroups"),
        (control.get_access_point_scope, {"Name": "trips"}, "GetAccessPointScope"),
        (control.describe_job, {"JobId": "12345"}, "DescribeJob"),
    ]:
        error = refused("NotImplemented", call, AccountId=OWN, **how)
        assert error["Message"] == f"s3control:{name} is not implemented."


def test_errors_are_as_s3_control_writes_them(cloud):
    headers = {"x-amz-account-id": OWN}
    ask = urllib.request.Request(f"{cloud.url}/v20180820/accesspoint/none-such", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(ask)
    answer = refusal.value
    text = answer.read().decode()
    assert answer.status == 404 and answer.headers["x-amz-request-id"] and answer.headers["x-amz-id-2"]
    space = 'xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"'
    assert f"<ErrorResponse {space}><Error><Code>NoSuchAccessPoint</Code>" in text
    assert "<HostId>" in text and "<Type>" not in text
    # Without the header it is an object of S3.
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{cloud.url}/v20180820/accesspoint/none-such")
    assert "NoSuchBucket" in refusal.value.read().decode()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "s3-control.us-east-1.localhost"])
def test_the_cli_and_its_endpoints(aws, name):
    aws("s3api", "create-bucket", "--bucket", "cli")
    url = aws.cloud.url.replace("127.0.0.1", name)
    control = lambda *arguments, **more: aws("s3control", *arguments, "--account-id", OWN, "--endpoint-url", url, **more)
    made = control("create-access-point", "--name", "trips", "--bucket", "cli")
    assert made["AccessPointArn"] == f"arn:aws:s3:us-east-1:{OWN}:accesspoint/trips"
    assert control("get-access-point", "--name", "trips")["Alias"] == made["Alias"]
    assert [point["Name"] for point in control("list-access-points")["AccessPointList"]] == ["trips"]
    control("put-public-access-block", "--public-access-block-configuration", "BlockPublicAcls=true")
    assert control("get-public-access-block")["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    control("tag-resource", "--resource-arn", made["AccessPointArn"], "--tags", "Key=a,Value=b")
    assert control("list-tags-for-resource", "--resource-arn", made["AccessPointArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    control("delete-access-point", "--name", "trips")
    assert "NoSuchAccessPoint" in control("get-access-point", "--name", "trips", fails=True)
