"""Uploads of HTML forms, as browsers send them."""

import base64
import hashlib
import json
import urllib.parse
import uuid
import xml.etree.ElementTree as ET

import pytest
from accounts import OTHER, Accounts
from conftest import Cloud
from web import visit

VERSIONS = ["s3", "s3v4"]


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory):
    cloud = Cloud(tmp_path_factory.mktemp("forms"), "--auth", "enforce").start()
    cloud.client("s3", *cloud.root_key()).create_bucket(Bucket="trips")
    yield cloud
    cloud.kill()


@pytest.fixture(params=VERSIONS)
def s3(enforcing, request):
    return enforcing.client("s3", *enforcing.root_key(), signature_version=request.param)


@pytest.fixture
def root(enforcing):
    return enforcing.client("s3", *enforcing.root_key())


def send(cloud, url, fields, content=b"content", name="cat.png", after=(), **headers):
    """Posts a form; `content` is nothing for one without a file."""
    boundary = uuid.uuid4().hex
    lines = []
    lines += [field(name, value, boundary) for name, value in fields.items()]
    if content is not None:
        called = f'; filename="{name}"' if name is not None else ""
        lines += [
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"{called}\r\nContent-Type: image/png\r\n\r\n'.encode(),
            content, b"\r\n",
        ]
    lines += [field(name, value, boundary) for name, value in after]
    lines.append(f"--{boundary}--\r\n".encode())
    parts = urllib.parse.urlsplit(url)
    return visit(
        cloud, parts.path or "/", parts.netloc, "POST", b"".join(lines),
        content_type=f"multipart/form-data; boundary={boundary}", **headers,
    )


def field(name, value, boundary="b"):
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def refused(reply, code, status, message=None):
    error = {element.tag: element.text for element in ET.fromstring(reply.body)}
    assert (reply.status, error["Code"]) == (status, code), reply.text
    assert message is None or message in error["Message"], error
    return error


def signed(s3, key="k", fields=None, conditions=(), seconds=60):
    fields = fields or {}
    conditions = [*({name: value} for name, value in fields.items()), *conditions]
    post = s3.generate_presigned_post("trips", key, Fields=dict(fields), Conditions=conditions, ExpiresIn=seconds)
    return post["url"], post["fields"]


def test_a_form_uploads_its_file(enforcing, root, s3):
    url, fields = signed(s3, "u/${filename}", {"Content-Type": "image/png", "x-amz-meta-Made": "here", "Cache-Control": "no-store"})
    reply = send(enforcing, url, fields, name="C:\\pictures\\grüße.png")
    etag = '"' + hashlib.md5(b"content").hexdigest() + '"'
    assert (reply.status, reply.body, reply.headers["etag"]) == (204, b"", etag), reply.text
    got = root.get_object(Bucket="trips", Key="u/grüße.png")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"content", "image/png", {"made": "here"})
    assert got["CacheControl"] == "no-store"
    # Without a name of the file, the key is as it is.
    assert send(enforcing, url, fields, name=None).status == 204
    assert root.head_object(Bucket="trips", Key="u/${filename}")["ContentLength"] == 7


def test_answers_are_as_the_form_asks(enforcing, s3):
    url, fields = signed(s3, "a b/ü&.png", {"success_action_status": "201"})
    reply = send(enforcing, url, fields)
    document = ET.fromstring(reply.body)
    told = {element.tag: element.text for element in document}
    location = f"{url.rstrip('/')}/a%20b%2F%C3%BC%26.png"
    assert (reply.status, document.tag) == (201, "PostResponse")
    assert told == {"Location": location, "Bucket": "trips", "Key": "a b/ü&.png", "ETag": reply.headers["etag"]}
    assert reply.headers["location"] == location
    for asked, status in [("200", 200), ("204", 204), ("999", 204)]:
        url, fields = signed(s3, fields={"success_action_status": asked})
        assert send(enforcing, url, fields).status == status
    url, fields = signed(s3, "a/b", {"success_action_redirect": "https://example.com/done?x=y"})
    reply = send(enforcing, url, fields)
    at, query = reply.headers["location"].split("?")
    assert (reply.status, at) == (303, "https://example.com/done")
    assert dict(urllib.parse.parse_qsl(query)) == {"x": "y", "bucket": "trips", "key": "a/b", "etag": reply.headers["etag"]}


def test_large_and_empty_files(enforcing, root, s3):
    for content in [b"", b"x" * 9_000_000, b"\r\n--not the end\r\n" * 1000]:
        url, fields = signed(s3, "sized")
        assert send(enforcing, url, fields, content).status == 204
        assert root.get_object(Bucket="trips", Key="sized")["Body"].read() == content


def test_conditions(enforcing, root, s3):
    starts = ["starts-with", "$Content-Type", "image/"]
    for content_type, status in [("image/png", 204), ("text/html", 403)]:
        url, fields = signed(s3, conditions=[starts])
        reply = send(enforcing, url, {**fields, "Content-Type": content_type})
        assert reply.status == status
    error = refused(reply, "AccessDenied", 403)
    assert error["Message"] == 'Invalid according to Policy: Policy Condition failed: ["starts-with", "$content-type", "image/"]'
    url, fields = signed(s3, "only-this")
    error = refused(send(enforcing, url, {**fields, "key": "another"}), "AccessDenied", 403)
    assert error["Message"] == 'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "only-this"]'
    error = refused(send(enforcing, url, {**fields, "Acl": "private"}), "AccessDenied", 403)
    assert error["Message"] == "Invalid according to Policy: Extra input fields: acl"
    assert send(enforcing, url, {**fields, "x-ignore-this": "1"}).status == 204
    # What comes after the file is not read.
    assert send(enforcing, url, fields, after=[("acl", "private")]).status == 204
    root.create_bucket(Bucket="another")
    refused(send(enforcing, url.replace("/trips", "/another"), fields), "AccessDenied", 403, "Policy Condition failed")


def test_sizes(enforcing, root, s3):
    url, fields = signed(s3, "ranged", conditions=[["content-length-range", 5, 10]])
    for size, code in [(4, "EntityTooSmall"), (5, None), (10, None), (11, "EntityTooLarge"), (3_000_000, "EntityTooLarge")]:
        reply = send(enforcing, url, fields, b"x" * size)
        if code is None:
            assert reply.status == 204
        else:
            refused(reply, code, 400)
    assert root.head_object(Bucket="trips", Key="ranged")["ContentLength"] == 10


def test_who_has_not_signed_it(enforcing, s3):
    url, fields = signed(s3)
    signature = "x-amz-signature" if "x-amz-signature" in fields else "signature"
    refused(send(enforcing, url, {**fields, signature: "0" * 64}), "SignatureDoesNotMatch", 403)
    policy = json.loads(base64.b64decode(fields["policy"]))
    policy["conditions"].append(["starts-with", "$key", ""])
    forged = base64.b64encode(json.dumps(policy).encode()).decode()
    refused(send(enforcing, url, {**fields, "policy": forged}), "SignatureDoesNotMatch", 403)
    named = {"signature": "Signature", "x-amz-signature": "X-Amz-Signature"}[signature]
    error = refused(send(enforcing, url, {name: value for name, value in fields.items() if name != signature}), "InvalidArgument", 400)
    assert error["ArgumentName"] == named and error["Message"].startswith(f"Bucket POST must contain a field named '{named}'.  If")
    refused(send(enforcing, url, {"key": "k"}), "AccessDenied", 403)
    unknown = enforcing.client("s3", "AKIAIOSFODNN7EXAMPLE", "x", signature_version=s3.meta.config.signature_version)
    refused(send(enforcing, *signed(unknown)), "InvalidAccessKeyId", 403)


def test_forms_that_are_over(enforcing, s3):
    url, fields = signed(s3, seconds=-1)
    error = refused(send(enforcing, url, fields), "AccessDenied", 403)
    assert error["Message"] == "Invalid according to Policy: Policy expired."


def test_forms_that_are_none(cloud, name):
    s3 = cloud.client("s3")
    bucket = "f" + hashlib.sha1(name.encode()).hexdigest()[:20]
    s3.create_bucket(Bucket=bucket)
    url = f"{cloud.url}/{bucket}"
    error = refused(send(cloud, url, {"x": "y"}), "InvalidArgument", 400, "must contain a field named 'key'")
    assert error["ArgumentName"] == "key"
    error = refused(send(cloud, url, {"key": "k"}, None), "InvalidArgument", 400, "POST requires exactly one file upload per request.")
    assert error["ArgumentName"] == "file"
    refused(send(cloud, url, {"key": "k", "more": "x" * 30_000}), "MaxPostPreDataLengthExceededError", 400)
    refused(send(cloud, url, {"key": "k", "policy": "bm8="}), "InvalidPolicyDocument", 400, "Invalid JSON")
    refused(send(cloud, f"{cloud.url}/nobody-has-this", {"key": "k"}), "NoSuchBucket", 404)
    refused(send(cloud, f"{url}/key", {"key": "k"}), "MethodNotAllowed", 405)
    for body in [b"", b"rubbish", field("key", "k") + field("file", "never ends")[:-2]]:
        reply = visit(cloud, f"/{bucket}", None, "POST", body, content_type="multipart/form-data; boundary=b")
        refused(reply, "MalformedPOSTRequest", 400)
    assert visit(cloud, f"/{bucket}/k").status == 404
    # In the open, anybody may.
    assert send(cloud, url, {"key": "k"}).status == 204
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"


def test_virtual_hosts_and_pages_of_other_origins(cloud, name):
    s3 = cloud.client("s3")
    bucket = "f" + hashlib.sha1(name.encode()).hexdigest()[:20]
    s3.create_bucket(Bucket=bucket)
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    url = f"http://{bucket}.s3.localhost:4566"
    reply = send(cloud, url, {"key": "k", "success_action_status": "201"}, origin="https://app.example.com")
    assert (reply.status, reply.headers["location"], reply.headers["access-control-allow-origin"]) == (201, url + "/k", "*")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"


def test_a_user_may_sign_what_the_user_may_do(make_cloud):
    accounts = Accounts(make_cloud, "s3")
    accounts.root.create_bucket(Bucket="trips")
    url, fields = signed(accounts.other)
    refused(send(accounts.cloud, url, fields), "AccessDenied", 403)
    user = f"arn:aws:iam::{OTHER}:user/ada"
    statement = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::trips/*"}
    accounts.root.put_bucket_policy(Bucket="trips", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert send(accounts.cloud, url, fields).status == 204


def test_tags_and_locks_and_lists(enforcing, s3, root):
    # Of us-east-1, so it may be made twice.
    root.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>blue sky</Value></Tag></TagSet></Tagging>"
    fields = {"tagging": tags, "acl": "bucket-owner-full-control", "x-amz-object-lock-legal-hold": "ON"}
    conditions = [{name: value} for name, value in fields.items()]
    post = s3.generate_presigned_post("locked", "k", Fields=dict(fields), Conditions=conditions)
    assert send(enforcing, post["url"], post["fields"]).status == 204
    assert root.get_object_tagging(Bucket="locked", Key="k")["TagSet"] == [{"Key": "team", "Value": "blue sky"}]
    assert root.get_object_legal_hold(Bucket="locked", Key="k")["LegalHold"]["Status"] == "ON"
    fields = {"tagging": "team=blue"}
    post = s3.generate_presigned_post("locked", "k", Fields=dict(fields), Conditions=[fields])
    refused(send(enforcing, post["url"], post["fields"]), "MalformedXML", 400)
    fields = {"acl": "public-read"}
    post = s3.generate_presigned_post("locked", "k", Fields=dict(fields), Conditions=[fields])
    refused(send(enforcing, post["url"], post["fields"]), "AccessControlListNotSupported", 400)
