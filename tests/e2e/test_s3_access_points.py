"""Buckets through their access points: by ARN and by alias, everything that can be done there, and who may."""

import json
import urllib.error
import urllib.request

import pytest
from accounts import OTHER, OWN, Accounts, denial
from botocore import UNSIGNED
from conftest import Cloud, bucket_name
from objects import body_of, listen, queue_for, refused
from test_s3_control import CLOSED, OPEN, policy

BOTH = ["arn", "alias"]


class Point:
    """An access point of a new bucket, and what names it in a bucket's place."""

    def __init__(self, control, s3, name, **how):
        self.name, self.bucket = f"{name}-p", name
        s3.create_bucket(Bucket=name)
        made = control.create_access_point(AccountId=OWN, Name=self.name, Bucket=name, **how)
        self.arn, self.alias = made["AccessPointArn"], made["Alias"]


@pytest.fixture
def point(cloud, s3, request):
    return Point(cloud.client("s3control"), s3, bucket_name(request))


@pytest.fixture(params=BOTH)
def through(request, point):
    return getattr(point, request.param)


def test_objects_come_and_go(s3, point, through):
    s3.put_object(Bucket=through, Key="a/grün 1", Body=b"one", Tagging="k=v")
    assert body_of(s3.get_object(Bucket=point.bucket, Key="a/grün 1")) == b"one"
    assert body_of(s3.get_object(Bucket=through, Key="a/grün 1", Range="bytes=1-")) == b"ne"
    assert s3.head_object(Bucket=through, Key="a/grün 1")["ContentLength"] == 3
    assert s3.get_object_tagging(Bucket=through, Key="a/grün 1")["TagSet"] == [{"Key": "k", "Value": "v"}]
    s3.put_object_tagging(Bucket=through, Key="a/grün 1", Tagging={"TagSet": []})
    attributes = s3.get_object_attributes(Bucket=through, Key="a/grün 1", ObjectAttributes=["ObjectSize"])
    assert attributes["ObjectSize"] == 3
    assert s3.get_object_acl(Bucket=through, Key="a/grün 1")["Grants"][0]["Permission"] == "FULL_CONTROL"
    s3.put_object(Bucket=through, Key="b", Body=b"")
    listed = s3.list_objects_v2(Bucket=through)
    assert ([one["Key"] for one in listed["Contents"]], listed["Name"]) == (["a/grün 1", "b"], point.bucket)
    assert s3.list_objects(Bucket=through, Delimiter="/")["CommonPrefixes"] == [{"Prefix": "a/"}]
    assert len(s3.list_object_versions(Bucket=through)["Versions"]) == 2
    gone = s3.delete_objects(Bucket=through, Delete={"Objects": [{"Key": "a/grün 1"}, {"Key": "none"}]})
    assert len(gone["Deleted"]) == 2
    s3.delete_object(Bucket=through, Key="b")
    refused("NoSuchKey", s3.get_object, Bucket=through, Key="b")
    assert "Contents" not in s3.list_objects_v2(Bucket=point.bucket)


def test_what_is_asked_of_the_bucket(s3, point, through):
    head = s3.head_bucket(Bucket=through)
    assert head["BucketRegion"] == "us-east-1" and head["AccessPointAlias"] == (through == point.alias)
    assert s3.head_bucket(Bucket=point.bucket)["AccessPointAlias"] is False
    refused("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=through)
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=through)
    assert s3.get_bucket_acl(Bucket=through)["Owner"]["ID"]
    for call, how in [
        (s3.get_bucket_versioning, {}), (s3.delete_bucket, {}), (s3.get_bucket_tagging, {}),
        (s3.put_bucket_policy, {"Policy": policy(f"arn:aws:s3:::{point.bucket}/*")}),
    ]:
        refused("MethodNotAllowed", call, Bucket=through, **how)
    s3.head_bucket(Bucket=point.bucket)


def test_uploads_in_parts_and_copies(s3, point, through):
    upload = s3.create_multipart_upload(Bucket=through, Key="big")
    assert upload["Bucket"] == point.bucket
    named = {"Bucket": through, "Key": "big", "UploadId": upload["UploadId"]}
    assert [one["Key"] for one in s3.list_multipart_uploads(Bucket=through)["Uploads"]] == ["big"]
    s3.put_object(Bucket=point.bucket, Key="dir/source", Body=b"copied")
    parts = [s3.upload_part(**named, PartNumber=1, Body=b"x" * 5 * 1024 * 1024)["ETag"]]
    source = {"Bucket": through, "Key": "dir/source"}
    copied = s3.upload_part_copy(**named, PartNumber=2, CopySource=source, CopySourceRange="bytes=0-2")
    parts.append(copied["CopyPartResult"]["ETag"])
    assert len(s3.list_parts(**named)["Parts"]) == 2
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(parts, 1)]
    done = s3.complete_multipart_upload(**named, MultipartUpload={"Parts": parts})
    assert done["Bucket"] == point.bucket
    assert body_of(s3.get_object(Bucket=through, Key="big"))[-3:] == b"cop"
    for origin in (point.arn, point.alias, point.bucket):
        s3.copy_object(Bucket=through, Key=f"copy of {origin[:5]}", CopySource={"Bucket": origin, "Key": "dir/source"})
    s3.copy_object(Bucket=point.bucket, Key="out", CopySource=source)
    assert body_of(s3.get_object(Bucket=through, Key="out")) == b"copied"
    refused("InvalidRequest", s3.copy_object, Bucket=through, Key="out", CopySource={"Bucket": point.bucket, "Key": "out"})
    refused("InvalidRequest", s3.copy_object, Bucket=point.bucket, Key="out", CopySource={"Bucket": through, "Key": "out"})
    aborted = s3.create_multipart_upload(Bucket=through, Key="big")["UploadId"]
    s3.abort_multipart_upload(Bucket=through, Key="big", UploadId=aborted)


def test_links_lead_through(s3, point, through):
    s3.put_object(Bucket=through, Key="k", Body=b"linked")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": through, "Key": "k"})
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == b"linked"


def test_hosts_name_access_points(cloud, s3, point):
    s3.put_object(Bucket=point.bucket, Key="k", Body=b"hosted")

    def status(host, path="/k"):
        try:
            with urllib.request.urlopen(urllib.request.Request(cloud.url + path, headers={"Host": host})) as answer:
                assert answer.read() == b"hosted"
                return 200
        except urllib.error.HTTPError as error:
            return error.code

    name = f"{point.name}-{OWN}"
    for host in (f"{name}.s3-accesspoint.us-east-1.amazonaws.com", f"{name}.s3-accesspoint.dualstack.us-east-1.localhost",
                 f"{name}.s3-accesspoint-fips.us-east-1.localhost:4566", f"{name}.localhost:4566", f"{point.alias}.localhost",
                 f"{point.alias}.s3.us-east-1.amazonaws.com"):
        assert status(host) == 200, host
    for host in (f"{name}.s3-accesspoint.eu-west-1.amazonaws.com", f"{point.name}-{OTHER}.s3-accesspoint.us-east-1.amazonaws.com",
                 f"{point.alias}x.localhost", f"x{name}.localhost"):
        assert status(host) == 404, host
    assert status("localhost", f"/{point.alias}/k") == 200


def test_a_bucket_may_be_called_like_a_host(cloud, s3, point):
    """Names that end with an account are common, and are nobody's access points."""
    name = f"{point.bucket}-{OWN}"
    refused("NoSuchBucket", s3.list_objects_v2, Bucket=name)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k")
    cloud.client("s3control").create_access_point(AccountId=OWN, Name=point.bucket, Bucket=point.bucket)
    assert len(s3.list_objects_v2(Bucket=name)["Contents"]) == 1
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": []})


def test_what_is_not_there(cloud, s3, point):
    refused("NoSuchBucket", s3.list_objects_v2, Bucket=point.alias.replace("-s3alias", "x-s3alias"))
    refused("InvalidBucketName", s3.create_bucket, Bucket=f"{point.name}-x-s3alias")
    source = {"Bucket": point.arn + "x", "Key": "k"}
    error = refused("NoSuchAccessPoint", s3.copy_object, Bucket=point.bucket, Key="k", CopySource=source)
    assert error["AccessPointName"] == point.name + "x"
    cloud.client("s3control").delete_access_point(AccountId=OWN, Name=point.name)
    refused("NoSuchBucket", s3.list_objects_v2, Bucket=point.alias)
    s3.list_objects_v2(Bucket=point.bucket)


def test_another_region(cloud, request):
    west = cloud.client("s3", region="eu-west-1")
    name = bucket_name(request)
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    made = cloud.client("s3control", region="eu-west-1").create_access_point(AccountId=OWN, Name=name, Bucket=name)
    s3 = cloud.client("s3")
    # The client signs for the region of the ARN.
    s3.put_object(Bucket=made["AccessPointArn"], Key="k", Body=b"far")
    assert body_of(west.get_object(Bucket=made["Alias"], Key="k")) == b"far"


def test_a_virtual_network_is_not_here(cloud, s3, request):
    point = Point(cloud.client("s3control"), s3, bucket_name(request), VpcConfiguration={"VpcId": "vpc-1"})
    for bucket in (point.arn, point.alias):
        refused("AccessDenied", s3.list_objects_v2, Bucket=bucket)
        refused("AccessDenied", s3.put_object, Bucket=bucket, Key="k")
        refused("AccessDenied", s3.copy_object, Bucket=point.bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k"})


def test_events_name_the_bucket(cloud, s3, point):
    sqs, queue = queue_for(cloud, s3, point.bucket, point.name, ["s3:ObjectCreated:*"])
    s3.put_object(Bucket=point.arn, Key="k")
    heard = []
    listen(sqs, queue, heard, 1)
    assert heard[-1]["s3"]["bucket"]["name"] == point.bucket


def test_cross_origin_rules_are_the_buckets(cloud, s3, point):
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example"]}
    s3.put_bucket_cors(Bucket=point.bucket, CORSConfiguration={"CORSRules": [rule]})
    for host in (f"{point.alias}.localhost", f"{point.name}-{OWN}.s3-accesspoint.us-east-1.localhost"):
        headers = {"Host": host, "Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
        ask = urllib.request.Request(f"{cloud.url}/k", headers=headers, method="OPTIONS")
        with urllib.request.urlopen(ask) as answer:
            assert answer.headers["Access-Control-Allow-Origin"] == "https://a.example"


def test_the_cli(aws):
    aws("s3api", "create-bucket", "--bucket", "cli")
    made = aws("s3control", "create-access-point", "--account-id", OWN, "--name", "trips", "--bucket", "cli")
    (aws.folder / "file").write_text("by the command line")
    for number, name in enumerate((made["AccessPointArn"], made["Alias"])):
        aws("s3", "cp", str(aws.folder / "file"), f"s3://{name}/dir/{number}", text=True)
        assert f"dir/{number}" in aws("s3", "ls", "--recursive", f"s3://{name}", text=True)
        aws("s3", "cp", f"s3://{name}/dir/{number}", str(aws.folder / "copy"), text=True)
        assert (aws.folder / "copy").read_text() == "by the command line"
        aws("s3", "sync", f"s3://{name}/dir", str(aws.folder / "all"), text=True)
    assert len(aws("s3api", "list-objects-v2", "--bucket", made["Alias"])["Contents"]) == 2
    aws("s3", "rm", "--recursive", f"s3://{made['Alias']}/dir", text=True)
    assert aws("s3api", "list-objects-v2", "--bucket", "cli").get("Contents") is None


class Shared:
    """An access point that others may use, if its policy and that of its bucket let them."""

    def __init__(self, make_cloud):
        self.accounts = accounts = Accounts(make_cloud, "s3")
        self.control = accounts.client("s3control", OWN)
        self.point = Point(self.control, accounts.own, "shared", PublicAccessBlockConfiguration=OPEN)
        self.own, self.other = accounts.own, accounts.other
        self.own.delete_public_access_block(Bucket="shared")
        self.own.put_object(Bucket="shared", Key="k", Body=b"shared")

    def of_point(self, *arguments, **more):
        self.control.put_access_point_policy(AccountId=OWN, Name=self.point.name, Policy=policy(*arguments, **more))

    def of_bucket(self, principal="*", action="s3:*", **more):
        both = ["arn:aws:s3:::shared", "arn:aws:s3:::shared/*"]
        self.own.put_bucket_policy(Bucket="shared", Policy=policy(both, principal, action, **more))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    clouds = []

    def make(*flags, **more):
        clouds.append(Cloud(tmp_path_factory.mktemp("shared"), *flags, **more))
        return clouds[-1]

    yield Shared(make)
    clouds[-1].kill()


def test_both_policies_must_let_others_in(shared):
    arn, alias = shared.point.arn, shared.point.alias
    objects, resource = f"{arn}/object/*", f"{arn}/object/k"
    silent = "because no resource-based policy allows the s3:GetObject action"
    shared.control.delete_access_point_policy(AccountId=OWN, Name=shared.point.name)
    shared.own.delete_bucket_policy(Bucket="shared")
    get = lambda bucket: body_of(shared.other.get_object(Bucket=bucket, Key="k"))
    error = refused("AccessDenied", get, arn)
    assert error["Message"] == denial(OTHER, "s3:GetObject", resource, silent)
    shared.of_point(objects, {"AWS": OTHER})
    error = refused("AccessDenied", get, arn)
    assert error["Message"] == denial(OTHER, "s3:GetObject", "arn:aws:s3:::shared/k", silent)
    # The bucket leaves it to access points of its account.
    shared.of_bucket(Condition={"StringEquals": {"s3:DataAccessPointAccount": OWN}})
    assert (get(arn), get(alias)) == (b"shared", b"shared")
    refused("AccessDenied", get, "shared")
    shared.control.delete_access_point_policy(AccountId=OWN, Name=shared.point.name)
    refused("AccessDenied", get, alias)


def test_policies_tell_access_points_apart(shared):
    arn = shared.point.arn
    shared.of_point([arn, f"{arn}/object/*"], {"AWS": OTHER}, ["s3:GetObject", "s3:ListBucket"])
    get = lambda: body_of(shared.other.get_object(Bucket=arn, Key="k"))
    for condition, is_let_in in [
        ({"StringEquals": {"s3:DataAccessPointArn": arn}}, True),
        ({"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:us-east-1:{OWN}:accesspoint/*"}}, True),
        ({"StringEquals": {"s3:DataAccessPointArn": arn + "x"}}, False),
        ({"StringEquals": {"s3:DataAccessPointAccount": OTHER}}, False),
        ({"StringEquals": {"s3:AccessPointNetworkOrigin": "Internet"}}, True),
        ({"StringEquals": {"s3:AccessPointNetworkOrigin": "VPC"}}, False),
    ]:
        shared.of_bucket({"AWS": OTHER}, Condition=condition)
        if is_let_in:
            assert get() == b"shared", condition
            assert len(shared.other.list_objects_v2(Bucket=arn)["Contents"]) >= 1
        else:
            refused("AccessDenied", get)
            refused("AccessDenied", shared.other.list_objects_v2, Bucket=arn)


def test_policies_deny_the_owner(shared):
    arn = shared.point.arn
    shared.own.delete_bucket_policy(Bucket="shared")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{arn}/object/k/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    shared.control.put_access_point_policy(AccountId=OWN, Name=shared.point.name, Policy=text)
    error = refused("AccessDenied", shared.own.put_object, Bucket=arn, Key="k/1")
    assert error["Message"] == denial(
        OWN, "s3:PutObject", f"{arn}/object/k/1", "with an explicit deny in a resource-based policy"
    )
    shared.own.put_object(Bucket=arn, Key="k2")
    shared.own.put_object(Bucket="shared", Key="k/1")
    # What the bucket denies, no access point gives.
    other = [{**statement, "Resource": "arn:aws:s3:::shared/k2", "Action": "s3:GetObject"}]
    shared.own.put_bucket_policy(Bucket="shared", Policy=json.dumps({"Version": "2012-10-17", "Statement": other}))
    refused("AccessDenied", shared.own.get_object, Bucket=arn, Key="k2")
    # Only copies that go through it are its concern.
    shared.own.copy_object(Bucket="shared", Key="k/2", CopySource={"Bucket": arn, "Key": "k"})
    refused("AccessDenied", shared.own.copy_object, Bucket=arn, Key="k/2", CopySource={"Bucket": "shared", "Key": "k"})


def test_the_unknown_do_not_come_through(shared):
    arn = shared.point.arn
    shared.of_point(f"{arn}/object/*")
    shared.of_bucket()
    unknown = shared.accounts.cloud.client("s3", signature_version=UNSIGNED)
    assert body_of(unknown.get_object(Bucket="shared", Key="k")) == b"shared"
    assert body_of(shared.other.get_object(Bucket=arn, Key="k")) == b"shared"
    refused("AccessDenied", unknown.get_object, Bucket=arn, Key="k")
    refused("AccessDenied", unknown.get_object, Bucket=shared.point.alias, Key="k")


def test_doors_decide_together(shared):
    arn, account = shared.point.arn, {"AccountId": OWN}
    shared.of_point(f"{arn}/object/*")
    shared.of_bucket()
    get = lambda bucket: body_of(shared.other.get_object(Bucket=bucket, Key="k"))
    assert (get(arn), get("shared")) == (b"shared", b"shared")
    shared.control.put_public_access_block(**account, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    refused("AccessDenied", get, arn)
    refused("AccessDenied", get, "shared")
    assert body_of(shared.own.get_object(Bucket=arn, Key="k")) == b"shared"
    shared.control.put_public_access_block(**account, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    assert (get(arn), get("shared")) == (b"shared", b"shared")
    refused("AccessDenied", shared.of_point, f"{arn}/object/*")
    refused("AccessDenied", shared.of_bucket)
    shared.control.delete_public_access_block(**account)
    shared.of_point(f"{arn}/object/*")


def test_lists_do_not_open_closed_access_points(shared):
    s3 = shared.own
    s3.create_bucket(Bucket="lists", ObjectOwnership="ObjectWriter")
    s3.delete_public_access_block(Bucket="lists")
    made = shared.control.create_access_point(AccountId=OWN, Name="lists", Bucket="lists", PublicAccessBlockConfiguration=CLOSED)
    s3.put_object(Bucket="lists", Key="k", ACL="public-read")
    refused("AccessDenied", s3.put_object, Bucket=made["Alias"], Key="k", ACL="public-read")
    refused("AccessDenied", s3.put_object_acl, Bucket=made["AccessPointArn"], Key="k", ACL="public-read")


def test_access_points_for_buckets_of_others(shared):
    control = shared.accounts.client("s3control", OTHER)
    made = control.create_access_point(AccountId=OTHER, Name="theirs", Bucket="shared", BucketAccountId=OWN)
    get = lambda: body_of(shared.other.get_object(Bucket=made["Alias"], Key="k"))
    shared.own.delete_bucket_policy(Bucket="shared")
    refused("AccessDenied", get)
    shared.of_bucket({"AWS": OTHER}, Condition={"StringEquals": {"s3:DataAccessPointAccount": OTHER}})
    assert get() == b"shared"
    refused("AccessDenied", shared.other.get_object, Bucket="shared", Key="k")
    # Nobody of another account controls it.
    refused("AccessDenied", shared.control.get_access_point, AccountId=OTHER, Name="theirs")
