"""Access control lists: of objects and buckets, what they say, and whom they let in where identities are enforced."""

import json
import urllib.error
import urllib.request

import pytest
from accounts import OTHER, Accounts
from botocore import UNSIGNED
from conftest import bucket_name
from objects import body_of, refused

EVERYBODY = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
KNOWN = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}


def own_lists(s3, name, ownership="ObjectWriter", **more):
    """A bucket in which lists count and may be public."""
    s3.create_bucket(Bucket=name, ObjectOwnership=ownership)
    s3.delete_public_access_block(Bucket=name)
    return name


def grants(answer):
    return [(grant["Grantee"].get("URI") or grant["Grantee"]["ID"], grant["Permission"]) for grant in answer["Grants"]]


@pytest.fixture
def listing(s3, request):
    return own_lists(s3, bucket_name(request, "l"))


def test_objects_have_lists(s3, listing):
    owner = s3.get_bucket_acl(Bucket=listing)["Owner"]["ID"]
    s3.put_object(Bucket=listing, Key="k", Body=b"x")
    assert grants(s3.get_object_acl(Bucket=listing, Key="k")) == [(owner, "FULL_CONTROL")]
    for canned, others in (
        ("public-read", [(EVERYBODY["URI"], "READ")]),
        ("public-read-write", [(EVERYBODY["URI"], "READ"), (EVERYBODY["URI"], "WRITE")]),
        ("authenticated-read", [(KNOWN["URI"], "READ")]),
        ("bucket-owner-read", []),
        ("bucket-owner-full-control", []),
        ("private", []),
    ):
        s3.put_object_acl(Bucket=listing, Key="k", ACL=canned)
        assert grants(s3.get_object_acl(Bucket=listing, Key="k")) == [(owner, "FULL_CONTROL"), *others]
        s3.put_object(Bucket=listing, Key=canned, ACL=canned)
        assert grants(s3.get_object_acl(Bucket=listing, Key=canned)) == [(owner, "FULL_CONTROL"), *others]
    whole = s3.get_object_acl(Bucket=listing, Key="public-read")
    whole = {"Owner": whole["Owner"], "Grants": whole["Grants"]}
    s3.put_object_acl(Bucket=listing, Key="k", AccessControlPolicy=whole)
    assert grants(s3.get_object_acl(Bucket=listing, Key="k"))[1:] == [(EVERYBODY["URI"], "READ")]
    s3.put_object_acl(Bucket=listing, Key="k", GrantReadACP=f'id="{"a" * 64}"', GrantWriteACP=f'uri="{KNOWN["URI"]}"')
    assert grants(s3.get_object_acl(Bucket=listing, Key="k")) == [("a" * 64, "READ_ACP"), (KNOWN["URI"], "WRITE_ACP")]
    refused("AccessDenied", s3.put_object_acl, Bucket=listing, Key="k", AccessControlPolicy={**whole, "Owner": {"ID": "b" * 64}})
    refused("InvalidRequest", s3.put_object, Bucket=listing, Key="k", ACL="private", GrantRead=f'id="{"a" * 64}"')
    refused("InvalidArgument", s3.put_object, Bucket=listing, Key="k", GrantRead='id="x"')
    refused("MissingSecurityHeader", s3.put_object_acl, Bucket=listing, Key="k")
    refused("NoSuchKey", s3.get_object_acl, Bucket=listing, Key="none")
    refused("NoSuchKey", s3.put_object_acl, Bucket=listing, Key="none", ACL="private")


def test_lists_stay_with_their_versions(s3, listing):
    s3.put_bucket_versioning(Bucket=listing, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=listing, Key="k", ACL="public-read")["VersionId"]
    second = s3.put_object(Bucket=listing, Key="k")["VersionId"]
    shown = lambda **version: len(s3.get_object_acl(Bucket=listing, Key="k", **version)["Grants"])
    assert (shown(VersionId=first), shown(VersionId=second), shown()) == (2, 1, 1)
    s3.put_object_acl(Bucket=listing, Key="k", VersionId=second, ACL="public-read-write")
    s3.put_object_tagging(Bucket=listing, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert (shown(VersionId=first), shown()) == (2, 3)
    s3.delete_object(Bucket=listing, Key="k")
    refused("NoSuchKey", s3.get_object_acl, Bucket=listing, Key="k")
    assert shown(VersionId=first) == 2
    s3.delete_object(Bucket=listing, Key="k", VersionId=second)
    refused("NoSuchVersion", s3.get_object_acl, Bucket=listing, Key="k", VersionId=second)


def test_copies_and_uploads_get_their_own_lists(s3, listing):
    s3.put_object(Bucket=listing, Key="k", ACL="public-read", Body=b"x")
    s3.copy_object(Bucket=listing, Key="private", CopySource=f"{listing}/k")
    s3.copy_object(Bucket=listing, Key="public", CopySource=f"{listing}/k", ACL="public-read")
    upload = {"Bucket": listing, "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload, ACL="public-read")["UploadId"]
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    counts = [len(s3.get_object_acl(Bucket=listing, Key=key)["Grants"]) for key in ("private", "public", "parts")]
    assert counts == [1, 2, 2]


def test_lists_do_not_count_where_ownership_is_enforced(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    owner = s3.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
    s3.put_object(Bucket=bucket, Key="k", GrantFullControl=f'id="{owner}"')
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="bucket-owner-full-control")
    whole = s3.get_object_acl(Bucket=bucket, Key="k")
    s3.put_object_acl(Bucket=bucket, Key="k", AccessControlPolicy={"Owner": whole["Owner"], "Grants": whole["Grants"]})
    for canned in ("private", "public-read", "authenticated-read"):
        for call in (s3.put_object, s3.put_object_acl, s3.create_multipart_upload):
            error = refused("AccessControlListNotSupported", call, Bucket=bucket, Key="k", ACL=canned)
            assert error["Message"] == "The bucket does not allow ACLs"
    refused("AccessControlListNotSupported", s3.put_bucket_acl, Bucket=bucket, ACL="private")


def test_public_lists_may_be_blocked(s3, listing):
    s3.put_public_access_block(Bucket=listing, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_object(Bucket=listing, Key="k")
    for call in (s3.put_object, s3.put_object_acl, s3.create_multipart_upload):
        refused("AccessDenied", call, Bucket=listing, Key="k", ACL="public-read")
        refused("AccessDenied", call, Bucket=listing, Key="k", GrantRead=f'uri="{KNOWN["URI"]}"')


def test_others_own_what_they_write(cloud, s3, listing):
    # In this mode a key is an account, and everybody may do everything.
    other = cloud.client("s3", key=OTHER)
    other.put_object(Bucket=listing, Key="theirs")
    s3.put_object(Bucket=listing, Key="ours")
    ours, theirs = (client.list_buckets()["Owner"]["ID"] for client in (s3, other))
    assert s3.get_object_acl(Bucket=listing, Key="theirs")["Owner"]["ID"] == theirs
    owners = lambda: [found["Owner"]["ID"] for found in s3.list_objects(Bucket=listing)["Contents"]]
    assert owners() == [ours, theirs]
    fetched = s3.list_objects_v2(Bucket=listing, FetchOwner=True)["Contents"]
    assert [found["Owner"]["ID"] for found in fetched] == [ours, theirs]
    versions = s3.list_object_versions(Bucket=listing)["Versions"]
    assert [found["Owner"]["ID"] for found in versions] == [ours, theirs]
    preferred = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=listing, OwnershipControls=preferred)
    other.put_object(Bucket=listing, Key="given", ACL="bucket-owner-full-control")
    other.put_object(Bucket=listing, Key="kept")
    owner = lambda key: s3.get_object_acl(Bucket=listing, Key=key)["Owner"]["ID"]
    assert (owner("given"), owner("kept")) == (ours, theirs)
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=listing, OwnershipControls=enforced)
    assert set(owners()) == {ours} and owner("theirs") == ours


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    from conftest import Cloud

    clouds = []

    def make(*flags):
        clouds.append(Cloud(tmp_path_factory.mktemp("acl"), *flags))
        return clouds[-1]

    made = Accounts(make, "s3")
    made.anonymous = made.cloud.client("s3", signature_version=UNSIGNED)
    yield made
    clouds[-1].kill()


@pytest.fixture
def shared(accounts, request):
    return own_lists(accounts.root, bucket_name(request, "s"))



def test_lists_of_objects_let_in(accounts, shared):
    root, nobody = accounts.root, accounts.anonymous
    root.put_object(Bucket=shared, Key="k", Body=b"x")
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="k")
    refused("AccessDenied", accounts.other.get_object, Bucket=shared, Key="k")
    root.put_object_acl(Bucket=shared, Key="k", ACL="authenticated-read")
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="k")
    assert body_of(accounts.other.get_object(Bucket=shared, Key="k")) == b"x"
    root.put_object_acl(Bucket=shared, Key="k", ACL="public-read")
    assert body_of(nobody.get_object(Bucket=shared, Key="k")) == b"x"
    assert nobody.head_object(Bucket=shared, Key="k")["ContentLength"] == 1
    assert body_of(accounts.own.get_object(Bucket=shared, Key="k")) == b"x"
    assert body_of(accounts.other.get_object(Bucket=shared, Key="k")) == b"x"
    refused("AccessDenied", nobody.get_object_acl, Bucket=shared, Key="k")
    refused("AccessDenied", nobody.put_object_acl, Bucket=shared, Key="k", ACL="private")
    refused("AccessDenied", nobody.delete_object, Bucket=shared, Key="k")
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="none")
    root.put_object_acl(Bucket=shared, Key="k", GrantReadACP=f'uri="{EVERYBODY["URI"]}"')
    assert nobody.get_object_acl(Bucket=shared, Key="k")["Grants"]
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="k")
    root.put_object_acl(Bucket=shared, Key="k", ACL="public-read")
    block = lambda **closed: root.put_public_access_block(Bucket=shared, PublicAccessBlockConfiguration=closed)
    block(IgnorePublicAcls=True)
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="k")
    block(IgnorePublicAcls=False)
    nobody.get_object(Bucket=shared, Key="k")
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{shared}/*"}
    root.put_bucket_policy(Bucket=shared, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="k")


def test_lists_of_versions_let_in(accounts, shared):
    root, nobody = accounts.root, accounts.anonymous
    root.put_bucket_versioning(Bucket=shared, VersioningConfiguration={"Status": "Enabled"})
    public = root.put_object(Bucket=shared, Key="k", Body=b"1", ACL="public-read")["VersionId"]
    private = root.put_object(Bucket=shared, Key="k", Body=b"2")["VersionId"]
    assert body_of(nobody.get_object(Bucket=shared, Key="k", VersionId=public)) == b"1"
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="k", VersionId=private)
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="k")


def test_lists_of_buckets_let_in(accounts, shared):
    root, nobody = accounts.root, accounts.anonymous
    root.put_object(Bucket=shared, Key="ours", Body=b"x")
    refused("AccessDenied", nobody.list_objects_v2, Bucket=shared)
    root.put_bucket_acl(Bucket=shared, ACL="public-read")
    assert nobody.list_objects_v2(Bucket=shared)["KeyCount"] == 1
    nobody.head_bucket(Bucket=shared)
    refused("NoSuchKey", nobody.get_object, Bucket=shared, Key="none")
    refused("AccessDenied", nobody.get_object, Bucket=shared, Key="ours")
    refused("AccessDenied", nobody.put_object, Bucket=shared, Key="theirs", Body=b"y")
    refused("AccessDenied", nobody.get_bucket_acl, Bucket=shared)
    root.put_bucket_acl(Bucket=shared, ACL="public-read-write")
    nobody.put_object(Bucket=shared, Key="theirs", Body=b"y")
    # What nobody wrote is nobody's: not even the bucket's owner may read it, but for what is given.
    refused("AccessDenied", root.get_object, Bucket=shared, Key="theirs")
    assert body_of(nobody.get_object(Bucket=shared, Key="theirs")) == b"y"
    nobody.put_object(Bucket=shared, Key="theirs", Body=b"z", ACL="bucket-owner-full-control")
    assert body_of(root.get_object(Bucket=shared, Key="theirs")) == b"z"
    # Others' are not theirs to overwrite or delete.
    refused("AccessDenied", nobody.put_object, Bucket=shared, Key="ours", Body=b"y")
    refused("AccessDenied", nobody.delete_object, Bucket=shared, Key="ours")
    nobody.delete_object(Bucket=shared, Key="theirs")
    root.put_bucket_acl(Bucket=shared, GrantWriteACP=f'uri="{EVERYBODY["URI"]}"')
    nobody.put_bucket_acl(Bucket=shared, ACL="public-read")


def test_conditions_know_lists_tags_and_versions(accounts, shared):
    root, user = accounts.root, accounts.other
    root.put_bucket_versioning(Bucket=shared, VersioningConfiguration={"Status": "Enabled"})

    def policy(*actions, **condition):
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:user/ada"},
            "Action": [f"s3:{action}" for action in actions],
            "Resource": f"arn:aws:s3:::{shared}/*",
            "Condition": {"StringEquals": condition},
        }
        root.put_bucket_policy(Bucket=shared, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    put = lambda **more: user.put_object(Bucket=shared, Key="k", **more)
    policy("PutObject", "PutObjectAcl", **{"s3:x-amz-acl": "bucket-owner-full-control"})
    put(ACL="bucket-owner-full-control")
    refused("AccessDenied", put)
    refused("AccessDenied", put, ACL="public-read")
    policy("PutObject", **{"s3:RequestObjectTag/Team": "blue"})
    put(Tagging="Team=blue")
    refused("AccessDenied", put, Tagging="Team=red")
    policy("PutObject", **{"s3:x-amz-server-side-encryption": "AES256"})
    put(ServerSideEncryption="AES256")
    refused("AccessDenied", put)
    policy("GetObject", **{"s3:ExistingObjectTag/team": "blue"})
    root.put_object(Bucket=shared, Key="k", Tagging="team=blue")
    user.get_object(Bucket=shared, Key="k")
    root.put_object_tagging(Bucket=shared, Key="k", Tagging={"TagSet": []})
    refused("AccessDenied", user.get_object, Bucket=shared, Key="k")
    version = root.put_object(Bucket=shared, Key="k")["VersionId"]
    other = root.put_object(Bucket=shared, Key="k")["VersionId"]
    policy("GetObjectVersion", **{"s3:VersionId": version})
    user.get_object(Bucket=shared, Key="k", VersionId=version)
    refused("AccessDenied", user.get_object, Bucket=shared, Key="k", VersionId=other)


def test_a_website_shows_what_is_public(accounts, shared):
    root = accounts.root
    root.put_bucket_website(Bucket=shared, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    root.put_object(Bucket=shared, Key="index.html", Body=b"hello")
    url = f"{accounts.cloud.url}/_aws/s3-website/{shared}/"
    with pytest.raises(urllib.error.HTTPError) as denied:
        urllib.request.urlopen(url)
    assert denied.value.code == 403
    root.put_object_acl(Bucket=shared, Key="index.html", ACL="public-read")
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"
