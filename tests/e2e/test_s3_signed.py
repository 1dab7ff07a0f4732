"""Condition keys of how a request was signed, in policies of buckets."""

import json
import urllib.error
import urllib.request

import pytest
from accounts import OTHER, Accounts
from conftest import Cloud
from objects import body_of, refused
from test_s3_post import send
from test_s3_presigned import in_the_past

MINUTES = 10 * 60


class Signers:
    """A bucket of one account, and how a user of another one comes to it."""

    def __init__(self, make_cloud):
        self.accounts = accounts = Accounts(make_cloud, "s3")
        self.own = accounts.own
        self.own.create_bucket(Bucket="trips")
        self.own.put_object(Bucket="trips", Key="k", Body=b"x")
        self.new, self.old = (
            accounts.client("s3", OTHER, signature_version=version, request_checksum_calculation="when_required")
            for version in ("s3v4", "s3")
        )

    def allow(self, **condition):
        """Lets the other account in on that condition."""
        statement = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "s3:*", "Resource": "arn:aws:s3:::trips/*"}
        text = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})
        self.own.put_bucket_policy(Bucket="trips", Policy=text)

    def ways(self):
        """The ways in which the other account comes through."""
        post = self.new.generate_presigned_post("trips", "posted")
        tries = {
            "new header": lambda: body_of(self.new.get_object(Bucket="trips", Key="k")),
            "old header": lambda: body_of(self.old.get_object(Bucket="trips", Key="k")),
            "new link": lambda: follow(self.new),
            "old link": lambda: follow(self.old),
            "new form": lambda: send(self.accounts.cloud, post["url"], post["fields"]).status == 204,
        }
        return {name for name, attempt in tries.items() if comes_through(attempt)}


def follow(client):
    with urllib.request.urlopen(client.generate_presigned_url("get_object", Params={"Bucket": "trips", "Key": "k"})) as answer:
        return answer.read()


def comes_through(attempt):
    try:
        return bool(attempt())
    except urllib.error.HTTPError as error:
        assert error.code == 403
    except Exception as error:
        assert error.response["Error"]["Code"] == "AccessDenied", error
    return False


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    clouds = []

    def make(*flags, **more):
        clouds.append(Cloud(tmp_path_factory.mktemp("signers"), *flags, **more))
        return clouds[-1]

    yield Signers(make)
    clouds[-1].kill()


@pytest.mark.parametrize(("condition", "expected"), [
    ({}, {"new header", "old header", "new link", "old link", "new form"}),
    ({"StringEquals": {"s3:authType": "REST-HEADER"}}, {"new header", "old header"}),
    ({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}, {"new link", "old link"}),
    ({"StringEquals": {"s3:authType": "POST"}}, {"new form"}),
    ({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, {"new header", "new link", "new form"}),
    ({"StringEquals": {"s3:signatureversion": "AWS"}}, {"old header", "old link"}),
    ({"NumericLessThan": {"s3:signatureAge": str(MINUTES * 1000)}}, {"new link"}),
    ({"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}, {"new link"}),
    ({"Null": {"s3:x-amz-content-sha256": "true"}}, {"old header", "old link", "new form"}),
])
def test_policies_ask_how_a_request_is_signed(signers, condition, expected):
    signers.allow(**condition)
    assert signers.ways() == expected


def test_links_are_too_old(signers, monkeypatch):
    signers.allow(NumericLessThan={"s3:signatureAge": str(MINUTES * 1000)})
    with monkeypatch.context() as patch:
        in_the_past(patch, MINUTES + 60)
        link = signers.new.generate_presigned_url("get_object", Params={"Bucket": "trips", "Key": "k"}, ExpiresIn=3600)
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(link)
    assert refusal.value.code == 403
    assert follow(signers.new) == b"x"


def test_bodies_must_be_signed(signers):
    signers.allow(StringNotEquals={"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    signers.new.put_object(Bucket="trips", Key="signed", Body=b"x")
    link = signers.new.generate_presigned_url("put_object", Params={"Bucket": "trips", "Key": "linked"})
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(urllib.request.Request(link, data=b"x", method="PUT"))
    assert refusal.value.code == 403
    refused("NoSuchKey", signers.own.get_object, Bucket="trips", Key="linked")
