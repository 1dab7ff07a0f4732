"""Links to objects, as they are given to those who have no keys; and what those may do who have no link either."""

import base64
import datetime
import email.utils
import hmac
import json
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

import boto3
import botocore.auth
import pytest
from accounts import Accounts
from botocore import UNSIGNED
from botocore.config import Config
from conftest import Cloud
from web import visit

VERSIONS = ["s3", "s3v4"]


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory):
    cloud = Cloud(tmp_path_factory.mktemp("presigned"), "--auth", "enforce").start()
    root = cloud.client("s3", *cloud.root_key())
    root.create_bucket(Bucket="trips")
    root.put_object(Bucket="trips", Key="a b/ü+.txt", Body=b"content", ContentType="text/plain")
    yield cloud
    cloud.kill()


@pytest.fixture
def root(enforcing):
    return enforcing.client("s3", *enforcing.root_key())


def signer(cloud, version, **config):
    return cloud.client("s3", *cloud.root_key(), signature_version=version, **config)


def follow(cloud, url, method="GET", body=None, **headers):
    parts = urllib.parse.urlsplit(url)
    return visit(cloud, f"{parts.path}?{parts.query}", parts.netloc, method, body, **headers)


def error(reply):
    return {element.tag: element.text for element in ET.fromstring(reply.body)}


def refused(reply, code, status=403):
    told = error(reply)
    assert (reply.status, told["Code"]) == (status, code), reply.text
    return told


@pytest.mark.parametrize("version", VERSIONS)
def test_links_to_read(enforcing, version):
    s3 = signer(enforcing, version)
    where = {"Bucket": "trips", "Key": "a b/ü+.txt"}
    link = s3.generate_presigned_url("get_object", Params=where)
    assert ("X-Amz-Signature" in link) == (version == "s3v4")
    assert follow(enforcing, link).body == b"content"
    assert follow(enforcing, link, range="bytes=0-2").body == b"con"
    told = {"ResponseContentType": "image/x", "ResponseContentDisposition": 'attachment; filename="a b"'}
    link = s3.generate_presigned_url("get_object", Params={**where, **told})
    headers = follow(enforcing, link).headers
    assert (headers["content-type"], headers["content-disposition"]) == ("image/x", 'attachment; filename="a b"')
    assert follow(enforcing, s3.generate_presigned_url("head_object", Params=where), "HEAD").headers["content-length"] == "7"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_link_is_good_for_what_it_says_alone(enforcing, version):
    s3 = signer(enforcing, version)
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "trips", "Key": "a b/ü+.txt"})
    refused(follow(enforcing, link, "DELETE"), "SignatureDoesNotMatch")
    refused(follow(enforcing, link, "PUT", b"x"), "SignatureDoesNotMatch")
    refused(follow(enforcing, link.replace("a%20b", "a%20c")), "SignatureDoesNotMatch")
    refused(follow(enforcing, link + "&versionId=null"), "SignatureDoesNotMatch")
    unknown = enforcing.client("s3", "AKIAIOSFODNN7EXAMPLE", "x", signature_version=version)
    link = unknown.generate_presigned_url("get_object", Params={"Bucket": "trips", "Key": "k"})
    refused(follow(enforcing, link), "InvalidAccessKeyId")


@pytest.mark.parametrize("version", VERSIONS)
def test_links_to_write(enforcing, root, version):
    s3 = signer(enforcing, version)
    key = f"written-{version}"
    where = {"Bucket": "trips", "Key": key}
    link = s3.generate_presigned_url("put_object", Params={**where, "ContentType": "text/x", "Metadata": {"a": "b"}})
    # Type and metadata are signed. Those of the old version stand in the link itself.
    headers = {"content_type": "text/x", "x_amz_meta_a": "b"}
    refused(follow(enforcing, link, "PUT", b"new", **{**headers, "content_type": "text/html"}), "SignatureDoesNotMatch")
    assert follow(enforcing, link, "PUT", b"new", **headers).status == 200
    got = root.get_object(**where)
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"new", "text/x", {"a": "b"})
    large = b"x" * 3_000_000
    assert follow(enforcing, s3.generate_presigned_url("put_object", Params=where), "PUT", large).status == 200
    assert root.head_object(**where)["ContentLength"] == len(large)
    assert follow(enforcing, s3.generate_presigned_url("delete_object", Params=where), "DELETE").status == 204
    assert visit(enforcing, f"/trips/{key}").status == 403


@pytest.mark.parametrize("version", VERSIONS)
def test_virtual_hosts(enforcing, version):
    port = urllib.parse.urlsplit(enforcing.url).port
    key, secret = enforcing.root_key()
    config = Config(signature_version=version, s3={"addressing_style": "virtual"})
    s3 = boto3.client(
        "s3", endpoint_url=f"http://s3.localhost:{port}", region_name="us-east-1", aws_access_key_id=key,
        aws_secret_access_key=secret, config=config,
    )
    link = s3.generate_presigned_url("get_object", Params={"Bucket": "trips", "Key": "a b/ü+.txt"})
    assert link.startswith(f"http://trips.s3.localhost:{port}/")
    assert follow(enforcing, link).body == b"content"


def in_the_past(monkeypatch, seconds):
    """Signs as if it were earlier."""
    earlier = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: earlier.replace(tzinfo=None) if remove_tzinfo else earlier)
    monkeypatch.setattr(botocore.auth.time, "time", earlier.timestamp)


@pytest.mark.parametrize("version", VERSIONS)
def test_links_expire(enforcing, cloud, monkeypatch, version):
    where = {"Bucket": "trips", "Key": "a b/ü+.txt"}
    old_and_good = {}
    with monkeypatch.context() as patch:
        in_the_past(patch, 1000)
        for seconds in [60, 2000]:
            old_and_good[seconds] = signer(enforcing, version).generate_presigned_url("get_object", Params=where, ExpiresIn=seconds)
        anybodys = cloud.client("s3", signature_version=version).generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    told = refused(follow(enforcing, old_and_good[60]), "AccessDenied")
    assert told["Message"] == "Request has expired"
    assert told["Expires"] < told["ServerTime"] and told["ServerTime"].endswith("Z")
    assert told.get("X-Amz-Expires") == ("60" if version == "s3v4" else None)
    assert follow(enforcing, old_and_good[2000]).body == b"content"
    # What anybody may do, nobody may do with a link that is over.
    assert refused(follow(cloud, anybodys), "AccessDenied")["Message"] == "Request has expired"


def test_malformed_links(enforcing):
    s3 = signer(enforcing, "s3v4")
    where = {"Bucket": "trips", "Key": "k"}
    link = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=604801)
    told = refused(follow(enforcing, link), "AuthorizationQueryParametersError", 400)
    assert "must be less than a week" in told["Message"]
    link = s3.generate_presigned_url("get_object", Params=where)
    without = link.replace("X-Amz-Date=", "x=")
    refused(follow(enforcing, without), "AuthorizationQueryParametersError", 400)
    old = signer(enforcing, "s3").generate_presigned_url("get_object", Params=where)
    told = refused(follow(enforcing, old.replace("Expires=", "x=")), "AccessDenied")
    assert told["Message"].startswith("Query-string authentication requires")
    told = refused(follow(enforcing, old.replace("Expires=", "Expires=x")), "AccessDenied")
    assert told["Message"].startswith("Invalid date")


def test_who_is_unknown_may_what_the_policy_says(make_cloud):
    accounts = Accounts(make_cloud, "s3")
    cloud, root = accounts.cloud, accounts.root
    unknown = cloud.client("s3", signature_version=UNSIGNED)
    root.create_bucket(Bucket="open")
    root.put_object(Bucket="open", Key="k", Body=b"content")
    for path, method in [("/open/k", "GET"), ("/open/k", "PUT"), ("/open/k", "DELETE"), ("/open/none", "GET"), ("/open", "GET"), ("/", "GET")]:
        assert visit(cloud, path, None, method, b"" if method == "PUT" else None).status == 403, (path, method)
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::open/*"},
        ],
    }
    text = json.dumps(policy)
    # New buckets are closed to the public.
    with pytest.raises(root.exceptions.ClientError) as refusal:
        root.put_bucket_policy(Bucket="open", Policy=text)
    assert refusal.value.response["Error"]["Code"] == "AccessDenied"
    root.delete_public_access_block(Bucket="open")
    root.put_bucket_policy(Bucket="open", Policy=text)
    assert root.get_bucket_policy_status(Bucket="open")["PolicyStatus"]["IsPublic"]
    assert unknown.get_object(Bucket="open", Key="k")["Body"].read() == b"content"
    assert unknown.head_object(Bucket="open", Key="k")["ContentLength"] == 7
    unknown.put_object(Bucket="open", Key="theirs", Body=b"theirs")
    assert root.get_object(Bucket="open", Key="theirs")["Body"].read() == b"theirs"
    assert visit(cloud, "/open/k", None, "DELETE").status == 403
    assert visit(cloud, "/open/none").status == 403
    # Restricted, the policy counts for the owner's account alone.
    root.put_public_access_block(Bucket="open", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    assert visit(cloud, "/open/k").status == 403
    assert accounts.own.get_object(Bucket="open", Key="k")["Body"].read() == b"content"
    with pytest.raises(accounts.other.exceptions.ClientError):
        accounts.other.get_object(Bucket="open", Key="k")


def old_request(cloud, key, secret, method, path, date=None, **headers):
    """A request that is signed with version 2 in its header, as s3cmd and s3fs do."""
    date = date or email.utils.formatdate(usegmt=True)
    text = f"{method}\n\n\n{date}\n" + "".join(f"{name}:{headers[name]}\n" for name in sorted(headers)) + path
    signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), "sha1").digest()).decode()
    request = urllib.request.Request(cloud.url + path, method=method)
    for name, value in {**headers, "Date": date, "Authorization": f"AWS {key}:{signature}"}.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, ET.fromstring(refusal.read()).find("Code").text


def test_version_2_in_a_header(enforcing):
    key, secret = enforcing.root_key()
    path = "/trips/" + urllib.parse.quote("a b/ü+.txt")
    assert old_request(enforcing, key, secret, "GET", path) == (200, b"content")
    assert old_request(enforcing, key, secret, "GET", "/trips/?acl")[0] == 200
    assert old_request(enforcing, key, secret, "HEAD", path, **{"x-amz-meta-a": "b"})[0] == 200
    assert old_request(enforcing, key, "wrong", "GET", path) == (403, "SignatureDoesNotMatch")
    assert old_request(enforcing, "AKIA" + "A" * 16, secret, "GET", path) == (403, "InvalidAccessKeyId")
    late = email.utils.formatdate(0, usegmt=True)
    assert old_request(enforcing, key, secret, "GET", path, late) == (403, "RequestTimeTooSkewed")
    assert old_request(enforcing, key, secret, "GET", path, "soon") == (403, "AccessDenied")


def test_version_2_by_boto3(enforcing):
    s3 = enforcing.client("s3", *enforcing.root_key(), signature_version="s3")
    s3.put_object(Bucket="trips", Key="old ü", Body=b"x", Metadata={"a": "b"})
    assert s3.get_object(Bucket="trips", Key="old ü")["Body"].read() == b"x"
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="trips", Prefix="old")["Contents"]] == ["old ü"]
